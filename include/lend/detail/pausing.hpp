// SPDX-License-Identifier: MIT
/// @file
/// Pause and resume: nothing is lent in between, and neither of the two waits for anything.

#ifndef LEND_DETAIL_PAUSING_HPP
#define LEND_DETAIL_PAUSING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/handing.hpp>
#include <lend/detail/making.hpp>

#include <cstddef>

namespace lend::inline v0_1 {
namespace detail {

// A pool is paused under its lock; then the flag `paused` goes into the word of everything that is
// idle or in use. Idle, it cannot be taken, by a fast path or a look. In use, it is met on its
// word: whoever took it a moment before and has not lent it yet finds the flag and takes it back;
// whoever gives it back finds the flag, comes to the desk, and leaves it idle with the flag.
//
// Invariant: while a pool is paused and its lock is free, every idle word has the flag, and nothing
// is handed over. Resources may be idle while callers wait; all of them are served by `resume`.
//
// The housekeeper goes on: what is too old goes, what is to be kept ready is made.
template <class Core>
struct pausing {
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using wakes = typename Core::wakes;
    using make = making<Core>;

    // s_false: it was paused already, and is now in this manner.
    static hresult pause(Core& core, pause_mode mode) noexcept {
        wakes wake;
        bool already = false;
        {
            const lock_type lock(core.mutex);
            if (core.closing) return hr::lend_e_closed;
            already = core.paused.has_value();
            core.paused = mode;
            core.slots.for_each([&](slot_type& s) { mark(s); });
            if (mode == pause_mode::fail) refuse_waiters(core, wake);
        }
        wake.deliver();
        if (already) return hr::s_false;
        core.events.paused();
        return hr::s_ok;
    }

    // s_false: it was not paused.
    static hresult resume(Core& core) noexcept {
        wakes wake;
        typename make::errand todo;
        {
            const lock_type lock(core.mutex);
            if (core.closing) return hr::lend_e_closed;
            if (!core.paused) return hr::s_false;
            core.paused.reset();
            if (core.delay.is_on()) core.delay.restart(Core::platform::now());
            core.slots.for_each([&](slot_type& s) { give_out(core, s, wake); });
            todo = make::plan_for_waiters(core, wake);
            // Those who came meanwhile could not see what there is.
            core.waiters.poke(core.waiters.head(), wake);
        }
        wake.deliver();
        make::start(core, todo);
        core.events.resumed();
        return hr::s_ok;
    }

    // By the owner of a slot that is about to be lent: whether the pool was paused since it was
    // taken, so that it has to go back.
    static bool holds_back(Core& core, const slot_type& s) noexcept {
        if (!lending_word::has(s.word.peek(), lending_word::paused)) [[likely]]
            return false;
        const lock_type lock(core.mutex);
        return core.paused.has_value();
    }

private:
    static void mark(slot_type& s) noexcept {
        lending_word::type seen = s.word.peek();
        while ((lending_word::is(seen, lending_word::idle) ||
                lending_word::is(seen, lending_word::in_use)) &&
               !s.word.pause(seen)) {
        }
    }

    static void refuse_waiters(Core& core, wakes& wake) noexcept {
        while (!core.waiters.empty()) {
            (void)core.waiters.dismiss(*core.waiters.head(), hr::lend_e_paused, wake);
        }
    }

    // To the first who waits for it, or to the fast paths again.
    static void give_out(Core& core, slot_type& s, wakes& wake) noexcept {
        lending_word::type seen = s.word.peek();
        while (lending_word::is(seen, lending_word::idle) &&
               lending_word::has(seen, lending_word::paused)) {
            if (core.waiters.empty()) {
                if (s.word.resume(seen)) return;
            } else if (core.take_idle(s, seen)) {
                handing<Core>::give_away(core, s, lending_word::count_of(seen),
                                         handing<Core>::how::directly, wake);
                return;
            } else {
                seen = s.word.peek();
            }
        }
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_PAUSING_HPP
