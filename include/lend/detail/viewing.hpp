// SPDX-License-Identifier: MIT
/// @file
/// Resources that a caller only looks at: they count as idle, so a caller who finds nothing else
/// waits for the end of the look before it is refused.

#ifndef LEND_DETAIL_VIEWING_HPP
#define LEND_DETAIL_VIEWING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/handing.hpp>
#include <lend/detail/later.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// A look is made with no lock held, since it calls a driver's `rate` or a user's predicate. Its
// slot is in use with the flag `viewed`. A caller that has to know how the look ends sets `wanted`
// in the word; then the end of the look comes to the desk, or finds the flag, and changes
// `core.looks`.
template <class Core>
struct viewing {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using time_point = typename Core::time_point;
    using duration = typename Core::duration;

    // Rating and predicates are not to block. One that does, or that asks the pool for a resource
    // itself, holds up others for this long at most; then its candidate counts as in use.
    static constexpr std::chrono::milliseconds longest_look{10};

    static time_point patience() noexcept {
        return later(platform::now(), std::chrono::duration_cast<duration>(longest_look));
    }

    // Has the slot brought to the desk, if it is in use. Returns what the word was last seen to be:
    // not in use, or in use with the flag.
    static lending_word::type ask_for(Core& core, slot_type& s) noexcept {
        for (;;) {
            lending_word::type word = s.word.see();
            if (!lending_word::is(word, lending_word::in_use) ||
                lending_word::has(word, lending_word::wanted)) {
                return word;
            }
            if (s.word.want(word)) {
                handing<Core>::note_hold(core, s);
                return word | lending_word::wanted;
            }
        }
    }

    // Sleeps while another caller looks at the slot, until the deadline. No lock is held.
    static void wait_until_seen(Core& core, slot_type& s, time_point deadline) noexcept {
        while (lending_word::is_viewed(s.word.peek())) {
            const std::uint32_t before = core.looks.see();
            if (!lending_word::is_viewed(ask_for(core, s))) return;
            if (platform::now() >= deadline) return;
            core.looks.sleep(before, deadline);
            core.looks.wake(); // others may sleep on it, and one is woken at a time
        }
    }
    // The same for every slot.
    static void wait_until_seen(Core& core, time_point deadline) noexcept {
        core.slots.for_each([&](slot_type& s) { wait_until_seen(core, s, deadline); });
    }

    // By a caller who has looked and keeps the slot. Returns its word. A waiter who would have had
    // something destroyed, but for this one, looks again.
    static lending_word::type keep(Core& core, slot_type& s) noexcept {
        const lending_word::type was = s.word.keep_viewed();
        if (lending_word::has(was, lending_word::wanted)) {
            ended(core);
            if constexpr (Core::typed) have_waiters_look(core);
        }
        return was & ~lending_word::viewed;
    }

    // A look is over, and others may wait for that.
    static void ended(Core& core) noexcept {
        core.looks.change();
        core.looks.wake();
    }

private:
    static void have_waiters_look(Core& core) noexcept {
        typename Core::wakes wake;
        {
            const typename Core::lock_type lock(core.mutex);
            core.waiters.poke(core.waiters.head(), wake);
        }
        wake.deliver();
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_VIEWING_HPP
