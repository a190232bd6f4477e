// SPDX-License-Identifier: MIT
/// @file
/// IHolder::Close: what its page and the older one of MTS say, and what real Windows does.

#include "world.hpp"

#include <algorithm>

namespace iholder_close_test {

using namespace lend_test;

LEND_CONTRACT_SUITE(IHolder_Close);

TYPED_TEST(IHolder_Close, destroys_the_inventory_once_then_releases_the_dispenser_once) {
    this->stock(2);

    EXPECT_EQ(this->holder->Close(), S_OK);

    call_log log = this->log();
    ASSERT_EQ(log.size(), 3U);
    EXPECT_EQ(log.back(), "Release");
    std::sort(log.begin(), log.end());
    EXPECT_EQ(log, (call_log{"Destroy(10)", "Destroy(11)", "Release"}));
}

TYPED_TEST(IHolder_Close, is_S_OK_although_DestroyResource_fails) {
    this->stock(1);
    this->dispenser.destroy_result = E_FAIL;

    EXPECT_EQ(this->holder->Close(), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Destroy(10)", "Release"})) << "and is not tried again";
}

TYPED_TEST(IHolder_Close, is_S_OK_although_DestroyResource_throws) {
    this->stock(1);
    this->dispenser.on_call = [&](const std::string& call) {
        if (call != "Destroy(10)") return;
        this->dispenser.ended(10);
        throw 1;
    };

    EXPECT_EQ(this->holder->Close(), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Destroy(10)", "Release"}));
}

TYPED_TEST(IHolder_Close, of_an_unused_holder_only_releases_the_dispenser) {
    EXPECT_EQ(this->holder->Close(), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Release"}));
}

TYPED_TEST(IHolder_Close, destroys_the_enlisted_inventory) {
    {
        const typename TestFixture::scope in(object1, tx1);
        this->free(this->alloc());
    }
    static_cast<void>(this->log());

    EXPECT_EQ(this->holder->Close(), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Destroy(10)", "Release"}));
    this->manager->end_transaction(tx1);
    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(IHolder_Close, destroys_what_is_tracked) {
    this->dispenser.made(50);
    this->dispenser.made(51);
    ASSERT_EQ(this->holder->TrackResource(50), S_OK);
    ASSERT_EQ(this->holder->TrackResourceS(OLESTR("file")), S_OK);
    {
        const typename TestFixture::scope in(object1, tx1);
        ASSERT_EQ(this->holder->TrackResource(51), S_OK);
        ASSERT_EQ(this->holder->UntrackResource(51, TRUE), S_OK) << "it waits for the end";
    }
    static_cast<void>(this->log());

    EXPECT_EQ(this->holder->Close(), S_OK);

    call_log log = this->log();
    ASSERT_EQ(log.size(), 4U);
    EXPECT_EQ(log.back(), "Release");
    std::sort(log.begin(), log.end());
    EXPECT_EQ(log, (call_log{"Destroy(50)", "Destroy(51)", "DestroyS(file)", "Release"}));
}

TYPED_TEST(IHolder_Close, destroys_what_is_condemned) {
    {
        const typename TestFixture::scope in(object1, tx1);
        ASSERT_EQ(this->holder->RequestDestroyResource(this->alloc()), S_OK);
    }
    static_cast<void>(this->log());

    EXPECT_EQ(this->holder->Close(), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Destroy(10)", "Release"}));
}

TYPED_TEST(IHolder_Close, disowns_what_is_lent) {
    const RESID id = this->alloc();
    static_cast<void>(this->log());

    EXPECT_EQ(this->holder->Close(), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Release"}));
    EXPECT_EQ(this->holder->FreeResource(id), E_FAIL);
    EXPECT_EQ(this->log(), call_log{});
    this->disowned = {id};
}

TYPED_TEST(IHolder_Close, can_be_set_to_destroy_what_is_lent) {
    holder_options options;
    options.destroy_lent_at_close = true;
    this->use(options);
    const RESID id = this->alloc();
    static_cast<void>(this->log());

    EXPECT_EQ(this->holder->Close(), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Destroy(10)", "Release"}));
    EXPECT_EQ(this->holder->FreeResource(id), E_FAIL);
}

TYPED_TEST(IHolder_Close, the_second_time_is_S_OK_and_does_nothing) {
    ASSERT_EQ(this->holder->Close(), S_OK);
    static_cast<void>(this->log());

    EXPECT_EQ(this->holder->Close(), S_OK);
    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(IHolder_Close, everything_after_it_fails_without_a_call) {
    ASSERT_EQ(this->holder->Close(), S_OK);
    static_cast<void>(this->log());
    RESID id = 0;

    EXPECT_EQ(this->try_alloc(id), E_FAIL);
    EXPECT_EQ(id, untouched);
    EXPECT_EQ(this->holder->FreeResource(10), E_FAIL);
    EXPECT_EQ(this->holder->TrackResource(50), E_FAIL);
    EXPECT_EQ(this->holder->TrackResourceS(OLESTR("file")), E_FAIL);
    EXPECT_EQ(this->holder->UntrackResource(50, TRUE), E_FAIL);
    EXPECT_EQ(this->holder->UntrackResourceS(OLESTR("file"), TRUE), E_FAIL);
    EXPECT_EQ(this->holder->RequestDestroyResource(10), E_FAIL);
    this->manager->end_transaction(tx1);
    this->manager->end_object(object1);
    this->sweep_after(std::chrono::hours(1));
    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(IHolder_Close, the_last_Release_closes_if_nobody_has) {
    this->stock(1);

    EXPECT_EQ(std::exchange(this->holder, nullptr)->Release(), 0U);
    EXPECT_EQ(this->log(), (call_log{"Destroy(10)", "Release"}));
}

TYPED_TEST(IHolder_Close, Release_after_it_calls_nothing) {
    ASSERT_EQ(this->holder->Close(), S_OK);
    static_cast<void>(this->log());

    EXPECT_EQ(std::exchange(this->holder, nullptr)->Release(), 0U);
    EXPECT_EQ(this->log(), call_log{});
}

// ---- from a callback --------------------------------------------------------------------------

TYPED_TEST(IHolder_Close, from_CreateResource_returns_and_nothing_is_called_after_it) {
    this->dispenser.on_call = [&](const std::string& call) {
        if (call != "Create(7)") return;
        EXPECT_EQ(this->holder->Close(), S_OK);
    };
    RESID id = 0;

    EXPECT_EQ(this->try_alloc(id), E_FAIL);
    EXPECT_EQ(id, untouched);
    EXPECT_EQ(this->log(), (call_log{"Create(7)", "Release"}));
    this->disowned = {10};
}

TYPED_TEST(IHolder_Close, from_RateResource_destroys_the_candidate) {
    this->stock(2);
    this->dispenser.ratings = {{10, 1}, {11, 2}};
    this->dispenser.on_call = [&](const std::string& call) {
        if (call != "Rate(7, 11, FALSE)") return;
        EXPECT_EQ(this->holder->Close(), S_OK);
    };
    RESID id = 0;

    EXPECT_EQ(this->try_alloc(id), E_FAIL);
    EXPECT_EQ(id, untouched);
    EXPECT_EQ(this->dispenser.alive(), std::set<RESID>{});
    EXPECT_EQ(this->log().back(), "Release");
}

TYPED_TEST(IHolder_Close, from_RateResource_of_a_perfect_one_destroys_it) {
    this->stock(1);
    this->dispenser.on_call = [&](const std::string& call) {
        if (call != "Rate(7, 10, FALSE)") return;
        EXPECT_EQ(this->holder->Close(), S_OK);
    };
    RESID id = 0;

    EXPECT_EQ(this->try_alloc(id), E_FAIL);
    EXPECT_EQ(id, untouched);
    EXPECT_EQ(this->log(), (call_log{"Rate(7, 10, FALSE)", "Destroy(10)", "Release"}));
}

TYPED_TEST(IHolder_Close, from_EnlistResource_destroys_the_chosen_one) {
    this->dispenser.on_call = [&](const std::string& call) {
        if (call != "Enlist(10, 101)") return;
        EXPECT_EQ(this->holder->Close(), S_OK);
    };
    const typename TestFixture::scope in(object1, tx1);
    RESID id = 0;

    EXPECT_EQ(this->try_alloc(id), E_FAIL);
    EXPECT_EQ(this->log(), (call_log{"Create(7)", "Enlist(10, 101)", "Destroy(10)", "Release"}));
}

TYPED_TEST(IHolder_Close, from_ResetResource_destroys_the_freed_one) {
    const RESID id = this->alloc();
    this->dispenser.on_call = [&](const std::string& call) {
        if (call != "Reset(10)") return;
        EXPECT_EQ(this->holder->Close(), S_OK);
    };
    static_cast<void>(this->log());

    EXPECT_EQ(this->holder->FreeResource(id), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Reset(10)", "Destroy(10)", "Release"}));
}

TYPED_TEST(IHolder_Close, from_ResetResource_that_fails_destroys_the_freed_one_once) {
    const RESID id = this->alloc();
    this->dispenser.reset_result = E_FAIL;
    this->dispenser.on_call = [&](const std::string& call) {
        if (call != "Reset(10)") return;
        EXPECT_EQ(this->holder->Close(), S_OK);
    };
    static_cast<void>(this->log());

    EXPECT_EQ(this->holder->FreeResource(id), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Reset(10)", "Destroy(10)", "Release"}));
}

TYPED_TEST(IHolder_Close, from_DestroyResource_of_a_sweep_destroys_the_rest_once) {
    this->dispenser.secs = 1;
    this->stock(3);
    bool is_inside = false;
    this->dispenser.on_call = [&](const std::string& call) {
        if (call.rfind("Destroy", 0) != 0 || std::exchange(is_inside, true)) return;
        EXPECT_EQ(this->holder->Close(), S_OK);
    };

    this->sweep_after(std::chrono::seconds(1));

    EXPECT_EQ(this->dispenser.count("Destroy"), 3U);
    EXPECT_EQ(this->dispenser.count("Release"), 1U);
}

TYPED_TEST(IHolder_Close, from_DestroyResource_of_a_transaction_end_destroys_the_rest_once) {
    for (RESID id = 50; id < 53; ++id) {
        const typename TestFixture::scope in(object1, tx1);
        this->dispenser.made(id);
        ASSERT_EQ(this->holder->TrackResource(id), S_OK);
        ASSERT_EQ(this->holder->UntrackResource(id, TRUE), S_OK);
    }
    bool is_inside = false;
    this->dispenser.on_call = [&](const std::string& call) {
        if (call.rfind("Destroy", 0) != 0 || std::exchange(is_inside, true)) return;
        EXPECT_EQ(this->holder->Close(), S_OK);
    };

    this->manager->end_transaction(tx1);

    EXPECT_EQ(this->dispenser.count("Destroy"), 3U);
    EXPECT_EQ(this->dispenser.count("Release"), 1U);
}

TYPED_TEST(IHolder_Close, from_DestroyResource_of_a_loser_ends_the_search) {
    this->stock(3);
    this->dispenser.ratings = {{10, 1}, {11, 2}, {12, 3}};
    this->dispenser.on_call = [&](const std::string& call) {
        if (call == "Rate(7, 11, FALSE)") {
            EXPECT_EQ(this->holder->RequestDestroyResource(10), S_OK);
        } else if (call == "Destroy(10)") {
            EXPECT_EQ(this->holder->Close(), S_OK);
        }
    };
    RESID id = 0;

    EXPECT_EQ(this->try_alloc(id), E_FAIL);
    EXPECT_EQ(id, untouched);
    EXPECT_EQ(this->dispenser.count("Rate(7, 12"), 0U);
    EXPECT_EQ(this->dispenser.count("Destroy"), 3U);
    EXPECT_EQ(this->log().back(), "Release");
}

TYPED_TEST(IHolder_Close, from_DestroyResource_of_one_that_was_to_be_lent_ends_the_search) {
    this->stock(2);
    this->dispenser.enlist_result = S_FALSE; // so that no transaction keeps it
    this->dispenser.on_call = [&](const std::string& call) {
        if (call == "Enlist(10, 101)") {
            EXPECT_EQ(this->holder->RequestDestroyResource(10), S_OK);
        } else if (call == "Destroy(10)") {
            EXPECT_EQ(this->holder->Close(), S_OK);
        }
    };
    const typename TestFixture::scope in(object1, tx1);
    RESID id = 0;

    EXPECT_EQ(this->try_alloc(id), E_FAIL);
    EXPECT_EQ(id, untouched);
    EXPECT_EQ(this->dispenser.count("Destroy"), 2U);
    EXPECT_EQ(this->log().back(), "Release");
}

TYPED_TEST(IHolder_Close, and_all_before_it_is_the_same_if_nobody_listens_to_an_event) {
    struct deaf final : holder_events {
    } heard_by;
    const auto journey = [&](holder_events* listener) {
        holder_options options;
        options.events = listener;
        this->use(options);
        this->dispenser.next_id = 10;
        const RESID lost = this->alloc();
        this->dispenser.reset_result = E_FAIL;
        this->free(lost);
        this->dispenser.reset_result = S_OK;
        this->free(this->alloc());
        const RESID lent = this->alloc();
        this->dispenser.made(77);
        EXPECT_EQ(this->holder->TrackResource(77), S_OK);
        EXPECT_EQ(this->holder->TrackResourceS(OLESTR("a")), S_OK);
        EXPECT_EQ(this->holder->Close(), S_OK);
        this->dispenser.ended(lent); // disowned
        return this->log();
    };

    EXPECT_EQ(journey(&heard_by), journey(nullptr));
}

TYPED_TEST(IHolder_Close, the_last_Release_may_come_from_a_callback) {
    this->dispenser.on_call = [&](const std::string& call) {
        if (call == "Create(7)") std::exchange(this->holder, nullptr)->Release();
    };
    RESID id = untouched;

    EXPECT_EQ(this->holder->AllocResource(kind, &id), S_OK) << "closed only when the call is over";
    EXPECT_EQ(this->dispenser.count("Release"), 1U);
    this->disowned = {10};
}

} // namespace iholder_close_test
