// SPDX-License-Identifier: MIT
/// @file
/// An inventory that keeps order and transactions: what is free is offered newest first, to its own
/// transaction before anyone, and to nobody else while that is open. The engine under com::holder.

#ifndef LEND_DETAIL_AFFINITY_HPP
#define LEND_DETAIL_AFFINITY_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/making.hpp>
#include <lend/detail/ordered_slots.hpp>

#include <cstddef>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// The states of a slot are in ordered_slots.hpp.
//
// Who dooms a slot in somebody's hands and its owner, who has no lock, meet like this:
//   owner:    lend, or put in front;  light fence;  doomed? then sees to its end, under the lock
//   who asks: doomed, under the lock;  heavy fence;  looks whether it is lent or free by now
// One of the two sees the other. What both have seen, the first with the lock brings to its end.
template <class Core>
struct affinity : private ordered_slots<Core> {
    using slots = ordered_slots<Core>;
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using resource_type = typename Core::resource_type;
    using calls = typename Core::calls;
    using time_point = typename Core::time_point;
    using duration = typename Core::duration;

    using slots::is_lent;

    struct choice {
        slot_type* slot = nullptr;
        std::uint32_t rated = 0;  // how many were
        std::uint32_t rating = 0; // the winner's
        bool closed = false;      // meanwhile
    };

    // What was taken from the front and was not lent from there.
    struct candidate {
        slot_type* slot = nullptr; // in the caller's hands; null for none
        bool is_rated = false;
        std::uint32_t rated = 0;
    };

    // Takes what is in front, for a caller without a transaction, and rates it, without the lock.
    // As a rule it is perfect, and there is nothing else to choose from. Null if not: then the rest
    // is for `choose`.
    LEND_ALWAYS_INLINE static slot_type*
    choose_in_front(Core& core, const resource_type& wanted, candidate& rest) noexcept {
        slot_type* const s = core.front.take();
        if (s == nullptr) return nullptr;
        rest.slot = s;
        if (is_doomed(*s)) [[unlikely]]
            return nullptr;
        rest.rated = rate(core, wanted, *s, false);
        rest.is_rated = true;
        const bool is_perfect = rest.rated == rating::perfect;
        return is_perfect && !is_closed(core) && !is_doomed(*s) ? s : nullptr;
    }

    // Rates what is free, one candidate out at a time, and keeps the best; the first of equals,
    // and nothing after a perfect one. The chosen slot is off its shelf and in the caller's hands.
    // `first`: what was in front, if the caller has taken it.
    static choice choose(Core& core,
                         const resource_type& wanted,
                         transaction_id transaction,
                         const candidate& first) noexcept {
        choice best;
        lock_type lock(core.mutex);
        if (first.slot == nullptr) {
            flush(core);
            choose_after(core, lock, wanted, transaction, next_free(core, nullptr, transaction),
                         best);
            return best;
        }
        if (core.closing) return closed_meanwhile(best);
        core.shelves.put(*first.slot); // at its place, though others may have come back since
        slot_type* next = nullptr;
        if (first.is_rated) {
            next = weigh(core, lock, *first.slot, first.rated, transaction, best);
        } else {
            if (!let_go(core, lock, *first.slot)) return closed_meanwhile(best);
            flush(core);
            next = next_free(core, nullptr, transaction);
        }
        choose_after(core, lock, wanted, transaction, next, best);
        return best;
    }

    // What came of bringing a resource where its borrower is.
    enum class arrival : std::uint8_t { there, failed, try_another, closed };

    // Enlists the slot in the caller's transaction; takes it out of an earlier one for a caller
    // that has none. A resource that cannot be brought there is destroyed. Then the borrower gets
    // it, unless it was doomed meanwhile: then it is gone or waits for the end of its transaction.
    // `give` is called under the lock as the resource becomes the borrower's.
    template <class Give>
    static arrival lend(Core& core,
                        slot_type& s,
                        transaction_id transaction,
                        hresult& code,
                        const Give& give) noexcept {
        lock_type lock(core.mutex);
        if (core.closing) return arrival::closed;
        const bool enter = transaction && s.place.enlisted != transaction;
        if (enter || (!transaction && s.place.must_leave)) {
            const arrival came = bring(core, lock, s, transaction, enter, code);
            if (came != arrival::there) return came;
        }
        if (is_doomed(s)) return end_in_hands(core, lock, s);
        s.place.unbound = !s.place.enlisted && !s.place.must_leave;
        give(s);
        s.word.lend(lent_word(s));
        return arrival::there;
    }

    // The same, without the lock, for what was chosen in front. False if it was doomed meanwhile.
    LEND_ALWAYS_INLINE static bool lend_from_front(Core& core, slot_type& s) noexcept {
        const lending_word::type lent = lent_word(s);
        s.word.lend(lent);
        // (1) light-fence is totally ordered with the heavy-fence (2)
        platform::light_fence();
        if (!is_doomed(s)) [[likely]]
            return true;
        was_lent_doomed(core, s, lent);
        return false;
    }

    // Takes what has this name from its borrower, for a reset. False if it is not lent, or doomed.
    static bool take_back(slot_type& s, std::uintptr_t name) noexcept {
        // What was done before it was lent is known by this look, and once more by the exchange
        // below: one of the two would be enough.
        const lending_word::type lent = s.word.see();
        if (!is_lent(lent) || is_doomed(s)) return false;
        // Relaxed: if it is not the name of what is lent with that word, the exchange fails.
        if (s.place.name.load(std::memory_order_relaxed) != name) return false;
        return s.word.take_back(lent, returned_word(lent));
    }

    // Puts away what was reset. `nil`: its time to be idle is. Returns whether it stays.
    LEND_ALWAYS_INLINE static bool put_away(Core& core, slot_type& s, bool nil) noexcept {
        if (is_closed(core)) [[unlikely]]
            return false;
        if (s.idle_limit != (duration::max)()) s.idle_since = platform::now();
        if (s.place.unbound && !nil && !is_doomed(s)) [[likely]] {
            const std::uint64_t order = core.front.put(s);
            if (order != 0) [[likely]]
                return stays_in_front(core, s, order);
        }
        return put_away_locked(core, s, nil);
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
        if (is_doomed(s)) return hr::e_invalidarg;
        doom(s);
        if (s.place.enlisted) return hr::s_ok;
        flush(core);
        if (!is_free_or_taken(core, s)) return hr::s_ok; // its owner sees to it
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
        destroy_each(core, lock, destroy_reason::requested,
                     [](const slot_type& s) { return is_to_go(s) && !in_hands(s); });
    }

    // Destroys what has been free for everyone for too long. True if something free may expire
    // later.
    static bool sweep(Core& core, time_point now) noexcept {
        bool more = false;
        lock_type lock(core.mutex);
        flush(core);
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
        flush(core);
        core.closing = true;
        core.slots.for_each([&](slot_type& s) {
            const lending_word::type state = lending_word::state_of(s.word.peek());
            // A frame below this call still has it; it gives the share back.
            if (state == lending_word::creating ||
                (state == lending_word::destroying && !s.place.queued)) {
                core.add_share();
            } else if (is_lent(s.word.peek()) && !is_doomed(s)) {
                lost(s);
            }
        });
        (void)destroy_each(core, lock, destroy_reason::closed,
                           [](const slot_type&) { return true; });
    }

private:
    using slots::destroy;
    using slots::destroy_each;
    using slots::doom;
    using slots::flush;
    using slots::hold;
    using slots::in_hands;
    using slots::is_closed;
    using slots::is_doomed;
    using slots::is_due;
    using slots::is_to_go;
    using slots::lent_word;
    using slots::let_go;
    using slots::next_free;
    using slots::put_on_shelf;
    using slots::returned_word;
    using slots::set;
    using slots::vacate;

    // Goes on with `at`, which is free, and what is older. Under the lock, which is let go for each
    // driver call.
    static void choose_after(Core& core,
                             lock_type& lock,
                             const resource_type& wanted,
                             transaction_id transaction,
                             slot_type* at,
                             choice& best) noexcept {
        while (at != nullptr) {
            hold(*at);
            const bool needs_enlistment = transaction && at->place.enlisted != transaction;
            lock.unlock();
            const std::uint32_t rated = rate(core, wanted, *at, needs_enlistment);
            lock.lock();
            at = weigh(core, lock, *at, rated, transaction, best);
        }
        if (best.slot == nullptr) return;
        checks<Core>::may_enter(*best.slot, transaction);
        core.shelves.take(*best.slot);
    }

    // Keeps a rated candidate, or lets it go; returns the next one, or null when the search is
    // over.
    static slot_type* weigh(Core& core,
                            lock_type& lock,
                            slot_type& at,
                            std::uint32_t rated,
                            transaction_id transaction,
                            choice& best) noexcept {
        ++best.rated;
        if (core.closing) return closed_meanwhile(best).slot;
        const bool is_bad = rated > rating::perfect;
        if (is_bad || is_to_go(at)) {
            // It keeps its place on the shelf until the next one is known: nobody may take
            // that one while the driver destroys.
            const auto why = is_bad ? destroy_reason::rate_failed : destroy_reason::requested;
            if (!destroy(core, lock, at, why)) return closed_meanwhile(best).slot;
            slot_type* const next = next_free(core, &at, transaction);
            vacate(core, lock, at);
            return next;
        }
        slot_type* loser = &at;
        if (!is_doomed(at) && rated > best.rating) {
            best.rating = rated;
            loser = std::exchange(best.slot, &at);
        }
        // This may let the lock go, so the next one is looked for afterwards.
        if (loser != nullptr && !let_go(core, lock, *loser)) return closed_meanwhile(best).slot;
        return best.rating == rating::perfect ? nullptr : next_free(core, &at, transaction);
    }

    LEND_ALWAYS_INLINE static std::uint32_t
    rate(Core& core, const resource_type& wanted, slot_type& s, bool needs_enlistment) noexcept {
        return calls::rate(core.driver, wanted, *s.type, s.object, needs_enlistment).value;
    }

    static choice& closed_meanwhile(choice& c) noexcept {
        c.slot = nullptr;
        c.closed = true;
        return c;
    }

    // The way into a transaction, or out of one. The lock is let go for the driver.
    static arrival bring(Core& core,
                         lock_type& lock,
                         slot_type& s,
                         transaction_id transaction,
                         bool enter,
                         hresult& code) noexcept {
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
        if (!enter) {
            s.place.must_leave = false;
        } else if (code != enlistment::not_transactional) {
            s.place.must_leave = true;
            s.place.enlisted = entered;
        }
        return arrival::there;
    }

    // Of what has just been doomed: whether it is free, or was lent and is in the caller's hands
    // now. Else it is in those of somebody who will find that it is doomed. Under the lock.
    static bool is_free_or_taken(Core& core, slot_type& s) noexcept {
        for (bool seen_by_all = false;;) {
            const lending_word::type word = s.word.see();
            if (is_lent(word)) {
                if (s.word.take_back(word, returned_word(word))) return true;
                continue; // it is being given back at this moment
            }
            if (!lending_word::is(word, lending_word::in_use)) return true;
            if (std::exchange(seen_by_all, true)) return false;
            // (2) heavy-fence is totally ordered with the light-fence (1)
            // (2) heavy-fence is totally ordered with the light-fence (3)
            platform::heavy_fence();
            flush(core);
        }
    }

    LEND_NOINLINE static void
    was_lent_doomed(Core& core, slot_type& s, lending_word::type lent) noexcept {
        lock_type lock(core.mutex);
        // Whoever doomed it may have found it lent, or its borrower may have been robbed of it.
        if (s.word.take_back(lent, returned_word(lent))) (void)end_in_hands(core, lock, s);
    }

    // What was to be lent, and is doomed.
    static arrival end_in_hands(Core& core, lock_type& lock, slot_type& s) noexcept {
        put_on_shelf(core, s);
        return let_go(core, lock, s) ? arrival::try_another : arrival::closed;
    }

    LEND_NOINLINE static bool put_away_locked(Core& core, slot_type& s, bool nil) noexcept {
        lock_type lock(core.mutex);
        if (nil && !s.place.enlisted) doom(s);
        if (s.place.unbound && !is_doomed(s)) {
            do {
                flush(core);
                core.front.renew();
                if (core.front.put(s) != 0) return true; // nobody dooms it under this lock
            } while (core.front.fits(s));
        }
        put_on_shelf(core, s);
        const bool stays = !is_doomed(s);
        (void)let_go(core, lock, s);
        return stays;
    }

    // After it was put there. False if it was doomed meanwhile, and then it is or will be gone.
    LEND_ALWAYS_INLINE static bool
    stays_in_front(Core& core, slot_type& s, std::uint64_t order) noexcept {
        // (3) light-fence is totally ordered with the heavy-fence (2)
        platform::light_fence();
        if (!is_doomed(s)) [[likely]]
            return true;
        end_in_front(core, s, order);
        return false;
    }
    LEND_NOINLINE static void end_in_front(Core& core, slot_type& s, std::uint64_t order) noexcept {
        lock_type lock(core.mutex);
        if (core.front.take_back(s, order)) {
            core.shelves.put(s);
            (void)let_go(core, lock, s);
        } else if (s.place.on_shelf && lending_word::is(s.word.peek(), lending_word::idle) &&
                   is_to_go(s)) {
            (void)let_go(core, lock, s); // somebody flushed it, doomed as it was
        }
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_AFFINITY_HPP
