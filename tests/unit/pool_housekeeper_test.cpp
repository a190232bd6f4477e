// SPDX-License-Identifier: MIT
/// @file
/// When a pool starts a thread of its own: as soon as one thing is to be done in time, and never if
/// nothing is.

#include "support/manual_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>

namespace pool_housekeeper_test {

using namespace std::chrono_literals;
using namespace lend_test;

// How many threads a pool asks for whose first resource comes back.
template <class Driver = with_check<recording_driver>>
int threads_wanted(lend::pool_options options) {
    options.housekeeping = lend::housekeeping_mode::own_thread;
    manual_platform::threads_wanted = 0;
    pool_with<Driver, manual_platform> p(options);
    (void)p.pool.acquire();
    return manual_platform::threads_wanted;
}

lend::pool_options without_chores() {
    auto options = quiet();
    options.idle_timeout = std::chrono::nanoseconds::max();
    options.alive_bypass = std::chrono::nanoseconds::max();
    return options;
}

template <class Change>
lend::pool_options with(const Change& change) {
    auto options = without_chores();
    change(options);
    return options;
}

TEST(PoolHousekeeper, is_not_there_where_there_is_nothing_to_do) {
    EXPECT_EQ(threads_wanted(without_chores()), 0);
}

TEST(PoolHousekeeper, comes_for_each_thing_alone_that_is_to_be_done_in_time) {
    EXPECT_GT(threads_wanted(with([](auto& o) { o.idle_timeout = 1min; })), 0);
    EXPECT_GT(threads_wanted(with([](auto& o) { o.max_lifetime = 1min; })), 0);
    EXPECT_GT(threads_wanted(with([](auto& o) { o.keep_alive = 1min; })), 0);
    EXPECT_GT(threads_wanted(with([](auto& o) { o.alive_bypass = 1min; })), 0);
    EXPECT_GT(threads_wanted(with([](auto& o) { o.prune_window = 1min; })), 0);
    EXPECT_GT(threads_wanted(with([](auto& o) { o.leak_after = 1min; })), 0);
    EXPECT_GT(threads_wanted(with([](auto& o) { o.min_idle = 1; })), 0);
}

TEST(PoolHousekeeper, comes_for_no_check_of_a_driver_that_has_none) {
    const auto wanted = [](const auto& change) {
        return threads_wanted<recording_driver>(with(change));
    };
    EXPECT_EQ(wanted([](auto& o) { o.keep_alive = 1min; }), 0);
    EXPECT_EQ(wanted([](auto& o) { o.alive_bypass = 1min; }), 0);
    EXPECT_GT(wanted([](auto& o) { o.prune_window = 1min; }), 0);
}

} // namespace pool_housekeeper_test
