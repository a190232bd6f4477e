// SPDX-License-Identifier: MIT
/// @file
/// Pause and resume: what is lent, who waits, who is refused, and what becomes of all of them.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"
#include "support/waiting_caller.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>

namespace pool_pause_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;
using lend::pause_mode;

using timed = pool_with<recording_driver, manual_clock_platform>;
using caller = waiting_caller<recording_driver>;

lend::pool_options by_workers(std::size_t max_size) {
    lend::pool_options options = quiet(max_size);
    options.creation = lend::creation_mode::worker;
    return options;
}

TEST(PoolPause, paused_pool_lends_nothing_by_any_way) {
    const manual_clock clock;
    for (const auto mode : {pause_mode::block, pause_mode::fail}) {
        timed p(quiet(2));
        { const auto used = p.pool.acquire(); }

        EXPECT_EQ(p.pool.pause(mode), hr::s_ok);

        EXPECT_TRUE(p.pool.stats().paused);
        EXPECT_EQ(p.pool.stats().idle, 1U);
        EXPECT_EQ(p.pool.try_acquire().code(), hr::lend_e_paused);
        const auto code = mode == pause_mode::block ? hr::lend_e_timed_out : hr::lend_e_paused;
        EXPECT_EQ(p.pool.acquire().code(), code);
        EXPECT_EQ(p.pool.try_acquire_for(1s).code(), code);
        EXPECT_EQ(p.calls->log(), "create() reset(1)");
    }
}

TEST(PoolPause, after_resume_the_thread_finds_its_last_resource_again) {
    const manual_clock clock;
    timed p(quiet(2));
    { const auto used = p.pool.acquire(); }
    EXPECT_EQ(p.pool.pause(), hr::s_ok);

    EXPECT_EQ(p.pool.resume(), hr::s_ok);

    EXPECT_FALSE(p.pool.stats().paused);
    const auto again = p.pool.acquire();
    ASSERT_TRUE(again);
    EXPECT_EQ((*again)->number(), 1);
    EXPECT_EQ(p.pool.stats().waited, 0U);
}

TEST(PoolPause, lease_stays_good_and_what_comes_back_stays) {
    const manual_clock clock;
    timed p(quiet(1));
    auto held = p.pool.acquire();
    EXPECT_EQ(p.pool.pause(), hr::s_ok);
    EXPECT_EQ((*held)->number(), 1);

    EXPECT_EQ(held->release(), hr::s_ok);

    EXPECT_EQ(p.pool.stats().idle, 1U);
    EXPECT_EQ(p.pool.try_acquire().code(), hr::lend_e_paused);
    EXPECT_EQ(p.pool.resume(), hr::s_ok);
    EXPECT_TRUE(p.pool.try_acquire());
}

TEST(PoolPause, calls_out_of_turn_are_told_so) {
    timed p(quiet(1));
    EXPECT_EQ(p.pool.resume(), hr::s_false);
    EXPECT_EQ(p.pool.pause(), hr::s_ok);
    EXPECT_EQ(p.pool.pause(pause_mode::fail), hr::s_false);
    EXPECT_EQ(p.pool.acquire().code(), hr::lend_e_paused); // the later mode counts
    EXPECT_EQ(p.pool.resume(), hr::s_ok);
    EXPECT_EQ(p.pool.resume(), hr::s_false);

    EXPECT_EQ(p.pool.close(), hr::s_ok);

    EXPECT_EQ(p.pool.pause(), hr::lend_e_closed);
    EXPECT_EQ(p.pool.resume(), hr::lend_e_closed);
}

TEST(PoolPause, pause_of_mode_fail_refuses_those_who_wait_already) {
    const manual_clock clock;
    timed p(quiet(1));
    finish_line line;
    const auto held = p.pool.acquire();
    caller one(p.pool, {}, "one", line);
    caller two(p.pool, {}, "two", line);

    EXPECT_EQ(p.pool.pause(pause_mode::fail), hr::s_ok);
    manual_clock::settle();

    EXPECT_EQ(one.code(), hr::lend_e_paused);
    EXPECT_EQ(two.code(), hr::lend_e_paused);
    EXPECT_EQ(p.pool.stats().refused_for(lend::refusal::paused), 2U);
}

TEST(PoolPause, nothing_is_made_for_those_who_wait_until_resume) {
    const manual_clock clock;
    timed p(by_workers(1));
    finish_line line;
    EXPECT_EQ(p.pool.pause(), hr::s_ok);
    caller waits(p.pool, {}, "waits", line);
    EXPECT_EQ(p.calls->log(), "");
    EXPECT_TRUE(waits.is_waiting());

    EXPECT_EQ(p.pool.resume(), hr::s_ok);
    manual_clock::settle();

    EXPECT_TRUE(waits.holds());
    EXPECT_EQ(p.calls->log(), "create()");
    waits.lease().release();
}

TEST(PoolPause, housekeeper_goes_on) {
    const manual_clock clock;
    auto options = by_workers(2);
    options.idle_timeout = 10s;
    timed p(options);
    { const auto used = p.pool.acquire(); }
    EXPECT_EQ(p.pool.sweep(), 0U);
    EXPECT_EQ(p.pool.pause(), hr::s_ok);

    EXPECT_EQ(p.pool.sweep(clock.now() + 10s), 1U);

    EXPECT_EQ(p.pool.stats().size, 0U);
}

TEST(FailureMode, 35_resume_serves_first_come_first_served) {
    const manual_clock clock;
    for (const auto fairness : {lend::fairness_mode::adaptive, lend::fairness_mode::strict}) {
        auto options = quiet(2);
        options.fairness = fairness;
        timed p(options);
        finish_line line;
        {
            const auto one = p.pool.acquire();
            const auto two = p.pool.acquire();
        }
        EXPECT_EQ(p.pool.pause(), hr::s_ok);
        caller a(p.pool, {}, "a", line);
        caller b(p.pool, {}, "b", line);
        caller c(p.pool, {}, "c", line);
        EXPECT_EQ(p.pool.stats().waiting, 3U);

        EXPECT_EQ(p.pool.resume(), hr::s_ok);
        manual_clock::settle();

        ASSERT_TRUE(a.holds());
        ASSERT_TRUE(b.holds());
        EXPECT_TRUE(c.is_waiting());
        EXPECT_EQ(p.pool.stats().handed_over, 2U); // no newcomer could have passed them
        a.lease().release();
        manual_clock::settle();
        ASSERT_TRUE(c.holds());
        c.lease().release();
        b.lease().release();
    }
}

TEST(FailureMode, 35_those_who_wait_through_a_pause_keep_their_deadlines) {
    const manual_clock clock;
    timed p(quiet(1));
    finish_line line;
    const auto begun = clock.now();
    EXPECT_EQ(p.pool.pause(), hr::s_ok);
    EXPECT_EQ(clock.now(), begun); // neither of the two waits
    caller waits(p.pool, {.deadline = begun + 3s}, "waits", line);

    manual_clock::advance(3s - 1ns);
    EXPECT_TRUE(waits.is_waiting());
    manual_clock::advance(1ns);

    ASSERT_FALSE(waits.is_waiting());
    EXPECT_EQ(waits.code(), hr::lend_e_timed_out);
    EXPECT_EQ(waits.error().waited(), 3s);
    EXPECT_EQ(p.pool.resume(), hr::s_ok);
    EXPECT_EQ(clock.now(), begun + 3s);
}

TEST(FailureMode, 35_close_wakes_those_who_wait_through_a_pause) {
    const manual_clock clock;
    timed p(quiet(1));
    finish_line line;
    EXPECT_EQ(p.pool.pause(), hr::s_ok);
    caller waits(p.pool, {}, "waits", line);

    EXPECT_EQ(p.pool.close(), hr::s_ok);
    manual_clock::settle();

    ASSERT_FALSE(waits.is_waiting());
    EXPECT_EQ(waits.code(), hr::lend_e_closed);
}

// Does what the test says in the middle of a call.
struct meddling_driver : recording_driver {
    using recording_driver::recording_driver;

    lend::result<numbered> create() {
        if (in_create) in_create();
        return recording_driver::create();
    }
    lend::health check(numbered&, lend::check_kind) {
        if (in_check) in_check();
        return lend::health::good;
    }

    std::function<void()> in_create{};
    std::function<void()> in_check{};
};

TEST(FailureMode, 35_what_was_being_made_for_a_caller_stays) {
    const manual_clock clock;
    pool_with<meddling_driver, manual_clock_platform> p(quiet(2));
    p.pool.driver().in_create = [&] { p.pool.pause(pause_mode::fail); };

    EXPECT_EQ(p.pool.acquire().code(), hr::lend_e_paused);
    EXPECT_EQ(p.pool.stats().idle, 1U);
    p.pool.resume();
    EXPECT_TRUE(p.pool.try_acquire());
}

TEST(FailureMode, 35_what_was_being_checked_for_a_caller_goes_back) {
    const manual_clock clock;
    pool_with<meddling_driver, manual_clock_platform> p(quiet(2));
    { const auto made = p.pool.acquire(); }
    p.pool.driver().in_check = [&] { p.pool.pause(pause_mode::fail); };
    finish_line line;

    waiting_caller<meddling_driver> other(p.pool, {}, "not by the fast path", line);

    ASSERT_FALSE(other.is_waiting());
    EXPECT_EQ(other.code(), hr::lend_e_paused);
    EXPECT_EQ(p.pool.stats().idle, 1U);
}

TEST(FailureMode, 66_a_mode_that_is_none_changes_nothing) {
    pool_with<recording_driver> p(quiet());

    EXPECT_EQ(p.pool.pause(static_cast<lend::pause_mode>(2)), hr::e_invalidarg);
    EXPECT_EQ(p.pool.drain(0ns, static_cast<lend::drain_mode>(2)).closed, hr::e_invalidarg);
    EXPECT_EQ(p.pool.drain(0ns, lend::drain_mode::soft, static_cast<lend::queued_mode>(2)).closed,
              hr::e_invalidarg);

    EXPECT_FALSE(p.pool.stats().paused);
    EXPECT_TRUE(p.pool.acquire());
}

} // namespace pool_pause_test
