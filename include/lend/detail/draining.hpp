// SPDX-License-Identifier: MIT
/// @file
/// The end of a pool that lets its borrowers finish: newcomers are refused, what comes back is not
/// lent again but to those who waited before, and at a deadline it is told who held out.

#ifndef LEND_DETAIL_DRAINING_HPP
#define LEND_DETAIL_DRAINING_HPP

#include <lend/detail/closing.hpp>
#include <lend/detail/core.hpp>
#include <lend/detail/giving_back.hpp>
#include <lend/detail/handing.hpp>
#include <lend/detail/holders.hpp>
#include <lend/detail/interrupting.hpp>
#include <lend/detail/later.hpp>
#include <lend/detail/sending_away.hpp>
#include <lend/drain_report.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// Draining a pool sets `draining`, which newcomers find on the slow way, and walks the slots once
// so that all come by the slow way: idle ones go to those who wait or are destroyed, and what is in
// use gets the flag `wanted`, so that it comes to the desk. From then on a slot is idle only for a
// waiter who is to look, and withheld from the fast path; whatever else comes to the desk while
// nobody waits is destroyed.
//
// The drainer sleeps on `settled`, which changes with each slot that becomes empty or comes to the
// backroom, and each caller that has left the queue. Nothing lent is left then; what the pool's own
// threads still reset or destroy is waited for by the close.
//
// Interrupts are a thread's of the pool where it may have one, for the drainer has a deadline. It
// stops when the pool closes, and close counts the call that it is in.
//
// An interrupted slot stays with its holder, for whose calls `interrupt` may come at any time but
// not after its destroy has begun: whoever ends a use at the desk waits until the call returns.
template <class Core>
struct draining {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using wakes = typename Core::wakes;
    using time_point = typename Core::time_point;
    using back = giving_back<Core>;
    using hand = handing<Core>;
    using close_it = closing<Core>;

    // How long is waited after the deadline, the interrupts included: time enough for a borrower to
    // see that its call was broken off, and to end its lease.
    static constexpr std::chrono::nanoseconds moment = std::chrono::seconds(1);

    static drain_report
    drain(Core& core, time_point deadline, drain_mode mode, queued_mode queued) noexcept {
        drain_report report;
        const time_point latest = later((std::max)(deadline, platform::now()), moment);
        core.add_share();
        begin(core, queued);
        wait(core, deadline);
        wakes wake;
        {
            const lock_type lock(core.mutex);
            report.hold_outs = holders<Core>::all(core, platform::now());
            // Nobody is lent anything from here.
            if (!core.closing) close_it::refuse_waiters(core, wake);
        }
        wake.deliver();
        if (mode == drain_mode::forced && is_any_lent(core)) {
            deadline = latest;
            interrupt_aside(core, deadline);
            wait(core, deadline);
        }
        const auto end = close_it::close(core, deadline, close_it::on::another_thread);
        report.closed = end.code;
        report.calls = end.calls;
        core.events.drained(report.hold_outs.size());
        core.drop_share();
        return report;
    }

private:
    static void begin(Core& core, queued_mode queued) noexcept {
        slot_type* leaving = nullptr;
        wakes wake;
        {
            const lock_type lock(core.mutex);
            if (core.closing) return;
            // Relaxed: who does not find it was there before; the lock and the words decide.
            core.draining.store(true, std::memory_order_relaxed);
            if (queued == queued_mode::refuse) close_it::refuse_waiters(core, wake);
            core.warm_ups.tell_all();
            core.slots.for_each([&](slot_type& s) { call_in(core, s, leaving, wake); });
        }
        wake.deliver();
        (void)sending_away<Core>::destroy_aside(core, leaving);
    }

    static void call_in(Core& core, slot_type& s, slot_type*& leaving, wakes& wake) noexcept {
        lending_word::type word = s.word.see();
        for (;;) {
            if (lending_word::is(word, lending_word::idle)) {
                if (Core::take_idle(s, word)) break;
                word = s.word.see();
            } else if (lending_word::is(word, lending_word::in_use) &&
                       !lending_word::has(word, lending_word::wanted)) {
                if (s.word.want(word)) return;
            } else {
                return;
            }
        }
        if (core.waiters.empty()) {
            back::begin_destroying(s, back::use::look);
            core.count_closed(destroy_reason::closed);
            s.why = destroy_reason::closed;
            s.next = leaving;
            leaving = &s;
        } else {
            hand::give_away(core, s, lending_word::count_of(word), hand::how::directly, wake);
        }
    }

    // Until no caller waits and nothing is lent, or with a caller that may get it; until the pool
    // is closed, or until the deadline.
    static void wait(Core& core, time_point deadline) noexcept {
        for (;;) {
            const std::uint32_t seen = core.settled.see();
            if (is_drained(core) || platform::now() >= deadline) break;
            core.settled.sleep(seen, deadline);
        }
        core.settled.wake(); // there may be others who sleep on it, and one is woken at a time
    }

    static bool is_drained(Core& core) noexcept {
        const lock_type lock(core.mutex);
        if (core.closing) return true;
        if (!core.waiters.empty()) return false;
        return core.slots.find([&](slot_type& s) {
            const lending_word::type word = s.word.peek();
            const bool is_with_others =
                lending_word::is(word, lending_word::creating) ||
                (lending_word::is_out(word) && !holders<Core>::is_in_backroom(core, s));
            return is_with_others && !own_calls<platform>::on(&s);
        }) == nullptr;
    }

    // Whether there is anything to interrupt.
    static bool is_any_lent(Core& core) noexcept {
        const lock_type lock(core.mutex);
        return Core::traits::has_interrupt && !core.closing && core.slots.find([&](slot_type& s) {
            return holders<Core>::is_lent(core, s, s.word.see());
        }) != nullptr;
    }

    // Where no thread can be had, the calling one interrupts, and begins no call after the
    // deadline.
    static void interrupt_aside(Core& core, time_point deadline) noexcept {
        {
            const lock_type lock(core.mutex);
            if (core.has_threads() && core.start_thread("interrupt", &work)) {
                core.add_share();
                ++core.workers;
                return;
            }
        }
        interrupt_all(core, deadline);
    }

    static void work(void* raw) {
        Core& core = *static_cast<Core*>(raw);
        const own_calls<platform> here(&core, nullptr, 1);
        interrupt_all(core, (time_point::max)());
        lock_type lock(core.mutex);
        --core.workers;
        core.leave_closed(lock);
    }

    static void interrupt_all(Core& core, time_point deadline) noexcept {
        core.slots.for_each([&](slot_type& s) {
            if (deadline != (time_point::max)() && platform::now() >= deadline) return;
            (void)interrupting<Core>::one(core, s, [&](lending_word::type word) {
                return holders<Core>::is_lent(core, s, word);
            });
        });
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_DRAINING_HPP
