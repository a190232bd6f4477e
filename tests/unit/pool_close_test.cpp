// SPDX-License-Identifier: MIT
/// @file
/// Close, whatever is going on: it returns by its deadline, and no driver call begins afterwards
/// but the destroy of what was lent.

#include "support/fault_driver.hpp"
#include "support/manual_clock_platform.hpp"
#include "support/other_thread.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace pool_close_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

using driver = fault_driver<manual_clock_platform>;
using pool_type = lend::pool<driver, manual_clock_platform>;
constexpr auto start = std::chrono::steady_clock::time_point(1000s);

std::uint64_t calls_begun(driver::board& board) {
    return board.calls(call::create) + board.calls(call::reset) + board.calls(call::check) +
           board.calls(call::destroy);
}

lend::pool_options with_workers(std::size_t max_size) {
    auto options = quiet(max_size);
    options.creation = lend::creation_mode::worker;
    return options;
}

// Something hangs in a driver call while the pool is closed with a deadline: close waits for it up
// to the deadline and no longer; afterwards nothing begins.
struct hanging {
    call where;
    std::function<void(pool_type&)> what;
};

void use(pool_type& pool) {
    if (auto lease = pool.try_acquire_for(1h)) (void)lease->release();
}
void use_and_discard(pool_type& pool) {
    if (auto lease = pool.try_acquire_for(1h)) (void)lease->discard();
}

TEST(PoolClose, pool_that_was_moved_from_answers_as_a_closed_one) {
    lend::pool<recording_driver> from(recording_driver(std::make_shared<recording>()), quiet(2));
    const auto to = std::move(from);

    EXPECT_EQ(from.pause(), hr::lend_e_closed);
    EXPECT_EQ(from.resume(), hr::lend_e_closed);
    EXPECT_EQ(from.resize(1, 0).code(), hr::lend_e_closed);
    EXPECT_EQ(from.clear(), 0U);
    EXPECT_EQ(from.clear_over(1s), 0U);
    EXPECT_EQ(from.retain([](const auto&, const auto&) { return false; }).code(),
              hr::lend_e_closed);
    EXPECT_TRUE(from.drain(1s).hold_outs.empty());
    const auto warmed = from.warm_up(1, 1s);
    EXPECT_EQ(warmed.ready, 0U);
    ASSERT_EQ(warmed.errors.size(), 1U);
    EXPECT_EQ(warmed.errors[0].code(), hr::lend_e_closed);
}

TEST(FailureMode, 18_close_returns_at_its_deadline_whatever_hangs_and_nothing_begins_later) {
    const manual_clock clock;
    for (const hanging& each :
         {hanging{call::create, use}, hanging{call::check, use}, hanging{call::reset, use},
          hanging{call::destroy, use_and_discard}}) {
        const auto board = std::make_shared<driver::board>();
        board->at(each.where, 1, fault::hang);
        pool_type pool(driver(board), with_workers(2));
        if (each.where == call::check) (void)pool.warm_up(1, 0s);
        const other_thread user([&] { each.what(pool); });
        const auto begun = clock.now();

        EXPECT_EQ(pool.close(3s), hr::s_false);
        EXPECT_EQ(clock.now() - begun, 3s);
        const auto calls = calls_begun(*board);
        board->release_hung();

        EXPECT_TRUE(user.done());
        EXPECT_EQ(pool.close(1s), hr::s_ok);
        // What was in creation or in use is destroyed by whoever had it, and nothing else happens.
        EXPECT_LE(calls_begun(*board), calls + 1);
        EXPECT_EQ(board->live(), 0);
        EXPECT_TRUE(board->violations().empty());
    }
}

TEST(FailureMode, 18_close_waits_for_a_driver_call_that_ends_in_time) {
    const manual_clock clock;
    for (const hanging& each : {hanging{call::create, use}, hanging{call::reset, use},
                                hanging{call::destroy, use_and_discard}}) {
        const auto board = std::make_shared<driver::board>();
        board->at(each.where, 1, fault::delay);
        board->delay_time = 200ms;
        pool_type pool(driver(board), with_workers(2));
        const other_thread user([&] { each.what(pool); });
        const auto begun = clock.now();

        EXPECT_EQ(pool.close(3s), hr::s_ok);

        EXPECT_EQ(clock.now() - begun, 200ms);
        EXPECT_TRUE(user.done());
        EXPECT_EQ(board->live(), 0);
    }
}

TEST(FailureMode, 18_close_wakes_everyone_who_waits_with_its_own_code) {
    const manual_clock clock;
    const auto board = std::make_shared<driver::board>();
    pool_type pool(driver(board), quiet(1));
    auto held = pool.acquire();
    std::vector<lend::hresult> codes(4, hr::e_unexpected);
    std::vector<other_thread> waiters;
    for (auto& code : codes) waiters.emplace_back([&] { code = pool.try_acquire_for(1h).code(); });

    EXPECT_EQ(pool.close(), hr::s_ok);

    for (const auto& each : waiters) EXPECT_TRUE(each.done());
    for (const auto code : codes) EXPECT_EQ(code, hr::lend_e_closed);
    EXPECT_EQ(clock.now(), start);
    EXPECT_EQ(board->calls(call::destroy), 0U); // it is lent
    (void)held->release();
    EXPECT_EQ(board->calls(call::destroy), 1U);
}

TEST(FailureMode, 18_close_ends_the_housekeeper) {
    const manual_clock clock;
    const auto board = std::make_shared<driver::board>();
    auto options = with_workers(2);
    options.housekeeping = lend::housekeeping_mode::own_thread;
    options.min_idle = 1;
    pool_type pool(driver(board), options);
    manual_clock::settle();
    EXPECT_EQ(pool.stats().idle, 1U);

    EXPECT_EQ(pool.close(), hr::s_ok);
    const auto calls = calls_begun(*board);
    manual_clock::advance(1h);

    EXPECT_EQ(calls_begun(*board), calls);
    EXPECT_EQ(manual_clock::waiting(), 0U);
}

// Calls something from within a call, once.
struct calling_driver {
    using resource = int;
    using no_reset = void;
    struct board {
        std::function<void()> in_create, in_destroy;
    };

    lend::result<int> create() {
        if (const auto todo = std::exchange(calls->in_create, nullptr)) todo();
        return 1;
    }
    void destroy(int&&) {
        if (const auto todo = std::exchange(calls->in_destroy, nullptr)) todo();
    }

    std::shared_ptr<board> calls = std::make_shared<board>();
};

TEST(FailureMode, 18_close_from_within_a_driver_call_does_not_wait_for_it) {
    const manual_clock clock;
    for (const bool in_create : {true, false}) {
        const calling_driver shared;
        lend::pool<calling_driver, manual_clock_platform> pool(shared, quiet(1));
        lend::hresult code = hr::e_unexpected;
        (in_create ? shared.calls->in_create : shared.calls->in_destroy) = [&] {
            code = pool.close(2s);
        };
        const auto begun = clock.now();

        auto lease = pool.acquire();
        if (lease) (void)lease->discard();

        EXPECT_EQ(code, hr::s_false); // its own caller is a call that still runs
        EXPECT_EQ(clock.now() - begun, 0s);
        EXPECT_EQ(pool.acquire().code(), hr::lend_e_closed);
        EXPECT_EQ(pool.close(), hr::s_ok);
        EXPECT_EQ(pool.stats().size, 0U);
    }
}

TEST(FailureMode, 18_second_close_does_nothing_and_two_at_a_time_both_end) {
    const manual_clock clock;
    const auto board = std::make_shared<driver::board>();
    board->at(call::create, 1, fault::hang);
    pool_type pool(driver(board), with_workers(1));
    const other_thread user([&] { use(pool); });
    lend::hresult first = hr::e_unexpected, second = hr::e_unexpected;
    const other_thread closes([&] { first = pool.close(1h); });
    const other_thread closes_too([&] { second = pool.close(2h); });

    board->release_hung();

    EXPECT_TRUE(user.done() && closes.done() && closes_too.done());
    EXPECT_EQ(first, hr::s_ok);
    EXPECT_EQ(second, hr::s_ok);
    EXPECT_EQ(clock.now(), start);
    EXPECT_EQ(pool.close(), hr::s_ok);
    EXPECT_EQ(board->calls(call::destroy), 1U);
}

struct plain_driver {
    using resource = int;
    lend::result<int> create() { return 1; }
    lend::hresult reset(int&) { return hr::s_ok; }
    void destroy(int&&) {}
};

TEST(FailureMode, 18_close_by_a_static_destructor_ends_the_process_as_usual) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");

    EXPECT_EXIT(
        {
            lend::pool_options options;
            options.max_size = 2;
            options.min_idle = 1; // its housekeeper runs while the process ends
            static lend::pool pool(plain_driver{}, options);
            static auto kept = pool.acquire();
            std::exit(kept ? 7 : 1);
        },
        testing::ExitedWithCode(7), "");
}

// ---- from a call on a thread of the pool's own -------------------------------------------------

// Runs what the test says, once, in its next create, destroy or leak.
struct told {
    static inline std::function<void()> in_create;
    static inline std::function<void()> in_destroy;
    static inline std::function<void()> when_leaked;
    static void run(std::function<void()>& once) {
        if (once) std::exchange(once, nullptr)();
    }
    void leaked(const lend::holder_info&) { run(when_leaked); }
};

struct told_driver : recording_driver {
    using recording_driver::recording_driver;
    using events = told;
    lend::result<numbered> create() {
        told::run(told::in_create);
        return recording_driver::create();
    }
    lend::hresult destroy(numbered&& it) {
        told::run(told::in_destroy);
        return recording_driver::destroy(std::move(it));
    }
};

using told_pool = lend::pool<told_driver, manual_clock_platform>;

struct closed_within {
    // Closes the pool without a limit, and notes what it said and when.
    std::function<void()> closing() {
        return [this] {
            code = pool->close(std::chrono::nanoseconds::max());
            at = manual_clock::now();
        };
    }
    void make(lend::pool_options options) {
        options.housekeeping = lend::housekeeping_mode::own_thread;
        pool.emplace(told_driver(calls), options);
    }

    const manual_clock clock;
    std::shared_ptr<recording> calls = std::make_shared<recording>();
    std::optional<told_pool> pool;
    lend::hresult code = hr::e_unexpected;
    std::chrono::steady_clock::time_point at;
};

TEST(FailureMode, 74_close_in_an_event_of_the_housekeeper_does_not_wait_for_itself) {
    closed_within t;
    auto options = quiet(1);
    options.leak_after = 1s;
    t.make(options);
    told::when_leaked = t.closing();
    const auto held = t.pool->acquire();

    manual_clock::advance(3s);

    EXPECT_EQ(t.code, hr::s_ok);
    EXPECT_LE(t.at, start + 3s);
}

TEST(FailureMode, 74_close_in_a_destroy_of_the_pools_does_not_wait_for_itself) {
    closed_within t;
    auto options = quiet(2);
    options.idle_timeout = 1s;
    t.make(options);
    { const auto one = t.pool->acquire(), two = t.pool->acquire(); }
    told::in_destroy = t.closing();

    manual_clock::advance(3s);

    EXPECT_EQ(t.code, hr::s_false); // it comes from a call that runs
    EXPECT_LE(t.at, start + 3s);
    EXPECT_EQ(t.pool->close(), hr::s_ok);
    EXPECT_EQ(t.calls->log(), "create() create() reset(2) reset(1) destroy(1) destroy(2)");
}

TEST(FailureMode, 74_pool_may_be_destroyed_in_a_create_of_its_worker) {
    closed_within t;
    t.make(with_workers(1));
    told::in_create = [&] {
        t.pool.reset();
        t.at = manual_clock::now();
    };

    t.pool->acquire_async({}, [&](const auto& lease) { t.code = lease.code(); });
    manual_clock::settle();

    EXPECT_EQ(t.code, hr::lend_e_closed);
    EXPECT_EQ(t.at, start);
    EXPECT_EQ(t.calls->log(), "create() destroy(1)");
}

TEST(FailureMode, 74_pool_may_be_closed_in_a_create_or_a_destroy_on_the_callers_own_stack) {
    closed_within t;
    t.make(quiet(1));
    told::in_create = t.closing();
    EXPECT_EQ(t.pool->acquire().code(), hr::lend_e_closed);
    EXPECT_EQ(t.code, hr::s_false);

    t.make(quiet(1));
    auto held = t.pool->acquire();
    told::in_destroy = t.closing();
    (void)held->discard();
    EXPECT_EQ(t.code, hr::s_false);
    EXPECT_EQ(t.at, start);
}

} // namespace pool_close_test
