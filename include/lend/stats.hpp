// SPDX-License-Identifier: MIT
/// @file
/// What a pool is doing and what it has done: gauges that sum to its size, and counters.

#ifndef LEND_STATS_HPP
#define LEND_STATS_HPP

#include <lend/destroy_reason.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iosfwd>

namespace lend::inline v0_1 {

/// A pool at one moment.
///
/// The gauges come from one pass over the slots in which each slot is counted once, so they always
/// sum to `size`; under load a slot may have moved on before the pass ends. Counters never go back.
/// @par Thread safety A plain value.
struct pool_stats {
    // Gauges.
    std::size_t idle = 0;       ///< free to be lent
    std::size_t in_use = 0;     ///< lent
    std::size_t creating = 0;   ///< inside the driver's create
    std::size_t checking = 0;   ///< inside the driver's check
    std::size_t resetting = 0;  ///< inside the driver's reset
    std::size_t parked = 0;     ///< free, but only for the transaction in which they are enlisted
    std::size_t destroying = 0; ///< inside the driver's destroy
    std::size_t size = 0;       ///< the sum of the gauges above
    std::size_t waiting = 0;    ///< callers in the queue
    std::size_t max_size = 0;

    // Counters.
    std::uint64_t acquired = 0;      ///< leases given out
    std::uint64_t waited = 0;        ///< acquires that had to join the queue
    std::uint64_t handed_over = 0;   ///< resources given directly to a waiter
    std::uint64_t timed_out = 0;     ///< acquires that failed at their deadline
    std::uint64_t cancelled = 0;     ///< acquires that were called off while they waited
    std::uint64_t created = 0;       ///< creates that succeeded
    std::uint64_t create_failed = 0; ///< creates that failed
    std::uint64_t destroyed = 0;     ///< resources destroyed, for whatever reason
    std::uint64_t detached = 0;      ///< resources that left the pool alive
    std::uint64_t condemned = 0;     ///< lent resources marked for destruction
    /// Resources whose destruction was begun, by reason; see `closed_for`.
    std::array<std::uint64_t, destroy_reasons> closed{};
    std::uint64_t destroy_failed = 0; ///< destroys that reported a failure
    std::uint64_t outages = 0;        ///< times that a check found the backend gone

    /// How many resources went for this reason.
    [[nodiscard]] std::uint64_t closed_for(destroy_reason why) const noexcept {
        return closed[static_cast<std::size_t>(why)];
    }
};

/// Writes one line: gauges first, then counters.
template <class Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out,
                                             const pool_stats& s) {
    out << "size " << s.size << " of " << s.max_size << " (" << s.idle << " idle, " << s.in_use
        << " in use, " << s.creating << " creating, " << s.checking << " checking, " << s.resetting
        << " resetting, " << s.parked << " parked, " << s.destroying << " destroying), "
        << s.waiting << " waiting; " << s.acquired << " acquired, " << s.waited << " waited, "
        << s.handed_over << " handed over, " << s.timed_out << " timed out, " << s.cancelled
        << " cancelled, " << s.created << " created, " << s.create_failed << " create failed, "
        << s.destroyed << " destroyed, " << s.detached << " detached, " << s.condemned
        << " condemned, " << s.destroy_failed << " destroy failed, " << s.outages << " outages";
    for (std::size_t at = 0; at < destroy_reasons; ++at) {
        if (s.closed[at] == 0) continue;
        out << ", " << s.closed[at] << ' ' << to_string(static_cast<destroy_reason>(at));
    }
    return out;
}

} // namespace lend

#endif // LEND_STATS_HPP
