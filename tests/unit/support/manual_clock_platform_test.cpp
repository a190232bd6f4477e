// SPDX-License-Identifier: MIT
/// @file
/// The manual clock: waits end at their deadlines in no real time, and threads keep their order.

#include "support/manual_clock_platform.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace manual_clock_platform_test {

using namespace std::chrono_literals;

using platform = lend_test::manual_clock_platform;
using lend_test::manual_clock;

constexpr auto for_ever = platform::time_point::max();

struct sleeper {
    platform::atomic<std::uint32_t> word{0};
    platform::duration wait = 1h;
    std::atomic<std::int64_t> woke_at{-1}; // nanoseconds on the manual clock
    platform::time_point epoch = manual_clock::now();

    void sleep() {
        const auto deadline = wait == platform::duration::max() ? for_ever : epoch + wait;
        while (word.load(std::memory_order_acquire) == 0 && platform::now() < deadline) {
            platform::park(word, 0, deadline);
        }
        woke_at.store((platform::now() - epoch).count(), std::memory_order_release);
    }
    static void run(void* self) { static_cast<sleeper*>(self)->sleep(); }
    [[nodiscard]] platform::duration woke() const {
        return platform::duration(woke_at.load(std::memory_order_acquire));
    }
};

TEST(ManualClock, stands_still_until_it_is_advanced) {
    const manual_clock clock;
    const auto before = platform::now();

    manual_clock::advance(90s);

    EXPECT_EQ(platform::now() - before, 90s);
}

TEST(ManualClock, wait_of_the_only_thread_ends_at_its_deadline_at_once) {
    const manual_clock clock;
    sleeper self;

    self.sleep();

    EXPECT_EQ(self.woke(), 1h);
}

TEST(ManualClock, park_returns_at_once_if_the_word_has_changed) {
    const manual_clock clock;
    const auto before = platform::now();
    platform::atomic<std::uint32_t> changed{1};

    platform::park(changed, 0, for_ever);

    EXPECT_EQ(platform::now(), before);
}

TEST(ManualClock, thread_sleeps_while_the_test_runs_and_wakes_when_it_advances) {
    const manual_clock clock;
    sleeper other;
    ASSERT_TRUE(platform::start_thread("sleeper", &sleeper::run, &other));

    manual_clock::settle();
    EXPECT_EQ(manual_clock::waiting(), 1U);
    manual_clock::advance(1h - 1ns);
    EXPECT_EQ(other.woke(), -1ns);
    manual_clock::advance(2h);

    EXPECT_EQ(other.woke(), 1h);
    EXPECT_EQ(manual_clock::waiting(), 0U);
}

TEST(ManualClock, time_jumps_to_the_nearest_deadline_when_all_threads_sleep) {
    const manual_clock clock;
    sleeper soon;
    soon.wait = 1min;
    sleeper late;
    late.wait = 3min;
    sleeper self;
    self.wait = 2min;
    ASSERT_TRUE(platform::start_thread("soon", &sleeper::run, &soon));
    ASSERT_TRUE(platform::start_thread("late", &sleeper::run, &late));

    self.sleep();

    EXPECT_EQ(self.woke(), 2min);
    EXPECT_EQ(soon.woke(), 1min);
    EXPECT_EQ(late.woke(), -1ns);
    manual_clock::advance(1min);
    EXPECT_EQ(late.woke(), 3min);
}

TEST(ManualClock, unpark_wakes_before_the_deadline) {
    const manual_clock clock;
    sleeper other;
    other.wait = platform::duration::max();
    ASSERT_TRUE(platform::start_thread("sleeper", &sleeper::run, &other));
    manual_clock::advance(5s);

    other.word.store(1, std::memory_order_release);
    platform::unpark_one(other.word);
    manual_clock::settle();

    EXPECT_EQ(other.woke(), 5s);
}

TEST(ManualClock, running_thread_holds_back_the_time_of_those_who_wait_for_it) {
    const manual_clock clock;
    sleeper self;
    const auto release = [](void* at) {
        auto& target = *static_cast<sleeper*>(at);
        target.word.store(1, std::memory_order_release);
        platform::unpark_one(target.word);
    };
    ASSERT_TRUE(platform::start_thread("releaser", release, &self));

    self.sleep();

    EXPECT_EQ(self.woke(), 0ns);
    manual_clock::settle();
}

} // namespace manual_clock_platform_test
