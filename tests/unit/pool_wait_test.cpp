// SPDX-License-Identifier: MIT
/// @file
/// Waiting for a resource: deadlines, hand-over, close, and creates by workers. The clock is moved
/// by hand, or moves when everybody waits.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

namespace pool_wait_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

using timed = pool_with<recording_driver, manual_clock_platform>;

TEST(PoolWait, time_out_comes_exactly_at_the_deadline_and_says_why) {
    const manual_clock clock;
    auto options = quiet(1);
    options.acquire_timeout = 3s;
    timed p(options);
    const auto held = p.pool.acquire();
    const auto begun = clock.now();

    const auto late = p.pool.acquire();

    EXPECT_EQ(clock.now() - begun, 3s);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), hr::lend_e_timed_out);
    EXPECT_EQ(late.error().waited(), 3s);
    ASSERT_NE(late.error().snapshot(), nullptr);
    EXPECT_EQ(late.error().snapshot()->waiting, 1U);
    EXPECT_EQ(p.pool.stats().timed_out, 1U);
    EXPECT_EQ(p.pool.stats().waited, 1U);
}

TEST(PoolWait, each_way_to_name_a_deadline_is_kept) {
    const manual_clock clock;
    timed p(quiet(1));
    const auto held = p.pool.acquire();
    const auto begun = clock.now();

    EXPECT_EQ(p.pool.try_acquire_for(1s).code(), hr::lend_e_timed_out);
    EXPECT_EQ(clock.now() - begun, 1s);
    EXPECT_EQ(p.pool.try_acquire_until(begun + 5s).code(), hr::lend_e_timed_out);
    EXPECT_EQ(clock.now() - begun, 5s);
    EXPECT_EQ(p.pool.try_acquire_until(begun).code(), hr::lend_e_timed_out);
    EXPECT_EQ(clock.now() - begun, 5s);
}

TEST(PoolWait, returned_resource_goes_to_the_one_who_waits) {
    const manual_clock clock;
    for (const auto fairness : {lend::fairness_mode::adaptive, lend::fairness_mode::strict}) {
        auto options = quiet(1);
        options.fairness = fairness;
        timed p(options);
        auto held = p.pool.acquire();
        ASSERT_TRUE(held);
        struct share {
            timed* with;
            std::optional<lend::hresult> code;
        } got{&p, {}};
        ASSERT_TRUE(manual_clock_platform::start_thread(
            "waiter",
            [](void* raw) {
                auto& mine = *static_cast<share*>(raw);
                mine.code = mine.with->pool.acquire().code();
            },
            &got));
        manual_clock::settle();
        EXPECT_EQ(p.pool.stats().waiting, 1U);

        EXPECT_EQ(held->release(), hr::s_ok);
        manual_clock::settle();

        EXPECT_EQ(got.code, hr::s_ok);
        EXPECT_EQ(p.pool.stats().waiting, 0U);
        EXPECT_EQ(p.pool.stats().idle, 1U);
    }
}

TEST(PoolWait, close_tells_those_who_wait) {
    const manual_clock clock;
    timed p(quiet(1));
    const auto held = p.pool.acquire();
    struct share {
        timed* with;
        std::optional<lend::hresult> code;
    } got{&p, {}};
    ASSERT_TRUE(manual_clock_platform::start_thread(
        "waiter",
        [](void* raw) {
            auto& mine = *static_cast<share*>(raw);
            mine.code = mine.with->pool.acquire().code();
        },
        &got));
    manual_clock::settle();

    EXPECT_EQ(p.pool.close(), hr::s_ok);
    manual_clock::settle();

    EXPECT_EQ(got.code, hr::lend_e_closed);
}

TEST(PoolWorker, worker_makes_the_resource_and_its_failure_reaches_the_caller) {
    const manual_clock clock;
    auto options = quiet(1);
    options.creation = lend::creation_mode::worker;
    timed p(options);
    p.calls->create.then(hr::e_accessdenied).then(hr::e_accessdenied);

    const auto refused = p.pool.acquire();
    manual_clock::advance(1min); // beyond the pause after a failure
    const auto good = p.pool.acquire();

    EXPECT_EQ(refused.code(), hr::e_accessdenied);
    EXPECT_TRUE(good);
    EXPECT_EQ(p.calls->log(), "create() create() create()");
}

TEST(PoolWorker, time_out_names_the_last_failure_to_create) {
    const manual_clock clock;
    auto options = quiet(2);
    options.creation = lend::creation_mode::worker;
    timed p(options);
    const auto held = p.pool.acquire();
    p.calls->create.from_now_on(hr::e_accessdenied);

    const auto late = p.pool.try_acquire_for(10s);

    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), hr::lend_e_timed_out);
    EXPECT_NE(late.error().last_create_error().find("E_ACCESSDENIED"), std::string::npos);
}

} // namespace pool_wait_test
