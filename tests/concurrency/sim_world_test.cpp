// SPDX-License-Identifier: MIT
/// @file
/// The simulated world keeps its promises: the clock is exact, what is per thread stays so,
/// exceptions do not leak between fibers, and atomics behave as the standard ones.

#include "support/sim_platform.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace sim_world_test {

using namespace std::chrono_literals;

using platform = sim::platform;
using word = platform::atomic<std::uint32_t>;
using counter = platform::atomic<int>;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto for_ever = platform::time_point::max();

// The failure of a scenario that must fail, whatever the seed.
template <class Scenario>
std::string failure_of(Scenario&& scenario) {
    return sim::find_failure(1, 1, {.name = "expected to fail"}, scenario).message;
}

// Why the first of many seeds failed; empty if none did.
template <class Scenario>
std::string explore(Scenario&& scenario, sim::options how = {}) {
    return sim::explore(1, 2'000, how, scenario).message;
}

constexpr sim::options no_chance{
    .weak_failure_one_in = 0, .spurious_wake_one_in = 0, .early_jump_one_in = 0};

// ---- time ---------------------------------------------------------------------------------------

TEST(SimClock, deadline_ends_a_park_exactly_when_it_is_due) {
    const auto scenario = [] {
        word never{0};
        for (const auto wait : {1ns, 999ns, 1'000'000'000ns, 30'000'000'000ns}) {
            const auto deadline = platform::now() + wait;

            while (platform::now() < deadline) platform::park(never, 0, deadline);

            SIM_CHECK(platform::now() == deadline);
        }
    };

    EXPECT_EQ(explore(scenario), "");
}

TEST(SimClock, deadlines_pass_in_their_order) {
    const auto scenario = [] {
        std::vector<int> order;
        for (const int each : {3, 1, 2}) {
            sim::spawn([&order, each] {
                sim::sleep(each * 1s);
                order.push_back(each);
            });
        }
        sim::join_all();
        SIM_CHECK((order == std::vector{1, 2, 3}));
        SIM_CHECK(sim::elapsed() == 3s);
    };

    EXPECT_EQ(explore(scenario), "");
}

TEST(SimClock, deadline_in_the_past_does_not_block) {
    const auto scenario = [] {
        word never{0};
        platform::park(never, 0, platform::now());
        platform::park(never, 0, platform::time_point{});
        SIM_CHECK(sim::elapsed() == 0s);
    };

    EXPECT_EQ(explore(scenario), "");
}

TEST(SimClock, advance_lets_those_run_whose_deadline_passed) {
    const auto scenario = [] {
        counter woken{0};
        sim::spawn([&] {
            sim::sleep(1h);
            woken.store(1, relaxed);
        });
        while (woken.load(relaxed) == 0) sim::advance(10min);
        SIM_CHECK(sim::elapsed() >= 1h);
    };

    EXPECT_EQ(explore(scenario), "");
}

TEST(SimClock, clock_jumps_early_to_near_deadlines_only) {
    const auto share_that_jumps = [](std::chrono::nanoseconds deadline) {
        int runs = 0;
        int jumps = 0;
        (void)sim::explore(1, 500, {.early_jump_one_in = 8, .early_jump_window = 5ms}, [&] {
            ++runs;
            sim::spawn([&] { sim::sleep(deadline); });
            for (int at = 0; at < 20; ++at) sim::point();
            if (sim::elapsed() > 0s) ++jumps;
        });
        return static_cast<double>(jumps) / runs;
    };

    EXPECT_GT(share_that_jumps(5ms), 0.1);
    EXPECT_EQ(share_that_jumps(6ms), 0.0);
}

// ---- parking ------------------------------------------------------------------------------------

TEST(SimPark, returns_at_once_if_the_word_has_changed) {
    EXPECT_EQ(explore([] {
                  word changed{1};
                  platform::park(changed, 0, for_ever);
              }),
              "");
}

TEST(SimPark, unpark_wakes_one_of_those_asleep_on_that_word) {
    const auto scenario = [] {
        word gate{0};
        word other{0};
        counter woken{0};
        for (int at = 0; at < 3; ++at) {
            sim::spawn([&] {
                platform::park(gate, 0, for_ever);
                woken.fetch_add(1, relaxed);
            });
        }
        sim::sleep(1s);
        platform::unpark_one(other);
        platform::unpark_one(gate);
        sim::sleep(1s);
        SIM_CHECK(woken.load(relaxed) == 1);
        platform::unpark_one(gate);
        platform::unpark_one(gate);
        sim::join_all();
    };

    EXPECT_EQ(explore(scenario, no_chance), "");
}

TEST(SimPark, wakes_for_no_reason_now_and_then) {
    EXPECT_NE(explore(
                  [] {
                      word gate{0};
                      counter woken{0};
                      sim::spawn([&] {
                          platform::park(gate, 0, for_ever);
                          woken.store(1, relaxed);
                      });
                      for (int at = 0; at < 20; ++at) sim::point();
                      if (woken.load(relaxed) != 0) sim::fail("woken");
                      gate.store(1, relaxed);
                      platform::unpark_one(gate);
                      sim::join_all();
                  },
                  {.quiet = true}),
              "");
}

// ---- what belongs to a thread -------------------------------------------------------------------

TEST(SimThread, exceptions_of_interleaved_fibers_do_not_mix) {
    const auto scenario = [] {
        for (int id = 1; id <= 3; ++id) {
            sim::spawn([id] {
                try {
                    sim::point();
                    throw id;
                } catch (const int caught) {
                    sim::point();
                    SIM_CHECK(caught == id);
                    try {
                        throw std::runtime_error(std::to_string(id));
                    } catch (const std::exception& inner) {
                        sim::point();
                        SIM_CHECK(inner.what() == std::to_string(id));
                    }
                    sim::point();
                    try {
                        throw; // what this fiber is handling, not what another one is
                    } catch (const int again) {
                        SIM_CHECK(again == id);
                    }
                }
                SIM_CHECK(std::current_exception() == nullptr);
                SIM_CHECK(std::uncaught_exceptions() == 0);
            });
        }
        sim::join_all();
    };

    EXPECT_EQ(explore(scenario), "");
}

TEST(SimThread, uncaught_exceptions_are_counted_per_fiber) {
    struct looks_while_unwinding {
        ~looks_while_unwinding() {
            sim::point();
            SIM_CHECK(std::uncaught_exceptions() == 1);
        }
    };
    const auto scenario = [] {
        for (int at = 0; at < 2; ++at) {
            sim::spawn([] {
                SIM_CHECK(std::uncaught_exceptions() == 0);
                try {
                    const looks_while_unwinding witness;
                    throw 1;
                } catch (int) {
                    SIM_CHECK(std::uncaught_exceptions() == 0);
                }
            });
        }
        sim::join_all();
    };

    EXPECT_EQ(explore(scenario), "");
}

struct own_number {
    int value = 7;
};

TEST(SimThread, local_objects_are_each_fibers_own_and_start_fresh) {
    const auto scenario = [] {
        for (int at = 0; at < 3; ++at) {
            sim::spawn([at] {
                auto& mine = platform::local<own_number>().value;
                SIM_CHECK(mine == 7);
                mine = at;
                sim::point();
                SIM_CHECK(platform::local<own_number>().value == at);
            });
        }
        sim::join_all();
    };

    EXPECT_EQ(explore(scenario), "");
}

TEST(SimThread, slots_are_dense_and_used_again) {
    const auto scenario = [] {
        const std::uint32_t own = platform::thread_slot();
        for (int at = 0; at < 5; ++at) {
            sim::join(sim::spawn([own] { SIM_CHECK(platform::thread_slot() == 1 - own); }));
        }
    };

    EXPECT_EQ(explore(scenario), "");
}

TEST(SimThread, slots_run_out_where_the_scenario_says_so) {
    const auto scenario = [] {
        SIM_CHECK(platform::thread_slot() == 0);
        sim::spawn([] { SIM_CHECK(platform::thread_slot() >= platform::max_threads); });
        sim::join_all();
    };

    EXPECT_EQ(explore(scenario, {.thread_slots = 1}), "");
}

TEST(SimThread, thread_starts_and_its_end_is_waited_for) {
    static int started = 0;
    started = 0;

    const auto went = sim::run(1, {}, [] {
        SIM_CHECK(platform::start_thread(
            "worker", [](void* argument) { ++*static_cast<int*>(argument); }, &started));
    });

    EXPECT_FALSE(went.failed);
    EXPECT_EQ(started, 1);
}

TEST(SimThread, join_spawned_does_not_wait_for_threads_of_the_code_under_test) {
    static word stop{0};
    const auto scenario = [] {
        stop.store(0, relaxed);
        counter ended{0};
        const auto until_stopped = [](void*) {
            while (stop.load(relaxed) == 0) platform::park(stop, 0, platform::now() + 1h);
        };
        SIM_CHECK(platform::start_thread("keeper", until_stopped, nullptr));
        sim::spawn([&] { ended.store(1, relaxed); });

        sim::join_spawned();

        SIM_CHECK(ended.load(relaxed) == 1);
        stop.store(1, relaxed);
        platform::unpark_one(stop);
    };

    EXPECT_EQ(explore(scenario), "");
}

TEST(SimThread, thread_is_refused_where_the_scenario_says_so) {
    const auto scenario = [] {
        sim::refuse_threads(1);
        const auto nothing = [](void*) {};
        SIM_CHECK(!platform::start_thread("a", nothing, nullptr));
        SIM_CHECK(platform::start_thread("b", nothing, nullptr));
    };

    EXPECT_EQ(explore(scenario), "");
}

// ---- atomics ------------------------------------------------------------------------------------

TEST(SimAtomic, behaves_as_the_standard_one) {
    enum class colour : std::uint8_t { red, green };
    int array[4] = {};
    const auto all_operations = [&] {
        counter number{5};
        SIM_CHECK(number.exchange(6, relaxed) == 5);
        SIM_CHECK(number.fetch_add(4, relaxed) == 6);
        SIM_CHECK(number.fetch_sub(1, relaxed) == 10);
        SIM_CHECK(number.fetch_and(12, relaxed) == 9);
        SIM_CHECK(number.fetch_or(3, relaxed) == 8);
        SIM_CHECK(number.fetch_xor(1, relaxed) == 11);
        int expected = 0;
        SIM_CHECK(!number.compare_exchange_strong(expected, 1, relaxed));
        SIM_CHECK(expected == 10);
        SIM_CHECK(number.compare_exchange_strong(expected, 1, relaxed, relaxed));
        platform::atomic<int*> pointer{array};
        SIM_CHECK(pointer.fetch_add(3, relaxed) == array);
        SIM_CHECK(pointer.load(relaxed) == array + 3);
        platform::atomic<colour> shade{colour::red};
        shade.store(colour::green, relaxed);
        SIM_CHECK(shade.load(relaxed) == colour::green);
        platform::atomic<bool> flag{};
        SIM_CHECK(!flag.exchange(true, relaxed));
    };

    all_operations();
    EXPECT_EQ(explore(all_operations), "");
    static_assert(sizeof(platform::atomic<std::uint64_t>) == sizeof(std::uint64_t));
    static_assert(alignof(platform::atomic<std::uint64_t>) == alignof(std::atomic<std::uint64_t>));
}

TEST(SimAtomic, weak_exchange_fails_for_no_reason_now_and_then) {
    EXPECT_NE(explore(
                  [] {
                      counter number{1};
                      int expected = 1;
                      SIM_CHECK(number.compare_exchange_weak(expected, 2, relaxed, relaxed));
                  },
                  {.quiet = true}),
              "");
}

TEST(SimAtomic, order_that_the_operation_must_not_have_fails_the_run) {
    EXPECT_NE(failure_of([] { (void)counter{1}.load(std::memory_order_release); }), "");
    EXPECT_NE(failure_of([] { counter{1}.store(1, std::memory_order_acquire); }), "");
}

} // namespace sim_world_test
