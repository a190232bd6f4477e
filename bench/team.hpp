// SPDX-License-Identifier: MIT
/// @file
/// For scenarios that start threads of their own and tell more than a cost per operation: the
/// threads, the clock, and the registration of what runs once.

#ifndef LEND_BENCH_TEAM_HPP
#define LEND_BENCH_TEAM_HPP

#include "support.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace bench {

using clock = std::chrono::steady_clock;

inline double in_ms(clock::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
}
inline double in_us(clock::duration time) {
    return std::chrono::duration<double, std::micro>(time).count();
}

/// Runs `work(index)` in as many threads, which begin together. Returns when the last one has
/// ended.
template <class Work>
void run_team(int threads, Work work) {
    barrier together(threads);
    std::vector<std::thread> team;
    team.reserve(static_cast<std::size_t>(threads));
    for (int index = 0; index < threads; ++index) {
        team.emplace_back([&together, &work, index] {
            together.wait();
            work(index);
        });
    }
    for (std::thread& each : team) each.join();
}

/// When a thread of a team began something and when it had it.
struct span_of_time {
    clock::time_point begin{};
    clock::time_point end{};
};

/// From the first beginning to the last end.
inline clock::duration whole(const std::vector<span_of_time>& spans) {
    clock::time_point first = (clock::time_point::max)();
    clock::time_point last = (clock::time_point::min)();
    for (const span_of_time& each : spans) {
        if (each.begin < first) first = each.begin;
        if (each.end > last) last = each.end;
    }
    return last - first;
}

/// Registers what runs once, on all cores, and reports counters. How often it is repeated is the
/// caller's wish.
inline benchmark::internal::Benchmark* add_scene(const std::string& scenario,
                                                 const std::string& implementation,
                                                 void (*run)(benchmark::State&)) {
    return benchmark::RegisterBenchmark((scenario + "/" + implementation).c_str(), run)
        ->Setup([](const benchmark::State&) { spread_out(); })
        ->Iterations(1)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
}

} // namespace bench

#endif // LEND_BENCH_TEAM_HPP
