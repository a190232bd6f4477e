// SPDX-License-Identifier: MIT
/// @file
/// Pool options: the defaults, each field at its limits, and refusals that name the field, the
/// value and what would be right.

#include <lend/driver.hpp>
#include <lend/pool_options.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

namespace pool_options_test {

using namespace std::chrono_literals;
using lend::pool_options;
using std::chrono::nanoseconds;
namespace hr = lend::hr;

constexpr auto largest_count = (std::numeric_limits<std::size_t>::max)();

// Default options with one thing changed.
struct row {
    std::string_view what;
    pool_options options;
    std::string refusal; // empty: accepted
};

template <class Change>
pool_options with(Change change) {
    pool_options options;
    change(options);
    return options;
}
pool_options with_sizes(std::size_t min_idle, std::size_t max_size) {
    return with([&](pool_options& o) {
        o.min_idle = min_idle;
        o.max_size = max_size;
    });
}
pool_options with_acquire_timeout(nanoseconds time) {
    return with([&](pool_options& o) { o.acquire_timeout = time; });
}
pool_options with_idle_timeout(nanoseconds time) {
    return with([&](pool_options& o) { o.idle_timeout = time; });
}

void expect_verdict(const row& r) {
    const lend::result<void> verdict = r.options.validate();

    EXPECT_EQ(verdict.has_value(), r.refusal.empty()) << r.what;
    if (verdict) return;
    EXPECT_EQ(verdict.code(), hr::e_invalidarg) << r.what;
    EXPECT_EQ(verdict.error().text(), r.refusal) << r.what;
}

TEST(PoolOptions, defaults_are_the_documented_ones) {
    const pool_options options;

    EXPECT_EQ(options.max_size, 16U);
    EXPECT_EQ(options.min_idle, 0U);
    EXPECT_EQ(options.acquire_timeout, 30s);
    EXPECT_EQ(options.idle_timeout, 10min);
    EXPECT_EQ(options.creation, lend::creation_mode::worker);
    EXPECT_EQ(options.housekeeping, lend::housekeeping_mode::own_thread);
    EXPECT_EQ(options.fairness, lend::fairness_mode::adaptive);
    EXPECT_EQ(pool_options::largest_size, 16'000'000U);
    EXPECT_EQ(options.max_per_key, 0U);
    EXPECT_EQ(options.initialisation, lend::initialisation_mode::lazy);
    EXPECT_EQ(options.pooling, lend::pooling_mode::pooled);
    EXPECT_EQ(options.order, lend::order_mode::thread_affine);
    EXPECT_EQ(options.max_waiters, pool_options::unlimited);
    EXPECT_EQ(options.start_jitter, 0s);
    EXPECT_EQ(options.queue_target, 0s);
    EXPECT_EQ(options.queue_interval, 1s);
    EXPECT_EQ(options.multiple_acquire, lend::multiple_acquire_mode::allow);
    EXPECT_EQ(options.max_parallel_creates, 0U);
    EXPECT_EQ(options.create_timeout, 30s);
    EXPECT_EQ(options.retry_min, 50ms);
    EXPECT_EQ(options.retry_max, 900ms);
    EXPECT_EQ(options.on_create_failure, lend::create_failure_mode::tell);
    EXPECT_EQ(options.max_lifetime, 30min);
    EXPECT_EQ(options.lifetime_jitter, 0.025);
    EXPECT_EQ(options.alive_bypass, 500ms);
    EXPECT_EQ(options.check_new, lend::new_check_mode::passive);
    EXPECT_EQ(options.check_timeout, 5s);
    EXPECT_EQ(options.reset_timeout, 5s);
    EXPECT_EQ(options.keep_alive, 0s);
    EXPECT_EQ(options.prune_window, 0s);
    EXPECT_EQ(options.reset_on, lend::reset_mode::release);
    EXPECT_EQ(options.destroy_on, lend::destroy_mode::caller);
    EXPECT_EQ(options.leak_after, 0s);
    EXPECT_EQ(options.leak_action, lend::leak_mode::report);
    EXPECT_FALSE(options.record_holders);
    EXPECT_TRUE(options.poison_on_unwind);
    EXPECT_EQ(options.executor, nullptr);
    EXPECT_EQ(options.observer, nullptr);
    EXPECT_EQ(options.memory, nullptr);
    EXPECT_FALSE(options.time_uses);
}

// Each field that is a time or a share, set to one nanosecond less than its least value.
TEST(PoolOptions, times_out_of_range_are_refused_by_name) {
    const std::string positive = "; use a positive time, or nanoseconds::max() for never";
    const std::string off = "; use 0 for off, or a positive time";
    const std::array rows{
        row{"per key", pool_options{.max_size = 2, .max_per_key = 3},
            "pool_options::max_per_key is 3; it cannot exceed max_size, which is 2"},
        row{"as many per key", pool_options{.max_size = 2, .max_per_key = 2}, ""},
        row{"jitter_at_start", pool_options{.start_jitter = -1ns},
            "pool_options::start_jitter is -1 ns" + off},
        row{"target", pool_options{.queue_target = -1ns},
            "pool_options::queue_target is -1 ns" + off},
        row{"interval", pool_options{.queue_interval = 0ns},
            "pool_options::queue_interval is 0 ns; use a positive time"},
        row{"retry_min", pool_options{.retry_min = 0ns},
            "pool_options::retry_min is 0 ns; use a positive time"},
        row{"retry_max", pool_options{.retry_max = 0ns},
            "pool_options::retry_max is 0 ns" + positive},
        row{"create", pool_options{.create_timeout = 0ns},
            "pool_options::create_timeout is 0 ns" + positive},
        row{"lifetime", pool_options{.max_lifetime = 0ns},
            "pool_options::max_lifetime is 0 ns" + positive},
        row{"bypass", pool_options{.alive_bypass = -1ns},
            "pool_options::alive_bypass is -1 ns; use 0 for always, or nanoseconds::max() for "
            "never"},
        row{"check", pool_options{.check_timeout = 0ns},
            "pool_options::check_timeout is 0 ns" + positive},
        row{"reset", pool_options{.reset_timeout = 0ns},
            "pool_options::reset_timeout is 0 ns" + positive},
        row{"keep alive", pool_options{.keep_alive = -1ns},
            "pool_options::keep_alive is -1 ns" + off},
        row{"prune", pool_options{.prune_window = -1ns},
            "pool_options::prune_window is -1 ns" + off},
        row{"leak", pool_options{.leak_after = -1ns}, "pool_options::leak_after is -1 ns" + off},
        row{"jitter", pool_options{.lifetime_jitter = 1.5},
            "pool_options::lifetime_jitter is 1.500000; use a share between 0 and 1"},
        row{"no jitter", pool_options{.lifetime_jitter = 0}, ""},
        row{"all jitter", pool_options{.lifetime_jitter = 1}, ""},
    };
    for (const row& r : rows) expect_verdict(r);
}

TEST(PoolOptions, jitter_that_is_no_number_is_refused) {
    const pool_options options{.lifetime_jitter = std::numeric_limits<double>::quiet_NaN()};

    EXPECT_EQ(options.validate().code(), hr::e_invalidarg);
}

TEST(PoolOptions, defaults_are_valid) { EXPECT_TRUE(pool_options{}.validate()); }

TEST(PoolOptions, every_mode_is_valid) {
    for (const auto creation : {lend::creation_mode::worker, lend::creation_mode::inline_}) {
        for (const auto housekeeping :
             {lend::housekeeping_mode::own_thread, lend::housekeeping_mode::manual}) {
            for (const auto fairness :
                 {lend::fairness_mode::adaptive, lend::fairness_mode::strict}) {
                const pool_options options{
                    .fairness = fairness, .creation = creation, .housekeeping = housekeeping};
                EXPECT_TRUE(options.validate());
            }
        }
    }
}

// What comes of a cast, or of memory that was not initialised.
TEST(FailureMode, 66_a_choice_that_is_none_is_refused_by_name) {
    const auto refused = [](auto pool_options::*field, std::string_view words) {
        pool_options options;
        options.*field = static_cast<std::remove_reference_t<decltype(options.*field)>>(200);
        expect_verdict({words, options, std::string(words)});
    };
    refused(&pool_options::initialisation,
            "pool_options::initialisation is 200; use lazy, fail_fast or fail_unless_ready");
    refused(&pool_options::pooling, "pool_options::pooling is 200; use pooled or unpooled");
    refused(&pool_options::fairness, "pool_options::fairness is 200; use adaptive or strict");
    refused(&pool_options::order, "pool_options::order is 200; use thread_affine, lifo or fifo");
    refused(&pool_options::multiple_acquire,
            "pool_options::multiple_acquire is 200; use allow, warn or refuse");
    refused(&pool_options::creation, "pool_options::creation is 200; use worker or inline_");
    refused(&pool_options::reset_on, "pool_options::reset_on is 200; use release or background");
    refused(&pool_options::destroy_on, "pool_options::destroy_on is 200; use caller or background");
    refused(&pool_options::on_create_failure,
            "pool_options::on_create_failure is 200; use tell or wait");
    refused(&pool_options::leak_action, "pool_options::leak_action is 200; use report or reclaim");
    refused(&pool_options::housekeeping,
            "pool_options::housekeeping is 200; use own_thread or manual");
}

TEST(PoolOptions, every_choice_has_a_word_and_what_is_none_is_unknown) {
    EXPECT_EQ(to_string(lend::order_mode::fifo), "fifo");
    EXPECT_EQ(to_string(lend::pause_mode::fail), "fail");
    EXPECT_EQ(to_string(lend::creation_mode::inline_), "inline_");
    EXPECT_EQ(to_string(static_cast<lend::order_mode>(3)), "unknown");
    EXPECT_EQ(to_string(lend::health::backend_gone), "backend_gone");
    EXPECT_EQ(to_string(lend::check_kind::active), "active");
}

TEST(PoolOptions, max_size_is_1_to_16_million) {
    const std::array rows{
        row{"none", with_sizes(0, 0), "pool_options::max_size is 0; use 1 or more"},
        row{"one", with_sizes(0, 1), ""},
        row{"largest", with_sizes(0, pool_options::largest_size), ""},
        row{"one more", with_sizes(0, pool_options::largest_size + 1),
            "pool_options::max_size is 16000001; use at most 16000000"},
    };
    for (const row& r : rows) expect_verdict(r);
}

TEST(PoolOptions, max_size_below_zero_is_refused_as_too_large) {
    const lend::result<void> verdict = with_sizes(0, largest_count).validate();

    ASSERT_FALSE(verdict);
    EXPECT_TRUE(verdict.error().text().starts_with("pool_options::max_size is "))
        << verdict.error();
}

TEST(PoolOptions, min_idle_is_0_to_max_size) {
    const std::array rows{
        row{"none", with_sizes(0, 4), ""},
        row{"all", with_sizes(4, 4), ""},
        row{"the only one", with_sizes(1, 1), ""},
        row{"all of the largest",
            with_sizes(pool_options::largest_size, pool_options::largest_size), ""},
        row{"one more", with_sizes(5, 4),
            "pool_options::min_idle is 5; it cannot exceed max_size, which is 4"},
    };
    for (const row& r : rows) expect_verdict(r);
}

TEST(PoolOptions, acquire_timeout_is_not_negative) {
    const std::array rows{
        row{"not at all", with_acquire_timeout(0ns), ""},
        row{"shortest", with_acquire_timeout(1ns), ""},
        row{"for ever", with_acquire_timeout((nanoseconds::max)()), ""},
        row{"negative", with_acquire_timeout(-1ns),
            "pool_options::acquire_timeout is -1 ns; use 0 for no waiting or a positive time"},
        row{"lowest", with_acquire_timeout((nanoseconds::min)()),
            "pool_options::acquire_timeout is -9223372036854775808 ns; use 0 for no waiting or a "
            "positive time"},
    };
    for (const row& r : rows) expect_verdict(r);
}

TEST(PoolOptions, idle_timeout_is_positive) {
    constexpr std::string_view advice =
        "pool_options::idle_timeout is 0 ns; use a positive time, or nanoseconds::max() for "
        "resources that stay";
    const std::array rows{
        row{"shortest", with_idle_timeout(1ns), ""},
        row{"for ever", with_idle_timeout((nanoseconds::max)()), ""},
        row{"none", with_idle_timeout(0ns), std::string(advice)},
        row{"negative", with_idle_timeout(-5ms),
            "pool_options::idle_timeout is -5000000 ns; use a positive time, or "
            "nanoseconds::max() for resources that stay"},
    };
    for (const row& r : rows) expect_verdict(r);
}

TEST(PoolOptions, first_wrong_field_is_the_one_that_is_named) {
    pool_options options = with_sizes(5, 0);
    options.acquire_timeout = -1ns;
    options.idle_timeout = 0ns;
    const auto named = [&](std::string_view field) {
        const lend::result<void> verdict = options.validate();
        return !verdict && verdict.error().text().starts_with(field);
    };

    EXPECT_TRUE(named("pool_options::max_size "));
    options.max_size = 4;
    EXPECT_TRUE(named("pool_options::min_idle "));
    options.min_idle = 4;
    EXPECT_TRUE(named("pool_options::acquire_timeout "));
    options.acquire_timeout = 0ns;
    EXPECT_TRUE(named("pool_options::idle_timeout "));
    options.idle_timeout = 1ns;
    EXPECT_TRUE(options.validate());
}

} // namespace pool_options_test
