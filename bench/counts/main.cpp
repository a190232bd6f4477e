// SPDX-License-Identifier: MIT
/// @file
/// The loops of two scenarios whose limits the machine itself may miss, to be counted by valgrind:
/// DestroyResource through the contract's interface, and a look at a live number. Only what is
/// between two client requests is counted; no time is taken.
///
/// usage: lend_counts SCENARIO IMPLEMENTATION    prints how many operations were counted

#include "contract_tables.hpp"
#include "tables.hpp"

#ifdef LEND_COUNTS_TBB
#include "peers/tbb_table.hpp"
#endif
#include <valgrind/callgrind.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

namespace {

using namespace bench;

constexpr std::size_t live = 1 << 16;
constexpr int rounds = 4; // the first of which is not counted: it fills the caches

template <class Table>
std::vector<number> fill(Table& table) {
    std::vector<number> made(live);
    for (std::size_t at = 0; at < live; ++at) made[at] = table.insert(payload::of(at));
    std::vector<number> out;
    for (const std::uint32_t place : places(live, order::random)) out.push_back(made[place]);
    return out;
}

// Calls `use(number)` for every number of a round; true if all of them did what they are to do.
template <class Use>
bool count(int round, const std::vector<number>& numbers, const Use& use) {
    std::size_t done = 0;
    if (round > 0) CALLGRIND_TOGGLE_COLLECT;
    for (const number each : numbers) done += use(each) ? 1 : 0;
    if (round > 0) CALLGRIND_TOGGLE_COLLECT;
    return done == live;
}

template <class Table>
bool destroy() {
    behind_contract<Table> table(live);
    bool good = true;
    for (int round = 0; round < rounds; ++round) {
        const auto numbers = fill(table);
        good &= count(round, numbers, [&](number each) { return table.erase(each); });
    }
    return good;
}

template <class Table, class Look>
bool look(const Look& reading) {
    Table table(live);
    auto&& mine = as_seen_by(table, 0, 1);
    const auto numbers = fill(mine);
    bool good = true;
    for (int round = 0; round < rounds; ++round) {
        std::uint64_t sum = 0;
        good &= count(round, numbers, [&](number each) { return reading(table, each, sum); });
        good &= sum == std::uint64_t{live} * (live - 1) / 2;
    }
    return good;
}

constexpr auto checked = [](auto& table, number n, std::uint64_t& sum) {
    const auto found = table.read(n);
    if (found) sum += found->key;
    return found.has_value();
};
constexpr auto unchecked = [](auto& table, number n, std::uint64_t& sum) {
    sum += table.read_unchecked(n).key;
    return true;
};

struct counted {
    std::string_view scenario;
    std::string_view implementation;
    bool (*run)();
};

const counted all[] = {
    {"destroy_contract_random", "lend", &destroy<lend_table>},
    {"destroy_contract_random", "floor", &destroy<floor_table>},
    {"destroy_contract_random", "mutex_slot_map", &destroy<mutex_slot_map>},
#ifdef LEND_COUNTS_TBB
    {"destroy_contract_random", "tbb", &destroy<peers::tbb_table>},
#endif
    {"read", "lend", [] { return look<lend_table>(checked); }},
    {"read", "growing_floor", [] { return look<growing_floor_table>(checked); }},
    {"read", "floor", [] { return look<floor_table>(unchecked); }},
};

} // namespace

int main(int argc, char** argv) {
    if (argc == 3) {
        for (const counted& each : all) {
            if (each.scenario != argv[1] || each.implementation != argv[2]) continue;
            std::printf("%zu\n", live * (rounds - 1));
            return each.run() ? 0 : 1;
        }
    }
    std::fputs("usage: lend_counts SCENARIO IMPLEMENTATION, one of\n", stderr);
    for (const counted& each : all) {
        std::fprintf(stderr, "  %s %s\n", each.scenario.data(), each.implementation.data());
    }
    return 2;
}
