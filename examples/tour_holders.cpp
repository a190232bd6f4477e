// SPDX-License-Identifier: MIT
// What one learns here: who holds what, leases that last too long, and errors that poison one.

#include <lend/lend.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

struct session_driver {
    using resource = std::string;
    using no_reset = void;

    lend::result<resource> create() { return "session"; }

    // [classify]
    // What an error that a borrower met says of the resource.
    lend::health classify(const lend::error& met) {
        return met.driver_code() == 2006 ? lend::health::broken // the server has gone away
                                         : lend::health::good;  // a wrong statement, a lost race
    }
    // [classify]

    // [events]
    struct events {
        void leaked(const lend::holder_info& holder) {
            std::printf("leaked, says: %s\n", holder.note.c_str());
        }
    };
    // [events]
};

int main() {
    // [holders]
    lend::pool_options options;
    options.leak_after = std::chrono::seconds(20); // records the holders as well
    options.housekeeping = lend::housekeeping_mode::manual;
    lend::pool pool(session_driver{}, options);

    auto lease = pool.acquire({.note = "nightly report"}).value();
    for (const lend::holder_info& each : pool.holders()) {
        std::printf("in %s: %s\n", each.site.function, each.note.c_str());
    }
    lease.note("writing page 3"); // whenever it begins something else
    // [holders]

    // [leak]
    const auto start = std::chrono::steady_clock::now();
    pool.sweep(start); // sees the lease for the first time
    pool.sweep(start + std::chrono::seconds(20));
    std::printf("%zu leaked\n", pool.stats().leaked);
    (void)lease.release();
    std::printf("%zu leaked\n", pool.stats().leaked);
    // [leak]

    // [report]
    auto broken = pool.acquire().value();
    const lend::error met(lend::hr::e_fail, "server has gone away", 2006);
    if (broken.report(met) != lend::health::good) std::puts("this session is not reused");
    // [report]
    (void)broken.release();
    std::printf("%ju poisoned\n",
                std::uintmax_t{pool.stats().closed_for(lend::destroy_reason::poisoned)});
}
