// SPDX-License-Identifier: MIT
// What one learns here: how a pool is filled before it is used, and gets another size while it is.

#include <lend/lend.hpp>

#include <chrono>
#include <cstdio>
#include <string>

struct session_driver {
    using resource = std::string;
    using no_reset = void;

    lend::result<resource> create() { return "session"; }
    void destroy(resource&&) { std::puts("  a session ends"); }
};

int main() {
    lend::pool_options options;
    options.max_size = 3;
    lend::pool pool(session_driver{}, options);

    // [warm_up]
    const lend::warm_up_result warmed = pool.warm_up(3, std::chrono::seconds(10));
    std::printf("%zu ready, %zu failed\n", warmed.ready, warmed.errors.size());
    // [warm_up]

    // [resize]
    {
        auto kept = pool.acquire().value();
        { const auto second = pool.acquire().value(), third = pool.acquire().value(); }

        pool.resize(1, 0).value(); // at most 1, none kept ready: two are free and too much
        std::printf("%zu of %zu\n", pool.stats().size, pool.stats().max_size);
    }
    pool.resize(8, 0).value(); // room for 7 more, for those who wait as well
    // [resize]
    std::printf("%zu of %zu\n", pool.stats().size, pool.stats().max_size);
    if (const auto refused = pool.resize(1, 2); !refused)
        std::printf("%s\n", std::string(refused.error().text()).c_str());
}
