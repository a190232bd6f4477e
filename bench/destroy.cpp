// SPDX-License-Identifier: MIT
/// @file
/// What does it cost to destroy a resource by its number: in random order and last in, first out,
/// by one thread, by two with numbers of their own, by two with each other's, through the
/// contract's interface, and many at once?

#include "destroy.hpp"
#include "contract_tables.hpp"
#include "tables.hpp"

namespace {

using namespace bench;

constexpr int usual = 1 << 16;
constexpr int many = 1 << 20;

// Everything that is compared, next to each other. `lend_again` is lend once more: how far the two
// are apart is what the machine adds.
template <order Order, whose Whose = whose::own>
void add_all(const char* scenario, int live, int threads) {
    add_destroy<lend_table, Order, Whose>(scenario, "lend", live, threads);
    add_destroy<lend_table, Order, Whose>(scenario, "lend_again", live, threads);
    add_destroy<floor_table, Order, Whose>(scenario, "floor", live, threads);
    add_destroy<mutex_slot_map, Order, Whose>(scenario, "mutex_slot_map", live, threads);
    add_destroy<mutex_map_table, Order, Whose>(scenario, "mutex_map_table", live, threads);
    add_destroy<shared_mutex_table, Order, Whose>(scenario, "shared_mutex_table", live, threads);
}

// The floor of a batch is the unbatched one: a batch is to be no dearer than single exchanges.
void add_batch(int live) {
    constexpr const char* scenario = "destroy_batch";
    add_destroy<lend_table, order::random, whose::own, manner::batch>(scenario, "lend", live, 1);
    add_destroy<lend_table, order::random, whose::own, manner::batch>(scenario, "lend_again", live,
                                                                      1);
    add_destroy<lend_table, order::random>(scenario, "lend_one_by_one", live, 1);
    add_destroy<floor_table, order::random>(scenario, "floor", live, 1);
}

// DestroyResource through IDispenserDriver&; each baseline and the floor behind the same interface.
template <order Order>
void add_contract(const char* scenario, int live) {
    add_destroy<behind_contract<lend_table>, Order>(scenario, "lend", live, 1);
    add_destroy<behind_contract<lend_table>, Order>(scenario, "lend_again", live, 1);
    add_destroy<behind_contract<floor_table>, Order>(scenario, "floor", live, 1);
    add_destroy<behind_contract<mutex_slot_map>, Order>(scenario, "mutex_slot_map", live, 1);
    add_destroy<behind_contract<mutex_map_table>, Order>(scenario, "mutex_map_table", live, 1);
}

const bool registered = [] {
    for (const int threads : {1, 2}) {
        add_all<order::random>("destroy_random", usual, threads);
        add_all<order::lifo>("destroy_lifo", usual, threads);
    }
    for (const int threads : larger_teams()) {
        add_all<order::random>("destroy_random", usual, threads);
    }
    add_all<order::random, whose::others>("destroy_remote", usual, 2);
    add_destroy<mixed_floor_table, order::random, whose::others>("destroy_remote", "mixed_floor",
                                                                 usual, 2);
    add_all<order::random>("destroy_random", many, 1);
    add_contract<order::random>("destroy_contract_random", usual);
    add_contract<order::lifo>("destroy_contract_lifo", usual);
    add_batch(usual);
    add_batch(many);
    return true;
}();

} // namespace
