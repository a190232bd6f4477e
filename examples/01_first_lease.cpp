// SPDX-License-Identifier: MIT
// What one learns here: a driver makes and resets a resource, a pool lends it, and a lease gives it
// back by itself. Where there is nothing to lend, the answer is an error that says why.

// [program]
#include <lend/lend.hpp>

#include <cstdio>
#include <string>

struct session_driver {
    using resource = std::string; // stands for a session: dear to make, cheap to reset

    lend::result<resource> create() { return "new"; }
    lend::hresult reset(resource& used) {
        used = "clean";
        return lend::hr::s_ok;
    }
};

int main() {
    lend::pool pool(session_driver{}, {.max_size = 1});
    {
        auto mine = pool.acquire().value(); // value() throws if there was none in time
        std::printf("lent a session that is %s\n", mine->c_str());
        if (auto second = pool.try_acquire(); !second) std::puts(second.error().message().c_str());
    } // the lease ends: the session is reset and goes back
    auto again = pool.acquire().value();
    std::printf("lent a session that is %s\n", again->c_str());
}
// [program]
