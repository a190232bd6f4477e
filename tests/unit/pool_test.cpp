// SPDX-License-Identifier: MIT
/// @file
/// What a pool asks of its driver and answers its callers, call by call. Waiting, sweeping and
/// rating have files of their own.

#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace pool_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

using plain = pool_with<recording_driver>;
using checked = pool_with<with_check<recording_driver>>;

// ---- lending ------------------------------------------------------------------------------------

TEST(Pool, acquire_makes_a_resource_when_none_is_free) {
    plain p(quiet());

    const auto a = p.pool.acquire();
    const auto b = p.pool.acquire();

    ASSERT_TRUE(a && b);
    EXPECT_EQ((*a)->number(), 1);
    EXPECT_EQ((*b)->number(), 2);
    EXPECT_EQ(p.calls->log(), "create() create()");
}

TEST(Pool, released_resource_is_reset_and_lent_again) {
    plain p(quiet());
    (void)p.pool.acquire();

    const auto again = p.pool.acquire();

    ASSERT_TRUE(again);
    EXPECT_EQ((*again)->number(), 1);
    EXPECT_EQ(p.calls->log(), "create() reset(1)");
}

TEST(Pool, number_is_the_same_for_a_resources_whole_life_and_no_other_has_it) {
    plain p(quiet());
    auto a = p.pool.acquire();
    ASSERT_TRUE(a);
    const auto first = a->id();
    a->release();
    auto same = p.pool.acquire();
    ASSERT_TRUE(same);
    EXPECT_EQ(same->id(), first);
    same->discard();

    const auto other = p.pool.acquire();

    ASSERT_TRUE(other);
    EXPECT_NE(other->id(), first);
}

TEST(Pool, resource_that_cannot_be_reset_is_destroyed_and_not_lent_again) {
    for (const bool throws : {false, true}) {
        plain p(quiet());
        throws ? p.calls->reset.then_throw() : p.calls->reset.then(hr::e_fail);
        (void)p.pool.acquire();

        const auto next = p.pool.acquire();

        ASSERT_TRUE(next);
        EXPECT_EQ((*next)->number(), 2);
        EXPECT_EQ(p.calls->log(), "create() reset(1) destroy(1) create()");
        EXPECT_EQ(p.pool.stats().closed_for(lend::destroy_reason::reset_failed), 1U);
    }
}

TEST(Pool, failure_to_create_reaches_the_caller_who_made_the_create) {
    plain p(quiet());
    p.calls->create.then(hr::e_accessdenied).then_throw();

    const auto refused = p.pool.acquire();
    const auto thrown = p.pool.try_acquire();
    const auto good = p.pool.acquire();

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), hr::e_accessdenied);
    ASSERT_FALSE(thrown);
    EXPECT_EQ(thrown.error().code(), hr::e_fail);
    EXPECT_EQ(thrown.error().text(), "told to throw");
    EXPECT_TRUE(good);
    EXPECT_EQ(p.pool.stats().create_failed, 2U);
    EXPECT_EQ(p.pool.stats().size, 1U);
}

TEST(Pool, maximum_is_reached_again_after_failed_creates) {
    plain p(quiet(2));
    p.calls->create.then(hr::e_fail, 5);
    for (int at = 0; at < 5; ++at) EXPECT_FALSE(p.pool.acquire());

    const auto a = p.pool.try_acquire();
    const auto b = p.pool.try_acquire();
    const auto c = p.pool.try_acquire();

    EXPECT_TRUE(a && b);
    EXPECT_EQ(c.code(), hr::lend_e_exhausted);
}

TEST(Pool, try_acquire_at_the_maximum_is_refused_at_once_and_says_how_the_pool_stands) {
    plain p(quiet(1));
    const auto held = p.pool.acquire();

    for (const auto& refused :
         {p.pool.try_acquire(), p.pool.try_acquire_for(0ns), p.pool.try_acquire_for(-1h)}) {
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), hr::lend_e_exhausted);
        ASSERT_NE(refused.error().snapshot(), nullptr);
        EXPECT_EQ(refused.error().snapshot()->in_use, 1U);
        EXPECT_EQ(refused.error().snapshot()->max_size, 1U);
    }
}

TEST(Pool, acquire_with_a_time_out_of_zero_does_not_wait) {
    auto options = quiet(1);
    options.acquire_timeout = 0s;
    plain p(options);
    const auto held = p.pool.acquire();

    EXPECT_EQ(p.pool.acquire().code(), hr::lend_e_exhausted);
}

// ---- checks -------------------------------------------------------------------------------------

TEST(Pool, idle_resource_is_checked_before_it_is_lent) {
    checked p(quiet());
    (void)p.pool.acquire();
    (void)p.calls->take_log();

    const auto again = p.pool.acquire();

    EXPECT_TRUE(again);
    EXPECT_EQ(p.calls->log(), "check(1)");
}

TEST(Pool, resource_that_fails_its_check_is_destroyed_and_another_is_lent) {
    for (const lend::health bad : {lend::health::broken, lend::health::backend_gone}) {
        checked p(quiet());
        (void)p.pool.acquire();
        (void)p.calls->take_log();
        p.calls->check.then(bad);

        const auto other = p.pool.acquire();

        ASSERT_TRUE(other);
        EXPECT_EQ((*other)->number(), 2);
        EXPECT_EQ(p.calls->log(), "check(1) destroy(1) create() check(2)");
        EXPECT_EQ(p.pool.stats().closed_for(lend::destroy_reason::unfit), 1U);
    }
}

TEST(Pool, check_that_throws_counts_as_broken) {
    checked p(quiet());
    (void)p.pool.acquire();
    (void)p.calls->take_log();
    p.calls->check.then_throw();

    const auto other = p.pool.acquire();

    EXPECT_TRUE(other);
    EXPECT_EQ(p.calls->log(), "check(1) destroy(1) create() check(2)");
}

// ---- by number ----------------------------------------------------------------------------------

TEST(PoolDestroy, idle_resource_is_destroyed_at_once) {
    plain p(quiet());
    auto lease = p.pool.acquire();
    ASSERT_TRUE(lease);
    const auto id = lease->id();
    lease->release();

    EXPECT_EQ(p.pool.destroy(id), hr::s_ok);
    EXPECT_EQ(p.pool.destroy(id), hr::lend_e_stale);
    EXPECT_EQ(p.calls->log(), "create() reset(1) destroy(1)");
    EXPECT_EQ(p.pool.stats().size, 0U);
}

TEST(PoolDestroy, lent_resource_is_destroyed_when_its_lease_ends) {
    plain p(quiet());
    auto lease = p.pool.acquire();
    ASSERT_TRUE(lease);

    EXPECT_EQ(p.pool.destroy(lease->id()), hr::s_false);
    EXPECT_EQ(p.pool.destroy(lease->id()), hr::s_false);
    EXPECT_EQ(p.calls->live(), 1);
    EXPECT_EQ(lease->release(), hr::s_false);

    EXPECT_EQ(p.calls->live(), 0);
    EXPECT_EQ(p.pool.stats().condemned, 1U);
}

TEST(PoolDestroy, failure_of_the_driver_is_told_and_the_resource_is_gone_all_the_same) {
    plain p(quiet());
    p.calls->destroy.then(hr::e_accessdenied).then_throw();
    for (int at = 0; at < 2; ++at) {
        auto lease = p.pool.acquire();
        ASSERT_TRUE(lease);
        const auto id = lease->id();
        lease->release();

        EXPECT_EQ(p.pool.destroy(id), hr::e_fail);
        EXPECT_EQ(p.pool.destroy(id), hr::lend_e_stale);
    }
    EXPECT_EQ(p.pool.stats().destroy_failed, 2U);
    EXPECT_EQ(p.pool.stats().size, 0U);
}

TEST(PoolDestroy, number_that_was_never_given_out_is_stale) {
    plain p(quiet());
    plain other(quiet());
    const auto foreign = other.pool.acquire();
    ASSERT_TRUE(foreign);

    for (const std::uint64_t id : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0},
                                   std::uint64_t{0x1234'5678'9ABC'DEF0}, foreign->id()}) {
        EXPECT_EQ(p.pool.destroy(id), hr::lend_e_stale) << id;
    }
    EXPECT_EQ(other.calls->live(), 1);
}

TEST(PoolDestroy, detached_resource_has_no_number_any_more) {
    plain p(quiet());
    auto lease = p.pool.acquire();
    ASSERT_TRUE(lease);
    const auto id = lease->id();
    const auto out = lease->detach();

    EXPECT_EQ(p.pool.destroy(id), hr::lend_e_stale);
    EXPECT_EQ(p.calls->log(), "create()");
}

// ---- the end ------------------------------------------------------------------------------------

TEST(PoolClose, idle_resources_are_destroyed_and_newcomers_refused) {
    plain p(quiet());
    (void)p.pool.acquire();

    EXPECT_EQ(p.pool.close(), hr::s_ok);
    EXPECT_EQ(p.pool.close(0s), hr::s_ok);

    EXPECT_EQ(p.calls->log(), "create() reset(1) destroy(1)");
    EXPECT_EQ(p.pool.acquire().code(), hr::lend_e_closed);
    EXPECT_EQ(p.pool.try_acquire().code(), hr::lend_e_closed);
    EXPECT_EQ(p.pool.destroy(1), hr::lend_e_stale);
    EXPECT_EQ(p.pool.sweep(), 0U);
    EXPECT_EQ(p.pool.stats().size, 0U);
}

TEST(PoolClose, lent_resource_is_destroyed_without_reset_when_its_lease_ends) {
    plain p(quiet());
    auto lease = p.pool.acquire();
    ASSERT_TRUE(lease);
    const auto id = lease->id();

    EXPECT_EQ(p.pool.close(), hr::s_ok);
    EXPECT_EQ(p.pool.destroy(id), hr::lend_e_closed);
    EXPECT_EQ(p.calls->log(), "create()");
    EXPECT_EQ(lease->release(), hr::s_false);

    EXPECT_EQ(p.calls->log(), "create() destroy(1)");
}

TEST(PoolClose, lease_may_outlive_its_pool_and_keeps_the_driver_alive) {
    const auto calls = std::make_shared<recording>();
    std::vector<lend::lease<recording_driver>> kept;
    {
        lend::pool<recording_driver> pool(recording_driver(calls), quiet());
        for (int at = 0; at < 3; ++at) kept.push_back(*pool.acquire());
    }
    EXPECT_EQ(calls->live(), 3);
    EXPECT_EQ(calls.use_count(), 2);

    kept[0].release();
    kept[1].discard();
    (void)kept[2].detach();

    EXPECT_EQ(calls->log(), "create() create() create() destroy(1) destroy(2)");
    EXPECT_EQ(calls.use_count(), 1);
}

TEST(Pool, moved_from_pool_is_closed_and_the_other_goes_on) {
    plain p(quiet());
    auto lease = p.pool.acquire();

    lend::pool<recording_driver> other(std::move(p.pool));

    EXPECT_EQ(p.pool.acquire().code(), hr::lend_e_closed);
    EXPECT_EQ(p.pool.destroy(1), hr::lend_e_closed);
    EXPECT_EQ(p.pool.close(), hr::s_ok);
    EXPECT_EQ(p.pool.sweep(), 0U);
    EXPECT_EQ(p.pool.stats().size, 0U);
    EXPECT_EQ(other.stats().in_use, 1U);
    lease->release();
    EXPECT_TRUE(other.acquire());
}

TEST(Pool, assignment_closes_the_pool_that_was_there) {
    plain p(quiet());
    plain q(quiet());
    (void)p.pool.acquire();
    (void)q.pool.acquire();

    p.pool = std::move(q.pool);

    EXPECT_EQ(p.calls->log(), "create() reset(1) destroy(1)");
    EXPECT_EQ(p.pool.stats().idle, 1U);
}

TEST(Pool, bad_options_are_an_error_of_make_and_an_exception_of_the_constructor) {
    const auto made = lend::pool<recording_driver>::make(
        recording_driver(std::make_shared<recording>()), quiet(0));

    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), hr::e_invalidarg);
    EXPECT_THROW((plain(quiet(0))), lend::lend_exception);
}

} // namespace pool_test
