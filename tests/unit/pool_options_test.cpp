// SPDX-License-Identifier: MIT
/// @file
/// Pool options: the defaults, each field at its limits, and refusals that name the field, the
/// value and what would be right.

#include <lend/pool_options.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <limits>
#include <string_view>

namespace {

using namespace std::chrono_literals;
using lend::pool_options;
using std::chrono::nanoseconds;
namespace hr = lend::hr;

constexpr auto largest_count = (std::numeric_limits<std::size_t>::max)();

// Default options with one thing changed.
struct row {
    std::string_view what;
    pool_options options;
    std::string_view refusal; // empty: accepted
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
    constexpr pool_options options;

    EXPECT_EQ(options.max_size, 16U);
    EXPECT_EQ(options.min_idle, 0U);
    EXPECT_EQ(options.acquire_timeout, 30s);
    EXPECT_EQ(options.idle_timeout, 10min);
    EXPECT_EQ(options.creation, lend::creation_mode::worker);
    EXPECT_EQ(options.housekeeping, lend::housekeeping_mode::own_thread);
    EXPECT_EQ(options.fairness, lend::fairness_mode::adaptive);
    EXPECT_EQ(pool_options::largest_size, 16'000'000U);
}

TEST(PoolOptions, defaults_are_valid) { EXPECT_TRUE(pool_options{}.validate()); }

TEST(PoolOptions, every_mode_is_valid) {
    for (const auto creation : {lend::creation_mode::worker, lend::creation_mode::inline_}) {
        for (const auto housekeeping :
             {lend::housekeeping_mode::own_thread, lend::housekeeping_mode::manual}) {
            for (const auto fairness :
                 {lend::fairness_mode::adaptive, lend::fairness_mode::strict}) {
                const pool_options options{
                    .creation = creation, .housekeeping = housekeeping, .fairness = fairness};
                EXPECT_TRUE(options.validate());
            }
        }
    }
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
        row{"none", with_idle_timeout(0ns), advice},
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

} // namespace
