// SPDX-License-Identifier: MIT
/// @file
/// What do the other uses of a number cost: to make one and destroy it, to look at what is behind
/// it, and to be told that it is over or was never one?

#include "support.hpp"
#include "tables.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using namespace bench;

// ---- create + destroy
// -----------------------------------------------------------------------------

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

// ---- look
// -----------------------------------------------------------------------------------------

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
    check(state, w.table.size() == w.live, "looking has changed what is live");
}

template <class Table, class Manner>
void add_look(const char* scenario, const char* implementation, int threads) {
    add<look_world<Table>>(scenario, implementation, &look<Table, Manner>)
        ->ArgName("live")
        ->Arg(1 << 16)
        ->Threads(threads);
}

// ---- numbers that are over, or never were
// ---------------------------------------------------------

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
    check(state, w.table.size() == (Reused ? w.live : 0), "a refusal has changed what is live");
}

template <class Table, bool Reused, bool Forged>
void add_refuse(const char* scenario, const char* implementation) {
    add<stale_world<Table, Reused>>(scenario, implementation, &refuse<Table, Reused, Forged>)
        ->ArgName("live")
        ->Arg(1 << 16)
        ->Threads(1);
}

template <bool Reused, bool Forged>
void add_refusals(const char* scenario) {
    add_refuse<lend_table, Reused, Forged>(scenario, "lend");
    add_refuse<lend_table, Reused, Forged>(scenario, "lend_again");
    if constexpr (!Reused && !Forged) add_refuse<floor_table, false, false>(scenario, "floor");
    add_refuse<mutex_slot_map, Reused, Forged>(scenario, "mutex_slot_map");
    add_refuse<mutex_map_table, Reused, Forged>(scenario, "mutex_map_table");
}

const bool registered = [] {
    for (const int threads : {1, 2}) {
        add_pair<lend_table>("lend", threads);
        add_pair<lend_table>("lend_again", threads);
        add_pair<floor_table>("floor", threads);
        add_pair<mutex_slot_map>("mutex_slot_map", threads);
        add_pair<mutex_map_table>("mutex_map_table", threads);
        add_pair<shared_mutex_table>("shared_mutex_table", threads);

        add_look<lend_table, with_read>("read", "lend", threads);
        add_look<lend_table, with_read>("read", "lend_again", threads);
        add_look<floor_table, unchecked>("read", "floor", threads);
        add_look<mutex_slot_map, with_read>("read", "mutex_slot_map", threads);
        add_look<mutex_map_table, with_read>("read", "mutex_map_table", threads);
        add_look<shared_mutex_table, with_read>("read", "shared_mutex_table", threads);
    }
    add_look<lend_table, with_pin>("find", "lend", 1);
    add_look<lend_table, with_pin>("find", "lend_again", 1);
    add_look<floor_table, with_pin>("find", "floor", 1);
    add_look<mutex_slot_map, with_read>("find", "mutex_slot_map", 1);
    add_look<mutex_map_table, with_read>("find", "mutex_map_table", 1);
    add_look<shared_mutex_table, with_read>("find", "shared_mutex_table", 1);

    add_refusals<false, false>("destroy_stale");
    add_refusals<true, false>("destroy_stale_reused");
    add_refusals<false, true>("destroy_forged");
    return true;
}();

} // namespace
