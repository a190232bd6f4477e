// SPDX-License-Identifier: MIT
/// @file
/// The chore that makes what is to be kept ready.

#ifndef LEND_DETAIL_REFILLING_HPP
#define LEND_DETAIL_REFILLING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/making.hpp>
#include <lend/detail/sweep_round.hpp>

#include <chrono>
#include <cstddef>

namespace lend::inline v0_1 {
namespace detail {

// Looks every second while there is a min_idle, for nobody tells when an idle one is taken; while
// creates fail, when the next may be tried, so that an outage ends without a call of the user's.
//
// Looks after creates that take too long, too, where nobody waits who would.
template <class Core>
struct refilling {
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using round = sweep_round<Core>;
    using lives = lifetimes<typename Core::platform>;
    using make = making<Core>;

    static bool wanted(const Core& core) noexcept { return core.limits.min_idle != 0; }

    static void run(Core& core, round& r) noexcept {
        typename Core::wakes wake;
        typename make::errand todo;
        {
            const lock_type lock(core.mutex);
            if (core.closing || core.is_draining()) return;
            const std::size_t lacking = missing(core);
            (void)make::last_lent(core, r.now);
            // Those who wait come first.
            todo = core.waiters.empty() || core.demand() == 0 ? make::plan_for_stock(core, lacking)
                                                              : make::plan_for_waiters(core, wake);
            if (wanted(core)) r.due(lives::after(r.now, every));
            if (lacking != 0 && core.room() != 0 && core.plan.failing())
                r.due(core.plan.look_at(r.now, core.creates));
            r.due(make::next_give_up(core));
        }
        wake.deliver();
        if (core.options.creation == creation_mode::worker) {
            make::start(core, todo);
        } else {
            make::work_here(core, todo.workers);
        }
    }

private:
    static constexpr std::chrono::seconds every{1};

    static std::size_t missing(Core& core) noexcept {
        if constexpr (Core::traits::has_resource_type) {
            if (!core.usual_type) return 0; // nothing is known of what will be asked for
        }
        std::size_t idle = 0;
        core.slots.for_each([&](slot_type& s) {
            idle += lending_word::is(s.word.peek(), lending_word::idle) ? 1U : 0U;
        });
        return core.limits.min_idle > idle ? core.limits.min_idle - idle : 0;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_REFILLING_HPP
