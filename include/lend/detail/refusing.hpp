// SPDX-License-Identifier: MIT
/// @file
/// What callers are told who leave with nothing: the one place where such an answer is explained,
/// whoever found the reason. It is counted and reported in outcomes.hpp.

#ifndef LEND_DETAIL_REFUSING_HPP
#define LEND_DETAIL_REFUSING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/gauges.hpp>
#include <lend/detail/holders.hpp>
#include <lend/detail/later.hpp>
#include <lend/detail/waiting_threads.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// A release, or whoever else finds that a waiter is to get nothing, only leaves a bare code in the
// waiter's node: explaining allocates. The caller that is refused does it on its own time.
template <class Core>
struct refusing {
    using platform = typename Core::platform;
    using lock_type = typename Core::lock_type;
    using duration = typename Core::duration;
    using time_point = typename Core::time_point;
    using resource_type = typename Core::resource_type;

    // For a caller that has left the queue after waiting. No lock is held.
    static error after_waiting(Core& core, hresult code, duration waited) noexcept {
        error why(code);
        {
            const lock_type lock(core.mutex);
            const auto now = platform::now();
            if (code == hr::lend_e_timed_out && lock_ups<Core>::nobody_can_go_on(core, now))
                why = locked_up(core, now);
            pool_snapshot stood = gauges<Core>::snapshot(core);
            ++stood.waiting; // the one who asks
            why.with_wait(waited, stood);
            if (const auto holder = holders<Core>::oldest(core, now))
                why.with_oldest_holder(*holder);
            add_last_create_error(core, why);
        }
        return why;
    }

    // Whether as many wait for a resource to come back as may. Those for whom one is made or
    // checked, or for whom there is room to make one, do not count. Under the lock.
    static bool is_full(const Core& core) noexcept {
        const std::size_t to_come = core.creates.size() + core.room();
        const std::size_t waiting = core.waiters.uncovered();
        return waiting >= to_come && waiting - to_come >= core.options.max_waiters;
    }

    // For a caller that is turned away then. Under the lock.
    static error at_the_door(Core& core) noexcept {
        return with_text(hr::lend_e_too_many_waiters,
                         [&] {
                             return "max_waiters is " + std::to_string(core.options.max_waiters) +
                                    ", and as many callers wait already";
                         })
            .with_wait({}, gauges<Core>::snapshot(core));
    }

    // For a caller that does not wait, where nothing is free and it may have nothing made: what is
    // in its way. Under the lock.
    static error nothing_free(Core& core, const resource_type& wanted) noexcept {
        const pool_snapshot stood = gauges<Core>::snapshot(core);
        error why = with_text(hr::lend_e_exhausted, [&] { return obstacle(core, wanted, stood); });
        why.with_wait({}, stood);
        if (const auto holder = holders<Core>::oldest(core, platform::now()))
            why.with_oldest_holder(*holder);
        add_last_create_error(core, why);
        return why;
    }

    // Why the last create failed, if none has succeeded since, and when the next is tried. Under
    // the lock.
    static void add_last_create_error(const Core& core, error& why) noexcept {
        const auto next = core.plan.next_try(core.creates);
        const auto now = platform::now();
        if (next && *next > now && *next != (time_point::max)())
            why.with_next_try(
                std::chrono::duration_cast<std::chrono::nanoseconds>(between(now, *next)));
        if (!core.last_create_error) return;
        const auto at = core.create_failed_at.value_or(platform::now());
        why.with_last_create_error(
            *core.last_create_error,
            std::chrono::duration_cast<std::chrono::nanoseconds>(between(at, platform::now())));
    }

private:
    static std::string
    obstacle(Core& core, const resource_type& wanted, const pool_snapshot& stood) {
        const std::string free = stood.idle > 0 ? "nothing that is free fits" : "nothing is free";
        if (!quota<Core>::has_room(wanted)) return quota<Core>::maximum_of(wanted);
        if (core.room() == 0) return "the maximum is reached and " + free;
        if (core.plan.failing()) return free + ", and creates pause after a failure";
        if (!core.plan.lets_begin(core.creates)) {
            return free + ", and as many are being made as max_parallel_creates allows: " +
                   std::to_string(core.options.max_parallel_creates);
        }
        if (core.lacks_memory()) return free + ", and memory for another is out";
        return std::string(describe(hr::lend_e_exhausted));
    }

    static error locked_up(Core& core, typename Core::time_point now) noexcept {
        return with_text(hr::lend_e_pool_locked, [&] {
            return "every resource is held by a thread that itself waits for one: " +
                   lock_ups<Core>::sites(core, now);
        });
    }

    template <class Text>
    static error with_text(hresult code, const Text& text) noexcept {
        LEND_TRY { return {code, text()}; }
        LEND_CATCH_ALL {
            // The code says enough; the words could not be kept.
        }
        return code;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_REFUSING_HPP
