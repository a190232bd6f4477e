// SPDX-License-Identifier: MIT
/// @file
/// The driver's `interrupt` for a resource that somebody holds: never while it is destroyed, nor
/// after it left the pool.

#ifndef LEND_DETAIL_INTERRUPTING_HPP
#define LEND_DETAIL_INTERRUPTING_HPP

#include <lend/detail/core.hpp>

namespace lend::inline v0_1 {
namespace detail {

// One resource of a pool at a time. Its borrower goes on meanwhile; but whoever ends a use at the
// desk waits until the call for its own resource has returned: see core::wait_for_interrupt.
template <class Core>
struct interrupting {
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using calls = typename Core::calls;

    // Calls it if `still(word)` is true of the slot's word, under the lock; waits for another
    // interrupt to return first. False if it was not called. The caller has a share of the core.
    template <class Still>
    static bool one(Core& core, slot_type& s, const Still& still) noexcept {
        if constexpr (!Core::traits::has_interrupt) {
            return false;
        } else {
            {
                lock_type lock(core.mutex);
                while (core.interrupted != nullptr)
                    core.wait_for_interrupt(lock, *core.interrupted);
                if (core.closing || !still(s.word.see())) return false;
                core.interrupted = &s;
            }
            {
                const own_calls<typename Core::platform> here(&core, nullptr, 0, 1);
                calls::interrupt(core.driver, s.object);
            }
            {
                const lock_type lock(core.mutex);
                core.interrupted = nullptr;
                core.interrupts.change();
                core.settled.change();
            }
            core.interrupts.wake();
            core.settled.wake();
            return true;
        }
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_INTERRUPTING_HPP
