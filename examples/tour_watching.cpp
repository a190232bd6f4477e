// SPDX-License-Identifier: MIT
// What one learns here: how long things took, how a pool is, and how Prometheus gets to know.

#include <lend/lend.hpp>

#include <cstdint>
#include <cstdio>
#include <string>

struct session_driver {
    using resource = std::string;
    using no_reset = void;

    bool works = true;

    lend::result<resource> create() const {
        if (!works) return lend::error(lend::hr::e_accessdenied, "wrong password");
        return "session";
    }
    lend::health check(resource&, lend::check_kind) const {
        return works ? lend::health::good : lend::health::backend_gone;
    }
};

int main() {
    lend::pool_options options;
    options.creation = lend::creation_mode::inline_;
    options.housekeeping = lend::housekeeping_mode::manual;
    options.time_uses = true; // measure leases as well
    lend::pool pool(session_driver{}, options);
    { const auto first = pool.acquire().value(), second = pool.acquire().value(); }

    // [timings]
    const lend::pool_timings times = pool.timings();
    const lend::histogram& waits = times.wait_of(lend::acquire_outcome::served);
    std::printf("%ju served, p99 of the waits %jd ns\n", std::uintmax_t{waits.count()},
                std::intmax_t{waits.p99().count()});
    std::printf("%ju leases measured\n", std::uintmax_t{times.use.count()});
    // [timings]

    // [health]
    std::printf("%s\n", std::string(to_string(pool.health().state)).c_str());
    pool.driver().works = false; // the server goes down
    const lend::pool_health probed = pool.health(lend::check_kind::active);
    std::printf("%s, %zu left\n", std::string(to_string(probed.state)).c_str(), probed.stats.size);
    // [health]

    // [reasons]
    (void)pool.try_acquire();
    const lend::pool_stats now = pool.stats();
    std::printf("%ju gone with the backend, %ju refused by the driver\n",
                std::uintmax_t{now.closed_for(lend::destroy_reason::backend_gone)},
                std::uintmax_t{now.create_failed_for(lend::create_failure::refused)});
    // [reasons]

    // [prometheus]
    const std::string page = prometheus_text(lend::metrics_of("sessions", pool));
    const std::size_t at = page.find("lend_pool_create_failed_total{");
    std::printf("%s\n", page.substr(at, page.find('\n', at) - at).c_str());
    // [prometheus]
}
