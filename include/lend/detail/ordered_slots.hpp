// SPDX-License-Identifier: MIT
/// @file
/// A slot of an ordered inventory: what states it has, and the steps that take it from one to
/// another. Who takes which, and when, is affinity.hpp's.

#ifndef LEND_DETAIL_ORDERED_SLOTS_HPP
#define LEND_DETAIL_ORDERED_SLOTS_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/front.hpp>
#include <lend/detail/later.hpp>
#include <lend/detail/shelves.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// The states of a slot, and who may take it to another:
//   word                place            is
//   idle                on general       free for everyone
//   parked              on enlisted      free for its transaction
//   in_use, not lent    in front         free for everyone, and the newest: see front.hpp
//   in_use, lent        on none          with a borrower
//   in_use, not lent    on any or none   in the hands of a thread that is inside a driver call
//   destroying          on any or none   being destroyed
//
// Without the lock, and without a transaction, what is in front is taken in hands and lent, and
// what is lent is taken in hands and put in front. All else is done under the lock; whoever looks
// there for what is free flushes first, which puts on its shelf what is in front.
//
// A slot in somebody's hands is only marked by others (doomed), never taken away, but by `close`,
// which its owner calls from within a driver call: no other thread is inside then. So after every
// driver call the owner looks whether the inventory is closed, and if so lets go of everything.
//
// All steps are for whoever has the slot in hands, or holds the lock while nobody has. Those that
// take a lock let it go while the driver is called, and have it again when they return.
template <class Core>
struct ordered_slots {
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using time_point = typename Core::time_point;
    using duration = typename Core::duration;

    [[nodiscard]] static bool is_lent(lending_word::type word) noexcept {
        return lending_word::is(word, lending_word::in_use) &&
               lending_word::has(word, lending_word::lent);
    }

    // Puts what is in front on its shelf. Under the lock.
    static void flush(Core& core) noexcept {
        slot_type* const s = core.front.flush();
        if (s == nullptr) return;
        set(*s, lending_word::idle);
        core.shelves.put(*s);
    }

    // Puts away, as the last that came back, what is in the caller's hands. Under the lock.
    static void put_on_shelf(Core& core, slot_type& s) noexcept {
        do {
            flush(core);
            s.place.freed_order = core.front.next_order();
        } while (s.place.freed_order == 0);
        core.shelves.put(s);
    }

    // Under the lock, or after a driver call: only a thread that is inside closes, and only this
    // one is then.
    static bool is_closed(const Core& core) noexcept { return core.closing; }

    static bool is_doomed(const slot_type& s) noexcept {
        // Relaxed: the lock orders it, or the fences do.
        return s.place.doomed.load(std::memory_order_relaxed);
    }
    static void doom(slot_type& s) noexcept {
        // Relaxed: as above.
        s.place.doomed.store(true, std::memory_order_relaxed);
    }

    static void set(slot_type& s, lending_word::type state) noexcept {
        s.word.become(lending_word::count_of(s.word.peek()) | state);
    }

    // Its name may be another's as soon as the driver is asked to destroy it. Under the lock.
    static void begin_end(slot_type& s) noexcept {
        // Relaxed: by the driver this comes before that other.
        s.place.name.store(0, std::memory_order_relaxed);
        set(s, lending_word::destroying);
    }

    static void hold(slot_type& s) noexcept { set(s, lending_word::in_use); }

    static lending_word::type held_word(lending_word::type word) noexcept {
        return lending_word::count_of(word) | lending_word::in_use;
    }
    static lending_word::type lent_word(const slot_type& s) noexcept {
        return held_word(s.word.peek()) | lending_word::lent;
    }

    // A count of its own for each lending, so that an exchange cannot take one for another.
    static lending_word::type returned_word(lending_word::type lent) noexcept {
        return held_word(lent) + lending_word::one_lending;
    }

    static bool in_hands(const slot_type& s) noexcept {
        const lending_word::type word = s.word.peek();
        return lending_word::is(word, lending_word::in_use) && !is_lent(word);
    }

    // Doomed, and kept by no transaction.
    static bool is_to_go(const slot_type& s) noexcept { return is_doomed(s) && !s.place.enlisted; }

    static bool is_due(const slot_type& s, time_point now) noexcept {
        return lending_word::is(s.word.peek(), lending_word::idle) && !is_doomed(s) &&
               s.idle_limit != (duration::max)() && between(s.idle_since, now) >= s.idle_limit;
    }

    static slot_type* next_free(Core& core, slot_type* at, transaction_id transaction) noexcept {
        return core.shelves.next(at, transaction, [](const slot_type& s) {
            const lending_word::type state = lending_word::state_of(s.word.peek());
            return (state == lending_word::idle || state == lending_word::parked) && !is_doomed(s);
        });
    }

    // Back to being free, on the shelf where it stands; destroyed if it was doomed and nothing
    // keeps it. False if the inventory was closed meanwhile.
    static bool let_go(Core& core, lock_type& lock, slot_type& s) noexcept {
        if (is_to_go(s)) {
            core.shelves.take(s);
            if (!destroy(core, lock, s, destroy_reason::requested)) return false;
            vacate(core, lock, s);
            return true;
        }
        set(s, s.place.enlisted ? lending_word::parked : lending_word::idle);
        return true;
    }

    // Lets the driver destroy it, with the lock let go meanwhile. False if the inventory was closed
    // then: the slot is vacant, and its share given back, if that close found it.
    static bool destroy(Core& core,
                        lock_type& lock,
                        slot_type& s,
                        destroy_reason why,
                        hresult* out_code = nullptr) noexcept {
        begin_end(s);
        core.count_closed(why);
        lock.unlock();
        const hresult code = core.destroy_in(s, why);
        if (out_code != nullptr) *out_code = code;
        lock.lock();
        ++core.counted.destroyed;
        if (!core.closing) return true;
        core.shelves.take(s);
        (void)core.vacate(lock, s);
        lock.lock();
        return false;
    }

    // After destroy. The lock stays held.
    static void vacate(Core& core, lock_type& lock, slot_type& s) noexcept {
        core.shelves.take(s);
        (void)core.vacate(lock, s);
    }

    // Destroys all that `chosen` says. Each is queued first, so that nobody takes it meanwhile, and
    // so that a driver that closes the inventory from within a destroy has the rest destroyed.
    template <class Chosen>
    static std::size_t
    destroy_each(Core& core, lock_type& lock, destroy_reason why, const Chosen& chosen) noexcept {
        std::size_t count = 0;
        core.slots.for_each([&](slot_type& s) {
            const lending_word::type state = lending_word::state_of(s.word.peek());
            if (state == lending_word::empty || state == lending_word::creating ||
                state == lending_word::destroying || !chosen(s)) {
                return;
            }
            core.shelves.take(s);
            begin_end(s);
            core.shelves.condemn(s);
            core.count_closed(why);
            ++count;
        });
        while (slot_type* const s = core.shelves.next_condemned()) {
            const bool has_share = !core.closing; // will have one, if the inventory closes now
            lock.unlock();
            (void)core.destroy_in(*s, why);
            lock.lock();
            ++core.counted.destroyed;
            if (!has_share) {
                core.empty(*s);
            } else if (!core.vacate(lock, *s)) {
                lock.lock();
            }
        }
        return count;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_ORDERED_SLOTS_HPP
