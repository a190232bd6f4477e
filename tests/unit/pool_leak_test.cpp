// SPDX-License-Identifier: MIT
/// @file
/// Leases that nobody ends: when they are reported, to whom, what the gauge says, and what becomes
/// of those that are reclaimed. All times are given.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace pool_leak_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

using clock_type = std::chrono::steady_clock;
constexpr clock_type::time_point start{1000s};

// Tells each leak to the test; one test runs at a time.
struct leak_log {
    static inline std::vector<lend::holder_info> leaks;
    static inline std::vector<lend::holder_info> reclaims;
    static inline std::function<void()> when_told;
    void leaked(const lend::holder_info& holder) {
        leaks.push_back(holder);
        if (when_told) when_told();
    }
    void reclaimed(const lend::holder_info& holder) { reclaims.push_back(holder); }
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
    leak_log::reclaims.clear();
    leak_log::when_told = nullptr;
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
    EXPECT_EQ(leak.note, "copies");
}

TEST_F(PoolLeak, report_says_what_the_holder_does_now) {
    plain p(watched());
    auto held = p.pool.acquire({.note = "began"});
    (void)p.pool.sweep(start);
    held->note("waits for a peer");

    (void)p.pool.sweep(start + 10s);

    ASSERT_EQ(leak_log::leaks.size(), 1U);
    EXPECT_EQ(leak_log::leaks[0].note, "waits for a peer");
}

// Calls the test in each reset.
struct resetting_driver : leaking_driver {
    using leaking_driver::leaking_driver;
    static inline std::function<void()> in_reset;
    lend::hresult reset(numbered& it) {
        if (in_reset) in_reset();
        return leaking_driver::reset(it);
    }
};

TEST(FailureMode, 73_reset_that_takes_longer_than_leak_after_is_no_leak) {
    const manual_clock clock;
    auto options = watched(10s);
    options.leak_action = lend::leak_mode::reclaim;
    pool_with<resetting_driver, manual_clock_platform> p(options);
    auto held = p.pool.acquire();
    (void)p.pool.sweep(start);
    resetting_driver::in_reset = [&] {
        for (auto at = 9s; at < 60s; at += 2s) (void)p.pool.sweep(start + at);
    };

    EXPECT_EQ(held->release(), hr::s_ok);

    resetting_driver::in_reset = nullptr;
    EXPECT_TRUE(leak_log::leaks.empty());
    EXPECT_EQ(p.pool.stats().idle, 1U);
    EXPECT_EQ(p.pool.stats().reclaimed, 0U);
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

// ---- 38: false positives, no metric, cost, wrong stack ------------------------------------------

TEST(FailureMode, 38_leak_is_reported_once_with_place_thread_age_and_what_its_holder_does_now) {
    const manual_clock clock;
    plain p(watched());
    auto held = p.pool.acquire();
    const std::uint32_t line = __LINE__ - 1;
    held->note("waits for a peer");
    for (auto at = start; at <= start + 1min; at += 5s) (void)p.pool.sweep(at);

    ASSERT_EQ(leak_log::leaks.size(), 1U);
    const lend::holder_info& leak = leak_log::leaks[0];
    EXPECT_EQ(leak.site.line, line);
    EXPECT_TRUE(std::string_view(leak.site.file).ends_with("pool_leak_test.cpp"));
    EXPECT_EQ(leak.thread, lend::default_platform::thread_id());
    EXPECT_EQ(leak.held_for, 10s);
    EXPECT_EQ(leak.note, "waits for a peer");
}

TEST(FailureMode, 38_gauge_goes_back_down_and_nothing_is_taken_away_unasked) {
    const manual_clock clock;
    plain p(watched(10s, 1));
    auto held = p.pool.acquire();
    (void)p.pool.sweep(start);
    (void)p.pool.sweep(start + 10s);
    EXPECT_EQ(p.pool.stats().leaked, 1U);
    EXPECT_EQ(p.pool.stats().size, 1U);

    EXPECT_EQ(held->release(), hr::s_ok);

    EXPECT_EQ(p.pool.stats().leaked, 0U);
    EXPECT_EQ(p.calls->log(), "create() reset(1)");
}

TEST(FailureMode, 38_who_said_that_it_takes_long_is_no_leak_nor_is_anybody_where_it_is_off) {
    const manual_clock clock;
    plain on(watched());
    plain off(watched(0s));
    const auto by_its_word = on.pool.acquire({.detect_leak = false});
    const auto by_the_pool = off.pool.acquire();
    for (const auto at : {start, start + 24h}) {
        (void)on.pool.sweep(at);
        (void)off.pool.sweep(at);
    }

    EXPECT_TRUE(leak_log::leaks.empty());
    EXPECT_EQ(on.pool.stats().leaked + off.pool.stats().leaked, 0U);
}

// ---- reclaim ------------------------------------------------------------------------------------

lend::pool_options reclaiming(std::size_t max_size = 1) {
    auto options = watched(10s, max_size);
    options.leak_action = lend::leak_mode::reclaim;
    return options;
}

class PoolReclaim : public PoolLeak {
protected:
    // Two sweeps after which whatever was held before the first is reclaimed.
    template <class Pool>
    void reclaim(Pool& p) {
        (void)p.pool.sweep(now);
        now += 10s;
        (void)p.pool.sweep(now);
    }

    clock_type::time_point now = start;
};

TEST_F(PoolReclaim, capacity_comes_back_and_the_holder_keeps_what_it_has) {
    plain p(reclaiming());
    auto held = p.pool.acquire();
    EXPECT_EQ(p.pool.try_acquire().code(), hr::lend_e_exhausted);

    reclaim(p);
    auto other = p.pool.try_acquire();

    ASSERT_TRUE(other);
    EXPECT_EQ((*held)->number(), 1);
    EXPECT_EQ((*other)->number(), 2);
    EXPECT_EQ(p.calls->log(), "create() create()");
    const auto stats = p.pool.stats();
    EXPECT_EQ(stats.size, 1U);
    EXPECT_EQ(stats.in_use, 1U);
    EXPECT_EQ(stats.leaked, 1U);
    EXPECT_EQ(stats.reclaimed, 1U);
    EXPECT_EQ(stats.acquired, 2U);
    EXPECT_EQ(leak_log::reclaims.size(), 1U);
    EXPECT_EQ(leak_log::reclaims[0].id, held->id());
}

TEST_F(PoolReclaim, end_of_the_lease_destroys_and_does_nothing_else) {
    plain p(reclaiming());
    auto held = p.pool.acquire();
    reclaim(p);
    auto other = p.pool.acquire();
    (void)p.calls->take_log();

    EXPECT_EQ(held->release(), hr::s_false);

    EXPECT_EQ(p.calls->take_log(), "destroy(1)");
    const auto stats = p.pool.stats();
    EXPECT_EQ(stats.size, 1U);
    EXPECT_EQ(stats.leaked, 0U);
    EXPECT_EQ(stats.reclaimed, 0U);
    EXPECT_EQ(stats.closed_for(lend::destroy_reason::reclaimed), 1U);
    EXPECT_EQ(other->release(), hr::s_ok);
    EXPECT_EQ(p.pool.try_acquire().code(), hr::s_ok);
    EXPECT_EQ(p.calls->live(), 1);
}

TEST_F(PoolReclaim, every_end_of_the_lease_destroys_it_once) {
    plain p(reclaiming());
    {
        const auto by_destructor = p.pool.acquire();
        reclaim(p);
    }
    EXPECT_EQ(p.calls->take_log(), "create() destroy(1)");
    auto discarded = p.pool.acquire();
    reclaim(p);
    EXPECT_EQ(discarded->discard(), hr::s_ok);
    EXPECT_EQ(p.calls->take_log(), "create() destroy(2)");
    auto detached = p.pool.acquire();
    reclaim(p);
    EXPECT_EQ(detached->detach().code(), hr::lend_e_condemned);
    EXPECT_EQ(p.calls->take_log(), "create() destroy(3)");
    auto reported = p.pool.acquire();
    reclaim(p);
    EXPECT_EQ(reported->report(hr::e_fail), lend::health::broken);
    EXPECT_EQ(reported->release(), hr::s_false);

    EXPECT_EQ(p.calls->take_log(), "create() destroy(4)");
    EXPECT_EQ(p.pool.stats().reclaimed, 0U);
    EXPECT_EQ(p.pool.stats().size, 0U);
}

TEST_F(PoolReclaim, number_lives_as_long_as_the_lease) {
    plain p(reclaiming());
    auto held = p.pool.acquire();
    const auto id = held->id();
    reclaim(p);

    EXPECT_EQ(p.pool.destroy(id), hr::s_false); // that is what will happen
    held->release();

    EXPECT_EQ(p.pool.destroy(id), hr::lend_e_stale);
}

TEST_F(PoolReclaim, waiter_is_served_in_the_place_of_what_was_reclaimed) {
    auto options = reclaiming();
    options.creation = lend::creation_mode::worker;
    options.acquire_timeout = 1min;
    options.housekeeping = lend::housekeeping_mode::own_thread;
    plain p(options);
    const auto held = p.pool.acquire();

    const auto other = p.pool.acquire(); // the clock moves to the sweep that reclaims

    ASSERT_TRUE(other);
    EXPECT_EQ((*other)->number(), 2);
    EXPECT_LE(clock.now() - start, 13s);
}

TEST_F(PoolReclaim, waiter_does_not_wait_for_those_who_are_told) {
    auto options = reclaiming();
    options.creation = lend::creation_mode::worker;
    options.acquire_timeout = 1h;
    plain p(options);
    const auto held = p.pool.acquire();
    struct share {
        plain* with;
        int number = 0;
    } got{&p};
    ASSERT_TRUE(manual_clock_platform::start_thread(
        "waiter",
        [](void* raw) {
            auto& mine = *static_cast<share*>(raw);
            mine.number = (*mine.with->pool.acquire())->number();
        },
        &got));
    clock.settle();
    std::size_t size_when_told = 0;
    leak_log::when_told = [&] { size_when_told = p.pool.stats().size; };

    reclaim(p);
    clock.settle();

    EXPECT_EQ(size_when_told, 1U); // what is made for the waiter
    EXPECT_EQ(got.number, 2);
}

struct interruptible_driver : leaking_driver {
    using leaking_driver::leaking_driver;
    void interrupt(numbered& it) { calls().call(named("interrupt", it)); }
};

TEST_F(PoolReclaim, holder_is_interrupted_once_where_the_driver_can) {
    pool_with<interruptible_driver, manual_clock_platform> p(reclaiming());
    auto held = p.pool.acquire();

    reclaim(p);
    (void)p.pool.sweep(now + 1h);

    EXPECT_EQ(p.calls->take_log(), "create() interrupt(1)");
    held->release();
    EXPECT_EQ(p.calls->take_log(), "destroy(1)");
}

TEST_F(PoolReclaim, leak_that_is_reported_only_is_not_interrupted) {
    pool_with<interruptible_driver, manual_clock_platform> p(watched(10s, 1));
    const auto held = p.pool.acquire();

    reclaim(p);

    EXPECT_EQ(p.calls->log(), "create()");
}

TEST_F(PoolReclaim, who_gives_back_before_the_interrupt_is_not_interrupted) {
    pool_with<interruptible_driver, manual_clock_platform> p(reclaiming());
    auto held = p.pool.acquire();
    leak_log::when_told = [&] { held->release(); };

    reclaim(p);

    EXPECT_EQ(p.calls->log(), "create() destroy(1)");
}

TEST_F(PoolReclaim, as_many_live_as_may_and_those_reclaimed) {
    plain p(reclaiming(2));
    std::vector<decltype(p.pool)::lease_type> kept;
    for (int round = 0; round < 4; ++round) {
        kept.push_back(*p.pool.acquire());
        kept.push_back(*p.pool.acquire());
        EXPECT_EQ(p.pool.try_acquire().code(), hr::lend_e_exhausted);
        reclaim(p);
    }
    const auto stats = p.pool.stats();
    EXPECT_EQ(stats.size, 0U);
    EXPECT_EQ(stats.reclaimed, 8U);
    EXPECT_EQ(p.calls->live(), 8);
    EXPECT_EQ(p.pool.holders().size(), 8U);

    kept.clear();

    EXPECT_EQ(p.calls->live(), 0);
    EXPECT_EQ(p.pool.stats().reclaimed, 0U);
}

TEST_F(PoolReclaim, lease_outlives_its_pool) {
    auto calls = std::make_shared<recording>();
    std::optional<lend::pool<leaking_driver, manual_clock_platform>::lease_type> held;
    {
        plain p(reclaiming());
        calls = p.calls;
        held = *p.pool.acquire();
        reclaim(p);
        EXPECT_EQ(p.pool.close(), hr::s_ok);
    }
    EXPECT_EQ(calls->log(), "create()");

    EXPECT_EQ(held->release(), hr::s_false);

    EXPECT_EQ(calls->log(), "create() destroy(1)");
}

TEST_F(PoolReclaim, borrower_who_said_that_it_takes_long_keeps_its_place) {
    plain p(reclaiming());
    const auto held = p.pool.acquire({.detect_leak = false});

    reclaim(p);

    EXPECT_EQ(p.pool.try_acquire().code(), hr::lend_e_exhausted);
    EXPECT_EQ(p.pool.stats().reclaimed, 0U);
}

TEST_F(PoolReclaim, report_alone_takes_nothing_away) {
    plain p(watched(10s, 1));
    const auto held = p.pool.acquire();

    reclaim(p);

    EXPECT_EQ(p.pool.stats().leaked, 1U);
    EXPECT_EQ(p.pool.stats().reclaimed, 0U);
    EXPECT_EQ(p.pool.try_acquire().code(), hr::lend_e_exhausted);
}

TEST_F(PoolReclaim, what_is_finished_in_the_background_is_held_by_nobody) {
    auto options = reclaiming();
    options.reset_on = lend::reset_mode::background;
    options.destroy_on = lend::destroy_mode::background;
    plain p(options);
    auto lost = p.pool.acquire();
    reclaim(p);
    auto held = p.pool.acquire();
    (void)p.calls->take_log();

    EXPECT_EQ(lost->release(), hr::s_ok); // somebody sees to it
    clock.settle();
    EXPECT_EQ(p.calls->take_log(), "destroy(1)"); // and nothing else
    EXPECT_EQ(held->release(), hr::s_ok);
    clock.settle();

    EXPECT_EQ(p.calls->take_log(), "reset(2)");
    EXPECT_TRUE(p.pool.holders().empty());
    EXPECT_EQ(p.pool.stats().reclaimed, 0U);
    EXPECT_EQ(p.pool.stats().idle, 1U);
}

} // namespace pool_leak_test
