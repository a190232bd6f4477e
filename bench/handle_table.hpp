// SPDX-License-Identifier: MIT
/// @file
/// The uses of a number other than its destruction, as templates: how each is measured is the same
/// for lend, for the baselines and for the peers.

#ifndef LEND_BENCH_HANDLE_TABLE_HPP
#define LEND_BENCH_HANDLE_TABLE_HPP

#include "support.hpp"
#include "tables.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {
namespace { // of each file its own, or GCC would inline less than where it stands in that file

template <class Table>
struct pair_world {
    explicit pair_world(const benchmark::State& state)
        : table(static_cast<std::size_t>(state.range(0) * state.threads())) {}

    Table table;
};

template <class Table>
void create_destroy(benchmark::State& state) {
    settle(state);
    auto& w = *shared<pair_world<Table>>::world;
    auto&& mine = as_seen_by(w.table, state.thread_index(), state.threads());
    std::uint64_t key = 0;
    std::int64_t destroyed = 0;
    number made = 0;

    for (auto _ : state) {
        made = mine.insert(payload::of(++key));
        hide(made);
        destroyed += mine.erase(made) ? 1 : 0;
    }

    count_items(state, 1);
    check(state, destroyed == state.iterations(), "not every number that was made was destroyed");
    check(state, !mine.erase(made), "a number was destroyed twice");
}

// `slots` is what the floor uses in turn; the tables reuse what was freed last.
template <class Table>
void add_pair(const char* implementation, int threads) {
    add<pair_world<Table>>("create_destroy", implementation, &create_destroy<Table>)
        ->ArgName("slots")
        ->Arg(1 << 16)
        ->Threads(threads);
}

template <class Table>
struct look_world {
    explicit look_world(const benchmark::State& state)
        : live(static_cast<std::size_t>(state.range(0))), table(live) {
        auto&& mine = as_seen_by(table, 0, 1);
        std::vector<number> made(live);
        for (std::size_t at = 0; at < live; ++at) made[at] = mine.insert(payload::of(at));
        for (const std::uint32_t place : places(live, order::random)) {
            numbers.push_back(made[place]);
        }
    }

    std::size_t live;
    Table table;
    std::vector<number> numbers; // in random order
};

struct with_read {
    template <class Table>
    static bool look(Table& table, number n, std::uint64_t& sum) {
        const auto found = table.read(n);
        if (!found) return false;
        sum += found->key;
        return true;
    }
};

struct with_pin {
    template <class Table>
    static bool look(Table& table, number n, std::uint64_t& sum) {
        const auto found = table.read_pinned(n);
        if (!found) return false;
        sum += found->key;
        return true;
    }
};

struct unchecked {
    static bool look(floor_table& table, number n, std::uint64_t& sum) {
        sum += table.read_unchecked(n).key;
        return true;
    }
};

// One iteration looks at every live number once.
template <class Table, class Manner>
void look(benchmark::State& state) {
    settle(state);
    auto& w = *shared<look_world<Table>>::world;
    // Some peers have to know each thread that uses them.
    [[maybe_unused]] auto&& mine = as_seen_by(w.table, state.thread_index(), state.threads());
    std::uint64_t sum = 0;
    std::size_t found = 0;

    for (auto _ : state) {
        const number* first = w.numbers.data();
        hide(first);
        for (std::size_t at = 0; at < w.live; ++at) {
            found += Manner::look(w.table, first[at], sum) ? 1 : 0;
        }
        hide(sum);
    }

    count_items(state, w.live);
    const auto rounds = static_cast<std::uint64_t>(state.iterations());
    check(state, found == rounds * w.live, "a live number was not found");
    check(state, sum == rounds * (std::uint64_t{w.live} * (w.live - 1) / 2),
          "what was found is not what was put in");
    if constexpr (requires { w.table.size(); }) {
        check(state, w.table.size() == w.live, "looking has changed what is live");
    }
}

template <class Table, class Manner>
void add_look(const char* scenario, const char* implementation, int threads) {
    add<look_world<Table>>(scenario, implementation, &look<Table, Manner>)
        ->ArgName("live")
        ->Arg(1 << 16)
        ->Threads(threads);
}

// Every number is over; where Reused, its slot has another one that is live.
template <class Table, bool Reused>
struct stale_world : look_world<Table> {
    explicit stale_world(const benchmark::State& state) : look_world<Table>(state) {
        auto&& mine = as_seen_by(this->table, 0, 1);
        for (const number each : this->numbers) (void)mine.erase(each);
        if (!Reused) return;
        for (std::size_t at = 0; at < this->live; ++at) (void)mine.insert(payload::of(at));
    }
};

template <class Table, bool Reused, bool Forged>
void refuse(benchmark::State& state) {
    settle(state);
    auto& w = *shared<stale_world<Table, Reused>>::world;
    if constexpr (Forged) {
        // No table has handed out as many.
        for (number& each : w.numbers) each = each >> 32U << 32U | 0xFFFFFFU;
    }
    std::size_t destroyed = 0;

    for (auto _ : state) {
        const number* first = w.numbers.data();
        hide(first);
        for (std::size_t at = 0; at < w.live; ++at) destroyed += w.table.erase(first[at]) ? 1 : 0;
        hide(destroyed);
    }

    count_items(state, w.live);
    check(state, destroyed == 0, "a number that is over was destroyed");
    if constexpr (requires { w.table.size(); }) {
        check(state, w.table.size() == (Reused ? w.live : 0), "a refusal has changed what is live");
    }
}

template <class Table, bool Reused, bool Forged>
void add_refuse(const char* scenario, const char* implementation) {
    add<stale_world<Table, Reused>>(scenario, implementation, &refuse<Table, Reused, Forged>)
        ->ArgName("live")
        ->Arg(1 << 16)
        ->Threads(1);
}

} // namespace
} // namespace bench

#endif // LEND_BENCH_HANDLE_TABLE_HPP
