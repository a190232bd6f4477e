// SPDX-License-Identifier: MIT
/// @file
/// A pool that keeps nothing: the same calls, leases and metrics, a new resource for each.

#include "support/manual_clock_platform.hpp"
#include "support/other_thread.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>

namespace pool_unpooled_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

using plain = pool_with<recording_driver>;
using timed = pool_with<recording_driver, manual_clock_platform>;

lend::pool_options unpooled(std::size_t max_size) {
    auto options = quiet(max_size);
    options.pooling = lend::pooling_mode::unpooled;
    return options;
}

TEST(FailureMode, 45_unpooled_pool_makes_a_resource_for_each_lease_and_destroys_it) {
    plain p(unpooled(2));

    auto one = p.pool.acquire();
    EXPECT_EQ(one->release(), hr::s_false);
    { const auto two = p.pool.acquire(); }

    EXPECT_EQ(p.calls->log(), "create() destroy(1) create() destroy(2)"); // no reset: for whom
    const lend::pool_stats s = p.pool.stats();
    EXPECT_EQ(s.size, 0U);
    EXPECT_EQ(s.acquired, 2U);
    EXPECT_EQ(s.created, 2U);
    EXPECT_EQ(s.closed_for(lend::destroy_reason::unpooled), 2U);
}

TEST(FailureMode, 45_unpooled_pool_keeps_its_maximum_and_its_queue) {
    const manual_clock clock;
    for (const auto creation : {lend::creation_mode::inline_, lend::creation_mode::worker}) {
        auto options = unpooled(1);
        options.creation = creation;
        timed p(options);
        auto held = p.pool.acquire();
        EXPECT_EQ(p.pool.try_acquire().code(), hr::lend_e_exhausted);
        lend::hresult code = hr::e_unexpected;
        const other_thread waits([&] { code = p.pool.acquire().code(); });

        (void)held->release();

        EXPECT_TRUE(waits.done());
        EXPECT_EQ(code, hr::s_ok);
        EXPECT_EQ(p.calls->log(), "create() destroy(1) create() destroy(2)");
    }
}

TEST(PoolUnpooled, what_is_made_for_a_waiter_who_has_left_is_not_kept) {
    const manual_clock clock;
    auto options = unpooled(2);
    options.initialisation = lend::initialisation_mode::fail_fast;
    timed p(options); // made one to see whether it can

    EXPECT_EQ(p.calls->log(), "create() destroy(1)");
    EXPECT_EQ(p.pool.warm_up(2, 1s).ready, 0U);
    EXPECT_EQ(p.pool.stats().created, 1U);
}

// Pauses the pool in the middle of a create.
struct pausing_driver : recording_driver {
    using recording_driver::recording_driver;
    lend::result<numbered> create() {
        if (in_create) in_create();
        return recording_driver::create();
    }
    std::function<void()> in_create{};
};

TEST(PoolUnpooled, what_was_being_made_at_a_pause_is_not_kept) {
    const manual_clock clock;
    for (const auto creation : {lend::creation_mode::inline_, lend::creation_mode::worker}) {
        auto options = unpooled(1);
        options.creation = creation;
        pool_with<pausing_driver, manual_clock_platform> p(options);
        p.pool.driver().in_create = [&] {
            p.pool.pause(lend::pause_mode::block);
            p.pool.driver().in_create = nullptr;
        };
        lend::hresult code = hr::e_unexpected;
        const other_thread waits([&] { code = p.pool.acquire().code(); });

        EXPECT_FALSE(waits.done());
        EXPECT_EQ(p.calls->take_log(), "create() destroy(1)");
        EXPECT_EQ(p.pool.stats().closed_for(lend::destroy_reason::unpooled), 1U);
        p.pool.resume();

        EXPECT_TRUE(waits.done());
        EXPECT_EQ(code, hr::s_ok);
        EXPECT_EQ(p.calls->log(), "create() destroy(2)");
    }
}

TEST(PoolUnpooled, keeps_nothing_ready) {
    auto options = unpooled(2);
    options.min_idle = 1;
    const auto refused = lend::pool<recording_driver>::make(
        recording_driver(std::make_shared<recording>()), options);

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().text(),
              "pool_options::min_idle is 1; use 0: an unpooled pool keeps nothing ready");
    plain p(unpooled(2));
    EXPECT_EQ(p.pool.resize(2, 1).code(), hr::e_invalidarg);
}

} // namespace pool_unpooled_test
