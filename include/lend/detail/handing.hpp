// SPDX-License-Identifier: MIT
/// @file
/// To whom a free resource goes: to the first waiter whom it fits, or to the inventory.

#ifndef LEND_DETAIL_HANDING_HPP
#define LEND_DETAIL_HANDING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/later.hpp>
#include <lend/detail/same_kind.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace lend::inline v0_1 {
namespace detail {

// The time of one hand-over: read at most once, and only if somebody's deadline or hold asks for
// it.
template <class Platform>
class time_of_hand_over {
public:
    typename Platform::time_point operator()() noexcept {
        if (!at_) at_ = Platform::now();
        return *at_;
    }

private:
    std::optional<typename Platform::time_point> at_;
};

// Invariant: a resource that a waiter could take is idle only while a waiter is on its way to look,
// or the pool is paused. That way is either a poke that has not been answered, or the first look of
// a newcomer.
template <class Core>
struct handing {
    using slot_type = typename Core::slot_type;
    using waiter_type = typename Core::waiter_type;
    using platform = typename Core::platform;
    using clock = time_of_hand_over<platform>;

    // A lease that was seen to last this long is handed over directly. Shorter ones are left idle
    // and the first waiter is woken, for a waiter needs about that time to get up: two context
    // switches and a futex call, 15 to 30 us on the machines it was measured on. Half or double of
    // it changes throughput by less than a tenth.
    static constexpr std::chrono::nanoseconds long_hold = std::chrono::microseconds(20);

    enum class how : std::uint8_t { directly, by_fairness };

    // Gives away a slot that the caller owns. `count` is the count of the word it will have.
    // `due`: the check that is left for a waiter that it is handed to. True if a waiter has it now.
    // Under the lock of a pool that is not closed.
    static bool give_away(Core& core,
                          slot_type& s,
                          lending_word::type count,
                          how way,
                          typename Core::wakes& wake,
                          check_due due = check_due::usual) noexcept {
        if (core.paused) {
            s.word.become(core.idle_word(s, count));
            return false;
        }
        clock now;
        waiter_type* const w = core.waiters.empty() ? nullptr : first_fitting(core, s, now, wake);
        if (w != nullptr && (way == how::directly || may_hand_over(core, s, *w, now))) {
            checks<Core>::may_be_served(core, *w, is_late(*w, now));
            hand_to(core, s, count, *w, due, now, wake);
            return true;
        }
        // In a pool that is drained, it is for those who wait.
        const bool drains = core.is_draining();
        s.word.become(core.idle_word(s, count) |
                      (drains ? lending_word::withheld : lending_word::empty));
        if (Core::comparable && w == nullptr) {
            tell_of_room_to_make(core, wake);
        } else {
            // Where lend cannot tell whom it fits, each waiter tries for itself, the first one
            // first.
            core.waiters.poke(w != nullptr ? w : quota<Core>::first_served(core), wake);
        }
        return false;
    }

    // Something may be idle that is of no use to anyone as it is: the first whom a create would
    // serve may have it destroyed, if that is what it takes.
    static void tell_of_room_to_make(Core& core, typename Core::wakes& wake) noexcept {
        if (core.room() == 0 && core.creates.size() < core.demand())
            core.waiters.poke(quota<Core>::first_served(core), wake);
    }

    // A resource has left a place: where the pool has no room all the same, because it was shrunk,
    // a waiter that counted on this place, or whose key has room now, may have to make some.
    static void place_left(Core& core, typename Core::wakes& wake) noexcept {
        if (Core::typed && core.room() == 0)
            core.waiters.poke(quota<Core>::first_served(core), wake);
    }

    // A slot that the caller owns is this waiter's from now on. Under the lock.
    static void hand_to(Core& core,
                        slot_type& s,
                        lending_word::type count,
                        waiter_type& w,
                        check_due due,
                        clock& now,
                        typename Core::wakes& wake) noexcept {
        const bool more = core.waiters.size() > 1 || core.watches_returns();
        const lending_word::type word = count | lending_word::in_use | core.fate() |
                                        (more ? lending_word::wanted : lending_word::empty);
        s.word.become(word);
        if (more) note_hold(core, s, now);
        ++core.counted.handed_over;
        w.due = due;
        core.waiters.answer(w, s, word, wake);
    }

    // From now on the slot's use is being timed.
    static void note_hold(Core& core, slot_type& s, clock now = {}) noexcept {
        if (core.options.fairness == fairness_mode::strict) return;
        // Relaxed: a time for a choice between two right ways.
        s.held_since.store(ticks(now()), std::memory_order_relaxed);
    }

private:
    static std::int64_t ticks(typename Core::time_point at) noexcept {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
    }

    // The first waiter whom the slot fits, if lend can tell. Those before it whose time is up, or
    // who are to be shed, are dismissed, each once, so it costs nothing that they were many.
    static waiter_type*
    first_fitting(Core& core, slot_type& s, clock& now, typename Core::wakes& wake) {
        bool owes_a_look = false;
        waiter_type* w = core.waiters.head();
        while (w != nullptr) {
            waiter_type* const next = w->next;
            if (is_late(*w, now)) {
                owes_a_look |= core.waiters.dismiss_late(*w, wake);
            } else if (!Core::comparable || fits(*w, s)) {
                if (!is_to_be_shed(core, *w, now)) break;
                owes_a_look |= core.waiters.dismiss(*w, hr::lend_e_shed, wake);
            }
            w = next;
        }
        if (owes_a_look) core.waiters.poke(core.waiters.head(), wake);
        if (Core::typed && !Core::comparable) return nullptr; // only the driver can tell
        return w;
    }

    // Never while it could have something else.
    static bool is_to_be_shed(Core& core, const waiter_type& w, clock& now) noexcept {
        if (!core.delay.is_on() || !core.delay.is_too_late(now(), w.since)) return false;
        const bool something_idle = core.slots.find([](slot_type& s) {
            return lending_word::is(s.word.peek(), lending_word::idle);
        }) != nullptr;
        if (!something_idle) core.delay.refused();
        return !something_idle;
    }

    static bool is_late(const waiter_type& w, clock& now) noexcept {
        return w.deadline != (Core::time_point::max)() && w.deadline <= now();
    }

    static bool fits(const waiter_type& w, const slot_type& s) {
        if constexpr (Core::comparable) {
            return same_kind(*w.wanted, *s.type);
        } else {
            return !Core::typed;
        }
    }

    static bool may_hand_over(Core& core, slot_type& s, waiter_type& w, clock& now) noexcept {
        if (core.options.fairness == fairness_mode::strict || core.is_draining()) return true;
        if (w.looked) return true;
        // Relaxed: every writer of the state holds the lock. One that is told to look will come.
        if (w.state.load(std::memory_order_relaxed) != waiter_state::waiting) return false;
        // Relaxed: see note_hold.
        const std::int64_t since = s.held_since.load(std::memory_order_relaxed);
        return saturated_difference(ticks(now()), since) >= long_hold.count();
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_HANDING_HPP
