// SPDX-License-Identifier: MIT
/// @file
/// Gauges say in which call a resource is, counters what has happened.

#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>
#include <lend/stats.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace pool_stats_test {

using namespace lend_test;
using lend::pool_stats;

std::size_t sum(const pool_stats& s) {
    return s.idle + s.in_use + s.creating + s.checking + s.resetting + s.parked + s.destroying;
}

// Looks at its pool from inside of each call.
struct looking_driver {
    using resource = int;
    struct view {
        std::function<pool_stats()> stats;
        pool_stats create, reset, check, destroy;
    };
    std::shared_ptr<view> seen;

    lend::result<int> create() { return look(seen->create), 1; }
    lend::hresult reset(int&) { return look(seen->reset), lend::hr::s_ok; }
    lend::health check(int&, lend::check_kind) { return look(seen->check), lend::health::good; }
    void destroy(int&&) { look(seen->destroy); }

    void look(pool_stats& at) const {
        if (seen->stats) at = seen->stats();
    }
};

TEST(PoolCounts, gauge_says_in_which_call_a_resource_is) {
    const auto seen = std::make_shared<looking_driver::view>();
    lend::pool<looking_driver> pool(looking_driver{seen}, quiet());
    seen->stats = [&] { return pool.stats(); };
    (void)pool.acquire();
    (void)pool.acquire()->discard();

    EXPECT_EQ(seen->create.creating, 1U);
    EXPECT_EQ(seen->reset.resetting, 1U);
    EXPECT_EQ(seen->check.checking, 1U);
    EXPECT_EQ(seen->destroy.destroying, 1U);
    for (const pool_stats& each : {seen->create, seen->reset, seen->check, seen->destroy}) {
        EXPECT_EQ(sum(each), 1U);
        EXPECT_EQ(each.size, 1U);
    }
    seen->stats = nullptr;
}

TEST(PoolCounts, counters_tell_what_has_happened) {
    pool_with<recording_driver> p(quiet(2));
    {
        auto a = p.pool.acquire();
        auto b = p.pool.acquire();
        a->discard();
        (void)b->detach();
    }
    p.calls->reset.then(lend::hr::e_fail);
    (void)p.pool.acquire();
    (void)p.pool.acquire();

    const pool_stats s = p.pool.stats();

    EXPECT_EQ(s.acquired, 4U);
    EXPECT_EQ(s.created, 4U);
    EXPECT_EQ(s.destroyed, 2U);
    EXPECT_EQ(s.detached, 1U);
    EXPECT_EQ(s.closed_for(lend::destroy_reason::reset_failed), 1U);
    EXPECT_EQ(s.idle, 1U);
    EXPECT_EQ(s.size, 1U);
    EXPECT_EQ(s.max_size, 2U);
    EXPECT_EQ(s.created, s.destroyed + s.detached + s.size);
}

TEST(PoolCounts, lease_that_is_out_counts_as_acquired) {
    pool_with<recording_driver> p(quiet());

    const auto held = p.pool.acquire();

    EXPECT_EQ(p.pool.stats().acquired, 1U);
    EXPECT_EQ(p.pool.stats().in_use, 1U);
}

} // namespace pool_stats_test
