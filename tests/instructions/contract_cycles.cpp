// SPDX-License-Identifier: MIT
/// @file
/// One scenario of warm_cycles. It has a file of its own because it would change what GCC inlines
/// in the others.

#include <lend/com/dispenser.hpp>
#include <lend/com/process.hpp>

#include <cstdint>
#include <cstdio>

namespace {

struct pair_driver {
    struct resource {
        std::uint64_t key = 0;
        std::uint64_t proof = 0;
    };
    using no_reset = void;
    lend::result<resource> create() { return resource{1, 2}; }
};

} // namespace

int alloc_and_free(long cycles);

// AllocResource and FreeResource by virtual calls; the dispenser rates and resets each time.
int alloc_and_free(long cycles) {
    auto made = lend::com::dispenser<pair_driver>::make({});
    if (!made) return 1;
    lend::com::IHolder* holder = nullptr; // has the dispenser from now on
    if (lend::com::register_dispenser(*made, nullptr, {}, &holder) != S_OK) return 1;
    long freed = 0;
    for (long at = 0; at < cycles; ++at) {
        lend::com::RESID id = 0;
        if (holder->AllocResource(1, &id) != S_OK) return 1;
        freed += holder->FreeResource(id) == S_OK ? 1 : 0;
    }
    holder->Release();
    std::printf("%ld\n", freed);
    return 0;
}
