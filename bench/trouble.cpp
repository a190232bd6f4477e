// SPDX-License-Identifier: MIT
/// @file
/// What does a pool do while its back end is down, and how soon after is it of use again? And what
/// does it cost when many who wait are called off at one moment, or give up at one moment, and is a
/// resource lost on the way that was just being handed to one of them?

#include "baseline/growing_lifo_pool.hpp"
#include "baseline/mutex_stop_pool.hpp"
#include "connections.hpp"
#include "quick.hpp"
#include "team.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace bench;
using namespace std::chrono_literals;

// ---- outage -----------------------------------------------------------------------------------

// On a machine that stands still, nobody may have come so far.
void wait_for_an_attempt(const backend& behind) {
    const auto latest = clock::now() + 10s;
    while (behind.attempts() == 0 && clock::now() < latest) std::this_thread::yield();
}

// The callers of a service that starts before its back end is up: each asks for 250 ms, then does
// something else for 10 ms and asks again, until it was served. To connect, or to find out that
// there is nobody, takes 5 ms.
template <class Pool>
void outage(benchmark::State& state) {
    const auto callers = static_cast<int>(state.range(0));
    const auto down = lasting(std::chrono::milliseconds(state.range(1)));
    backend behind(5ms);
    behind.set_down(true);
    std::vector<clock::time_point> served(static_cast<std::size_t>(callers));
    clock::time_point up{};
    std::uint64_t attempts = 0;
    std::atomic<std::uint64_t> refused{0};
    Pool pool(behind, static_cast<std::size_t>(callers));

    for (auto _ : state) {
        run_team(callers + 1, [&](int index) {
            if (index == callers) {
                std::this_thread::sleep_for(down);
                wait_for_an_attempt(behind);
                attempts = behind.attempts();
                up = clock::now();
                behind.set_down(false);
                return;
            }
            auto& mine = served[static_cast<std::size_t>(index)];
            while (!pool.lend_within(250ms, [&](connection&) { mine = clock::now(); })) {
                refused.fetch_add(1, std::memory_order_relaxed); // relaxed: a count
                std::this_thread::sleep_for(10ms);
            }
        });
    }

    clock::time_point last = up;
    bool too_early = false;
    for (const auto& each : served) {
        last = std::max(last, each);
        too_early = too_early || each < up;
    }
    state.counters["attempts"] = static_cast<double>(attempts);
    state.counters["recovery_ms"] = in_ms(last - up);
    state.counters["refused"] = static_cast<double>(
        refused.load(std::memory_order_relaxed)); // relaxed: the threads have ended
    count_items(state, static_cast<std::size_t>(callers));
    check(state, attempts > 0, "nobody tried while the back end was down");
    check(state, !too_early, "somebody was served while the back end was down");
    check(state, behind.uses() == static_cast<std::uint64_t>(callers),
          "not everybody was served once");
    check(state, pool.is_at_rest(), "something is lent at the end");
}

// ---- cancel storm -----------------------------------------------------------------------------

// A waiter's call in each of the two manners.
struct by_stop {
    static constexpr const char* name = "by:stop";
    std::stop_source source{};

    static void come_close() {}
    void call_off() { source.request_stop(); }
};
struct by_timeout {
    static constexpr const char* name = "by:timeout";
    clock::time_point deadline = clock::now() + 1ms;

    // A moment in which what is handed over may be on its way at the deadline.
    void come_close() const { yield_until(deadline - 10us); }
    void call_off() const { yield_until(deadline); }

private:
    static void yield_until(clock::time_point time) {
        while (clock::now() < time) std::this_thread::yield();
    }
};

class lend_pool {
public:
    explicit lend_pool(std::size_t size)
        : size_(size), pool_(connection_driver{&behind_}, {.max_size = size}) {}

    // Not for ever, so that a resource that is lost is noticed.
    auto acquire() { return pool_.try_acquire_for(2s); }
    auto acquire(const by_stop& how) { return pool_.acquire({.stop = how.source.get_token()}); }
    auto acquire(const by_timeout& how) { return pool_.try_acquire_until(how.deadline); }
    template <class Lease>
    void release(Lease lease) {
        *lease = {};
    }

    std::size_t waiting() const { return pool_.stats().waiting; }
    std::size_t lost() const { return size_ - pool_.stats().idle; }

private:
    const std::size_t size_;
    backend behind_{0ns};
    lend::pool<connection_driver> pool_;
};

class mutex_lifo_pool {
public:
    explicit mutex_lifo_pool(std::size_t size) : size_(size), pool_(size) {}

    connection* acquire() { return pool_.acquire_until(clock::now() + 2s); }
    connection* acquire(const by_stop& how) { return pool_.acquire(how.source.get_token()); }
    connection* acquire(const by_timeout& how) { return pool_.acquire_until(how.deadline); }
    void release(connection* one) { pool_.release(one); }

    std::size_t waiting() { return pool_.waiting(); }
    std::size_t lost() { return size_ - pool_.idle(); }

private:
    const std::size_t size_;
    baseline::mutex_stop_pool<connection> pool_;
};

// In each round everybody waits for what one thread holds, and is called off. In every other one a
// resource comes back in the same moment: a little before, so that it is on its way to one who is
// leaving, or a little after, when some may not even have come.
template <class Pool, class Manner>
class storm {
public:
    storm(int waiters, std::size_t resources, int rounds)
        : waiters_(waiters), resources_(resources), rounds_(rounds), pool_(resources),
          together_(waiters + 1), manners_(static_cast<std::size_t>(rounds)) {}

    void run() {
        run_team(waiters_ + 1, [&](int index) { index == 0 ? call_off() : wait(); });
    }

    std::uint64_t cancelled() const {
        return cancelled_.load(std::memory_order_relaxed); // relaxed: the threads have ended
    }
    std::uint64_t ended() const {
        return cancelled() + served_.load(std::memory_order_relaxed); // relaxed: as above
    }
    double cancel_ns() const {
        return std::chrono::duration<double, std::nano>(spent_).count() /
               (static_cast<double>(timed_) * waiters_);
    }
    std::size_t lost() { return pool_.lost(); }

private:
    void call_off() {
        for (std::size_t at = 0; at < resources_; ++at) hold_one_more();
        for (int round = 0; round < rounds_; ++round) {
            Manner& manner = manners_[static_cast<std::size_t>(round)].emplace();
            together_.wait();
            if (round % 2 == 0) {
                in_peace(manner);
            } else {
                while_one_comes_back(manner, round % 4 == 1);
            }
        }
        while (!held_.empty()) give_back_one();
    }

    void in_peace(Manner& manner) {
        wait_for_all(manner);
        const auto begin = when(manner);
        manner.call_off();
        together_.wait();
        spent_ += clock::now() - begin;
        ++timed_;
    }

    void while_one_comes_back(Manner& manner, bool before) {
        if (before) {
            wait_for_all(manner);
            manner.come_close();
            give_back_one();
        }
        manner.call_off();
        if (!before) give_back_one();
        together_.wait();
        hold_one_more();
    }

    // Until all are in the queue; what comes at a fixed time does not wait for them, and nothing
    // waits for ever.
    void wait_for_all(const Manner& manner) {
        const auto all = static_cast<std::size_t>(waiters_);
        const auto latest = clock::now() + 2s;
        while (pool_.waiting() < all && is_in_time(manner) && clock::now() < latest) {
            std::this_thread::yield();
        }
    }

    void hold_one_more() {
        if (auto one = pool_.acquire()) held_.push_back(std::move(one));
    }
    void give_back_one() {
        if (held_.empty()) return; // one was lost, which is told at the end
        pool_.release(std::move(held_.back()));
        held_.pop_back();
    }

    void wait() {
        for (int round = 0; round < rounds_; ++round) {
            together_.wait();
            auto one = pool_.acquire(*manners_[static_cast<std::size_t>(round)]);
            if (one) {
                pool_.release(std::move(one));
                served_.fetch_add(1, std::memory_order_relaxed); // relaxed: a count
            } else {
                cancelled_.fetch_add(1, std::memory_order_relaxed); // relaxed: a count
            }
            together_.wait();
        }
    }

    // What comes at a fixed time does not wait for everybody.
    static bool is_in_time(const by_stop&) { return true; }
    static bool is_in_time(const by_timeout& how) { return clock::now() < how.deadline; }
    static clock::time_point when(const by_stop&) { return clock::now(); }
    static clock::time_point when(const by_timeout& how) { return how.deadline; }

    const int waiters_;
    const std::size_t resources_;
    const int rounds_;
    Pool pool_;
    std::vector<decltype(std::declval<Pool&>().acquire())> held_; // by the one who calls off
    barrier together_;
    std::vector<std::optional<Manner>> manners_; // one for each round, made as it begins
    std::atomic<std::uint64_t> cancelled_{0};
    std::atomic<std::uint64_t> served_{0};
    clock::duration spent_{0};
    int timed_ = 0;
};

template <class Pool, class Manner>
void cancel_storm(benchmark::State& state) {
    const auto waiters = static_cast<int>(state.range(0));
    const auto resources = static_cast<std::size_t>(state.range(1));
    const int rounds = quick ? 20 : 500;
    storm<Pool, Manner> all(waiters, resources, rounds);

    for (auto _ : state) all.run();

    state.counters["cancel_ns"] = all.cancel_ns();
    state.counters["cancelled"] = static_cast<double>(all.cancelled());
    state.counters["lost"] = static_cast<double>(all.lost());
    count_items(state, all.cancelled());
    check(state, all.ended() == static_cast<std::uint64_t>(waiters) * static_cast<unsigned>(rounds),
          "not every acquire has ended");
    check(state, all.cancelled() > 0, "nobody was called off");
    check(state, all.lost() == 0, "a resource was lost");
}

template <class Pool>
void add_outage(const char* implementation) {
    add_scene("outage", implementation, &outage<Pool>)
        ->ArgNames({"callers", "down_ms"})
        ->Args({8, 1000});
}

template <class Pool, class Manner>
void add_storm(const std::string& implementation) {
    add_scene("cancel_storm", implementation + "/" + Manner::name, &cancel_storm<Pool, Manner>)
        ->ArgNames({"waiters", "resources"})
        ->Args({8, 2});
}

template <class Manner>
void add_storms() {
    add_storm<lend_pool, Manner>("lend");
    add_storm<lend_pool, Manner>("lend_again");
    add_storm<mutex_lifo_pool, Manner>("mutex_lifo_pool");
}

const bool registered = [] {
    add_outage<lend_connections>("lend");
    add_outage<lend_connections>("lend_again");
    add_outage<guarded_connections<baseline::growing_lifo_pool<connection>>>("mutex_lifo_pool");
    add_storms<by_stop>();
    add_storms<by_timeout>();
    return true;
}();

} // namespace
