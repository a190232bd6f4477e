// SPDX-License-Identifier: MIT
/// @file
/// Managers and holders in a forked child: those of the parent call nothing and answer E_FAIL, and
/// the child makes its own.

#include <gtest/gtest.h>

#if defined(_WIN32)

TEST(Fork, is_nothing_that_Windows_has) { GTEST_SKIP() << "NOT TESTED: Windows has no fork"; }

#else

#include "support/in_child.hpp"
#include "support/recording_dispenser.hpp"

#include <lend/com.hpp>
#include <lend/detail/config.hpp>

#include <string>

namespace fork_test {

using namespace lend_test;

struct Fork : testing::Test {
    void SetUp() override {
#if LEND_THREAD_SANITIZER
        GTEST_SKIP() << "NOT TESTED: ThreadSanitizer and fork in a process with threads";
#endif
        dispenser.AddRef();
        ASSERT_EQ(GetDispenserManager(&manager), S_OK);
        ASSERT_EQ(manager->RegisterDispenser(&dispenser, OLESTR("parent"), &holder), S_OK);
        ASSERT_EQ(holder->AllocResource(1, &lent), S_OK);
        ASSERT_EQ(holder->AllocResource(1, &freed), S_OK);
        ASSERT_EQ(holder->FreeResource(freed), S_OK);
        (void)dispenser.take_log();
    }
    void TearDown() override {
        if (holder == nullptr) return;
        EXPECT_EQ(holder->FreeResource(lent), S_OK);
        holder->Close();
        holder->Release();
        manager->Release();
        EXPECT_TRUE(dispenser.alive().empty());
    }

    recording_dispenser dispenser;
    IDispenserManager* manager = nullptr;
    IHolder* holder = nullptr;
    RESID lent = 0;
    RESID freed = 0;
};

TEST_F(Fork, holder_of_the_parent_answers_E_FAIL_and_calls_nothing) {
    EXPECT_EQ(in_child([&](objections& found) {
                  RESID id = 0;
                  found.expect("AllocResource", holder->AllocResource(1, &id) == E_FAIL);
                  found.expect("FreeResource", holder->FreeResource(lent) == E_FAIL);
                  found.expect("TrackResource", holder->TrackResource(77) == E_FAIL);
                  found.expect("RequestDestroyResource",
                               holder->RequestDestroyResource(freed) == E_FAIL);
                  found.expect("end_transaction", end_transaction(5) == S_OK);
                  found.expect("Close", holder->Close() == S_OK);
                  holder->Release();
                  manager->Release();
                  manager->Release();
                  found.expect("no call", dispenser.take_log().empty());
              }),
              "");

    RESID again = 0;
    EXPECT_EQ(holder->AllocResource(1, &again), S_OK);
    EXPECT_EQ(again, freed) << "the parent goes on as if nothing had been";
    EXPECT_EQ(holder->FreeResource(again), S_OK);
}

TEST_F(Fork, manager_of_the_parent_reaches_no_holder_and_the_last_Release_calls_nothing) {
    auto* const known = static_cast<dispenser_manager*>(manager);
    holder_options options;
    options.reclaim_at_object_end = true;
    lend::com::holder* reclaiming = nullptr;
    RESID owned = 0;
    dispenser.secs = 0;
    dispenser.AddRef();
    ASSERT_EQ(known->register_dispenser(&dispenser, nullptr, options, &reclaiming), S_OK);
    {
        const caller_scope in(201, 101);
        ASSERT_EQ(reclaiming->AllocResource(1, &owned), S_OK);
    }
    (void)dispenser.take_log();

    EXPECT_EQ(in_child([&](objections& found) {
                  known->end_object(201);
                  known->end_transaction(101);
                  found.expect("nothing expires",
                               !known->sweep((lend::default_platform::time_point::max)()));
                  found.expect_equal("the last Release", reclaiming->Release(), ULONG{0});
                  found.expect("no call", dispenser.take_log().empty());
              }),
              "");

    known->end_object(201);
    EXPECT_EQ(dispenser.take_log(), (call_log{"Reset(" + std::to_string(owned) + ")"}));
    known->end_transaction(101);
    EXPECT_EQ(reclaiming->Release(), 0U);
}

TEST_F(Fork, last_Release_in_a_child_made_within_a_call_does_not_wait_for_that_call) {
    dispenser.on_call = [&](const std::string& call) {
        if (call != "Create(2)") return;
        EXPECT_EQ(in_child([&](objections& found) {
                      found.expect_equal("the last Release", holder->Release(), ULONG{0});
                  }),
                  "");
    };

    RESID made = 0;
    EXPECT_EQ(holder->AllocResource(2, &made), S_OK);
    dispenser.on_call = nullptr;
    EXPECT_EQ(holder->FreeResource(made), S_OK);
}

TEST_F(Fork, child_has_a_manager_of_its_own) {
    EXPECT_EQ(in_child([&](objections& found) {
                  IDispenserManager* own = nullptr;
                  IHolder* mine = nullptr;
                  recording_dispenser other;
                  other.AddRef();
                  found.expect("the parent's registers nothing",
                               manager->RegisterDispenser(&other, OLESTR("x"), &mine) == E_FAIL);
                  found.expect("GetDispenserManager", GetDispenserManager(&own) == S_OK);
                  found.expect("another", own != manager);
                  found.expect("RegisterDispenser",
                               own->RegisterDispenser(&other, OLESTR("child"), &mine) == S_OK);
                  RESID id = 0;
                  found.expect("AllocResource", mine->AllocResource(1, &id) == S_OK);
                  found.expect("FreeResource", mine->FreeResource(id) == S_OK);
                  mine->Close();
                  mine->Release();
                  own->Release();
                  found.expect("all of the child's is gone", other.alive().empty());
              }),
              "");
}

} // namespace fork_test

#endif
