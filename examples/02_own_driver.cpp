// SPDX-License-Identifier: MIT
// What one learns here: a driver for resources of several kinds, that tells lend which idle one
// fits a request, which one is broken, and how to clean one up after its use.

#include <lend/lend.hpp>

#include <cstdio>
#include <string>

struct connection { // stands for one to a server; a real one would hold a socket
    std::string host, database;
    bool open = true;
};

// [driver]
struct connection_driver {
    struct resource_type { // what callers ask for
        std::string host, database;
    };
    using resource = connection;

    lend::result<resource> create(const resource_type& to) {
        if (to.host == "mars") return lend::error(lend::hr::e_fail, "no route to mars", 113);
        std::printf("  connect to %s/%s\n", to.host.c_str(), to.database.c_str());
        return connection{to.host, to.database};
    }
    // 0: of no use; 100: look no further; 50: whoever gets it has to change the database.
    lend::rating rate(const resource_type& to, const resource& idle, bool /*needs_enlistment*/) {
        if (idle.host != to.host) return lend::rating::unusable;
        return idle.database == to.database ? lend::rating::perfect : 50;
    }
    lend::health check(resource& idle, lend::check_kind) { // before each use, so it is quick
        return idle.open ? lend::health::good : lend::health::broken;
    }
    lend::hresult reset(resource& used) {
        std::printf("  roll back what was left open at %s\n", used.host.c_str());
        return lend::hr::s_ok;
    }
    void destroy(resource&& r) { std::printf("  disconnect from %s\n", r.host.c_str()); }
};
// [driver]

int main() {
    lend::pool pool(connection_driver{}, {.max_size = 4});
    const auto ask = [&](const char* host, const char* database, bool breaks) {
        std::printf("%s/%s\n", host, database);
        auto lease = pool.try_acquire({host, database}); // creates on this thread, if need be
        if (!lease) {
            std::printf("  %s\n", lease.error().message().c_str());
            return;
        }
        **lease = {host, database, !breaks};
    };
    ask("venus", "stock", false);
    ask("venus", "stock", false);  // the same connection again
    ask("venus", "orders", true);  // rated 50, and better than a new one; the server hangs up
    ask("venus", "orders", false); // found broken: destroyed, and another one made
    ask("mars", "stock", false);   // cannot be made
}
