// SPDX-License-Identifier: MIT
/// @file
/// No member of a driver is called with a lock of the pool held.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace pool_locks_test {

using namespace std::chrono_literals;
using platform = lend_test::manual_clock_platform;

// How often each member was called, and with how many locks held at worst.
struct lock_log {
    std::map<std::string, int> calls;
    std::map<std::string, unsigned> locks;

    void note(const char* member) {
        ++calls[member];
        locks[member] = std::max(locks[member], platform::locks_held());
    }
};

// A resource whose end is a driver call too.
struct noted_resource {
    explicit noted_resource(std::shared_ptr<lock_log> to) : log(std::move(to)) {}
    noted_resource(noted_resource&&) noexcept = default;
    noted_resource& operator=(noted_resource&&) = delete;
    ~noted_resource() {
        if (log) log->note("destructor");
    }
    std::shared_ptr<lock_log> log;
};

struct noting_driver {
    using resource = noted_resource;
    std::shared_ptr<lock_log> log;
    struct events {
        // What is behind them is a user's as well.
        void created(lend::event_number) { check(); }
        void create_failed(const lend::error&) { check(); }
        void destroyed(lend::event_number, lend::destroy_reason) { check(); }
        void reset_failed(lend::event_number, const lend::error&) { check(); }
        void timed_out(const lend::error&) { check(); }
        static void check() { EXPECT_EQ(platform::locks_held(), 0U) << "in an event"; }
    };
    int* fails = nullptr;

    lend::result<resource> create() {
        log->note("create");
        if (*fails > 0 && (*fails)-- > 0) return lend::hr::e_fail;
        return noted_resource(log);
    }
    lend::hresult reset(resource&) {
        log->note("reset");
        return *fails > 0 && (*fails)-- > 0 ? lend::hr::e_fail : lend::hr::s_ok;
    }
    void destroy(resource&&) { log->note("destroy"); }
    lend::health check(resource&, lend::check_kind kind) {
        log->note(kind == lend::check_kind::active ? "check active" : "check passive");
        return *fails > 0 && (*fails)-- > 0 ? lend::health::broken : lend::health::good;
    }
    std::chrono::nanoseconds idle_limit(const resource&) {
        log->note("idle_limit");
        return 10s;
    }
};

struct rating_driver {
    using resource = int;
    using resource_type = int;
    using no_reset = void;
    std::shared_ptr<lock_log> log;

    lend::result<int> create(const int& type) { return type; }
    lend::rating rate(const int& wanted, const int& it, bool) {
        log->note("rate");
        return wanted == it ? 100U : 0U;
    }
};

TEST(FailureMode, 17_no_driver_call_is_made_with_a_lock_held) {
    const lend_test::manual_clock clock;
    const auto log = std::make_shared<lock_log>();
    int fails = 0;
    {
        auto options = lend_test::quiet(2);
        options.min_idle = 1;
        lend::pool<noting_driver, platform> pool({log, &fails}, options);
        const auto use = [&] { (void)pool.acquire(); };

        use(); // create, idle_limit, reset
        use(); // check
        fails = 1;
        use(); // a check that fails
        fails = 2;
        {
            auto first = pool.acquire(); // a check that fails, then a create that fails
            use();
        }
        {
            auto lent = pool.acquire();
            fails = 1; // a reset that fails
        }
        if (auto lent = pool.acquire()) lent->discard();
        use();
        for (int second = 0; second < 3; ++second) {
            (void)pool.sweep(); // notes that it is idle, and then that it was for too long
            clock.advance(1s);
        }
        use(); // an active check
        clock.advance(1min);
        (void)pool.sweep(); // idle for too long; refilled
        auto late = pool.acquire();
        (void)pool.try_acquire_for(1s); // a second one, then a time-out
        pool.close();
    }

    const auto rated = std::make_shared<lock_log>();
    lend::pool<rating_driver, platform> by_rate({rated}, lend_test::quiet(2));
    { auto one = by_rate.acquire(1); }
    { auto two = by_rate.acquire(2); }

    for (const char* member : {"create", "reset", "destroy", "check passive", "check active",
                               "idle_limit", "destructor"}) {
        EXPECT_GT(log->calls[member], 0) << member << " was not tried";
        EXPECT_EQ(log->locks[member], 0U) << member;
    }
    EXPECT_GT(rated->calls["rate"], 0);
    EXPECT_EQ(rated->locks["rate"], 0U);
}

} // namespace pool_locks_test
