// SPDX-License-Identifier: MIT
/// @file
/// A deadline is a deadline whatever the driver's calls take: active checks are made by workers,
/// what is checked is neither lent nor lost, and no driver call that may block is made on the
/// thread of an asynchronous acquire.

#include "support/hanging_driver.hpp"
#include "support/manual_clock_platform.hpp"
#include "support/other_thread.hpp"
#include "support/queued_executor.hpp"
#include "support/waiting_caller.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pool_verifying_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;
constexpr std::chrono::nanoseconds for_ever = (std::chrono::nanoseconds::max)();

// Workers, and sweeps by the test.
lend::pool_options with_workers(std::size_t size) {
    lend::pool_options options;
    options.max_size = size;
    options.max_lifetime = options.idle_timeout = for_ever;
    options.alive_bypass = 1s;
    options.housekeeping = lend::housekeeping_mode::manual;
    return options;
}

template <class Driver = hanging_driver>
struct scene {
    explicit scene(const lend::pool_options& options) : pool(driver, options) {}

    // So many resources that are idle and in doubt.
    template <class... Kind>
    void rest(std::size_t count, Kind... kind) {
        {
            std::vector<typename decltype(pool)::lease_type> held;
            for (std::size_t at = 0; at < count; ++at)
                held.push_back(pool.acquire(kind...).value());
        }
        doubt();
    }
    void doubt() {
        pool.sweep();
        manual_clock::advance(10s);
        pool.sweep();
    }

    manual_clock clock;
    Driver driver;
    hanging_calls& calls = *driver.calls();
    lend::pool<Driver, manual_clock_platform> pool;
};

// ---- a deadline is a deadline -------------------------------------------------------------------

TEST(FailureMode, 47_checks_that_hang_do_not_exceed_a_deadline) {
    for (const std::size_t size : {1U, 2U, 6U}) {
        scene<> s(with_workers(size));
        s.rest(size);
        s.calls.active.takes(1500ms);
        const auto begun = s.clock.now();

        const auto late = s.pool.try_acquire_for(100ms);

        EXPECT_EQ(s.clock.now() - begun, 100ms) << size;
        EXPECT_EQ(late.code(), hr::lend_e_timed_out) << size;
        EXPECT_EQ(s.calls.active.begun, 1) << size; // one waiter, one check
        EXPECT_EQ(s.calls.active.on_the_test_thread, 0);
        s.clock.advance(2s);
        EXPECT_EQ(s.pool.stats().idle, size); // it is not lost
    }
}

TEST(FailureMode, 47_dead_ones_that_hang_do_not_exceed_a_deadline) {
    scene<> s(with_workers(6));
    s.rest(6);
    s.calls.active.takes(1s);
    s.calls.is_broken = true;
    const auto begun = s.clock.now();

    EXPECT_EQ(s.pool.try_acquire_for(500ms).code(), hr::lend_e_timed_out);

    EXPECT_EQ(s.clock.now() - begun, 500ms);
}

TEST(PoolVerifying, check_that_hangs_for_a_while_is_not_counted_on_and_the_next_one_is_tried) {
    scene<> s(with_workers(3));
    s.rest(3);
    s.calls.active.takes(1min);
    finish_line line;
    const waiting_caller<hanging_driver> waits(s.pool, {.deadline = s.clock.now() + 10s}, "a",
                                               line);
    EXPECT_EQ(s.calls.active.begun, 1);
    s.clock.advance(250ms - 1ns);
    EXPECT_EQ(s.calls.active.begun, 1);
    s.clock.advance(1ns);
    EXPECT_EQ(s.calls.active.begun, 2);
    s.calls.active.takes(0s);

    s.clock.advance(250ms);

    EXPECT_EQ(s.calls.active.begun, 3);
    EXPECT_TRUE(waits.holds());
}

TEST(PoolVerifying, where_all_checks_hang_another_resource_is_made) {
    scene<> s(with_workers(2));
    s.rest(1);
    s.calls.active.takes(1min);
    const auto begun = s.clock.now();

    const auto lease = s.pool.try_acquire_for(10s);

    ASSERT_TRUE(lease);
    EXPECT_EQ(**lease, 2);
    EXPECT_EQ(s.clock.now() - begun, 250ms);
}

TEST(PoolVerifying, check_that_passes_serves_the_one_who_waits_and_nothing_is_made) {
    scene<> s(with_workers(4));
    s.rest(1);
    s.calls.active.takes(100ms);
    const auto begun = s.clock.now();

    const auto lease = s.pool.try_acquire_for(10s);

    ASSERT_TRUE(lease);
    EXPECT_EQ(**lease, 1);
    EXPECT_EQ(s.clock.now() - begun, 100ms);
    EXPECT_EQ(s.calls.create.begun, 1);
    EXPECT_EQ(s.calls.active.begun, 1);
    EXPECT_EQ(s.pool.stats().in_use, 1U);
}

TEST(PoolVerifying, what_fails_is_replaced_by_the_next_candidate) {
    scene<> s(with_workers(2));
    s.rest(2);
    s.calls.active.takes(10ms);
    s.calls.is_broken = true;
    finish_line line;
    const waiting_caller<hanging_driver> waits(s.pool, {}, "a", line);
    s.clock.settle();
    s.calls.is_broken = false; // what the first check finds was fixed when it began

    s.clock.advance(20ms);

    EXPECT_TRUE(waits.holds());
    EXPECT_EQ(s.calls.active.begun, 2);
    EXPECT_EQ(s.calls.create.begun, 2);
    EXPECT_EQ(s.pool.stats().size, 1U);
}

TEST(PoolVerifying, as_many_are_checked_as_callers_wait) {
    scene<> s(with_workers(5));
    s.rest(5);
    s.calls.active.takes(100ms);
    finish_line line;
    const waiting_caller<hanging_driver> a(s.pool, {}, "a", line);
    const waiting_caller<hanging_driver> b(s.pool, {}, "b", line);
    const waiting_caller<hanging_driver> c(s.pool, {}, "c", line);

    EXPECT_EQ(s.calls.active.begun, 3);
    EXPECT_EQ(s.pool.stats().checking, 3U);
    EXPECT_EQ(s.pool.stats().idle, 2U);
    s.clock.advance(100ms);

    EXPECT_TRUE(a.holds() && b.holds() && c.holds());
    EXPECT_EQ(s.calls.active.begun, 3);
    EXPECT_EQ(s.calls.create.begun, 5);
}

TEST(PoolVerifying, who_waits_takes_what_comes_back_first) {
    scene<> s(with_workers(2));
    auto held = s.pool.acquire().value();
    (void)s.pool.acquire(); // and back: a second one
    s.doubt();
    s.calls.active.takes(1min);
    finish_line line;
    const waiting_caller<hanging_driver> waits(s.pool, {}, "a", line);
    EXPECT_EQ(s.calls.active.begun, 1);

    (void)held.release();
    s.clock.settle();

    EXPECT_TRUE(waits.holds());
}

TEST(PoolVerifying, checked_one_that_nobody_waits_for_any_more_is_idle_and_not_in_doubt) {
    scene<> s(with_workers(1));
    s.rest(1);
    s.calls.active.takes(1s);
    (void)s.pool.try_acquire_for(10ms);

    s.clock.advance(1s);

    const auto lease = s.pool.try_acquire();
    ASSERT_TRUE(lease);
    EXPECT_EQ(s.calls.active.begun, 1);
}

TEST(PoolVerifying, with_a_bypass_of_zero_each_lending_is_checked_once_by_a_worker) {
    auto options = with_workers(2);
    options.alive_bypass = 0s;
    scene<> s(options);
    for (int at = 0; at < 3; ++at) {
        const auto lease = s.pool.try_acquire_for(1s);
        ASSERT_TRUE(lease) << at;
        EXPECT_EQ(s.calls.active.begun, at);
    }
    EXPECT_EQ(s.calls.active.on_the_test_thread, 0);
    EXPECT_EQ(s.calls.create.begun, 1);
}

TEST(PoolVerifying, with_a_bypass_of_zero_what_was_checked_for_one_who_left_is_checked_again) {
    auto options = with_workers(1);
    options.alive_bypass = 0s;
    scene<> s(options);
    (void)s.pool.acquire();
    s.calls.active.takes(1s);
    (void)s.pool.try_acquire_for(10ms);
    s.clock.advance(1s);
    EXPECT_EQ(s.calls.active.ended, 1);

    EXPECT_TRUE(s.pool.try_acquire_for(2s));

    EXPECT_EQ(s.calls.active.begun, 2);
}

TEST(PoolVerifying, caller_that_waits_for_ever_checks_on_its_own_thread) {
    auto options = with_workers(1);
    options.acquire_timeout = for_ever;
    scene<> s(options);
    s.rest(1);

    EXPECT_TRUE(s.pool.acquire());

    EXPECT_EQ(s.calls.active.on_the_test_thread, 1);
}

TEST(PoolVerifying, caller_that_does_not_wait_checks_one_on_its_own_thread_and_then_makes_one) {
    scene<> s(with_workers(3));
    s.rest(3);
    s.calls.is_broken = true;
    s.calls.active.takes(1s);
    s.calls.destroy.takes(1ns);
    const auto begun = s.clock.now();

    const auto lease = s.pool.try_acquire();

    EXPECT_EQ(lease.code(), hr::lend_e_condemned); // the new one fails its passive check
    EXPECT_EQ(s.calls.active.begun, 1);
    EXPECT_EQ(s.clock.now() - begun, 1s + 2ns);
}

TEST(PoolVerifying, pool_without_threads_checks_on_the_callers_thread) {
    auto options = with_workers(1);
    options.creation = lend::creation_mode::inline_;
    scene<> s(options);
    s.rest(1);

    EXPECT_TRUE(s.pool.try_acquire_for(1s));

    EXPECT_EQ(s.calls.active.on_the_test_thread, 1);
}

TEST(PoolVerifying, pool_with_a_housekeeper_checks_on_a_worker_though_creates_are_inline) {
    auto options = with_workers(1);
    options.creation = lend::creation_mode::inline_;
    options.housekeeping = lend::housekeeping_mode::own_thread;
    scene<> s(options);
    { (void)s.pool.acquire(); }
    s.clock.advance(10s);
    s.calls.active.takes(1min);
    const auto begun = s.clock.now();

    EXPECT_EQ(s.pool.try_acquire_for(100ms).code(), hr::lend_e_timed_out);

    EXPECT_EQ(s.clock.now() - begun, 100ms);
    EXPECT_EQ(s.calls.active.on_the_test_thread, 0);
}

TEST(PoolVerifying, max_waiters_does_not_count_those_for_whom_one_is_checked) {
    auto options = with_workers(1);
    options.max_waiters = 0;
    scene<> s(options);
    s.rest(1);
    s.calls.active.takes(1s);

    EXPECT_TRUE(s.pool.try_acquire_for(2s));
}

TEST(PoolVerifying, clear_during_a_check_has_the_resource_destroyed) {
    scene<> s(with_workers(2));
    s.rest(1);
    s.calls.active.takes(100ms);
    finish_line line;
    const waiting_caller<hanging_driver> waits(s.pool, {}, "a", line);

    (void)s.pool.clear();
    s.clock.advance(1s);

    EXPECT_TRUE(waits.holds());
    EXPECT_EQ(s.calls.destroy.begun, 1);
    EXPECT_EQ(s.calls.create.begun, 2);
}

TEST(PoolVerifying, close_during_a_check_waits_for_it_and_destroys) {
    scene<> s(with_workers(1));
    s.rest(1);
    s.calls.active.takes(1s);
    finish_line line;
    const waiting_caller<hanging_driver> waits(s.pool, {}, "a", line);
    const auto begun = s.clock.now();

    EXPECT_EQ(s.pool.close(5s), hr::s_ok);

    EXPECT_EQ(s.clock.now() - begun, 1s);
    EXPECT_EQ(waits.code(), hr::lend_e_closed);
    EXPECT_EQ(s.calls.destroy.begun, 1);
}

TEST(PoolVerifying, paused_pool_checks_nothing_for_those_who_wait) {
    scene<> s(with_workers(1));
    s.rest(1);
    (void)s.pool.pause();
    finish_line line;
    const waiting_caller<hanging_driver> waits(s.pool, {.deadline = s.clock.now() + 1h}, "a", line);
    EXPECT_EQ(s.calls.active.begun, 0);

    (void)s.pool.resume();
    s.clock.settle();

    EXPECT_TRUE(waits.holds());
    EXPECT_EQ(s.calls.active.begun, 1);
}

TEST(PoolVerifying, kinds_that_are_compared_and_rated_are_checked_for_their_waiter) {
    const auto run = [](auto& s) {
        s.rest(1, 7);
        s.rest(1, 8);
        s.calls.active.takes(100ms);
        const auto begun = s.clock.now();
        const int creates = s.calls.create.begun;

        const auto lease = s.pool.try_acquire_for(7, 10s);

        ASSERT_TRUE(lease);
        EXPECT_EQ(**lease, 7);
        EXPECT_EQ(s.clock.now() - begun, 100ms);
        EXPECT_EQ(s.calls.create.begun, creates);
        EXPECT_EQ(s.calls.active.begun, 1);
    };
    {
        scene<hanging_kinds_driver> compared(with_workers(4));
        run(compared);
    }
    scene<hanging_rated_driver> rated(with_workers(4));
    run(rated);
}

// ---- destroys and creates on the way ------------------------------------------------------------

TEST(FailureMode, 47_destroys_of_unfit_candidates_do_not_exceed_a_deadline) {
    auto options = with_workers(2);
    options.alive_bypass = for_ever; // passive checks only
    scene<> s(options);
    s.rest(2);
    s.calls.is_broken = true;
    s.calls.destroy.takes(2s);
    const auto begun = s.clock.now();

    EXPECT_EQ(s.pool.try_acquire_for(1500ms).code(), hr::lend_e_timed_out);

    EXPECT_EQ(s.clock.now() - begun, 1500ms);
    EXPECT_EQ(s.calls.destroy.on_the_test_thread, 0);
}

TEST(FailureMode, 47_asynchronous_acquire_without_time_destroys_nothing_on_its_thread) {
    auto options = with_workers(3);
    options.acquire_timeout = 0ns;
    scene<> s(options);
    s.rest(3);
    s.calls.is_broken = true;
    s.calls.destroy.takes(300ms);
    std::optional<lend::hresult> got;
    const auto begun = s.clock.now();

    s.pool.acquire_async({}, [&](auto answer) { got = answer.code(); });

    EXPECT_EQ(s.clock.now(), begun);
    EXPECT_EQ(got, hr::lend_e_exhausted);
    EXPECT_EQ(s.calls.destroy.on_the_test_thread, 0);
    s.clock.advance(1s);
}

TEST(PoolVerifying, caller_that_makes_room_while_a_drain_begins_is_told_of_the_drain) {
    scene<hanging_kinds_driver> s(with_workers(2));
    { auto a = s.pool.acquire(1).value(), b = s.pool.acquire(1).value(); }
    const auto held = s.pool.acquire(1).value();
    s.calls.destroy.takes(400ms);
    std::optional<lend::hresult> code;
    const other_thread caller([&] { code = s.pool.try_acquire(2).code(); });
    s.clock.settle();

    (void)s.pool.drain(1s);

    EXPECT_EQ(code, hr::lend_e_closed);
}

TEST(FailureMode, 47_room_is_made_on_another_thread_and_for_each_waiter_once) {
    scene<hanging_kinds_driver> s(with_workers(3));
    {
        auto a = s.pool.acquire(1).value(), b = s.pool.acquire(1).value(),
             c = s.pool.acquire(1).value();
    }
    s.calls.destroy.takes(200ms);
    const auto begun = s.clock.now();

    EXPECT_EQ(s.pool.try_acquire_for(2, 100ms).code(), hr::lend_e_timed_out);

    EXPECT_EQ(s.clock.now() - begun, 100ms);
    EXPECT_EQ(s.calls.destroy.begun, 1);
    EXPECT_TRUE(s.pool.try_acquire_for(2, 1s));
    EXPECT_EQ(s.calls.destroy.begun, 1);
}

TEST(PoolVerifying, destroy_that_is_to_make_room_and_hangs_is_not_counted_on_for_ever) {
    scene<hanging_kinds_driver> s(with_workers(2));
    { auto a = s.pool.acquire(1).value(), b = s.pool.acquire(1).value(); }
    s.calls.destroy.takes(1h);
    bool served = false;
    const auto begun = s.clock.now();
    s.pool.acquire_async(2, {.deadline = begun + 10s}, [&](auto got) { served = got.has_value(); });
    s.clock.settle();
    EXPECT_EQ(s.calls.destroy.begun, 1);
    s.calls.destroy.takes(0s);

    s.clock.advance(250ms);
    s.pool.sweep();
    s.clock.settle();

    EXPECT_EQ(s.calls.destroy.begun, 2);
    EXPECT_TRUE(served);
    s.clock.advance(2h);
}

TEST(PoolVerifying, waiter_makes_room_again_after_a_destroy_that_hangs) {
    for (const auto creation : {lend::creation_mode::worker, lend::creation_mode::inline_}) {
        auto options = with_workers(2);
        options.creation = creation;
        options.housekeeping = lend::housekeeping_mode::own_thread;
        scene<hanging_kinds_driver> s(options);
        { auto a = s.pool.acquire(1).value(), b = s.pool.acquire(1).value(); }
        s.calls.destroy.takes(1h);

        EXPECT_EQ(s.pool.try_acquire_for(2, 1s).code(), hr::lend_e_timed_out);

        EXPECT_EQ(s.calls.destroy.begun, 2);
        s.clock.advance(2h);
    }
}

TEST(FailureMode, 47_destroys_that_all_hang_do_not_hold_up_what_comes_later) {
    auto options = with_workers(6);
    options.destroy_on = lend::destroy_mode::background;
    scene<> s(options);
    {
        std::vector<lend::lease<hanging_driver, manual_clock_platform>> held;
        for (int at = 0; at < 6; ++at) held.push_back(s.pool.acquire().value());
        s.calls.destroy.takes(1h);
        for (int at = 0; at < 4; ++at) (void)held[static_cast<std::size_t>(at)].discard();
        s.clock.advance(1s);
        s.calls.destroy.takes(0s);
        (void)held[4].discard();
        s.clock.settle();
    }

    EXPECT_EQ(s.calls.destroy.ended, 1);
    s.clock.advance(1h);
}

TEST(FailureMode, 48_create_that_is_cleared_again_and_again_does_not_exceed_a_deadline) {
    for (const auto mode : {lend::creation_mode::inline_, lend::creation_mode::worker}) {
        auto options = with_workers(2);
        options.creation = mode;
        options.create_timeout = for_ever;
        scene<> s(options);
        s.calls.create.takes(20ms);
        std::atomic<bool> stop{false};
        struct clearing {
            scene<>& in;
            std::atomic<bool>& stop;
        } clears{s, stop};
        const bool started = manual_clock_platform::start_thread(
            "clears",
            [](void* raw) {
                auto& mine = *static_cast<clearing*>(raw);
                std::atomic<std::uint32_t> word{0};
                for (int at = 0; at < 60; ++at) {
                    manual_clock_platform::park(word, 0, manual_clock::now() + 5ms);
                    (void)mine.in.pool.clear();
                }
                mine.stop = true;
            },
            &clears);
        const auto begun = s.clock.now();

        EXPECT_EQ(s.pool.try_acquire().code(), hr::lend_e_condemned);
        EXPECT_EQ(s.clock.now() - begun, 20ms);
        EXPECT_EQ(s.pool.try_acquire_for(100ms).code(), hr::lend_e_timed_out);
        // With creation inline_ the caller's own create ends first.
        EXPECT_LE(s.clock.now() - begun, 120ms + 20ms);
        if (mode == lend::creation_mode::worker) {
            EXPECT_EQ(s.clock.now() - begun, 120ms);
        }
        EXPECT_TRUE(started);
        const int creates = s.calls.create.begun;
        EXPECT_LE(creates, 7);
        s.clock.advance(60 * 5ms);
        EXPECT_TRUE(stop);
        EXPECT_LE(s.calls.create.begun, creates + 1); // for nobody none is made
    }
}

// ---- asynchronous
// ---------------------------------------------------------------------------------

TEST(FailureMode, 47_asynchronous_acquire_makes_no_call_that_may_block_on_its_thread) {
    for (const bool broken : {false, true}) {
        auto options = with_workers(2);
        options.housekeeping = lend::housekeeping_mode::own_thread;
        scene<> s(options);
        { auto a = s.pool.acquire().value(), b = s.pool.acquire().value(); }
        s.clock.advance(10s);
        s.calls.is_broken = broken;
        s.calls.active.takes(1500ms);
        s.calls.create.takes(1500ms);
        s.calls.destroy.takes(1500ms);
        const auto begun = s.clock.now();
        std::optional<lend::hresult> told;
        std::chrono::nanoseconds after{0};

        s.pool.acquire_async({.deadline = begun + 100ms}, [&](auto got) {
            told = got.code();
            after = s.clock.now() - begun;
        });

        EXPECT_EQ(s.clock.now(), begun); // the caller goes on at once
        s.clock.advance(100ms);
        EXPECT_EQ(told, hr::lend_e_timed_out);
        EXPECT_EQ(after, 100ms);
        EXPECT_EQ(s.calls.active.on_the_test_thread + s.calls.destroy.on_the_test_thread, 0);
        s.clock.advance(10s);
    }
}

TEST(PoolVerifying, asynchronous_acquire_is_served_by_the_check) {
    auto options = with_workers(1);
    options.housekeeping = lend::housekeeping_mode::own_thread;
    scene<> s(options);
    (void)s.pool.acquire();
    s.clock.advance(10s);
    s.calls.active.takes(100ms);
    std::optional<lend::hresult> told;

    s.pool.acquire_async({}, [&](auto got) { told = got.code(); });
    EXPECT_FALSE(told);
    s.clock.advance(100ms);

    EXPECT_EQ(told, hr::s_ok);
    EXPECT_EQ(s.calls.create.begun, 1);
}

TEST(PoolVerifying, asynchronous_acquire_without_time_takes_what_is_good_and_makes_nothing) {
    auto options = with_workers(2);
    options.acquire_timeout = 0s;
    scene<> s(options);
    std::optional<lend::hresult> told;
    const auto ask = [&] { s.pool.acquire_async({}, [&](auto got) { told = got.code(); }); };

    ask();
    EXPECT_EQ(told, hr::lend_e_exhausted);
    EXPECT_EQ(s.calls.create.begun, 0);
    s.rest(1);
    ask();
    EXPECT_EQ(told, hr::lend_e_exhausted); // it is in doubt
    EXPECT_EQ(s.calls.active.begun, 0);
    (void)s.pool.try_acquire(); // checked, and back
    ask();
    EXPECT_EQ(told, hr::s_ok);
}

// ---- ends
// -----------------------------------------------------------------------------------------

TEST(FailureMode, 47_close_and_drain_keep_their_deadlines_though_destroys_hang) {
    for (const bool drains : {false, true}) {
        scene<> s(with_workers(4));
        s.rest(4);
        s.calls.destroy.takes(1s);
        const auto begun = s.clock.now();

        const auto code = drains ? s.pool.drain(1500ms).closed : s.pool.close(1500ms);

        EXPECT_EQ(code, hr::s_false) << drains;
        EXPECT_EQ(s.clock.now() - begun, 1500ms) << drains;
        EXPECT_EQ(s.calls.destroy.on_the_test_thread, 0);
        s.clock.advance(10s);
        EXPECT_EQ(s.calls.destroy.ended, 4); // none is lost
    }
}

TEST(PoolVerifying, clear_and_resize_destroy_where_the_options_say) {
    for (const auto where : {lend::destroy_mode::caller, lend::destroy_mode::background}) {
        for (const bool clears : {false, true}) {
            auto options = with_workers(4);
            options.destroy_on = where;
            scene<> s(options);
            s.rest(3);
            s.calls.destroy.takes(1s);
            const auto begun = s.clock.now();

            if (clears) {
                EXPECT_EQ(s.pool.clear(), 3U);
            } else {
                EXPECT_TRUE(s.pool.resize(1, 0));
            }

            const bool here = where == lend::destroy_mode::caller;
            EXPECT_EQ(s.clock.now() - begun, here ? (clears ? 3s : 2s) : 0s);
            s.clock.advance(10s);
            EXPECT_EQ(s.calls.destroy.ended, clears ? 3 : 2);
        }
    }
}

TEST(PoolVerifying, destructor_comes_back_when_all_that_was_idle_is_destroyed) {
    std::shared_ptr<hanging_calls> calls;
    {
        scene<> s(with_workers(4));
        s.rest(4);
        calls = s.driver.calls();
        calls->destroy.takes(2s);
    }
    EXPECT_EQ(calls->destroy.ended, 4);
}

// ---- what is new
// ------------------------------------------------------------------------------------

TEST(PoolCheckNew, who_made_it_makes_no_difference) {
    using mode = lend::new_check_mode;
    for (const auto how : {mode::none, mode::passive, mode::active}) {
        for (const bool by_caller : {false, true}) {
            auto options = with_workers(1);
            options.check_new = how;
            scene<> s(options);
            const auto lease = by_caller ? s.pool.try_acquire() : s.pool.try_acquire_for(1s);
            ASSERT_TRUE(lease);
            EXPECT_EQ(s.calls.passive.begun, how == mode::passive ? 1 : 0) << by_caller;
            EXPECT_EQ(s.calls.active.begun, how == mode::active ? 1 : 0) << by_caller;
        }
    }
}

TEST(PoolCheckNew, active_check_that_fails_is_a_failed_create) {
    for (const bool by_caller : {false, true}) {
        auto options = with_workers(1);
        options.check_new = lend::new_check_mode::active;
        scene<> s(options);
        s.calls.is_broken = true;
        const auto got = by_caller ? s.pool.try_acquire() : s.pool.try_acquire_for(20ms);
        EXPECT_FALSE(got);
        EXPECT_GE(s.pool.stats().create_failed, 1U);
        EXPECT_EQ(s.calls.destroy.begun.load(), s.calls.create.begun.load());
        EXPECT_EQ(s.pool.stats().size, 0U);
    }
}

TEST(PoolCheckNew, active_check_that_hangs_is_given_up_as_a_create) {
    auto options = with_workers(1);
    options.check_new = lend::new_check_mode::active;
    options.create_timeout = 1s;
    scene<> s(options);
    s.calls.active.takes(1h);

    EXPECT_EQ(s.pool.try_acquire_for(1500ms).code(), hr::lend_e_timed_out);

    EXPECT_EQ(s.pool.stats().abandoned, 1U);
    s.clock.advance(2h);
}

} // namespace pool_verifying_test
