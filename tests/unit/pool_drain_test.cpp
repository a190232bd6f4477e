// SPDX-License-Identifier: MIT
/// @file
/// The end of a pool that waits for its borrowers.

#include "support/fault_driver.hpp"
#include "support/manual_clock_platform.hpp"
#include "support/other_thread.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/observer.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace pool_drain_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

using timed = pool_with<recording_driver, manual_clock_platform>;
using interruptible = pool_with<with_interrupt<recording_driver>, manual_clock_platform>;
constexpr auto start = std::chrono::steady_clock::time_point(1000s);

TEST(PoolDrain, pool_of_which_nothing_is_lent_is_closed_at_once) {
    const manual_clock clock;
    timed p(quiet(2));
    (void)p.pool.acquire();

    const auto report = p.pool.drain(1min);

    EXPECT_TRUE(report.hold_outs.empty());
    EXPECT_EQ(report.closed, hr::s_ok);
    EXPECT_EQ(clock.now(), start);
    EXPECT_EQ(p.calls->log(), "create() reset(1) destroy(1)");
    EXPECT_EQ(p.pool.acquire().code(), hr::lend_e_closed);
}

TEST(PoolDrain, ends_when_the_last_lease_ends) {
    const manual_clock clock;
    timed p(quiet(3));
    auto one = p.pool.acquire(), two = p.pool.acquire();
    lend::drain_report report;
    const other_thread drains([&] { report = p.pool.drain(1min); });

    EXPECT_EQ(one->release(), hr::s_false); // not kept: nobody will want it
    EXPECT_FALSE(drains.done());
    EXPECT_TRUE(two->detach());

    EXPECT_TRUE(drains.done());
    EXPECT_TRUE(report.hold_outs.empty());
    EXPECT_EQ(clock.now(), start);
    EXPECT_EQ(p.pool.stats().size, 0U);
}

TEST(PoolDrain, newcomers_are_refused_while_it_lasts) {
    const manual_clock clock;
    timed p(quiet(3));
    auto one = p.pool.acquire(), two = p.pool.acquire();
    (void)p.pool.acquire(); // idle, and this thread's last
    const other_thread drains([&] { (void)p.pool.drain(1min); });

    EXPECT_EQ(p.pool.acquire().code(), hr::lend_e_closed);
    EXPECT_EQ(p.pool.try_acquire().code(), hr::lend_e_closed);
    (void)two->release(); // this thread's last now
    EXPECT_EQ(p.pool.acquire().code(), hr::lend_e_closed);
    EXPECT_EQ(p.pool.warm_up(1, 1s).errors.size(), 1U);
    (void)one->release();
    EXPECT_TRUE(drains.done());
}

TEST(PoolDrain, who_waits_already_is_served_or_refused_as_is_said) {
    const manual_clock clock;
    for (const auto queued : {lend::queued_mode::serve, lend::queued_mode::refuse}) {
        timed p(quiet(1));
        auto held = p.pool.acquire();
        lend::hresult code = hr::e_unexpected;
        const other_thread waits([&] { code = p.pool.acquire().code(); });
        const other_thread drains(
            [&] { (void)p.pool.drain(1min, lend::drain_mode::soft, queued); });

        EXPECT_EQ(waits.done(), queued == lend::queued_mode::refuse);
        (void)held->release();

        EXPECT_TRUE(waits.done() && drains.done());
        EXPECT_EQ(code, queued == lend::queued_mode::serve ? hr::s_ok : hr::lend_e_closed);
    }
}

TEST(FailureMode, 36_drain_ends_at_its_deadline_and_names_those_who_hold_out) {
    const manual_clock clock;
    auto options = quiet(3);
    options.record_holders = true;
    timed p(options);
    auto one = p.pool.acquire(), two = p.pool.acquire();

    const auto report = p.pool.drain(5s);

    EXPECT_EQ(clock.now(), start + 5s);
    ASSERT_EQ(report.hold_outs.size(), 2U);
    EXPECT_EQ(report.hold_outs[0].id, one->id());
    EXPECT_EQ(report.hold_outs[1].id, two->id());
    EXPECT_STREQ(report.hold_outs[0].site.file, __FILE__);
    EXPECT_EQ(p.pool.acquire().code(), hr::lend_e_closed);
    EXPECT_EQ(one->release(), hr::s_false);
    EXPECT_EQ(two->release(), hr::s_false);
    EXPECT_EQ(p.calls->live(), 0);
}

TEST(FailureMode, 36_forced_drain_interrupts_those_who_hold_out) {
    const manual_clock clock;
    interruptible p(quiet(2));
    auto one = p.pool.acquire(), two = p.pool.acquire();
    (void)p.calls->take_log();
    lend::drain_report report;
    const other_thread drains([&] { report = p.pool.drain(5s, lend::drain_mode::forced); });

    manual_clock::advance(5s);
    EXPECT_EQ(p.calls->take_log(), "interrupt(1) interrupt(2)");
    EXPECT_FALSE(drains.done()); // waits a moment for those who were interrupted
    (void)one->release();
    (void)two->release();

    EXPECT_TRUE(drains.done());
    EXPECT_EQ(report.hold_outs.size(), 2U);
    EXPECT_EQ(clock.now(), start + 5s);
}

TEST(PoolDrain, moment_after_the_interrupts_ends_as_well) {
    const manual_clock clock;
    interruptible p(quiet(2));
    const auto held = p.pool.acquire();

    const auto report = p.pool.drain(5s, lend::drain_mode::forced);

    EXPECT_EQ(report.hold_outs.size(), 1U);
    EXPECT_EQ(clock.now(), start + 6s);
}

TEST(PoolDrain, resource_is_not_destroyed_while_it_is_interrupted) {
    using driver = with_faulty_interrupt<fault_driver<manual_clock_platform>>;
    const manual_clock clock;
    for (const bool detach : {false, true}) {
        const auto board = std::make_shared<driver::board>();
        board->at(call::interrupt, 1, fault::delay);
        board->delay_time = 100ms;
        lend::pool<driver, manual_clock_platform> pool(driver(board), quiet(1));
        auto held = pool.acquire();
        const other_thread drains([&] { (void)pool.drain(0s, lend::drain_mode::forced); });
        const other_thread ends([&] {
            if (detach) {
                if (auto out = held->detach()) (void)out->forget();
            } else {
                (void)held->release();
            }
        });

        EXPECT_FALSE(ends.done());
        manual_clock::advance(100ms);

        EXPECT_TRUE(ends.done() && drains.done());
        EXPECT_TRUE(board->violations().empty());
    }
}

// Each interrupt takes almost half a second.
struct slowly_interrupting_driver : recording_driver {
    using recording_driver::recording_driver;
    void interrupt(numbered& it) {
        calls().call(named("begin", it));
        std::atomic<std::uint32_t> word{0};
        manual_clock_platform::park(word, 0, manual_clock::now() + 400ms);
        calls().call(named("end", it));
    }
};

TEST(PoolDrain, two_that_interrupt_do_so_one_after_the_other) {
    const manual_clock clock;
    pool_with<slowly_interrupting_driver, manual_clock_platform> p(quiet(1));
    const auto held = p.pool.acquire();
    (void)p.calls->take_log();
    const other_thread one([&] { (void)p.pool.drain(0s, lend::drain_mode::forced); });
    const other_thread two([&] { (void)p.pool.drain(0s, lend::drain_mode::forced); });

    manual_clock::advance(5s);

    EXPECT_TRUE(one.done() && two.done());
    EXPECT_EQ(p.calls->log(), "begin(1) end(1) begin(1) end(1)");
}

TEST(PoolDrain, close_by_somebody_else_ends_it) {
    const manual_clock clock;
    timed p(quiet(1));
    const auto held = p.pool.acquire();
    lend::drain_report report;
    const other_thread drains([&] { report = p.pool.drain(1h); });

    EXPECT_EQ(p.pool.close(), hr::s_ok);

    EXPECT_TRUE(drains.done());
    EXPECT_EQ(report.hold_outs.size(), 1U);
    EXPECT_EQ(clock.now(), start);
}

TEST(PoolDrain, two_at_a_time_end_together) {
    const manual_clock clock;
    timed p(quiet(1));
    auto held = p.pool.acquire();
    const other_thread one([&] { (void)p.pool.drain(1h); });
    const other_thread two([&] { (void)p.pool.drain(2h); });

    (void)held->release();

    EXPECT_TRUE(one.done() && two.done());
    EXPECT_EQ(clock.now(), start);
}

TEST(PoolDrain, waiter_who_gives_up_ends_it_too) {
    const manual_clock clock;
    using driver = fault_driver<manual_clock_platform>;
    const auto board = std::make_shared<driver::board>();
    board->at(call::create, 1, fault::error);
    auto options = quiet(1);
    options.creation = lend::creation_mode::worker;
    lend::pool<driver, manual_clock_platform> pool(driver(board), options);
    auto held = pool.acquire(); // the first create failed, the probe after it did not
    ASSERT_TRUE(held);
    const other_thread waits([&] { (void)pool.try_acquire_for(10s); });
    const other_thread drains([&] { (void)pool.drain(1h); });
    const other_thread holds([&] { (void)held->detach().value().forget(); });

    EXPECT_TRUE(holds.done());
    EXPECT_TRUE(waits.done() && drains.done());
}

// ---- what a drain and a close wait for ---------------------------------------------------------

// Counts what it is told, for one pool.
struct told : lend::pool_observer {
    void abandoned_at_close(std::size_t calls) override { abandoned.push_back(calls); }
    void closed() override { ++closes; }
    void leaked(const lend::holder_info&) override {
        std::atomic<std::uint32_t> word{0};
        manual_clock_platform::park(word, 0, busy_until);
    }
    std::vector<std::size_t> abandoned;
    std::atomic<int> closes{0};
    std::chrono::steady_clock::time_point busy_until{};
};

using faulty_driver = with_faulty_interrupt<fault_driver<manual_clock_platform>>;
using faulty_pool = lend::pool<faulty_driver, manual_clock_platform>;

struct faulty {
    explicit faulty(lend::pool_options options) {
        options.observer = heard;
        pool.emplace(faulty_driver(board), options);
    }
    const manual_clock clock;
    std::shared_ptr<faulty_driver::board> board = std::make_shared<faulty_driver::board>();
    std::shared_ptr<told> heard = std::make_shared<told>();
    std::optional<faulty_pool> pool;
};

// With a housekeeper, and with resets on a thread of the pool.
lend::pool_options with_threads(std::size_t max_size) {
    auto options = quiet(max_size);
    options.housekeeping = lend::housekeeping_mode::own_thread;
    options.idle_timeout = 1h;
    options.reset_on = lend::reset_mode::background;
    return options;
}

TEST(FailureMode, 36_reset_of_the_pools_own_is_neither_waited_for_as_a_lease_nor_interrupted) {
    for (const auto mode : {lend::drain_mode::soft, lend::drain_mode::forced}) {
        faulty p(with_threads(1));
        p.board->at(call::reset, 1, fault::hang);
        { const auto lease = p.pool->acquire(); }
        manual_clock::settle();
        lend::drain_report report;
        const other_thread drains([&] { report = p.pool->drain(100ms, mode); });

        EXPECT_EQ(p.heard->closes, 1); // at once: nothing is lent
        manual_clock::advance(100ms);

        EXPECT_TRUE(drains.done());
        EXPECT_EQ(p.board->calls(call::interrupt), 0U);
        EXPECT_TRUE(report.hold_outs.empty());
        EXPECT_EQ(report.closed, hr::s_false); // the call that it waited for
        EXPECT_EQ(report.calls, 1U);
        EXPECT_EQ(p.heard->abandoned, std::vector<std::size_t>{1});
        p.board->release_hung();
        EXPECT_EQ(p.pool->close(), hr::s_ok);
    }
}

// The housekeeper is busy with what an observer does, and with no driver call.
TEST(PoolDrain, threads_that_are_in_no_driver_call_are_given_a_moment_to_end) {
    for (const bool in_time : {true, false}) {
        auto options = with_threads(1);
        options.record_holders = true;
        options.leak_after = 1s;
        faulty p(options);
        p.heard->busy_until = start + 100s + (in_time ? 10ms : 30ms);
        const auto held = p.pool->acquire();
        lend::drain_report report;
        std::chrono::steady_clock::time_point at;
        const other_thread drains([&] {
            report = p.pool->drain(start + 100s);
            at = manual_clock::now();
        });

        manual_clock::advance(200s);

        EXPECT_TRUE(drains.done());
        EXPECT_EQ(at, start + 100s + (in_time ? 10ms : 20ms));
        EXPECT_EQ(report.hold_outs.size(), 1U);
        EXPECT_EQ(report.closed, in_time ? hr::s_ok : hr::s_false);
        EXPECT_EQ(p.heard->abandoned,
                  in_time ? std::vector<std::size_t>{} : std::vector<std::size_t>{0});
        EXPECT_EQ(p.pool->close(), hr::s_ok);
    }
}

TEST(PoolDrain, event_tells_of_driver_calls_and_not_of_threads) {
    faulty p(with_threads(4));
    auto held = p.pool->acquire();
    { const auto one = p.pool->acquire(), two = p.pool->acquire(); }
    manual_clock::settle();
    p.board->from(call::destroy, 1, fault::hang);

    const auto report = p.pool->drain(0s);

    EXPECT_EQ(report.closed, hr::s_false);
    EXPECT_EQ(p.heard->abandoned, std::vector<std::size_t>{2}); // one runs, one is still to come
    p.board->release_hung();
}

TEST(PoolDrain, ends_with_the_last_lease_though_its_reset_or_destroy_hangs) {
    for (const auto what : {call::reset, call::destroy}) {
        auto options = with_threads(1);
        if (what == call::destroy) options.reset_on = lend::reset_mode::release;
        faulty p(options);
        auto held = p.pool->acquire();
        p.board->from(what, 1, fault::hang);
        lend::drain_report report;
        const other_thread drains([&] { report = p.pool->drain(1min, lend::drain_mode::forced); });
        EXPECT_EQ(p.heard->closes, 0);

        const other_thread ends(
            [&] { what == call::reset ? (void)held->release() : (void)held->discard(); });
        EXPECT_EQ(p.heard->closes, 1);
        manual_clock::advance(1min);

        EXPECT_TRUE(drains.done());
        EXPECT_TRUE(report.hold_outs.empty());
        // The reset may come too late to begin.
        if (what == call::destroy) {
            EXPECT_EQ(report.calls, 1U);
        }
        EXPECT_EQ(p.board->calls(call::interrupt), 0U);
        p.board->release_hung();
        EXPECT_TRUE(ends.done());
    }
}

TEST(PoolDrain, create_that_was_given_up_is_a_call_that_is_left) {
    auto options = with_threads(1);
    options.creation = lend::creation_mode::worker;
    options.create_timeout = 1s;
    faulty p(options);
    p.board->from(call::create, 1, fault::hang);
    const other_thread asks([&] { (void)p.pool->try_acquire_for(1500ms); });
    manual_clock::advance(1500ms);
    ASSERT_TRUE(asks.done());
    const auto given_up = p.pool->stats().abandoned;
    const auto others = p.pool->stats().creating;
    ASSERT_GE(given_up, 1U);

    EXPECT_EQ(p.pool->close(100ms), hr::s_false);

    EXPECT_EQ(p.heard->abandoned, std::vector<std::size_t>{given_up + others});
    p.board->release_hung();
    EXPECT_EQ(p.pool->close(), hr::s_ok);
}

TEST(FailureMode, 36_slow_interrupt_does_not_make_it_later_than_the_moment) {
    faulty p(with_threads(3));
    auto one = p.pool->acquire(), two = p.pool->acquire();
    p.board->from(call::interrupt, 1, fault::delay);
    p.board->delay_time = 700ms;
    lend::drain_report report;
    std::chrono::steady_clock::time_point at;
    const other_thread drains([&] {
        report = p.pool->drain(5s, lend::drain_mode::forced);
        at = manual_clock::now();
    });

    manual_clock::advance(10s);

    EXPECT_TRUE(drains.done());
    EXPECT_EQ(at, start + 6s);
    EXPECT_EQ(report.hold_outs.size(), 2U);
    EXPECT_EQ(report.closed, hr::s_false); // an interrupt runs
    EXPECT_EQ(p.heard->abandoned, std::vector<std::size_t>{1});
}

TEST(FailureMode, 36_what_was_reclaimed_and_is_being_destroyed_is_not_interrupted) {
    auto options = with_threads(2);
    options.reset_on = lend::reset_mode::release;
    options.destroy_on = lend::destroy_mode::background;
    options.record_holders = true;
    options.leak_after = 1h;
    options.leak_action = lend::leak_mode::reclaim;
    faulty p(options);
    auto held = p.pool->acquire();
    manual_clock::advance(2h);
    const auto interrupts = p.board->calls(call::interrupt);
    ASSERT_EQ(p.pool->stats().reclaimed, 1U);
    p.board->from(call::destroy, 1, fault::hang);
    (void)held->release();
    manual_clock::settle();
    const auto other = p.pool->acquire();

    const auto report = p.pool->drain(0s, lend::drain_mode::forced);

    EXPECT_EQ(p.board->calls(call::interrupt), interrupts + 1); // of what is lent
    EXPECT_EQ(report.hold_outs.size(), 1U);
    p.board->release_hung();
    manual_clock::settle();
    EXPECT_TRUE(p.board->violations().empty());
}

} // namespace pool_drain_test
