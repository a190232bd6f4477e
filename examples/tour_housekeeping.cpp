// SPDX-License-Identifier: MIT
// What one learns here: how idle resources expire and are kept ready, how a pool is watched, and
// how it is closed while something is still lent.

#include <lend/lend.hpp>

#include <chrono>
#include <cstdio>
#include <string>

// [idle_limit]
struct cache_driver {
    using resource = std::string;
    using no_reset = void;

    lend::result<resource> create() { return "cache"; }
    std::chrono::nanoseconds idle_limit(const resource& r) {
        return r == "cache" ? std::chrono::minutes(1) : std::chrono::minutes(-1); // never
    }
};
// [idle_limit]

int main() {
    // [sweep]
    lend::pool_options options;
    options.housekeeping = lend::housekeeping_mode::manual; // no thread: this one sweeps
    options.creation = lend::creation_mode::inline_;        // no thread: who asks, creates
    options.min_idle = 1;
    options.max_size = 4;
    lend::pool pool(cache_driver{}, options);

    const auto start = std::chrono::steady_clock::now();
    pool.sweep(start); // makes one to keep ready
    { const auto first = pool.acquire().value(), second = pool.acquire().value(); }
    pool.sweep(start); // sees two that are idle from now on
    std::printf("after a minute: %zu destroyed\n", pool.sweep(start + std::chrono::minutes(1)));
    // [sweep]

    // [stats]
    const lend::pool_stats now = pool.stats();
    std::printf("%zu of %zu, %zu idle\n", now.size, now.max_size, now.idle);
    std::printf("%ju created, %ju expired\n", std::uintmax_t{now.created},
                std::uintmax_t{now.closed_for(lend::destroy_reason::expired)});
    // [stats]

    // [close]
    auto late = pool.acquire().value();
    pool.close(); // destroys what is idle; who waits is told LEND_E_CLOSED
    std::printf("still good: %s\n", late->c_str());
    std::printf("no more: %s\n", pool.acquire().error().message().c_str());
    late.release(); // destroyed now, for there is no pool to go back to
    // [close]
    std::printf("%zu left\n", pool.stats().size);
}
