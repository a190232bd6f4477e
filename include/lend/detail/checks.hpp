// SPDX-License-Identifier: MIT
/// @file
/// The invariants of a pool as assertions, for checked builds; nothing in others. Each function
/// names the invariant that it checks; design.md lists them.

#ifndef LEND_DETAIL_CHECKS_HPP
#define LEND_DETAIL_CHECKS_HPP

#include <lend/detail/config.hpp>
#include <lend/detail/lending_word.hpp>
#include <lend/detail/slot.hpp>
#include <lend/detail/waiters.hpp>

#include <cstddef>

namespace lend::inline v0_1 {
namespace detail {

// Three are elsewhere: that nothing is idle while a waiter could take it (2) needs to see all
// threads at once, which the simulation does; that no two leases have one resource (3) is in the
// word itself, since a lease ends by an exchange that expects its own count; that no driver call is
// made under a lock (5) is asserted where drivers are called.
template <class Core>
struct checks {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using waiter_type = typename Core::waiter_type;

    // 1. The size does not grow beyond the maximum, nor while it is above one that was lowered.
    static void size_may_grow(const Core& core) noexcept {
        LEND_ASSERT(platform, core.size < core.limits.max_size);
    }

    // 1. The slots that are not empty are as many as the size, and what was reclaimed. Under the
    // lock, where alone a slot becomes empty or stops being so. Small pools only: it is linear.
    static void size_is_right(Core& core) noexcept {
        if constexpr (platform::checks) {
            LEND_ASSERT(platform, core.creates.size() <= core.size);
            if (core.slots.size() > largest_counted) return;
            std::size_t filled = 0;
            core.slots.for_each([&](slot_type& s) {
                filled += lending_word::is(s.word.peek(), lending_word::empty) ? 0U : 1U;
            });
            LEND_ASSERT(platform, filled == core.size + core.reclaimed);
        }
    }

    // 4. A resource that is lent was reset with success since it was last lent.
    static void is_clean(slot_type& s) noexcept {
        if constexpr (platform::checks) LEND_ASSERT(platform, s.state.clean);
    }
    static void note_clean(slot_type& s, bool clean) noexcept {
        if constexpr (platform::checks) s.state.clean = clean;
    }

    // 3. A slot that comes back is in use by whoever brings it, with the count of that lending.
    static void is_held(const slot_type& s, lending_word::type held) noexcept {
        LEND_ASSERT(platform, lending_word::is_out(s.word.peek()));
        LEND_ASSERT(platform,
                    lending_word::count_of(s.word.peek()) == lending_word::count_of(held));
    }

    // 6. Nobody is told that time is up before it is.
    static void is_late(typename Core::time_point now,
                        typename Core::time_point deadline) noexcept {
        LEND_ASSERT(platform, now >= deadline);
    }

    // 7. Who is served is the first whom it fits, is still waiting, and has time left.
    static void may_be_served(Core& core, const waiter_type& w, bool late) noexcept {
        if constexpr (platform::checks) {
            LEND_ASSERT(platform, !late);
            // Relaxed: every writer of the state holds the lock, and so does the caller.
            LEND_ASSERT(platform,
                        w.state.load(std::memory_order_relaxed) != waiter_state::answered);
            if constexpr (!Core::typed) LEND_ASSERT(platform, &w == core.waiters.head());
        }
    }

    // 8. In the end, what was made was destroyed or left the pool alive, and nobody waits.
    static void all_is_over(Core& core) noexcept {
        LEND_ASSERT(platform, core.size == 0 && core.reclaimed == 0);
        LEND_ASSERT(platform, core.creates.empty() && core.workers == 0);
        LEND_ASSERT(platform, core.waiters.empty());
        LEND_ASSERT(platform,
                    core.counted.created == core.counted.destroyed + core.counted.detached);
    }

    // 9. No driver call but destroy begins once close has returned.
    static void is_open(const Core& core) noexcept {
        LEND_ASSERT(platform, !core.quiet.load(std::memory_order_relaxed)); // relaxed: a check only
    }

    // 10. A parked resource goes to its own transaction only.
    static void may_enter(const slot_type& s, transaction_id transaction) noexcept {
        if constexpr (Core::ordered) {
            LEND_ASSERT(platform, !s.place.enlisted || s.place.enlisted == transaction);
        }
    }

private:
    static constexpr std::size_t largest_counted = 64;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_CHECKS_HPP
