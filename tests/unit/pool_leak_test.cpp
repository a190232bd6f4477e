// SPDX-License-Identifier: MIT
/// @file
/// Leases that nobody ends: when they are reported, to whom, and what the gauge says. All times are
/// given.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

using clock_type = std::chrono::steady_clock;
constexpr clock_type::time_point start{1000s};

// Tells each leak to the test; one test runs at a time.
struct leak_log {
    static inline std::vector<lend::holder_info> leaks;
    void leaked(const lend::holder_info& holder) { leaks.push_back(holder); }
};

struct leaking_driver : recording_driver {
    using recording_driver::recording_driver;
    using events = leak_log;
};

using plain = pool_with<leaking_driver, manual_clock_platform>;

class PoolLeak : public testing::Test {
protected:
    manual_clock clock; // begins at `start`
};

lend::pool_options watched(std::chrono::nanoseconds leak_after = 10s, std::size_t max_size = 4) {
    leak_log::leaks.clear();
    auto options = quiet(max_size);
    options.leak_after = leak_after;
    return options;
}

TEST_F(PoolLeak, lease_that_two_sweeps_see_leak_after_apart_is_reported_once) {
    plain p(watched());
    const auto held = p.pool.acquire({.note = "copies"});
    const std::uint32_t line = __LINE__ - 1;
    (void)p.pool.sweep(start);
    (void)p.pool.sweep(start + 9999ms);
    EXPECT_TRUE(leak_log::leaks.empty());

    (void)p.pool.sweep(start + 10s);
    (void)p.pool.sweep(start + 20s);

    ASSERT_EQ(leak_log::leaks.size(), 1U);
    const lend::holder_info& leak = leak_log::leaks[0];
    EXPECT_EQ(leak.id, held->id());
    EXPECT_EQ(leak.site.line, line);
    EXPECT_EQ(leak.thread, lend::default_platform::thread_id());
    EXPECT_EQ(leak.held_for, 10s);
    EXPECT_STREQ(leak.note, "copies");
}

TEST_F(PoolLeak, report_says_what_the_holder_does_now) {
    plain p(watched());
    auto held = p.pool.acquire({.note = "began"});
    (void)p.pool.sweep(start);
    held->note("waits for a peer");

    (void)p.pool.sweep(start + 10s);

    ASSERT_EQ(leak_log::leaks.size(), 1U);
    EXPECT_STREQ(leak_log::leaks[0].note, "waits for a peer");
}

TEST_F(PoolLeak, each_lending_has_its_own_time) {
    plain p(watched(10s, 1));
    auto held = p.pool.acquire();
    (void)p.pool.sweep(start);
    held->release();
    held = p.pool.acquire();

    (void)p.pool.sweep(start + 10s); // the same slot, seen for the first time in this lending

    EXPECT_TRUE(leak_log::leaks.empty());
    (void)p.pool.sweep(start + 20s);
    EXPECT_EQ(leak_log::leaks.size(), 1U);
}

TEST_F(PoolLeak, gauge_goes_up_and_comes_down_with_the_lease) {
    plain p(watched());
    auto a = p.pool.acquire();
    auto b = p.pool.acquire();
    auto c = p.pool.acquire();
    (void)p.pool.sweep(start);
    EXPECT_EQ(p.pool.stats().leaked, 0U);
    (void)p.pool.sweep(start + 10s);
    EXPECT_EQ(p.pool.stats().leaked, 3U);

    a->release();
    EXPECT_EQ(p.pool.stats().leaked, 2U);
    (void)b->discard();
    EXPECT_EQ(p.pool.stats().leaked, 1U);
    (void)c->detach();

    EXPECT_EQ(p.pool.stats().leaked, 0U);
    EXPECT_EQ(leak_log::leaks.size(), 3U);
}

TEST_F(PoolLeak, lease_that_leaked_can_leak_again_when_lent_again) {
    plain p(watched(10s, 1));
    for (auto at = start; at < start + 1min; at += 30s) {
        auto held = p.pool.acquire();
        EXPECT_EQ(p.pool.stats().leaked, 0U);
        (void)p.pool.sweep(at);
        (void)p.pool.sweep(at + 10s);
        EXPECT_EQ(p.pool.stats().leaked, 1U);
    }

    EXPECT_EQ(leak_log::leaks.size(), 2U);
    EXPECT_EQ(p.pool.stats().leaked, 0U);
}

TEST_F(PoolLeak, borrower_who_said_that_it_takes_long_is_not_reported) {
    plain p(watched());
    const auto held = p.pool.acquire({.detect_leak = false});
    (void)p.pool.sweep(start);

    (void)p.pool.sweep(start + 24h);

    EXPECT_TRUE(leak_log::leaks.empty());
    EXPECT_EQ(p.pool.stats().leaked, 0U);
    EXPECT_EQ(p.pool.holders().size(), 1U);
}

TEST_F(PoolLeak, wish_of_one_borrower_is_not_that_of_the_next) {
    plain p(watched(10s, 1));
    { const auto long_one = p.pool.acquire({.detect_leak = false}); }
    const auto held = p.pool.acquire();
    (void)p.pool.sweep(start);

    (void)p.pool.sweep(start + 10s);

    EXPECT_EQ(leak_log::leaks.size(), 1U);
}

TEST_F(PoolLeak, nothing_is_looked_for_where_it_is_off) {
    plain p(watched(0s));
    const auto held = p.pool.acquire();
    (void)p.pool.sweep(start);

    (void)p.pool.sweep(start + 24h);

    EXPECT_TRUE(leak_log::leaks.empty());
}

TEST_F(PoolLeak, pools_own_thread_reports_at_most_a_quarter_late) {
    auto options = watched(8s);
    options.housekeeping = lend::housekeeping_mode::own_thread;
    options.idle_timeout = (std::chrono::nanoseconds::max)();
    plain p(options);
    const auto held = p.pool.acquire();
    clock.settle();

    clock.advance(7999ms);
    EXPECT_EQ(p.pool.stats().leaked, 0U);
    clock.advance(2001ms);

    EXPECT_EQ(p.pool.stats().leaked, 1U);
}

TEST_F(PoolLeak, closed_pool_looks_for_none) {
    plain p(watched());
    const auto held = p.pool.acquire();
    (void)p.pool.sweep(start);
    (void)p.pool.close();

    (void)p.pool.sweep(start + 24h);

    EXPECT_TRUE(leak_log::leaks.empty());
}

} // namespace
