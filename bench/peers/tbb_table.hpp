// SPDX-License-Identifier: MIT
/// @file
/// oneTBB's concurrent_hash_map as a table, with its defaults and room for all entries from the
/// start. To look without copying is to hold its accessor, a lock of the entry for reading.

#ifndef LEND_BENCH_PEERS_TBB_TABLE_HPP
#define LEND_BENCH_PEERS_TBB_TABLE_HPP

#include "peer_tables.hpp"

#include <oneapi/tbb/concurrent_hash_map.h>

#include <cstddef>
#include <optional>

namespace peers {

using bench::number;
using bench::payload;

class tbb_table {
    using map = oneapi::tbb::concurrent_hash_map<number, payload>;

    class pinned {
    public:
        pinned(const map& entries, number n) : found_(entries.find(at_, n)) {}
        explicit operator bool() const { return found_; }
        const payload* operator->() const { return &at_->second; }

    private:
        map::const_accessor at_;
        bool found_;
    };

public:
    explicit tbb_table(std::size_t expected) : entries_(expected) {}

    number insert(const payload& value) {
        const number n = numbers_.next();
        return entries_.insert({n, value}) ? n : 0;
    }
    bool erase(number n) { return entries_.erase(n); }
    std::optional<payload> read(number n) {
        map::const_accessor at;
        if (!entries_.find(at, n)) return std::nullopt;
        return at->second;
    }
    pinned read_pinned(number n) { return {entries_, n}; }
    std::size_t size() { return entries_.size(); }

private:
    map entries_;
    counted_numbers numbers_;
};

} // namespace peers

#endif // LEND_BENCH_PEERS_TBB_TABLE_HPP
