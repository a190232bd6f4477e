// SPDX-License-Identifier: MIT
/// @file
/// The deadline that a driver may take with create, check and reset; and calls that are specified
/// not to block.

#include "support/manual_clock_platform.hpp"

#include <lend/keyed_pool.hpp>
#include <lend/pool.hpp>
#include <lend/testing.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace call_deadline_test {

using namespace std::chrono_literals;
using namespace lend_test;
using lend::call_deadline;

// What each call was given last.
struct given {
    call_deadline create{};
    call_deadline active{};
    call_deadline passive{};
    call_deadline reset{};
};

struct timely_driver {
    using resource = int;
    lend::result<int> create(call_deadline until) {
        last->create = until;
        return 1;
    }
    lend::health check(int&, lend::check_kind kind, call_deadline until) {
        (kind == lend::check_kind::active ? last->active : last->passive) = until;
        return lend::health::good;
    }
    lend::hresult reset(int&, call_deadline until) {
        last->reset = until;
        return lend::hr::s_ok;
    }
    std::shared_ptr<given> last = std::make_shared<given>();
};

struct timely_keyed_driver {
    using resource = int;
    using no_reset = void;
    lend::result<int> create(const int& key, call_deadline until) {
        *last = until;
        return key;
    }
    std::shared_ptr<call_deadline> last = std::make_shared<call_deadline>();
};

struct plain {
    using resource = int;
    using no_reset = void;
    lend::result<int> create() { return 1; }
};

lend::pool_options manual() {
    lend::pool_options options;
    options.max_size = 1;
    options.max_lifetime = options.idle_timeout = (std::chrono::nanoseconds::max)();
    options.housekeeping = lend::housekeeping_mode::manual;
    options.create_timeout = 7s;
    options.check_timeout = 3s;
    options.reset_timeout = 2s;
    options.alive_bypass = 1s;
    return options;
}

TEST(CallDeadline, is_found_by_signature) {
    using traits = lend::driver_traits<timely_driver>;
    static_assert(traits::has_create && traits::has_check && traits::has_reset);
    static_assert(traits::create_takes_deadline && traits::check_takes_deadline);
    static_assert(traits::reset_takes_deadline);
    static_assert(!lend::driver_traits<plain>::create_takes_deadline);
    SUCCEED();
}

TEST(CallDeadline, is_the_end_of_the_options_time_outs) {
    const manual_clock clock;
    const timely_driver driver;
    const given& last = *driver.last;
    lend::pool<timely_driver, manual_clock_platform> pool(driver, manual());
    auto lease = pool.acquire().value();
    EXPECT_EQ(last.create, clock.now() + 7s);
    EXPECT_EQ(last.passive, call_deadline::max());
    clock.advance(1min);

    (void)lease.release();
    EXPECT_EQ(last.reset, clock.now() + 2s);
    pool.sweep();
    clock.advance(10s);
    pool.sweep();
    (void)pool.acquire();

    EXPECT_EQ(last.active, clock.now() + 3s);
}

TEST(CallDeadline, of_a_create_on_the_callers_thread_is_the_callers_if_that_is_sooner) {
    const manual_clock clock;
    const timely_driver driver;
    auto options = manual();
    options.creation = lend::creation_mode::inline_;
    lend::pool<timely_driver, manual_clock_platform> pool(driver, options);

    (void)pool.try_acquire_for(5s).value().discard();
    EXPECT_EQ(driver.last->create, clock.now() + 5s);
    (void)pool.try_acquire_for(1min).value().discard();
    EXPECT_EQ(driver.last->create, clock.now() + 7s);
}

TEST(CallDeadline, of_a_time_out_of_for_ever_is_the_end_of_the_clock) {
    const manual_clock clock;
    const timely_driver driver;
    auto options = manual();
    options.create_timeout = options.reset_timeout = (std::chrono::nanoseconds::max)();
    lend::pool<timely_driver, manual_clock_platform> pool(driver, options);

    (void)pool.acquire();

    EXPECT_EQ(driver.last->create, call_deadline::max());
    EXPECT_EQ(driver.last->reset, call_deadline::max());
}

TEST(CallDeadline, reaches_the_driver_of_a_keyed_pool) {
    const manual_clock clock;
    const timely_keyed_driver driver;
    lend::keyed_pool<int, timely_keyed_driver, manual_clock_platform> pool(driver, manual());

    (void)pool.acquire(5);

    EXPECT_EQ(*driver.last, clock.now() + 7s);
}

// ---- what must not block
// ----------------------------------------------------------------------------

struct noted_slow_call {
    std::string driver;
    std::string member;
    std::chrono::nanoseconds took{0};
};
noted_slow_call noted; // by the platform, which has no state

struct noting_platform : manual_clock_platform {
    static void slow_driver_call(std::string_view driver,
                                 const char* member,
                                 std::chrono::nanoseconds took) noexcept {
        noted = {std::string(driver), member, took};
    }
};

struct slow_driver {
    using resource = int;
    using resource_type = int;
    using no_reset = void;
    lend::result<int> create(const int& kind) { return kind; }
    lend::rating rate(const int&, const int&, bool) {
        wait(*rate_takes);
        return 100U;
    }
    lend::health check(int&, lend::check_kind) {
        wait(*check_takes);
        return lend::health::good;
    }
    static void wait(std::chrono::nanoseconds span) {
        std::atomic<std::uint32_t> word{0};
        manual_clock_platform::park(word, 0, manual_clock::now() + span);
    }
    std::shared_ptr<std::chrono::nanoseconds> rate_takes =
        std::make_shared<std::chrono::nanoseconds>(0);
    std::shared_ptr<std::chrono::nanoseconds> check_takes =
        std::make_shared<std::chrono::nanoseconds>(0);
};

TEST(QuickCall, that_takes_longer_than_a_millisecond_is_reported_with_the_drivers_name) {
    const manual_clock clock;
    const slow_driver driver;
    auto options = manual();
    options.creation = lend::creation_mode::inline_;
    options.alive_bypass = (std::chrono::nanoseconds::max)();
    lend::pool<slow_driver, noting_platform> pool(driver, options);
    *driver.check_takes = 1ms;
    noted = {};
    (void)pool.acquire(1);
    EXPECT_EQ(noted.driver, ""); // not longer

    *driver.check_takes = 2ms;
    (void)pool.acquire(1);
    EXPECT_NE(noted.driver.find("slow_driver"), std::string::npos) << noted.driver;
    EXPECT_EQ(noted.member, "check(passive)");
    EXPECT_EQ(noted.took, 2ms);

    *driver.check_takes = 0ms;
    *driver.rate_takes = 5ms;
    (void)pool.acquire(1);
    EXPECT_EQ(noted.member, "rate");
    EXPECT_EQ(noted.took, 5ms);
}

} // namespace call_deadline_test
