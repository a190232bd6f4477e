// SPDX-License-Identifier: MIT
/// @file
/// What a predicate is told of a resource.

#include <lend/resource_info.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <type_traits>

namespace resource_info_test {

using lend::resource_info;

TEST(ResourceInfo, is_a_plain_value_that_starts_with_nothing) {
    static_assert(std::is_trivially_copyable_v<resource_info>);
    constexpr resource_info info;

    EXPECT_EQ(info.id, 0U);
    EXPECT_EQ(info.age, std::chrono::nanoseconds(0));
    EXPECT_EQ(info.idle_for, std::chrono::nanoseconds(0));
    EXPECT_EQ(info.lendings, 0U);
}

} // namespace resource_info_test
