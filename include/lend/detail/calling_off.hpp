// SPDX-License-Identifier: MIT
/// @file
/// The stop that calls a wait off: what its callback does.

#ifndef LEND_DETAIL_CALLING_OFF_HPP
#define LEND_DETAIL_CALLING_OFF_HPP

#include <lend/hresult.hpp>

namespace lend::inline v0_1 {
namespace detail {

// Dismisses a caller who waits, under the lock. So it leaves the queue in the very step in which it
// is told, and is never handed anything afterwards; what it was told to look for is left to the
// next. If an answer was there before, that one stands.
//
// A caller that is not in the queue is looking at something that it was given, and asks for itself
// whether a stop was requested before it joins again.
//
// The callback's destructor waits for a call that runs on another thread, and that call takes the
// lock: never end the callback under the lock.
template <class Core>
struct calling_off {
    Core& core;
    typename Core::waiter_type& caller;

    void operator()() const noexcept {
        typename Core::wakes wake;
        {
            const typename Core::lock_type lock(core.mutex);
            if (!caller.queued) return;
            const bool owes_a_look = core.waiters.dismiss(caller, hr::lend_e_cancelled, wake);
            // While creates fail, somebody must know when to try again.
            if (owes_a_look || core.plan.failing()) core.waiters.poke(core.waiters.head(), wake);
        }
        wake.deliver();
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_CALLING_OFF_HPP
