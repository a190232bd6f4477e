// SPDX-License-Identifier: MIT
/// @file
/// What is done without being asked: resources that were idle for too long go, and as many are
/// made as are to be kept ready. One function, called by the pool's own thread or by the user.

#ifndef LEND_DETAIL_HOUSEKEEPING_HPP
#define LEND_DETAIL_HOUSEKEEPING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/giving_back.hpp>
#include <lend/detail/making.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace lend::inline v0_1 {
namespace detail {

// The fast paths store no times. A sweep that finds a slot idle with a word it has not seen before
// notes the time; one that finds the same word again knows that the slot was idle all the while. So
// a resource is never destroyed too early, and at most one sweep's period too late.
template <class Core>
struct housekeeping {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using wakes = typename Core::wakes;
    using time_point = typename Core::time_point;
    using duration = typename Core::duration;
    using back = giving_back<Core>;

    // Returns how many resources were destroyed.
    static std::size_t sweep(Core& core, time_point now) noexcept {
        slot_type* expired = nullptr;
        std::size_t starts = 0;
        {
            lock_type lock(core.mutex);
            if (core.closing) return 0;
            const std::size_t idle = take_expired(core, now, expired);
            starts = making<Core>::plan(core, core.waiters.size() + missing(core, idle));
        }
        const std::size_t destroyed = destroy_all(core, expired);
        if (core.options.creation == creation_mode::worker) {
            making<Core>::start_workers(core, starts);
        } else {
            making<Core>::work_here(core, starts);
        }
        return destroyed;
    }

    // The housekeeper's thread. Holds a share of the core.
    static void run(void* raw) {
        Core& core = *static_cast<Core*>(raw);
        lock_type lock(core.mutex);
        while (!core.closing) {
            const std::uint32_t seen = core.chores.see();
            lock.unlock();
            const time_point now = platform::now();
            (void)sweep(core, now);
            core.chores.sleep(seen, now + period(core));
            lock.lock();
        }
        core.housekeeper_runs = false;
        core.leave_closed(lock);
    }

private:
    // A quarter of the idle time-out, so that a resource goes at most a quarter late; but not so
    // often that it costs, nor so seldom that the idle ones to be kept ready come late.
    static duration period(const Core& core) noexcept {
        constexpr duration shortest = std::chrono::milliseconds(1);
        constexpr duration longest = std::chrono::seconds(30);
        constexpr duration refill = std::chrono::seconds(1);
        const bool soon = core.limits.min_idle > 0 || Core::traits::has_idle_limit;
        const auto quarter = std::chrono::duration_cast<duration>(core.options.idle_timeout / 4);
        return std::clamp(quarter, shortest, soon ? refill : longest);
    }

    // Under the lock. Returns how many slots stay idle.
    static std::size_t take_expired(Core& core, time_point now, slot_type*& expired) noexcept {
        std::size_t idle = 0;
        core.slots.for_each([&](slot_type& s) {
            idle += lending_word::is(s.word.peek(), lending_word::idle) ? 1 : 0;
        });
        core.slots.for_each([&](slot_type& s) {
            const lending_word::type word = s.word.see();
            if (!lending_word::is(word, lending_word::idle) || idle <= core.limits.min_idle) return;
            if (!has_been_idle(s, word, now) || !s.word.take(word)) return;
            s.word.become(lending_word::count_of(word) | lending_word::destroying);
            core.count_closed(destroy_reason::expired);
            s.next = expired;
            expired = &s;
            --idle;
        });
        return idle;
    }

    static bool has_been_idle(slot_type& s, lending_word::type word, time_point now) noexcept {
        if (s.idle_word != word) {
            s.idle_word = word;
            s.idle_since = now;
        }
        return s.idle_limit != (duration::max)() && now - s.idle_since >= s.idle_limit;
    }

    static std::size_t missing(const Core& core, std::size_t idle) noexcept {
        if constexpr (Core::traits::has_resource_type) {
            if (!core.usual_type) return 0; // nothing is known of what will be asked for
        }
        return core.limits.min_idle > idle ? core.limits.min_idle - idle : 0;
    }

    static std::size_t destroy_all(Core& core, slot_type* expired) noexcept {
        std::size_t destroyed = 0;
        while (expired != nullptr) {
            slot_type& s = *expired;
            expired = s.next;
            s.next = nullptr;
            (void)core.destroy_in(s, destroy_reason::expired);
            lock_type lock(core.mutex);
            ++core.counted.destroyed;
            back::leave_vacant(core, lock, s);
            ++destroyed;
        }
        return destroyed;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_HOUSEKEEPING_HPP
