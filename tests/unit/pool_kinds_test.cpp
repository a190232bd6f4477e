// SPDX-License-Identifier: MIT
/// @file
/// Pools whose resources are of several kinds: what is told to those who ask for a kind that cannot
/// be had, and what makes room.

#include "support/quiet_pool.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
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

TEST(FailureMode, 71_room_is_made_by_the_kind_that_has_not_been_used_for_longest) {
    kinds_pool pool(kinds_driver{}, with_room_for(3));
    for (const char* const kind : {"a", "b", "c", "a"}) (void)pool.acquire(kind);

    EXPECT_TRUE(pool.acquire("d"));

    const auto b = pool.try_acquire("b"); // is made again, in the place of c
    EXPECT_EQ(pool.stats().created, 5U);
    EXPECT_TRUE(pool.try_acquire("a"));
    EXPECT_EQ(pool.stats().created, 5U);
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

// Compared under the pool's lock, in calls that cannot fail: there is nobody to throw to.
TEST(FailureMode, 67_a_comparison_of_kinds_that_throws_ends_no_program) {
    struct fickle {
        int kind = 0;
        bool* throws = nullptr;
        bool operator==(const fickle& other) const {
            if (*throws) throw std::runtime_error("not now");
            return kind == other.kind;
        }
    };
    struct fickle_driver {
        using resource = int;
        using resource_type = fickle;
        using no_reset = void;
        lend::result<int> create(const fickle& type) {
            ++*made;
            return type.kind;
        }
        std::shared_ptr<int> made = std::make_shared<int>(0);
    };
    bool throws = false;
    fickle_driver driver;
    lend::pool<fickle_driver> pool(driver, lend_test::quiet(2));
    { const auto first = pool.acquire(fickle{1, &throws}); }
    EXPECT_EQ(*driver.made, 1);

    throws = true;
    { // not known to be the same: another one is made
        const auto second = pool.acquire(fickle{1, &throws});
        ASSERT_TRUE(second);
        EXPECT_EQ(*driver.made, 2);
        EXPECT_EQ(pool.try_acquire_for(fickle{1, &throws}, std::chrono::nanoseconds(0)).code(),
                  lend::hr::s_ok)
            << "what can serve nobody makes room";
    }
    throws = false;

    EXPECT_TRUE(pool.acquire(fickle{1, &throws}));
    EXPECT_EQ(pool.stats().size, 2U);
}

// Kinds that fit into a word: a thread finds its last resource without the lock.
struct numbers_driver {
    using resource = int;
    using resource_type = int;
    using no_reset = void;
    static lend::result<int> create(const int& kind) { return kind; }
};

TEST(PoolKinds, lease_that_another_thread_acquired_is_remembered_as_what_it_is) {
    lend::pool<numbers_driver> pool(numbers_driver{}, with_room_for(2));
    (void)pool.acquire(1); // in the first place
    pool.clear();
    lend::lease<numbers_driver> other;
    std::thread([&] { other = pool.acquire(2).value(); }).join(); // in the same place
    (void)other.release();

    const auto one = pool.acquire(1), two = pool.acquire(2);

    ASSERT_TRUE(one && two);
    EXPECT_EQ(**one, 1);
    EXPECT_EQ(**two, 2);
    EXPECT_EQ(pool.stats().created, 3U);
}

} // namespace pool_kinds_test
