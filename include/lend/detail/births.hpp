// SPDX-License-Identifier: MIT
/// @file
/// What a slot is told when something is to be made in it and when it is made: the number of its
/// birth, when it will be too old, and how often sweeps are to look at it.

#ifndef LEND_DETAIL_BIRTHS_HPP
#define LEND_DETAIL_BIRTHS_HPP

#include <lend/destroy_reason.hpp>
#include <lend/detail/core.hpp>
#include <lend/detail/lending_word.hpp>
#include <lend/detail/lifetimes.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>

namespace lend::inline v0_1 {
namespace detail {

// All members but `pace` are called under the lock.
template <class Core>
struct births {
    using slot_type = typename Core::slot_type;
    using lives = lifetimes<typename Core::platform>;
    using time_point = typename Core::time_point;
    using duration = typename Core::duration;

    // A create begins in a slot that is reserved for it.
    static void begin(Core& core, slot_type& s) noexcept {
        // Relaxed: written under the lock; who reads it without wants to know no other memory.
        s.birth = core.births.load(std::memory_order_relaxed) + 1;
        core.births.store(s.birth, std::memory_order_relaxed);
        s.expires_at = (time_point::max)();
        if (core.fate() != 0) s.why = destroy_reason::unpooled;
        s.word.become(lending_word::count_of(s.word.peek()) | lending_word::creating);
    }

    // A create has ended well, and its result is kept.
    static void begin_life(Core& core, slot_type& s) noexcept {
        s.made_at = Core::platform::now();
        s.alive_at = (time_point::min)(); // not checked yet
        s.in_doubt = false;
        s.idle_word = lending_word::impossible;
        s.lendings_before = lending_word::count_of(s.word.peek());
        const time_point old =
            lives::draw(s.made_at, core.options.max_lifetime, core.options.lifetime_jitter);
        if (old < s.expires_at) { // it may have been lowered meanwhile, by clear_over
            s.expires_at = old;
            s.why = destroy_reason::lifetime;
        }
        const time_point looked_at = lives::after(s.made_at, pace(core, s));
        core.expect_chore((std::min)(s.expires_at, looked_at));
    }

    // How often sweeps look at a slot that may be used unseen: a quarter of the shortest time after
    // which an idle resource concerns them; not so often that it costs, nor so seldom that it comes
    // too late to matter. (duration::max)() if none is concerned.
    [[nodiscard]] static duration pace(const Core& core, const slot_type& s) noexcept {
        std::chrono::nanoseconds shortest = s.idle_limit;
        const auto at_least = [&](std::chrono::nanoseconds span) {
            if (span.count() != 0) shortest = (std::min)(shortest, span);
        };
        at_least(core.options.prune_window);
        if constexpr (Core::traits::has_check) {
            at_least(core.options.keep_alive);
            at_least(core.options.alive_bypass);
        }
        if (shortest == (std::chrono::nanoseconds::max)()) return (duration::max)();
        return std::clamp<duration>(std::chrono::duration_cast<duration>(shortest / 4),
                                    quickest_pace, slowest_pace);
    }

    static constexpr duration quickest_pace = std::chrono::milliseconds(100);
    static constexpr duration slowest_pace = std::chrono::seconds(30);
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_BIRTHS_HPP
