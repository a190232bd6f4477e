// SPDX-License-Identifier: MIT
/// @file
/// IDispenserManager::RegisterDispenser and GetContext, and how long managers and holders live:
/// what their pages say and what real Windows does.

#include "world.hpp"

#include <thread>

namespace idispensermanager_test {

using namespace lend_test;

LEND_CONTRACT_SUITE(IDispenserManager_RegisterDispenser);
LEND_CONTRACT_SUITE(IDispenserManager_GetContext);
LEND_CONTRACT_SUITE(IDispenserManager_QueryInterface);
LEND_CONTRACT_SUITE(IHolder_QueryInterface);

TYPED_TEST(IDispenserManager_RegisterDispenser, gives_a_holder) {
    this->dispenser.AddRef();
    IHolder* made = nullptr;

    EXPECT_EQ(this->manager->RegisterDispenser(&this->dispenser, OLESTR("SC.Pool 0 0"), &made),
              S_OK);
    ASSERT_NE(made, nullptr);
    EXPECT_EQ(made->Release(), 0U);
}

TYPED_TEST(IDispenserManager_RegisterDispenser, the_same_driver_and_name_twice_give_two_holders) {
    IHolder* first = this->registered();
    IHolder* second = this->registered();

    EXPECT_NE(first, second);
    EXPECT_NE(first, nullptr);
    EXPECT_NE(second, nullptr);
    first->Release();
    second->Release();
}

TYPED_TEST(IDispenserManager_RegisterDispenser, two_holders_have_two_pools) {
    IHolder* other = this->registered();
    this->stock(1);
    RESID id = 0;

    EXPECT_EQ(other->AllocResource(kind, &id), S_OK);
    EXPECT_EQ(id, 11U);
    EXPECT_EQ(other->FreeResource(10), E_INVALIDARG);
    other->FreeResource(id);
    other->Release();
}

TYPED_TEST(IDispenserManager_RegisterDispenser, ids_are_unique_per_holder_only) {
    this->dispenser.gives_same_id = true;
    IHolder* other = this->registered();
    this->free(this->alloc());
    RESID id = 0;

    EXPECT_EQ(other->AllocResource(kind, &id), S_OK);
    EXPECT_EQ(id, 10U);
    other->FreeResource(id);
    this->holder->Close();
    this->dispenser.made(10);
    other->Release();
}

TYPED_TEST(IDispenserManager_RegisterDispenser, leaves_the_reference_count_of_the_driver) {
    this->dispenser.AddRef(); // the one that the holder takes over
    const ULONG before = this->dispenser.references();
    IHolder* made = nullptr;

    ASSERT_EQ(this->manager->RegisterDispenser(&this->dispenser, OLESTR("x"), &made), S_OK);

    EXPECT_EQ(this->dispenser.references(), before);
    made->Close();
    EXPECT_EQ(this->dispenser.references(), before - 1);
    made->Release();
    EXPECT_EQ(this->dispenser.references(), before - 1);
}

TYPED_TEST(IDispenserManager_RegisterDispenser, calls_nothing) {
    EXPECT_EQ(this->log(), call_log{}) << "the fixture has registered one";
}

TYPED_TEST(IDispenserManager_RegisterDispenser, null_arguments_are_invalid_and_take_nothing_over) {
    IHolder* made = this->holder;

    EXPECT_EQ(this->manager->RegisterDispenser(&this->dispenser, OLESTR("x"), nullptr),
              E_INVALIDARG);
    EXPECT_EQ(this->manager->register_dispenser(&this->dispenser, OLESTR("x"), {}, nullptr),
              E_INVALIDARG);
    EXPECT_EQ(this->manager->RegisterDispenser(nullptr, OLESTR("x"), &made), E_INVALIDARG);
    EXPECT_EQ(made, nullptr);
    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(IDispenserManager_RegisterDispenser, a_null_name_is_accepted) {
    this->dispenser.AddRef();
    IHolder* made = nullptr;

    EXPECT_EQ(this->manager->RegisterDispenser(&this->dispenser, nullptr, &made), S_OK);
    made->Release();
}

TYPED_TEST(IDispenserManager_RegisterDispenser, a_holder_works_after_the_managers_last_reference) {
    std::exchange(this->manager, nullptr)->Release();

    const RESID id = this->alloc();
    this->free(id);
    EXPECT_EQ(this->alloc(), id);
}

TYPED_TEST(IDispenserManager_RegisterDispenser, the_manager_ends_with_its_last_holder) {
    static int ended = 0;
    ended = 0;
    auto* other = TestFixture::manager_type::make(
        default_sweep_period, [](typename TestFixture::manager_type& last) noexcept {
            ++ended;
            EXPECT_FALSE(last.try_add_ref()) << "its last reference is gone";
        });
    this->dispenser.AddRef();
    IHolder* made = nullptr;
    ASSERT_EQ(other->RegisterDispenser(&this->dispenser, nullptr, &made), S_OK);

    other->Release();
    EXPECT_EQ(ended, 0);
    made->Close();
    EXPECT_EQ(ended, 1);
    made->Release();
    EXPECT_EQ(ended, 1);
}

// ---- GetContext -------------------------------------------------------------------------------

TYPED_TEST(IDispenserManager_GetContext, without_object_and_transaction_gives_zeros) {
    INSTID instance = 1;
    TRANSID transaction = 1;

    EXPECT_EQ(this->manager->GetContext(&instance, &transaction), S_OK);
    EXPECT_EQ(instance, 0U);
    EXPECT_EQ(transaction, 0U);
}

TYPED_TEST(IDispenserManager_GetContext, gives_the_innermost_scope_of_the_thread) {
    INSTID instance = 0;
    TRANSID transaction = 0;
    const typename TestFixture::scope outer(object1, tx1);
    {
        const typename TestFixture::scope inner(object2, 0);
        EXPECT_EQ(this->manager->GetContext(&instance, &transaction), S_OK);
        EXPECT_EQ(instance, object2);
        EXPECT_EQ(transaction, 0U);
    }

    EXPECT_EQ(this->manager->GetContext(&instance, &transaction), S_OK);
    EXPECT_EQ(instance, object1);
    EXPECT_EQ(transaction, tx1);
}

TYPED_TEST(IDispenserManager_GetContext, scopes_are_of_one_thread) {
    const typename TestFixture::scope in(object1, tx1);
    INSTID instance = 1;
    TRANSID transaction = 1;

    std::thread([&] {
        EXPECT_EQ(this->manager->GetContext(&instance, &transaction), S_OK);
    }).join();

    EXPECT_EQ(instance, 0U);
    EXPECT_EQ(transaction, 0U);
}

TYPED_TEST(IDispenserManager_GetContext, a_provider_is_asked_instead_of_the_scope) {
    struct fixed final : caller_provider {
        caller_context current() noexcept override { return {object2, tx2, false}; }
    } provider;
    using source = basic_caller_source<typename TestFixture::platform>;
    const typename TestFixture::scope in(object1, tx1);
    INSTID instance = 0;
    TRANSID transaction = 0;

    source::set_provider(&provider);
    EXPECT_EQ(this->manager->GetContext(&instance, &transaction), S_OK);
    this->alloc();
    EXPECT_EQ(source::set_provider(nullptr), &provider);

    EXPECT_EQ(instance, object2);
    EXPECT_EQ(transaction, tx2);
    EXPECT_EQ(this->log(), (call_log{"Create(7)", "Enlist(10, 102)"}));
}

TYPED_TEST(IDispenserManager_GetContext, null_arguments_are_invalid) {
    INSTID instance = 5;
    TRANSID transaction = 5;

    EXPECT_EQ(this->manager->GetContext(nullptr, &transaction), E_INVALIDARG);
    EXPECT_EQ(this->manager->GetContext(&instance, nullptr), E_INVALIDARG);
    EXPECT_EQ(instance, 5U);
    EXPECT_EQ(transaction, 5U);
}

// ---- QueryInterface ---------------------------------------------------------------------------

TYPED_TEST(IDispenserManager_QueryInterface, knows_IUnknown_and_IDispenserManager_only) {
    void* object = nullptr;
    for (const IID& iid : {IID_IUnknown, IID_IDispenserManager}) {
        EXPECT_EQ(this->manager->QueryInterface(iid, &object), S_OK);
        EXPECT_EQ(object, static_cast<IDispenserManager*>(this->manager));
        this->manager->Release();
    }
    for (const IID& iid : {IID_IHolder, IID_IDispenserDriver,
                           IID_IDispenserManagerShutdownGuarantee, CLSID_DispenserManager}) {
        object = this;
        EXPECT_EQ(this->manager->QueryInterface(iid, &object), E_NOINTERFACE);
        EXPECT_EQ(object, nullptr);
    }
    EXPECT_EQ(this->manager->QueryInterface(IID_IUnknown, nullptr), E_POINTER);
}

TYPED_TEST(IHolder_QueryInterface, knows_IUnknown_and_IHolder_only) {
    void* object = nullptr;
    for (const IID& iid : {IID_IUnknown, IID_IHolder}) {
        EXPECT_EQ(this->holder->QueryInterface(iid, &object), S_OK);
        EXPECT_EQ(object, this->holder);
        EXPECT_EQ(this->holder->Release(), 1U);
    }
    for (const IID& iid : {IID_IDispenserManager, IID_IDispenserDriver}) {
        object = this;
        EXPECT_EQ(this->holder->QueryInterface(iid, &object), E_NOINTERFACE);
        EXPECT_EQ(object, nullptr);
    }
    EXPECT_EQ(this->holder->QueryInterface(IID_IUnknown, nullptr), E_POINTER);
    EXPECT_EQ(this->log(), call_log{}) << "the dispenser is not asked";
}

} // namespace idispensermanager_test
