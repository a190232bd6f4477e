// SPDX-License-Identifier: MIT
/// @file
/// The scenarios in which a concurrent map of a peer takes part, as a table whose numbers are
/// counted upwards.

#ifndef LEND_BENCH_PEERS_PEER_TABLES_HPP
#define LEND_BENCH_PEERS_PEER_TABLES_HPP

#include "contract_tables.hpp"
#include "destroy.hpp"
#include "handle_table.hpp"
#include "tables.hpp"

#include <atomic>
#include <cstdint>

namespace peers {

/// The numbers of a table that has none of its own. None comes twice, so a stale one is refused.
class counted_numbers {
public:
    bench::number next() {
        // Relaxed: that no two are equal needs no order.
        return last_.fetch_add(1, std::memory_order_relaxed) + 1;
    }

private:
    alignas(64) std::atomic<std::uint64_t> last_{0};
};

template <class Table>
void add_destructions(const char* peer) {
    using enum bench::order;
    constexpr int usual = 1 << 16;
    constexpr int many = 1 << 20;
    for (const int threads : {1, 2}) {
        bench::add_destroy<Table, random>("destroy_random", peer, usual, threads);
        bench::add_destroy<Table, lifo>("destroy_lifo", peer, usual, threads);
    }
    bench::add_destroy<Table, random, bench::whose::others>("destroy_remote", peer, usual, 2);
    bench::add_destroy<Table, random>("destroy_random", peer, many, 1);

    using dispenser = bench::behind_contract<Table>;
    bench::add_destroy<dispenser, random>("destroy_contract_random", peer, usual, 1);
    bench::add_destroy<dispenser, lifo>("destroy_contract_lifo", peer, usual, 1);
}

template <class Table>
void add_other_uses(const char* peer) {
    for (const int threads : {1, 2}) {
        bench::add_pair<Table>(peer, threads);
        bench::add_look<Table, bench::with_read>("read", peer, threads);
    }
    bench::add_look<Table, bench::with_pin>("find", peer, 1);
    bench::add_refuse<Table, false, false>("destroy_stale", peer);
    bench::add_refuse<Table, true, false>("destroy_stale_reused", peer);
    bench::add_refuse<Table, false, true>("destroy_forged", peer);
}

} // namespace peers

#endif // LEND_BENCH_PEERS_PEER_TABLES_HPP
