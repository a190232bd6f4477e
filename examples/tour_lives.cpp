// SPDX-License-Identifier: MIT
// What one learns here: how old resources may grow, how those that were idle for long are tried
// before they are lent, and how to replace all of them, or some, by hand.

#include <lend/lend.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>

using namespace std::chrono_literals;

// [driver]
struct session {
    int number = 0;
    bool cut = false;
};

struct session_driver {
    using resource = session;
    using no_reset = void;

    lend::result<resource> create() { return session{++made}; }
    lend::health check(resource& r, lend::check_kind kind) {
        if (kind == lend::check_kind::passive) return lend::health::good; // costs nothing
        std::printf("  ask %d whether it is alive\n", r.number);          // a round trip
        return r.cut ? lend::health::backend_gone : lend::health::good;
    }
    void destroy(resource&& r) { std::printf("  drop %d\n", r.number); }

    int made = 0;
};
// [driver]

template <class Pool>
void fill(Pool& pool) {
    const auto a = pool.acquire().value(), b = pool.acquire().value(), c = pool.acquire().value();
}

int main() {
    // [options]
    lend::pool_options options;
    options.max_size = 3;
    options.max_lifetime = 1h;     // and then another takes its place
    options.lifetime_jitter = 0.1; // drawn once for each: between 54 and 60 minutes
    options.alive_bypass = 30s;    // idle for longer: checked actively before it is lent
    options.keep_alive = 5min;     // idle for longer: checked actively in the background
    options.prune_window = 10min;  // those that half of this time did not need go
    options.housekeeping = lend::housekeeping_mode::manual; // this example sweeps by itself,
    options.creation = lend::creation_mode::inline_;        // and makes them on its own thread
    lend::pool pool(session_driver{}, options);
    // [options]

    // [doubt]
    const auto start = std::chrono::steady_clock::now();
    fill(pool);
    pool.sweep(start);       // sees them idle
    pool.sweep(start + 30s); // has its doubts
    { const auto first = pool.acquire().value(); }
    { const auto again = pool.acquire().value(); } // used a moment ago: no question
    // [doubt]

    // [outage]
    pool.sweep(start + 1min); // sees that one idle
    pool.sweep(start + 2min);
    {
        auto lease = pool.acquire().value();
        lease->cut = true; // somebody pulls the plug while it is lent
    }
    pool.sweep(start + 3min);
    pool.sweep(start + 4min);
    { const auto fresh = pool.acquire().value(); }
    std::printf("after the outage: %zu left, %ju went unasked\n", pool.stats().size,
                std::uintmax_t{pool.stats().closed_for(lend::destroy_reason::backend_gone)});
    // [outage]

    // [clear]
    fill(pool);
    auto lent = pool.acquire().value();
    std::printf("clear: %zu at once\n", pool.clear()); // the others at once
    lent.release();                                    // this one when it comes back
    // [clear]

    // [clear_over]
    fill(pool);
    std::printf("over a minute: %zu\n", pool.clear_over(1min)); // one in each third of it
    // [clear_over]

    // [retain]
    const auto evicted = pool.retain([](const session& s, const lend::resource_info& info) {
        return s.number % 2 == 0 && info.lendings < 1000 && info.age < 1h;
    });
    std::printf("evicted: %zu\n", evicted.value());
    // [retain]
}
