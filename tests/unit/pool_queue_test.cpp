// SPDX-License-Identifier: MIT
/// @file
/// The queue of those who wait: who comes first, who is skipped, who may not join, and how many
/// steps it takes however many there are.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"
#include "support/step_platform.hpp"
#include "support/waiting_caller.hpp"
#include "support/waiting_crowd.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace pool_queue_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

using timed = pool_with<recording_driver, manual_clock_platform>;
using caller = waiting_caller<recording_driver>;

lend::pool_options strict(std::size_t max_size) {
    lend::pool_options options = quiet(max_size);
    options.fairness = lend::fairness_mode::strict;
    return options;
}

// ---- who comes first ----------------------------------------------------------------------------

TEST(PoolQueue, higher_priority_is_served_first_and_equal_ones_as_they_came) {
    const manual_clock clock;
    for (const auto fairness : {lend::fairness_mode::adaptive, lend::fairness_mode::strict}) {
        auto options = quiet(1);
        options.fairness = fairness;
        timed p(options);
        finish_line line;
        auto held = p.pool.acquire();
        caller a(p.pool, {.priority = 0}, "a0", line);
        caller b(p.pool, {}, "b3", line);
        caller c(p.pool, {.priority = 7}, "c7", line);
        caller d(p.pool, {}, "d3", line);
        caller e(p.pool, {.priority = 0}, "e0", line);
        caller f(p.pool, {.priority = 7}, "f7", line);
        EXPECT_EQ(p.pool.stats().waiting, 6U);

        held->release();
        for (caller* each : {&c, &f, &b, &d, &a, &e}) {
            manual_clock::settle();
            ASSERT_TRUE(each->holds());
            each->lease().release();
        }

        EXPECT_EQ(line.order(), "c7 f7 b3 d3 a0 e0");
    }
}

using counted = pool_with<recording_driver, step_platform>;
constexpr auto never = (step_platform::time_point::max)();

TEST(FailureMode, 27_no_waiter_is_passed_by_a_later_one) {
    counted p(strict(1));
    auto held = p.pool.acquire();
    crowd waiting(p.pool);
    std::deque<crowd::node*> by_priority[8];
    std::uint32_t random = 1;
    for (std::size_t at = 0; at < 300; ++at) {
        random = random * 1664525U + 1013904223U;
        const auto priority = static_cast<std::uint8_t>(random >> 29U);
        by_priority[priority].push_back(&waiting.add(priority, never));
    }
    std::deque<crowd::node*> expected;
    for (std::size_t level = 8; level-- > 0;) {
        expected.insert(expected.end(), by_priority[level].begin(), by_priority[level].end());
    }

    held->release();

    for (std::size_t at = 0; at < expected.size(); ++at) {
        ASSERT_NE(expected[at]->slot, nullptr) << at;
        ASSERT_EQ(p.pool.stats().waiting, expected.size() - at - 1) << at;
        waiting.give_back(*expected[at]);
    }
    EXPECT_EQ(p.pool.stats().idle, 1U);
}

TEST(PoolQueue, who_goes_back_to_the_front_stands_at_the_front_of_its_priority) {
    counted p(strict(1));
    auto held = p.pool.acquire();
    crowd waiting(p.pool);
    crowd::node& low = waiting.add(2, never);
    crowd::node& middle = waiting.add(3, never);
    crowd::node& again = waiting.add(3, never);
    crowd::node& high = waiting.add(7, never);
    crowd::node& last = waiting.add(0, never);

    waiting.go_back_to_the_front(again);
    crowd::node& late = waiting.add(3, never);

    EXPECT_EQ(waiting.order(),
              (std::vector<crowd::node*>{&high, &again, &middle, &late, &low, &last}));
}

// ---- how many steps it takes --------------------------------------------------------------------

steps of_a_release_with(std::size_t waiters, lend::fairness_mode fairness) {
    auto options = quiet(2);
    options.fairness = fairness;
    counted p(options);
    auto one = p.pool.acquire();
    auto two = p.pool.acquire();
    crowd waiting(p.pool);
    for (std::size_t at = 0; at < waiters; ++at) {
        waiting.add(static_cast<std::uint8_t>(at % 8), step_platform::now() + 30s);
    }
    (void)steps::take();
    one->release();
    const steps first = steps::take();
    two->release();
    steps both = steps::take();
    both.atomics += first.atomics;
    both.locks += first.locks;
    both.clock_reads += first.clock_reads;
    both.wake_ups += first.wake_ups;
    return both;
}

TEST(FailureMode, 16_release_does_a_bounded_number_of_steps_however_many_wait) {
    for (const auto fairness : {lend::fairness_mode::adaptive, lend::fairness_mode::strict}) {
        const steps few = of_a_release_with(10, fairness);
        const steps many = of_a_release_with(1000, fairness);

        EXPECT_EQ(many.atomics, few.atomics);
        EXPECT_LE(many.locks, 2U);
        EXPECT_LE(many.clock_reads, 2U);
        EXPECT_EQ(many.wake_ups, 2U);
    }
}

struct cost_of_the_late {
    steps taken;
    std::size_t refused = 0;
    bool live_one_served = false;
    std::size_t idle = 0;
};

cost_of_the_late release_with(std::size_t late, bool somebody_lives) {
    counted p(strict(1));
    auto held = p.pool.acquire();
    crowd waiting(p.pool);
    std::vector<crowd::node*> gone;
    for (std::size_t at = 0; at < late; ++at) {
        gone.push_back(&waiting.add(3, step_platform::now() + 1s));
    }
    crowd::node* const live = somebody_lives ? &waiting.add(3, step_platform::now() + 9s) : nullptr;
    step_platform::advance(1s);
    (void)steps::take();

    held->release();

    cost_of_the_late cost{.taken = steps::take()};
    for (const crowd::node* each : gone) {
        const bool refused =
            each->slot == nullptr && each->dismissed && each->refusal == hr::lend_e_timed_out;
        cost.refused += refused && crowd::is_answered(*each) ? 1U : 0U;
    }
    EXPECT_EQ(p.pool.stats().handed_over, somebody_lives ? 1U : 0U);
    cost.live_one_served = live != nullptr && live->slot != nullptr;
    cost.idle = p.pool.stats().idle;
    if (cost.live_one_served) waiting.give_back(*live);
    return cost;
}

TEST(FailureMode, 09_nothing_is_handed_to_the_late_and_skipping_them_is_cheap) {
    const cost_of_the_late none = release_with(0, true);
    const cost_of_the_late many = release_with(1000, true);

    EXPECT_EQ(many.refused, 1000U);
    EXPECT_TRUE(many.live_one_served);
    EXPECT_EQ(many.taken.locks, 1U);
    EXPECT_LE(many.taken.clock_reads, 1U);
    EXPECT_EQ(many.taken.wake_ups, 1U); // the live one's; the others wake at their deadlines
    EXPECT_LE(many.taken.atomics - none.taken.atomics, 2U * 1000U);
}

TEST(FailureMode, 09_a_resource_is_idle_if_only_the_late_wait_for_it) {
    const cost_of_the_late cost = release_with(1000, false);

    EXPECT_EQ(cost.refused, 1000U);
    EXPECT_EQ(cost.idle, 1U);
    EXPECT_EQ(cost.taken.wake_ups, 0U);
}

TEST(FailureMode, 09_a_late_one_that_was_told_to_look_has_the_next_one_look) {
    counted p(strict(1));
    auto held = p.pool.acquire();
    crowd waiting(p.pool);
    crowd::node& late = waiting.add(3, step_platform::now() + 1s);
    crowd::node& next = waiting.add(3, never);
    crowd::node& third = waiting.add(3, never);
    waiting.poke(late);
    step_platform::advance(1s);

    held->release();

    EXPECT_TRUE(crowd::is_answered(late));
    ASSERT_NE(next.slot, nullptr);
    EXPECT_TRUE(crowd::is_told_to_look(third));
    waiting.give_back(next);
    if (third.slot != nullptr) waiting.give_back(third);
}

// ---- who may not join ---------------------------------------------------------------------------

TEST(FailureMode, 28_more_than_max_waiters_are_refused_at_once) {
    const manual_clock clock;
    auto options = quiet(1);
    options.max_waiters = 2;
    timed p(options);
    finish_line line;
    auto held = p.pool.acquire();
    caller one(p.pool, {}, "one", line);
    caller two(p.pool, {.priority = 0}, "two", line);
    const auto begun = clock.now();

    const auto refused = p.pool.acquire({.priority = 7});

    EXPECT_EQ(clock.now(), begun);
    ASSERT_EQ(refused.code(), hr::lend_e_too_many_waiters);
    EXPECT_NE(refused.error().message().find("max_waiters is 2, and as many callers wait already"),
              std::string::npos)
        << refused.error().message();
    ASSERT_NE(refused.error().snapshot(), nullptr);
    EXPECT_EQ(refused.error().snapshot()->waiting, 2U);
    held->release();
    manual_clock::settle();
    EXPECT_TRUE(one.holds());
    EXPECT_TRUE(two.is_waiting());
    one.lease().release();
}

TEST(PoolQueue, with_max_waiters_0_nobody_waits_but_for_what_is_being_made) {
    const manual_clock clock;
    for (const auto creation : {lend::creation_mode::worker, lend::creation_mode::inline_}) {
        auto options = quiet(1);
        options.creation = creation;
        options.max_waiters = 0;
        timed p(options);

        auto made = p.pool.acquire();
        EXPECT_TRUE(made);
        EXPECT_EQ(p.pool.acquire().code(), hr::lend_e_too_many_waiters);
        made->release();
        EXPECT_TRUE(p.pool.acquire());
    }
}

TEST(PoolQueue, refusal_at_the_door_takes_as_many_steps_however_many_wait) {
    const auto refused_behind = [](std::size_t waiters) {
        auto options = strict(1);
        options.max_waiters = waiters;
        counted p(options);
        const auto held = p.pool.acquire();
        crowd waiting(p.pool);
        for (std::size_t at = 0; at < waiters; ++at) waiting.add(3, never);
        (void)steps::take();
        EXPECT_EQ(p.pool.acquire().code(), hr::lend_e_too_many_waiters);
        return steps::take();
    };

    const steps few = refused_behind(2);
    const steps many = refused_behind(1000);

    EXPECT_EQ(many.atomics, few.atomics);
    EXPECT_EQ(many.locks, few.locks);
}

} // namespace pool_queue_test
