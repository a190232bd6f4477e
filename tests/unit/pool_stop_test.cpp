// SPDX-License-Identifier: MIT
/// @file
/// What one acquire may say beside its type: a deadline, a priority, and a stop that calls it off.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

namespace {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

using timed = pool_with<recording_driver, manual_clock_platform>;

TEST(PoolAcquireOptions, deadline_is_kept_exactly) {
    const manual_clock clock;
    timed p(quiet(1));
    const auto held = p.pool.acquire();
    const auto begun = clock.now();

    EXPECT_EQ(p.pool.acquire({.deadline = begun + 3s}).code(), hr::lend_e_timed_out);
    EXPECT_EQ(clock.now() - begun, 3s);
    EXPECT_EQ(p.pool.acquire({.deadline = begun}).code(), hr::lend_e_timed_out);
    EXPECT_EQ(clock.now() - begun, 3s);
}

TEST(PoolAcquireOptions, without_a_deadline_the_pools_time_out_counts) {
    const manual_clock clock;
    auto options = quiet(1);
    options.acquire_timeout = 7s;
    timed p(options);
    const auto held = p.pool.acquire();
    const auto begun = clock.now();

    EXPECT_EQ(p.pool.acquire({.note = "late"}).code(), hr::lend_e_timed_out);

    EXPECT_EQ(clock.now() - begun, 7s);
}

TEST(PoolAcquireOptions, deadline_in_the_past_still_takes_what_is_free) {
    const manual_clock clock;
    timed p(quiet(1));
    { const auto made = p.pool.acquire(); }

    EXPECT_TRUE(p.pool.acquire({.deadline = clock.now() - 1s}));
}

TEST(PoolAcquireOptions, priority_above_seven_is_refused_by_name) {
    timed p(quiet(1));

    const auto refused = p.pool.acquire({.priority = 8});

    EXPECT_EQ(refused.code(), hr::e_invalidarg);
    EXPECT_NE(refused.error().message().find("acquire_options::priority is 8"), std::string::npos);
    EXPECT_EQ(p.calls->log(), "");
}

TEST(PoolAcquireOptions, kinds_come_first) {
    pool_with<typed_recording_driver> p(quiet(1));

    EXPECT_TRUE(p.pool.acquire('a', {.priority = 7}));
}

TEST(PoolStop, stop_requested_before_the_call_asks_nothing_of_the_driver) {
    timed p(quiet(1));
    std::stop_source stop;
    stop.request_stop();

    EXPECT_EQ(p.pool.acquire({.stop = stop.get_token()}).code(), hr::lend_e_cancelled);

    EXPECT_EQ(p.calls->log(), "");
}

} // namespace
