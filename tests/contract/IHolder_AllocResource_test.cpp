// SPDX-License-Identifier: MIT
/// @file
/// IHolder::AllocResource: what its page, the page on the allocation process and KB 290511 say.

#include "world.hpp"

#include <new>
#include <stdexcept>

namespace iholder_allocresource_test {

using namespace lend_test;

LEND_CONTRACT_SUITE(IHolder_AllocResource);

TYPED_TEST(IHolder_AllocResource, first_on_an_empty_pool_calls_CreateResource_once) {
    const RESID id = this->alloc(kind);

    EXPECT_EQ(id, 10U);
    EXPECT_EQ(this->log(), (call_log{"Create(7)"}));
}

TYPED_TEST(IHolder_AllocResource, on_an_empty_pool_rates_and_enlists_nothing) {
    this->alloc();

    EXPECT_EQ(this->dispenser.count("Rate"), 0U);
    EXPECT_EQ(this->dispenser.count("Enlist"), 0U);
}

TYPED_TEST(IHolder_AllocResource, type_zero_is_an_invalid_argument) {
    RESID id = untouched;

    EXPECT_EQ(this->holder->AllocResource(0, &id), E_INVALIDARG);
    EXPECT_EQ(id, untouched);
    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(IHolder_AllocResource, null_for_the_id_is_an_invalid_argument) {
    EXPECT_EQ(this->holder->AllocResource(kind, nullptr), E_INVALIDARG);
    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(IHolder_AllocResource, a_new_id_of_zero_is_refused_and_not_destroyed) {
    this->dispenser.next_id = 0;
    RESID id = 0;

    EXPECT_EQ(this->try_alloc(id), E_INVALIDARG);
    EXPECT_EQ(id, untouched);
    EXPECT_EQ(this->log(), (call_log{"Create(7)"}));
    this->dispenser.ended(0);
}

TYPED_TEST(IHolder_AllocResource, a_duplicate_new_id_is_refused_and_the_first_is_unharmed) {
    this->dispenser.gives_same_id = true;
    const RESID first = this->alloc();
    RESID id = 0;

    EXPECT_EQ(this->try_alloc(id), E_INVALIDARG);
    EXPECT_EQ(id, untouched);
    EXPECT_EQ(this->dispenser.count("Destroy"), 0U);
    this->free(first);
    EXPECT_EQ(this->alloc(), first);
}

TYPED_TEST(IHolder_AllocResource, a_failure_of_CreateResource_comes_back_unchanged) {
    for (const HRESULT code : {E_FAIL, E_OUTOFMEMORY, static_cast<HRESULT>(0x80041234U)}) {
        this->dispenser.create_result = code;
        RESID id = 0;

        EXPECT_EQ(this->try_alloc(id), code);
        EXPECT_EQ(id, untouched);
    }
}

TYPED_TEST(IHolder_AllocResource, any_success_of_CreateResource_is_S_OK) {
    this->dispenser.create_result = S_FALSE;
    RESID id = 0;

    EXPECT_EQ(this->try_alloc(id), S_OK);
    EXPECT_EQ(id, 10U);
}

TYPED_TEST(IHolder_AllocResource, an_exception_of_the_dispenser_becomes_a_code) {
    this->dispenser.on_call = [](const std::string&) { throw std::runtime_error("no"); };
    RESID id = 0;
    EXPECT_EQ(this->try_alloc(id), E_FAIL);

    this->dispenser.on_call = [](const std::string&) { throw std::bad_alloc(); };
    EXPECT_EQ(this->try_alloc(id), E_OUTOFMEMORY);
    EXPECT_EQ(id, untouched);
}

TYPED_TEST(IHolder_AllocResource, a_freed_resource_rated_100_is_lent_again) {
    const RESID first = this->alloc();
    this->free(first);
    static_cast<void>(this->log());

    EXPECT_EQ(this->alloc(), first);
    EXPECT_EQ(this->log(), (call_log{"Rate(7, 10, FALSE)"}));
}

TYPED_TEST(IHolder_AllocResource, creates_when_every_candidate_is_rated_0) {
    this->stock(2);
    this->dispenser.ratings = {{10, 0}, {11, 0}};

    EXPECT_EQ(this->alloc(), 12U);
    EXPECT_EQ(this->log(), (call_log{"Rate(7, 10, FALSE)", "Rate(7, 11, FALSE)", "Create(7)"}));
}

TYPED_TEST(IHolder_AllocResource, the_higher_rating_wins) {
    this->stock(2);
    this->dispenser.ratings = {{10, 1}, {11, 2}};
    EXPECT_EQ(this->alloc(), 11U);

    this->dispenser.ratings = {{10, 99}, {12, 98}};
    static_cast<void>(this->log());
    EXPECT_EQ(this->alloc(), 10U);
}

TYPED_TEST(IHolder_AllocResource, a_rating_of_1_is_taken_before_one_is_created) {
    this->stock(1);
    this->dispenser.ratings = {{10, 1}};

    EXPECT_EQ(this->alloc(), 10U);
    EXPECT_EQ(this->dispenser.count("Create"), 0U);
}

TYPED_TEST(IHolder_AllocResource, a_rating_of_100_ends_the_search) {
    this->stock(3);
    this->dispenser.ratings = {{10, 5}, {11, 100}, {12, 100}};

    EXPECT_EQ(this->alloc(), 11U);
    EXPECT_EQ(this->log(), (call_log{"Rate(7, 10, FALSE)", "Rate(7, 11, FALSE)"}));
}

TYPED_TEST(IHolder_AllocResource, the_loser_of_a_contest_stays_free) {
    this->stock(2);
    this->dispenser.ratings = {{10, 1}, {11, 2}};
    EXPECT_EQ(this->alloc(), 11U);

    EXPECT_EQ(this->alloc(), 10U);
}

TYPED_TEST(IHolder_AllocResource, of_equal_ratings_the_most_recently_freed_wins) {
    const RESID a = this->alloc();
    const RESID b = this->alloc();
    const RESID c = this->alloc();
    this->free(b);
    this->free(c);
    this->free(a);
    this->dispenser.ratings = {{a, 50}, {b, 50}, {c, 50}};

    EXPECT_EQ(this->alloc(), a);
    EXPECT_EQ(this->alloc(), c);
    EXPECT_EQ(this->alloc(), b);
}

TYPED_TEST(IHolder_AllocResource, a_candidate_of_another_type_is_rated_for_the_wanted_one) {
    const RESID id = this->alloc(kind);
    this->free(id);
    static_cast<void>(this->log());

    EXPECT_EQ(this->alloc(8), id);
    EXPECT_EQ(this->log(), (call_log{"Rate(8, 10, FALSE)"}));
}

TYPED_TEST(IHolder_AllocResource, the_type_may_be_gone_after_the_call) {
    auto type = std::make_unique<int>(1);
    const RESID id = this->alloc(reinterpret_cast<RESTYPID>(type.get()));
    type.reset();

    this->free(id);
    EXPECT_EQ(this->alloc(), id);
}

TYPED_TEST(IHolder_AllocResource, what_is_in_use_is_no_candidate) {
    this->alloc();
    static_cast<void>(this->log());

    EXPECT_EQ(this->alloc(), 11U);
    EXPECT_EQ(this->log(), (call_log{"Create(7)"}));
}

TYPED_TEST(IHolder_AllocResource,
           a_candidate_that_cannot_be_rated_is_destroyed_and_the_next_tried) {
    this->stock(2);
    this->dispenser.on_call = [&](const std::string& call) {
        this->dispenser.rate_result = call == "Rate(7, 10, FALSE)" ? E_FAIL : S_OK;
    };

    EXPECT_EQ(this->alloc(), 11U);
    EXPECT_EQ(this->log(), (call_log{"Rate(7, 10, FALSE)", "Destroy(10)", "Rate(7, 11, FALSE)"}));
}

TYPED_TEST(IHolder_AllocResource, a_rating_above_100_destroys_the_candidate) {
    this->stock(1);
    this->dispenser.ratings = {{10, 101}};

    EXPECT_EQ(this->alloc(), 11U);
    EXPECT_EQ(this->log(), (call_log{"Rate(7, 10, FALSE)", "Destroy(10)", "Create(7)"}));
}

TYPED_TEST(IHolder_AllocResource, an_exception_of_RateResource_destroys_the_candidate) {
    this->stock(1);
    this->dispenser.on_call = [](const std::string& call) {
        if (call.rfind("Rate", 0) == 0) throw std::runtime_error("no");
    };

    EXPECT_EQ(this->alloc(), 11U);
    EXPECT_EQ(this->dispenser.alive(), (std::set<RESID>{11}));
}

TYPED_TEST(IHolder_AllocResource, never_fails_for_a_size_of_the_pool) {
    for (RESID at = 0; at < 1000; ++at) EXPECT_EQ(this->alloc(), 10 + at);

    EXPECT_EQ(this->dispenser.count("Create"), 1000U);
}

TYPED_TEST(IHolder_AllocResource, presets_the_timeout_to_for_ever) {
    this->alloc();

    EXPECT_EQ(this->dispenser.seen_secs, -1);
}

TYPED_TEST(IHolder_AllocResource, presets_the_timeout_to_the_option) {
    holder_options options;
    options.default_idle_limit = 30;
    this->use(options);

    this->alloc();

    EXPECT_EQ(this->dispenser.seen_secs, 30);
}

TYPED_TEST(IHolder_AllocResource, the_dispenser_may_alloc_while_it_is_asked) {
    RESID inner = 0;
    bool is_inside = false;
    this->dispenser.on_call = [&](const std::string& call) {
        if (call != "Create(7)" || std::exchange(is_inside, true)) return;
        inner = this->alloc(8);
    };

    const RESID outer = this->alloc();

    EXPECT_EQ(inner, 10U);
    EXPECT_EQ(outer, 11U);
}

TYPED_TEST(IHolder_AllocResource, a_candidate_being_rated_is_offered_to_nobody_else) {
    this->stock(1);
    RESID inner = 0;
    bool is_inside = false;
    this->dispenser.on_call = [&](const std::string& call) {
        if (call != "Rate(7, 10, FALSE)" || std::exchange(is_inside, true)) return;
        inner = this->alloc();
    };

    EXPECT_EQ(this->alloc(), 10U);
    EXPECT_EQ(inner, 11U);
}

// ---- with a transaction -----------------------------------------------------------------------

TYPED_TEST(IHolder_AllocResource, in_a_transaction_enlists_a_new_resource_before_it_returns) {
    const typename TestFixture::scope in(object1, tx1);

    this->alloc();

    EXPECT_EQ(this->log(), (call_log{"Create(7)", "Enlist(10, 101)"}));
}

TYPED_TEST(IHolder_AllocResource,
           in_a_transaction_rates_an_unenlisted_candidate_as_needing_enlistment) {
    this->stock(1);
    const typename TestFixture::scope in(object1, tx1);

    EXPECT_EQ(this->alloc(), 10U);
    EXPECT_EQ(this->log(), (call_log{"Rate(7, 10, TRUE)", "Enlist(10, 101)"}));
}

TYPED_TEST(IHolder_AllocResource, what_was_freed_in_the_transaction_is_offered_as_enlisted) {
    const typename TestFixture::scope in(object1, tx1);
    this->free(this->alloc());
    static_cast<void>(this->log());

    EXPECT_EQ(this->alloc(), 10U);
    EXPECT_EQ(this->log(), (call_log{"Rate(7, 10, FALSE)"})) << "and it is not enlisted again";
}

TYPED_TEST(IHolder_AllocResource, an_enlisted_resource_is_not_offered_outside_its_transaction) {
    {
        const typename TestFixture::scope in(object1, tx1);
        this->free(this->alloc());
    }
    static_cast<void>(this->log());

    EXPECT_EQ(this->alloc(), 11U) << "without a transaction";
    {
        const typename TestFixture::scope in(object1, tx2);
        EXPECT_EQ(this->alloc(), 12U) << "in another one";
    }
    EXPECT_EQ(this->dispenser.count("Rate"), 0U);
}

TYPED_TEST(IHolder_AllocResource, of_equal_ratings_the_enlisted_one_wins) {
    this->stock(1);
    {
        const typename TestFixture::scope in(object1, tx1);
        this->dispenser.ratings = {{10, 0}};
        this->free(this->alloc());
    }
    this->dispenser.ratings = {{10, 50}, {11, 50}};
    const RESID unenlisted = this->alloc();
    ASSERT_EQ(unenlisted, 10U);
    this->free(unenlisted); // the most recent one, and still second
    static_cast<void>(this->log());

    const typename TestFixture::scope in(object1, tx1);
    EXPECT_EQ(this->alloc(), 11U);
    EXPECT_EQ(this->log(), (call_log{"Rate(7, 11, FALSE)", "Rate(7, 10, TRUE)"}));
}

TYPED_TEST(IHolder_AllocResource, a_higher_rating_beats_the_enlisted_one) {
    this->stock(1);
    {
        const typename TestFixture::scope in(object1, tx1);
        this->dispenser.ratings = {{10, 0}};
        this->free(this->alloc());
    }
    this->dispenser.ratings = {{10, 60}, {11, 50}};

    const typename TestFixture::scope in(object1, tx1);
    EXPECT_EQ(this->alloc(), 10U);
}

TYPED_TEST(IHolder_AllocResource, S_FALSE_of_EnlistResource_lends_the_resource_unenlisted) {
    this->dispenser.enlist_result = S_FALSE;
    RESID id = 0;
    {
        const typename TestFixture::scope in(object1, tx1);
        id = this->alloc();
        this->free(id);
    }
    static_cast<void>(this->log());

    EXPECT_EQ(this->alloc(), id) << "it is in the general inventory";
    EXPECT_EQ(this->log(), (call_log{"Rate(7, 10, FALSE)"})) << "and has no transaction to leave";
}

TYPED_TEST(IHolder_AllocResource, a_resource_that_said_S_FALSE_is_asked_again) {
    this->dispenser.enlist_result = S_FALSE;
    const typename TestFixture::scope in(object1, tx1);
    this->free(this->alloc());
    static_cast<void>(this->log());

    this->alloc();

    EXPECT_EQ(this->log(), (call_log{"Rate(7, 10, TRUE)", "Enlist(10, 101)"}));
}

TYPED_TEST(IHolder_AllocResource, a_failure_of_EnlistResource_destroys_and_comes_back_unchanged) {
    this->stock(1);
    const typename TestFixture::scope in(object1, tx1);
    for (const HRESULT code : {E_FAIL, E_INVALIDARG, static_cast<HRESULT>(0x8004D00EU)}) {
        this->dispenser.enlist_result = code;
        RESID id = 0;

        EXPECT_EQ(this->try_alloc(id), code);
        EXPECT_EQ(id, untouched);
        EXPECT_TRUE(this->dispenser.alive().empty());
    }
    EXPECT_EQ(this->log(), (call_log{"Rate(7, 10, TRUE)", "Enlist(10, 101)", "Destroy(10)",
                                     "Create(7)", "Enlist(11, 101)", "Destroy(11)", "Create(7)",
                                     "Enlist(12, 101)", "Destroy(12)"}));
}

TYPED_TEST(IHolder_AllocResource, an_exception_of_EnlistResource_destroys_the_resource) {
    this->dispenser.on_call = [](const std::string& call) {
        if (call.rfind("Enlist", 0) == 0) throw std::bad_alloc();
    };
    const typename TestFixture::scope in(object1, tx1);
    RESID id = 0;

    EXPECT_EQ(this->try_alloc(id), E_OUTOFMEMORY);
    EXPECT_EQ(this->log(), (call_log{"Create(7)", "Enlist(10, 101)", "Destroy(10)"}));
}

TYPED_TEST(IHolder_AllocResource, in_an_aborting_transaction_fails_before_any_call) {
    this->stock(1);
    typename TestFixture::scope in(object1, tx1);
    in.set_aborting();
    RESID id = 0;

    EXPECT_EQ(this->try_alloc(id), E_FAIL);
    EXPECT_EQ(id, untouched);
    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(IHolder_AllocResource, without_a_transaction_takes_a_once_enlisted_resource_out_of_it) {
    {
        const typename TestFixture::scope in(object1, tx1);
        this->free(this->alloc());
    }
    this->manager->end_transaction(tx1);
    static_cast<void>(this->log());

    EXPECT_EQ(this->alloc(), 10U);
    EXPECT_EQ(this->log(), (call_log{"Rate(7, 10, FALSE)", "Enlist(10, 0)"}));

    this->free(10);
    static_cast<void>(this->log());
    EXPECT_EQ(this->alloc(), 10U);
    EXPECT_EQ(this->log(), (call_log{"Rate(7, 10, FALSE)"})) << "once is enough";
}

TYPED_TEST(IHolder_AllocResource,
           a_once_enlisted_resource_goes_straight_into_the_next_transaction) {
    {
        const typename TestFixture::scope in(object1, tx1);
        this->free(this->alloc());
    }
    this->manager->end_transaction(tx1);
    static_cast<void>(this->log());

    const typename TestFixture::scope in(object1, tx2);
    EXPECT_EQ(this->alloc(), 10U);
    EXPECT_EQ(this->log(), (call_log{"Rate(7, 10, TRUE)", "Enlist(10, 102)"}));
}

TYPED_TEST(IHolder_AllocResource, S_FALSE_does_not_undo_an_earlier_enlistment) {
    {
        const typename TestFixture::scope in(object1, tx1);
        this->free(this->alloc());
    }
    this->manager->end_transaction(tx1);
    {
        this->dispenser.enlist_result = S_FALSE;
        const typename TestFixture::scope in(object1, tx2);
        this->free(this->alloc());
    }
    static_cast<void>(this->log());

    EXPECT_EQ(this->alloc(), 10U);
    EXPECT_EQ(this->log(), (call_log{"Rate(7, 10, FALSE)", "Enlist(10, 0)"}));
}

TYPED_TEST(IHolder_AllocResource, a_resource_that_cannot_leave_is_destroyed_and_another_taken) {
    {
        const typename TestFixture::scope in(object1, tx1);
        this->free(this->alloc());
    }
    this->manager->end_transaction(tx1);
    this->dispenser.leave_result = E_FAIL;
    static_cast<void>(this->log());

    EXPECT_EQ(this->alloc(), 11U);
    EXPECT_EQ(this->log(),
              (call_log{"Rate(7, 10, FALSE)", "Enlist(10, 0)", "Destroy(10)", "Create(7)"}));
}

TYPED_TEST(IHolder_AllocResource, a_transaction_that_ends_while_enlisting_keeps_no_resource) {
    this->dispenser.on_call = [&](const std::string& call) {
        if (call == "Enlist(10, 101)") this->manager->end_transaction(tx1);
    };
    {
        const typename TestFixture::scope in(object1, tx1);
        this->free(this->alloc());
    }
    static_cast<void>(this->log());

    EXPECT_EQ(this->alloc(), 10U);
    EXPECT_EQ(this->log(), (call_log{"Rate(7, 10, FALSE)", "Enlist(10, 0)"}));
}

TYPED_TEST(IHolder_AllocResource, one_thats_destruction_is_asked_for_while_rated_is_not_lent) {
    this->stock(1);
    this->dispenser.on_call = [&](const std::string& call) {
        if (call != "Rate(7, 10, FALSE)") return;
        EXPECT_EQ(this->holder->RequestDestroyResource(10), S_OK);
    };

    EXPECT_EQ(this->alloc(), 11U);
    EXPECT_EQ(this->log(), (call_log{"Rate(7, 10, FALSE)", "Destroy(10)", "Create(7)"}));
}

TYPED_TEST(IHolder_AllocResource, one_thats_destruction_is_asked_for_while_enlisted_is_not_lent) {
    this->stock(1);
    this->dispenser.on_call = [&](const std::string& call) {
        if (call != "Enlist(10, 101)") return;
        EXPECT_EQ(this->holder->RequestDestroyResource(10), S_OK);
    };

    const typename TestFixture::scope in(object1, tx1);
    EXPECT_EQ(this->alloc(), 11U);
    EXPECT_TRUE(this->dispenser.alive().count(10) == 1) << "it is in an open transaction";
    this->manager->end_transaction(tx1);
    EXPECT_EQ(this->dispenser.count("Destroy(10)"), 1U);
}

} // namespace iholder_allocresource_test
