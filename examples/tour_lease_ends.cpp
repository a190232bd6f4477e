// SPDX-License-Identifier: MIT
// What one learns here: the five ways in which a lease can end, and what the driver's events hear.

#include <lend/lend.hpp>

#include <cstdio>
#include <stdexcept>
#include <string>

// [events]
struct worker_driver {
    using resource = std::string;

    struct events { // each member is optional
        void destroyed(lend::event_number, lend::destroy_reason why) {
            std::printf("  destroyed: %s\n", std::string(lend::to_string(why)).c_str());
        }
        void reset_failed(lend::event_number, const lend::error& why) {
            std::printf("  reset failed: %s\n", why.message().c_str());
        }
    };

    lend::result<resource> create() { return "worker"; }
    lend::hresult reset(resource& r) { return r == "worker" ? lend::hr::s_ok : lend::hr::e_fail; }
};
// [events]

int main() {
    lend::pool pool(worker_driver{});
    {
        // [release]
        auto lease = pool.acquire().value();
        const lend::hresult code = lease.release(); // the destructor does the same
        std::printf("released: %s\n", std::string(lend::name_of(code)).c_str());
        // [release]
    }
    {
        auto lease = pool.acquire().value();
        *lease = "changed for good";
        std::puts("not to be reset, so:");
    }
    {
        // [discard]
        auto lease = pool.acquire().value();
        lease.discard(); // it is broken: destroy it instead of resetting it
        // [discard]
    }
    try {
        const auto lease = pool.acquire().value();
        std::puts("an exception in its use:");
        throw std::runtime_error("in the middle of something");
    } catch (const std::runtime_error&) { // nobody knows in what state the worker was left
    }
    // [detach]
    auto lease = pool.acquire().value();
    const std::string mine = lease.detach().value(); // leaves the pool, alive
    std::printf("detached: a %s, the pool has %zu left\n", mine.c_str(), pool.stats().size);
    // [detach]
}
