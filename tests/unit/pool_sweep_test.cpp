// SPDX-License-Identifier: MIT
/// @file
/// Housekeeping: what a sweep lets go, what it makes, and when. All times are given.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>

namespace pool_sweep_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

using plain = pool_with<recording_driver>;
using limited = pool_with<with_idle_limit<recording_driver>>;
using timed = pool_with<recording_driver, manual_clock_platform>;

using clock_type = std::chrono::steady_clock;
constexpr clock_type::time_point start{1000s};

TEST(PoolSweep, resource_goes_when_it_was_idle_for_the_whole_time_out) {
    auto options = quiet();
    options.idle_timeout = 10s;
    plain p(options);
    (void)p.pool.acquire();

    EXPECT_EQ(p.pool.sweep(start), 0U); // seen idle for the first time
    EXPECT_EQ(p.pool.sweep(start + 9999ms), 0U);
    EXPECT_EQ(p.pool.sweep(start + 10s), 1U);

    EXPECT_EQ(p.calls->log(), "create() reset(1) destroy(1)");
    EXPECT_EQ(p.pool.stats().closed_for(lend::destroy_reason::expired), 1U);
}

TEST(PoolSweep, use_between_two_sweeps_starts_the_time_afresh) {
    auto options = quiet();
    options.idle_timeout = 10s;
    plain p(options);
    (void)p.pool.acquire();
    EXPECT_EQ(p.pool.sweep(start), 0U);
    (void)p.pool.acquire();

    EXPECT_EQ(p.pool.sweep(start + 10s), 0U);
    EXPECT_EQ(p.pool.sweep(start + 20s), 1U);
}

TEST(PoolSweep, lent_resource_never_expires) {
    auto options = quiet();
    options.idle_timeout = 1ns;
    plain p(options);
    const auto held = p.pool.acquire();

    EXPECT_EQ(p.pool.sweep(start), 0U);
    EXPECT_EQ(p.pool.sweep(start + 24h), 0U);
    EXPECT_EQ(p.calls->live(), 1);
}

TEST(PoolSweep, idle_time_out_of_max_is_for_ever) {
    auto options = quiet();
    options.idle_timeout = std::chrono::nanoseconds::max();
    plain p(options);
    (void)p.pool.acquire();

    EXPECT_EQ(p.pool.sweep(start), 0U);
    EXPECT_EQ(p.pool.sweep(start + 24h * 365 * 100), 0U);
}

TEST(PoolSweep, drivers_own_limit_goes_before_the_pools) {
    auto options = quiet();
    options.idle_timeout = 10s;
    limited p(options);
    p.calls->idle_limit.then(5s).then(-1s).then_throw();
    {
        const auto short_lived = p.pool.acquire();
        const auto for_ever = p.pool.acquire();
        const auto by_the_pool = p.pool.acquire();
    }
    (void)p.calls->take_log();
    EXPECT_EQ(p.pool.sweep(start), 0U);

    EXPECT_EQ(p.pool.sweep(start + 5s), 1U);
    EXPECT_EQ(p.calls->take_log(), "destroy(1)");
    EXPECT_EQ(p.pool.sweep(start + 10s), 1U);
    EXPECT_EQ(p.calls->take_log(), "destroy(3)");
    EXPECT_EQ(p.pool.sweep(start + 24h), 0U);
}

// Keeps what it made for longer than nanoseconds can say.
struct patient_driver {
    using resource = int;
    using no_reset = void;
    static lend::result<int> create() { return 1; }
    static std::chrono::hours idle_limit(const int&) { return (std::chrono::hours::max)(); }
};

TEST(PoolSweep, limit_that_is_too_long_to_count_is_for_ever) {
    lend::pool<patient_driver> pool(patient_driver{}, quiet());
    { const auto used = pool.acquire(); }
    EXPECT_EQ(pool.sweep(start), 0U);

    EXPECT_EQ(pool.sweep(start + 24h * 365 * 100), 0U);
}

TEST(PoolSweep, makes_what_is_to_be_kept_ready_and_lets_no_more_go) {
    auto options = quiet();
    options.idle_timeout = 10s;
    options.min_idle = 2;
    plain p(options);

    EXPECT_EQ(p.pool.sweep(start), 0U);
    EXPECT_EQ(p.calls->log(), "create() create()");
    EXPECT_EQ(p.pool.stats().idle, 2U);
    {
        const auto a = p.pool.acquire();
        const auto b = p.pool.acquire();
        const auto c = p.pool.acquire();
    }
    EXPECT_EQ(p.pool.sweep(start + 1s), 0U);
    EXPECT_EQ(p.pool.sweep(start + 24h), 1U);

    EXPECT_EQ(p.pool.stats().idle, 2U);
}

TEST(PoolSweep, refill_that_fails_is_tried_again_later) {
    manual_clock clock;
    auto options = quiet();
    options.min_idle = 1;
    timed p(options);
    p.calls->create.then(hr::e_fail);

    p.pool.sweep();
    EXPECT_EQ(p.pool.stats().size, 0U);
    clock.advance(1min);
    p.pool.sweep();

    EXPECT_EQ(p.pool.stats().idle, 1U);
}

} // namespace pool_sweep_test
