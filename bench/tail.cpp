// SPDX-License-Identifier: MIT
/// @file
/// How long does a thread wait for a resource where many share few, and for how much longer than
/// the others may one of them wait? With holds that sleep, as those of a connection do, and with
/// holds that keep a core busy, where handing over costs most.

#include "baseline/mutex_fifo_pool.hpp"
#include "baseline/mutex_lifo_pool.hpp"
#include "connections.hpp"
#include "quick.hpp"
#include "tally.hpp"
#include "team.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using namespace bench;
using namespace std::chrono_literals;

// lend with its defaults; its resources are made before anything is measured.
class lend_pool {
public:
    explicit lend_pool(std::size_t size) : pool_(behind_, size) { hold(size); }

    template <class Use>
    bool lend_for(Use use) {
        return pool_.lend_for(use);
    }
    std::uint64_t uses() { return behind_.uses() - made_; }
    bool is_at_rest() const { return pool_.is_at_rest(); }

private:
    void hold(std::size_t how_many) {
        if (how_many == 0) return;
        if (pool_.lend_for([&](connection&) { hold(how_many - 1); })) ++made_;
    }

    backend behind_{0ns};
    lend_connections pool_;
    std::uint64_t made_ = 0;
};

template <class Pool>
class guarded_pool {
public:
    explicit guarded_pool(std::size_t size) : size_(size), pool_(size) {}

    template <class Use>
    bool lend_for(Use use) {
        connection* const one = pool_.acquire(30s);
        if (one == nullptr) return false;
        one->use_for(use);
        pool_.release(one);
        return true;
    }
    std::uint64_t uses() const {
        std::uint64_t sum = 0;
        for (const connection& each : pool_.all()) {
            if (each.was_shared()) return 0;
            sum += each.uses();
        }
        return sum;
    }
    bool is_at_rest() { return pool_.idle() == size_; }

private:
    std::size_t size_;
    Pool pool_;
};

using mutex_lifo_pool = guarded_pool<baseline::mutex_lifo_pool<connection>>;
using mutex_fifo_pool = guarded_pool<baseline::mutex_fifo_pool<connection>>;

// A fixed amount of work, so that a hold which loses its core lasts longer, as it would in earnest.
void work(std::uint64_t steps) {
    std::uint64_t value = steps;
    for (; steps != 0; --steps) {
        value = value * 6364136223846793005U + 1442695040888963407U;
        hide(value);
    }
}

// How many steps fill a microsecond: by the fastest of several tries, which nothing disturbed.
double steps_per_us() {
    static const double rate = [] {
        constexpr std::uint64_t steps = 1 << 17;
        clock::duration least = clock::duration::max();
        for (int tries = 0; tries < 20; ++tries) {
            const auto begin = clock::now();
            work(steps);
            least = std::min(least, clock::now() - begin);
        }
        return static_cast<double>(steps) / in_us(least);
    }();
    return rate;
}

struct sleeping {
    static constexpr clock::duration long_enough = 1s;

    static void hold(std::int64_t us) {
        std::this_thread::sleep_for(std::chrono::microseconds(us));
    }
};
struct busy {
    static constexpr clock::duration long_enough = 500ms;

    static void hold(std::int64_t us) {
        work(static_cast<std::uint64_t>(steps_per_us() * static_cast<double>(us)));
    }
};

// What the threads of one run saw.
struct seen {
    tally waits; // in nanoseconds
    clock::duration held{0};
    std::uint64_t lent = 0;
    std::uint64_t fewest = ~std::uint64_t{0}; // lendings of a thread
    std::uint64_t most = 0;

    void add(const seen& other) {
        waits.merge(other.waits);
        held += other.held;
        lent += other.lent;
        fewest = std::min(fewest, other.lent);
        most = std::max(most, other.lent);
    }
};

// Acquires, holds and gives back, again and again, until the time is over.
template <class Pool, class Hold>
seen share(Pool& pool, std::int64_t hold_us, clock::duration how_long) {
    seen mine;
    const auto over = clock::now() + how_long;
    for (auto now = clock::now(); now < over;) {
        const auto asked = clock::now();
        now = asked;
        const bool served = pool.lend_for([&](connection&) {
            const auto got = clock::now();
            mine.waits.record(static_cast<std::uint64_t>((got - asked).count()));
            Hold::hold(hold_us);
            now = clock::now();
            mine.held += now - got;
        });
        if (!served) break;
        ++mine.lent;
    }
    return mine;
}

template <class Pool, class Hold>
void tail(benchmark::State& state) {
    const auto threads = static_cast<int>(state.range(0));
    const auto resources = static_cast<std::size_t>(state.range(1));
    const std::int64_t hold_us = state.range(2);
    Pool pool(resources);
    (void)steps_per_us();
    const clock::duration how_long = lasting(Hold::long_enough);
    std::mutex mutex;
    seen all;
    std::vector<span_of_time> spans(static_cast<std::size_t>(threads));

    for (auto _ : state) {
        run_team(threads, [&](int index) {
            span_of_time& mine = spans[static_cast<std::size_t>(index)];
            mine.begin = clock::now();
            const seen one = share<Pool, Hold>(pool, hold_us, how_long);
            mine.end = clock::now();
            const std::lock_guard lock(mutex);
            all.add(one);
        });
    }

    const auto us = [&](double share) { return all.waits.percentile(share) / 1000; };
    const auto lent = static_cast<double>(all.lent);
    state.counters["p50_us"] = us(0.5);
    state.counters["p99_us"] = us(0.99);
    state.counters["p999_us"] = us(0.999);
    state.counters["max_us"] = static_cast<double>(all.waits.most()) / 1000;
    // A sleep of hold_us lasts longer, by as much as the system's timers are late. What a pool
    // could do at best follows from how long the holds lasted in fact.
    const double held_us = in_us(all.held) / lent;
    state.counters["held_us"] = held_us;
    state.counters["ideal_us"] =
        static_cast<double>(threads) / static_cast<double>(resources) * held_us;
    state.counters["per_second"] = lent / (in_us(whole(spans)) / 1e6);
    state.counters["share"] = static_cast<double>(all.fewest) / static_cast<double>(all.most);
    count_items(state, all.lent);
    check(state, all.fewest > 0, "a thread got nothing");
    check(state, pool.uses() == all.lent, "a resource was lent to two at a time");
    check(state, all.waits.count() == all.lent, "not every wait was noted");
    check(state, pool.is_at_rest(), "not every resource is idle at the end");
}

template <class Hold>
void add_all(const char* scenario, std::int64_t hold_us) {
    const auto add_one = [&](const char* implementation, void (*run)(benchmark::State&)) {
        add_scene(scenario, implementation, run)
            ->ArgNames({"threads", "resources", "hold_us"})
            ->Args({16, 2, hold_us});
    };
    add_one("lend", &tail<lend_pool, Hold>);
    add_one("lend_again", &tail<lend_pool, Hold>);
    add_one("mutex_lifo_pool", &tail<mutex_lifo_pool, Hold>);
    add_one("mutex_fifo_pool", &tail<mutex_fifo_pool, Hold>);
}

const bool registered = [] {
    add_all<sleeping>("tail", 200);
    for (const int hold_us : {1, 10, 50, 200}) add_all<busy>("tail_busy", hold_us);
    return true;
}();

} // namespace
