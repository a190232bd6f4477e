// SPDX-License-Identifier: MIT
/// @file
/// Whether what is lent is alive: passive and active checks, keep-alive, a backend that is gone;
/// and what a driver that fails or throws leaves behind.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>
#include <lend/stats.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pool_health_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;
using lend::destroy_reason;
using lend::health;

using checked_driver = with_check<recording_driver>;
using checked = pool_with<checked_driver, manual_clock_platform>;
using unchecked = pool_with<recording_driver, manual_clock_platform>;
constexpr auto for_ever = std::chrono::nanoseconds::max();

lend::pool_options doubting(std::chrono::nanoseconds bypass, std::size_t size = 4) {
    auto options = quiet(size);
    options.idle_timeout = for_ever;
    options.alive_bypass = bypass;
    return options;
}

lend::pool_options keeping(std::chrono::nanoseconds interval, std::size_t size = 4) {
    auto options = doubting(for_ever, size);
    options.keep_alive = interval;
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

// Runs `what` on another thread until that sleeps or is done. `what` outlives it.
void aside(std::function<void()>& what) {
    ASSERT_TRUE(manual_clock_platform::start_thread(
        "aside", [](void* raw) { (*static_cast<std::function<void()>*>(raw))(); }, &what));
    manual_clock::settle();
}

// ---- the active check
// -----------------------------------------------------------------------------

TEST(PoolBypass, what_was_idle_for_longer_is_checked_actively_once) {
    const manual_clock clock;
    checked p(doubting(500ms));
    make_idle(p.pool, 1);
    p.pool.sweep(); // seen idle
    (void)p.calls->take_log();

    clock.advance(500ms - 1ns);
    p.pool.sweep();
    (void)p.pool.acquire();
    EXPECT_EQ(p.calls->take_log(), "check(1) reset(1)");

    p.pool.sweep();
    clock.advance(500ms);
    p.pool.sweep();
    EXPECT_EQ(p.pool.stats().idle, 1U);
    (void)p.pool.acquire();
    (void)p.pool.acquire();
    EXPECT_EQ(p.calls->take_log(), "active_check(1) reset(1) check(1) reset(1)");
    std::function<void()> by_another = [&] { (void)p.pool.acquire(); };
    aside(by_another); // a thread that remembers nothing
    EXPECT_EQ(p.calls->take_log(), "check(1) reset(1)");
}

TEST(PoolBypass, zero_is_always) {
    const manual_clock clock;
    checked p(doubting(0ns));
    make_idle(p.pool, 1);
    (void)p.calls->take_log();

    (void)p.pool.acquire();
    (void)p.pool.acquire();

    EXPECT_EQ(p.calls->log(), "active_check(1) reset(1) active_check(1) reset(1)");
}

TEST(PoolBypass, max_is_never) {
    const manual_clock clock;
    checked p(doubting(for_ever));
    make_idle(p.pool, 1);
    p.pool.sweep();
    (void)p.calls->take_log();

    clock.advance(24h * 365);
    p.pool.sweep();
    (void)p.pool.acquire();

    EXPECT_EQ(p.calls->log(), "check(1) reset(1)");
}

TEST(PoolBypass, means_nothing_to_a_driver_without_checks) {
    const manual_clock clock;
    unchecked p(doubting(0ns));
    make_idle(p.pool, 1);

    (void)p.pool.acquire();

    EXPECT_EQ(p.calls->log(), "create() reset(1) reset(1)");
}

TEST(PoolBypass, what_fails_the_active_check_goes_and_another_is_lent) {
    const manual_clock clock;
    checked p(doubting(1s));
    make_idle(p.pool, 1);
    p.pool.sweep();
    clock.advance(1s);
    p.pool.sweep();
    (void)p.calls->take_log();
    p.calls->check.then(health::broken);

    const auto lease = p.pool.acquire();

    ASSERT_TRUE(lease);
    EXPECT_EQ(p.calls->log(), "active_check(1) destroy(1) create() check(2)");
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::unfit), 1U);
}

TEST(PoolBypass, doubt_outlives_a_look_by_retain) {
    const manual_clock clock;
    checked p(doubting(1s));
    make_idle(p.pool, 1);
    p.pool.sweep();
    clock.advance(1s);
    p.pool.sweep();
    (void)p.calls->take_log();

    EXPECT_EQ(p.pool.retain([](const auto&, const auto&) { return true; }).value(), 0U);
    (void)p.pool.acquire();

    EXPECT_EQ(p.calls->log(), "active_check(1) reset(1)");
}

TEST(PoolBypass, doubt_goes_with_a_resource_that_is_handed_over) {
    const manual_clock clock;
    auto options = doubting(1s, 1);
    options.fairness = lend::fairness_mode::strict;
    checked p(options);
    make_idle(p.pool, 1);
    p.pool.sweep();
    clock.advance(1s);
    p.pool.sweep();
    (void)p.calls->take_log();
    std::function<void()> waits = [&] { (void)p.pool.acquire(); };

    // While the predicate has it, somebody comes and waits.
    (void)p.pool.retain([&](const auto&, const auto&) {
        aside(waits);
        return true;
    });
    manual_clock::settle();

    EXPECT_EQ(p.calls->log(), "active_check(1) reset(1)");
    EXPECT_EQ(p.pool.stats().handed_over, 1U);
}

TEST(PoolBypass, idle_time_goes_on_while_in_doubt) {
    const manual_clock clock;
    auto options = doubting(1s);
    options.idle_timeout = 10s;
    checked p(with_keeper(options));
    make_idle(p.pool, 1);

    clock.advance(10s - 1ns);
    EXPECT_EQ(p.pool.stats().idle, 1U);
    clock.advance(1s); // seen idle at once, or a pace later
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::expired), 1U);
}

// Counts the looks at the clock, which a sweep begins with.
struct counting_platform : manual_clock_platform {
    static inline std::atomic<int> looks{0};
    static time_point now() noexcept {
        ++looks;
        return manual_clock_platform::now();
    }
};

TEST(PoolBypass, housekeeper_sleeps_once_all_that_is_idle_is_in_doubt) {
    const manual_clock clock;
    pool_with<checked_driver, counting_platform> p(with_keeper(doubting(500ms)));
    make_idle(p.pool, 2);
    clock.advance(10s);
    const int before = counting_platform::looks;

    clock.advance(24h);

    EXPECT_EQ(counting_platform::looks - before, 0);
}

TEST(PoolBypass, housekeeper_wakes_when_somebody_takes_what_was_in_doubt) {
    const manual_clock clock;
    checked p(with_keeper(doubting(500ms)));
    make_idle(p.pool, 1);
    clock.advance(24h);
    (void)p.pool.acquire();
    manual_clock::settle();
    (void)p.calls->take_log();

    clock.advance(1s); // the bypass, and two paces
    (void)p.pool.acquire();

    EXPECT_EQ(p.calls->log(), "active_check(1) reset(1)");
}

// ---- keep-alive
// -----------------------------------------------------------------------------------

TEST(PoolKeepAlive, what_was_silent_for_the_interval_is_checked_and_then_again) {
    const manual_clock clock;
    checked p(keeping(30s));
    make_idle(p.pool, 1);
    p.pool.sweep();
    (void)p.calls->take_log();

    clock.advance(30s - 1ns);
    p.pool.sweep();
    EXPECT_EQ(p.calls->take_log(), "");
    clock.advance(1ns);
    p.pool.sweep();
    EXPECT_EQ(p.calls->take_log(), "active_check(1)");
    clock.advance(30s);
    p.pool.sweep();
    EXPECT_EQ(p.calls->take_log(), "active_check(1)");
}

// A platform that has no thread for checks.
struct without_checkers : manual_clock_platform {
    [[nodiscard]] static bool
    start_thread(const char* name, void (*run)(void*), void* argument) noexcept {
        if (std::string_view(name) == "lend-check") return false;
        return manual_clock_platform::start_thread(name, run, argument);
    }
};

TEST(PoolKeepAlive, housekeeper_checks_by_itself_where_no_other_thread_can_be_had) {
    const manual_clock clock;
    pool_with<checked_driver, without_checkers> p(with_keeper(keeping(30s)));
    make_idle(p.pool, 1);
    (void)p.calls->take_log();

    clock.advance(45s);

    EXPECT_EQ(p.calls->log(), "active_check(1)");
    EXPECT_EQ(p.pool.stats().idle, 1U);
}

TEST(PoolBypass, waiter_checks_by_itself_where_no_thread_can_be_had_and_close_waits_for_none) {
    const manual_clock clock;
    lend::pool_options options;
    options.max_size = 1;
    options.idle_timeout = options.max_lifetime = lend::pool_options::duration::max();
    options.alive_bypass = 1s;
    options.housekeeping = lend::housekeeping_mode::manual;
    pool_with<checked_driver, without_checkers> p(options);
    EXPECT_TRUE(p.pool.acquire());
    p.pool.sweep();
    clock.advance(10s);
    p.pool.sweep();
    (void)p.calls->take_log();

    EXPECT_TRUE(p.pool.try_acquire_for(100ms));

    EXPECT_EQ(p.calls->take_log().substr(0, 15), "active_check(1)");
    EXPECT_EQ(p.pool.close(1s), lend::hr::s_ok);
}

TEST(PoolKeepAlive, what_is_in_use_is_left_alone) {
    const manual_clock clock;
    checked p(with_keeper(keeping(1s)));
    const auto held = p.pool.acquire();

    clock.advance(1min);

    EXPECT_EQ(p.calls->log(), "create() check(1)");
}

TEST(PoolKeepAlive, failed_one_is_destroyed_and_another_made_to_be_ready) {
    const manual_clock clock;
    auto options = keeping(30s);
    options.min_idle = 1;
    checked p(options);
    p.pool.sweep();
    p.pool.sweep();
    (void)p.calls->take_log();
    p.calls->check.then(health::broken);

    clock.advance(30s);

    EXPECT_EQ(p.pool.sweep(), 1U);
    EXPECT_EQ(p.calls->log(), "active_check(1) destroy(1) create()");
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::unfit), 1U);
    EXPECT_EQ(p.pool.stats().idle, 1U);
}

TEST(PoolKeepAlive, check_is_a_sign_of_life_but_no_use) {
    const manual_clock clock;
    auto options = keeping(1s);
    options.idle_timeout = 10s;
    options.alive_bypass = 1500ms;
    checked p(options);
    make_idle(p.pool, 1);
    p.pool.sweep();
    for (int at = 0; at < 9; ++at) {
        clock.advance(1s);
        EXPECT_EQ(p.pool.sweep(), 0U);
    }
    (void)p.calls->take_log();

    // Not in doubt, though idle for nine seconds; and expired after ten.
    clock.advance(1s);
    EXPECT_EQ(p.pool.sweep(), 1U);
    EXPECT_EQ(p.calls->log(), "destroy(1)");
}

TEST(PoolKeepAlive, check_ends_a_doubt) {
    const manual_clock clock;
    auto options = keeping(2s);
    options.alive_bypass = 1s;
    checked p(options);
    make_idle(p.pool, 1);
    p.pool.sweep();
    clock.advance(1s);
    p.pool.sweep(); // in doubt
    clock.advance(1s);
    p.pool.sweep();
    EXPECT_EQ(p.calls->take_log(), "create() check(1) reset(1) active_check(1)");

    (void)p.pool.acquire();

    EXPECT_EQ(p.calls->log(), "check(1) reset(1)");
}

TEST(PoolKeepAlive, gauge_tells_who_is_being_checked) {
    const manual_clock clock;
    struct watching_driver : checked_driver {
        using checked_driver::checked_driver;
        health check(numbered& it, lend::check_kind kind) {
            (*during)();
            return checked_driver::check(it, kind);
        }
        std::shared_ptr<std::function<void()>> during =
            std::make_shared<std::function<void()>>([] {});
    };
    auto calls = std::make_shared<recording>();
    watching_driver driver(calls);
    const auto during = driver.during;
    lend::pool<watching_driver, manual_clock_platform> pool(driver, keeping(1s));
    make_idle(pool, 2);
    pool.sweep();
    clock.advance(1s);
    std::vector<std::size_t> seen;
    *during = [&] {
        const auto s = pool.stats();
        seen.push_back(s.checking);
        EXPECT_EQ(s.idle + s.checking, 2U);
    };

    pool.sweep();

    EXPECT_EQ(seen, (std::vector<std::size_t>{1, 1})); // one at a time
}

TEST(FailureMode, 31_keep_alive_takes_no_capacity_from_those_who_wait) {
    const manual_clock clock;
    struct waiting_driver : checked_driver {
        using checked_driver::checked_driver;
        health check(numbered& it, lend::check_kind kind) {
            if (kind == lend::check_kind::active) (*during)();
            return checked_driver::check(it, kind);
        }
        std::shared_ptr<std::function<void()>> during =
            std::make_shared<std::function<void()>>([] {});
    };
    auto calls = std::make_shared<recording>();
    waiting_driver driver(calls);
    const auto during = driver.during;
    lend::pool<waiting_driver, manual_clock_platform> pool(driver, keeping(1s, 2));
    make_idle(pool, 2);
    pool.sweep();
    clock.advance(1s);
    (void)calls->take_log();
    std::optional<lend::lease<waiting_driver, manual_clock_platform>> other;
    bool served = false;
    std::function<void()> waits = [&] { served = pool.acquire().has_value(); };
    // While the first is checked, one borrower takes the second, and another one waits.
    *during = [&, first = true]() mutable {
        if (!std::exchange(first, false)) return;
        other = pool.acquire().value();
        aside(waits);
    };

    pool.sweep();
    manual_clock::settle();
    EXPECT_TRUE(served);
    other.reset();

    // One check only: the one who waited got the first as soon as that was over.
    const std::string log = calls->log();
    EXPECT_EQ(log.find("active_check", log.find("active_check") + 1), std::string::npos) << log;
    EXPECT_EQ(pool.stats().timed_out, 0U);
}

TEST(FailureMode, 31_no_check_begins_while_somebody_waits) {
    const manual_clock clock;
    // Somebody waits, and looks at one of two that are of no use to it; the other one is idle.
    struct picky_driver : with_check<typed_recording_driver> {
        using with_check<typed_recording_driver>::with_check;
        lend::rating rate(const char& type, const numbered& it, bool enlist) {
            (*during)();
            return with_check<typed_recording_driver>::rate(type, it, enlist);
        }
        std::shared_ptr<std::function<void()>> during =
            std::make_shared<std::function<void()>>([] {});
    };
    auto calls = std::make_shared<recording>();
    picky_driver driver(calls);
    const auto during = driver.during;
    lend::pool<picky_driver, manual_clock_platform> pool(driver, keeping(1s, 3));
    const auto b = pool.acquire('b').value();
    {
        const auto one = pool.acquire('a').value();
        const auto two = pool.acquire('a').value();
    }
    pool.sweep();
    clock.advance(1s);
    (void)calls->take_log();
    int sweeps = 0;
    *during = [&] {
        if (pool.stats().waiting == 0 || sweeps++ > 0) return;
        EXPECT_EQ(pool.stats().idle, 2U); // that which is being rated counts as idle
        pool.sweep();
    };

    EXPECT_TRUE(pool.try_acquire_for('b', 5s)); // one of the two makes room

    EXPECT_GE(sweeps, 1);
    EXPECT_EQ(calls->log().find("active_check"), std::string::npos) << calls->log();
}

// The same where the housekeeper is the pool's own: it looks again soon.
TEST(FailureMode, 31_housekeeper_puts_checks_off_while_somebody_waits) {
    const manual_clock clock;
    using driver = with_check<typed_recording_driver>;
    auto options = with_keeper(keeping(1s, 2));
    options.creation = lend::creation_mode::worker;
    pool_with<driver, manual_clock_platform> p(options);
    std::optional held = p.pool.acquire('b').value();
    { const auto idle = p.pool.acquire('a').value(); }
    manual_clock::settle();
    (void)p.calls->take_log();
    // What is idle is of no use to who waits, and to make something for it fails.
    p.calls->create.from_now_on(hr::e_fail);
    p.pool.pause(lend::pause_mode::block);
    bool served = false;
    std::function<void()> waits = [&] { served = p.pool.acquire('b').has_value(); };
    aside(waits);

    clock.advance(5s);
    EXPECT_EQ(p.calls->take_log().find("active_check"), std::string::npos);
    held.reset();
    p.pool.resume();
    manual_clock::settle();
    EXPECT_TRUE(served);
    clock.advance(1s);

    EXPECT_NE(p.calls->log().find("active_check("), std::string::npos) << p.calls->log();
}

// ---- the backend is gone
// --------------------------------------------------------------------------

TEST(FailureMode, 24_one_check_that_finds_the_backend_gone_condemns_all_that_were_made_before) {
    const manual_clock clock;
    constexpr std::size_t count = 8;
    checked p(doubting(for_ever, count));
    make_idle(p.pool, count);
    auto lent = p.pool.acquire().value();
    (void)p.calls->take_log();
    p.calls->check.then(health::backend_gone);
    const auto begun = clock.now();

    const auto lease = p.pool.acquire();

    // One check; the others went without, and the one that is lent goes when it comes back.
    ASSERT_TRUE(lease);
    const std::string log = p.calls->take_log();
    const std::string of_old_ones = log.substr(0, log.find("create()"));
    EXPECT_EQ(of_old_ones.find("check", of_old_ones.find("check") + 1), std::string::npos) << log;
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::backend_gone), count - 2);
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::unfit), 1U);
    EXPECT_EQ(p.pool.stats().outages, 1U);
    EXPECT_EQ(clock.now(), begun);
    EXPECT_EQ(lent.release(), hr::s_false);
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::backend_gone), count - 1);
}

TEST(PoolOutage, what_was_made_since_the_check_began_stays) {
    const manual_clock clock;
    struct outage_driver : checked_driver {
        using checked_driver::checked_driver;
        health check(numbered& it, lend::check_kind kind) {
            (*during)();
            return checked_driver::check(it, kind);
        }
        std::shared_ptr<std::function<void()>> during =
            std::make_shared<std::function<void()>>([] {});
    };
    auto calls = std::make_shared<recording>();
    outage_driver driver(calls);
    const auto during = driver.during;
    lend::pool<outage_driver, manual_clock_platform> pool(driver, doubting(for_ever, 3));
    make_idle(pool, 1);
    calls->check.then(health::good).then(health::backend_gone); // of the new one first
    std::optional<lend::lease<outage_driver, manual_clock_platform>> fresh;
    *during = [&, first = true]() mutable {
        if (!std::exchange(first, false)) return;
        fresh = pool.try_acquire().value(); // the checked one is not idle: another is made
    };

    const auto lease = pool.acquire();

    ASSERT_TRUE(lease);
    EXPECT_EQ(fresh->release(), hr::s_ok);
    EXPECT_EQ(pool.stats().closed_for(destroy_reason::backend_gone), 0U);
}

TEST(PoolOutage, further_reports_of_the_same_outage_count_once) {
    const manual_clock clock;
    struct twice_driver : checked_driver {
        using checked_driver::checked_driver;
        health check(numbered& it, lend::check_kind kind) {
            const health first = checked_driver::check(it, kind);
            (*during)();
            return first;
        }
        std::shared_ptr<std::function<void()>> during =
            std::make_shared<std::function<void()>>([] {});
    };
    auto calls = std::make_shared<recording>();
    twice_driver driver(calls);
    const auto during = driver.during;
    lend::pool<twice_driver, manual_clock_platform> pool(driver, doubting(for_ever, 4));
    make_idle(pool, 2);
    calls->check.then(health::backend_gone, 2);
    *during = [&, first = true]() mutable {
        if (!std::exchange(first, false)) return;
        EXPECT_TRUE(pool.try_acquire()); // its check fails as well, and first
    };

    EXPECT_TRUE(pool.acquire());
    EXPECT_EQ(pool.stats().outages, 1U);

    calls->check.then(health::backend_gone);
    EXPECT_TRUE(pool.acquire());
    EXPECT_EQ(pool.stats().outages, 2U); // of what was made since
}

TEST(PoolOutage, keep_alive_reports_one_as_well) {
    const manual_clock clock;
    checked p(keeping(1s));
    make_idle(p.pool, 3);
    p.pool.sweep();
    clock.advance(1s);
    (void)p.calls->take_log();
    p.calls->check.then(health::backend_gone);

    p.pool.sweep();

    EXPECT_EQ(p.pool.stats().size, 0U);
    EXPECT_EQ(p.pool.stats().outages, 1U);
}

TEST(PoolOutage, destroys_run_beside_the_borrower_where_threads_may) {
    const manual_clock clock;
    struct slow_driver : checked_driver {
        using checked_driver::checked_driver;
        lend::hresult destroy(numbered&& it) {
            std::atomic<std::uint32_t> word{0};
            manual_clock_platform::park(word, 0, manual_clock::now() + 1s);
            return checked_driver::destroy(std::move(it));
        }
    };
    pool_with<slow_driver, manual_clock_platform> p(with_keeper(doubting(for_ever, 9)));
    make_idle(p.pool, 8);
    p.calls->check.then(health::backend_gone);
    const auto begun = clock.now();

    const auto lease = p.pool.try_acquire_for(5s);

    // Its own destroy takes a second; seven others go on meanwhile.
    ASSERT_TRUE(lease);
    EXPECT_LE(clock.now() - begun, 1s);
    manual_clock::settle();
    clock.advance(10s);
    EXPECT_EQ(p.pool.stats().size, 1U) << p.pool.stats();
}

// ---- drivers that fail
// ----------------------------------------------------------------------------

TEST(FailureMode, 03_nothing_is_lent_that_was_not_reset_since_its_last_use) {
    const manual_clock clock;
    constexpr int rounds = 300;
    checked p(doubting(for_ever, 2));
    for (int at = 0; at < rounds; ++at) {
        if (at % 3 == 1) p.calls->reset.then(hr::e_fail);
        if (at % 3 == 2) p.calls->reset.then_throw();
        auto lease = p.pool.acquire().value();
        const std::string number = std::to_string(lease->number());
        const std::string before = p.calls->take_log();
        // New, or checked after a reset that succeeded.
        EXPECT_TRUE(before == "create() check(" + number + ")" || before == "check(" + number + ")")
            << before;
        const lend::hresult code = lease.release();
        if (at % 3 == 0) {
            EXPECT_EQ(code, hr::s_ok);
            EXPECT_EQ(p.calls->take_log(), "reset(" + number + ")");
        } else {
            EXPECT_EQ(code, hr::s_false);
            EXPECT_EQ(p.calls->take_log(), "reset(" + number + ") destroy(" + number + ")");
        }
    }
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::reset_failed), 2U * rounds / 3);
}

// What a driver can do wrong, and where.
struct fault {
    const char* where;
    std::function<void(recording&, bool throws)> plan;
};

TEST(FailureMode, 04_no_failure_of_a_driver_loses_a_place) {
    const manual_clock clock;
    using driver = with_idle_limit<with_check<typed_recording_driver>>;
    const auto plan = [](auto member, auto bad) {
        return [=](recording& calls, bool throws) {
            if (throws) {
                (calls.*member).then_throw();
            } else {
                (calls.*member).then(bad);
            }
        };
    };
    const std::vector<fault> faults{
        {"create", plan(&recording::create, hr::e_fail)},
        {"rate", plan(&recording::rate, lend::rating{101})},
        {"check", plan(&recording::check, health::broken)},
        {"gone", plan(&recording::check, health::backend_gone)},
        {"reset", plan(&recording::reset, hr::e_fail)},
        {"destroy", plan(&recording::destroy, hr::e_fail)},
        {"idle_limit", plan(&recording::idle_limit, 0ns)},
    };
    for (const fault& each : faults) {
        for (const bool throws : {false, true}) {
            for (const bool closes : {false, true}) {
                SCOPED_TRACE(std::string(each.where) + (throws ? " throws" : " fails") +
                             (closes ? ", then closed" : ""));
                pool_with<driver, manual_clock_platform> p(doubting(0ns, 2));
                { const auto first = p.pool.acquire('a').value(); }
                each.plan(*p.calls, throws);
                for (int times = 0; times < 2; ++times) {
                    auto one = p.pool.try_acquire('a');
                    auto two = p.pool.try_acquire('b');
                    if (one) one->discard();
                    if (closes) (void)p.pool.close();
                    if (two) two->release();
                }
                const lend::pool_stats s = p.pool.stats();
                EXPECT_EQ(s.size, s.idle + s.in_use + s.creating);
                EXPECT_EQ(static_cast<std::size_t>(p.calls->live()), s.size);
                EXPECT_LE(s.size, 2U);
                if (closes) {
                    EXPECT_EQ(s.size, 0U);
                } else {
                    clock.advance(1min); // after a failure
                    auto one = p.pool.acquire('a');
                    auto two = p.pool.acquire('b');
                    EXPECT_TRUE(one && two);
                }
            }
        }
    }
}

} // namespace pool_health_test
