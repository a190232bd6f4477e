// SPDX-License-Identifier: MIT
/// @file
/// How does xenium's vyukov_hash_map do as a table, with epoch-based reclamation and room for all
/// entries from the start? A value of 16 bytes is a node of its own, which the epochs free later;
/// not one that the map makes, whose erase follows a null pointer where there is no such number.
/// The map cannot tell its size, so a leak would not be seen; every other result is checked.

#include "peer_tables.hpp"

#include <xenium/reclamation/generic_epoch_based.hpp>
#include <xenium/vyukov_hash_map.hpp>

#include <cstddef>
#include <optional>

namespace {

using bench::number;
using bench::payload;

class xenium_table {
    using epochs = xenium::reclamation::epoch_based<>;

    struct node : epochs::enable_concurrent_ptr<node> {
        explicit node(const payload& held) : value(held) {}
        payload value;
    };

    using map = xenium::vyukov_hash_map<number,
                                        xenium::managed_ptr<node, epochs>,
                                        xenium::policy::reclaimer<epochs>>;

    class pinned {
    public:
        pinned(const map& entries, number n) : found_(entries.try_get_value(n, at_)) {}
        explicit operator bool() const { return found_; }
        const payload* operator->() const { return &at_->value; }

    private:
        map::accessor at_;
        bool found_;
    };

public:
    explicit xenium_table(std::size_t expected) : entries_(expected) {}

    number insert(const payload& value) {
        const number n = numbers_.next();
        return entries_.emplace(n, new node(value)) ? n : 0; // no number comes twice
    }
    bool erase(number n) {
        map::accessor gone;
        if (!entries_.extract(n, gone)) return false;
        gone.reclaim();
        return true;
    }
    std::optional<payload> read(number n) {
        map::accessor at;
        if (!entries_.try_get_value(n, at)) return std::nullopt;
        return at->value;
    }
    pinned read_pinned(number n) { return {entries_, n}; }

private:
    map entries_;
    peers::counted_numbers numbers_;
};

const bool registered = [] {
    peers::add_destructions<xenium_table>("xenium");
    peers::add_other_uses<xenium_table>("xenium");
    return true;
}();

} // namespace
