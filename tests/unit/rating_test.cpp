// SPDX-License-Identifier: MIT
/// @file
/// The small types with which a driver answers.

#include <lend/rating.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <type_traits>

namespace rating_test {

namespace hr = lend::hr;

TEST(Rating, is_unusable_by_default_and_ordered) {
    static_assert(lend::rating{} == lend::rating(lend::rating::unusable));
    static_assert(lend::rating(1) > lend::rating(lend::rating::unusable));
    static_assert(lend::rating(99) < lend::rating(lend::rating::perfect));
    static_assert(std::is_convertible_v<std::uint32_t, lend::rating>);

    EXPECT_EQ(lend::rating::unusable, 0U);
    EXPECT_EQ(lend::rating::perfect, 100U);
    EXPECT_EQ(lend::rating(7).value, 7U);
}

TEST(TransactionId, is_none_by_default_and_only_then_false) {
    static_assert(!lend::transaction_id{});
    static_assert(static_cast<bool>(lend::transaction_id{1}));
    static_assert(lend::transaction_id{1} != lend::transaction_id{2});
    static_assert(lend::transaction_id{1} < lend::transaction_id{2});
    static_assert(sizeof(lend::transaction_id) == sizeof(void*));
    static_assert(!std::is_convertible_v<lend::transaction_id, bool>);
}

TEST(Enlistment, is_made_from_a_code_and_is_enlisted_by_default) {
    EXPECT_EQ(lend::enlistment{}.code, hr::s_ok);
    EXPECT_EQ(lend::enlistment(hr::e_fail).code, hr::e_fail);
    EXPECT_EQ(lend::enlistment::enlisted, hr::s_ok);
    EXPECT_EQ(lend::enlistment::not_transactional, hr::s_false);
}

TEST(Rating, higher_is_better) {
    EXPECT_LT(lend::rating(1), lend::rating(2));
    EXPECT_GT(lend::rating(lend::rating::perfect), lend::rating(lend::rating::unusable));
    EXPECT_EQ(lend::rating(3), lend::rating(3));
    EXPECT_NE(lend::rating(3), lend::rating(4));
}

} // namespace rating_test
