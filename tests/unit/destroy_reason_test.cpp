// SPDX-License-Identifier: MIT
/// @file
/// The words for reasons; that each is different is tested beside the counters, in stats_test.cpp.

#include <lend/destroy_reason.hpp>

#include <gtest/gtest.h>

namespace destroy_reason_test {

TEST(DestroyReason, words_stand_at_the_place_of_their_reason) {
    EXPECT_EQ(to_string(lend::destroy_reason::expired), "expired");
    EXPECT_EQ(to_string(lend::destroy_reason::poisoned), "poisoned");
    EXPECT_EQ(to_string(lend::destroy_reason::made_room), "made_room");
    EXPECT_EQ(to_string(lend::destroy_reason::late), "late");
    EXPECT_EQ(to_string(lend::destroy_reason::closed), "closed");
}

} // namespace destroy_reason_test
