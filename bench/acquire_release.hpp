// SPDX-License-Identifier: MIT
/// @file
/// Acquire and release, as a template: how it is measured is the same for lend, for the baselines
/// and for the peers.

#ifndef LEND_BENCH_ACQUIRE_RELEASE_HPP
#define LEND_BENCH_ACQUIRE_RELEASE_HPP

#include "support.hpp"

#include <benchmark/benchmark.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace bench {
namespace { // of each file its own, or GCC would inline less than where it stands in that file

// `uses` is plain: if two borrowers had one resource at a time, uses would be lost. On a line of
// its own, so that neighbours do not disturb each other in any pool.
struct alignas(64) session {
    std::uint64_t proof = 1;
    std::uint64_t uses = 0;
};

constexpr auto patience = std::chrono::seconds(30); // lend's default

// For pools whose acquire and release are two functions, with a time-out.
template <class Pool>
class guarded_pool {
public:
    explicit guarded_pool(std::size_t size) : size_(size), pool_(size) {}

    template <class Use>
    bool lend_for(Use use, std::uint64_t) {
        session* const one = pool_.acquire(patience);
        if (one == nullptr) return false;
        use(*one);
        pool_.release(one);
        return true;
    }

    std::uint64_t uses() const {
        std::uint64_t sum = 0;
        for (const session& each : pool_.all()) sum += each.uses;
        return sum;
    }
    bool is_at_rest() { return pool_.idle() == size_; }

private:
    std::size_t size_;
    Pool pool_;
};

template <class Pool>
struct lending_world {
    explicit lending_world(const benchmark::State& state)
        : pool(static_cast<std::size_t>(state.range(0))), together(state.threads()) {}

    Pool pool;
    barrier together;
    std::atomic<std::uint64_t> lendings{0};
};

// One iteration is `cycles` lendings; where several threads share the pool it lasts until the last
// one has done them, so that nobody is faster at the cost of others. A single thread only looks at
// the resource, since a write would cost time of its own; several also count in it.
template <class Pool, bool Counting, std::uint64_t Cycles>
void acquire_release(benchmark::State& state) {
    settle(state);
    auto& w = *shared<lending_world<Pool>>::world;
    std::uint64_t lent = 0;
    std::uint64_t seen = 0;
    std::uint64_t turn = 0;

    for (auto _ : state) {
        for (std::uint64_t left = Cycles; left != 0; --left) {
            const auto use = [&](session& one) {
                seen += one.proof;
                if (Counting) ++one.uses;
            };
            lent += w.pool.lend_for(use, turn++) ? 1 : 0;
        }
        if (state.threads() > 1) w.together.wait();
    }
    hide(seen);

    count_items(state, Cycles);
    check(state, lent == Cycles * static_cast<std::uint64_t>(state.iterations()),
          "an acquire or a release failed");
    check(state, seen == lent, "something else than a resource was lent");
    // Relaxed: the barrier passes the sum on.
    w.lendings.fetch_add(lent, std::memory_order_relaxed);
    if (state.threads() > 1) w.together.wait();
    check(state, w.pool.is_at_rest(), "not every resource is idle at the end");
    check(state,
          w.pool.uses() == (Counting ? w.lendings.load(std::memory_order_relaxed) : 0), // as above
          "a resource was lent to two at a time");
}

// So many that threads that share cores are preempted in between, or they would never meet; fewer
// where every lending is handed over, which costs a hundred times more.
constexpr std::uint64_t alone = 1 << 10;
constexpr std::uint64_t shared_cores = 1 << 20;
constexpr std::uint64_t handed_over = 1 << 18;

template <class Pool, std::uint64_t Cycles = shared_cores>
void add_acquire_release(const char* implementation, int resources, int threads) {
    add<lending_world<Pool>>("acquire_release", implementation,
                             threads == 1 ? &acquire_release<Pool, false, alone>
                                          : &acquire_release<Pool, true, Cycles>)
        ->ArgName("resources")
        ->Arg(resources)
        ->Threads(threads);
}

} // namespace
} // namespace bench

#endif // LEND_BENCH_ACQUIRE_RELEASE_HPP
