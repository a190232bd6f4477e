// SPDX-License-Identifier: MIT
/// @file
/// What fails a simulated run, that the next run does not notice, and what is checked after each
/// step.

#include "support/sim_platform.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace sim_failure_test {

using namespace std::chrono_literals;

using platform = sim::platform;
using word = platform::atomic<std::uint32_t>;
using counter = platform::atomic<int>;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto for_ever = platform::time_point::max();

// The failure of a scenario that must fail, whatever the seed.
template <class Scenario>
std::string failure_of(Scenario&& scenario) {
    return sim::find_failure(1, 1, {.name = "expected to fail"}, scenario).message;
}

// Why the first of many seeds failed; empty if none did.
template <class Scenario>
std::string explore(Scenario&& scenario, sim::options how = {}) {
    return sim::explore(1, 2'000, how, scenario).message;
}

// ---- failed runs --------------------------------------------------------------------------------

TEST(SimFailure, every_misuse_of_a_mutex_fails_the_run) {
    EXPECT_EQ(failure_of([] {
                  platform::mutex m;
                  m.lock();
                  m.lock();
              }),
              "a mutex is locked twice by one fiber");
    EXPECT_EQ(failure_of([] {
                  platform::mutex m;
                  m.unlock();
              }),
              "unlock by another than the holder");
    EXPECT_EQ(failure_of([] {
                  platform::mutex m;
                  m.lock();
              }),
              "a locked mutex is destroyed");
    EXPECT_EQ(failure_of([] {
                  platform::mutex m;
                  const std::lock_guard lock(m);
                  platform::driver_call();
              }),
              "a driver call with a lock held");
}

TEST(SimFailure, run_that_never_ends_is_a_livelock) {
    EXPECT_NE(failure_of([] {
                  for (;;) sim::point();
              }).find("livelock"),
              std::string::npos);
}

TEST(SimFailure, fiber_that_waits_for_ever_is_a_deadlock_though_the_body_has_ended) {
    static word never{0};
    EXPECT_NE(failure_of([] {
                  sim::spawn([] {
                      for (;;) platform::park(never, 0, for_ever);
                  });
              }).find("deadlock"),
              std::string::npos);
}

TEST(SimFailure, exception_that_leaves_a_fiber_fails_the_run) {
    EXPECT_EQ(failure_of([] { throw std::runtime_error("lost"); }),
              "an exception left a fiber: lost");
}

TEST(SimFailure, more_than_64_fibers_fail_the_run) {
    EXPECT_NE(failure_of([] {
                  for (int at = 0; at < 64; ++at) {
                      sim::spawn([] { sim::sleep(1h); });
                  }
              }),
              "");
}

// ThreadSanitizer holds signals back, so there an abort ends the process.
#if !LEND_THREAD_SANITIZER
TEST(SimFailure, assertion_of_lend_fails_the_run_and_the_process_goes_on) {
    const auto assert_something = [] { LEND_ASSERT(platform, sizeof(int) == 1); };

    EXPECT_EQ(failure_of(assert_something), "abort was called");
    EXPECT_EQ(failure_of(assert_something), "abort was called");
}
#endif

TEST(SimFailure, terminate_fails_the_run_and_the_process_goes_on) {
    const auto throws = [](bool really) {
        if (really) throw 1;
    };
    const auto escape = [&]() noexcept { throws(true); };

    EXPECT_EQ(failure_of([&] { escape(); }), "std::terminate was called");
    EXPECT_EQ(explore([] { SIM_CHECK(std::uncaught_exceptions() == 0); }), "");
}

TEST(SimFailure, failed_run_does_not_disturb_the_next) {
    static word never{0};
    const auto leave_fibers_behind = [] {
        for (int at = 0; at < 4; ++at) {
            sim::spawn([] {
                const std::string on_the_heap(100, 'x');
                try {
                    throw 1;
                } catch (int) {
                    platform::park(never, 0, for_ever);
                }
            });
        }
        sim::sleep(1s);
        sim::fail("on purpose");
    };
    const auto harmless = [] {
        counter value{0};
        for (int at = 0; at < 4; ++at) sim::spawn([&] { value.fetch_add(1, relaxed); });
        sim::join_all();
        SIM_CHECK(value.load(relaxed) == 4);
    };
    const auto alone = sim::run(1, {}, harmless);

    for (int at = 0; at < 10; ++at) {
        EXPECT_EQ(failure_of(leave_fibers_behind), "on purpose");
        EXPECT_EQ(sim::run(1, {}, harmless).hash, alone.hash);
    }
}

// ---- hooks --------------------------------------------------------------------------------------

TEST(SimHook, sees_every_state_between_two_steps) {
    std::vector<int> seen;
    const auto scenario = [&] {
        counter value{0};
        const sim::after_step watch([&] {
            const int now = value.load(relaxed);
            if (seen.empty() || seen.back() != now) seen.push_back(now);
        });
        for (int next = 1; next <= 4; ++next) value.store(next, relaxed);
        sim::point();
    };

    const auto went = sim::run(1, {}, scenario);

    EXPECT_FALSE(went.failed);
    EXPECT_EQ(seen, (std::vector{0, 1, 2, 3, 4}));
}

TEST(SimHook, check_that_fails_in_it_fails_the_run) {
    EXPECT_NE(failure_of([] {
                  counter value{0};
                  const sim::after_step watch([&] { SIM_CHECK(value.load(relaxed) < 3); });
                  for (int next = 1; next <= 4; ++next) value.store(next, relaxed);
              }).find("value.load"),
              std::string::npos);
}

} // namespace sim_failure_test
