// SPDX-License-Identifier: MIT
/// @file
/// What is done without being asked: a list of chores, done one after the other by the pool's own
/// thread or by the user; each says when it is next due.

#ifndef LEND_DETAIL_HOUSEKEEPING_HPP
#define LEND_DETAIL_HOUSEKEEPING_HPP

#include <lend/detail/alarms.hpp>
#include <lend/detail/core.hpp>
#include <lend/detail/doubting.hpp>
#include <lend/detail/expiring.hpp>
#include <lend/detail/forgetting.hpp>
#include <lend/detail/keeping_alive.hpp>
#include <lend/detail/later.hpp>
#include <lend/detail/leaks.hpp>
#include <lend/detail/oversleeping.hpp>
#include <lend/detail/pruning.hpp>
#include <lend/detail/refilling.hpp>
#include <lend/detail/sweep_round.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// A chore is a room with two functions:
//   bool wanted(const Core&)         whether it alone is worth a thread; under the lock
//   void run(Core&, sweep_round&)    does what is due at `now`, says when to come again; no lock
// It takes the lock itself, and is done with the pool when that is closing.
template <class Core, class... Chores>
struct chore_list {
    static bool wanted(const Core& core) noexcept { return (Chores::wanted(core) || ...); }
    static void run(Core& core, sweep_round<Core>& r) noexcept { (Chores::run(core, r), ...); }
};

// The housekeeper's thread sleeps until the first chore is due, or until it is called:
// `core.expect_chore(when)` by whoever changes what is due, `core.call_housekeeper()` by whoever
// has work for it now.
template <class Core>
struct housekeeping {
    using platform = typename Core::platform;
    using lock_type = typename Core::lock_type;
    using time_point = typename Core::time_point;
    using duration = typename Core::duration;
    using round = sweep_round<Core>;

    // In this order: what is to go goes before it is checked, and what is missing is made last.
    using chores = chore_list<Core,
                              expiring<Core>,
                              keeping_alive<Core>,
                              doubting<Core>,
                              pruning<Core>,
                              leaks<Core>,
                              refilling<Core>,
                              forgetting<Core>,
                              alarms<Core>>;

    // Tells a new core who keeps its house.
    static void furnish(Core& core) noexcept {
        core.housekeeper = &run;
        core.has_chores = &chores::wanted;
    }

    // Does what is due. Returns how many resources were destroyed.
    static std::size_t sweep(Core& core, time_point now) noexcept {
        round r{now};
        chores::run(core, r);
        return r.destroyed;
    }

private:
    // The housekeeper's thread. Holds a share of the core.
    static void run(void* raw) {
        Core& core = *static_cast<Core*>(raw);
        const own_calls<platform> here(&core, nullptr, 1);
        time_point until = (time_point::max)();
        lock_type lock(core.mutex);
        while (!core.closing) {
            const std::uint32_t seen = core.chores.see();
            core.next_sweep = (time_point::max)(); // whoever has a chore now calls
            const bool rings = alarms<Core>::wanted(core);
            lock.unlock();
            round r{.now = platform::now(), .aside = true};
            r.rings = rings; // whoever sets an alarm now calls
            oversleeping<Core>::forgive(core, until, r.now);
            chores::run(core, r);
            lock.lock();
            const time_point now = platform::now();
            core.next_sweep = r.next > now ? r.next : later(now, shortest_sleep);
            core.next_sweep = (std::min)(core.next_sweep, r.alarm);
            until = core.next_sweep;
            lock.unlock();
            core.chores.sleep(seen, until);
            lock.lock();
        }
        core.housekeeper_runs = false;
        core.leave_closed(lock);
    }

    // A chore that is due at once, and finds nothing to do, must not keep a processor busy.
    static constexpr duration shortest_sleep = std::chrono::milliseconds(1);
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_HOUSEKEEPING_HPP
