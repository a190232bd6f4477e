// SPDX-License-Identifier: MIT
/// @file
/// The search of the inventory: where the driver rates, one candidate out at a time, rated with no
/// lock held, the best kept; where lend compares kinds, under the lock, and nothing is taken but
/// what is lent.

#ifndef LEND_DETAIL_LOOKING_HPP
#define LEND_DETAIL_LOOKING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/giving_back.hpp>
#include <lend/detail/handing.hpp>
#include <lend/detail/ordering.hpp>
#include <lend/detail/phases.hpp>
#include <lend/detail/same_kind.hpp>
#include <lend/detail/serving.hpp>
#include <lend/detail/viewing.hpp>

#include <cstdint>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// A slot that the caller owns, and the word that says so.
template <class Core>
struct holding {
    typename Core::slot_type* slot = nullptr;
    lending_word::type word = 0;

    explicit operator bool() const noexcept { return slot != nullptr; }
};

template <class Core>
struct looking {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using resource_type = typename Core::resource_type;
    using calls = typename Core::calls;
    using back = giving_back<Core>;
    using views = viewing<Core>;

    struct finding {
        holding<Core> best{}; // a waiter's is only viewed as yet: see `keep`
        // A resource that cannot serve the request, where there is no better one, and only where
        // the driver rates: the one that has not been used for longest. The caller puts it back, or
        // destroys it to make room.
        holding<Core> unfit{};
        bool missed_one = false; // where the driver rates: another caller looks at it
    };

    enum class manner : std::uint8_t {
        in_passing,  // by a caller who will join the queue if there is nothing
        at_once,     // by a caller who will not wait for what is in use
        as_a_waiter, // who is in the queue: every slot in use is told that somebody waits
    };

    // What is to be checked actively before it is lent is taken like the rest, or left where it is,
    // by a caller that cannot use it now.
    enum class doubtful : std::uint8_t { is_taken, is_left };

    // Visits every slot once. A waiter meets every release on the slot's own word: either the
    // release came first and the slot is found idle, or it finds the flag and comes to the queue.
    //
    // A slot that another caller looks at is passed over. A waiter is told when that look ends; a
    // caller who will not wait for anything else visits it then.
    static finding look(Core& core,
                        const resource_type& wanted,
                        manner how,
                        doubtful doubts = doubtful::is_taken) noexcept {
        if constexpr (Core::comparable) {
            const lock_type lock(core.mutex);
            return {.best = take_kind(core, wanted, how, doubts)};
        } else {
            if (Core::typed) (void)recency<Core>::next(core);
            search now{core, wanted, how, doubts};
            do now.all();
            while (now.lost_one);
            const bool is_missing = Core::typed && !now.found.best && now.missed_one;
            // In a callback, the look may be one of this very thread's.
            if (is_missing && how == manner::at_once && !serving<Core>::here(core)) now.again();
            now.found.missed_one = now.missed_one;
            if (now.found.best) put_back(core, std::exchange(now.found.unfit, {}));
            if (how != manner::as_a_waiter && now.found.best) keep(core, now.found.best);
            return now.found;
        }
    }

    // Under the lock, where lend compares kinds: takes one that is idle. None if there is none.
    // For a waiter as above; what is idle and of another kind it does not ask for.
    static holding<Core> take_kind(Core& core,
                                   const resource_type& wanted,
                                   manner how,
                                   doubtful doubts = doubtful::is_taken) noexcept {
        (void)recency<Core>::next(core);
        for (;;) {
            lending_word::type word = 0;
            slot_type* const s = first_of_kind(core, wanted, how, doubts, word);
            if (s == nullptr) return {};
            if (Core::take_idle(*s, word)) return {s, lending_word::taken(word)};
        }
    }

    // Under the lock: something that may be of use to the caller and is free, or is only looked at
    // by another; null for none. What only the driver can tell is left to `look`.
    static slot_type* may_find(Core& core,
                               const resource_type& wanted,
                               doubtful doubts = doubtful::is_taken) noexcept {
        if constexpr (Core::typed && !Core::comparable) return nullptr;
        slot_type* viewed = nullptr;
        slot_type* const free = core.slots.find([&](slot_type& s) {
            const lending_word::type word = s.word.see();
            const bool is_seen = lending_word::is_viewed(word);
            if (!is_seen && (!is_free(word) || is_left(word, doubts))) return false;
            if (!is_kind(s, wanted)) return false;
            if (is_seen) viewed = &s;
            return !is_seen;
        });
        return free != nullptr ? free : viewed;
    }

    // Idle, and anyone's.
    static bool is_free(lending_word::type word) noexcept {
        return lending_word::is(word, lending_word::idle) &&
               !lending_word::has(word, lending_word::closing | lending_word::paused);
    }

    static bool is_left(lending_word::type idle, doubtful doubts) noexcept {
        return doubts == doubtful::is_left && lending_word::has(idle, lending_word::withheld);
    }

    // Of a slot that is idle or in use. Under the lock, where lend compares kinds: there a slot in
    // use leaves its use, and an idle one its life, under the lock only.
    static bool is_kind(slot_type& s, const resource_type& wanted) noexcept {
        if constexpr (Core::comparable) return same_kind(wanted, *s.type);
        return true;
    }

    // What was only looked at is the caller's now.
    static void keep(Core& core, holding<Core>& h) noexcept {
        if (lending_word::has(h.word, lending_word::viewed)) h.word = views::keep(core, *h.slot);
    }

    // Ends a look at a candidate; does nothing for none.
    static void put_back(Core& core, const holding<Core>& h) noexcept {
        if (!h) return;
        const bool viewed = lending_word::has(h.word, lending_word::viewed);
        back::clean(core, *h.slot, h.word, viewed ? back::use::view : back::use::look);
    }

private:
    // One walk, and what it has found so far.
    struct search {
        Core& core;
        const resource_type& wanted;
        manner how;
        doubtful doubts;
        finding found{};
        std::uint32_t best_rating = 0;
        bool missed_one = false; // another caller looks at it
        bool lost_one = false; // it was destroyed, which may take long: nothing is in hand any more

        void all() noexcept {
            lost_one = missed_one = false;
            const auto visit = [&](slot_type& s) {
                const holding<Core> candidate = try_take(s);
                return candidate && weigh(candidate);
            };
            if (!ordering<Core>::is_kept(core)) return (void)core.slots.find(visit);
            ordering<Core>::find(core, visit, [&](slot_type& s) {
                // What it has in its own hands it need not ask for.
                if (&s == found.best.slot || &s == found.unfit.slot) return s.word.see();
                const auto word =
                    how == manner::as_a_waiter ? views::ask_for(core, s) : s.word.see();
                missed_one |= lending_word::is_viewed(word);
                return word;
            });
        }

        // Waits for each look that is under way. Everyone who waits so goes from the first slot to
        // the last and holds none that comes later, so two never wait for each other.
        void again() noexcept {
            put_back_all();
            const auto patience = views::patience();
            do {
                lost_one = false;
                (void)core.slots.find([&](slot_type& s) {
                    holding<Core> candidate;
                    do {
                        missed_one = false;
                        views::wait_until_seen(core, s, patience);
                        candidate = try_take(s);
                    } while (missed_one && platform::now() < patience);
                    return candidate && weigh(candidate);
                });
            } while (lost_one);
        }

        void put_back_all() noexcept {
            put_back(core, std::exchange(found.unfit, {}));
            put_back(core, std::exchange(found.best, {}));
            best_rating = 0;
        }

        // True if there is nothing better.
        bool weigh(const holding<Core>& candidate) noexcept {
            slot_type& s = *candidate.slot;
            const std::uint32_t rated = rate(core, s, wanted);
            if (rated > rating::perfect) {
                put_back_all();
                (void)back::destroy(core, s, back::use::view, destroy_reason::rate_failed,
                                    back::on::another_thread);
                lost_one = true;
            } else if (rated == rating::unusable) {
                keep_unfit(candidate);
            } else if (rated > best_rating) {
                best_rating = rated;
                put_back(core, found.best);
                found.best = candidate;
            } else {
                put_back(core, candidate);
            }
            return lost_one || best_rating == rating::perfect;
        }

        holding<Core> try_take(slot_type& s) noexcept {
            lending_word::type word = s.word.peek();
            for (;;) {
                if (lending_word::is(word, lending_word::idle)) {
                    if (!is_free(word) || is_left(word, doubts)) return {};
                    const bool sure = !Core::typed && how != manner::as_a_waiter;
                    if (sure && Core::take_idle(s, word)) return {&s, lending_word::taken(word)};
                    if (!sure && Core::view_idle(s, word)) return {&s, lending_word::seen(word)};
                    word = s.word.peek();
                } else {
                    if (how == manner::as_a_waiter) word = views::ask_for(core, s);
                    missed_one |= lending_word::is_viewed(word);
                    if (!lending_word::is(word, lending_word::idle)) return {};
                }
            }
        }

        void keep_unfit(const holding<Core>& candidate) noexcept {
            using age = recency<Core>;
            if (found.best ||
                (found.unfit && age::of(*found.unfit.slot) <= age::of(*candidate.slot)))
                return put_back(core, candidate);
            put_back(core, std::exchange(found.unfit, candidate));
        }
    };

    // The one that goes first, by the pool's order; without one, the thread's last if it is among
    // them, else any.
    static slot_type* first_of_kind(Core& core,
                                    const resource_type& wanted,
                                    manner how,
                                    doubtful doubts,
                                    lending_word::type& word) noexcept {
        const bool in_order = ordering<Core>::is_kept(core);
        const bool newest_first = core.options.order == order_mode::lifo;
        const auto& last = core.remembered();
        slot_type* first = nullptr;
        std::uint64_t best = 0;
        core.slots.for_each([&](slot_type& s) {
            const lending_word::type seen =
                how == manner::as_a_waiter ? views::ask_for(core, s) : s.word.see();
            if (!is_free(seen)) return;
            const std::uint64_t stamp = recency<Core>::seen(core, s, seen);
            if (is_left(seen, doubts) || !is_kind(s, wanted)) return;
            const bool sooner = !in_order      ? last.slot == &s
                                : newest_first ? stamp > best
                                               : stamp < best;
            if (first != nullptr && !sooner) return;
            first = &s;
            best = stamp;
            word = seen;
        });
        return first;
    }

    static std::uint32_t rate(Core& core, slot_type& s, const resource_type& wanted) noexcept {
        if constexpr (!Core::typed) {
            return rating::perfect;
        } else {
            const own_calls<platform> here(&core, &s);
            std::uint32_t value = rating::unusable;
            phases<Core>::during(s, slot_phase::rating, [&] {
                value = calls::rate(core.driver, wanted, *s.type, s.object, false).value;
            });
            return value;
        }
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_LOOKING_HPP
