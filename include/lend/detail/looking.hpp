// SPDX-License-Identifier: MIT
/// @file
/// The search of the inventory: one candidate out at a time, rated with no lock held, the best
/// kept.

#ifndef LEND_DETAIL_LOOKING_HPP
#define LEND_DETAIL_LOOKING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/giving_back.hpp>
#include <lend/detail/handing.hpp>
#include <lend/detail/ordering.hpp>
#include <lend/detail/phases.hpp>
#include <lend/detail/same_kind.hpp>

#include <cstdint>

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
    using resource_type = typename Core::resource_type;
    using calls = typename Core::calls;
    using back = giving_back<Core>;

    struct finding {
        holding<Core> best;
        // A resource that cannot serve the request, where there is no better one: the caller puts
        // it back, or destroys it to make room.
        holding<Core> unfit;
    };

    enum class manner : std::uint8_t {
        in_passing,  // by a caller who will not wait for what is in use
        as_a_waiter, // who is in the queue: every slot in use is told that somebody waits
    };

    // Visits every slot once. A waiter meets every release on the slot's own word: either the
    // release came first and the slot is found idle, or it finds the flag and comes to the queue.
    static finding look(Core& core, const resource_type& wanted, manner how) noexcept {
        finding found;
        std::uint32_t best_rating = 0;
        const auto visit = [&](slot_type& s) {
            const holding<Core> candidate = try_take(core, s, how);
            if (!candidate) return false;
            const std::uint32_t rated = rate(core, s, wanted);
            if (rated > rating::perfect) {
                (void)back::destroy(core, s, back::use::look, destroy_reason::rate_failed);
            } else if (rated == rating::unusable) {
                keep_unfit(core, found, candidate);
            } else if (rated > best_rating) {
                best_rating = rated;
                put_back(core, found.best);
                found.best = candidate;
            } else {
                put_back(core, candidate);
            }
            return best_rating == rating::perfect;
        };
        if (ordering<Core>::is_kept(core)) {
            ordering<Core>::find(core, visit, [&](slot_type& s) {
                // What it has in its own hands it need not ask for.
                const bool is_mine = &s == found.best.slot || &s == found.unfit.slot;
                return how == manner::as_a_waiter && !is_mine ? ask_for(core, s) : s.word.see();
            });
        } else {
            core.slots.find(visit);
        }
        if (found.best) {
            put_back(core, found.unfit);
            found.unfit = {};
        }
        return found;
    }

    // Ends a look at a candidate; does nothing for none.
    static void put_back(Core& core, const holding<Core>& h) noexcept {
        if (h) back::clean(core, *h.slot, h.word, back::use::look);
    }

private:
    static holding<Core> try_take(Core& core, slot_type& s, manner how) noexcept {
        lending_word::type word = s.word.peek();
        for (;;) {
            if (lending_word::is(word, lending_word::idle)) {
                if (lending_word::has(word, lending_word::closing)) return {}; // it is the closer's
                if (lending_word::has(word, lending_word::paused)) return {};  // nobody's for now
                if (Core::take_idle(s, word)) {
                    return {&s, lending_word::taken(word)};
                }
                word = s.word.peek();
            } else {
                if (how == manner::as_a_waiter) word = ask_for(core, s);
                if (!lending_word::is(word, lending_word::idle)) return {};
            }
        }
    }

    // Has the slot brought to the desk, if it is in use. Returns what the word was last seen to be:
    // not in use, or in use with the flag.
    static lending_word::type ask_for(Core& core, slot_type& s) noexcept {
        for (;;) {
            lending_word::type word = s.word.see();
            if (!lending_word::is(word, lending_word::in_use) ||
                lending_word::has(word, lending_word::wanted)) {
                return word;
            }
            if (s.word.want(word)) {
                handing<Core>::note_hold(core, s);
                return word;
            }
        }
    }

    static std::uint32_t rate(Core& core, slot_type& s, const resource_type& wanted) noexcept {
        if constexpr (!Core::typed) {
            return rating::perfect;
        } else if constexpr (Core::comparable) {
            return same_kind(wanted, *s.type) ? rating::perfect : rating::unusable;
        } else {
            std::uint32_t value = rating::unusable;
            phases<Core>::during(s, slot_phase::rating, [&] {
                value = calls::rate(core.driver, wanted, *s.type, s.object, false).value;
            });
            return value;
        }
    }

    static void keep_unfit(Core& core, finding& found, const holding<Core>& candidate) noexcept {
        if (found.unfit || found.best) {
            put_back(core, candidate);
        } else {
            found.unfit = candidate;
        }
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_LOOKING_HPP
            const own_calls<platform> here(&core, &s);
