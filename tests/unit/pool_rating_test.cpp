// SPDX-License-Identifier: MIT
/// @file
/// Which of several free resources is lent, where the driver rates them.

#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <utility>

namespace pool_rating_test {

using namespace lend_test;
namespace hr = lend::hr;

using rated = pool_with<typed_recording_driver>;

TEST(PoolRating, perfect_candidate_ends_the_search) {
    rated p(quiet());
    {
        const auto one = p.pool.acquire('a');
        const auto two = p.pool.acquire('a');
    }
    (void)p.calls->take_log();

    const auto got = p.pool.try_acquire('a');

    ASSERT_TRUE(got);
    EXPECT_EQ(p.calls->log(), "rate(a,1)");
}

TEST(PoolRating, best_candidate_is_lent_and_the_others_stay) {
    rated p(quiet());
    {
        const auto one = p.pool.acquire('a');
        const auto two = p.pool.acquire('a');
        const auto three = p.pool.acquire('a');
    }
    (void)p.calls->take_log();
    p.calls->rate.then(10U).then(90U).then(50U);

    const auto got = p.pool.try_acquire('a');

    ASSERT_TRUE(got);
    EXPECT_EQ(p.calls->log(), "rate(a,1) rate(a,2) rate(a,3)");
    EXPECT_EQ((*got)->number(), 2);
    EXPECT_EQ(p.pool.stats().idle, 2U);
}

TEST(PoolRating, candidate_rated_zero_is_never_lent) {
    rated p(quiet());
    (void)p.pool.acquire('a');
    (void)p.calls->take_log();

    const auto got = p.pool.try_acquire('b');

    ASSERT_TRUE(got);
    EXPECT_EQ((*got)->type(), 'b');
    EXPECT_EQ(p.calls->live(), 2);
}

TEST(PoolRating, candidate_that_cannot_be_rated_is_destroyed) {
    for (const bool throws : {false, true}) {
        rated p(quiet());
        (void)p.pool.acquire('a');
        (void)p.calls->take_log();
        throws ? p.calls->rate.then_throw() : p.calls->rate.then(101U);

        const auto got = p.pool.try_acquire('a');

        ASSERT_TRUE(got);
        EXPECT_EQ((*got)->number(), 2);
        EXPECT_EQ(p.calls->log(), "rate(a,1) destroy(1) create(a)");
    }
}

TEST(PoolRating, at_the_maximum_an_unusable_one_makes_room) {
    rated p(quiet(1));
    (void)p.pool.acquire('a');
    (void)p.calls->take_log();

    const auto b = p.pool.try_acquire('b');
    ASSERT_TRUE(b);
    EXPECT_EQ(p.calls->log(), "rate(b,1) destroy(1) create(b)");
    EXPECT_EQ(p.pool.try_acquire('a').code(), hr::lend_e_exhausted);
}

} // namespace pool_rating_test
