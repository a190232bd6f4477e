// SPDX-License-Identifier: MIT
/// @file
/// What happens to a slot when its use ends and there is something to know about it: hand-over,
/// destruction, or the end of a pool that was closed meanwhile.

#ifndef LEND_DETAIL_GIVING_BACK_HPP
#define LEND_DETAIL_GIVING_BACK_HPP

#include <lend/detail/alarms.hpp>
#include <lend/detail/core.hpp>
#include <lend/detail/handing.hpp>
#include <lend/detail/making.hpp>
#include <lend/detail/ordering.hpp>
#include <lend/detail/viewing.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace lend::inline v0_1 {
namespace detail {

// See backroom.hpp, which stands on this.
template <class Core>
struct sending_away;
template <class Core>
struct backroom;

template <class Core>
struct giving_back {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using calls = typename Core::calls;
    using wakes = typename Core::wakes;

    // What ends: a lease, which is counted; a use of the pool's own, such as a check; or only a
    // look at a candidate, see viewing.hpp.
    enum class use : std::uint8_t { lease, look, view };

    // On whose thread the driver destroys: where the options say, or on one of the pool's in any
    // case, because the calling thread has a deadline to keep.
    enum class on : std::uint8_t { thread_of_the_options, another_thread };

    // The fast end of a use: one exact compare-exchange. False if there is something to know; the
    // caller still owns the slot then.
    LEND_ALWAYS_INLINE static bool
    fast(slot_type& s, lending_word::type held, use ended, lending_word::type left = 0) noexcept {
        return s.word.leave(held, ended == use::lease ? lending_word::one_lending : 0, left);
    }

    // A clean end: to the inventory, to a waiter, or, if condemned or closed, to destruction.
    // Whoever only looked at what is in doubt leaves it so, and tells nobody, if nobody asked: the
    // waiters that look at one after the other would keep each other looking.
    static void clean(Core& core, slot_type& s, lending_word::type word, use ended) noexcept {
        const lending_word::type left = s.in_doubt ? lending_word::withheld : lending_word::empty;
        const bool done =
            ended == use::view ? s.word.end_view(word, left) : fast(s, word, ended, left);
        if (!done) (void)clean_slowly(core, s, ended);
    }

    // The same after the fast end has failed. s_false: the resource is destroyed. lend_e_stale: it
    // is the parent's of this process.
    static LEND_NOINLINE hresult clean_slowly(Core& core, slot_type& s, use ended) noexcept {
        if (forking<Core>::is_inherited(s)) return hr::lend_e_stale;
        wakes wake;
        {
            lock_type lock(core.mutex);
            core.wait_for_interrupt(lock, s);
            const lending_word::type seen = s.word.peek();
            LEND_ASSERT(platform, lending_word::is_out(seen));
            if (const auto why = reason_to_go(core, s, seen)) {
                (void)destroy_locked(core, lock, s, ended, *why,
                                     ended == use::lease ? on::thread_of_the_options
                                                         : on::another_thread);
                return hr::s_false;
            }
            if (ended == use::lease) making<Core>::note_return(core, s);
            const lending_word::type count = lending_word::count_of(seen) +
                                             (ended == use::lease ? lending_word::one_lending : 0);
            if (ended == use::lease) ordering<Core>::came_back(core, s, count);
            const bool handed =
                handing<Core>::give_away(core, s, count, handing<Core>::how::by_fairness, wake);
            // A waiter that could have it destroyed to make room has found it in use. If it went to
            // another waiter, there may be others that are idle, and it sleeps.
            if (handed && Core::comparable && ended != use::lease)
                handing<Core>::tell_of_room_to_make(core, wake);
            without_keeper<Core>::help(core, wake);
            if (ended == use::view) viewing<Core>::ended(core);
        }
        wake.deliver();
        return hr::s_ok;
    }

    // The desk, under the lock: what speaks against lending the resource again.
    static std::optional<destroy_reason>
    reason_to_go(Core& core, const slot_type& s, lending_word::type seen) noexcept {
        if (lending_word::has(seen, lending_word::closing)) return destroy_reason::closed;
        if (lending_word::has(seen, lending_word::condemned)) return s.why;
        if (core.surplus() > 0) return destroy_reason::shrunk;
        if (core.is_draining() && core.waiters.empty()) return destroy_reason::closed;
        return std::nullopt;
    }

    // An end after which nobody may use the resource. Returns what the driver's destroy said;
    // lend_e_stale, and nothing is called, if it is the parent's of this process.
    static hresult destroy(Core& core,
                           slot_type& s,
                           use ended,
                           destroy_reason why,
                           on where = on::thread_of_the_options) noexcept {
        if (forking<Core>::is_inherited(s)) return hr::lend_e_stale;
        lock_type lock(core.mutex);
        return destroy_locked(core, lock, s, ended, why, where);
    }

    // The same with the lock held, which is let go. The core may be gone afterwards.
    static hresult destroy_locked(Core& core,
                                  lock_type& lock,
                                  slot_type& s,
                                  use ended,
                                  destroy_reason why,
                                  on where = on::thread_of_the_options) noexcept {
        core.wait_for_interrupt(lock, s);
        if (where == on::another_thread && destroy_aside(core, lock, s, ended, why))
            return hr::s_ok;
        // A caller without time that makes room needs it at once, and after the close the thread
        // that ends a lease destroys.
        if (core.options.destroy_on == destroy_mode::background &&
            why != destroy_reason::made_room && !core.closing) {
            take_away(core, s, ended, why);
            s.why = why;
            backroom<Core>::destroy_later(core, lock, s);
            return hr::s_ok;
        }
        const hresult code = destroy_in_place(core, lock, s, ended, why);
        making<Core>::leave_vacant(core, lock, s);
        return code;
    }

    // The same, with the lock held again afterwards, and the slot still the caller's.
    static hresult destroy_in_place(
        Core& core, lock_type& lock, slot_type& s, use ended, destroy_reason why) noexcept {
        core.wait_for_interrupt(lock, s);
        take_away(core, s, ended, why);
        lock.unlock();
        const hresult code = core.destroy_in(s, why);
        lock.lock();
        ++core.counted.destroyed;
        return code;
    }

    // Under the lock, by the owner: the slot's resource is on its way out. One that was reclaimed
    // stays out of the size.
    static void begin_destroying(slot_type& s, use ended) noexcept {
        const lending_word::type seen = s.word.peek();
        lending_word::type state = lending_word::destroying;
        if (lending_word::is(seen, lending_word::reclaimed)) {
            state = lending_word::reclaimed;
            // Relaxed: for closers, who look under the lock, and observers.
            s.phase.store(slot_phase::destroying, std::memory_order_relaxed);
        }
        s.word.become(lending_word::count_of(seen) +
                      (ended == use::lease ? lending_word::one_lending : 0) +
                      (seen & lending_word::closing) + state);
    }

private:
    // On a thread of the pool's own, never on the user's executor: a task there may be the caller.
    // With the lock, which is let go if it is true.
    static bool destroy_aside(
        Core& core, lock_type& lock, slot_type& s, use ended, destroy_reason why) noexcept {
        if (!sending_away<Core>::get_help(core)) return false;
        take_away(core, s, ended, why);
        s.why = why;
        sending_away<Core>::leave_to_help(core, s);
        wakes wake;
        if (why == destroy_reason::made_room) {
            core.makes_room();
            making<Core>::see_to_the_time(core, wake); // for a waiter that finds it takes too long
        }
        lock.unlock();
        wake.deliver();
        return true;
    }

    // Under the lock, by the owner.
    static void take_away(Core& core, slot_type& s, use ended, destroy_reason why) noexcept {
        begin_destroying(s, ended);
        if (ended == use::view) viewing<Core>::ended(core);
        core.count_closed(why);
        core.note_progress(); // it is lent no more
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_GIVING_BACK_HPP
