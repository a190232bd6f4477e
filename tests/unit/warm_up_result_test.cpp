// SPDX-License-Identifier: MIT
/// @file
/// What a warm-up answers, as a value.

#include <lend/warm_up_result.hpp>

#include <gtest/gtest.h>

namespace warm_up_result_test {

TEST(WarmUpResult, says_nothing_before_a_warm_up) {
    const lend::warm_up_result none;

    EXPECT_EQ(none.ready, 0U);
    EXPECT_TRUE(none.errors.empty());
}

} // namespace warm_up_result_test
