// SPDX-License-Identifier: MIT
/// @file
/// lend's table with the interface of the baselines, and what a benchmark of tables needs of each.

#ifndef LEND_BENCH_TABLES_HPP
#define LEND_BENCH_TABLES_HPP

#include <lend/handle_table.hpp>

#include "baseline/floor.hpp"
#include "baseline/mutex_map_table.hpp"
#include "baseline/mutex_slot_map.hpp"
#include "baseline/shared_mutex_table.hpp"
#include "support.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <random>
#include <span>
#include <vector>

namespace bench {

using number = std::uint64_t;

/// lend::handle_table as it is. 0, which is no number, where an insert fails.
class lend_table {
public:
    explicit lend_table(std::size_t) {}

    LEND_ALWAYS_INLINE number insert(const payload& value) {
        const auto made = table_.insert(value);
        return made ? *made : 0;
    }
    LEND_ALWAYS_INLINE bool erase(number n) { return lend::succeeded(table_.erase(n)); }
    std::size_t erase_batch(std::span<const number> many) { return table_.erase(many); }

    LEND_ALWAYS_INLINE std::optional<payload> read(number n) { return table_.read(n); }
    LEND_ALWAYS_INLINE auto read_pinned(number n) { return table_.find(n); }
    std::size_t size() { return table_.approximate_size(); }

private:
    lend::handle_table<payload> table_;
};

using floor_table = baseline::floor_table<payload>;
using mixed_floor_table = baseline::mixed_floor_table<payload>;
using growing_floor_table = baseline::growing_floor_table<payload>;
using mutex_slot_map = baseline::mutex_slot_map<payload>;
using mutex_map_table = baseline::mutex_map_table<payload>;
using shared_mutex_table = baseline::shared_mutex_table<payload>;

/// A table as one of several threads uses it: the table itself, but for the floor, where each
/// thread has a part of the slots.
template <class Table>
Table& as_seen_by(Table& table, int, int) {
    return table;
}
inline floor_table::part as_seen_by(floor_table& table, int thread, int threads) {
    return floor_table::part::side_by_side(table, static_cast<std::size_t>(thread),
                                           static_cast<std::size_t>(threads));
}
inline floor_table::part as_seen_by(mixed_floor_table& table, int thread, int threads) {
    return floor_table::part::in_turn(table, static_cast<std::size_t>(thread),
                                      static_cast<std::size_t>(threads));
}

/// The order in which numbers are used, as places in the order in which they were made.
enum class order { random, lifo };

inline std::vector<std::uint32_t> places(std::size_t count, order wanted) {
    std::vector<std::uint32_t> out(count);
    std::iota(out.begin(), out.end(), 0U);
    if (wanted == order::lifo) {
        std::reverse(out.begin(), out.end());
    } else {
        std::shuffle(out.begin(), out.end(), std::mt19937_64(count));
    }
    return out;
}

} // namespace bench

#endif // LEND_BENCH_TABLES_HPP
