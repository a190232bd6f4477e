// SPDX-License-Identifier: MIT
/// @file
/// How does libcds' MichaelHashMap do as a table, with hazard pointers, room for all entries from
/// the start and one entry to a bucket? Each thread that uses it has to be attached before.

#include "peer_tables.hpp"

#include <cds/container/michael_kvlist_hp.h>
#include <cds/container/michael_map.h>
#include <cds/gc/hp.h>
#include <cds/init.h>
#include <cds/threading/model.h>

#include <cstddef>
#include <functional>
#include <optional>

namespace {

using bench::number;
using bench::payload;

// Before the first map and after the last.
class library {
public:
    library() {
        cds::Initialize();
        collector_.emplace();
    }
    ~library() {
        collector_.reset();
        cds::Terminate();
    }
    library(const library&) = delete;
    library& operator=(const library&) = delete;

private:
    std::optional<cds::gc::HP> collector_;
};

// Attaches a thread, if it is not.
class attachment {
public:
    attachment() : is_mine_(!cds::threading::Manager::isThreadAttached()) {
        if (is_mine_) cds::threading::Manager::attachThread();
    }
    ~attachment() {
        if (is_mine_) cds::threading::Manager::detachThread();
    }
    attachment(const attachment&) = delete;
    attachment& operator=(const attachment&) = delete;

private:
    bool is_mine_;
};

struct list_traits : cds::container::michael_list::traits {
    using less = std::less<>;
};
struct map_traits : cds::container::michael_map::traits {
    using hash = std::hash<number>;
    using item_counter = cds::atomicity::item_counter; // size() tells of leaks
};

class libcds_table {
    using list = cds::container::MichaelKVList<cds::gc::HP, number, payload, list_traits>;
    using map = cds::container::MichaelHashMap<cds::gc::HP, list, map_traits>;

    class pinned {
    public:
        pinned(map& entries, number n) : at_(entries.get(n)) {}
        explicit operator bool() const { return static_cast<bool>(at_); }
        const payload* operator->() const { return &at_->second; }

    private:
        map::guarded_ptr at_;
    };

public:
    explicit libcds_table(std::size_t expected) : entries_(expected, 1) {}

    number insert(const payload& value) {
        const number n = numbers_.next();
        return entries_.insert(n, value) ? n : 0;
    }
    bool erase(number n) { return entries_.erase(n); }
    std::optional<payload> read(number n) {
        std::optional<payload> out;
        entries_.find(n, [&out](const map::value_type& entry) { out = entry.second; });
        return out;
    }
    pinned read_pinned(number n) { return {entries_, n}; }
    std::size_t size() { return entries_.size(); }

private:
    [[maybe_unused]] attachment maker_; // the thread that makes the table destroys it
    map entries_;
    peers::counted_numbers numbers_;
};

struct attached_table {
    libcds_table& table;
    [[maybe_unused]] attachment user = {};

    number insert(const payload& value) { return table.insert(value); }
    bool erase(number n) { return table.erase(n); }
};
[[maybe_unused]] attached_table as_seen_by(libcds_table& table, int, int) { return {table}; }

const bool registered = [] {
    static const library before_all_maps;
    peers::add_destructions<libcds_table>("libcds");
    peers::add_other_uses<libcds_table>("libcds");
    return true;
}();

} // namespace
