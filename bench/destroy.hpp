// SPDX-License-Identifier: MIT
/// @file
/// The destruction of resources by number, as a template: how it is measured is the same for
/// lend, for the baselines and for the peers.

#ifndef LEND_BENCH_DESTROY_HPP
#define LEND_BENCH_DESTROY_HPP

#include "support.hpp"
#include "tables.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <span>
#include <vector>

namespace bench {
namespace { // of each file its own, or GCC would inline less than where it stands in that file

enum class whose { own, others };
enum class manner { one_by_one, batch };

// Each thread fills the table with `live` numbers, then destroys as many.
template <class Table>
struct destroy_world {
    explicit destroy_world(const benchmark::State& state)
        : live(static_cast<std::size_t>(state.range(0))),
          table(live * static_cast<std::size_t>(state.threads())), together(state.threads()),
          numbers(static_cast<std::size_t>(state.threads())) {}

    std::size_t live;
    Table table;
    barrier together;
    std::vector<std::vector<number>> numbers; // of each thread, in the order of destruction
};

template <class Table, manner Manner>
std::size_t destroy_all(Table& table, const std::vector<number>& victims) {
    const number* first = victims.data();
    hide(first);
    const std::span numbers(first, victims.size());
    if constexpr (Manner == manner::batch) {
        return table.erase_batch(numbers);
    } else {
        std::size_t destroyed = 0;
        for (const number each : numbers) destroyed += table.erase(each) ? 1 : 0;
        return destroyed;
    }
}

// One iteration destroys all numbers once; the filling before it is not measured.
template <class Table, order Order, whose Whose, manner Manner>
void destroy(benchmark::State& state) {
    settle(state);
    auto& w = *shared<destroy_world<Table>>::world;
    const auto threads = static_cast<std::size_t>(state.threads());
    const auto me = static_cast<std::size_t>(state.thread_index());
    const std::size_t share = w.live;
    const auto where = places(share, Order);
    auto&& mine = as_seen_by(w.table, state.thread_index(), state.threads());
    const auto& victims = w.numbers[Whose == whose::own ? me : (me + 1) % threads];
    std::vector<number> made(share);
    w.numbers[me].resize(share);
    std::size_t destroyed = 0;

    for (auto _ : state) {
        state.PauseTiming();
        for (std::size_t at = 0; at < share; ++at) made[at] = mine.insert(payload::of(at));
        for (std::size_t at = 0; at < share; ++at) w.numbers[me][at] = made[where[at]];
        w.together.wait();
        state.ResumeTiming();

        destroyed += destroy_all<Table, Manner>(w.table, victims);
        hide(destroyed);

        state.PauseTiming();
        w.together.wait();
        state.ResumeTiming();
    }

    count_items(state, share);
    check(state, destroyed == share * static_cast<std::size_t>(state.iterations()),
          "not every live number was destroyed once");
    if constexpr (requires { w.table.size(); }) {
        check(state, w.table.size() == 0, "something is left after everything was destroyed");
    }
    check(state, destroy_all<Table, manner::one_by_one>(w.table, victims) == 0,
          "a number was destroyed twice");
}

template <class Table, order Order, whose Whose = whose::own, manner Manner = manner::one_by_one>
void add_destroy(const char* scenario, const char* implementation, int live, int threads) {
    add<destroy_world<Table>>(scenario, implementation, &destroy<Table, Order, Whose, Manner>)
        ->ArgName("live")
        ->Arg(live)
        ->Threads(threads);
}

} // namespace
} // namespace bench

#endif // LEND_BENCH_DESTROY_HPP
