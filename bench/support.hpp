// SPDX-License-Identifier: MIT
/// @file
/// What the benchmarks share: the value in the tables, a barrier, the second thread, registration
/// under a name of the form scenario/implementation/parameters.

#ifndef LEND_BENCH_SUPPORT_HPP
#define LEND_BENCH_SUPPORT_HPP

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <pthread.h>
#include <sched.h>
#endif

namespace bench {

/// What the tables hold: 16 bytes, the second half of which proves the first.
struct payload {
    std::uint64_t key = 0;
    std::uint64_t proof = ~std::uint64_t{0};

    static payload of(std::uint64_t key) { return {key, ~key}; }
    bool is_whole() const { return proof == ~key; }
};
static_assert(sizeof(payload) == 16);

/// Hides where a value came from and what becomes of it. In place of benchmark::DoNotOptimize,
/// which in Google Benchmark 1.7 is not only dear, because it stores the value, but wrong: GCC 12
/// takes the assignment before it for dead and the value is garbage.
template <class Word>
inline void hide(Word& word) {
    asm volatile("" : "+r"(word));
}

/// A thread that sleeps while the program runs. With one thread alone, glibc's mutex leaves its
/// atomic instructions out, which no program with a pool would see.
class second_thread {
public:
    second_thread() : thread_([this] { over_.wait(false, std::memory_order_relaxed); }) {}
    ~second_thread() {
        over_.store(true, std::memory_order_relaxed); // relaxed: nothing but the flag is passed on
        over_.notify_one();
        thread_.join();
    }

private:
    std::atomic<bool> over_{false};
    std::thread thread_;
};
inline second_thread alive;

/// Lets threads go on together. Spins for a moment, then sleeps, so that more threads than cores
/// do not take each other's time.
class barrier {
public:
    explicit barrier(int threads) : threads_(threads) {}

    void wait() {
        // Relaxed: nobody can begin the next round before this thread has arrived.
        const std::uint32_t round = round_.load(std::memory_order_relaxed);
        // (1) acq-rel-fetch-add synchronizes-with the acq-rel-fetch-add (1)
        if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
            arrived_.store(0, std::memory_order_relaxed); // relaxed: published by (2)
            // (2) release-store synchronizes-with the acquire-load (3) and the acquire-wait (4)
            round_.store(round + 1, std::memory_order_release);
            round_.notify_all();
            return;
        }
        for (int spins = 0; spins < 2000; ++spins) {
            // (3) acquire-load synchronizes-with the release-store (2)
            if (round_.load(std::memory_order_acquire) != round) return;
        }
        // (4) acquire-wait synchronizes-with the release-store (2)
        round_.wait(round, std::memory_order_acquire);
    }

private:
    const int threads_;
    std::atomic<int> arrived_{0};
    std::atomic<std::uint32_t> round_{0};
};

#if defined(__linux__)
/// The cores that the program may use, as they were before any thread was kept on one of them.
inline const cpu_set_t& allowed_cores() {
    static const cpu_set_t allowed = [] {
        cpu_set_t set;
        if (sched_getaffinity(0, sizeof set, &set) != 0) CPU_ZERO(&set);
        return set;
    }();
    return allowed;
}
#endif

/// Keeps each thread of a benchmark on a core of its own, where there are enough. To be called
/// first by each; threads that are started later inherit it.
inline void settle(const benchmark::State& state) {
#if defined(__linux__)
    const cpu_set_t& allowed = allowed_cores();
    if (CPU_COUNT(&allowed) == 0) return;
    cpu_set_t mine = allowed;
    if (state.threads() <= CPU_COUNT(&allowed)) {
        int skip = state.thread_index();
        CPU_ZERO(&mine);
        for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&mine) == 0; ++cpu) {
            if (CPU_ISSET(cpu, &allowed) && skip-- == 0) CPU_SET(cpu, &mine);
        }
    }
    (void)pthread_setaffinity_np(pthread_self(), sizeof mine, &mine);
#else
    (void)state;
#endif
}

/// Takes back what `settle` did to this thread in another benchmark, so that the threads which it
/// starts, a pool's included, are on all cores.
inline void spread_out() {
#if defined(__linux__)
    const cpu_set_t& allowed = allowed_cores();
    if (CPU_COUNT(&allowed) == 0) return;
    (void)pthread_setaffinity_np(pthread_self(), sizeof allowed, &allowed);
#endif
}

/// How many threads to measure beyond two: those that have a core of their own here.
inline std::vector<int> larger_teams() {
    std::vector<int> out;
    for (const int threads : {4, 8, 16}) {
        if (static_cast<unsigned>(threads) <= std::thread::hardware_concurrency()) {
            out.push_back(threads);
        }
    }
    return out;
}

/// What the threads of one benchmark share, made before they start and gone after they ended.
template <class World>
struct shared {
    static inline std::unique_ptr<World> world;

    static void make(const benchmark::State& state) { world = std::make_unique<World>(state); }
    static void drop(const benchmark::State&) { world.reset(); }
};

/// Registers scenario/implementation; parameters are added by whoever gets the result.
template <class World>
benchmark::internal::Benchmark* add(const std::string& scenario,
                                    const std::string& implementation,
                                    void (*run)(benchmark::State&)) {
    return benchmark::RegisterBenchmark((scenario + "/" + implementation).c_str(), run)
        ->Setup(&shared<World>::make)
        ->Teardown(&shared<World>::drop)
        ->UseRealTime();
}

/// Turns a wrong result into a failure of the run.
inline void check(benchmark::State& state, bool right, const char* what) {
    if (!right) state.SkipWithError(what);
}

/// How many items all threads together did; the report takes the cost from this alone.
inline void count_items(benchmark::State& state, std::size_t per_iteration) {
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(per_iteration));
}

} // namespace bench

#endif // LEND_BENCH_SUPPORT_HPP
