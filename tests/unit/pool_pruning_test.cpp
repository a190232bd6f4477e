// SPDX-License-Identifier: MIT
/// @file
/// Pruning by the median of what was idle: the arithmetic, and what the housekeeper makes of it.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/detail/idle_samples.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <vector>

namespace pool_pruning_test {

using namespace std::chrono_literals;
using namespace lend_test;
using lend::destroy_reason;
using lend::detail::idle_samples;

using timed = pool_with<recording_driver, manual_clock_platform>;
constexpr auto for_ever = std::chrono::nanoseconds::max();

std::size_t median_of(const std::array<std::size_t, 10>& taken) {
    idle_samples samples;
    for (const std::size_t each : taken) {
        EXPECT_FALSE(samples.complete());
        samples.add(each);
    }
    EXPECT_TRUE(samples.complete());
    const std::size_t median = samples.finish();
    EXPECT_FALSE(samples.complete());
    return median;
}

TEST(IdleSamples, median_is_the_lower_of_the_two_in_the_middle) {
    EXPECT_EQ(median_of({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}), 5U);
    EXPECT_EQ(median_of({10, 9, 8, 7, 6, 5, 4, 3, 2, 1}), 5U);
    EXPECT_EQ(median_of({4, 4, 4, 4, 4, 4, 4, 4, 4, 4}), 4U);
}

TEST(IdleSamples, burst_or_lull_of_less_than_half_a_window_moves_nothing) {
    EXPECT_EQ(median_of({8, 8, 0, 0, 0, 0, 8, 8, 8, 8}), 8U);
    EXPECT_EQ(median_of({0, 0, 9, 9, 9, 9, 0, 0, 0, 0}), 0U);
}

TEST(IdleSamples, window_can_be_forgotten) {
    idle_samples samples;
    samples.add(1);
    samples.restart();
    for (std::size_t at = 1; at < idle_samples::per_window; ++at) samples.add(7);
    EXPECT_FALSE(samples.complete());
    samples.add(7);

    EXPECT_EQ(samples.finish(), 7U);
}

lend::pool_options pruned(std::chrono::nanoseconds window, std::size_t min_idle = 0) {
    auto options = quiet(8);
    options.idle_timeout = for_ever;
    options.prune_window = window;
    options.min_idle = min_idle;
    return options;
}

auto take(timed& p, std::size_t count) {
    std::vector<decltype(p.pool)::lease_type> held;
    for (std::size_t at = 0; at < count; ++at) held.push_back(p.pool.acquire().value());
    return held;
}

TEST(PoolPruning, at_the_end_of_a_window_as_many_go_as_the_median_says) {
    const manual_clock clock;
    timed p(pruned(10s));
    (void)take(p, 8);
    const auto used = take(p, 3); // five are not needed
    p.pool.sweep();

    for (int at = 1; at < 10; ++at) {
        clock.advance(1s);
        EXPECT_EQ(p.pool.sweep(), 0U);
    }
    clock.advance(1s);

    EXPECT_EQ(p.pool.sweep(), 5U);
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::pruned), 5U);
    EXPECT_EQ(p.pool.stats().size, 3U);
}

TEST(PoolPruning, what_was_needed_for_more_than_half_of_the_window_stays) {
    const manual_clock clock;
    timed p(pruned(10s));
    (void)take(p, 8);
    p.pool.sweep();
    auto used = take(p, 8);
    for (int at = 1; at <= 10; ++at) {
        if (at == 7) used.clear(); // idle in four samples of ten
        clock.advance(1s);
        EXPECT_EQ(p.pool.sweep(), 0U);
    }

    EXPECT_EQ(p.pool.stats().idle, 8U);
}

TEST(PoolPruning, keeps_what_is_to_be_ready) {
    const manual_clock clock;
    timed p(pruned(10s, 3));
    (void)take(p, 8);
    p.pool.sweep();
    for (int at = 1; at <= 10; ++at) {
        clock.advance(1s);
        (void)p.pool.sweep();
    }

    EXPECT_EQ(p.pool.stats().idle, 3U);
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::pruned), 5U);
}

TEST(PoolPruning, window_ends_when_the_pool_is_empty) {
    const manual_clock clock;
    timed p(pruned(10s));
    (void)take(p, 4);
    p.pool.sweep();
    for (int at = 1; at <= 6; ++at) {
        clock.advance(1s);
        (void)p.pool.sweep();
    }
    EXPECT_EQ(p.pool.clear(), 4U);
    (void)p.pool.sweep();
    (void)take(p, 4);
    for (int at = 0; at < 10; ++at) { // the first one begins a window
        (void)p.pool.sweep();
        clock.advance(1s);
    }

    EXPECT_EQ(p.pool.stats().idle, 4U);
    EXPECT_EQ(p.pool.sweep(), 4U);
}

TEST(PoolPruning, zero_is_off) {
    const manual_clock clock;
    timed p(pruned(0s));
    (void)take(p, 8);
    for (int at = 0; at <= 100; ++at) {
        clock.advance(1s);
        EXPECT_EQ(p.pool.sweep(), 0U);
    }

    EXPECT_EQ(p.pool.stats().idle, 8U);
}

TEST(PoolPruning, housekeeper_samples_by_itself_and_not_while_the_pool_is_empty) {
    const manual_clock clock;
    auto options = pruned(10s);
    options.housekeeping = lend::housekeeping_mode::own_thread;
    timed p(options);
    (void)take(p, 4);
    manual_clock::settle();

    clock.advance(20s);
    EXPECT_EQ(p.pool.stats().size, 0U);
    (void)take(p, 1); // a new window begins
    manual_clock::settle();
    clock.advance(9s);

    EXPECT_EQ(p.pool.stats().size, 1U);
    clock.advance(11s);
    EXPECT_EQ(p.pool.stats().size, 0U);
}

} // namespace pool_pruning_test
