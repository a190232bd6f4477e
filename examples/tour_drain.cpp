// SPDX-License-Identifier: MIT
// What one learns here: how a pool ends when its borrowers are given time to finish.

#include <lend/lend.hpp>

#include <chrono>
#include <cstdio>
#include <string>

struct session_driver {
    using resource = std::string;
    using no_reset = void;

    lend::result<resource> create() { return "session"; }
    void interrupt(resource&) { std::puts("  break off what the session does"); }
    void destroy(resource&&) { std::puts("  a session ends"); }
};

int main() {
    lend::pool_options options;
    options.max_size = 2;
    options.record_holders = true; // so that the report says where
    lend::pool pool(session_driver{}, options);
    auto finishes = pool.acquire().value();
    auto holds_out = pool.acquire().value();
    holds_out.note("copying");
    finishes.release();

    // [drain]
    const auto report = pool.drain(std::chrono::milliseconds(20), lend::drain_mode::forced);
    for (const lend::holder_info& each : report.hold_outs)
        std::printf("%s says: %s\n", each.site.function, each.note.c_str());
    // [drain]
    std::printf("no more: %s\n", std::string(lend::name_of(pool.acquire().code())).c_str());
    holds_out.release();
}
