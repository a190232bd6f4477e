// SPDX-License-Identifier: MIT
/// @file
/// An inventory that keeps order and transactions: what is free is offered newest first, to its own
/// transaction before anyone, and to nobody else while that is open. The engine under com::holder.

#ifndef LEND_DETAIL_AFFINITY_HPP
#define LEND_DETAIL_AFFINITY_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/making.hpp>
#include <lend/detail/shelves.hpp>

#include <cstddef>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// The states of a slot, and who may take it to another:
//   word                place            is
//   idle                on general       free for everyone
//   parked              on enlisted      free for its transaction
//   in_use, lent        on none          with a borrower
//   in_use, not lent    on any or none   in the hands of a thread that is inside a driver call
//   destroying          on any or none   being destroyed
//
// A slot in somebody's hands is only marked by others (doomed), never taken away, but by `close`,
// which its owner calls from within a driver call: no other thread is inside then. So after every
// driver call the owner looks whether the inventory is closed, and if so lets go of everything.
template <class Core>
struct affinity {
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using resource_type = typename Core::resource_type;
    using calls = typename Core::calls;
    using time_point = typename Core::time_point;
    using duration = typename Core::duration;

    struct choice {
        slot_type* slot = nullptr;
        std::uint32_t rated = 0;  // how many were
        std::uint32_t rating = 0; // the winner's
        bool closed = false;      // meanwhile
    };

    // Rates what is free, one candidate out at a time, and keeps the best; the first of equals,
    // and nothing after a perfect one. The chosen slot is off its shelf and in the caller's hands.
    static choice
    choose(Core& core, const resource_type& wanted, transaction_id transaction) noexcept {
        choice best;
        lock_type lock(core.mutex);
        slot_type* at = next_free(core, nullptr, transaction);
        while (at != nullptr) {
            hold(*at);
            const bool needs_enlistment = transaction && at->place.enlisted != transaction;
            lock.unlock();
            const std::uint32_t rated =
                calls::rate(core.driver, wanted, *at->type, at->object, needs_enlistment).value;
            lock.lock();
            ++best.rated;
            if (core.closing) return closed_meanwhile(best);
            const bool is_bad = rated > rating::perfect;
            if (is_bad || is_to_go(*at)) {
                // It keeps its place on the shelf until the next one is known: nobody may take
                // that one while the driver destroys.
                const auto why = is_bad ? destroy_reason::rate_failed : destroy_reason::requested;
                if (!destroy(core, lock, *at, why)) return closed_meanwhile(best);
                slot_type* const gone = at;
                at = next_free(core, at, transaction);
                vacate(core, lock, *gone);
                continue;
            }
            slot_type* loser = at;
            if (!at->place.doomed && rated > best.rating) {
                best.rating = rated;
                loser = std::exchange(best.slot, at);
            }
            // This may let the lock go, so the next one is looked for afterwards.
            if (loser != nullptr && !let_go(core, lock, *loser)) return closed_meanwhile(best);
            at = best.rating == rating::perfect ? nullptr : next_free(core, at, transaction);
        }
        if (best.slot != nullptr) {
            checks<Core>::may_enter(*best.slot, transaction);
            core.shelves.take(*best.slot);
        }
        return best;
    }

    // What came of bringing a resource where its borrower is.
    enum class arrival : std::uint8_t { there, failed, try_another, closed };

    // Enlists the slot in the caller's transaction; takes it out of an earlier one for a caller
    // that has none. A resource that cannot be brought there is destroyed.
    static arrival
    bring(Core& core, slot_type& s, transaction_id transaction, hresult& code) noexcept {
        lock_type lock(core.mutex);
        const bool enter = transaction && s.place.enlisted != transaction;
        const bool leave = !transaction && s.place.must_leave;
        if (!enter && !leave) return arrival::there;
        s.place.entering = transaction;
        lock.unlock();
        code = calls::enlist(core.driver, s.object, transaction);
        lock.lock();
        if (core.closing) return arrival::closed;
        // Empty if the transaction ended while the driver was asked.
        const transaction_id entered = std::exchange(s.place.entering, transaction_id{});
        if (failed(code)) {
            if (!destroy(core, lock, s, destroy_reason::enlist_failed)) return arrival::closed;
            vacate(core, lock, s);
            return enter ? arrival::failed : arrival::try_another;
        }
        if (leave) {
            s.place.must_leave = false;
        } else if (code != enlistment::not_transactional) {
            s.place.must_leave = true;
            s.place.enlisted = entered;
        }
        return arrival::there;
    }

    // The borrower gets it. False if it was doomed or the inventory closed meanwhile: `closed` says
    // which; in the first case the resource is gone or waits for the end of its transaction.
    // `give` is called under the lock as the resource becomes the borrower's.
    template <class Give>
    static bool lend(Core& core, slot_type& s, bool& closed, const Give& give) noexcept {
        lock_type lock(core.mutex);
        closed = core.closing;
        if (closed) return false;
        if (s.place.doomed) {
            s.place.freed_order = core.shelves.next_order();
            core.shelves.put(s);
            closed = !let_go(core, lock, s);
            return false;
        }
        s.place.lent = true;
        give(s);
        return true;
    }

    // Takes it from the borrower, for a reset. False if it is not lent, or doomed. Under the lock.
    static bool take_back(slot_type& s) noexcept {
        if (!s.place.lent || s.place.doomed) return false;
        s.place.lent = false;
        return true;
    }

    // Puts away what was reset. `destroy_now`: its time to be idle is nil. Returns whether it
    // stays.
    static bool put_away(Core& core, slot_type& s, time_point now, bool nil) noexcept {
        lock_type lock(core.mutex);
        if (core.closing) return false;
        s.place.freed_order = core.shelves.next_order();
        s.idle_since = now;
        if (nil && !s.place.enlisted) s.place.doomed = true;
        const bool stays = !s.place.doomed;
        core.shelves.put(s);
        (void)let_go(core, lock, s);
        return stays;
    }

    // Destroys a slot in the caller's hands that is on no shelf.
    static hresult destroy_held(Core& core, slot_type& s, destroy_reason why) noexcept {
        lock_type lock(core.mutex);
        if (core.closing) return hr::e_fail;
        hresult code = hr::s_ok;
        if (destroy(core, lock, s, why, &code)) vacate(core, lock, s);
        return code;
    }

    // Destroys a resource by wish of its dispenser: now if it is free or lent outside of a
    // transaction, else when that is over. Called with the lock held, which is let go.
    static hresult destroy_on_request(Core& core, lock_type& lock, slot_type& s) noexcept {
        if (s.place.doomed) return hr::e_invalidarg;
        if (s.place.enlisted || in_hands(s)) {
            s.place.doomed = true;
            return hr::s_ok;
        }
        core.shelves.take(s);
        hresult code = hr::s_ok;
        if (destroy(core, lock, s, destroy_reason::requested, &code)) vacate(core, lock, s);
        return failed(code) ? hr::e_fail : hr::s_ok;
    }

    // The transaction is over: what is free and enlisted in it is everyone's, in the order in which
    // it was freed; what was doomed in it is destroyed.
    static void end_transaction(Core& core, transaction_id transaction) noexcept {
        lock_type lock(core.mutex);
        core.slots.for_each([&](slot_type& s) {
            if (lending_word::is(s.word.peek(), lending_word::empty)) return;
            if (s.place.entering == transaction) s.place.entering = {};
            if (s.place.enlisted != transaction) return;
            s.place.enlisted = {};
            if (s.place.on_shelf) core.shelves.move(s);
            if (lending_word::is(s.word.peek(), lending_word::parked)) set(s, lending_word::idle);
        });
        destroy_each(core, lock, destroy_reason::requested, [](const slot_type& s) {
            return s.place.doomed && !s.place.enlisted && !in_hands(s);
        });
    }

    // Destroys what has been free for everyone for too long. True if something free may expire
    // later.
    static bool sweep(Core& core, time_point now) noexcept {
        bool more = false;
        lock_type lock(core.mutex);
        core.slots.for_each([&](slot_type& s) {
            const bool is_free = lending_word::is(s.word.peek(), lending_word::idle) ||
                                 lending_word::is(s.word.peek(), lending_word::parked);
            more = more || (is_free && s.idle_limit != (duration::max)() && !is_due(s, now));
        });
        (void)destroy_each(core, lock, destroy_reason::expired,
                           [&](const slot_type& s) { return is_due(s, now); });
        return more;
    }

    // Ends the inventory: `lost` is called for what is lent, with the lock held, and may mark it
    // for the driver; then everything is destroyed, with no lock held. No other thread is inside.
    template <class Lost>
    static void close(Core& core, const Lost& lost) noexcept {
        lock_type lock(core.mutex);
        core.closing = true;
        core.slots.for_each([&](slot_type& s) {
            const lending_word::type state = lending_word::state_of(s.word.peek());
            // A frame below this call still has it; it gives the share back.
            if (state == lending_word::creating ||
                (state == lending_word::destroying && !s.place.queued)) {
                core.add_share();
            } else if (state == lending_word::in_use && s.place.lent && !s.place.doomed) {
                lost(s);
            }
        });
        (void)destroy_each(core, lock, destroy_reason::closed,
                           [](const slot_type&) { return true; });
    }

private:
    static choice closed_meanwhile(choice& c) noexcept {
        c.slot = nullptr;
        c.closed = true;
        return c;
    }

    static void set(slot_type& s, lending_word::type state) noexcept {
        s.word.become(lending_word::count_of(s.word.peek()) | state);
    }

    static void hold(slot_type& s) noexcept { set(s, lending_word::in_use); }

    static bool in_hands(const slot_type& s) noexcept {
        return lending_word::is(s.word.peek(), lending_word::in_use) && !s.place.lent;
    }

    // Doomed, and kept by no transaction.
    static bool is_to_go(const slot_type& s) noexcept {
        return s.place.doomed && !s.place.enlisted;
    }

    static bool is_due(const slot_type& s, time_point now) noexcept {
        return lending_word::is(s.word.peek(), lending_word::idle) && !s.place.doomed &&
               s.idle_limit != (duration::max)() && now - s.idle_since >= s.idle_limit;
    }

    static slot_type* next_free(Core& core, slot_type* at, transaction_id transaction) noexcept {
        return core.shelves.next(at, transaction, [](const slot_type& s) {
            const lending_word::type state = lending_word::state_of(s.word.peek());
            return (state == lending_word::idle || state == lending_word::parked) &&
                   !s.place.doomed;
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
        set(s, lending_word::destroying);
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
            set(s, lending_word::destroying);
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

#endif // LEND_DETAIL_AFFINITY_HPP
