// SPDX-License-Identifier: MIT
/// @file
/// Another maximum while the pool is used, in both directions.

#include "support/fault_driver.hpp"
#include "support/manual_clock_platform.hpp"
#include "support/other_thread.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace pool_resize_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

using plain = pool_with<recording_driver>;
using timed = pool_with<recording_driver, manual_clock_platform>;

// A caller who keeps what it gets.
template <class Pool>
struct caller {
    explicit caller(Pool& pool)
        : thread([this, &pool] {
              auto got = pool.acquire();
              code = got.code();
              if (got) lease = *std::move(got);
          }) {}

    lend::hresult code = hr::e_unexpected;
    typename Pool::lease_type lease;
    other_thread thread;
};

TEST(PoolResize, larger_maximum_holds_at_once) {
    plain p(quiet(1));
    const auto first = p.pool.acquire();
    EXPECT_EQ(p.pool.try_acquire().code(), hr::lend_e_exhausted);

    EXPECT_TRUE(p.pool.resize(2, 0));

    EXPECT_TRUE(p.pool.try_acquire());
    EXPECT_EQ(p.pool.stats().max_size, 2U);
}

TEST(PoolResize, larger_maximum_serves_those_who_wait) {
    const manual_clock clock;
    for (const auto creation : {lend::creation_mode::inline_, lend::creation_mode::worker}) {
        auto options = quiet(1);
        options.creation = creation;
        timed p(options);
        const auto held = p.pool.acquire();
        const caller one(p.pool);
        const caller two(p.pool);
        EXPECT_EQ(p.pool.stats().waiting, 2U);

        EXPECT_TRUE(p.pool.resize(3, 0));
        // Workers start when it is plain that what is lent does not come back in time.
        manual_clock::settle();
        if (creation == lend::creation_mode::worker) manual_clock::advance(300ms);

        EXPECT_TRUE(one.thread.done() && two.thread.done());
        EXPECT_EQ(one.code, hr::s_ok);
        EXPECT_EQ(two.code, hr::s_ok);
    }
}

TEST(PoolResize, smaller_maximum_destroys_idle_ones_at_once) {
    plain p(quiet(3));
    { const auto one = p.pool.acquire(), two = p.pool.acquire(), three = p.pool.acquire(); }
    (void)p.calls->take_log();

    EXPECT_TRUE(p.pool.resize(1, 0));

    EXPECT_EQ(p.calls->log(), "destroy(2) destroy(1)");
    EXPECT_EQ(p.pool.stats().idle, 1U);
    EXPECT_EQ(p.pool.stats().closed_for(lend::destroy_reason::shrunk), 2U);
}

TEST(PoolResize, smaller_maximum_destroys_lent_ones_when_they_come_back) {
    plain p(quiet(3));
    auto one = p.pool.acquire(), two = p.pool.acquire(), three = p.pool.acquire();
    (void)p.calls->take_log();

    EXPECT_TRUE(p.pool.resize(1, 0));
    EXPECT_EQ(p.calls->take_log(), "");
    EXPECT_EQ(p.pool.stats().size, 3U);
    EXPECT_EQ(two->release(), hr::s_false);
    EXPECT_EQ(one->release(), hr::s_false);
    EXPECT_EQ(three->release(), hr::s_ok);

    EXPECT_EQ(p.calls->log(), "reset(2) destroy(2) reset(1) destroy(1) reset(3)");
    EXPECT_EQ(p.pool.stats().size, 1U);
}

TEST(PoolResize, what_comes_back_beyond_the_maximum_is_not_handed_to_a_waiter) {
    const manual_clock clock;
    timed p(quiet(2));
    auto one = p.pool.acquire(), two = p.pool.acquire();
    const caller third(p.pool);

    EXPECT_TRUE(p.pool.resize(1, 0));
    EXPECT_EQ(one->release(), hr::s_false);
    EXPECT_FALSE(third.thread.done());
    EXPECT_EQ(two->release(), hr::s_ok);

    EXPECT_TRUE(third.thread.done());
    EXPECT_EQ(third.code, hr::s_ok);
    EXPECT_EQ(p.pool.stats().size, 1U);
}

TEST(PoolResize, what_is_created_beyond_the_maximum_is_destroyed) {
    using driver = fault_driver<manual_clock_platform>;
    const manual_clock clock;
    auto options = quiet(2);
    options.creation = lend::creation_mode::worker;
    const auto board = std::make_shared<driver::board>();
    board->at(call::create, 2, fault::hang);
    lend::pool<driver, manual_clock_platform> pool(driver(board), options);
    auto held = pool.acquire();
    const caller second(pool);
    manual_clock::advance(100ms);
    EXPECT_EQ(pool.stats().creating, 1U);

    EXPECT_TRUE(pool.resize(1, 0));
    board->release_hung();
    EXPECT_FALSE(second.thread.done());
    EXPECT_EQ(pool.stats().closed_for(lend::destroy_reason::shrunk), 1U);
    EXPECT_EQ(board->live(), 1);
    EXPECT_EQ(held->release(), hr::s_ok);

    EXPECT_TRUE(second.thread.done());
    EXPECT_EQ(second.code, hr::s_ok);
}

TEST(PoolResize, destroy_that_is_under_way_costs_no_other_its_place) {
    using driver = fault_driver<manual_clock_platform>;
    const manual_clock clock;
    const auto board = std::make_shared<driver::board>();
    board->at(call::destroy, 1, fault::hang);
    lend::pool<driver, manual_clock_platform> pool(driver(board), quiet(3));
    auto one = pool.acquire(), two = pool.acquire(), three = pool.acquire();
    const other_thread discards([&] { one->discard(); });
    EXPECT_EQ(pool.stats().destroying, 1U);

    EXPECT_TRUE(pool.resize(2, 0));
    EXPECT_EQ(two->release(), hr::s_ok);
    EXPECT_EQ(pool.stats().idle, 1U);
    EXPECT_EQ(pool.stats().size, 3U);
    EXPECT_EQ(pool.try_acquire_for(0s).code(), hr::s_ok); // the idle one
    board->release_hung();

    EXPECT_TRUE(discards.done());
    EXPECT_EQ(pool.stats().size, 2U);
}

TEST(PoolResize, number_to_keep_ready_is_made_by_the_housekeeper) {
    const manual_clock clock;
    auto options = quiet(4);
    options.idle_timeout = std::chrono::nanoseconds::max(); // nothing to do for a housekeeper
    options.max_lifetime = std::chrono::nanoseconds::max();
    options.housekeeping = lend::housekeeping_mode::own_thread;
    timed p(options);

    EXPECT_TRUE(p.pool.resize(4, 2));
    manual_clock::settle();
    EXPECT_EQ(p.pool.stats().idle, 2U);
    EXPECT_TRUE(p.pool.resize(6, 3));
    manual_clock::settle();

    EXPECT_EQ(p.pool.stats().idle, 3U);
    EXPECT_EQ(clock.now().time_since_epoch(), 1000s); // at once, not a period later
}

TEST(PoolResize, bad_sizes_are_refused_by_name_and_change_nothing) {
    plain p(quiet(2));
    struct {
        std::size_t max_size, min_idle;
        const char* text;
    } const all[] = {
        {0, 0, "pool_options::max_size is 0; use 1 or more"},
        {16'000'001, 0, "pool_options::max_size is 16000001; use at most 16000000"},
        {3, 4, "pool_options::min_idle is 4; it cannot exceed max_size, which is 3"},
    };
    for (const auto& each : all) {
        const auto refused = p.pool.resize(each.max_size, each.min_idle);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), hr::e_invalidarg);
        EXPECT_EQ(refused.error().text(), each.text);
    }
    EXPECT_EQ(p.pool.stats().max_size, 2U);
    (void)p.pool.close();
    EXPECT_EQ(p.pool.resize(3, 0).code(), hr::lend_e_closed);
}

// Counts what lives, and notes the most.
struct counting_driver {
    using resource = int;
    struct counts {
        std::atomic<int> live{0};
        std::atomic<int> most{0};
    };

    lend::result<int> create() {
        const int now = ++shared->live;
        for (int seen = shared->most; now > seen && !shared->most.compare_exchange_weak(seen, now);)
            ;
        return now;
    }
    lend::hresult reset(int&) { return hr::s_ok; }
    void destroy(int&&) { --shared->live; }

    std::shared_ptr<counts> shared = std::make_shared<counts>();
};

TEST(FailureMode, 22_pool_never_overshoots_the_maximum_while_it_is_resized) {
    constexpr std::size_t largest = 8;
    counting_driver driver;
    const auto counts = driver.shared;
    lend::pool_options options;
    options.max_size = largest;
    options.housekeeping = lend::housekeeping_mode::manual;
    {
        lend::pool pool(driver, options);
        std::vector<std::thread> users;
        std::atomic<bool> storm{true};
        for (unsigned at = 0; at < 4; ++at) {
            users.emplace_back([&, at] {
                std::minstd_rand random(at + 1);
                while (storm) {
                    auto one = pool.try_acquire_for(10s);
                    auto two = pool.try_acquire_for(1us);
                    if (one && random() % 4 == 0) one->discard();
                }
            });
        }
        std::minstd_rand random(42);
        for (int round = 0; round < 3'000; ++round) {
            EXPECT_TRUE(pool.resize(1 + random() % largest, 0));
            const lend::pool_stats s = pool.stats();
            EXPECT_EQ(s.size, s.idle + s.in_use + s.creating + s.checking + s.resetting + s.parked +
                                  s.destroying);
        }
        EXPECT_TRUE(pool.resize(2, 0));
        storm = false;
        for (std::thread& each : users) each.join();

        const lend::pool_stats s = pool.stats();
        EXPECT_LE(s.size, 2U);
        // A worker may still make one for a caller that has gone.
        EXPECT_EQ(s.created + s.creating, s.destroyed + s.size);
        EXPECT_LE(counts->most, static_cast<int>(largest));
        EXPECT_TRUE(pool.try_acquire());
    }
    EXPECT_EQ(counts->live, 0);
}

} // namespace pool_resize_test
