// SPDX-License-Identifier: MIT
/// @file
/// What do the other uses of a number cost: to make one and destroy it, to look at what is behind
/// it, and to be told that it is over or was never one?

#include "handle_table.hpp"
#include "tables.hpp"

namespace {

using namespace bench;

template <bool Reused, bool Forged>
void add_refusals(const char* scenario) {
    add_refuse<lend_table, Reused, Forged>(scenario, "lend");
    add_refuse<lend_table, Reused, Forged>(scenario, "lend_again");
    if constexpr (!Reused && !Forged) add_refuse<floor_table, false, false>(scenario, "floor");
    add_refuse<mutex_slot_map, Reused, Forged>(scenario, "mutex_slot_map");
    add_refuse<mutex_map_table, Reused, Forged>(scenario, "mutex_map_table");
}

void add_pairs(int threads) {
    add_pair<lend_table>("lend", threads);
    add_pair<lend_table>("lend_again", threads);
    add_pair<floor_table>("floor", threads);
    add_pair<mutex_slot_map>("mutex_slot_map", threads);
    add_pair<mutex_map_table>("mutex_map_table", threads);
    add_pair<shared_mutex_table>("shared_mutex_table", threads);
}

const bool registered = [] {
    for (const int threads : larger_teams()) add_pairs(threads);
    for (const int threads : {1, 2}) {
        add_pairs(threads);
        add_look<lend_table, with_read>("read", "lend", threads);
        add_look<lend_table, with_read>("read", "lend_again", threads);
        add_look<floor_table, unchecked>("read", "floor", threads);
        add_look<growing_floor_table, with_read>("read", "growing_floor", threads);
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
