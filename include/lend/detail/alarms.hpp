// SPDX-License-Identifier: MIT
/// @file
/// The times at which those who wait without a thread are to be run, and by which thread.

#ifndef LEND_DETAIL_ALARMS_HPP
#define LEND_DETAIL_ALARMS_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/waiters.hpp>

#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// Keeps the deadlines of those who sleep without a thread, and the times at which they are to try
// again. A chore of the housekeeper.
template <class Core>
struct alarms {
    using lock_type = typename Core::lock_type;
    using waiter_type = typename Core::waiter_type;
    using wakes = typename Core::wakes;
    using time_point = typename Core::time_point;
    using is = typename resumable<waiter_type, typename Core::platform>::is;

    static bool wanted(const Core& core) noexcept {
        return core.due.alarm() != (time_point::max)() || !core.due.empty();
    }

    template <class Round>
    static void run(Core& core, Round& round) noexcept {
        if (!round.rings) return;
        wakes wake;
        {
            const lock_type lock(core.mutex);
            if (core.due.alarm() <= round.now) ring(core, round.now, wake);
            round.due_exactly(core.due.alarm());
            if (!core.due.empty()) wake.add_all(core.due);
        }
        wake.deliver();
    }

    // Wakes those whose time has come. Under the lock. Whoever runs now sets its alarm again when
    // it falls asleep.
    static void ring(Core& core, time_point now, wakes& wake) noexcept {
        time_point next = (time_point::max)();
        for (waiter_type* w = core.waiters.head(); w != nullptr; w = w->next) {
            auto& r = w->resumed;
            if (r.list == nullptr || r.now != is::asleep) continue;
            if (r.alarm <= now) {
                wake.add(*w);
            } else {
                next = r.alarm < next ? r.alarm : next;
            }
        }
        core.due.set_alarm(next);
    }
};

// Where no thread could be had for the housekeeper, each slow path tries again to start it, and
// keeps the deadlines of those who sleep without a thread itself. Acquires take the slow path
// until then, see `remember` of the core.
template <class Core>
struct without_keeper {
    using platform = typename Core::platform;
    using lock_type = typename Core::lock_type;
    using wakes = typename Core::wakes;
    using time_point = typename Core::time_point;

    // Under the lock.
    static void help(Core& core, wakes& wake) noexcept {
        if (!core.keeper_lack.lacks()) [[likely]]
            return;
        const time_point now = platform::now();
        if (core.keeper_lack.may_try(now)) core.start_housekeeper_if_needed();
        if (core.housekeeper_runs) return;
        if (core.due.alarm() <= now) alarms<Core>::ring(core, now, wake);
    }

    // By a caller of the pool that holds no lock.
    static void help(Core& core) noexcept {
        if (!core.keeper_lack.lacks()) [[likely]]
            return;
        wakes wake;
        {
            const lock_type lock(core.mutex);
            help(core, wake);
        }
        wake.deliver();
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_ALARMS_HPP
