// SPDX-License-Identifier: MIT
/// @file
/// The default platform: parking that misses no wake-up and keeps its deadline, threads that run,
/// numbers of threads that come back, objects per thread.

#include <lend/platform.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <set>
#include <thread>

namespace {

using namespace std::chrono_literals;
using platform = lend::default_platform;
using word = platform::atomic<std::uint32_t>;
constexpr auto for_ever = platform::time_point::max();

TEST(Park, returns_at_once_if_the_word_has_changed) {
    word changed{1};

    platform::park(changed, 0, for_ever);
}

TEST(Park, returns_at_once_for_a_deadline_in_the_past) {
    word never{0};

    platform::park(never, 0, platform::time_point{});
    platform::park(never, 0, platform::time_point::min());
    platform::park(never, 0, platform::now());
}

TEST(Park, returns_not_before_its_deadline_unless_woken) {
    word never{0};
    const auto deadline = platform::now() + 2ms;

    while (platform::now() < deadline) platform::park(never, 0, deadline);

    EXPECT_GE(platform::now(), deadline);
}

TEST(Park, change_and_unpark_wake_whoever_sleeps) {
    word turn{0};
    std::thread other([&] {
        for (std::uint32_t at = 0; at < 1000; ++at) {
            while (turn.load(std::memory_order_acquire) != 2 * at + 1) {
                platform::park(turn, 2 * at, for_ever);
            }
            turn.store(2 * at + 2, std::memory_order_release);
            platform::unpark_one(turn);
        }
    });
    for (std::uint32_t at = 0; at < 1000; ++at) {
        turn.store(2 * at + 1, std::memory_order_release);
        platform::unpark_one(turn);
        while (turn.load(std::memory_order_acquire) != 2 * at + 2) {
            platform::park(turn, 2 * at + 1, for_ever);
        }
    }
    other.join();

    EXPECT_EQ(turn.load(std::memory_order_relaxed), 2000U);
}

TEST(Threads, started_thread_calls_the_function_with_its_argument) {
    word done{0};

    ASSERT_TRUE(platform::start_thread(
        "a name that is much too long",
        [](void* raw) {
            auto& word_of_the_test = *static_cast<word*>(raw);
            word_of_the_test.store(1, std::memory_order_release);
            platform::unpark_one(word_of_the_test);
        },
        &done));
    while (done.load(std::memory_order_acquire) == 0) platform::park(done, 0, for_ever);
}

TEST(Threads, live_threads_have_different_small_numbers_that_come_back) {
    const std::uint32_t mine = platform::thread_slot();
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    std::thread([&] { first = platform::thread_slot(); }).join();
    std::thread([&] { second = platform::thread_slot(); }).join();

    EXPECT_LT(mine, platform::max_threads);
    EXPECT_EQ(platform::thread_slot(), mine);
    EXPECT_NE(first, mine);
    EXPECT_EQ(second, first);
}

TEST(Threads, each_has_its_own_object_of_a_type) {
    struct counter {
        int value = 0;
    };
    platform::local<counter>().value = 7;
    int others = -1;
    std::thread([&] { others = platform::local<counter>().value; }).join();

    EXPECT_EQ(others, 0);
    EXPECT_EQ(platform::local<counter>().value, 7);
}

TEST(Random, numbers_differ) {
    std::set<std::uint64_t> seen;
    for (int at = 0; at < 1000; ++at) seen.insert(platform::random());

    EXPECT_EQ(seen.size(), 1000U);
}

TEST(Clock, never_goes_back) {
    auto last = platform::now();
    for (int at = 0; at < 1000; ++at) {
        const auto next = platform::now();
        ASSERT_GE(next, last);
        last = next;
    }
}

} // namespace
