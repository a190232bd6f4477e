// SPDX-License-Identifier: MIT
/// @file
/// The simulation itself: programs with a known defect are caught within a bounded number of
/// seeds, their correct twins pass, and a seed replays.

#include "support/sim_platform.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <mutex>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace sim_platform_test {

using namespace std::chrono_literals;

using platform = sim::platform;
using word = platform::atomic<std::uint32_t>;
using counter = platform::atomic<int>;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto for_ever = platform::time_point::max();

// ---- toys, each with a switch between the defect and its repair ---------------------------------

void increment_in_two_fibers(bool atomically) {
    counter value{0};
    for (int at = 0; at < 2; ++at) {
        sim::spawn([&] {
            if (atomically) {
                value.fetch_add(1, relaxed);
            } else {
                value.store(value.load(relaxed) + 1, relaxed);
            }
        });
    }
    sim::join_all();
    SIM_CHECK(value.load(relaxed) == 2);
}

// The word on which the waiter sleeps must change with what it waits for.
void check_then_park(bool change_the_word) {
    counter ready{0};
    word slept_on{0};
    sim::spawn([&] {
        while (ready.load(relaxed) == 0) platform::park(slept_on, 0, for_ever);
    });
    sim::spawn([&] {
        ready.store(1, relaxed);
        if (change_the_word) slept_on.store(1, relaxed);
        platform::unpark_one(slept_on);
    });
    sim::join_all();
}

// A semaphore that hands its permit to the first waiter. The waiter whose time is up at the very
// moment of the hand-off must keep the permit or pass it on.
class hand_off_semaphore {
public:
    hand_off_semaphore(int permits, bool keep_late_permit)
        : permits_(permits), keep_late_permit_(keep_late_permit) {}

    bool acquire_until(platform::time_point deadline) {
        waiter self;
        {
            const std::lock_guard lock(mutex_);
            if (permits_ > 0) return --permits_, true;
            queue_.push_back(&self);
        }
        while (self.word.load(relaxed) == 0 && platform::now() < deadline) {
            platform::park(self.word, 0, deadline);
        }
        const std::lock_guard lock(mutex_);
        const bool timed_out = std::erase(queue_, &self) == 1;
        if (keep_late_permit_) return !timed_out;
        return !timed_out && platform::now() < deadline;
    }

    void release() {
        const std::lock_guard lock(mutex_);
        if (queue_.empty()) {
            ++permits_;
            return;
        }
        waiter* const first = queue_.front();
        queue_.erase(queue_.begin());
        first->word.store(1, relaxed);
        platform::unpark_one(first->word);
    }

private:
    struct waiter {
        platform::atomic<std::uint32_t> word{0};
    };
    platform::mutex mutex_;
    int permits_;
    bool keep_late_permit_;
    std::vector<waiter*> queue_;
};

void time_out_at_the_hand_off(bool keep_late_permit) {
    hand_off_semaphore semaphore(0, keep_late_permit);
    sim::spawn([&] {
        if (semaphore.acquire_until(platform::now() + 1ms)) semaphore.release();
    });
    sim::spawn([&] {
        semaphore.acquire_until(for_ever);
        semaphore.release();
    });
    sim::sleep(1ms);
    semaphore.release();
    sim::join_all();
}

void lock_two_mutexes(bool same_order) {
    platform::mutex a;
    platform::mutex b;
    sim::spawn([&] {
        const std::lock_guard first(a);
        const std::lock_guard second(b);
    });
    sim::spawn([&] {
        const std::lock_guard first(same_order ? a : b);
        const std::lock_guard second(same_order ? b : a);
    });
    sim::join_all();
}

// A stack of indices. Without the count in the upper half, a head that was popped and pushed again
// looks as if nothing had happened.
class index_stack {
public:
    explicit index_stack(bool counted) : counted_(counted) {
        for (std::uint32_t at = 1; at <= 3; ++at) push(at);
    }

    void push(std::uint32_t index) {
        std::uint64_t old = head_.load(relaxed);
        do {
            next_[index].store(static_cast<std::uint32_t>(old), relaxed);
        } while (!head_.compare_exchange_weak(old, head(old, index), relaxed, relaxed));
    }

    std::uint32_t pop() {
        std::uint64_t old = head_.load(relaxed);
        for (;;) {
            const auto top = static_cast<std::uint32_t>(old);
            if (top == 0) return 0;
            const std::uint32_t below = next_[top].load(relaxed);
            if (head_.compare_exchange_weak(old, head(old, below), relaxed, relaxed)) return top;
        }
    }

private:
    [[nodiscard]] std::uint64_t head(std::uint64_t old, std::uint32_t index) const {
        const std::uint64_t count = counted_ ? (old >> 32U) + 1 : 0;
        return (count << 32U) | index;
    }

    bool counted_;
    platform::atomic<std::uint64_t> head_{0};
    std::array<platform::atomic<std::uint32_t>, 4> next_{};
};

void pop_and_push_back(bool counted) {
    index_stack stack(counted);
    std::array<counter, 4> owners{};
    const auto own = [&](std::uint32_t index) {
        if (index != 0) SIM_CHECK(owners[index].fetch_add(1, relaxed) == 0);
        return index;
    };
    sim::spawn([&] { own(stack.pop()); });
    sim::spawn([&] {
        const std::uint32_t first = own(stack.pop());
        own(stack.pop());
        if (first == 0) return;
        owners[first].fetch_sub(1, relaxed);
        stack.push(first);
    });
    sim::join_all();
    while (own(stack.pop()) != 0) {
    }
}

// Of the twenty ways to interleave three loads with three stores, exactly one ends in (0, 2, 2),
// and it needs two pre-emptions.
void three_against_three(bool with_defect) {
    counter value{0};
    std::array<int, 3> seen{};
    sim::spawn([&] {
        for (int next = 1; next <= 3; ++next) value.store(next, relaxed);
    });
    sim::spawn([&] {
        for (int& each : seen) each = value.load(relaxed);
    });
    sim::join_all();
    if (with_defect) SIM_CHECK((seen != std::array{0, 2, 2}));
}

// ---- defects are found, and their repairs pass --------------------------------------------------

struct toy {
    const char* name;
    void (*scenario)(bool repaired);
    std::uint64_t seeds_that_suffice;
    const char* expected_message;

    friend void PrintTo(const toy& each, std::ostream* out) { *out << each.name; }
};

class SimulatedToys : public testing::TestWithParam<toy> {};

TEST_P(SimulatedToys, defect_is_found_within_the_expected_number_of_seeds) {
    const toy& subject = GetParam();

    const auto found = sim::find_failure(1, subject.seeds_that_suffice, {.name = subject.name},
                                         [&] { subject.scenario(false); });

    ASSERT_TRUE(found.failing_seed);
    RecordProperty("failing_seed", std::to_string(*found.failing_seed));
    EXPECT_NE(found.message.find(subject.expected_message), std::string::npos) << found.message;
}

TEST_P(SimulatedToys, repaired_twin_passes) {
    const toy& subject = GetParam();

    const auto found =
        sim::explore(1, 20'000, {.name = subject.name}, [&] { subject.scenario(true); });

    EXPECT_TRUE(found.clean()) << found.message;
}

TEST_P(SimulatedToys, failing_seed_replays_exactly) {
    const toy& subject = GetParam();
    const auto scenario = [&] { subject.scenario(false); };
    const sim::options quiet{.name = subject.name, .quiet = true};
    const auto found = sim::find_failure(1, subject.seeds_that_suffice, quiet, scenario);
    ASSERT_TRUE(found.failing_seed);

    const auto first = sim::run(*found.failing_seed, quiet, scenario);
    const auto second = sim::run(*found.failing_seed, quiet, scenario);

    EXPECT_TRUE(first.failed);
    EXPECT_EQ(first.message, found.message);
    EXPECT_EQ(first.hash, second.hash);
    EXPECT_EQ(first.steps, second.steps);
}

INSTANTIATE_TEST_SUITE_P(
    Each,
    SimulatedToys,
    testing::Values(toy{"lost_update", increment_in_two_fibers, 100, "value.load"},
                    toy{"lost_wake_up", check_then_park, 300, "deadlock"},
                    toy{"wake_up_eaten_by_a_time_out", time_out_at_the_hand_off, 100, "deadlock"},
                    toy{"deadlock_by_lock_order", lock_two_mutexes, 100, "deadlock"},
                    toy{"aba_on_a_stack", pop_and_push_back, 1500, "owners"}),
    [](const auto& each) { return std::string(each.param.name); });

// ---- exhaustive search --------------------------------------------------------------------------

TEST(SimExhaustive, finds_the_one_bad_interleaving_of_three_against_three) {
    const auto found = sim::explore_all({.name = "three", .max_preemptions = 2, .quiet = true},
                                        10'000, [] { three_against_three(true); });

    EXPECT_TRUE(found.failing_seed);
}

TEST(SimExhaustive, completes_without_a_finding_below_the_necessary_bound) {
    const auto found = sim::explore_all({.name = "three", .max_preemptions = 1}, 10'000,
                                        [] { three_against_three(true); });

    EXPECT_TRUE(found.clean());
    EXPECT_TRUE(found.complete);
}

TEST(SimExhaustive, visits_every_combination_of_a_scenarios_own_choices) {
    std::array<int, 6> seen{};

    const auto found = sim::explore_all({.name = "choices"}, 100, [&] {
        const unsigned first = sim::choose(2);
        ++seen[first * 3 + sim::choose(3)];
    });

    EXPECT_TRUE(found.complete);
    EXPECT_EQ(found.runs, 6U);
    EXPECT_EQ(seen, (std::array{1, 1, 1, 1, 1, 1}));
}

TEST(SimExhaustive, finds_the_time_out_at_the_hand_off) {
    const sim::options how{
        .name = "hand-off", .max_preemptions = 1, .exhaustive_disturbances = true, .quiet = true};

    const auto bad = sim::explore_all(how, 100'000, [] { time_out_at_the_hand_off(false); });
    const auto good = sim::explore_all(how, 100'000, [] { time_out_at_the_hand_off(true); });

    EXPECT_FALSE(bad.clean());
    EXPECT_TRUE(good.clean()) << good.message;
    EXPECT_TRUE(good.complete);
}

TEST(SimExhaustive, notices_a_scenario_that_is_not_deterministic) {
    unsigned options = 2;

    const auto found = sim::explore_all({.name = "shifty", .quiet = true}, 100, [&] {
        (void)sim::choose(options++);
        (void)sim::choose(2);
    });

    EXPECT_NE(found.message.find("not deterministic"), std::string::npos);
}

// ---- strategies ---------------------------------------------------------------------------------

struct named_strategy {
    const char* name;
    sim::strategy how;

    friend void PrintTo(const named_strategy& each, std::ostream* out) { *out << each.name; }
};

class SimStrategies : public testing::TestWithParam<named_strategy> {};

TEST_P(SimStrategies, each_finds_the_lost_update) {
    const auto found = sim::find_failure(1, 200, {.name = "lost update", .how = GetParam().how},
                                         [] { increment_in_two_fibers(false); });

    EXPECT_FALSE(found.clean());
}

TEST_P(SimStrategies, a_spinning_fiber_lets_others_run) {
    const auto found = sim::explore(1, 100, {.name = "spin", .how = GetParam().how}, [] {
        counter flag{0};
        sim::spawn([&] {
            while (flag.load(relaxed) == 0) {
            }
        });
        sim::spawn([&] { flag.store(1, relaxed); });
        sim::join_all();
    });

    EXPECT_TRUE(found.clean()) << found.message;
}

INSTANTIATE_TEST_SUITE_P(Each,
                         SimStrategies,
                         testing::Values(named_strategy{"uniform", sim::strategy::uniform},
                                         named_strategy{"bursts", sim::strategy::bursts},
                                         named_strategy{"priorities", sim::strategy::priorities},
                                         named_strategy{"mixed", sim::strategy::mixed}),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(SimSeeds, different_seeds_give_different_runs) {
    const sim::options how{.name = "toy"};
    const auto scenario = [] { pop_and_push_back(true); };

    std::vector<std::uint64_t> hashes;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        hashes.push_back(sim::run(seed, how, scenario).hash);
    }

    std::sort(hashes.begin(), hashes.end());
    EXPECT_GT(std::unique(hashes.begin(), hashes.end()) - hashes.begin(), 15);
}

TEST(SimExplore, notices_a_seed_that_does_not_replay) {
    int calls = 0;

    const auto found = sim::find_failure(1, 10, {.name = "shifty"}, [&] {
        if (++calls % 2 == 0) sim::point();
    });

    EXPECT_EQ(found.message, "the same seed gave two different runs");
}

} // namespace sim_platform_test
