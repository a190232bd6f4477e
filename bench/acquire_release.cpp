// SPDX-License-Identifier: MIT
/// @file
/// What does it cost to acquire a resource and give it back at once: by one thread, by two, by
/// eight with a resource for each, and by eight that share two? Nothing is done with the resource.

#include <lend/pool.hpp>

#include "baseline/floor_pool.hpp"
#include "baseline/mutex_fifo_pool.hpp"
#include "baseline/mutex_lifo_pool.hpp"
#include "support.hpp"

#include <benchmark/benchmark.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace {

using namespace bench;

// `uses` is plain: if two borrowers had one resource at a time, uses would be lost. On a line of
// its own, so that neighbours do not disturb each other in any pool.
struct alignas(64) session {
    std::uint64_t proof = 1;
    std::uint64_t uses = 0;
};

struct session_driver {
    using resource = std::unique_ptr<session>;
    using no_reset = void;

    std::vector<session*>* made;

    lend::result<resource> create() {
        auto one = std::make_unique<session>();
        made->push_back(one.get());
        return one;
    }
};

constexpr auto patience = std::chrono::seconds(30); // lend's default

// lend with its defaults. All resources exist before anything is measured.
class lend_pool {
public:
    explicit lend_pool(std::size_t size)
        : pool_(session_driver{&made_},
                {.max_size = size, .creation = lend::creation_mode::inline_}) {
        std::vector<decltype(pool_.acquire())> held;
        for (std::size_t at = 0; at < size; ++at) held.push_back(pool_.acquire());
    }

    template <class Use>
    LEND_ALWAYS_INLINE bool lend_for(Use use, std::uint64_t) {
        auto lease = pool_.acquire();
        if (!lease) return false;
        use(***lease);
        return true;
    }

    std::uint64_t uses() const {
        std::uint64_t sum = 0;
        for (const session* each : made_) sum += each->uses;
        return sum;
    }
    bool is_at_rest() const {
        const auto stats = pool_.stats();
        return stats.idle == stats.max_size && stats.timed_out == 0 && stats.created == stats.idle;
    }

private:
    std::vector<session*> made_;
    lend::pool<session_driver> pool_;
};

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

using mutex_lifo_pool = guarded_pool<baseline::mutex_lifo_pool<session>>;
using mutex_fifo_pool = guarded_pool<baseline::mutex_fifo_pool<session>>;

// For one thread.
class floor_pool {
public:
    explicit floor_pool(std::size_t) {}

    template <class Use>
    bool lend_for(Use use, std::uint64_t turn) {
        if (!lines_.take(turn)) return false;
        use(session_);
        return lines_.give_back(turn);
    }
    std::uint64_t uses() const { return session_.uses; }
    bool is_at_rest() { return true; }

private:
    baseline::floor_pool lines_;
    session session_;
};

template <class Pool>
struct world {
    explicit world(const benchmark::State& state)
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
    auto& w = *shared<world<Pool>>::world;
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
void add_one(const char* implementation, int resources, int threads) {
    add<world<Pool>>("acquire_release", implementation,
                     threads == 1 ? &acquire_release<Pool, false, alone>
                                  : &acquire_release<Pool, true, Cycles>)
        ->ArgName("resources")
        ->Arg(resources)
        ->Threads(threads);
}

void add_all(int resources, int threads) {
    add_one<lend_pool>("lend", resources, threads);
    add_one<lend_pool>("lend_again", resources, threads);
    if (threads == 1) add_one<floor_pool>("floor", resources, threads);
    add_one<mutex_lifo_pool>("mutex_lifo_pool", resources, threads);
    if (threads > resources) {
        add_one<mutex_fifo_pool, handed_over>("mutex_fifo_pool", resources, threads);
    } else {
        add_one<mutex_fifo_pool>("mutex_fifo_pool", resources, threads);
    }
}

const bool registered = [] {
    add_all(8, 1);
    add_all(2, 2);
    add_all(8, 8);
    add_all(2, 8);
    return true;
}();

} // namespace
