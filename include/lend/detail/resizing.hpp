// SPDX-License-Identifier: MIT
/// @file
/// Another maximum, and another number of idle resources to be kept ready, while the pool is used.

#ifndef LEND_DETAIL_RESIZING_HPP
#define LEND_DETAIL_RESIZING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/giving_back.hpp>
#include <lend/detail/handing.hpp>
#include <lend/detail/making.hpp>
#include <lend/detail/sending_away.hpp>

#include <cstddef>

namespace lend::inline v0_1 {
namespace detail {

// A larger maximum holds at once: those who wait get creates for the new places.
//
// A smaller one takes effect as resources come to hand. Idle ones go at once, destroyed by the
// caller; a lent one goes at the desk when it comes back, for which `wanted` is set in its word;
// one in creation goes when it is made. Those on their way out count until their destroy has
// returned, but no other goes in their stead.
//
// Invariant: while there are more than may be, the size does not grow, nothing is idle, and every
// slot in use comes to the desk. It holds from this walk on: at the desk and at the end of a create
// what is too much goes, and what stays is no longer too much.
template <class Core>
struct resizing {
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using wakes = typename Core::wakes;
    using back = giving_back<Core>;
    using make = making<Core>;

    // The sizes have been validated.
    static hresult resize(Core& core, std::size_t max_size, std::size_t min_idle) noexcept {
        slot_type* leaving = nullptr;
        typename make::errand todo;
        wakes wake;
        {
            const lock_type lock(core.mutex);
            if (core.closing) return hr::lend_e_closed;
            core.limits = {max_size, min_idle};
            leaving = take_surplus(core);
            todo = make::plan_for_waiters(core, wake);
            // Who counted on the room that is gone may have to make some.
            if (Core::typed && core.room() == 0)
                core.waiters.poke(quota<Core>::first_served(core), wake);
            core.start_housekeeper_if_needed();
            core.chores.change();
        }
        core.chores.wake();
        wake.deliver();
        make::start(core, todo);
        core.events.resized(max_size, min_idle);
        (void)sending_away<Core>::destroy_as_chosen(core, leaving);
        return hr::s_ok;
    }

private:
    // Under the lock. Returns the idle ones that are to go, taken and linked, and leaves a flag in
    // every slot in use. A slot that changes hands meanwhile is met on its word: it is found idle,
    // or in use and flagged.
    static slot_type* take_surplus(Core& core) noexcept {
        slot_type* leaving = nullptr;
        std::size_t surplus = core.surplus();
        if (surplus == 0) return leaving;
        core.slots.for_each([&](slot_type& s) {
            lending_word::type word = s.word.see();
            for (;;) {
                if (lending_word::is(word, lending_word::idle) && surplus > 0) {
                    if (s.word.take(word)) {
                        back::begin_destroying(s, back::use::look);
                        core.count_closed(destroy_reason::shrunk);
                        s.why = destroy_reason::shrunk;
                        s.next = leaving;
                        leaving = &s;
                        --surplus;
                        return;
                    }
                    word = s.word.see();
                } else if (lending_word::is(word, lending_word::in_use) &&
                           !lending_word::has(word, lending_word::wanted)) {
                    if (s.word.want(word)) return handing<Core>::note_hold(core, s);
                } else {
                    return;
                }
            }
        });
        return leaving;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_RESIZING_HPP
