// SPDX-License-Identifier: MIT
/// @file
/// How long does the unluckiest of a hundred thousand calls take that destroys a resource by its
/// number, while more threads than cores use the table? One who is preempted with a lock in hand
/// lets all others wait. The floor's tail is what the machine adds to any of them: interrupts, and
/// threads that are preempted between two looks at the clock.

#include "quick.hpp"
#include "tables.hpp"
#include "tally.hpp"
#include "team.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace {

using namespace bench;
using namespace std::chrono_literals;

// The cheapest clock there is, since what lies between two looks at it is to be one destroy and
// nothing else. How long a tick lasts is found out by a steady clock over the whole run.
#if defined(__x86_64__)
constexpr const char* clock_name = "rdtsc";
inline std::uint64_t ticks() { return __rdtsc(); }
#else
constexpr const char* clock_name = "steady_clock";
inline std::uint64_t ticks() {
    return static_cast<std::uint64_t>(clock::now().time_since_epoch().count());
}
#endif

struct seen_times {
    tally times; // in ticks
    std::uint64_t failed = 0;
};

// Makes a batch of numbers, then destroys them in another order, each by itself.
template <class Mine, class Table>
seen_times destroy_for(Mine& mine, Table& table, clock::duration how_long) {
    constexpr std::size_t batch = 1024;
    const auto where = places(batch, order::random);
    std::vector<number> made(batch);
    seen_times all;
    const auto over = clock::now() + how_long;
    do {
        for (std::size_t at = 0; at < batch; ++at) made[at] = mine.insert(payload::of(at));
        for (const std::uint32_t place : where) {
            const number victim = made[place];
            const std::uint64_t begin = ticks();
            const bool destroyed = table.erase(victim);
            const std::uint64_t end = ticks();
            // A thread that has changed cores may find the other's clock behind.
            all.times.record(end > begin ? end - begin : 0);
            all.failed += destroyed ? 0 : 1;
        }
    } while (clock::now() < over);
    return all;
}

template <class Table>
void destroy_tail(benchmark::State& state) {
    const auto threads = static_cast<int>(state.range(0));
    Table table(static_cast<std::size_t>(threads) * 1024);
    const clock::duration how_long = lasting(1s);
    std::mutex mutex;
    seen_times all;
    const auto began = clock::now();
    const std::uint64_t first = ticks();

    for (auto _ : state) {
        run_team(threads, [&](int index) {
            auto&& mine = as_seen_by(table, index, threads);
            const seen_times one = destroy_for(mine, table, how_long);
            const std::lock_guard lock(mutex);
            all.times.merge(one.times);
            all.failed += one.failed;
        });
    }

    const auto ran = std::chrono::duration<double, std::nano>(clock::now() - began).count();
    const double ns_per_tick = ran / static_cast<double>(ticks() - first);
    const auto ns = [&](double share) { return all.times.percentile(share) * ns_per_tick; };
    state.SetLabel(clock_name);
    state.counters["p50_ns"] = ns(0.5);
    state.counters["p99_ns"] = ns(0.99);
    state.counters["p999_ns"] = ns(0.999);
    state.counters["p9999_ns"] = ns(0.9999);
    state.counters["p99999_ns"] = ns(0.99999);
    state.counters["max_ns"] = static_cast<double>(all.times.most()) * ns_per_tick;
    state.counters["samples"] = static_cast<double>(all.times.count());
    count_items(state, all.times.count());
    check(state, all.failed == 0, "not every live number was destroyed");
    check(state, table.size() == 0, "something is left after everything was destroyed");
}

template <class Table>
void add_one(const char* implementation) {
    add_scene("destroy_tail", implementation, &destroy_tail<Table>)->ArgName("threads")->Arg(8);
}

const bool registered = [] {
    add_one<lend_table>("lend");
    add_one<lend_table>("lend_again");
    add_one<floor_table>("floor");
    add_one<mutex_slot_map>("mutex_slot_map");
    add_one<mutex_map_table>("mutex_map_table");
    add_one<shared_mutex_table>("shared_mutex_table");
    return true;
}();

} // namespace
