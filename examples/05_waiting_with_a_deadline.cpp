// SPDX-License-Identifier: MIT
// What one learns here: how long an acquire waits, what ends the wait, and what the error of one
// that waited in vain knows.

#include <lend/lend.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

struct printer_driver {
    using resource = std::string;
    using no_reset = void; // nothing of one use can be seen by the next

    lend::result<resource> create() { return "printer"; }
};

using std::chrono::milliseconds;

int main() {
    // [options]
    lend::pool_options options;
    options.max_size = 1;
    options.acquire_timeout = std::chrono::seconds(10); // of acquire(); 0: do not wait
    lend::pool pool(printer_driver{}, options);
    // [options]

    auto held = pool.acquire().value();

    // [in_vain]
    const auto late = pool.try_acquire_for(milliseconds(20));
    if (!late) {
        const lend::error& why = late.error();
        std::printf("%s\n", std::string(lend::describe(why.code())).c_str());
        std::printf("waited 20 ms or more: %s\n", why.waited() >= milliseconds(20) ? "yes" : "no");
        std::printf("in use: %zu of %zu\n", why.snapshot()->in_use, why.snapshot()->max_size);
    }
    // [in_vain]

    // [until]
    const auto deadline = std::chrono::steady_clock::now() + milliseconds(20); // one for both
    const bool either = pool.try_acquire_until(deadline) || pool.try_acquire_until(deadline);
    std::printf("until a deadline: %s\n", either ? "lent" : "nothing");
    // [until]

    // [handed_over]
    std::thread colleague([&] {
        const auto lease = pool.acquire(); // waits, first come, first served
        std::printf("the colleague has a %s\n", lease ? (*lease)->c_str() : "problem");
    });
    while (pool.stats().waiting == 0) std::this_thread::yield();
    held = {}; // the lease ends, and the one who waits gets the printer
    colleague.join();
    // [handed_over]
}
