// SPDX-License-Identifier: MIT
/// @file
/// A handle_table whose memory runs out: every call of it, with each of its allocations failing.
/// What erases or looks allocates nothing.

#include "each_allocation.hpp"

#include <lend/handle_table.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace table_allocation_test {

using namespace lend_test;
using lend::hresult;
namespace hr = lend::hr;

constexpr const char* long_text = "more than a string can hold within itself";

struct table_place {
    using table_type = lend::handle_table<std::string>;

    table_place() { numbers.reserve(2000); }

    // Everything that was there must be there still.
    [[nodiscard]] std::array<std::size_t, 3> look() {
        if (!table) return {};
        std::size_t sound = 0;
        for (const auto each : numbers) {
            const auto found = table->find(each);
            sound += found && *found == long_text ? 1U : 0U;
        }
        return {table->approximate_size(), sound, numbers.size()};
    }
    void fill(std::size_t count) {
        while (numbers.size() < count) numbers.push_back(*table->emplace(long_text));
    }
    hresult keep(lend::result<std::uint64_t> made) {
        if (!made) return made.code();
        numbers.push_back(*made);
        return hr::s_ok;
    }

    std::optional<table_type> table;
    std::vector<std::uint64_t> numbers;
};

void empty_table(table_place& p) { p.table.emplace(); }
void some_objects(table_place& p) {
    empty_table(p);
    p.fill(10);
}
// The next object needs new slots.
void full_segment(table_place& p) {
    some_objects(p);
    p.fill(p.table->capacity() - 1);
}

hresult emplace(table_place& p) {
    try {
        return p.keep(p.table->emplace(long_text));
    } catch (const std::bad_alloc&) {
        return hr::e_outofmemory; // the object's own
    }
}

using table_call = named_call<table_place>;
constexpr auto some = memory_use::some;
constexpr auto none = memory_use::none;

const table_call table_calls[] = {
    {"make", some, as_it_is<table_place>,
     [](table_place& p) {
         auto made = table_place::table_type::make();
         if (!made) return made.code();
         p.table.emplace(*std::move(made));
         return hr::s_ok;
     }},
    {"emplace_of_the_first", some, empty_table, emplace},
    {"emplace_of_another", some, some_objects, emplace},
    {"emplace_of_one_too_many_for_a_segment", some, full_segment, emplace},
    {"insert_of_what_was_moved_in", none, some_objects,
     [](table_place& p) {
         std::string moved(1, 'x');
         return p.keep(p.table->insert(std::move(moved)));
     }},
    {"erase", none, some_objects, [](table_place& p) { return p.table->erase(p.numbers.front()); }},
    {"erase_with_a_function", none, some_objects,
     [](table_place& p) {
         std::size_t length = 0;
         const hresult code =
             p.table->erase(p.numbers.front(), [&](std::string&& last) { length = last.size(); });
         return length > 20 ? code : hr::e_fail;
     }},
    {"erase_of_a_stale_number", none,
     [](table_place& p) {
         some_objects(p);
         (void)p.table->erase(p.numbers.front());
     },
     [](table_place& p) { return p.table->erase(p.numbers.front()); }, hr::lend_e_stale},
    {"erase_of_many", none, full_segment,
     [](table_place& p) {
         return p.table->erase(p.numbers) == p.numbers.size() ? hr::s_ok : hr::e_fail;
     }},
    {"clear", none, full_segment,
     [](table_place& p) { return p.table->clear() == p.numbers.size() ? hr::s_ok : hr::e_fail; }},
    {"find_and_its_end", none, some_objects,
     [](table_place& p) { return p.table->find(p.numbers.front()) ? hr::s_ok : hr::e_fail; }},
    {"erase_of_what_somebody_looks_at", none, some_objects,
     [](table_place& p) {
         const auto seen = p.table->find(p.numbers.front());
         return p.table->erase(p.numbers.front());
     }},
    {"for_each", none, some_objects,
     [](table_place& p) {
         std::size_t seen = 0;
         p.table->for_each([&](auto, const std::string&) { ++seen; });
         return seen == p.numbers.size() ? hr::s_ok : hr::e_fail;
     }},
    {"contains_and_sizes", none, some_objects,
     [](table_place& p) {
         return p.table->contains(p.numbers.front()) && p.table->approximate_size() == 10 &&
                        p.table->capacity() >= 10
                    ? hr::s_ok
                    : hr::e_fail;
     }},
    {"move", none, some_objects,
     [](table_place& p) {
         auto other = std::move(*p.table);
         *p.table = std::move(other);
         return p.table->contains(p.numbers.front()) ? hr::s_ok : hr::e_fail;
     }},
    {"end_of_a_table", none, some_objects,
     [](table_place& p) {
         p.table.reset();
         return hr::s_ok;
     }},
};

class HandleTableAllocation : public leak_checked,
                              public testing::WithParamInterface<table_call> {};

TEST_P(HandleTableAllocation, fails_at_every_place_and_nothing_changes) {
    fail_each_allocation_of(GetParam());
}

INSTANTIATE_TEST_SUITE_P(calls,
                         HandleTableAllocation,
                         testing::ValuesIn(table_calls),
                         name_of_call{});

} // namespace table_allocation_test
