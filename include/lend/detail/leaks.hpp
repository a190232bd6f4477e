// SPDX-License-Identifier: MIT
/// @file
/// The search for leases that nobody ends: a chore of the housekeeper.

#ifndef LEND_DETAIL_LEAKS_HPP
#define LEND_DETAIL_LEAKS_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/holders.hpp>
#include <lend/detail/interrupting.hpp>
#include <lend/detail/lifetimes.hpp>
#include <lend/detail/making.hpp>
#include <lend/detail/reclaiming.hpp>
#include <lend/detail/sweep_round.hpp>
#include <lend/holder_info.hpp>

#include <chrono>
#include <cstddef>
#include <optional>

namespace lend::inline v0_1 {
namespace detail {

// A lending that two sweeps see, leak_after or more apart, is a leak, unless its borrower said that
// it takes long. It is reported once, and reclaimed if that is wished. What ends it is the lease
// alone: the gauge goes down because the count in the slot's word moves on, with no step more in
// the release.
template <class Core>
struct leaks {
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using time_point = typename Core::time_point;
    using duration = typename Core::duration;
    using who = holders<Core>;
    using lives = lifetimes<typename Core::platform>;

    static bool wanted(const Core& core) noexcept { return core.options.leak_after.count() > 0; }

    // The chore; also notes the time of lendings that nobody has seen yet. Observers are called
    // with no lock held, so leaks are found one by one; each walk but the last reports one.
    static void run(Core& core, sweep_round<Core>& r) noexcept {
        if (!wanted(core)) {
            if (!core.records()) return;
            const lock_type lock(core.mutex);
            return who::observe(core, r.now);
        }
        while (report_one(core, r.now)) {
        }
        // So that a leak is reported at most a quarter late.
        r.due(
            lives::after(r.now, std::chrono::duration_cast<duration>(core.options.leak_after / 4)));
    }

private:
    static bool report_one(Core& core, time_point now) noexcept {
        std::optional<holder_info> found;
        slot_type* s = nullptr;
        lending_word::type count = 0;
        bool reclaimed = false;
        typename Core::wakes wake;
        typename making<Core>::errand todo;
        {
            const lock_type lock(core.mutex);
            if (core.closing) return false;
            s = find(core, now, found);
            if (s == nullptr) return false;
            count = s->watched.count;
            // Relaxed: the gauge only.
            s->leaked.store(count, std::memory_order_relaxed);
            reclaimed = core.options.leak_action == leak_mode::reclaim &&
                        reclaiming<Core>::reclaim(core, *s, count, wake, todo);
        }
        wake.deliver();
        making<Core>::start(core, todo);
        core.events.leaked(*found);
        if (!reclaimed) return true;
        core.events.reclaimed(*found);
        // The holder may be inside a call that does not end.
        (void)interrupting<Core>::one(core, *s, [&](lending_word::type word) {
            return lending_word::is_out(word) && lending_word::count_of(word) == count;
        });
        return true;
    }

    // Visits all slots, so that each lending's time is noted, and returns the first that leaks.
    static slot_type*
    find(Core& core, time_point now, std::optional<holder_info>& who_has) noexcept {
        slot_type* found = nullptr;
        core.slots.for_each([&](slot_type& s) {
            const std::optional<recorded_borrower> by = who::recorded(s, now);
            if (found != nullptr || !by || !by->detect_leak || !is_new(s)) return;
            const holder_info holder = who::as_info(core, s, *by, now);
            if (holder.held_for < core.options.leak_after) return;
            who_has = holder;
            found = &s;
        });
        return found;
    }

    static bool is_new(const slot_type& s) noexcept {
        // Relaxed: written under the lock, which the caller holds.
        return s.leaked.load(std::memory_order_relaxed) != s.watched.count;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_LEAKS_HPP
