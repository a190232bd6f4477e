// SPDX-License-Identifier: MIT
/// @file
/// IHolder::TrackResource, TrackResourceS, UntrackResource and UntrackResourceS: what their pages
/// and the page on tracking non-allocated resources say.

#include "world.hpp"

#include <stdexcept>
#include <string>

namespace iholder_trackresource_test {

using namespace lend_test;

LEND_CONTRACT_SUITE(IHolder_TrackResource);
LEND_CONTRACT_SUITE(IHolder_TrackResourceS);
LEND_CONTRACT_SUITE(IHolder_UntrackResource);
LEND_CONTRACT_SUITE(IHolder_UntrackResourceS);

TYPED_TEST(IHolder_TrackResource, calls_nothing_without_a_transaction) {
    this->dispenser.made(50);

    EXPECT_EQ(this->holder->TrackResource(50), S_OK);
    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(IHolder_TrackResource, what_is_tracked_is_never_lent) {
    this->dispenser.made(50);
    ASSERT_EQ(this->holder->TrackResource(50), S_OK);

    EXPECT_EQ(this->alloc(), 10U);
    EXPECT_EQ(this->log(), (call_log{"Create(7)"})) << "not even rated";
}

TYPED_TEST(IHolder_TrackResource, zero_is_an_invalid_argument) {
    EXPECT_EQ(this->holder->TrackResource(0), E_INVALIDARG);
}

TYPED_TEST(IHolder_TrackResource, a_duplicate_is_an_invalid_argument) {
    this->dispenser.made(50);
    ASSERT_EQ(this->holder->TrackResource(50), S_OK);

    EXPECT_EQ(this->holder->TrackResource(50), E_INVALIDARG);
}

TYPED_TEST(IHolder_TrackResource, a_pooled_id_is_an_invalid_argument) {
    const RESID id = this->alloc();
    EXPECT_EQ(this->holder->TrackResource(id), E_INVALIDARG);

    this->free(id);
    EXPECT_EQ(this->holder->TrackResource(id), E_INVALIDARG);
}

TYPED_TEST(IHolder_TrackResource, a_tracked_id_cannot_be_created) {
    this->dispenser.made(10);
    ASSERT_EQ(this->holder->TrackResource(10), S_OK);
    RESID id = 0;

    EXPECT_EQ(this->try_alloc(id), E_INVALIDARG);
    EXPECT_EQ(this->dispenser.count("Destroy"), 0U);
}

TYPED_TEST(IHolder_TrackResource, in_a_transaction_enlists) {
    this->dispenser.made(50);
    const typename TestFixture::scope in(object1, tx1);

    EXPECT_EQ(this->holder->TrackResource(50), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Enlist(50, 101)"}));
}

TYPED_TEST(IHolder_TrackResource, S_FALSE_of_EnlistResource_is_no_error) {
    this->dispenser.made(50);
    this->dispenser.enlist_result = S_FALSE;
    const typename TestFixture::scope in(object1, tx1);

    EXPECT_EQ(this->holder->TrackResource(50), S_OK);
    EXPECT_EQ(this->holder->UntrackResource(50, TRUE), S_OK);
    EXPECT_EQ(this->dispenser.count("Destroy(50)"), 1U) << "at once: it is in no transaction";
}

TYPED_TEST(IHolder_TrackResource, a_failure_of_EnlistResource_leaves_the_resource_untracked) {
    this->dispenser.made(50);
    this->dispenser.enlist_result = E_FAIL;
    const typename TestFixture::scope in(object1, tx1);

    EXPECT_EQ(this->holder->TrackResource(50), E_FAIL);
    EXPECT_EQ(this->holder->UntrackResource(50, TRUE), E_INVALIDARG);
    EXPECT_EQ(this->log(), (call_log{"Enlist(50, 101)"}));
    this->dispenser.ended(50);
}

TYPED_TEST(IHolder_TrackResource, in_an_aborting_transaction_fails_before_any_call) {
    typename TestFixture::scope in(object1, tx1);
    in.set_aborting();

    EXPECT_EQ(this->holder->TrackResource(50), E_FAIL);
    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(IHolder_TrackResource, is_not_yet_tracked_while_it_is_being_enlisted) {
    this->dispenser.made(50);
    HRESULT untracked = S_OK;
    HRESULT tracked = S_OK;
    this->dispenser.on_call = [&](const std::string& call) {
        if (call != "Enlist(50, 101)") return;
        untracked = this->holder->UntrackResource(50, TRUE);
        tracked = this->holder->TrackResource(50);
    };
    const typename TestFixture::scope in(object1, tx1);

    EXPECT_EQ(this->holder->TrackResource(50), S_OK);
    EXPECT_EQ(untracked, E_INVALIDARG);
    EXPECT_EQ(tracked, E_INVALIDARG);
}

TYPED_TEST(IHolder_TrackResource, a_transaction_that_ends_while_enlisting_holds_nothing_back) {
    this->dispenser.made(50);
    this->dispenser.on_call = [&](const std::string& call) {
        if (call == "Enlist(50, 101)") this->manager->end_transaction(tx1);
    };
    const typename TestFixture::scope in(object1, tx1);
    EXPECT_EQ(this->holder->TrackResource(50), S_OK);

    EXPECT_EQ(this->holder->UntrackResource(50, TRUE), S_OK);
    EXPECT_EQ(this->dispenser.count("Destroy(50)"), 1U);
}

TYPED_TEST(IHolder_TrackResource, is_never_swept) {
    this->dispenser.made(50);
    ASSERT_EQ(this->holder->TrackResource(50), S_OK);

    EXPECT_FALSE(this->sweep_after(std::chrono::hours(24)));
    EXPECT_EQ(this->log(), call_log{});
}

// ---- TrackResourceS ---------------------------------------------------------------------------

TYPED_TEST(IHolder_TrackResourceS, calls_nothing) {
    EXPECT_EQ(this->holder->TrackResourceS(OLESTR("file")), S_OK);
    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(IHolder_TrackResourceS, null_empty_and_duplicate_are_invalid_arguments) {
    EXPECT_EQ(this->holder->TrackResourceS(nullptr), E_INVALIDARG);
    EXPECT_EQ(this->holder->TrackResourceS(OLESTR("")), E_INVALIDARG);
    ASSERT_EQ(this->holder->TrackResourceS(OLESTR("file")), S_OK);
    EXPECT_EQ(this->holder->TrackResourceS(OLESTR("file")), E_INVALIDARG);
}

TYPED_TEST(IHolder_TrackResourceS, copies_the_string) {
    OLECHAR name[] = {'a', 'b', 0};
    ASSERT_EQ(this->holder->TrackResourceS(name), S_OK);
    name[0] = 'x';

    EXPECT_EQ(this->holder->UntrackResourceS(OLESTR("ab"), TRUE), S_OK);
    EXPECT_EQ(this->log(), (call_log{"DestroyS(ab)"}));
}

TYPED_TEST(IHolder_TrackResourceS, strings_and_numbers_are_apart) {
    this->dispenser.made('1');
    ASSERT_EQ(this->holder->TrackResourceS(OLESTR("1")), S_OK);
    ASSERT_EQ(this->holder->TrackResource('1'), S_OK);

    EXPECT_EQ(this->holder->UntrackResource('1', TRUE), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Destroy(49)"}));
    EXPECT_EQ(this->holder->UntrackResourceS(OLESTR("1"), TRUE), S_OK);
    EXPECT_EQ(this->log(), (call_log{"DestroyS(1)"}));
}

// ---- UntrackResource --------------------------------------------------------------------------

TYPED_TEST(IHolder_UntrackResource, with_destroy_calls_DestroyResource) {
    this->dispenser.made(50);
    ASSERT_EQ(this->holder->TrackResource(50), S_OK);

    EXPECT_EQ(this->holder->UntrackResource(50, TRUE), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Destroy(50)"}));
}

TYPED_TEST(IHolder_UntrackResource, without_destroy_calls_nothing) {
    this->dispenser.made(50);
    ASSERT_EQ(this->holder->TrackResource(50), S_OK);

    EXPECT_EQ(this->holder->UntrackResource(50, FALSE), S_OK);
    EXPECT_EQ(this->log(), call_log{});
    this->dispenser.ended(50);
}

TYPED_TEST(IHolder_UntrackResource, every_number_but_0_is_true) {
    this->dispenser.made(50);
    ASSERT_EQ(this->holder->TrackResource(50), S_OK);

    EXPECT_EQ(this->holder->UntrackResource(50, -1), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Destroy(50)"}));
}

TYPED_TEST(IHolder_UntrackResource, an_unknown_id_is_an_invalid_argument) {
    const RESID pooled = this->alloc();
    static_cast<void>(this->log());

    EXPECT_EQ(this->holder->UntrackResource(0, TRUE), E_INVALIDARG);
    EXPECT_EQ(this->holder->UntrackResource(77, TRUE), E_INVALIDARG);
    EXPECT_EQ(this->holder->UntrackResource(pooled, TRUE), E_INVALIDARG);
    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(IHolder_UntrackResource, the_second_time_is_an_invalid_argument) {
    this->dispenser.made(50);
    ASSERT_EQ(this->holder->TrackResource(50), S_OK);
    ASSERT_EQ(this->holder->UntrackResource(50, TRUE), S_OK);

    EXPECT_EQ(this->holder->UntrackResource(50, TRUE), E_INVALIDARG);
}

TYPED_TEST(IHolder_UntrackResource, an_enlisted_one_is_destroyed_when_its_transaction_is_over) {
    this->dispenser.made(50);
    {
        const typename TestFixture::scope in(object1, tx1);
        ASSERT_EQ(this->holder->TrackResource(50), S_OK);
    }
    ASSERT_EQ(this->holder->UntrackResource(50, TRUE), S_OK);
    EXPECT_EQ(this->dispenser.count("Destroy"), 0U);
    EXPECT_EQ(this->holder->UntrackResource(50, TRUE), E_INVALIDARG) << "it is untracked";
    EXPECT_EQ(this->holder->TrackResource(50), E_INVALIDARG) << "but not over";

    this->manager->end_transaction(tx2);
    EXPECT_EQ(this->dispenser.count("Destroy"), 0U);
    this->manager->end_transaction(tx1);
    EXPECT_EQ(this->dispenser.count("Destroy(50)"), 1U);
}

TYPED_TEST(IHolder_UntrackResource, the_end_of_the_transaction_alone_destroys_nothing) {
    this->dispenser.made(50);
    {
        const typename TestFixture::scope in(object1, tx1);
        ASSERT_EQ(this->holder->TrackResource(50), S_OK);
    }
    this->manager->end_transaction(tx1);
    EXPECT_EQ(this->dispenser.count("Destroy"), 0U);

    EXPECT_EQ(this->holder->UntrackResource(50, TRUE), S_OK);
    EXPECT_EQ(this->dispenser.count("Destroy(50)"), 1U) << "now at once";
}

TYPED_TEST(IHolder_UntrackResource, an_enlisted_one_without_destroy_is_the_callers_at_once) {
    this->dispenser.made(50);
    const typename TestFixture::scope in(object1, tx1);
    ASSERT_EQ(this->holder->TrackResource(50), S_OK);
    ASSERT_EQ(this->holder->UntrackResource(50, FALSE), S_OK);
    this->dispenser.ended(50);

    this->manager->end_transaction(tx1);

    EXPECT_EQ(this->dispenser.count("Destroy"), 0U);
}

TYPED_TEST(IHolder_UntrackResource, a_failure_of_DestroyResource_is_E_FAIL_and_final) {
    this->dispenser.made(50);
    ASSERT_EQ(this->holder->TrackResource(50), S_OK);
    for (const HRESULT code : {E_FAIL, E_NOTIMPL}) {
        this->dispenser.destroy_result = code;

        EXPECT_EQ(this->holder->UntrackResource(50, TRUE), E_FAIL);
        EXPECT_EQ(this->log(), (call_log{"Destroy(50)"})) << "and not DestroyResourceS";
        EXPECT_EQ(this->holder->UntrackResource(50, TRUE), E_INVALIDARG);
        this->dispenser.made(50);
        EXPECT_EQ(this->holder->TrackResource(50), S_OK) << "the number is free again";
    }
    this->dispenser.destroy_result = S_OK;
}

// ---- UntrackResourceS -------------------------------------------------------------------------

TYPED_TEST(IHolder_UntrackResourceS, with_destroy_calls_DestroyResourceS_with_an_equal_string) {
    ASSERT_EQ(this->holder->TrackResourceS(OLESTR("file")), S_OK);
    const std::basic_string<OLECHAR> equal(OLESTR("file"));

    EXPECT_EQ(this->holder->UntrackResourceS(equal.c_str(), TRUE), S_OK);
    EXPECT_EQ(this->log(), (call_log{"DestroyS(file)"}));
}

TYPED_TEST(IHolder_UntrackResourceS, without_destroy_calls_nothing) {
    ASSERT_EQ(this->holder->TrackResourceS(OLESTR("file")), S_OK);

    EXPECT_EQ(this->holder->UntrackResourceS(OLESTR("file"), FALSE), S_OK);
    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(IHolder_UntrackResourceS, an_unknown_string_is_an_invalid_argument) {
    EXPECT_EQ(this->holder->UntrackResourceS(nullptr, TRUE), E_INVALIDARG);
    EXPECT_EQ(this->holder->UntrackResourceS(OLESTR(""), TRUE), E_INVALIDARG);
    EXPECT_EQ(this->holder->UntrackResourceS(OLESTR("nobody"), TRUE), E_INVALIDARG);
    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(IHolder_UntrackResourceS, a_failure_of_DestroyResourceS_is_E_FAIL_and_final) {
    ASSERT_EQ(this->holder->TrackResourceS(OLESTR("file")), S_OK);
    this->dispenser.destroy_result = E_FAIL;

    EXPECT_EQ(this->holder->UntrackResourceS(OLESTR("file"), TRUE), E_FAIL);
    EXPECT_EQ(this->holder->UntrackResourceS(OLESTR("file"), TRUE), E_INVALIDARG);
}

} // namespace iholder_trackresource_test
