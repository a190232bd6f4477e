// SPDX-License-Identifier: MIT
// What one learns here: one pool for resources of several keys, with a maximum for each and one for
// all.

#include <lend/lend.hpp>

#include <cstdio>
#include <string>

// [driver]
struct connection_driver {
    using resource = std::string;
    using no_reset = void;

    lend::result<resource> create(const std::string& host) { return "connection to " + host; }
};
// [driver]

int main() {
    // [pool]
    lend::pool_options options;
    options.max_size = 3;    // of all hosts together
    options.max_per_key = 2; // of one host
    lend::keyed_pool<std::string, connection_driver> pool(connection_driver{}, options);

    const auto one = pool.acquire("mars").value(), two = pool.acquire("mars").value();
    std::printf("a third: %s\n",
                std::string(lend::name_of(pool.try_acquire("mars").code())).c_str());
    const auto other = pool.acquire("venus").value(); // does not wait for mars
    std::printf("%s; %zu of mars\n", other->c_str(), pool.stats("mars").size);
    // [pool]
}
