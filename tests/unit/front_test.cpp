// SPDX-License-Identifier: MIT
/// @file
/// The place for what came back last, in one thread: who takes it back is told whether it is still
/// there, and each putting away has an order of its own. What threads make of it is in
/// concurrency/front_mc.cpp.

#include "support/manual_platform.hpp"

#include <lend/detail/front.hpp>

#include <gtest/gtest.h>

#include <cstdint>

namespace front_test {

struct alignas(64) slot {
    struct {
        std::uint64_t freed_order = 0;
    } place;
};

class Front : public testing::Test {
protected:
    slot one;
    slot two;
    lend::detail::front<slot, lend_test::manual_platform> front;
};

TEST_F(Front, holds_one_which_is_taken_once) {
    EXPECT_NE(front.put(one), 0U);
    EXPECT_EQ(front.put(two), 0U);

    EXPECT_EQ(front.take(), &one);
    EXPECT_EQ(front.take(), nullptr);
}

TEST_F(Front, gives_back_what_is_still_there_since_it_was_put) {
    const std::uint64_t order = front.put(one);

    EXPECT_FALSE(front.take_back(two, order));
    EXPECT_TRUE(front.take_back(one, order));
    EXPECT_FALSE(front.take_back(one, order));
}

TEST_F(Front, gives_nothing_back_that_was_taken_and_put_there_again) {
    const std::uint64_t first = front.put(one);
    ASSERT_EQ(front.take(), &one);
    const std::uint64_t second = front.put(one);

    EXPECT_FALSE(front.take_back(one, first));
    EXPECT_TRUE(front.take_back(one, second));
}

TEST_F(Front, begins_the_count_anew_and_goes_on_with_the_order) {
    std::uint64_t last = 0;
    for (int at = 0; at < 100; ++at) {
        std::uint64_t order = front.put(one);
        if (order == 0) { // the count is used up
            front.renew();
            order = front.put(one);
        }
        EXPECT_GT(order, last);
        last = order;
        ASSERT_EQ(front.take(), &one);
    }
}

} // namespace front_test
