// SPDX-License-Identifier: MIT
/// @file
/// The chore that ends lives: of what was idle for too long, and of what is too old.

#ifndef LEND_DETAIL_EXPIRING_HPP
#define LEND_DETAIL_EXPIRING_HPP

#include <lend/detail/births.hpp>
#include <lend/detail/core.hpp>
#include <lend/detail/later.hpp>
#include <lend/detail/sending_away.hpp>
#include <lend/detail/sweep_round.hpp>

#include <chrono>
#include <cstddef>

namespace lend::inline v0_1 {
namespace detail {

// An idle resource goes when its time has come; a lent one is condemned then, so that the first
// release after it destroys it without a look at the clock.
//
// The time at which a resource is too old is known, and met exactly. An idle time is never thought
// too long, and at most a pace too short: see idleness. Idle time destroys none of the last
// `min_idle`; age does, and others are made in their place.
template <class Core>
struct expiring {
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using time_point = typename Core::time_point;
    using duration = typename Core::duration;
    using round = sweep_round<Core>;
    using idle_times = idleness<Core>;
    using lives = typename idle_times::lives;
    using away = sending_away<Core>;

    static bool wanted(const Core& core) noexcept {
        constexpr auto never = (std::chrono::nanoseconds::max)();
        return Core::traits::has_idle_limit || core.options.idle_timeout != never ||
               core.options.max_lifetime != never;
    }

    static void run(Core& core, round& r) noexcept {
        slot_type* gone = nullptr;
        {
            const lock_type lock(core.mutex);
            if (core.closing) return;
            std::size_t idle = 0;
            core.slots.for_each([&](slot_type& s) { idle += is_idle(s.word.peek()) ? 1U : 0U; });
            core.slots.for_each([&](slot_type& s) {
                if (is_over(s.expires_at, r.now)) away::send(core, s, s.why, gone);
                const lending_word::type word = s.word.see();
                if (is_idle(word)) {
                    if (was_idle_for_too_long(s, word, r.now, idle > core.limits.min_idle, r) &&
                        away::take_out(core, s, word, destroy_reason::expired, gone)) {
                        --idle;
                        return;
                    }
                } else if (!lending_word::is(word, lending_word::in_use)) {
                    return;
                }
                if (s.expires_at > r.now) r.due(s.expires_at);
                // What may be taken by a fast path is looked at again; who takes what is withheld
                // calls the housekeeper.
                if (!lending_word::has(word, lending_word::withheld))
                    r.due(lives::after(r.now, births<Core>::pace(core, s)));
            });
        }
        r.destroyed += r.aside ? away::destroy_aside(core, gone) : away::destroy(core, gone);
    }

private:
    static bool is_over(time_point end, time_point now) noexcept {
        return end <= now && end != (time_point::max)(); // that is never
    }
    static bool is_idle(lending_word::type word) noexcept {
        return lending_word::is(word, lending_word::idle);
    }

    // Notes the idle time, and when it will be too long.
    static bool was_idle_for_too_long(
        slot_type& s, lending_word::type word, time_point now, bool may_go, round& r) noexcept {
        const time_point since = idle_times::since(s, word, now);
        if (s.idle_limit == (duration::max)() || !may_go) return false;
        if (between(since, now) >= s.idle_limit) return true;
        r.due(lives::after(since, s.idle_limit));
        return false;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_EXPIRING_HPP
