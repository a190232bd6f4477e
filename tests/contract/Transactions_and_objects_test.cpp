// SPDX-License-Identifier: MIT
/// @file
/// The end of a transaction and the end of an object: what the pages on enlisting, on the states
/// of resources and on automatic reclamation say, and what is decided where they are silent.

#include "world.hpp"

#include <vector>

namespace transactions_and_objects_test {

using namespace lend_test;

LEND_CONTRACT_SUITE(Transaction_end);
LEND_CONTRACT_SUITE(Object_end);
LEND_CONTRACT_SUITE(IComResourceEvents);

TYPED_TEST(Transaction_end, makes_its_free_resources_candidates_for_everybody) {
    {
        const typename TestFixture::scope in(object1, tx1);
        this->free(this->alloc());
    }
    this->manager->end_transaction(tx1);

    EXPECT_EQ(this->alloc(), 10U);
}

TYPED_TEST(Transaction_end, calls_nothing_for_what_is_free) {
    {
        const typename TestFixture::scope in(object1, tx1);
        this->free(this->alloc());
    }
    static_cast<void>(this->log());

    this->manager->end_transaction(tx1);

    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(Transaction_end, leaves_other_transactions_alone) {
    {
        const typename TestFixture::scope in(object1, tx1);
        this->free(this->alloc());
    }
    this->manager->end_transaction(tx2);
    static_cast<void>(this->log());

    EXPECT_EQ(this->alloc(), 11U);
    EXPECT_EQ(this->log(), (call_log{"Create(7)"}));
}

TYPED_TEST(Transaction_end, zero_ends_nothing) {
    this->stock(1);

    this->manager->end_transaction(0);

    EXPECT_EQ(this->log(), call_log{});
    EXPECT_EQ(this->alloc(), 10U);
}

TYPED_TEST(Transaction_end, puts_its_resources_back_in_the_order_of_their_freeing) {
    const RESID a = this->alloc();
    const RESID c = this->alloc();
    RESID b = 0;
    {
        const typename TestFixture::scope in(object1, tx1);
        b = this->alloc();
        this->free(a);
        this->free(b);
    }
    this->free(c);
    this->manager->end_transaction(tx1);
    this->dispenser.ratings = {{a, 50}, {b, 50}, {c, 50}};
    static_cast<void>(this->log());

    this->alloc();

    EXPECT_EQ(this->log(),
              (call_log{"Rate(7, 11, FALSE)", "Rate(7, 12, FALSE)", "Rate(7, 10, FALSE)"}));
}

TYPED_TEST(Transaction_end, puts_its_resources_behind_all_that_were_freed_later) {
    const RESID b = this->alloc();
    const RESID c = this->alloc();
    RESID a = 0;
    {
        const typename TestFixture::scope in(object1, tx1);
        a = this->alloc();
        this->free(a);
    }
    this->free(b);
    this->free(c);
    this->manager->end_transaction(tx1);
    this->dispenser.ratings = {{a, 50}, {b, 50}, {c, 50}};
    static_cast<void>(this->log());

    this->alloc();

    EXPECT_EQ(this->log(),
              (call_log{"Rate(7, 11, FALSE)", "Rate(7, 10, FALSE)", "Rate(7, 12, FALSE)"}));
}

TYPED_TEST(Transaction_end, the_same_number_may_name_another_transaction_later) {
    {
        const typename TestFixture::scope in(object1, tx1);
        this->free(this->alloc());
    }
    this->manager->end_transaction(tx1);
    static_cast<void>(this->log());

    const typename TestFixture::scope in(object1, tx1);
    EXPECT_EQ(this->alloc(), 10U);
    EXPECT_EQ(this->log(), (call_log{"Rate(7, 10, TRUE)", "Enlist(10, 101)"}));
}

// ---- objects ----------------------------------------------------------------------------------

TYPED_TEST(Object_end, by_default_frees_nothing) {
    RESID id = 0;
    {
        const typename TestFixture::scope in(object1, 0);
        id = this->alloc();
        this->dispenser.made(50);
        ASSERT_EQ(this->holder->TrackResource(50), S_OK);
    }
    static_cast<void>(this->log());

    this->manager->end_object(object1);

    EXPECT_EQ(this->log(), call_log{});
    EXPECT_EQ(this->holder->FreeResource(id), S_OK) << "it is lent still";
}

TYPED_TEST(Object_end, where_chosen_frees_its_resources_through_ResetResource) {
    holder_options options;
    options.reclaim_at_object_end = true;
    this->use(options);
    {
        const typename TestFixture::scope in(object1, 0);
        this->alloc();
    }
    {
        const typename TestFixture::scope in(object2, 0);
        this->alloc();
    }
    static_cast<void>(this->log());

    this->manager->end_object(object1);

    EXPECT_EQ(this->log(), (call_log{"Reset(10)"}));
    EXPECT_EQ(this->holder->FreeResource(10), E_INVALIDARG);
    EXPECT_EQ(this->alloc(), 10U);
}

TYPED_TEST(Object_end, where_chosen_destroys_what_the_object_tracks) {
    holder_options options;
    options.reclaim_at_object_end = true;
    this->use(options);
    this->dispenser.made(50);
    this->dispenser.made(51);
    {
        const typename TestFixture::scope in(object1, 0);
        ASSERT_EQ(this->holder->TrackResource(50), S_OK);
        ASSERT_EQ(this->holder->TrackResourceS(OLESTR("file")), S_OK);
    }
    {
        const typename TestFixture::scope in(object1, tx1);
        ASSERT_EQ(this->holder->TrackResource(51), S_OK);
    }
    static_cast<void>(this->log());

    this->manager->end_object(object1);
    EXPECT_EQ(this->log(), (call_log{"Destroy(50)", "DestroyS(file)"}));
    this->manager->end_transaction(tx1);
    EXPECT_EQ(this->log(), (call_log{"Destroy(51)"})) << "not before its transaction is over";
}

TYPED_TEST(Object_end, zero_ends_nothing) {
    holder_options options;
    options.reclaim_at_object_end = true;
    this->use(options);
    this->alloc();
    static_cast<void>(this->log());

    this->manager->end_object(0);

    EXPECT_EQ(this->log(), call_log{});
}

// ---- events -----------------------------------------------------------------------------------

TYPED_TEST(IComResourceEvents, say_what_happens_to_a_resource) {
    this->use_events();
    this->free(this->alloc());
    this->free(this->alloc());
    this->holder->RequestDestroyResource(10);

    EXPECT_EQ(this->events.take(), (call_log{"created 10 0", "recycled 10", "allocated 10 1 100",
                                             "recycled 10", "destroyed 10 1"}));
}

TYPED_TEST(IComResourceEvents, say_how_many_were_rated_and_what_won) {
    this->use_events();
    this->stock(3);
    static_cast<void>(this->events.take());
    this->dispenser.ratings = {{10, 3}, {11, 70}, {12, 5}};

    this->alloc();

    EXPECT_EQ(this->events.take(), (call_log{"allocated 11 3 70"}));
}

TYPED_TEST(IComResourceEvents, say_what_is_tracked_and_what_becomes_of_it) {
    this->use_events();
    this->dispenser.made(50);
    {
        const typename TestFixture::scope in(object1, tx1);
        this->holder->TrackResource(50);
    }
    this->manager->end_transaction(tx1);
    this->holder->TrackResourceS(OLESTR("file"));
    this->holder->UntrackResource(50, TRUE);
    this->holder->UntrackResourceS(OLESTR("file"), TRUE);

    EXPECT_EQ(this->events.take(),
              (call_log{"tracked 50 1", "tracked_string", "destroyed 50 1", "destroyed_string"}));
}

TYPED_TEST(IComResourceEvents, a_failed_reset_in_a_transaction_dooms_it) {
    this->use_events();
    const typename TestFixture::scope in(object1, tx1);
    const RESID id = this->alloc();
    this->dispenser.reset_result = E_FAIL;
    static_cast<void>(this->events.take());

    this->free(id);

    EXPECT_EQ(this->events.take(), (call_log{"reset_failed 10", "doomed 101", "destroyed 10 1"}));
}

TYPED_TEST(IComResourceEvents, a_failed_reset_outside_dooms_nothing) {
    this->use_events();
    const RESID id = this->alloc();
    this->dispenser.reset_result = E_FAIL;
    static_cast<void>(this->events.take());

    this->free(id);

    EXPECT_EQ(this->events.take(), (call_log{"reset_failed 10", "destroyed 10 1"}));
}

TYPED_TEST(IComResourceEvents, say_what_is_lent_when_the_holder_closes) {
    this->use_events();
    this->alloc();
    static_cast<void>(this->events.take());

    this->holder->Close();

    EXPECT_EQ(this->events.take(), (call_log{"disowned 10"}));
    this->disowned = {10};
}

TYPED_TEST(Transaction_end, within_the_reset_of_a_doomed_one_leaves_it_to_who_resets_it) {
    const typename TestFixture::scope in(object1, tx1);
    const RESID id = this->alloc();
    this->dispenser.on_call = [&](const std::string& call) {
        if (call != "Reset(10)") return;
        EXPECT_EQ(this->holder->RequestDestroyResource(id), S_OK);
        this->manager->end_transaction(tx1);
    };
    static_cast<void>(this->log());

    EXPECT_EQ(this->holder->FreeResource(id), S_OK);

    EXPECT_EQ(this->log(), (call_log{"Reset(10)", "Destroy(10)"}));
}

} // namespace transactions_and_objects_test
