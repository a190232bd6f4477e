// SPDX-License-Identifier: MIT
/// @file
/// What a pool is doing and what it has done: gauges that sum to its size, counters, and how long
/// things took.

#ifndef LEND_STATS_HPP
#define LEND_STATS_HPP

#include <lend/destroy_reason.hpp>
#include <lend/histogram.hpp>
#include <lend/outcome.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string_view>

namespace lend::inline v0_1 {

/// A pool at one moment.
///
/// The gauges come from one pass over the slots in which each slot is counted once, so they always
/// sum to `size`; under load a slot may have moved on before the pass ends. Counters never go back.
/// @par Thread safety A plain value.
struct pool_stats {
    // Gauges of resources, which sum to `size`.
    std::size_t idle = 0;       ///< free to be lent
    std::size_t in_use = 0;     ///< lent
    std::size_t creating = 0;   ///< inside the driver's create
    std::size_t checking = 0;   ///< inside the driver's check
    std::size_t resetting = 0;  ///< inside the driver's reset
    std::size_t parked = 0;     ///< free, but only for the transaction in which they are enlisted
    std::size_t destroying = 0; ///< inside the driver's destroy
    std::size_t size = 0;       ///< the sum of the gauges above

    // Other gauges.
    std::size_t waiting = 0;   ///< callers in the queue
    std::size_t leaked = 0;    ///< of those lent, for longer than leak_after
    std::size_t reclaimed = 0; ///< of those leaked, no longer counted on; not in the size
    std::size_t abandoned = 0; ///< creates given up that still run; not in the size
    std::size_t max_size = 0;
    std::size_t min_idle = 0;
    bool paused = false; ///< nothing is lent until `resume`

    // Counters of acquires. Each one ends in acquired, timed_out, cancelled, shed or refused.
    /// Leases given out. A candidate that is being looked at counts as well, so the number may be
    /// ahead by as many as were looked at in vain when somebody asked.
    std::uint64_t acquired = 0;
    /// Leases that have ended, exactly, once the resource's reset has: what is being reset counts
    /// in `resetting`.
    std::uint64_t returned = 0;
    std::uint64_t waited = 0;      ///< acquires that had to join the queue
    std::uint64_t handed_over = 0; ///< resources given directly to a waiter
    std::uint64_t timed_out = 0;   ///< acquires that failed at their deadline
    std::uint64_t cancelled = 0;   ///< acquires that their callers called off
    std::uint64_t shed = 0;        ///< acquires refused because the queue was too slow
    std::uint64_t refused = 0;     ///< acquires refused for other reasons
    /// The same by reason; see `refused_for`.
    std::array<std::uint64_t, refusals> refused_by{};

    // Counters of resources. created = destroyed + detached + those that exist.
    std::uint64_t created = 0;       ///< creates that succeeded
    std::uint64_t create_failed = 0; ///< creates that failed
    /// The same by reason; see `create_failed_for`.
    std::array<std::uint64_t, create_failures> create_failed_by{};
    std::uint64_t destroyed = 0; ///< resources destroyed, for whatever reason
    std::uint64_t detached = 0;  ///< resources that left the pool alive
    std::uint64_t condemned = 0; ///< lent resources marked for destruction
    /// Resources whose destruction was begun, by reason; see `closed_for`.
    std::array<std::uint64_t, destroy_reasons> closed{};
    std::uint64_t destroy_failed = 0; ///< destroys that reported a failure
    std::uint64_t outages = 0;        ///< times that a check found the backend gone

    /// How long ago the last create failed; nanoseconds::max() if none did.
    std::chrono::nanoseconds since_create_failed = (std::chrono::nanoseconds::max)();

    /// How many resources went for this reason.
    [[nodiscard]] std::uint64_t closed_for(destroy_reason why) const noexcept {
        return closed[static_cast<std::size_t>(why)];
    }
    /// How many acquires were refused for this reason.
    [[nodiscard]] std::uint64_t refused_for(refusal why) const noexcept {
        return refused_by[static_cast<std::size_t>(why)];
    }
    /// How many creates failed in this way.
    [[nodiscard]] std::uint64_t create_failed_for(create_failure how) const noexcept {
        return create_failed_by[static_cast<std::size_t>(how)];
    }
};

namespace detail {

// Those that are not zero, each with its word behind it.
template <class Enum, class Stream, std::size_t Size>
void write_counts(Stream& out, const std::array<std::uint64_t, Size>& counts, const char* what) {
    for (std::size_t at = 0; at < Size; ++at) {
        if (counts[at] != 0)
            out << ", " << counts[at] << ' ' << what << to_string(static_cast<Enum>(at));
    }
}

} // namespace detail

/// Writes one line: gauges first, then counters. Of the reasons those that occurred.
template <class Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out,
                                             const pool_stats& s) {
    out << "size " << s.size << " of " << s.max_size << " (" << s.idle << " idle, " << s.in_use
        << " in use, " << s.creating << " creating, " << s.checking << " checking, " << s.resetting
        << " resetting, " << s.parked << " parked, " << s.destroying << " destroying), "
        << s.waiting << " waiting, " << s.leaked << " leaked, " << s.reclaimed << " reclaimed, "
        << s.abandoned << " abandoned, min idle " << s.min_idle << (s.paused ? ", paused" : "")
        << "; " << s.acquired << " acquired, " << s.returned << " returned, " << s.waited
        << " waited, " << s.handed_over << " handed over, " << s.timed_out << " timed out, "
        << s.cancelled << " cancelled, " << s.shed << " shed, " << s.refused << " refused, "
        << s.created << " created, " << s.create_failed << " create failed, " << s.destroyed
        << " destroyed, " << s.detached << " detached, " << s.condemned << " condemned, "
        << s.destroy_failed << " destroy failed, " << s.outages << " outages";
    detail::write_counts<refusal>(out, s.refused_by, "refused: ");
    detail::write_counts<create_failure>(out, s.create_failed_by, "create failed: ");
    detail::write_counts<destroy_reason>(out, s.closed, "");
    if (s.since_create_failed != (std::chrono::nanoseconds::max)())
        out << ", last create failure " << detail::spell_time(s.since_create_failed) << " ago";
    return out;
}

/// How long things took in a pool since it was made.
///
/// The waits agree with the counters: those of `served` are as many as `acquired`, those of
/// `timed_out` as many as `timed_out`, and so on; they may lag behind by as many as are on the way
/// from the queue to their caller. An acquire that need not join the queue waited 0.
/// Size: 33 KB. @par Thread safety A plain value.
struct pool_timings {
    /// Time in the queue, by how it ended; see `wait_of`.
    std::array<histogram, acquire_outcomes> wait{};
    histogram create{};         ///< creates that succeeded
    histogram create_failed{};  ///< creates that failed, those given up included
    histogram destroy{};        ///< destroys that succeeded
    histogram destroy_failed{}; ///< destroys that reported a failure
    histogram use{};            ///< leases, from acquire to their end; with `time_uses` only
    histogram reset{};          ///< resets that succeeded; with `time_uses` only
    histogram reset_failed{};   ///< resets that failed; with `time_uses` only

    /// The waits that ended so.
    [[nodiscard]] const histogram& wait_of(acquire_outcome how) const noexcept {
        return wait[static_cast<std::size_t>(how)];
    }
};

/// Writes one line for each histogram that is not empty.
template <class Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out,
                                             const pool_timings& t) {
    const auto write = [&out](std::string_view what, std::string_view how, const histogram& h) {
        if (h.count() != 0) out << what << how << ' ' << h << '\n';
    };
    for (std::size_t at = 0; at < acquire_outcomes; ++at) {
        write("wait, ", to_string(static_cast<acquire_outcome>(at)), t.wait[at]);
    }
    write("create", "", t.create);
    write("create, failed", "", t.create_failed);
    write("destroy", "", t.destroy);
    write("destroy, failed", "", t.destroy_failed);
    write("use", "", t.use);
    write("reset", "", t.reset);
    write("reset, failed", "", t.reset_failed);
    return out;
}

} // namespace lend

#endif // LEND_STATS_HPP
