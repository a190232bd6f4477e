// SPDX-License-Identifier: MIT
/// @file
/// The age of resources: drawn once, met exactly, at the latest at the first release after it; and
/// what the housekeeper makes of clocks that jump.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/detail/lifetimes.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace pool_lifetime_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;
using lend::destroy_reason;

using timed = pool_with<recording_driver, manual_clock_platform>;
using lives = lend::detail::lifetimes<manual_clock_platform>;
using time_point = manual_clock::time_point;
constexpr auto for_ever = std::chrono::nanoseconds::max();

lend::pool_options
aging(std::chrono::nanoseconds lifetime, double jitter = 0, std::size_t size = 4) {
    auto options = quiet(size);
    options.idle_timeout = for_ever;
    options.max_lifetime = lifetime;
    options.lifetime_jitter = jitter;
    return options;
}

lend::pool_options with_keeper(lend::pool_options options) {
    options.housekeeping = lend::housekeeping_mode::own_thread;
    return options;
}

template <class Pool>
void make_idle(Pool& pool, std::size_t count) {
    std::vector<typename Pool::lease_type> held;
    for (std::size_t at = 0; at < count; ++at) held.push_back(pool.acquire().value());
    held.clear();
    manual_clock::settle(); // the housekeeper, where there is one, has begun
}

template <class Pool>
std::size_t gone(Pool& pool, destroy_reason why) {
    return static_cast<std::size_t>(pool.stats().closed_for(why));
}

TEST(PoolLifetime, idle_resource_goes_when_it_is_too_old_and_not_before) {
    const manual_clock clock;
    timed p(aging(10s));
    (void)p.pool.acquire();

    clock.advance(10s - 1ns);
    EXPECT_EQ(p.pool.sweep(), 0U);
    clock.advance(1ns);
    EXPECT_EQ(p.pool.sweep(), 1U);

    EXPECT_EQ(gone(p.pool, destroy_reason::lifetime), 1U);
    EXPECT_EQ(p.calls->log(), "create() reset(1) destroy(1)");
}

TEST(PoolLifetime, housekeeper_wakes_exactly_when_one_is_too_old) {
    const manual_clock clock;
    timed p(with_keeper(aging(10s)));
    make_idle(p.pool, 1);

    clock.advance(10s - 1ns);
    EXPECT_EQ(p.pool.stats().destroyed, 0U);
    clock.advance(1ns);
    EXPECT_EQ(p.pool.stats().destroyed, 1U);
}

TEST(PoolLifetime, housekeeper_hears_of_what_is_made_while_it_sleeps) {
    const manual_clock clock;
    timed p(with_keeper(aging(10s)));
    make_idle(p.pool, 1);
    clock.advance(1h); // that one is gone, and there is nothing to wake for
    EXPECT_EQ(p.pool.stats().size, 0U);
    make_idle(p.pool, 1);

    clock.advance(10s - 1ns);
    EXPECT_EQ(p.pool.stats().size, 1U);
    clock.advance(1ns);
    EXPECT_EQ(p.pool.stats().size, 0U);
}

// Hangs for an hour in a call for the resource with number 1.
struct hanging_driver : with_check<recording_driver> {
    using with_check<recording_driver>::with_check;
    lend::hresult destroy(numbered&& it) {
        if (it.number() == 1) hang();
        return with_check<recording_driver>::destroy(std::move(it));
    }
    lend::health check(numbered& it, lend::check_kind kind) {
        if (kind == lend::check_kind::active && it.number() == 1) hang();
        return with_check<recording_driver>::check(it, kind);
    }
    static void hang() {
        std::atomic<std::uint32_t> word{0};
        manual_clock_platform::park(word, 0, manual_clock::now() + 1h);
    }
};
using hanging = pool_with<hanging_driver, manual_clock_platform>;

TEST(PoolLifetime, destroy_that_hangs_keeps_no_other_from_its_end) {
    const manual_clock clock;
    hanging p(with_keeper(aging(10s)));
    make_idle(p.pool, 1);
    clock.advance(10s);
    EXPECT_EQ(p.pool.stats().destroying, 1U);
    make_idle(p.pool, 1);

    clock.advance(10s);

    EXPECT_EQ(gone(p.pool, destroy_reason::lifetime), 2U);
    EXPECT_EQ(p.pool.stats().destroyed, 1U);
    clock.advance(2h);
}

TEST(PoolLifetime, check_that_hangs_keeps_no_other_from_its_end) {
    const manual_clock clock;
    auto options = aging(1min);
    options.keep_alive = 10s;
    options.alive_bypass = for_ever;
    hanging p(with_keeper(options));
    make_idle(p.pool, 2);
    clock.advance(30s);
    EXPECT_EQ(p.pool.stats().checking, 1U);

    clock.advance(30s);

    EXPECT_EQ(gone(p.pool, destroy_reason::lifetime), 1U);
    EXPECT_EQ(p.pool.stats().checking, 1U);
    clock.advance(2h);
    EXPECT_EQ(gone(p.pool, destroy_reason::lifetime), 2U); // condemned while it was checked
}

TEST(PoolLifetime, housekeeper_sleeps_while_nothing_can_happen) {
    const manual_clock clock;
    timed p(with_keeper(aging(24h)));
    make_idle(p.pool, 1);
    const auto before = clock.now();

    // Nobody else is there: the clock jumps to the housekeeper's next deadline by itself.
    EXPECT_EQ(p.pool.stats().idle, 1U);
    std::atomic<std::uint32_t> word{0};
    manual_clock_platform::park(word, 0, before + 48h);

    EXPECT_EQ(p.pool.stats().destroyed, 1U);
}

TEST(PoolLifetime, each_draws_its_own_end_within_the_jitter) {
    const manual_clock clock;
    timed p(aging(100s, 0.5, 200));
    make_idle(p.pool, 200);

    clock.advance(50s - 1ns);
    EXPECT_EQ(p.pool.sweep(), 0U);
    clock.advance(25s);
    const std::size_t half = p.pool.sweep();
    clock.advance(25s);
    const std::size_t rest = p.pool.sweep();

    EXPECT_NEAR(static_cast<double>(half), 100.0, 30.0);
    EXPECT_EQ(half + rest, 200U);
}

TEST(PoolLifetime, max_is_for_ever) {
    const manual_clock clock;
    timed p(aging(for_ever));
    (void)p.pool.acquire();

    clock.advance(24h * 365 * 100);

    EXPECT_EQ(p.pool.sweep(), 0U);
}

TEST(PoolLifetime, age_destroys_what_is_to_be_kept_ready_and_another_is_made) {
    const manual_clock clock;
    auto options = aging(10s);
    options.min_idle = 1;
    timed p(options);
    EXPECT_EQ(p.pool.sweep(), 0U);

    clock.advance(10s);
    EXPECT_EQ(p.pool.sweep(), 1U);

    EXPECT_EQ(p.calls->log(), "create() destroy(1) create()");
    EXPECT_EQ(p.pool.stats().idle, 1U);
}

TEST(PoolLifetime, release_before_the_time_is_a_usual_one) {
    const manual_clock clock;
    timed p(with_keeper(aging(10s)));
    auto lease = p.pool.acquire().value();

    clock.advance(10s - 1ns);

    EXPECT_EQ(lease.release(), hr::s_ok);
    EXPECT_EQ(p.pool.stats().idle, 1U);
}

TEST(FailureMode, 32_busy_resource_is_retired_at_its_first_release_after_its_time) {
    const manual_clock clock;
    timed p(with_keeper(aging(10s)));
    // Never idle: each time it comes back, it is lent again in the same instant.
    auto lease = p.pool.acquire().value();
    for (int times = 0; times < 9; ++times) {
        clock.advance(1s);
        EXPECT_EQ(lease.release(), hr::s_ok);
        lease = p.pool.acquire().value();
        EXPECT_EQ(lease->number(), 1);
    }

    clock.advance(1s);

    EXPECT_EQ(p.pool.stats().condemned, 1U);
    EXPECT_EQ(lease.release(), hr::s_false);
    EXPECT_EQ(gone(p.pool, destroy_reason::lifetime), 1U);
    EXPECT_EQ(p.calls->live(), 0);
}

// ---- 20: no thundering herd
// -----------------------------------------------------------------------

TEST(FailureMode, 20_ends_of_those_made_together_are_uniform_over_the_jitter) {
    constexpr std::size_t draws = 20'000;
    constexpr std::size_t bins = 50;
    constexpr auto window = 45s; // 2.5 % of 30 min
    const time_point now(1000s);
    std::array<std::size_t, bins> in_bin{};

    for (std::size_t at = 0; at < draws; ++at) {
        const auto end = lives::draw(now, 30min, 0.025);
        ASSERT_GT(end, now + 30min - window);
        ASSERT_LE(end, now + 30min);
        const auto into = end - (now + 30min - window);
        const auto bin = static_cast<std::size_t>(into * bins / window);
        ++in_bin[(std::min)(bin, bins - 1)];
    }

    double chi_square = 0;
    for (const std::size_t each : in_bin) {
        const double expected = static_cast<double>(draws) / bins;
        const double off = static_cast<double>(each) - expected;
        chi_square += off * off / expected;
    }
    // 49 degrees of freedom: 85.4 is exceeded once in a thousand times, and the draws never change.
    EXPECT_LT(chi_square, 85.4);
}

TEST(FailureMode, 20_no_tick_retires_more_than_its_share_and_no_look_draws_again) {
    const manual_clock clock;
    constexpr std::size_t count = 400;
    constexpr std::size_t ticks = 40;
    timed p(aging(1000s, 0.1, count));
    make_idle(p.pool, count);
    // A window of 100 s: ceil(400 x 2.5 s / 100 s) is 10 in a tick. Slack: four deviations.
    constexpr std::size_t most = 10 + 13;

    clock.advance(900s - 1ns);
    std::size_t all = 0;
    for (std::size_t at = 0; at <= ticks; ++at) {
        const std::size_t now = p.pool.sweep();
        // Were the end drawn again by each look, the first ticks would take more, the last fewer.
        EXPECT_LE(now, most);
        all += now;
        clock.advance(2500ms);
    }

    EXPECT_EQ(all, count);
}

// ---- 33: clocks that jump
// -------------------------------------------------------------------------

void jump(std::chrono::nanoseconds by) {
    auto& time = lend_test::detail::virtual_time::instance();
    time.restart(time.now() + by);
}

TEST(FailureMode, 33_jump_ahead_retires_no_more_than_the_jitter_spreads) {
    const manual_clock clock;
    constexpr std::size_t count = 100;
    auto options = with_keeper(aging(30min, 0.5, count));
    options.idle_timeout = 10min;
    timed p(options);
    make_idle(p.pool, count);
    clock.advance(1min); // the housekeeper has seen them idle

    jump(1h);
    clock.advance(1s);

    // Idle for an hour and older than their lifetime, all of them, as the clock has it.
    EXPECT_LE(p.pool.stats().destroyed, 5U);
    EXPECT_EQ(p.pool.stats().idle, count - p.pool.stats().destroyed);
    clock.advance(15min); // the jitter's window
    EXPECT_EQ(p.pool.stats().destroyed, count);
}

TEST(FailureMode, 33_what_was_to_end_in_a_jump_ends_within_the_jitter_after_it) {
    const manual_clock clock;
    auto options = with_keeper(aging(40min, 0.5, 2));
    options.prune_window = 24h;
    timed p(options);
    make_idle(p.pool, 2);
    clock.advance(1min);

    jump(1h);
    clock.advance(1s);

    EXPECT_EQ(p.pool.stats().idle, 2U);
    clock.advance(20min);
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::lifetime), 2U);
}

TEST(FailureMode, 33_what_is_to_end_after_a_jump_ends_when_it_was_to) {
    const manual_clock clock;
    auto options = with_keeper(aging(2h, 0, 4));
    options.min_idle = 1; // so that the housekeeper is awake now and then
    timed p(options);
    make_idle(p.pool, 2); // and two places are empty
    clock.advance(1min);

    jump(1h);
    clock.advance(59min - 1ns);
    EXPECT_EQ(p.pool.stats().idle, 2U);
    clock.advance(1ns);

    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::lifetime), 2U);
}

TEST(FailureMode, 33_what_was_too_old_before_a_jump_goes_when_it_comes_back) {
    const manual_clock clock;
    auto options = with_keeper(aging(10min, 0, 2));
    options.min_idle = 1; // so that the housekeeper is awake now and then
    timed p(options);
    auto held = p.pool.acquire();
    clock.advance(15min);

    jump(1h);
    clock.advance(1s);

    EXPECT_EQ(held->release(), hr::s_false);
    EXPECT_GE(p.pool.stats().closed_for(destroy_reason::lifetime), 1U);
}

TEST(FailureMode, 33_jump_back_retires_nothing_and_no_wait_is_negative) {
    const manual_clock clock;
    auto options = aging(30min, 0.5, 1);
    options.idle_timeout = 10min;
    timed p(options);
    (void)p.pool.acquire();
    EXPECT_EQ(p.pool.sweep(), 0U);

    jump(-500s);

    EXPECT_EQ(p.pool.sweep(), 0U);
    EXPECT_EQ(p.pool.sweep(clock.now() - 1h), 0U);
    const auto held = p.pool.acquire();
    const auto late = p.pool.try_acquire_for(5s);
    EXPECT_EQ(late.code(), hr::lend_e_timed_out);
    EXPECT_EQ(late.error().waited(), 5s);
    EXPECT_EQ(p.pool.stats().idle + p.pool.stats().in_use, 1U);
}

} // namespace pool_lifetime_test
