// SPDX-License-Identifier: MIT
/// @file
/// How does a pool grow when many ask at once: in a spike that a few resources would soon have
/// served, and in a ramp whose callers keep what they get, with and without a few to begin with?
/// One that makes a resource for each caller pays for the spike, one that makes one at a time for
/// the ramp.

#include "baseline/growing_lifo_pool.hpp"
#include "baseline/one_creator_pool.hpp"
#include "connections.hpp"
#include "quick.hpp"
#include "team.hpp"

#include <benchmark/benchmark.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace {

using namespace bench;
using namespace std::chrono_literals;

using mutex_lifo_pool = guarded_connections<baseline::growing_lifo_pool<connection>>;
using one_creator = guarded_connections<baseline::one_creator_pool<connection>>;

// Lends to so many at once, each of whom keeps what it has until all have one. Says when each asked
// and when it was served; empty if somebody was refused.
template <class Pool>
std::vector<span_of_time> lend_to_all(Pool& pool, int callers) {
    if (callers == 0) return {};
    std::vector<span_of_time> spans(static_cast<std::size_t>(callers));
    barrier all_served(callers);
    std::atomic<int> refused{0};
    run_team(callers, [&](int index) {
        span_of_time& mine = spans[static_cast<std::size_t>(index)];
        mine.begin = clock::now();
        const bool served = pool.lend_for([&](connection&) {
            mine.end = clock::now();
            all_served.wait();
        });
        if (served) return;
        refused.fetch_add(1, std::memory_order_relaxed); // relaxed: read after the threads' end
        all_served.wait();
    });
    // Relaxed: the threads have ended.
    return refused.load(std::memory_order_relaxed) == 0 ? spans : std::vector<span_of_time>();
}

// The same with callers who use it for a while and give it back; says when each had finished.
template <class Pool>
std::vector<span_of_time>
serve_all(Pool& pool, int callers, std::chrono::nanoseconds use_time, std::uint64_t& served) {
    std::vector<span_of_time> spans(static_cast<std::size_t>(callers));
    std::atomic<std::uint64_t> count{0};
    run_team(callers, [&](int index) {
        span_of_time& mine = spans[static_cast<std::size_t>(index)];
        mine.begin = clock::now();
        const bool ok = pool.lend_for([&](connection&) { std::this_thread::sleep_for(use_time); });
        mine.end = clock::now();
        if (ok) count.fetch_add(1, std::memory_order_relaxed); // relaxed: read after the end
    });
    served = count.load(std::memory_order_relaxed); // relaxed: the threads have ended
    return spans;
}

struct setting {
    explicit setting(const benchmark::State& state)
        : idle(static_cast<int>(state.range(0))), requests(static_cast<int>(state.range(1))),
          most(static_cast<std::size_t>(state.range(2))), behind(quick ? 15ms : 150ms) {}

    int idle;
    int requests;
    std::size_t most;
    backend behind;
};

// The resources that are idle at the beginning were made on demand, so that a pool which learns how
// long that takes has learned it.
template <class Pool>
void spike(benchmark::State& state) {
    setting s(state);
    Pool pool(s.behind, s.most);
    check(state, lend_to_all(pool, s.idle).size() == static_cast<std::size_t>(s.idle),
          "a request was refused before the spike");
    // One more than wanted may have been made where the machine stood still for long.
    state.counters["size_before"] = static_cast<double>(pool.size());
    check(state, pool.size() >= static_cast<std::size_t>(s.idle),
          "the spike did not find as many as it should");
    std::uint64_t served = 0;

    for (auto _ : state) {
        const auto spans = serve_all(pool, s.requests, 2ms, served);
        state.counters["last_ms"] = in_ms(whole(spans));
    }

    state.counters["size"] = static_cast<double>(pool.size());
    state.counters["create_ms"] = in_ms(s.behind.create_time());
    count_items(state, static_cast<std::size_t>(s.requests));
    check(state, served == static_cast<std::uint64_t>(s.requests), "a request was refused");
    check(state, pool.is_at_rest(), "something is lent at the end");
    check(state, s.behind.uses() == static_cast<std::uint64_t>(s.idle + s.requests),
          "a connection was lent to two at a time");
}

template <class Pool>
void ramp(benchmark::State& state) {
    setting s(state);
    Pool pool(s.behind, s.most);
    check(state, lend_to_all(pool, s.idle).size() == static_cast<std::size_t>(s.idle),
          "a request was refused before the ramp");
    std::size_t served = 0;

    for (auto _ : state) {
        const auto spans = lend_to_all(pool, s.requests);
        served = spans.size();
        if (served != 0) state.counters["last_ms"] = in_ms(whole(spans));
    }

    state.counters["size"] = static_cast<double>(pool.size());
    state.counters["create_ms"] = in_ms(s.behind.create_time());
    count_items(state, static_cast<std::size_t>(s.requests));
    check(state, served == static_cast<std::size_t>(s.requests), "a request was refused");
    check(state, pool.is_at_rest(), "something is lent at the end");
    check(state, s.behind.uses() == static_cast<std::uint64_t>(s.idle + s.requests),
          "a connection was lent to two at a time");
}

using run = void (*)(benchmark::State&);

void add_all(const char* scenario, int idle, int most, run ours, run for_each_caller, run one) {
    const auto add_one = [&](const char* implementation, run what) {
        add_scene(scenario, implementation, what)
            ->ArgNames({"idle", "requests", "max"})
            ->Args({idle, 50, most});
    };
    add_one("lend", ours);
    add_one("lend_again", ours);
    add_one("mutex_lifo_pool", for_each_caller);
    add_one("one_creator", one);
}

const bool registered = [] {
    add_all("spike", 5, 50, &spike<lend_connections>, &spike<mutex_lifo_pool>, &spike<one_creator>);
    for (const int idle : {0, 5}) {
        add_all(idle == 0 ? "cold_ramp" : "mixed_ramp", idle, 60, &ramp<lend_connections>,
                &ramp<mutex_lifo_pool>, &ramp<one_creator>);
    }
    return true;
}();

} // namespace
