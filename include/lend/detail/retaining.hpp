// SPDX-License-Identifier: MIT
/// @file
/// A user's predicate says of each idle resource whether it stays.

#ifndef LEND_DETAIL_RETAINING_HPP
#define LEND_DETAIL_RETAINING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/driver_call.hpp>
#include <lend/detail/giving_back.hpp>
#include <lend/detail/later.hpp>
#include <lend/detail/phases.hpp>
#include <lend/detail/sweep_round.hpp>
#include <lend/resource_info.hpp>
#include <lend/result.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// One is out at a time, with no lock held, as when candidates are rated; it counts as idle.
template <class Core>
struct retaining {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using time_point = typename Core::time_point;
    using back = giving_back<Core>;

    template <class Keeps>
    static result<std::size_t> retain(Core& core, Keeps& keeps) noexcept {
        std::size_t gone = 0;
        std::optional<error> failure;
        core.slots.find([&](slot_type& s) {
            // A look without the lock: who is not idle now is not asked for.
            if (!lending_word::is(s.word.peek(), lending_word::idle)) return false;
            lending_word::type held = 0;
            const auto info = take(core, s, held);
            if (!info) return false;
            const own_calls<platform> here(&core, &s);
            bool stays = true;
            const bool open = phases<Core>::during(s, slot_phase::rating, [&] {
                LEND_TRY { stays = keeps(std::as_const(s.object), *info); }
                LEND_CATCH_ALL { failure = current_exception_as_error<platform>(); }
            });
            if (open && stays) {
                back::clean(core, s, held, back::use::view);
            } else {
                (void)back::destroy(core, s, back::use::view,
                                    open ? destroy_reason::evicted : destroy_reason::closed);
                gone += open ? 1U : 0U;
            }
            return failure.has_value() || !open;
        });
        const lock_type lock(core.mutex);
        if (gone != 0) core.call_housekeeper(); // some may have to be kept ready
        if (failure) return failure->with_pool(core.options.name);
        return gone;
    }

private:
    // Takes the slot if it is idle, and says what is known of its resource.
    static std::optional<resource_info>
    take(Core& core, slot_type& s, lending_word::type& held) noexcept {
        const lock_type lock(core.mutex);
        const lending_word::type word = s.word.see();
        if (core.closing || !lending_word::is(word, lending_word::idle)) return std::nullopt;
        const time_point now = platform::now();
        resource_info info;
        info.id = s.number;
        info.age = (std::max)(between(s.made_at, now),
                              Core::duration::zero()); // a clock may have jumped back
        // As far as sweeps know: see idleness. A sweep's time may be from before it was made.
        const bool seen_before = s.idle_word == (lending_word::count_of(word) | lending_word::idle);
        if (seen_before && now > s.idle_since)
            info.idle_for =
                (std::min<std::chrono::nanoseconds>)(between(s.idle_since, now), info.age);
        info.lendings =
            (lending_word::count_of(word) - s.lendings_before) / lending_word::one_lending;
        held = lending_word::seen(word);
        if (!core.view_idle(s, word)) return std::nullopt;
        return info;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_RETAINING_HPP
