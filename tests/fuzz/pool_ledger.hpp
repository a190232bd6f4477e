// SPDX-License-Identifier: MIT
/// @file
/// What must hold of a pool's numbers between any two calls: the invariants of docs/design.md, as
/// far as they can be seen from outside.

#ifndef LEND_TESTS_FUZZ_POOL_LEDGER_HPP
#define LEND_TESTS_FUZZ_POOL_LEDGER_HPP

#include "fuzz_input.hpp"
#include "fuzz_platform.hpp"

#include <lend/error.hpp>
#include <lend/pool_options.hpp>
#include <lend/stats.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>

namespace lend_test {

class pool_ledger {
public:
    void begin(const lend::pool_options& options) { bound_ = options.max_size; }

    void served() { ++served_; }
    void ended() { ++ended_; }
    void refused(const lend::error& why) {
        // A priority out of range is a mistake of the caller's, and no acquire.
        if (why.code() != lend::hr::e_invalidarg) ++failed_;
    }
    void resized(std::size_t max_size) {
        max_size_ = max_size;
        bound_ = (std::max)(bound_, max_size);
    }

    /// @param live     what the driver made and did not destroy
    /// @param pending  callbacks that were not called yet
    void look(const lend::pool_stats& s, std::size_t live, std::size_t pending, bool closed) {
        look_at_gauges(s);
        look_at_sums(s);
        look_at_progress(s);
        FUZZ_CHECK(s.waiting <= pending);
        FUZZ_CHECK(s.returned <= ended_);
        if (!fuzz_world::now().jobs.empty()) return; // what they do is not counted yet
        FUZZ_CHECK(s.returned == ended_);
        FUZZ_CHECK(s.created == s.destroyed + s.detached + live);
        // Ahead by those that were given something and heard of the close before they had it.
        FUZZ_CHECK(s.acquired >= served_);
        FUZZ_CHECK(s.timed_out + s.cancelled + s.shed + s.refused == failed_);
        if (closed) return;
        FUZZ_CHECK(live == s.size - s.creating + s.reclaimed);
        FUZZ_CHECK(s.size <= s.max_size ||
                   s.idle == 0); // what is too much goes as it comes to hand
        FUZZ_CHECK(s.creating == 0 && s.destroying == 0 && s.checking == 0 && s.resetting == 0);
    }

private:
    // 1: the gauges sum to the size, which never exceeds the maximum, and after a resize to less
    // never grows while it does.
    void look_at_gauges(const lend::pool_stats& s) {
        FUZZ_CHECK(s.size == s.idle + s.in_use + s.creating + s.checking + s.resetting + s.parked +
                                 s.destroying);
        FUZZ_CHECK(max_size_ == 0 || s.max_size == max_size_);
        FUZZ_CHECK(s.size <= bound_);
        bound_ = (std::max)(s.max_size, s.size);
        FUZZ_CHECK(s.leaked <= s.in_use + s.resetting + s.reclaimed);
        FUZZ_CHECK(s.min_idle <= s.max_size);
    }

    static void look_at_sums(const lend::pool_stats& s) {
        const auto sum = [](const auto& counts) {
            return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
        };
        FUZZ_CHECK(sum(s.refused_by) == s.refused);
        FUZZ_CHECK(sum(s.create_failed_by) == s.create_failed);
        FUZZ_CHECK(sum(s.closed) >= s.destroyed);
    }

    // No counter goes back.
    void look_at_progress(const lend::pool_stats& s) {
        static constexpr std::uint64_t lend::pool_stats::*counters[] = {
            &lend::pool_stats::acquired,  &lend::pool_stats::returned,
            &lend::pool_stats::waited,    &lend::pool_stats::handed_over,
            &lend::pool_stats::timed_out, &lend::pool_stats::cancelled,
            &lend::pool_stats::shed,      &lend::pool_stats::refused,
            &lend::pool_stats::created,   &lend::pool_stats::create_failed,
            &lend::pool_stats::destroyed, &lend::pool_stats::detached,
            &lend::pool_stats::condemned, &lend::pool_stats::destroy_failed,
            &lend::pool_stats::outages};
        for (const auto counter : counters) FUZZ_CHECK(s.*counter >= before_.*counter);
        before_ = s;
    }

    lend::pool_stats before_{};
    std::size_t bound_ = 0;
    std::size_t max_size_ = 0;
    std::uint64_t served_ = 0;
    std::uint64_t ended_ = 0;
    std::uint64_t failed_ = 0;
};

} // namespace lend_test

#endif // LEND_TESTS_FUZZ_POOL_LEDGER_HPP
