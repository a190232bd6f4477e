// SPDX-License-Identifier: MIT
/// @file
/// One deadline for everything: whatever goes wrong on the way, acquire answers exactly then. And a
/// failed result gives nothing to use.

#include "support/coroutine.hpp"
#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"
#include "support/waiting_caller.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

namespace pool_deadline_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

using timed = pool_with<recording_driver, manual_clock_platform>;
using checked = pool_with<with_check<recording_driver>, manual_clock_platform>;

std::size_t times(const std::string& log, const std::string& what) {
    std::size_t count = 0;
    for (auto at = log.find(what); at != std::string::npos; at = log.find(what, at + 1)) ++count;
    return count;
}

TEST(FailureMode, 13_checks_that_always_fail_end_at_the_deadline_and_pause_between_creates) {
    const manual_clock clock;
    auto options = quiet(2);
    options.creation = lend::creation_mode::worker;
    checked p(options);
    p.calls->check.from_now_on(lend::health::broken);
    const auto begun = clock.now();

    const auto late = p.pool.try_acquire_for(1s);

    EXPECT_EQ(clock.now() - begun, 1s);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), hr::lend_e_timed_out);
    EXPECT_NE(late.error().last_create_error().find("failed its check"), std::string::npos);
    const std::size_t creates = times(p.calls->log(), "create()");
    EXPECT_GE(creates, 2U);
    EXPECT_LE(creates, 200U); // without a pause it would be as many as a processor can make
}

TEST(FailureMode, 13_creates_that_always_fail_end_at_the_deadline) {
    const manual_clock clock;
    auto options = quiet(2);
    options.creation = lend::creation_mode::worker;
    timed p(options);
    const auto held = p.pool.acquire();
    p.calls->create.from_now_on(hr::e_accessdenied);
    const auto begun = clock.now();

    EXPECT_EQ(p.pool.acquire({.deadline = begun + 10s}).code(), hr::lend_e_timed_out);

    EXPECT_EQ(clock.now() - begun, 10s);
}

TEST(PoolDeadline, wake_ups_in_vain_do_not_prolong_the_wait) {
    const manual_clock clock;
    auto options = quiet(1);
    options.acquire_timeout = 10s;
    timed p(options);
    const auto held = p.pool.acquire();
    finish_line line;
    const waiting_caller<recording_driver> waits(p.pool, {}, "late", line);

    for (const auto span : {6s, 3s}) {
        clock.advance(span);
        EXPECT_EQ(p.pool.pause(), hr::s_ok);
        EXPECT_EQ(p.pool.resume(), hr::s_ok); // has the first one look
    }
    clock.advance(1s - 1ns);
    EXPECT_TRUE(waits.is_waiting());
    clock.advance(1ns);

    ASSERT_FALSE(waits.is_waiting());
    EXPECT_EQ(waits.code(), hr::lend_e_timed_out);
    EXPECT_EQ(waits.error().waited(), 10s);
}

TEST(PoolDeadline, time_out_beyond_the_end_of_the_clock_is_for_ever) {
    const manual_clock clock;
    auto options = quiet(1);
    options.acquire_timeout = std::chrono::nanoseconds::max() - 1ns;
    timed p(options);
    auto held = p.pool.acquire();
    finish_line line;
    const waiting_caller<recording_driver> waits(p.pool, {}, "patient", line);

    clock.advance(1h);
    EXPECT_TRUE(waits.is_waiting());
    held->release();
    clock.settle();

    EXPECT_TRUE(waits.holds());
}

TEST(FailureMode, 14_failed_results_give_nothing_to_use_and_can_be_destroyed) {
    const manual_clock clock;
    timed p(quiet(1));
    auto held = p.pool.acquire();
    std::stop_source stop;
    stop.request_stop();
    using result = decltype(p.pool.acquire());
    const std::function<result()> failures[] = {
        [&] { return p.pool.try_acquire(); },
        [&] { return p.pool.try_acquire_for(1s); },
        [&] { return p.pool.try_acquire_until(clock.now()); },
        [&] { return p.pool.acquire({.stop = stop.get_token()}); },
        [&] { return p.pool.acquire({.priority = 9}); },
        [&] {
            EXPECT_EQ(p.pool.close(), hr::s_ok);
            return p.pool.acquire();
        },
    };
    for (const auto& fail : failures) {
        auto failed = fail();
        EXPECT_FALSE(failed);
        result moved = std::move(failed);
        EXPECT_FALSE(moved);
    }
    EXPECT_EQ(held->release(), hr::s_false);

    static_assert(!std::is_convertible_v<result, decltype(held->operator*())>);
}

TEST(FailureMode, 14_failed_result_stops_the_program_before_it_is_dereferenced) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    lend::pool pool(lend_test::recording_driver(std::make_shared<recording>()), quiet(1));
    const auto held = pool.acquire();

    EXPECT_DEATH((void)*pool.try_acquire(), "a failed result was used");
    EXPECT_DEATH((void)pool.try_acquire()->id(), "a failed result was used");
}

} // namespace pool_deadline_test
