// SPDX-License-Identifier: MIT
/// @file
/// What a pool says of itself when it is asked: gauges and counters, and times.

#ifndef LEND_DETAIL_REPORTING_HPP
#define LEND_DETAIL_REPORTING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/gauges.hpp>
#include <lend/detail/later.hpp>
#include <lend/stats.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// Leases are counted by the slots' words alone, so that no acquire counts them: those that ended
// exactly, those under way as the slots in use. A slot that is only looked at is in use as well for
// that moment; what was counted once is therefore kept, or the sum could go back.
template <class Core>
struct reporting {
    using platform = typename Core::platform;
    using lock_type = typename Core::lock_type;

    static pool_stats stats(Core& core) noexcept {
        const lock_type lock(core.mutex);
        return stats_now(core);
    }

    static pool_timings timings(Core& core) noexcept {
        return core.times.copy([&]() -> typename timings_type::given_out {
            const lock_type lock(core.mutex);
            // Whoever sleeps in the queue has been given nothing.
            return {stats_now(core).acquired, core.times.queued() - core.waiters.asleep()};
        });
    }

private:
    using timings_type = detail::timings<platform>;

    // Under the lock.
    static pool_stats stats_now(Core& core) noexcept {
        // The pass holds the lock, or a place that is emptied behind it and another that is filled
        // before it would both count.
        pool_stats seen;
        gauges<Core>::count(core, seen);
        seen.returned -= core.counts_skipped;
        seen.acquired -= core.counts_skipped;
        pool_stats s = core.counted;
        s.idle = seen.idle;
        s.in_use = seen.in_use;
        s.creating = seen.creating;
        s.checking = seen.checking;
        s.resetting = seen.resetting;
        s.parked = seen.parked;
        s.destroying = seen.destroying;
        s.size = seen.size;
        s.acquired = core.counted.acquired = (std::max)(core.counted.acquired, seen.acquired);
        s.returned = core.counted.returned = (std::max)(core.counted.returned, seen.returned);
        s.leaked = seen.leaked;
        s.reclaimed = seen.reclaimed;
        s.waiting = core.waiters.size();
        s.max_size = core.limits.max_size;
        s.paused = core.paused.has_value();
        s.min_idle = core.limits.min_idle;
        if (core.create_failed_at) {
            s.since_create_failed = std::chrono::duration_cast<std::chrono::nanoseconds>(
                between(*core.create_failed_at, platform::now()));
        }
        return s;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_REPORTING_HPP
