// SPDX-License-Identifier: MIT
/// @file
/// What does a table cost in memory for each live object, beyond the object itself; and how often
/// does an operation on a warm table or pool allocate?

#include "allocations.hpp"
#include "baseline/mutex_lifo_pool.hpp"
#include "connections.hpp"
#include "tables.hpp"
#include "team.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace {

using namespace bench;

// ---- memory -----------------------------------------------------------------------------------

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
// What is allocated now, with what the allocator adds to each block.
std::optional<std::size_t> allocated() {
    const auto now = ::mallinfo2();
    return now.uordblks + now.hblkhd;
}
#else
std::optional<std::size_t> allocated() { return std::nullopt; }
#endif

template <class Table>
void memory(benchmark::State& state) {
    const auto live = static_cast<std::size_t>(state.range(0));
    if (!allocated()) {
        state.SkipWithError("the C library does not say how much is allocated");
        return;
    }
    std::vector<number> made(live);
    std::size_t whole = 0;
    std::size_t found = 0;

    for (auto _ : state) {
        const std::size_t before = *allocated();
        const auto table = std::make_unique<Table>(live);
        for (std::size_t at = 0; at < live; ++at) made[at] = table->insert(payload::of(at));
        whole = *allocated() - before;
        for (std::size_t at = 0; at < live; ++at) {
            const auto seen = table->read(made[at]);
            found += seen && seen->key == at && seen->is_whole() ? 1 : 0;
        }
    }

    const auto per_slot = static_cast<double>(whole) / static_cast<double>(live);
    state.counters["bytes_per_slot"] = per_slot - static_cast<double>(sizeof(payload));
    count_items(state, live);
    check(state, found == live, "not every object is in the table");
    check(state, per_slot >= static_cast<double>(sizeof(payload)),
          "the objects themselves were not counted");
}

template <class Table>
void add_memory(const char* implementation) {
    add_scene("memory", implementation, &memory<Table>)->ArgName("live")->Arg(1 << 20);
}

// ---- allocations ------------------------------------------------------------------------------

constexpr std::size_t times = 1000;

enum class target { any, none };

// Otherwise a count of none would say nothing.
bool is_counting() {
    return allocations::of([] {
               auto* made = new payload;
               hide(made);
               delete made;
           }) == 1;
}

void report(benchmark::State& state, std::uint64_t count, std::size_t right, target wanted) {
    state.counters["allocations"] = static_cast<double>(count) / static_cast<double>(times);
    count_items(state, times);
    check(state, is_counting(), "allocations are not counted");
    check(state, right == times, "an operation failed");
    check(state, wanted == target::any || count == 0, "a warm operation allocates");
}

enum class operation { insert, find, erase };

// The slots have been used before.
template <class Table, operation Operation, target Wanted>
void allocations_of_table(benchmark::State& state) {
    Table table(times);
    std::vector<number> made(times);
    const auto insert = [&] {
        std::size_t right = 0;
        for (number& each : made) right += (each = table.insert(payload::of(1))) != 0 ? 1 : 0;
        return right;
    };
    const auto find = [&] {
        std::size_t right = 0;
        for (const number each : made) {
            if constexpr (requires { table.read_pinned(each); }) {
                right += table.read_pinned(each) ? 1 : 0;
            } else {
                right += table.read(each) ? 1 : 0;
            }
        }
        return right;
    };
    const auto erase = [&] {
        std::size_t right = 0;
        for (const number each : made) right += table.erase(each) ? 1 : 0;
        return right;
    };
    (void)insert();
    (void)find();
    (void)erase();
    std::uint64_t count = 0;
    std::size_t right = 0;

    for (auto _ : state) {
        if constexpr (Operation == operation::insert) {
            count = allocations::of([&] { right = insert(); });
        } else {
            (void)insert();
            count = Operation == operation::find ? allocations::of([&] { right = find(); })
                                                 : allocations::of([&] { right = erase(); });
        }
    }

    report(state, count, right, Wanted);
}

// A pool's acquire and its release, counted apart.
struct lend_pool {
    backend behind{std::chrono::nanoseconds(0)};
    lend::pool<connection_driver> pool{connection_driver{&behind}, {.max_size = 2}};

    auto acquire() { return pool.acquire(); }
    template <class Lease>
    static bool is_good(const Lease& lease) {
        return static_cast<bool>(lease);
    }
    template <class Lease>
    void release(Lease& lease) {
        *lease = {};
    }
};

template <class Pool>
struct guarded_pool {
    Pool pool{2};

    connection* acquire() { return pool.acquire(std::chrono::seconds(30)); }
    static bool is_good(const connection* one) { return one != nullptr; }
    void release(connection* one) { pool.release(one); }
};

template <class Pool, bool Acquire, target Wanted>
void allocations_of_pool(benchmark::State& state) {
    Pool pool;
    {
        auto first = pool.acquire();
        if (Pool::is_good(first)) pool.release(first);
    }
    std::uint64_t acquiring = 0;
    std::uint64_t releasing = 0;
    std::size_t right = 0;

    for (auto _ : state) {
        for (std::size_t at = 0; at < times; ++at) {
            std::optional<decltype(pool.acquire())> one;
            acquiring += allocations::of([&] { one.emplace(pool.acquire()); });
            if (!Pool::is_good(*one)) break;
            releasing += allocations::of([&] { pool.release(*one); });
            ++right;
        }
    }

    report(state, Acquire ? acquiring : releasing, right, Wanted);
}

void add_count(const char* implementation, const char* name, void (*run)(benchmark::State&)) {
    add_scene("allocations", std::string(implementation) + "/operation:" + name, run);
}

template <class Table, target Wanted>
void add_table(const char* implementation) {
    add_count(implementation, "insert", &allocations_of_table<Table, operation::insert, Wanted>);
    add_count(implementation, "find", &allocations_of_table<Table, operation::find, Wanted>);
    add_count(implementation, "erase", &allocations_of_table<Table, operation::erase, Wanted>);
}

template <class Pool, target Wanted>
void add_pool(const char* implementation) {
    add_count(implementation, "acquire", &allocations_of_pool<Pool, true, Wanted>);
    add_count(implementation, "release", &allocations_of_pool<Pool, false, Wanted>);
}

const bool registered = [] {
    add_memory<lend_table>("lend");
    add_memory<mutex_slot_map>("mutex_slot_map");
    add_memory<mutex_map_table>("mutex_map_table");

    add_pool<lend_pool, target::none>("lend");
    add_table<lend_table, target::none>("lend");
    add_pool<guarded_pool<baseline::mutex_lifo_pool<connection>>, target::any>("mutex_lifo_pool");
    add_table<mutex_slot_map, target::any>("mutex_slot_map");
    add_table<mutex_map_table, target::any>("mutex_map_table");
    return true;
}();

} // namespace
