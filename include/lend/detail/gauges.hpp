// SPDX-License-Identifier: MIT
/// @file
/// How many resources of a pool are in which state, read off the words of its slots.

#ifndef LEND_DETAIL_GAUGES_HPP
#define LEND_DETAIL_GAUGES_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/lending_word.hpp>
#include <lend/detail/slot.hpp>
#include <lend/error.hpp>
#include <lend/stats.hpp>

#include <atomic>

namespace lend::inline v0_1 {
namespace detail {

template <class Core>
struct gauges {
    using slot_type = typename Core::slot_type;

    // In one pass; with or without the lock.
    static void count(Core& core, pool_stats& s) noexcept {
        core.slots.for_each([&](slot_type& each) {
            const lending_word::type word = each.word.peek();
            // Relaxed: a gauge is a snapshot of a moving thing.
            const slot_phase phase = each.phase.load(std::memory_order_relaxed);
            s.returned += lending_word::count_of(word) / lending_word::one_lending;
            switch (lending_word::state_of(word)) {
            case lending_word::idle:
                ++s.idle;
                break;
            case lending_word::in_use:
                // Relaxed: as above.
                if (each.leaked.load(std::memory_order_relaxed) == lending_word::count_of(word))
                    ++s.leaked;
                if (phase == slot_phase::rating ||
                    (!Core::ordered && lending_word::is_viewed(word)))
                    ++s.idle;
                else if (phase == slot_phase::checking)
                    ++s.checking;
                else if (phase == slot_phase::resetting)
                    ++s.resetting;
                else
                    ++s.in_use;
                break;
            case lending_word::creating:
                ++s.creating;
                break;
            case lending_word::parked:
                ++s.parked;
                break;
            case lending_word::destroying:
                ++s.destroying;
                break;
            case lending_word::reclaimed:
                if (phase == slot_phase::destroying) break; // its lease has ended
                ++s.reclaimed;
                ++s.leaked;
                break;
            default:
                break;
            }
        });
        s.acquired = s.returned + s.in_use + s.resetting + s.reclaimed;
        s.size =
            s.idle + s.in_use + s.creating + s.checking + s.resetting + s.parked + s.destroying;
    }

    // How the pool stands, for an error. Under the lock.
    [[nodiscard]] static pool_snapshot snapshot(Core& core) noexcept {
        pool_stats s;
        count(core, s);
        return {core.limits.max_size, s.size,     s.idle,      s.in_use, s.creating,
                core.waiters.size(),  s.checking, s.resetting, s.parked, s.destroying};
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_GAUGES_HPP
