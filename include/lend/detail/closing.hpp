// SPDX-License-Identifier: MIT
/// @file
/// The end of a pool: nothing new begins, everyone who waits is told, what is idle is destroyed,
/// and driver calls that still run are waited for until a deadline, threads a moment longer.

#ifndef LEND_DETAIL_CLOSING_HPP
#define LEND_DETAIL_CLOSING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/later.hpp>
#include <lend/detail/phases.hpp>
#include <lend/detail/serving.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// Each slot that is neither vacant nor idle at the close gets a share of the core. Whoever owns the
// slot destroys what is in it and gives the share back; the last one frees the core.
template <class Core>
struct closing {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using wakes = typename Core::wakes;
    using time_point = typename Core::time_point;
    using own = own_calls<platform>;

    // On whose thread that which is idle is destroyed: the closer's, who comes back when that is
    // done; or one of the pool's, where it may have one, because the closer has a deadline.
    enum class on : std::uint8_t { this_thread, another_thread };

    // For how long beyond the deadline threads of the pool are waited for that are in no driver
    // call: they were woken, and need a moment to come to their ends.
    static constexpr std::chrono::nanoseconds moment = std::chrono::milliseconds(20);

    // s_ok: no driver call runs or can begin but the destroy of what was lent, and no thread of the
    // pool does anything any more. s_false: calls were still running or to be made at the deadline;
    // a thread that is in none ran even after the moment; or the closer is in a call, for which it
    // does not wait.
    struct end {
        hresult code = hr::s_ok;
        std::size_t calls = 0; // that were left at the deadline
    };

    // Closing twice waits twice and does nothing else.
    static end close(Core& core, time_point deadline, on where) noexcept {
        slot_type* mine = nullptr;
        bool first = false;
        wakes wake;
        {
            lock_type lock(core.mutex);
            if (!core.closing) {
                withdraw_creates(core);
                core.closing = first = true;
                refuse_waiters(core, wake);
                core.warm_ups.tell_all();
                mine = mark_slots(core);
                core.chores.change();
                core.note_progress();
            }
        }
        core.chores.wake();
        wake.deliver(); // before anyone else's work is done here, which may take long
        serving<Core>::run_rest(core);
        phases<Core>::after_marking();
        if (first) core.events.closed();
        if (where == on::this_thread || !is_done_aside(core, mine)) destroy_idle(core, mine);
        return wait_for_calls(core, deadline);
    }

    // Under the lock.
    static void refuse_waiters(Core& core, wakes& wake) noexcept {
        while (!core.waiters.empty()) {
            core.waiters.refuse(*core.waiters.head(), hr::lend_e_closed, wake);
        }
    }

private:
    // Returns the idle ones, taken and linked.
    static slot_type* mark_slots(Core& core) noexcept {
        slot_type* mine = nullptr;
        std::uint32_t others = 0;
        core.slots.for_each([&](slot_type& s) {
            const lending_word::type was = s.word.close();
            if (lending_word::is(was, lending_word::empty)) return;
            if (lending_word::is(was, lending_word::idle)) {
                s.word.become(lending_word::count_of(was) | lending_word::closing |
                              lending_word::destroying);
                s.next = mine;
                mine = &s;
            } else {
                ++others;
            }
        });
        // Relaxed: the closer holds a share, and the others meet it under the lock.
        core.shares.fetch_add(others, std::memory_order_relaxed);
        return mine;
    }

    static bool is_done_aside(Core& core, slot_type* mine) noexcept {
        if (mine == nullptr || !core.has_threads()) return false;
        const lock_type lock(core.mutex);
        if (!core.start_thread("close", &work)) return false;
        core.add_share();
        ++core.workers;
        core.left_at_close = mine;
        return true;
    }

    static void work(void* raw) {
        Core& core = *static_cast<Core*>(raw);
        const own here(&core, nullptr, 1);
        lock_type lock(core.mutex);
        slot_type* const mine = std::exchange(core.left_at_close, nullptr);
        lock.unlock();
        destroy_idle(core, mine);
        lock.lock();
        --core.workers;
        core.leave_closed(lock);
    }

    static void destroy_idle(Core& core, slot_type* mine) noexcept {
        std::size_t left = 0;
        for (const slot_type* s = mine; s != nullptr; s = s->next) ++left;
        while (mine != nullptr) {
            const own here(&core, nullptr, 0, --left);
            slot_type& s = *mine;
            mine = s.next;
            s.next = nullptr;
            (void)core.destroy_in(s, destroy_reason::closed);
            const lock_type lock(core.mutex);
            ++core.counted.destroyed;
            core.count_closed(destroy_reason::closed);
            core.empty(s);
        }
    }

    // Those that no worker has begun. Whoever was to work on them finds nothing to do, and need not
    // be waited for: on an executor of the user's that may be long.
    static void withdraw_creates(Core& core) noexcept {
        while (slot_type* const s = core.creates.next_queued()) {
            core.end_type(*s);
            core.make_vacant(*s);
        }
    }

    static end wait_for_calls(Core& core, time_point deadline) noexcept {
        const end how = sleep_until_settled(core, deadline);
        core.settled.wake(); // there may be others who sleep on it, and one is woken at a time
        return how;
    }

    static end sleep_until_settled(Core& core, time_point deadline) noexcept {
        time_point until = deadline;
        for (;;) {
            const std::uint32_t seen = core.settled.see();
            const work_left left = what_is_left(core);
            if (left.calls == 0 && left.threads == 0) {
                if (is_in_a_call(core)) return {hr::s_false};
                // Relaxed: for the checks only.
                core.quiet.store(true, std::memory_order_relaxed);
                return {};
            }
            const time_point now = platform::now();
            if (now >= deadline) {
                if (until == deadline) until = later(now, moment);
                if (left.calls > 0 || now >= until) {
                    core.events.abandoned_at_close(left.calls);
                    return {hr::s_false, left.calls};
                }
            }
            core.settled.sleep(seen, until);
        }
    }

    static bool is_in_a_call(Core& core) noexcept {
        return core.slots.find([](slot_type& s) { return own::on(&s); }) != nullptr;
    }

    // Driver calls that run or are to be made, and threads of the pool, which may be in one of
    // these; but for those of the closer itself.
    struct work_left {
        std::size_t calls;
        std::size_t threads;
    };
    static work_left what_is_left(Core& core) noexcept {
        const lock_type lock(core.mutex);
        return {calls_left(core), core.workers + core.finishers +
                                      (core.housekeeper_runs ? 1U : 0U) + core.due.servers() -
                                      serving<Core>::counted_here(core) - own::threads(&core)};
    }

    static std::size_t calls_left(Core& core) noexcept {
        std::size_t calls = (core.interrupted != nullptr ? 1U : 0U) + given_up(core);
        core.slots.for_each([&](slot_type& s) {
            if (own::on(&s)) return;
            const lending_word::type word = s.word.peek();
            const bool is_call = lending_word::is(word, lending_word::destroying) ||
                                 lending_word::is(word, lending_word::creating) ||
                                 (lending_word::is_out(word) && !phases<Core>::quiet(s));
            calls += is_call ? 1U : 0U;
        });
        return calls - own::calls(&core);
    }

    // Creates that were given up and still run. One of the closer's own may be among them: then the
    // others are waited for as threads, in which all of them run.
    static std::size_t given_up(const Core& core) noexcept {
        const auto all = static_cast<std::size_t>(core.counted.abandoned);
        return all - (std::min)(all, own::on_slots(&core));
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_CLOSING_HPP
