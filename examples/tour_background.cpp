// SPDX-License-Identifier: MIT
// What one learns here: how resets and destroys get out of the borrower's way, and what a pool is
// that keeps nothing.

#include <lend/lend.hpp>

#include <cstdio>
#include <string>

struct session_driver {
    using resource = std::string;

    lend::result<resource> create() { return "session"; }
    lend::hresult reset(resource&) { return lend::hr::s_ok; } // a round trip, say
};

int main() {
    // [background]
    lend::pool_options options;
    options.max_size = 4;
    options.reset_on = lend::reset_mode::background;
    options.destroy_on = lend::destroy_mode::background;
    lend::pool pool(session_driver{}, options);
    { const auto lease = pool.acquire().value(); } // does not wait for the reset
    // [background]
    pool.close(); // does
    std::printf("%ju destroyed\n", std::uintmax_t{pool.stats().destroyed});

    // [unpooled]
    lend::pool_options without;
    without.max_size = 4; // at one time, as always
    without.pooling = lend::pooling_mode::unpooled;
    lend::pool unpooled(session_driver{}, without);
    { const auto lease = unpooled.acquire().value(); }
    { const auto lease = unpooled.acquire().value(); }
    std::printf("%ju created, %zu kept\n", std::uintmax_t{unpooled.stats().created},
                unpooled.stats().size);
    // [unpooled]
}
