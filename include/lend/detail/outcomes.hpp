// SPDX-License-Identifier: MIT
/// @file
/// How an acquire that left the fast path ended: counted, timed and told in one place, whatever the
/// reason and whoever found it.

#ifndef LEND_DETAIL_OUTCOMES_HPP
#define LEND_DETAIL_OUTCOMES_HPP

#include <lend/detail/core.hpp>
#include <lend/outcome.hpp>

#include <chrono>

namespace lend::inline v0_1 {
namespace detail {

// Each acquire that fails comes here once, and each that was served after it had joined the queue.
// The others are counted by the words of the slots alone.
//
// No lock is held. The caller has a share of the core, or the pool object.
template <class Core>
struct outcomes {
    using lock_type = typename Core::lock_type;
    using nanoseconds = std::chrono::nanoseconds;

    static void served_after(Core& core, nanoseconds waited) noexcept {
        core.times.waited(acquire_outcome::served, waited);
        core.events.waited(waited);
    }

    // The error becomes the pool's answer, with its name.
    static void failed_after(Core& core, error& why, nanoseconds waited) noexcept {
        why.with_pool(core.options.name);
        core.times.waited(outcome_of(why), waited);
        {
            const lock_type lock(core.mutex);
            count(core.counted, why);
        }
        core.events.not_acquired(why);
    }

private:
    static void count(pool_stats& counted, const error& why) noexcept {
        switch (outcome_of(why)) {
        case acquire_outcome::timed_out:
            ++counted.timed_out;
            break;
        case acquire_outcome::cancelled:
            ++counted.cancelled;
            break;
        case acquire_outcome::shed:
            ++counted.shed;
            break;
        default:
            ++counted.refused;
            ++counted.refused_by[static_cast<std::size_t>(refusal_of(why))];
            break;
        }
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_OUTCOMES_HPP
