// SPDX-License-Identifier: MIT
/// @file
/// Which of the idle resources is lent first.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"
#include "support/step_platform.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace pool_order_test {

using namespace std::chrono_literals;
using namespace lend_test;
using lend::order_mode;

using plain = pool_with<recording_driver>;
using timed = pool_with<recording_driver, manual_clock_platform>;

lend::pool_options in_order(order_mode order, std::size_t max_size = 4) {
    lend::pool_options options = quiet(max_size);
    options.order = order;
    return options;
}

// Lends as many as there may be, and gives them back in this order of their numbers.
template <class Pool>
void give_back_in_order(Pool& pool, std::initializer_list<int> numbers) {
    std::vector<typename Pool::lease_type> held;
    for (std::size_t at = 0; at < numbers.size(); ++at) held.push_back(*pool.acquire());
    for (const int number : numbers) {
        for (auto& each : held) {
            if (each && each->number() == number) each.release();
        }
    }
}

template <class Pool>
std::string lent_in_turn(Pool& pool, std::size_t count) {
    std::vector<typename Pool::lease_type> held;
    std::string numbers;
    for (std::size_t at = 0; at < count; ++at) {
        held.push_back(*pool.acquire());
        numbers += std::to_string(held.back()->number());
    }
    return numbers;
}

TEST(PoolOrder, lifo_lends_what_came_back_last) {
    plain p(in_order(order_mode::lifo));
    give_back_in_order(p.pool, {2, 4, 1, 3});

    EXPECT_EQ(lent_in_turn(p.pool, 4), "3142");
}

TEST(PoolOrder, fifo_lends_what_came_back_first) {
    plain p(in_order(order_mode::fifo));
    give_back_in_order(p.pool, {2, 4, 1, 3});

    EXPECT_EQ(lent_in_turn(p.pool, 4), "2413");
}

TEST(PoolOrder, thread_affine_lends_the_threads_last_one) {
    plain p(in_order(order_mode::thread_affine));
    give_back_in_order(p.pool, {4, 1, 2, 3});

    EXPECT_EQ(lent_in_turn(p.pool, 1), "4"); // the one that the thread acquired last
}

TEST(PoolOrder, fifo_takes_turns_where_one_would_do) {
    plain p(in_order(order_mode::fifo, 3));
    give_back_in_order(p.pool, {1, 2, 3});
    std::string numbers;

    for (int at = 0; at < 6; ++at) numbers += lent_in_turn(p.pool, 1);

    EXPECT_EQ(numbers, "123123");
}

TEST(PoolOrder, what_was_looked_at_and_put_back_keeps_its_place) {
    auto options = in_order(order_mode::lifo, 3);
    pool_with<typed_recording_driver> p(options);
    {
        auto first = p.pool.acquire('a');
        auto second = p.pool.acquire('b');
        auto third = p.pool.acquire('a');
        first->release();  // 1
        third->release();  // 3
        second->release(); // 2
    }

    // 2 is the newest, but of the wrong kind; it is rated and put back twice.
    const auto newest = p.pool.acquire('a');
    const auto other = p.pool.acquire('a');

    EXPECT_EQ((*newest)->number(), 3);
    EXPECT_EQ((*other)->number(), 1);
}

// Two at a time for as long as the idle time-out, in a pool of ten.
template <class Pool>
std::size_t left_under_a_load_of_two(Pool& p) {
    {
        std::vector<lend::lease<recording_driver, manual_clock_platform>> held;
        for (int at = 0; at < 10; ++at) held.push_back(*p.pool.acquire());
    }
    for (int second = 0; second < 60; ++second) {
        {
            const auto one = p.pool.acquire();
            const auto two = p.pool.acquire();
        }
        (void)p.pool.sweep();
        manual_clock::advance(1s);
    }
    return p.pool.stats().size;
}

TEST(FailureMode, 30_lifo_lets_the_surplus_go_and_fifo_keeps_all_warm) {
    const manual_clock clock;
    auto options = in_order(order_mode::lifo, 10);
    options.idle_timeout = 30s;
    timed lifo(options);
    options.order = order_mode::fifo;
    timed fifo(options);

    EXPECT_EQ(left_under_a_load_of_two(lifo), 2U);
    EXPECT_EQ(left_under_a_load_of_two(fifo), 10U);
}

TEST(PoolOrder, thread_affine_pool_takes_no_lock_and_reads_no_clock) {
    for (const auto order : {order_mode::thread_affine, order_mode::lifo}) {
        pool_with<recording_driver, step_platform> p(in_order(order, 1));
        { const auto made = p.pool.acquire(); }
        (void)steps::take();

        { const auto used = p.pool.acquire(); }

        const steps taken = steps::take();
        const bool is_affine = order == order_mode::thread_affine;
        EXPECT_EQ(taken.locks == 0, is_affine);
        EXPECT_EQ(taken.clock_reads == 0, is_affine);
        EXPECT_EQ(taken.atomics <= 8U, is_affine);
    }
}

} // namespace pool_order_test
