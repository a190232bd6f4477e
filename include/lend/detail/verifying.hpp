// SPDX-License-Identifier: MIT
/// @file
/// Active checks for callers that have a deadline: a worker makes the check, and the caller waits
/// in the queue like any other, for this resource or whatever comes first.

#ifndef LEND_DETAIL_VERIFYING_HPP
#define LEND_DETAIL_VERIFYING_HPP

#include <lend/detail/admitting.hpp>
#include <lend/detail/core.hpp>
#include <lend/detail/doubting.hpp>
#include <lend/detail/giving_back.hpp>
#include <lend/detail/handing.hpp>
#include <lend/detail/outage.hpp>
#include <lend/detail/own_calls.hpp>
#include <lend/detail/phases.hpp>
#include <lend/detail/same_kind.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace lend::inline v0_1 {
namespace detail {

// A waiter that finds a resource in doubt gives it to this room and stays in the queue. The slot is
// the room's then: in use, in phase `checking`, linked through `next` until a worker takes it. So
// it is neither lent nor lost: what passes goes to the first waiter whom it fits, or to the
// inventory; what does not is destroyed, and the waiter is told to look for another candidate.
//
// A waiter is covered while a resource is being checked for it, but for no longer than
// `core::counted_on_for`: it calls for no create, and takes no other candidate that is in doubt.
// After that time the check goes on, and the waiter tries the next candidate, or has one made. So
// no more checks are under way than there are waiters, those that hang apart.
//
// Each check that is sent starts a worker, which ends when the queue is empty. These are threads of
// the pool, never of the user's executor: a task there may itself be waiting for the check. Where
// none can be had, the caller checks.
template <class Core>
struct verifying {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using waiter_type = typename Core::waiter_type;
    using request_type = typename Core::request_type;
    using wakes = typename Core::wakes;
    using back = giving_back<Core>;
    using hand = handing<Core>;
    using steps = admitting<Core>;

    // Whether this resource, which the caller owns, has to be checked before it is lent to a caller
    // that has no time for that.
    static bool
    is_called_for(const Core& core, const slot_type& s, const request_type& asked) noexcept {
        if constexpr (!Core::traits::has_check) {
            return false;
        } else {
            return doubting<Core>::is_in_doubt(core, s) && asked.is_bounded() && core.has_threads();
        }
    }

    // By a waiter in the queue that owns the slot, which is the room's from here on. Under the
    // lock; the caller lets it go and calls `start`.
    static void send(Core& core, slot_type& s, waiter_type& w) noexcept {
        // Relaxed: observers take what they find, and the closer holds the lock.
        s.phase.store(slot_phase::checking, std::memory_order_relaxed);
        core.unchecked.push(s);
        core.waiters.cover(w, s);
        core.add_share();
        ++core.workers;
    }

    // Starts the worker for a slot that was sent. False if there is no thread to be had, and no
    // other worker has taken the slot: then it is the caller's again.
    [[nodiscard]] static bool start(Core& core, slot_type& s) noexcept {
        if (core.start_thread("check", &work)) return true;
        wakes wake;
        lock_type lock(core.mutex);
        const bool is_mine = take_back(core, s, wake);
        --core.workers;
        core.leave_closed(lock);
        wake.deliver();
        return !is_mine;
    }

private:
    // It may be for another waiter by now. Under the lock.
    static bool take_back(Core& core, slot_type& s, wakes& wake) noexcept {
        if (core.unchecked.take([&](const slot_type& at) { return &at == &s; }) == nullptr)
            return false;
        // Relaxed: as in `send`.
        s.phase.store(slot_phase::none, std::memory_order_relaxed);
        look_for_another(core, s, wake);
        return true;
    }

    static void work(void* raw) {
        Core& core = *static_cast<Core*>(raw);
        const own_calls<platform> here(&core, nullptr, 1);
        lock_type lock(core.mutex);
        while (slot_type* const s = core.unchecked.pop()) {
            lock.unlock();
            verify_one(core, *s);
            lock.lock();
        }
        --core.workers;
        core.leave_closed(lock);
    }

    static void verify_one(Core& core, slot_type& s) noexcept {
        const own_calls<platform> here(&core, &s);
        const std::uint64_t elders = outage<Core>::elders(core);
        health state = health::good;
        const bool open = phases<Core>::during(s, slot_phase::checking, [&] {
            state = Core::calls::ask_health(core.driver, s.object, check_kind::active,
                                            Core::calls::until(core.options.check_timeout),
                                            [&](const error& why) { steps::unfit(core, s, why); });
        });
        if (open && state == health::good) return passed(core, s);
        wakes wake;
        {
            const lock_type lock(core.mutex);
            look_for_another(core, s, wake);
        }
        wake.deliver();
        steps::reject(core, s, !open, state, elders, back::on::thread_of_the_options);
    }

    static void passed(Core& core, slot_type& s) noexcept {
        std::optional<destroy_reason> why;
        wakes wake;
        {
            lock_type lock(core.mutex);
            doubting<Core>::settled_locked(core, s);
            core.wait_for_interrupt(lock, s);
            const lending_word::type seen = s.word.peek();
            why = back::reason_to_go(core, s, seen);
            if (why) {
                look_for_another(core, s, wake);
            } else {
                give(core, s, lending_word::count_of(seen), wake);
            }
        }
        wake.deliver(); // before a destroy, which may hang
        if (why) (void)back::destroy(core, s, back::use::look, *why);
    }

    // Where only the driver can tell whom it fits, it is for the waiter that chose it, if that is
    // the first; otherwise the waiters look one after the other. Under the lock.
    static void give(Core& core, slot_type& s, lending_word::type count, wakes& wake) noexcept {
        waiter_type* const chose = s.checked_for;
        if (Core::typed && !Core::comparable && chose != nullptr && chose == core.waiters.head() &&
            !core.paused) {
            core.waiters.check_ends(*chose);
            typename hand::clock now;
            if (chose->deadline == (Core::time_point::max)() || chose->deadline > now()) {
                return hand::hand_to(core, s, count, *chose, check_due::none, now, wake);
            }
        }
        // It may go to one that came before. Then the check that is made for that one, if any, is
        // for the waiter that chose this; without one, it needs another candidate.
        slot_type* const others = checked_for_the_first(core, s);
        hand::give_away(core, s, count, hand::how::directly, wake, check_due::none);
        if (chose != nullptr && s.checked_for == chose && others != nullptr &&
            others->checked_for == nullptr) {
            core.waiters.cover(*chose, *others);
        }
        look_for_another(core, s, wake);
    }

    // What is being checked for the first waiter whom this would fit; null for none. Under the
    // lock.
    static slot_type* checked_for_the_first(Core& core, const slot_type& s) noexcept {
        const waiter_type* first = core.waiters.head();
        if constexpr (Core::comparable)
            first = core.waiters.first(
                [&](const waiter_type& w) { return same_kind(*w.wanted, *s.type); });
        return first == nullptr || first->checked == &s ? nullptr : first->checked;
    }

    // The check is over for the waiter that it was made for, if that one still waits. Under the
    // lock.
    static void look_for_another(Core& core, slot_type& s, wakes& wake) noexcept {
        waiter_type* const w = s.checked_for;
        if (w == nullptr) return;
        core.waiters.check_ends(*w);
        core.waiters.poke(w, wake);
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_VERIFYING_HPP
