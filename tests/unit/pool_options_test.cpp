// SPDX-License-Identifier: MIT
/// @file
/// Each option out of range is refused by name, with its value and what would be right.

#include <lend/pool_options.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace {

using namespace std::chrono_literals;
using lend::pool_options;
constexpr auto for_ever = std::chrono::nanoseconds::max();

TEST(PoolOptions, defaults_are_good) {
    const pool_options options;

    EXPECT_TRUE(options.validate());
    EXPECT_EQ(options.max_size, 16U);
    EXPECT_EQ(options.min_idle, 0U);
    EXPECT_EQ(options.acquire_timeout, 30s);
    EXPECT_EQ(options.idle_timeout, 10min);
    EXPECT_EQ(options.creation, lend::creation_mode::worker);
    EXPECT_EQ(options.housekeeping, lend::housekeeping_mode::own_thread);
    EXPECT_EQ(options.fairness, lend::fairness_mode::adaptive);
}

TEST(PoolOptions, limits_of_each_field_are_good) {
    const pool_options good[] = {
        {.max_size = 1},
        {.max_size = pool_options::largest_size},
        {.max_size = 5, .min_idle = 5},
        {.acquire_timeout = 0ns},
        {.acquire_timeout = for_ever},
        {.idle_timeout = 1ns},
        {.idle_timeout = for_ever},
    };
    for (const pool_options& each : good) EXPECT_TRUE(each.validate());
}

TEST(PoolOptions, value_out_of_range_is_refused_with_field_value_and_advice) {
    const struct {
        pool_options options;
        const char* text;
    } bad[] = {
        {{.max_size = 0}, "pool_options::max_size is 0; use 1 or more"},
        {{.max_size = 16'000'001}, "pool_options::max_size is 16000001; use at most 16000000"},
        {{.max_size = 4, .min_idle = 5},
         "pool_options::min_idle is 5; it cannot exceed max_size, which is 4"},
        {{.acquire_timeout = -1ns},
         "pool_options::acquire_timeout is -1 ns; use 0 for no waiting or a positive time"},
        {{.idle_timeout = 0ns},
         "pool_options::idle_timeout is 0 ns; use a positive time, or nanoseconds::max() for "
         "resources that stay"},
        {{.idle_timeout = -5s},
         "pool_options::idle_timeout is -5000000000 ns; use a positive time, or "
         "nanoseconds::max() for resources that stay"},
    };
    for (const auto& each : bad) {
        const auto checked = each.options.validate();

        ASSERT_FALSE(checked) << each.text;
        EXPECT_EQ(checked.error().code(), lend::hr::e_invalidarg);
        EXPECT_EQ(checked.error().text(), each.text);
    }
}

} // namespace
