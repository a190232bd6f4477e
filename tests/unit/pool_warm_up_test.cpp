// SPDX-License-Identifier: MIT
/// @file
/// Resources that are made before they are asked for, and pools that fail fast.

#include "support/fault_driver.hpp"
#include "support/manual_clock_platform.hpp"
#include "support/other_thread.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace pool_warm_up_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

using plain = pool_with<recording_driver>;
using typed = pool_with<typed_recording_driver>;
using faulty = fault_driver<manual_clock_platform>;
using faulty_pool = lend::pool<faulty, manual_clock_platform>;

lend::pool_options with_workers(std::size_t max_size) {
    auto options = quiet(max_size);
    options.creation = lend::creation_mode::worker;
    return options;
}

TEST(PoolWarmUp, makes_as_many_as_are_missing) {
    plain p(quiet(4));
    (void)p.pool.acquire();
    (void)p.calls->take_log();

    const auto warmed = p.pool.warm_up(3, 1s);

    EXPECT_EQ(warmed.ready, 3U);
    EXPECT_TRUE(warmed.errors.empty());
    EXPECT_EQ(p.calls->log(), "create() create()");
    EXPECT_EQ(p.pool.stats().idle, 3U);
}

TEST(PoolWarmUp, makes_no_more_than_there_is_room_for) {
    plain p(quiet(2));
    const auto held = p.pool.acquire();

    const auto warmed = p.pool.warm_up(5, 1s);

    EXPECT_EQ(warmed.ready, 1U);
    EXPECT_TRUE(warmed.errors.empty());
    EXPECT_EQ(p.pool.stats().size, 2U);
}

TEST(PoolWarmUp, makes_the_type_that_is_asked_for) {
    typed p(quiet(4));

    const auto warmed = p.pool.warm_up('b', 2, 1s);

    EXPECT_EQ(warmed.ready, 2U);
    EXPECT_EQ(p.calls->log(), "create(b) create(b)");
}

TEST(PoolWarmUp, stops_after_a_failure_and_says_what_it_was) {
    plain p(quiet(4));
    p.calls->create.then(hr::s_ok).then(hr::e_accessdenied);

    const auto warmed = p.pool.warm_up(4, 1s);

    EXPECT_EQ(warmed.ready, 1U);
    ASSERT_EQ(warmed.errors.size(), 1U);
    EXPECT_EQ(warmed.errors[0].code(), hr::e_accessdenied);
    EXPECT_EQ(p.calls->log(), "create() create()");
}

TEST(PoolWarmUp, closed_pool_says_so) {
    plain p(quiet(4));
    (void)p.pool.close();

    const auto warmed = p.pool.warm_up(1, 1s);

    EXPECT_EQ(warmed.ready, 0U);
    ASSERT_EQ(warmed.errors.size(), 1U);
    EXPECT_EQ(warmed.errors[0].code(), hr::lend_e_closed);
}

TEST(FailureMode, 44_warm_up_creates_in_parallel_and_counts_what_came_up) {
    const manual_clock clock;
    const auto board = std::make_shared<faulty::board>();
    board->delay_time = 150ms;
    board->from(call::create, 1, fault::delay);
    faulty_pool pool(faulty(board), with_workers(8));

    const auto warmed = pool.warm_up(8, 10s);

    EXPECT_EQ(warmed.ready, 8U);
    EXPECT_EQ(clock.now().time_since_epoch(), 1000s + 150ms); // together, not one after the other
}

TEST(FailureMode, 44_warm_up_ends_at_its_deadline_and_goes_on_in_the_background) {
    const manual_clock clock;
    const auto board = std::make_shared<faulty::board>();
    board->at(call::create, 2, fault::hang).at(call::create, 3, fault::error);
    board->error_code = hr::e_accessdenied;
    faulty_pool pool(faulty(board), with_workers(3));

    const auto warmed = pool.warm_up(3, 500ms);

    EXPECT_EQ(clock.now().time_since_epoch(), 1000s + 500ms);
    EXPECT_EQ(warmed.ready, 2U);
    ASSERT_EQ(warmed.errors.size(), 1U);
    EXPECT_EQ(warmed.errors[0].code(), hr::e_accessdenied);
    EXPECT_EQ(pool.stats().creating, 1U);
    board->release_hung();
    manual_clock::settle();
    EXPECT_EQ(pool.stats().idle, 3U);
}

TEST(FailureMode, 52_warm_up_goes_on_after_a_create_that_failed_once) {
    const manual_clock clock;
    const auto board = std::make_shared<faulty::board>();
    board->at(call::create, 2, fault::error);
    board->error_code = hr::e_accessdenied;
    faulty_pool pool(faulty(board), with_workers(8));

    const auto warmed = pool.warm_up(8, 10s);

    EXPECT_EQ(warmed.ready, 8U);
    ASSERT_EQ(warmed.errors.size(), 1U);
    EXPECT_EQ(warmed.errors[0].code(), hr::e_accessdenied);
}

TEST(FailureMode, 52_warm_up_ends_soon_where_a_second_try_fails_and_the_next_one_tries_again) {
    const manual_clock clock;
    const auto board = std::make_shared<faulty::board>();
    board->at(call::create, 1, fault::error).at(call::create, 2, fault::error);
    board->error_code = hr::e_accessdenied;
    auto options = with_workers(4);
    options.max_parallel_creates = 1;
    faulty_pool pool(faulty(board), options);

    const auto first = pool.warm_up(4, 1h);
    EXPECT_EQ(first.ready, 0U);
    EXPECT_EQ(first.errors.size(), 2U);
    EXPECT_LE(clock.now().time_since_epoch(), 1000s + 50ms);

    manual_clock::advance(1000s);
    const auto second = pool.warm_up(4, 10s);
    EXPECT_EQ(second.ready, 4U);
    EXPECT_TRUE(second.errors.empty());
}

TEST(PoolWarmUp, says_what_failed_before_if_it_is_too_early_to_try_again) {
    const manual_clock clock;
    const auto board = std::make_shared<faulty::board>();
    board->from(call::create, 1, fault::error);
    board->error_code = hr::e_accessdenied;
    faulty_pool pool(faulty(board), with_workers(4));
    for (int probe = 0; probe < 5; ++probe) {
        EXPECT_FALSE(pool.acquire());
        manual_clock::advance(800ms);
    }
    EXPECT_FALSE(pool.acquire());

    const auto warmed = pool.warm_up(4, 1ms);

    EXPECT_EQ(warmed.ready, 0U);
    ASSERT_EQ(warmed.errors.size(), 1U);
    EXPECT_EQ(warmed.errors[0].code(), hr::e_accessdenied);
}

TEST(PoolWarmUp, two_at_once_make_what_both_want_and_each_hears_of_all) {
    const manual_clock clock;
    const auto board = std::make_shared<faulty::board>();
    board->delay_time = 100ms;
    board->from(call::create, 1, fault::delay);
    faulty_pool pool(faulty(board), with_workers(8));
    std::size_t ready = 0;
    const other_thread other([&] { ready = pool.warm_up(3, 10s).ready; });

    EXPECT_EQ(pool.warm_up(5, 10s).ready, 5U);

    EXPECT_TRUE(other.done());
    EXPECT_GE(ready, 3U);
    EXPECT_EQ(board->created(), 5);
}

TEST(PoolWarmUp, place_of_a_create_that_hangs_is_tried_again) {
    const manual_clock clock;
    const auto board = std::make_shared<faulty::board>();
    board->at(call::create, 2, fault::hang);
    faulty_pool pool(faulty(board), with_workers(3));

    const auto warmed = pool.warm_up(3, 10s);

    EXPECT_EQ(warmed.ready, 3U);
    ASSERT_EQ(warmed.errors.size(), 1U);
    EXPECT_EQ(warmed.errors[0].code(), hr::lend_e_timed_out);
    board->release_hung();
    manual_clock::settle();
}

TEST(PoolWarmUp, creates_no_more_at_a_time_than_is_allowed) {
    const manual_clock clock;
    const auto board = std::make_shared<faulty::board>();
    board->delay_time = 100ms;
    board->from(call::create, 1, fault::delay);
    auto options = with_workers(8);
    options.max_parallel_creates = 2;
    faulty_pool pool(faulty(board), options);

    const auto warmed = pool.warm_up(6, 10s);

    EXPECT_EQ(warmed.ready, 6U);
    EXPECT_EQ(clock.now().time_since_epoch(), 1000s + 300ms);
}

TEST(PoolWarmUp, jitter_spreads_the_starts) {
    const manual_clock clock;
    const auto board = std::make_shared<faulty::board>();
    board->delay_time = 1ns;
    board->from(call::create, 1, fault::delay);
    auto options = with_workers(10);
    options.start_jitter = 10s;
    faulty_pool pool(faulty(board), options);
    std::vector<std::size_t> after;

    const other_thread warms([&] { EXPECT_EQ(pool.warm_up(10, 60s).ready, 10U); });
    for (int second = 1; second <= 10; ++second) {
        manual_clock::advance(1s);
        after.push_back(pool.stats().idle + pool.stats().creating);
    }

    EXPECT_TRUE(warms.done());
    for (std::size_t at = 0; at < after.size(); ++at) EXPECT_EQ(after[at], at + 1);
}

TEST(PoolWarmUp, callers_who_wait_get_what_comes_up) {
    const manual_clock clock;
    const auto board = std::make_shared<faulty::board>();
    board->at(call::create, 1, fault::hang);
    faulty_pool pool(faulty(board), with_workers(1));
    lend::hresult code = hr::e_unexpected;
    std::size_t ready = 0;
    const other_thread warms([&] { ready = pool.warm_up(1, 1min).ready; });
    const other_thread acquires([&] { code = pool.acquire().code(); });

    board->release_hung();

    EXPECT_TRUE(warms.done() && acquires.done());
    EXPECT_EQ(code, hr::s_ok);
    EXPECT_EQ(ready, 1U);
    EXPECT_EQ(board->created(), 1);
}

TEST(PoolWarmUp, close_ends_it) {
    const manual_clock clock;
    const auto board = std::make_shared<faulty::board>();
    board->at(call::create, 1, fault::hang);
    faulty_pool pool(faulty(board), with_workers(1));
    lend::warm_up_result warmed;
    const other_thread warms([&] { warmed = pool.warm_up(1, 1min); });

    (void)pool.close(0s);

    EXPECT_TRUE(warms.done());
    ASSERT_EQ(warmed.errors.size(), 1U);
    EXPECT_EQ(warmed.errors[0].code(), hr::lend_e_closed);
    board->release_hung();
    (void)pool.close(1s);
}

// ---- fail_fast ----------------------------------------------------------------------------------

TEST(PoolFailFast, make_returns_the_drivers_error) {
    for (const auto creation : {lend::creation_mode::inline_, lend::creation_mode::worker}) {
        auto options = quiet(4);
        options.creation = creation;
        options.initialisation = lend::initialisation_mode::fail_fast;
        const auto calls = std::make_shared<recording>();
        calls->create.then(hr::e_accessdenied);

        const auto made = lend::pool<recording_driver>::make(recording_driver(calls), options);

        ASSERT_FALSE(made);
        EXPECT_EQ(made.error().code(), hr::e_accessdenied);
        EXPECT_EQ(calls->log(), "create()");
    }
}

TEST(PoolFailFast, make_has_min_idle_resources_ready_and_at_least_one) {
    for (const std::size_t min_idle : {0U, 3U}) {
        auto options = quiet(4);
        options.min_idle = min_idle;
        options.acquire_timeout = 0s; // on this thread
        options.initialisation = lend::initialisation_mode::fail_fast;
        plain p(options);

        EXPECT_EQ(p.pool.stats().idle, std::max<std::size_t>(min_idle, 1));
    }
}

TEST(PoolFailFast, insists_on_all_of_min_idle_only_if_asked) {
    using mode = lend::initialisation_mode;
    for (const auto how : {mode::fail_fast, mode::fail_unless_ready}) {
        auto options = quiet(4);
        options.min_idle = 3;
        options.initialisation = how;
        const auto calls = std::make_shared<recording>();
        calls->create.then(hr::s_ok, 2).then(hr::e_accessdenied);

        const auto made = lend::pool<recording_driver>::make(recording_driver(calls), options);

        EXPECT_EQ(made.has_value(), how == mode::fail_fast);
        if (!made) {
            EXPECT_EQ(made.error().code(), hr::e_accessdenied);
        }
    }
}

TEST(PoolFailFast, lazy_pool_makes_nothing_and_fails_later) {
    const auto calls = std::make_shared<recording>();
    calls->create.from_now_on(hr::e_accessdenied);

    auto made = lend::pool<recording_driver>::make(recording_driver(calls), quiet(4));

    ASSERT_TRUE(made);
    EXPECT_EQ(calls->log(), "");
    EXPECT_EQ(made->acquire().code(), hr::e_accessdenied);
}

TEST(PoolFailFast, create_that_hangs_holds_make_up_for_acquire_timeout_only) {
    const manual_clock clock;
    const auto board = std::make_shared<faulty::board>();
    board->at(call::create, 1, fault::hang);
    auto options = with_workers(2);
    options.acquire_timeout = 3s;
    options.initialisation = lend::initialisation_mode::fail_fast;

    const auto made = faulty_pool::make(faulty(board), options);

    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), hr::lend_e_timed_out);
    EXPECT_EQ(made.error().waited(), 3s);
    EXPECT_EQ(clock.now().time_since_epoch(), 1003s);
    board->release_hung();
    manual_clock::settle();
    EXPECT_EQ(board->live(), 0); // what came up too late is destroyed
}

TEST(PoolFailFast, driver_with_types_is_refused_by_name) {
    auto options = quiet(2);
    options.initialisation = lend::initialisation_mode::fail_fast;

    const auto made = lend::pool<typed_recording_driver>::make(
        typed_recording_driver(std::make_shared<recording>()), options);

    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), hr::e_invalidarg);
    EXPECT_NE(made.error().text().find("pool_options::initialisation"), std::string_view::npos);
}

} // namespace pool_warm_up_test
