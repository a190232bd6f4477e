// SPDX-License-Identifier: MIT
/// @file
/// The chore that doubts: what was idle for long is withheld from the fast path, so that whoever
/// takes it has it checked actively first.

#ifndef LEND_DETAIL_DOUBTING_HPP
#define LEND_DETAIL_DOUBTING_HPP

#include <lend/detail/births.hpp>
#include <lend/detail/core.hpp>
#include <lend/detail/sweep_round.hpp>

#include <chrono>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// A doubt is a flag in the word of an idle slot, `withheld`. Whoever takes the slot notes it in
// `in_doubt`; it stays through looks, refusals and hand-overs, until the slot has passed an active
// check.
//
// Once everything that is idle is in doubt, there is nothing left to do until somebody takes one.
template <class Core>
struct doubting {
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using time_point = typename Core::time_point;
    using round = sweep_round<Core>;
    using idle_times = idleness<Core>;
    using lives = typename idle_times::lives;

    static bool wanted(const Core& core) noexcept {
        const auto bypass = core.options.alive_bypass;
        return Core::traits::has_check && bypass.count() != 0 &&
               bypass != (std::chrono::nanoseconds::max)();
    }

    // With a bypass of 0 everything is in doubt always. Then no thread remembers a slot, so that
    // all come by the slow way.
    static bool always(const Core& core) noexcept {
        return Core::traits::has_check && core.options.alive_bypass.count() == 0;
    }

    // Whether this one is to pass an active check before it is lent. By its owner.
    static bool is_in_doubt(const Core& core, const slot_type& s) noexcept {
        return s.in_doubt || always(core);
    }

    // By the owner of a slot that was in doubt and has passed its check. The housekeeper may sleep
    // for long, because it counted on being called now.
    static void settled(Core& core, slot_type& s) noexcept {
        const lock_type lock(core.mutex);
        settled_locked(core, s);
    }
    static void settled_locked(Core& core, slot_type& s) noexcept {
        if (!std::exchange(s.in_doubt, false)) return;
        core.expect_chore(lives::after(Core::platform::now(), births<Core>::pace(core, s)));
    }

    static void run(Core& core, round& r) noexcept {
        if (!wanted(core)) return;
        const lock_type lock(core.mutex);
        if (core.closing) return;
        core.slots.for_each([&](slot_type& s) {
            lending_word::type word = s.word.see();
            if (!lending_word::is(word, lending_word::idle) ||
                lending_word::has(word, lending_word::withheld)) {
                return;
            }
            const time_point last = idle_times::silent_since(s, word, r.now);
            const time_point until = lives::after(last, core.options.alive_bypass);
            if (until > r.now) return r.due(until);
            while (lending_word::is(word, lending_word::idle) && !s.word.withhold(word)) {
            }
        });
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_DOUBTING_HPP
