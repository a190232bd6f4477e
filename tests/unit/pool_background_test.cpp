// SPDX-License-Identifier: MIT
/// @file
/// Resets and destroys off the borrower's path.

#include "support/fault_driver.hpp"
#include "support/manual_clock_platform.hpp"
#include "support/other_thread.hpp"
#include "support/quiet_pool.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace pool_background_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

using driver = fault_driver<manual_clock_platform>;
using pool_type = lend::pool<driver, manual_clock_platform>;
constexpr auto start = std::chrono::steady_clock::time_point(1000s);

std::shared_ptr<driver::board> slow(call what) {
    const auto board = std::make_shared<driver::board>();
    board->delay_time = 100ms;
    board->from(what, 1, fault::delay);
    return board;
}

lend::pool_options background(std::size_t max_size) {
    auto options = quiet(max_size);
    options.reset_on = lend::reset_mode::background;
    options.destroy_on = lend::destroy_mode::background;
    return options;
}

TEST(PoolBackground, release_does_not_wait_for_the_reset) {
    const manual_clock clock;
    const auto board = slow(call::reset);
    pool_type pool(driver(board), background(1));
    auto lease = pool.acquire();

    EXPECT_EQ(lease->release(), hr::s_ok);
    manual_clock::settle();
    EXPECT_EQ(clock.now(), start);
    EXPECT_EQ(pool.stats().resetting, 1U);
    EXPECT_EQ(pool.stats().acquired, 1U);
    EXPECT_EQ(pool.try_acquire().code(), hr::lend_e_exhausted); // not before it is reset
    manual_clock::advance(100ms);

    EXPECT_EQ(pool.stats().idle, 1U);
    EXPECT_EQ(pool.stats().acquired, 1U);
    EXPECT_TRUE(pool.try_acquire());
    EXPECT_TRUE(board->violations().empty());
}

TEST(PoolBackground, what_is_being_reset_is_held_by_nobody) {
    for (const bool recorded : {false, true}) {
        const manual_clock clock;
        const auto board = slow(call::reset);
        auto options = background(2);
        options.record_holders = recorded;
        pool_type pool(driver(board), options);
        auto kept = pool.acquire();
        auto ended = pool.acquire();
        (void)ended->release();
        manual_clock::settle();
        ASSERT_EQ(pool.stats().resetting, 1U);

        const auto holders = pool.holders();
        ASSERT_EQ(holders.size(), 1U) << recorded;
        EXPECT_EQ(holders[0].id, kept->id());
        const auto hold_outs = pool.drain(0ms).hold_outs;
        ASSERT_EQ(hold_outs.size(), 1U) << recorded;
        EXPECT_EQ(hold_outs[0].id, kept->id());
        manual_clock::advance(100ms);
    }
}

TEST(PoolBackground, waiter_gets_what_was_reset) {
    const manual_clock clock;
    const auto board = slow(call::reset);
    pool_type pool(driver(board), background(1));
    auto lease = pool.acquire();
    lend::hresult code = hr::e_unexpected;
    const other_thread waits([&] { code = pool.acquire().code(); });

    (void)lease->release();
    EXPECT_FALSE(waits.done()); // not before it is reset
    manual_clock::advance(100ms);

    EXPECT_TRUE(waits.done());
    EXPECT_EQ(code, hr::s_ok);
    EXPECT_EQ(board->created(), 1);
}

TEST(PoolBackground, what_cannot_be_reset_is_destroyed) {
    const manual_clock clock;
    const auto board = std::make_shared<driver::board>();
    board->at(call::reset, 1, fault::error);
    pool_type pool(driver(board), background(1));
    (void)pool.acquire();
    manual_clock::settle();

    EXPECT_EQ(board->live(), 0);
    EXPECT_EQ(pool.stats().closed_for(lend::destroy_reason::reset_failed), 1U);
    EXPECT_EQ(pool.stats().size, 0U);
}

TEST(PoolBackground, discard_does_not_wait_for_the_destroy) {
    const manual_clock clock;
    const auto board = slow(call::destroy);
    pool_type pool(driver(board), background(1));
    auto lease = pool.acquire();

    EXPECT_EQ(lease->discard(), hr::s_ok);
    manual_clock::settle();
    EXPECT_EQ(clock.now(), start);
    EXPECT_EQ(pool.stats().destroying, 1U);
    EXPECT_EQ(pool.try_acquire().code(), hr::lend_e_exhausted); // it counts until it is gone
    manual_clock::advance(100ms);

    EXPECT_EQ(pool.stats().size, 0U);
    EXPECT_EQ(pool.stats().destroyed, 1U);
}

TEST(PoolBackground, many_ends_share_a_few_workers) {
    const manual_clock clock;
    const auto board = slow(call::reset);
    pool_type pool(driver(board), background(10));
    std::vector<pool_type::lease_type> leases;
    for (int at = 0; at < 10; ++at) leases.push_back(pool.acquire().value());

    leases.clear();
    manual_clock::settle();
    EXPECT_EQ(pool.stats().resetting, 10U);
    manual_clock::advance(300ms); // four at a time

    EXPECT_EQ(pool.stats().idle, 10U);
}

TEST(PoolBackground, close_waits_for_it_and_destroys_what_was_not_reset) {
    const manual_clock clock;
    const auto board = slow(call::reset);
    pool_type pool(driver(board), background(6));
    std::vector<pool_type::lease_type> leases;
    for (int at = 0; at < 6; ++at) leases.push_back(pool.acquire().value());
    leases.clear();
    manual_clock::settle();

    EXPECT_EQ(pool.close(), hr::s_ok);

    EXPECT_EQ(clock.now(), start + 100ms);
    EXPECT_EQ(board->calls(call::reset), 4U); // two had not begun
    EXPECT_EQ(board->live(), 0);
    EXPECT_TRUE(board->violations().empty());
}

// Its threads begin when the test says so.
struct late_platform : manual_clock_platform {
    struct late_thread {
        const char* name;
        void (*work)(void*);
        void* of;
    };
    static inline std::vector<late_thread> late;

    [[nodiscard]] static bool
    start_thread(const char* name, void (*work)(void*), void* of) noexcept {
        late.push_back({name, work, of});
        return true;
    }
    static void begin() {
        for (const late_thread& each : std::exchange(late, {})) {
            ASSERT_TRUE(manual_clock_platform::start_thread(each.name, each.work, each.of));
        }
    }
};

TEST(PoolBackground, threads_that_have_yet_to_begin_are_not_stuck) {
    using local_driver = fault_driver<late_platform>;
    const manual_clock clock;
    const auto board = std::make_shared<local_driver::board>();
    auto options = background(6);
    options.creation = lend::creation_mode::inline_;
    lend::pool<local_driver, late_platform> pool(local_driver(board), options);
    std::vector<decltype(pool)::lease_type> leases;
    for (int at = 0; at < 6; ++at) leases.push_back(pool.acquire().value());

    leases.clear();
    EXPECT_EQ(late_platform::late.size(), 4U);
    late_platform::begin();
    manual_clock::settle();

    EXPECT_EQ(pool.stats().idle, 6U);
    EXPECT_TRUE(late_platform::late.empty());
}

// Has no thread left.
struct threadless_platform : manual_clock_platform {
    [[nodiscard]] static bool start_thread(const char*, void (*)(void*), void*) noexcept {
        return false;
    }
};

TEST(PoolBackground, caller_does_it_where_no_thread_can_be_started) {
    using local_driver = fault_driver<threadless_platform>;
    const manual_clock clock;
    const auto board = std::make_shared<local_driver::board>();
    lend::pool<local_driver, threadless_platform> pool(local_driver(board), background(1));
    (void)pool.acquire();

    EXPECT_EQ(pool.stats().idle, 1U);
    EXPECT_EQ(board->calls(call::reset), 1U);
}

} // namespace pool_background_test
