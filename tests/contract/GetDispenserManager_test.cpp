// SPDX-License-Identifier: MIT
/// @file
/// GetDispenserManager and what acts on the process's manager: what the page says, and lend's own
/// functions beside it.

#include "support/noted_events.hpp"
#include "support/recording_dispenser.hpp"

#include <lend/com.hpp>

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace getdispensermanager_test {

using namespace lend_test;

TEST(GetDispenserManager, gives_one_manager_with_a_reference_for_each_caller) {
    IDispenserManager* first = nullptr;
    IDispenserManager* second = nullptr;

    EXPECT_EQ(GetDispenserManager(&first), S_OK);
    EXPECT_EQ(GetDispenserManager(&second), S_OK);
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(first, second);
    EXPECT_EQ(first->Release(), 1U);
    EXPECT_EQ(second->Release(), 0U);
}

TEST(GetDispenserManager, null_is_an_invalid_argument) {
    EXPECT_EQ(GetDispenserManager(nullptr), E_INVALIDARG);
}

TEST(GetDispenserManager, the_manager_lives_while_a_holder_is_open) {
    recording_dispenser dispenser;
    dispenser.AddRef();
    IDispenserManager* manager = nullptr;
    IHolder* holder = nullptr;
    ASSERT_EQ(GetDispenserManager(&manager), S_OK);
    ASSERT_EQ(manager->RegisterDispenser(&dispenser, OLESTR("x"), &holder), S_OK);
    EXPECT_EQ(manager->Release(), 1U);

    IDispenserManager* again = nullptr;
    EXPECT_EQ(GetDispenserManager(&again), S_OK);
    EXPECT_EQ(again, manager);
    EXPECT_EQ(again->Release(), 1U);

    holder->Close();
    holder->Release();
    EXPECT_EQ(dispenser.references(), 1U);
}

TEST(GetDispenserManager, many_threads_at_once_always_get_a_living_manager) {
    std::vector<std::thread> all;
    for (int at = 0; at < 4; ++at) {
        all.emplace_back([] {
            for (int round = 0; round < 2000; ++round) {
                IDispenserManager* manager = nullptr;
                INSTID instance = 1;
                TRANSID transaction = 1;
                ASSERT_EQ(GetDispenserManager(&manager), S_OK);
                EXPECT_EQ(manager->GetContext(&instance, &transaction), S_OK);
                EXPECT_EQ(transaction, 0U);
                manager->Release();
            }
        });
    }
    for (std::thread& each : all) each.join();
}

TEST(Lends_own_functions, register_with_options_and_end_objects_and_transactions) {
    recording_dispenser dispenser;
    dispenser.AddRef();
    noted_events events;
    holder_options options;
    options.reclaim_at_object_end = true;
    options.events = &events;
    holder* made = nullptr;
    ASSERT_EQ(register_dispenser(&dispenser, OLESTR("pool"), options, &made), S_OK);
    EXPECT_EQ(made->name(), OLESTR("pool"));
    {
        const caller_scope in(201, 101);
        RESID id = 0;
        EXPECT_EQ(made->AllocResource(7, &id), S_OK);
    }

    EXPECT_EQ(end_object(201), S_OK);
    EXPECT_EQ(events.take(), (call_log{"created 10 1", "recycled 10"}));
    RESID id = 0;
    EXPECT_EQ(made->AllocResource(7, &id), S_OK);
    EXPECT_EQ(id, 11U) << "10 is in a transaction still";
    EXPECT_EQ(end_transaction(101), S_OK);
    EXPECT_EQ(made->AllocResource(7, &id), S_OK);
    EXPECT_EQ(id, 10U);

    EXPECT_EQ(made->FreeResource(10), S_OK);
    EXPECT_EQ(made->FreeResource(11), S_OK);
    EXPECT_EQ(made->Release(), 0U);
    EXPECT_TRUE(dispenser.alive().empty());
    EXPECT_EQ(dispenser.references(), 1U);
}

TEST(Lends_own_functions, do_nothing_where_there_is_no_manager) {
    EXPECT_EQ(end_object(201), S_OK);
    EXPECT_EQ(end_transaction(101), S_OK);
}

TEST(Lends_own_functions, register_gives_the_contracts_interface_too) {
    recording_dispenser dispenser;
    dispenser.AddRef();
    IHolder* made = nullptr;

    ASSERT_EQ(register_dispenser(&dispenser, OLESTR("pool"), {}, &made), S_OK);

    RESID id = 0;
    EXPECT_EQ(made->AllocResource(7, &id), S_OK);
    EXPECT_EQ(made->FreeResource(id), S_OK);
    made->Release();
    EXPECT_EQ(register_dispenser(nullptr, nullptr, {}, &made), E_INVALIDARG);
    EXPECT_EQ(made, nullptr);
}

TEST(Lends_own_functions, refuse_null) {
    holder* made = nullptr;
    recording_dispenser dispenser;

    EXPECT_EQ(register_dispenser(nullptr, nullptr, {}, &made), E_INVALIDARG);
    EXPECT_EQ(made, nullptr);
    EXPECT_EQ(register_dispenser(&dispenser, nullptr, {}, nullptr), E_INVALIDARG);
    EXPECT_EQ(register_dispenser(&dispenser, nullptr, {}, static_cast<holder**>(nullptr)),
              E_INVALIDARG);
    EXPECT_EQ(register_dispenser(&dispenser, nullptr, {}, static_cast<IHolder**>(nullptr)),
              E_INVALIDARG);
    EXPECT_EQ(dispenser.take_log(), call_log{});
    EXPECT_EQ(dispenser.references(), 1U) << "its reference stays the caller's";
}

struct session {
    int number;
};

struct session_driver {
    using resource = session;
    using resource_type = int;
    lend::result<session> create(const int&) { return session{++made}; }
    lend::hresult reset(session&) { return lend::hr::s_ok; }
    int made = 0;
};

TEST(Lends_own_functions, a_lend_driver_serves_the_contract_from_end_to_end) {
    auto* const sessions = *dispenser<session_driver>::make({});
    sessions->AddRef(); // ours, to reach the objects; the first one becomes the holder's
    IDispenserManager* manager = nullptr;
    IHolder* pool = nullptr;
    ASSERT_EQ(GetDispenserManager(&manager), S_OK);
    ASSERT_EQ(manager->RegisterDispenser(sessions, OLESTR("sessions"), &pool), S_OK);
    manager->Release();
    RESID first = 0;
    RESID other_kind = 0;
    RESID again = 0;

    EXPECT_EQ(pool->AllocResource(to_restypid(1), &first), S_OK);
    EXPECT_EQ(sessions->find(first)->number, 1);
    EXPECT_EQ(pool->FreeResource(first), S_OK);
    EXPECT_EQ(pool->AllocResource(to_restypid(2), &other_kind), S_OK);
    EXPECT_NE(other_kind, first) << "types are compared";
    EXPECT_EQ(pool->AllocResource(to_restypid(1), &again), S_OK);
    EXPECT_EQ(again, first);

    EXPECT_EQ(pool->RequestDestroyResource(again), S_OK);
    EXPECT_FALSE(sessions->find(again));
    EXPECT_EQ(pool->FreeResource(other_kind), S_OK);
    EXPECT_EQ(pool->Close(), S_OK);
    EXPECT_EQ(pool->Release(), 0U);
    EXPECT_EQ(sessions->Release(), 0U);
}

} // namespace getdispensermanager_test
