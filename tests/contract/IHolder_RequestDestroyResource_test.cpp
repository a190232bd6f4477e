// SPDX-License-Identifier: MIT
/// @file
/// IHolder::RequestDestroyResource: what its page says, and what is decided where it is silent.

#include "world.hpp"

namespace iholder_requestdestroyresource_test {

using namespace lend_test;

LEND_CONTRACT_SUITE(IHolder_RequestDestroyResource);

TYPED_TEST(IHolder_RequestDestroyResource, an_unknown_id_is_an_invalid_argument) {
    EXPECT_EQ(this->holder->RequestDestroyResource(77), E_INVALIDARG);
    EXPECT_EQ(this->holder->RequestDestroyResource(0), E_INVALIDARG);
    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(IHolder_RequestDestroyResource, a_tracked_id_is_an_invalid_argument) {
    this->dispenser.made(50);
    ASSERT_EQ(this->holder->TrackResource(50), S_OK);

    EXPECT_EQ(this->holder->RequestDestroyResource(50), E_INVALIDARG);
    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(IHolder_RequestDestroyResource, a_free_one_is_destroyed_once_and_never_lent_again) {
    this->stock(1);

    EXPECT_EQ(this->holder->RequestDestroyResource(10), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Destroy(10)"}));
    EXPECT_EQ(this->alloc(), 11U);
    EXPECT_EQ(this->log(), (call_log{"Create(7)"}));
    EXPECT_EQ(this->holder->RequestDestroyResource(10), E_INVALIDARG);
}

TYPED_TEST(IHolder_RequestDestroyResource, a_lent_one_is_destroyed_at_once) {
    const RESID id = this->alloc();
    static_cast<void>(this->log());

    EXPECT_EQ(this->holder->RequestDestroyResource(id), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Destroy(10)"}));
    EXPECT_EQ(this->holder->FreeResource(id), E_INVALIDARG);
}

TYPED_TEST(IHolder_RequestDestroyResource, a_lent_one_in_a_transaction_is_destroyed_at_its_end) {
    const typename TestFixture::scope in(object1, tx1);
    const RESID id = this->alloc();
    static_cast<void>(this->log());

    EXPECT_EQ(this->holder->RequestDestroyResource(id), S_OK);
    EXPECT_EQ(this->holder->RequestDestroyResource(id), E_INVALIDARG) << "it is condemned";
    EXPECT_EQ(this->holder->FreeResource(id), E_INVALIDARG) << "and its caller's no more";
    EXPECT_EQ(this->log(), call_log{});
    this->manager->end_transaction(tx2);
    EXPECT_EQ(this->log(), call_log{});
    this->manager->end_transaction(tx1);
    EXPECT_EQ(this->log(), (call_log{"Destroy(10)"}));
}

TYPED_TEST(IHolder_RequestDestroyResource,
           a_free_one_in_a_transaction_is_not_lent_and_destroyed_at_its_end) {
    const typename TestFixture::scope in(object1, tx1);
    this->free(this->alloc());
    static_cast<void>(this->log());

    EXPECT_EQ(this->holder->RequestDestroyResource(10), S_OK);
    EXPECT_EQ(this->log(), call_log{});
    EXPECT_EQ(this->alloc(), 11U);
    EXPECT_EQ(this->dispenser.count("Rate"), 0U);
    this->manager->end_transaction(tx1);
    EXPECT_EQ(this->dispenser.count("Destroy(10)"), 1U);
}

TYPED_TEST(IHolder_RequestDestroyResource, a_failure_of_DestroyResource_is_E_FAIL_and_final) {
    this->stock(1);
    for (const HRESULT code : {E_FAIL, E_NOTIMPL}) {
        const RESID id = this->alloc();
        this->dispenser.destroy_result = code;
        static_cast<void>(this->log());

        EXPECT_EQ(this->holder->RequestDestroyResource(id), E_FAIL);
        EXPECT_EQ(this->log(), call_log{"Destroy(" + std::to_string(id) + ")"});
        EXPECT_EQ(this->holder->RequestDestroyResource(id), E_INVALIDARG);
    }
    this->dispenser.destroy_result = S_OK;
}

TYPED_TEST(IHolder_RequestDestroyResource, while_resetting_destroys_instead_of_pooling) {
    const RESID id = this->alloc();
    this->dispenser.on_call = [&](const std::string& call) {
        if (call != "Reset(10)") return;
        EXPECT_EQ(this->holder->RequestDestroyResource(10), S_OK);
    };
    static_cast<void>(this->log());

    EXPECT_EQ(this->holder->FreeResource(id), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Reset(10)", "Destroy(10)"}));
}

// ---- while the holder looks for a resource ------------------------------------------------------

TYPED_TEST(IHolder_RequestDestroyResource, while_rating_the_only_one_has_another_made) {
    this->stock(1);
    this->dispenser.on_call = [&](const std::string& call) {
        if (call != "Rate(7, 10, FALSE)") return;
        EXPECT_EQ(this->holder->RequestDestroyResource(10), S_OK);
    };

    EXPECT_EQ(this->alloc(), 11U);
    EXPECT_EQ(this->log(), (call_log{"Rate(7, 10, FALSE)", "Destroy(10)", "Create(7)"}));
}

TYPED_TEST(IHolder_RequestDestroyResource, while_rating_one_in_a_transaction_keeps_it_to_its_end) {
    const typename TestFixture::scope in(object1, tx1);
    this->free(this->alloc());
    this->dispenser.on_call = [&](const std::string& call) {
        if (call != "Rate(7, 10, FALSE)") return;
        EXPECT_EQ(this->holder->RequestDestroyResource(10), S_OK);
    };

    EXPECT_EQ(this->alloc(), 11U);
    EXPECT_EQ(this->dispenser.count("Destroy"), 0U);
    this->manager->end_transaction(tx1);
    EXPECT_EQ(this->dispenser.count("Destroy(10)"), 1U);
}

TYPED_TEST(IHolder_RequestDestroyResource, of_the_best_so_far_destroys_it_when_a_better_one_comes) {
    this->stock(2);
    this->dispenser.ratings = {{10, 1}, {11, 2}};
    this->dispenser.on_call = [&](const std::string& call) {
        if (call != "Rate(7, 11, FALSE)") return;
        EXPECT_EQ(this->holder->RequestDestroyResource(10), S_OK);
    };

    EXPECT_EQ(this->alloc(), 11U);
    EXPECT_EQ(this->dispenser.count("Destroy(10)"), 1U);
}

} // namespace iholder_requestdestroyresource_test
