// SPDX-License-Identifier: MIT
/// @file
/// IHolder::FreeResource: what its page, and the pages on the states of resources, say.

#include "world.hpp"

#include <stdexcept>

namespace iholder_freeresource_test {

using namespace lend_test;

LEND_CONTRACT_SUITE(IHolder_FreeResource);

TYPED_TEST(IHolder_FreeResource, resets_once_with_that_id_and_does_not_destroy) {
    const RESID id = this->alloc();
    static_cast<void>(this->log());

    EXPECT_EQ(this->holder->FreeResource(id), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Reset(10)"}));
}

TYPED_TEST(IHolder_FreeResource, resets_before_the_resource_is_available) {
    const RESID id = this->alloc();
    RESID inner = 0;
    this->dispenser.on_call = [&](const std::string& call) {
        if (call == "Reset(10)") inner = this->alloc();
    };

    this->free(id);

    EXPECT_EQ(inner, 11U);
    EXPECT_EQ(this->dispenser.count("Rate"), 0U);
}

TYPED_TEST(IHolder_FreeResource, an_unknown_id_is_an_invalid_argument) {
    this->alloc();
    static_cast<void>(this->log());

    EXPECT_EQ(this->holder->FreeResource(77), E_INVALIDARG);
    EXPECT_EQ(this->holder->FreeResource(0), E_INVALIDARG);
    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(IHolder_FreeResource, the_second_time_is_an_invalid_argument) {
    const RESID id = this->alloc();
    this->free(id);
    static_cast<void>(this->log());

    EXPECT_EQ(this->holder->FreeResource(id), E_INVALIDARG);
    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(IHolder_FreeResource, a_second_time_while_resetting_is_an_invalid_argument) {
    const RESID id = this->alloc();
    HRESULT inner = S_OK;
    this->dispenser.on_call = [&](const std::string& call) {
        if (call == "Reset(10)") inner = this->holder->FreeResource(10);
    };

    EXPECT_EQ(this->holder->FreeResource(id), S_OK);
    EXPECT_EQ(inner, E_INVALIDARG);
}

TYPED_TEST(IHolder_FreeResource, a_tracked_id_is_an_invalid_argument) {
    this->dispenser.made(50);
    ASSERT_EQ(this->holder->TrackResource(50), S_OK);

    EXPECT_EQ(this->holder->FreeResource(50), E_INVALIDARG);
    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(IHolder_FreeResource, one_that_cannot_be_reset_is_destroyed_and_the_answer_is_S_OK) {
    const RESID id = this->alloc();
    this->dispenser.reset_result = E_FAIL;
    static_cast<void>(this->log());

    EXPECT_EQ(this->holder->FreeResource(id), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Reset(10)", "Destroy(10)"}));
    EXPECT_EQ(this->holder->FreeResource(id), E_INVALIDARG);
}

TYPED_TEST(IHolder_FreeResource, an_exception_of_ResetResource_destroys_the_resource) {
    const RESID id = this->alloc();
    this->dispenser.on_call = [](const std::string& call) {
        if (call.rfind("Reset", 0) == 0) throw std::runtime_error("no");
    };
    static_cast<void>(this->log());

    EXPECT_EQ(this->holder->FreeResource(id), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Reset(10)", "Destroy(10)"}));
}

TYPED_TEST(IHolder_FreeResource, resets_while_the_resource_is_enlisted_and_leaves_it_so) {
    const typename TestFixture::scope in(object1, tx1);
    const RESID id = this->alloc();
    static_cast<void>(this->log());

    this->free(id);

    EXPECT_EQ(this->log(), (call_log{"Reset(10)"}));
}

TYPED_TEST(IHolder_FreeResource, after_the_end_of_its_transaction_goes_to_the_general_inventory) {
    RESID id = 0;
    {
        const typename TestFixture::scope in(object1, tx1);
        id = this->alloc();
    }
    this->manager->end_transaction(tx1);
    this->free(id);
    static_cast<void>(this->log());

    EXPECT_EQ(this->alloc(), id);
}

TYPED_TEST(IHolder_FreeResource, any_thread_and_object_may_free) {
    RESID id = 0;
    {
        const typename TestFixture::scope in(object1, 0);
        id = this->alloc();
    }
    const typename TestFixture::scope in(object2, tx2);

    EXPECT_EQ(this->holder->FreeResource(id), S_OK);
}

TYPED_TEST(IHolder_FreeResource, with_a_timeout_of_0_destroys_instead_of_pooling) {
    this->dispenser.secs = 0;
    const RESID id = this->alloc();
    static_cast<void>(this->log());

    this->free(id);

    EXPECT_EQ(this->log(), (call_log{"Reset(10)", "Destroy(10)"}));
    EXPECT_EQ(this->alloc(), 11U);
}

TYPED_TEST(IHolder_FreeResource, with_a_timeout_of_0_can_be_set_to_wait_for_the_sweep) {
    holder_options options;
    options.zero_means_destroy_at_once = false;
    this->use(options);
    this->dispenser.secs = 0;
    const RESID id = this->alloc();
    this->free(id);
    EXPECT_EQ(this->dispenser.count("Destroy"), 0U);

    this->sweep_after(std::chrono::seconds(0));

    EXPECT_EQ(this->dispenser.count("Destroy(10)"), 1U);
}

TYPED_TEST(IHolder_FreeResource, with_a_timeout_of_0_keeps_an_enlisted_one_for_its_transaction) {
    this->dispenser.secs = 0;
    const typename TestFixture::scope in(object1, tx1);
    const RESID id = this->alloc();
    this->free(id);
    this->sweep_after(std::chrono::hours(1));
    EXPECT_EQ(this->alloc(), id);
    this->free(id);

    this->manager->end_transaction(tx1);
    this->sweep_after(std::chrono::seconds(0));

    EXPECT_EQ(this->dispenser.count("Destroy(10)"), 1U);
}

TYPED_TEST(IHolder_FreeResource, the_id_may_be_given_again_while_it_is_being_destroyed) {
    const RESID id = this->alloc();
    this->dispenser.reset_result = E_FAIL;
    RESID again = 0;
    this->dispenser.on_call = [&](const std::string& call) {
        if (call != "Destroy(10)") return;
        this->dispenser.ended(10);
        this->dispenser.next_id = 10;
        again = this->alloc();
    };

    this->free(id);

    EXPECT_EQ(again, id);
    this->dispenser.made(10); // the outer Destroy has ended it once more
    static_cast<void>(this->log());
}

TYPED_TEST(IHolder_FreeResource, finds_every_id_after_many_came_and_some_are_gone) {
    this->dispenser.ratings = {};
    std::vector<RESID> gone;
    std::vector<RESID> lent;
    for (int at = 0; at < 12; ++at) (at % 3 == 0 ? gone : lent).push_back(this->alloc());
    for (const RESID id : gone) {
        EXPECT_EQ(this->holder->RequestDestroyResource(id), S_OK);
        EXPECT_EQ(this->holder->FreeResource(id), E_INVALIDARG);
    }
    for (int at = 0; at < 200; ++at) lent.push_back(this->alloc());

    for (const RESID id : gone) EXPECT_EQ(this->holder->FreeResource(id), E_INVALIDARG);
    for (const RESID id : lent) EXPECT_EQ(this->holder->FreeResource(id), S_OK);
    for (const RESID id : lent) EXPECT_EQ(this->holder->FreeResource(id), E_INVALIDARG);
}

} // namespace iholder_freeresource_test
