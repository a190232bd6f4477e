// SPDX-License-Identifier: MIT
/// @file
/// Pools whose resources are of several kinds: what is told to those who ask for a kind that cannot
/// be had, and what makes room.

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

namespace pool_kinds_test {

// Makes resources named like their kind; the kind "dead" cannot be made.
struct kinds_driver {
    using resource = std::string;
    using resource_type = std::string;
    using no_reset = void;

    static lend::result<std::string> create(const std::string& kind) {
        if (kind == "dead") return lend::error(lend::hr::e_fail, "no such host", 7);
        return kind;
    }
};

using kinds_pool = lend::pool<kinds_driver>;

lend::pool_options with_room_for(std::size_t count) {
    lend::pool_options options;
    options.max_size = count;
    options.housekeeping = lend::housekeeping_mode::manual;
    return options;
}

TEST(PoolKinds, a_kind_that_cannot_be_made_is_refused_at_once_although_others_exist) {
    kinds_pool pool(kinds_driver{}, with_room_for(3));
    const auto other = pool.acquire("alive");

    const auto refused = pool.acquire("dead"); // would otherwise wait for 30 s

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), lend::hr::e_fail);
    EXPECT_EQ(refused.error().text(), "no such host");
    EXPECT_EQ(refused.error().driver_code(), 7);
}

TEST(PoolKinds, an_idle_resource_of_another_kind_makes_room_at_the_maximum) {
    kinds_pool pool(kinds_driver{}, with_room_for(1));
    (void)pool.acquire("a");

    const auto b = pool.acquire("b");

    ASSERT_TRUE(b);
    EXPECT_EQ(**b, "b");
    EXPECT_EQ(pool.stats().destroyed, 1U);
    EXPECT_EQ(pool.stats().size, 1U);
}

TEST(PoolKinds, a_lent_resource_of_another_kind_makes_no_room) {
    kinds_pool pool(kinds_driver{}, with_room_for(1));
    const auto a = pool.acquire("a");

    const auto b = pool.try_acquire("b");

    ASSERT_FALSE(b);
    EXPECT_EQ(b.error().code(), lend::hr::lend_e_exhausted);
}

TEST(PoolKinds, the_threads_last_resource_is_not_lent_for_another_kind) {
    kinds_pool pool(kinds_driver{}, with_room_for(2));
    (void)pool.acquire("a");

    const auto b = pool.acquire("b");
    const auto a = pool.acquire("a");

    ASSERT_TRUE(a && b);
    EXPECT_EQ(**a, "a");
    EXPECT_EQ(**b, "b");
    EXPECT_EQ(pool.stats().created, 2U);
}

} // namespace pool_kinds_test
