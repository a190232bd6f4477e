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

    // By the owner of a slot that was in doubt and has passed its check. The housekeeper may sleep
    // for long, because it counted on being called now.
    static void settled(Core& core, slot_type& s) noexcept {
        s.in_doubt = false;
        const time_point now = Core::platform::now();
        const lock_type lock(core.mutex);
        core.expect_chore(lives::after(now, births<Core>::pace(core, s)));
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
