// SPDX-License-Identifier: MIT
/// @file
/// What does it cost to destroy a resource by its number: in random order and last in, first out,
/// by one thread, by two with numbers of their own, by two with each other's, through the
/// contract's interface, and many at once?

#include "contract_tables.hpp"
#include "support.hpp"
#include "tables.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <span>
#include <vector>

namespace {

using namespace bench;

enum class whose { own, others };
enum class manner { one_by_one, batch };

// Each thread fills the table with `live` numbers, then destroys as many.
template <class Table>
struct world {
    explicit world(const benchmark::State& state)
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
    auto& w = *shared<world<Table>>::world;
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

constexpr int usual = 1 << 16;
constexpr int many = 1 << 20;

template <class Table, order Order, whose Whose = whose::own, manner Manner = manner::one_by_one>
void add_one(const char* scenario, const char* implementation, int live, int threads) {
    add<world<Table>>(scenario, implementation, &destroy<Table, Order, Whose, Manner>)
        ->ArgName("live")
        ->Arg(live)
        ->Threads(threads);
}

// Everything that is compared, next to each other. `lend_again` is lend once more: how far the two
// are apart is what the machine adds.
template <order Order, whose Whose = whose::own>
void add_all(const char* scenario, int live, int threads) {
    add_one<lend_table, Order, Whose>(scenario, "lend", live, threads);
    add_one<lend_table, Order, Whose>(scenario, "lend_again", live, threads);
    add_one<floor_table, Order, Whose>(scenario, "floor", live, threads);
    add_one<mutex_slot_map, Order, Whose>(scenario, "mutex_slot_map", live, threads);
    add_one<mutex_map_table, Order, Whose>(scenario, "mutex_map_table", live, threads);
    add_one<shared_mutex_table, Order, Whose>(scenario, "shared_mutex_table", live, threads);
}

// The floor of a batch is the unbatched one: a batch is to be no dearer than single exchanges.
void add_batch(int live) {
    constexpr const char* scenario = "destroy_batch";
    add_one<lend_table, order::random, whose::own, manner::batch>(scenario, "lend", live, 1);
    add_one<lend_table, order::random, whose::own, manner::batch>(scenario, "lend_again", live, 1);
    add_one<lend_table, order::random>(scenario, "lend_one_by_one", live, 1);
    add_one<floor_table, order::random>(scenario, "floor", live, 1);
}

// DestroyResource through IDispenserDriver&; each baseline and the floor behind the same interface.
template <order Order>
void add_contract(const char* scenario, int live) {
    add_one<behind_contract<lend_table>, Order>(scenario, "lend", live, 1);
    add_one<behind_contract<lend_table>, Order>(scenario, "lend_again", live, 1);
    add_one<behind_contract<floor_table>, Order>(scenario, "floor", live, 1);
    add_one<behind_contract<mutex_slot_map>, Order>(scenario, "mutex_slot_map", live, 1);
    add_one<behind_contract<mutex_map_table>, Order>(scenario, "mutex_map_table", live, 1);
}

const bool registered = [] {
    for (const int threads : {1, 2}) {
        add_all<order::random>("destroy_random", usual, threads);
        add_all<order::lifo>("destroy_lifo", usual, threads);
    }
    add_all<order::random, whose::others>("destroy_remote", usual, 2);
    add_all<order::random>("destroy_random", many, 1);
    add_contract<order::random>("destroy_contract_random", usual);
    add_contract<order::lifo>("destroy_contract_lifo", usual);
    add_batch(usual);
    add_batch(many);
    return true;
}();

} // namespace
