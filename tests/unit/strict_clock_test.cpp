// SPDX-License-Identifier: MIT
/// @file
/// Times at both ends of their range, in every option and every call that takes one: nothing
/// overflows, which the undefined-behaviour sanitizer sees, and a time that is out of reach behaves
/// like one that is only far away. That the file compiles says that no header adds or subtracts
/// moments but by detail/later.hpp.

#include "support/strict_clock_platform.hpp"

#include <lend/com/basic_holder.hpp>
#include <lend/detail/later.hpp>
#include <lend/keyed_pool.hpp>
#include <lend/pool.hpp>
#include <lend/testing.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace strict_clock_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;
using lend::pool_options;
using std::chrono::nanoseconds;

constexpr nanoseconds longest = (nanoseconds::max)();
constexpr nanoseconds lowest = (nanoseconds::min)();
constexpr strict_time last = (strict_time::max)();
constexpr strict_time first = (strict_time::min)();

// ---- the sums ---------------------------------------------------------------------------------

TEST(Later, saturates_at_both_ends) {
    using lend::detail::later;

    EXPECT_EQ(later(strict_time(5ns), 3ns), strict_time(8ns));
    EXPECT_EQ(later(strict_time(5ns), -8ns), strict_time(-3ns));
    EXPECT_EQ(later(strict_time(1ns), longest - 1ns), last);
    EXPECT_EQ(later(strict_time(2ns), longest - 1ns), last);
    EXPECT_EQ(later(last, 1ns), last);
    EXPECT_EQ(later(first, -1ns), first);
    EXPECT_EQ(later(strict_time(-2ns), lowest), first);
    EXPECT_EQ(later(first, longest), last) << "the longest span is for ever, wherever it begins";
    EXPECT_EQ(later(first, longest - 1ns), strict_time(-2ns));
}

TEST(Later, differences_and_spans_saturate) {
    using lend::detail::between;
    using lend::detail::together;

    EXPECT_EQ(between(strict_time(5ns), strict_time(3ns)), -2ns);
    EXPECT_EQ(between(first, last), longest);
    EXPECT_EQ(between(last, first), lowest);
    EXPECT_EQ(between(first, strict_time{}), longest);
    EXPECT_EQ(between(strict_time{}, first), lowest);
    EXPECT_EQ(together(longest, 1ns), longest);
    EXPECT_EQ(together(lowest, -1ns), lowest);
    EXPECT_EQ(together(2ns, 3ns), 5ns);
}

// ---- the options ------------------------------------------------------------------------------

// What the driver answers when it is asked for an idle limit.
struct idle_limits {
    static nanoseconds& current() {
        static nanoseconds limit = 10min;
        return limit;
    }
};

struct driver {
    using resource = int;
    static lend::result<int> create() { return 1; }
    static lend::hresult reset(int&) { return hr::s_ok; }
    static lend::health check(int&, lend::check_kind) { return lend::health::good; }
    static nanoseconds idle_limit(const int&) { return idle_limits::current(); }
};
using pool_type = lend::pool<driver, strict_clock_platform>;

// One of the options that are times, by name.
struct field {
    const char* name;
    nanoseconds pool_options::*place;
    nanoseconds least;
};
constexpr std::array fields{
    field{"start_jitter", &pool_options::start_jitter, 0ns},
    field{"acquire_timeout", &pool_options::acquire_timeout, 0ns},
    field{"queue_target", &pool_options::queue_target, 0ns},
    field{"queue_interval", &pool_options::queue_interval, 1ns},
    field{"create_timeout", &pool_options::create_timeout, 1s},
    field{"idle_timeout", &pool_options::idle_timeout, 1ns},
    field{"max_lifetime", &pool_options::max_lifetime, 1ns},
    field{"alive_bypass", &pool_options::alive_bypass, 0ns},
    field{"keep_alive", &pool_options::keep_alive, 0ns},
    field{"prune_window", &pool_options::prune_window, 0ns},
    field{"leak_after", &pool_options::leak_after, 0ns},
};

pool_options usual() {
    pool_options options;
    options.max_size = 2;
    options.time_uses = true;
    options.record_holders = true;
    return options;
}

// Whatever a caller may do, with the times that are free for it to choose at their ends.
void use(const pool_options& options) {
    auto made = pool_type::make(driver{}, options);
    ASSERT_TRUE(made) << made.error();
    pool_type& pool = *made;
    (void)pool.warm_up(1, 2ms);
    {
        const auto one = pool.try_acquire_for(longest);
        ASSERT_TRUE(one) << one.error();
        const auto two = pool.try_acquire_for(longest - 1ns);
        ASSERT_TRUE(two) << two.error();
        for (const nanoseconds span : {lowest, -1ns, 0ns, 1ns}) {
            const auto three = pool.try_acquire_for(span);
            EXPECT_FALSE(three);
        }
        EXPECT_FALSE(pool.try_acquire_until(first));
        manual_clock::advance(2ms);
        (void)pool.holders();
    }
    for (const strict_time now : {strict_clock::now(), first, strict_clock::now(), last, first})
        (void)pool.sweep(now);
    (void)pool.clear_over(1ns);
    (void)pool.clear_over(longest);
    (void)pool.clear_over(lowest);
    manual_clock::advance(2ms);
    EXPECT_TRUE(pool.try_acquire_until(last));
    (void)pool.retain([](const int&, const lend::resource_info&) { return true; });
    (void)pool.timings();
    EXPECT_EQ(pool.stats().shed, 0U);
    EXPECT_EQ(pool.drain(longest - 1ns).closed, hr::s_ok);
    EXPECT_EQ(pool.close(lowest), hr::s_ok);
}

TEST(FailureMode, 65_each_option_may_be_at_its_ends) {
    for (const field& f : fields) {
        for (const nanoseconds value : {f.least, f.least + 1ms, longest - 1ns, longest}) {
            SCOPED_TRACE(std::string(f.name) + " = " + std::to_string(value.count()));
            const manual_clock clock;
            pool_options options = usual();
            options.*f.place = value;
            use(options);
        }
    }
}

TEST(StrictClock, all_options_at_their_ends) {
    for (const nanoseconds value : {longest - 1ns, longest}) {
        for (const double jitter : {0.0, 0.5, 1.0}) {
            SCOPED_TRACE(value.count());
            const manual_clock clock;
            pool_options options = usual();
            for (const field& f : fields) options.*f.place = value;
            options.start_jitter = 0ns;
            options.min_idle = 1;
            options.lifetime_jitter = jitter;
            use(options);
        }
    }
}

TEST(StrictClock, counts_at_their_ends) {
    constexpr auto most = (std::numeric_limits<std::size_t>::max)();
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, most - 1, most}) {
        const manual_clock clock;
        pool_options options = usual();
        options.max_waiters = count;
        options.max_parallel_creates = count;
        use(options);
        pool_type pool(driver{}, options);
        EXPECT_EQ(pool.warm_up(most, 1s).ready, 2U);
    }
}

TEST(StrictClock, idle_limits_of_a_driver_at_their_ends) {
    for (const nanoseconds limit : {lowest, -1ns, 0ns, 1ns, longest - 1ns, longest}) {
        SCOPED_TRACE(limit.count());
        const manual_clock clock;
        idle_limits::current() = limit;
        use(usual());
    }
    idle_limits::current() = 10min;
}

// ---- what came of an overflow -----------------------------------------------------------------

TEST(FailureMode, 65_an_interval_without_end_sheds_nobody) {
    for (const nanoseconds interval : {longest - 1ns, longest}) {
        const manual_clock clock;
        pool_options options = usual();
        options.max_size = 1;
        options.queue_target = 1ns;
        options.queue_interval = interval;
        options.fairness = lend::fairness_mode::strict;
        pool_type pool(driver{}, options);
        auto held = pool.acquire();
        ASSERT_TRUE(held);
        std::vector<lend::hresult> codes;
        const auto take_turn = [&](lend::result<pool_type::lease_type> got) {
            codes.push_back(got.code());
            if (got) held = std::move(got);
        };
        for (int caller = 0; caller < 5; ++caller) pool.acquire_async({}, take_turn);
        for (int turn = 0; turn < 5; ++turn) {
            manual_clock::advance(1s);
            (void)std::exchange(held, hr::e_unexpected)->release();
        }
        EXPECT_EQ(codes, std::vector<lend::hresult>(5, hr::s_ok));
    }
}

TEST(StrictClock, a_sweep_for_the_end_of_time_does_not_keep_what_is_idle_for_ever) {
    const manual_clock clock;
    pool_options options = usual();
    options.housekeeping = lend::housekeeping_mode::manual;
    options.max_lifetime = longest;
    idle_limits::current() = 10s;
    pool_type pool(driver{}, options);
    { const auto held = pool.acquire(); }
    EXPECT_EQ(pool.sweep(last), 0U) << "seen idle for the first time";
    EXPECT_EQ(pool.sweep(strict_time(0ns)), 0U);
    EXPECT_EQ(pool.sweep(strict_time(10s - 1ns)), 0U);
    EXPECT_EQ(pool.sweep(strict_time(10s)), 1U);
    idle_limits::current() = 10min;
}

// ---- the rest of what has a clock -------------------------------------------------------------

struct keyed_driver {
    using resource = int;
    using key_type = int;
    static lend::result<int> create(int key) { return key; }
    static lend::hresult reset(int&) { return hr::s_ok; }
};

TEST(StrictClock, keyed_pool_at_the_ends_of_time) {
    const manual_clock clock;
    pool_options options = usual();
    options.max_per_key = 1;
    lend::keyed_pool<int, keyed_driver, strict_clock_platform> pool(keyed_driver{}, options);
    {
        const auto held = pool.try_acquire_for(1, longest);
        ASSERT_TRUE(held);
        EXPECT_FALSE(pool.try_acquire_for(1, lowest));
    }
    (void)pool.whole().sweep(first);
    (void)pool.whole().sweep(last);
    EXPECT_TRUE(pool.try_acquire_until(1, last));
}

TEST(StrictClock, fault_plan_sleeps_for_ever_and_is_released) {
    const manual_clock clock;
    using plan_type = lend::testing::fault_plan<strict_clock_platform>;
    plan_type plan;
    plan.delay_time = 1s;
    plan.at(lend::testing::call::create, 1, lend::testing::fault::delay);
    const strict_time before = strict_clock::now();
    { const plan_type::visit call(plan, lend::testing::call::create); }
    EXPECT_EQ(lend::detail::between(before, strict_clock::now()), 1s);
}

} // namespace strict_clock_test
