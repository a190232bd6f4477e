// SPDX-License-Identifier: MIT
/// @file
/// What goes from chore to chore in one sweep: its time, what it did, and when the next is due; and
/// since when a slot has been idle, as far as sweeps can tell.

#ifndef LEND_DETAIL_SWEEP_ROUND_HPP
#define LEND_DETAIL_SWEEP_ROUND_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/lifetimes.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace lend::inline v0_1 {
namespace detail {

template <class Core>
struct sweep_round {
    using time_point = typename Core::time_point;

    time_point now;
    time_point next = (time_point::max)(); // when some chore is due again; max(): when called
    std::size_t destroyed = 0;
    bool rings = true; // somebody who waits without a thread may be due
    // Driver calls are left to other threads, where these can be had: the housekeeper has times to
    // keep, whatever a driver does.
    bool aside = false;

    time_point alarm = (time_point::max)(); // the same, for what may not be late at all

    void due_exactly(time_point when) noexcept { alarm = (std::min)(alarm, when); }
    void due(time_point when) noexcept { next = (std::min)(next, when); }
};

// The fast paths store no times. A sweep that finds a slot idle with a word that it has not seen
// before notes the time; one that finds the same word again knows that the slot was idle all the
// while, for the count would have changed. So no time is thought longer than it is, and none more
// than a `pace` shorter, if sweeps come at that pace.
//
// All members are called under the lock.
template <class Core>
struct idleness {
    using slot_type = typename Core::slot_type;
    using time_point = typename Core::time_point;
    using lives = lifetimes<typename Core::platform>;

    // Since when the slot, seen idle with this word, has not been used.
    static time_point since(slot_type& s, lending_word::type word, time_point now) noexcept {
        const lending_word::type unflagged = lending_word::count_of(word) | lending_word::idle;
        // A sweep for a time to come knew nothing of this one.
        if (s.idle_word != unflagged || s.idle_since > now) {
            s.idle_word = unflagged;
            s.idle_since = now;
        }
        return s.idle_since;
    }

    // Since when there has been no sign of life: neither a use nor a check.
    static time_point silent_since(slot_type& s, lending_word::type word, time_point now) noexcept {
        return (std::max)(since(s, word, now), s.alive_at);
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_SWEEP_ROUND_HPP
