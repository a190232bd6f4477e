// SPDX-License-Identifier: MIT
/// @file
/// Resources made before they are asked for: in parallel, until a deadline, and with an answer to
/// how many came up.

#ifndef LEND_DETAIL_WARMING_UP_HPP
#define LEND_DETAIL_WARMING_UP_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/later.hpp>
#include <lend/detail/making.hpp>
#include <lend/detail/patience.hpp>
#include <lend/detail/warm_ups.hpp>
#include <lend/warm_up_result.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// The caller queues creates for the pool's workers, as many at a time as may run at a time, sleeps,
// and queues the next ones when some have ended. What others have begun is waited for as well: it
// counts if it comes up. After a failure one probe at a time is tried, when the creation plan says
// so, whether it was this warm-up's or one before it began; if that fails as well, the warm-up
// starts no more, unless on_create_failure says that its caller waits.
//
// Invariant: each step either finds that enough are ready, or has a reason to sleep: a create that
// is under way and whose end is told, or a time at which another may start.
template <class Core>
class warming_up {
    using platform = typename Core::platform;
    using lock_type = typename Core::lock_type;
    using resource_type = typename Core::resource_type;
    using time_point = typename Core::time_point;
    using duration = typename Core::duration;
    using make = making<Core>;
    using errand = typename make::errand;

public:
    // On whose threads.
    enum class where : std::uint8_t { as_the_pool_does, here };

    // `count` idle ones of `type`, by `deadline`.
    static warm_up_result run(Core& core,
                              const resource_type& type,
                              std::size_t count,
                              time_point deadline,
                              where how,
                              bool tries_again = true) noexcept {
        warm_up_result found;
        warming_up call(core, type, deadline, how);
        call.tries_again_ = tries_again;
        LEND_TRY { call.node_.failures.reserve((std::min)(count, most_told) + 1); }
        LEND_CATCH_ALL {
            // What fails is not told, then.
        }
        found.ready = call.run((std::min)(count, pool_options::largest_size));
        found.errors = std::move(call.node_.failures);
        for (error& each : found.errors) each.with_pool(core.options.name);
        if (call.closed_ && found.errors.size() < found.errors.capacity())
            found.errors.push_back(error(hr::lend_e_closed).with_pool(core.options.name));
        return found;
    }

    // The first resources of a pool that is to fail fast: min_idle, at least one, within
    // acquire_timeout. Without time to wait, on this thread.
    static result<void> first(Core& core) {
        if constexpr (Core::traits::has_resource_type) {
            return error(hr::e_invalidarg, "pool_options::initialisation is not lazy; the driver "
                                           "has resource types, so call warm_up with one of them");
        } else {
            const pool_options& o = core.options;
            const bool waits = o.acquire_timeout.count() != 0;
            const auto span = waits ? o.acquire_timeout : (std::chrono::nanoseconds::max)();
            const std::size_t count = (std::max<std::size_t>)(o.min_idle, 1);
            const bool insists = o.initialisation == initialisation_mode::fail_unless_ready;
            const time_point begun = platform::now();
            const warm_up_result warmed =
                run(core, one_kind{}, count, patience<platform>::for_span(span).deadline(begun),
                    waits ? where::as_the_pool_does : where::here, false);
            if (warmed.ready >= (insists ? count : 1)) return {};
            if (!warmed.errors.empty()) return warmed.errors.front();
            if (warmed.errors.capacity() == 0) return hr::e_outofmemory; // and no failure was told
            return error(hr::lend_e_timed_out).with_wait(between(begun, platform::now()), {});
        }
    }

private:
    static constexpr std::size_t most_told = 1000; // failures, of all that begin together

    warming_up(Core& core, const resource_type& type, time_point deadline, where how) noexcept
        : core_(core), type_(type), began_(platform::now()), deadline_(deadline),
          here_(how == where::here || core.options.creation == creation_mode::inline_) {
        node_.type = &type_;
    }

    // Returns how many were idle or came up.
    std::size_t run(std::size_t count) noexcept {
        core_.add_share();
        {
            const lock_type lock(core_.mutex);
            count_ = count;
            ready_ = idle_ = idle_ones();
            total_ = count_ > idle_ ? count_ - idle_ : 0;
            core_.warm_ups.enter(node_);
        }
        while (step()) {
        }
        {
            const lock_type lock(core_.mutex);
            core_.warm_ups.leave(node_);
            note_ready();
            if (ready_ < count_ && core_.plan.failing() && node_.failures.empty() &&
                core_.last_create_error)
                node_.fail(*core_.last_create_error); // and it was not yet time to try again
        }
        core_.drop_share();
        return ready_;
    }

    // Starts what may be started now, and sleeps until there is news. False: nothing is left to do.
    bool step() noexcept {
        const std::uint32_t seen = node_.changes.see();
        errand todo;
        time_point wake_at = (time_point::max)();
        typename Core::wakes wake;
        bool goes_on = false;
        {
            const lock_type lock(core_.mutex);
            closed_ = core_.closing || core_.is_draining();
            if (closed_) return false;
            goes_on = plan_next(todo, wake_at);
            // Where there is no room any more, something unwanted may have to make some.
            if (Core::typed && todo.workers > 0 && core_.room() == 0)
                core_.waiters.poke(core_.waiters.head(), wake);
        }
        wake.deliver();
        make::work_here(core_, here_ ? std::exchange(todo.workers, std::size_t{0}) : 0);
        // Where no thread can be had, this one does it.
        make::work_instead(core_, make::try_start(core_, todo));
        if (!goes_on || platform::now() >= deadline_) return false;
        node_.changes.sleep(seen, (std::min)(deadline_, wake_at));
        return true;
    }

    // Queues what may be started, and says when time alone may change something. False: enough are
    // ready, or there is no room, or no hope. Under the lock.
    bool plan_next(errand& todo, time_point& wake_at) noexcept {
        const time_point now = platform::now();
        make::give_up_late(core_, now, todo);
        make::help_executor(core_, now, todo);
        note_ready();
        const std::size_t under_way = core_.creates.in_advance(
            [&](const resource_type& t) { return make::is_kind(t, type_); });
        if (ready_ >= count_) return false;
        const std::size_t missing = count_ - ready_ - (std::min)(under_way, count_ - ready_);
        bool goes_on = under_way > 0;
        if (missing > 0 && !gives_up()) goes_on = start_next(now, missing, todo, wake_at);
        wake_at = (std::min)({wake_at, make::next_give_up(core_), make::next_help(core_)});
        return goes_on;
    }

    // The same of `missing` that nobody makes.
    bool
    start_next(time_point now, std::size_t missing, errand& todo, time_point& wake_at) noexcept {
        time_point next_start = (time_point::max)();
        const bool was_failing = core_.plan.failing();
        const std::size_t allowed = may_start(now, missing, next_start);
        const std::size_t queued = make::queue(core_, allowed, &type_);
        todo.workers += queued;
        started_ += queued;
        if (queued < allowed && !was_failing && core_.plan.failing()) {
            node_.fail(hr::e_outofmemory); // for it is nothing else
            node_.hopeless = true;
        }
        if (was_failing && !here_ && core_.room() > 0)
            next_start = (std::min)(next_start, core_.plan.look_at(now, core_.creates));
        wake_at = next_start;
        return !core_.creates.empty() || todo.workers > 0 || next_start != (time_point::max)();
    }

    [[nodiscard]] bool gives_up() const noexcept {
        return node_.hopeless || (!tries_again_ && !node_.failures.empty());
    }

    // Those that were idle and are lent by now were ready as well; others may make more than this
    // one wants. Under the lock.
    void note_ready() noexcept {
        const std::size_t made = (std::min)(idle_ + node_.came_up, (std::max)(count_, idle_));
        ready_ = (std::max)({ready_, idle_ones(), made});
    }

    // How many may be started now, and when the next ones may although nothing has ended. Under the
    // lock.
    std::size_t may_start(time_point now, std::size_t missing, time_point& next_start) noexcept {
        // On this thread one after the other, and it is tried whatever failed before.
        const bool may_run = core_.plan.look_at(now, core_.creates) != (time_point::max)();
        const std::size_t most =
            here_ ? std::size_t{may_run}
                  : core_.plan.for_warm_up(now, missing, core_.room(), core_.creates);
        return most == 0 || core_.plan.failing() ? most : due(now, most, next_start);
    }

    // With a jitter each create has a moment of its own: the span is divided among all of them, and
    // each starts somewhere in its share.
    std::size_t due(time_point now, std::size_t most, time_point& next_start) noexcept {
        const auto span = std::chrono::duration_cast<duration>(core_.options.start_jitter);
        if (span <= duration::zero()) return most;
        for (std::size_t count = 0; count < most; ++count) {
            if (!drawn_) next_ = moment((std::min)(started_ + count, total_ - 1), span);
            drawn_ = next_ > now;
            if (drawn_) {
                next_start = next_;
                return count;
            }
        }
        return most;
    }

    [[nodiscard]] time_point moment(std::size_t which, duration span) const noexcept {
        const auto share = span.count() / static_cast<typename duration::rep>(total_);
        if (share <= 0) return began_;
        const auto within = static_cast<typename duration::rep>(platform::random() %
                                                                static_cast<std::uint64_t>(share));
        return later(began_, duration(share * static_cast<typename duration::rep>(which) + within));
    }

    // Where only the driver can tell what serves whom, nothing is known to be ready. Under the
    // lock.
    std::size_t idle_ones() noexcept {
        std::size_t idle = 0;
        if constexpr (!Core::typed || Core::comparable) {
            core_.slots.for_each([&](typename Core::slot_type& s) {
                if (lending_word::is(s.word.see(), lending_word::idle) &&
                    make::is_kind(*s.type, type_))
                    ++idle;
            });
        }
        return idle;
    }

    Core& core_;
    const resource_type& type_;
    const time_point began_;
    const time_point deadline_;
    const bool here_;
    bool closed_ = false;
    bool tries_again_ = true;
    std::size_t count_ = 0;
    std::size_t idle_ = 0;  // when it began
    std::size_t ready_ = 0; // the most that were, until now
    std::size_t total_ = 0; // to be started, if none fails
    std::size_t started_ = 0;
    time_point next_{}; // when the next one may be started, if that is drawn
    bool drawn_ = false;
    warm_up_call<platform, resource_type> node_;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_WARMING_UP_HPP
