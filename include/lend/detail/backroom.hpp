// SPDX-License-Identifier: MIT
/// @file
/// Resets and destroys off the borrower's path: a queue of slots whose use has ended, and
/// short-lived workers that finish them.

#ifndef LEND_DETAIL_BACKROOM_HPP
#define LEND_DETAIL_BACKROOM_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/forking.hpp>
#include <lend/detail/giving_back.hpp>
#include <lend/detail/later.hpp>
#include <lend/detail/making.hpp>
#include <lend/detail/measuring.hpp>
#include <lend/detail/phases.hpp>

#include <chrono>
#include <cstddef>

namespace lend::inline v0_1 {
namespace detail {

// A slot in the queue is owned by the backroom: in use if it is to be reset, destroying if what is
// in it is to go. Handing it over allocates nothing. What was reset goes the way of a resource that
// comes back: to a waiter, or to the inventory.
//
// A worker is started for each slot that comes while fewer than `most_workers` are there, and ends
// when the queue is empty. Where none can be started, the caller works.
//
// Close waits for the workers. What was not reset by then is destroyed; what was lent then, by
// whoever ends its lease.
template <class Core>
struct backroom {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using calls = typename Core::calls;
    using back = giving_back<Core>;

    // Threads at one time: one that hangs in a driver does not hold up the others, and many ends
    // at once do not start as many threads. If all of them hang, what comes next gets another one.
    static constexpr std::size_t most_workers = 4;
    static constexpr std::chrono::nanoseconds patience_with_calls = std::chrono::seconds(1);

    // Takes over a slot in use, to be reset. The core may be gone afterwards.
    static LEND_NOINLINE hresult reset_later(Core& core, slot_type& s) noexcept {
        if (forking<Core>::is_inherited(s)) return hr::lend_e_stale;
        s.borrower.end();
        lock_type lock(core.mutex);
        if (core.closing) {
            lock.unlock();
            reset(core, s);
            return hr::s_false;
        }
        // Relaxed: a gauge, and the closer meets it under the lock.
        s.phase.store(slot_phase::resetting, std::memory_order_relaxed);
        enter(core, lock, s);
        return hr::s_ok;
    }

    // Takes over a slot in state destroying, whose reason is in the slot. With the lock, which is
    // let go. The core may be gone afterwards.
    static void destroy_later(Core& core, lock_type& lock, slot_type& s) noexcept {
        enter(core, lock, s);
    }

private:
    static void enter(Core& core, lock_type& lock, slot_type& s) noexcept {
        core.unfinished.push(s);
        core.note_progress(); // it is lent no more
        if (core.finishers >= most_workers && !are_stuck(core)) return lock.unlock();
        ++core.finishers;
        core.last_finish = platform::now(); // of this thread, which has yet to come to a slot
        core.add_share();
        lock.unlock();
        if (!core.run_elsewhere("back", &work)) work(&core);
    }

    // Whether no thread was started and none has taken a slot for a while. Under the lock.
    static bool are_stuck(const Core& core) noexcept {
        return platform::now() >= later(core.last_finish, patience_with_calls);
    }

    static void work(void* raw) {
        Core& core = *static_cast<Core*>(raw);
        const own_calls<platform> here(&core, nullptr, 1);
        lock_type lock(core.mutex);
        while (slot_type* const s = core.unfinished.pop()) {
            core.last_finish = platform::now();
            lock.unlock();
            finish(core, *s);
            lock.lock();
        }
        --core.finishers;
        core.leave_closed(lock);
    }

    // Ends a use of which the lease has gone: the reset, and what follows from it.
    static void reset(Core& core, slot_type& s) noexcept {
        const own_calls<platform> here(&core, &s);
        bool clean = false;
        if (core.measures_uses) measuring<Core>::reset_begins(s);
        const bool open = phases<Core>::during(
            s, slot_phase::resetting,
            [&] {
                clean =
                    calls::reset(core.driver, s.object, core.options.reset_timeout,
                                 [&](const error& e) { core.events.reset_failed(s.number, e); });
            },
            lending_word::condemned);
        if (!open) return (void)back::clean_slowly(core, s, back::use::lease);
        if (core.measures_uses) measuring<Core>::reset_ended(core, s, clean);
        if (!clean) {
            (void)back::destroy(core, s, back::use::lease, destroy_reason::reset_failed);
            return;
        }
        checks<Core>::note_clean(s, true);
        back::clean(core, s, s.word.peek(), back::use::lease);
    }

    static bool is_going(const slot_type& s) noexcept {
        // Relaxed: written under the lock under which the slot was queued.
        return lending_word::is(s.word.see(), lending_word::destroying) ||
               s.phase.load(std::memory_order_relaxed) == slot_phase::destroying; // reclaimed
    }

    static void finish(Core& core, slot_type& s) noexcept {
        if (!is_going(s)) return reset(core, s);
        (void)core.destroy_in(s, s.why);
        lock_type lock(core.mutex);
        ++core.counted.destroyed;
        making<Core>::leave_vacant(core, lock, s);
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_BACKROOM_HPP
