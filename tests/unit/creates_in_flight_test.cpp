// SPDX-License-Identifier: MIT
/// @file
/// The queue of creates that no worker has begun: those for a type that was asked for in advance,
/// and those for whoever waits by then.

#include <lend/detail/creates_in_flight.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <optional>

namespace creates_in_flight_test {

struct slot {
    using time_point = std::chrono::steady_clock::time_point;
    using resource_type = char;
    std::optional<char> type{};
    time_point idle_since{};
    slot* next = nullptr;
};

class CreatesInFlight : public testing::Test {
protected:
    // Named and unnamed ones by turns: a - b -
    CreatesInFlight() {
        slots[0].type = 'a';
        slots[2].type = 'b';
        for (slot& each : slots) creates.queue(each, {});
    }

    std::array<slot, 4> slots{};
    lend::detail::creates_in_flight<slot> creates;
};

TEST_F(CreatesInFlight, come_out_in_the_order_in_which_they_were_queued) {
    for (slot& each : slots) EXPECT_EQ(creates.next_queued(), &each);

    EXPECT_EQ(creates.next_queued(), nullptr);
    EXPECT_TRUE(creates.empty());
}

TEST_F(CreatesInFlight, unnamed_ones_are_taken_from_between_the_named_ones) {
    EXPECT_EQ(creates.next_unnamed(), &slots[1]);
    EXPECT_EQ(creates.next_unnamed(), &slots[3]);
    EXPECT_EQ(creates.next_unnamed(), nullptr);
    EXPECT_EQ(creates.queued(), 2U);
    EXPECT_EQ(creates.named(), 2U);

    creates.queue(slots[3], {}); // behind the last one that is left
    EXPECT_EQ(creates.next_queued(), &slots[0]);
    EXPECT_EQ(creates.next_unnamed(), &slots[3]);
    EXPECT_EQ(creates.next_queued(), &slots[2]);
    EXPECT_TRUE(creates.empty());
}

} // namespace creates_in_flight_test
