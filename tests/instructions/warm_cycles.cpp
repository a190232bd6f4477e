// SPDX-License-Identifier: MIT
/// @file
/// Does one thing with a warm pool or a warm table so many times, for check_instructions.py to
/// count.
///
/// usage: warm_cycles SCENARIO CYCLES

#include <lend/com/dispenser.hpp>
#include <lend/handle_table.hpp>
#include <lend/pool.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

struct plain_driver {
    using resource = int;
    using no_reset = void;
    lend::result<int> create() { return 1; }
};
struct resetting_driver {
    using resource = int;
    lend::result<int> create() { return 1; }
    lend::hresult reset(int& used) {
        used = 0;
        return lend::hr::s_ok;
    }
};
struct checking_driver : resetting_driver {
    lend::health check(int&, lend::check_kind) { return lend::health::good; }
};
struct typed_driver : plain_driver {
    using resource_type = int;
    lend::result<int> create(const int& type) { return type; }
};

// Everything off that has a switch.
lend::pool_options all_off() {
    constexpr auto never = (std::chrono::nanoseconds::max)();
    lend::pool_options options;
    options.creation = lend::creation_mode::inline_;
    options.housekeeping = lend::housekeeping_mode::manual;
    options.idle_timeout = never;
    options.max_lifetime = never;
    options.alive_bypass = never;
    options.create_timeout = never;
    return options;
}

// What sweeps, waiters and creates look at, on.
lend::pool_options beside_the_fast_path() {
    lend::pool_options options;
    options.min_idle = 1;
    options.max_waiters = 5;
    options.queue_target = std::chrono::milliseconds(5);
    options.keep_alive = std::chrono::seconds(10);
    options.prune_window = std::chrono::minutes(1);
    return options;
}

template <class Driver, class... Type>
int run(const lend::pool_options& options, long cycles, const Type&... type) {
    lend::pool pool(Driver{}, options);
    int sum = 0;
    for (long at = 0; at < cycles; ++at) {
        const auto lent = pool.acquire(type...);
        if (!lent) return 1;
        sum += **lent;
    }
    std::printf("%d\n", sum);
    return 0;
}

// What the targets are stated for: a value of 16 bytes.
struct value {
    std::uint64_t key = 0;
    std::uint64_t proof = 0;
};

int make_and_destroy(long cycles) {
    lend::handle_table<value> table;
    std::uint64_t ended = 0;
    for (long at = 0; at < cycles; ++at) {
        const auto made = table.insert({1, 2});
        if (!made) return 1;
        ended += lend::succeeded(table.erase(*made)) ? 1 : 0;
    }
    std::printf("%llu\n", static_cast<unsigned long long>(ended));
    return 0;
}

// `Pinned`: as an object that stays, else as a copy.
template <bool Pinned>
int look(long cycles) {
    lend::handle_table<value> table;
    const auto made = table.insert({1, 2});
    if (!made) return 1;
    std::uint64_t sum = 0;
    for (long at = 0; at < cycles; ++at) {
        if constexpr (Pinned) {
            if (const auto found = table.find(*made)) sum += found->key;
        } else {
            if (const auto found = table.read(*made)) sum += found->key;
        }
    }
    std::printf("%llu\n", static_cast<unsigned long long>(sum));
    return 0;
}

struct value_driver {
    using resource = value;
    using no_reset = void;
    lend::result<value> create() { return value{1, 2}; }
};

// CreateResource and DestroyResource by virtual calls.
int make_and_destroy_by_contract(long cycles) {
    auto made = lend::com::dispenser<value_driver>::make({});
    if (!made) return 1;
    lend::com::IDispenserDriver* const dispenser = *made;
    long ended = 0;
    for (long at = 0; at < cycles; ++at) {
        lend::com::RESID id = 0;
        lend::com::TIMEINSECS secs = -1;
        if (dispenser->CreateResource(1, &id, &secs) != S_OK) return 1;
        ended += dispenser->DestroyResource(id) == S_OK ? 1 : 0;
    }
    dispenser->Release();
    std::printf("%ld\n", ended);
    return 0;
}

} // namespace

int alloc_and_free(long cycles); // contract_cycles.cpp

int main(int count, char** arguments) {
    if (count != 3) return 2;
    const std::string_view scenario = arguments[1];
    const long cycles = std::atol(arguments[2]);
    if (scenario == "plain") return run<plain_driver>({}, cycles);
    if (scenario == "plain_all_off") return run<plain_driver>(all_off(), cycles);
    if (scenario == "plain_beside") return run<plain_driver>(beside_the_fast_path(), cycles);
    if (scenario == "typed") return run<typed_driver>({}, cycles, 3);
    if (scenario == "reset") return run<resetting_driver>({}, cycles);
    if (scenario == "reset_and_check") return run<checking_driver>({}, cycles);
    if (scenario == "table_make_destroy") return make_and_destroy(cycles);
    if (scenario == "table_read") return look<false>(cycles);
    if (scenario == "table_find") return look<true>(cycles);
    if (scenario == "contract_make_destroy") return make_and_destroy_by_contract(cycles);
    if (scenario == "contract_alloc_free") return alloc_and_free(cycles);
    return 2;
}
