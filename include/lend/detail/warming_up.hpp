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
// and queues the next ones when some have ended. Each missing resource is tried once. After a
// failure nothing more is started, so a back end that is down is not stormed: when to try again is
// the creation plan's business, not that of a warm-up.
//
// Invariant: a create is under way for a warm-up only while the node is in the list; whoever leaves
// at the deadline leaves its creates to those who wait, or to the inventory.
template <class Core>
class warming_up {
    using platform = typename Core::platform;
    using lock_type = typename Core::lock_type;
    using resource_type = typename Core::resource_type;
    using time_point = typename Core::time_point;
    using duration = typename Core::duration;
    using make = making<Core>;

public:
    // On whose threads.
    enum class where : std::uint8_t { as_the_pool_does, here };

    // `count` idle ones of `type`, by `deadline`.
    static warm_up_result run(Core& core,
                              const resource_type& type,
                              std::size_t count,
                              time_point deadline,
                              where how) noexcept {
        warm_up_result found;
        warming_up call(core, type, deadline, how);
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
            return error(hr::e_invalidarg, "pool_options::initialisation is fail_fast; the driver "
                                           "has resource types, so call warm_up with one of them");
        } else {
            const pool_options& o = core.options;
            const bool waits = o.acquire_timeout.count() != 0;
            const auto span = waits ? o.acquire_timeout : (std::chrono::nanoseconds::max)();
            const time_point begun = platform::now();
            const warm_up_result warmed =
                run(core, one_kind{}, (std::max<std::size_t>)(o.min_idle, 1),
                    patience<platform>::for_span(span).deadline(begun),
                    waits ? where::as_the_pool_does : where::here);
            if (warmed.ready > 0) return {};
            if (!warmed.errors.empty()) return warmed.errors.front();
            if (warmed.errors.capacity() == 0) return hr::e_outofmemory; // and no failure was told
            return error(hr::lend_e_timed_out).with_wait(between(begun, platform::now()), {});
        }
    }

private:
    static constexpr std::size_t most_told = 1000; // failures, of all that begin together

    warming_up(Core& core, const resource_type& type, time_point deadline, where how) noexcept
        : core_(core), type_(type), began_(platform::now()), deadline_(deadline),
          here_(how == where::here || core.options.creation == creation_mode::inline_) {}

    // Returns how many were idle or came up.
    std::size_t run(std::size_t count) noexcept {
        core_.add_share();
        std::size_t idle = 0;
        {
            const lock_type lock(core_.mutex);
            idle = idle_ones();
            missing_ = total_ = count > idle ? count - idle : 0;
            core_.warm_ups.enter(node_);
        }
        while (step()) {
        }
        {
            const lock_type lock(core_.mutex);
            core_.warm_ups.leave(node_);
            idle += node_.came_up;
        }
        core_.drop_share();
        return idle;
    }

    // Starts what may be started now, and sleeps until there is news. False: nothing is left to do.
    bool step() noexcept {
        const std::uint32_t seen = node_.changes.see();
        std::size_t queued = 0;
        time_point next_start = (time_point::max)();
        typename Core::wakes wake;
        {
            const lock_type lock(core_.mutex);
            closed_ = core_.closing || core_.is_draining();
            if (closed_) return false;
            if (missing_ > 0 && node_.failed == 0 && !core_.plan.failing()) {
                queued = make::queue(core_, may_start(next_start), &type_);
                if (core_.plan.failing()) node_.fail(hr::e_outofmemory); // for it is nothing else
            }
            // Where there is no room any more, something unwanted may have to make some.
            if (Core::typed && queued > 0 && core_.room() == 0)
                core_.waiters.poke(core_.waiters.head(), wake);
            missing_ -= queued;
            node_.under_way += queued;
            // No room, or no hope.
            const bool waits = node_.under_way > 0 || next_start != (time_point::max)();
            if (!waits) return false;
        }
        wake.deliver();
        if (here_) {
            make::work_here(core_, queued);
        } else {
            // Where no thread can be had, this one does it.
            make::work_instead(core_, make::try_start(core_, {queued, 0, {}}));
        }
        if (platform::now() >= deadline_) return false;
        node_.changes.sleep(seen, (std::min)(deadline_, next_start));
        return true;
    }

    // How many may be started now, and when the next ones may although nothing has ended. Under the
    // lock.
    std::size_t may_start(time_point& next_start) noexcept {
        const std::size_t most = here_ ? 1 : core_.options.max_parallel_creates;
        std::size_t count = missing_;
        if (most != 0) count = (std::min)(count, most - (std::min)(most, node_.under_way));
        return count == 0 ? 0 : due(count, next_start);
    }

    // With a jitter each create has a moment of its own: the span is divided among all of them, and
    // each starts somewhere in its share.
    std::size_t due(std::size_t most, time_point& next_start) noexcept {
        const auto span = std::chrono::duration_cast<duration>(core_.options.start_jitter);
        if (span <= duration::zero()) return most;
        const time_point now = platform::now();
        for (std::size_t count = 0; count < most; ++count) {
            if (!drawn_) next_ = moment(total_ - missing_ + count, span);
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
    std::size_t missing_ = 0; // not yet started
    std::size_t total_ = 0;
    time_point next_{}; // when the next one may be started, if that is drawn
    bool drawn_ = false;
    warm_up_call<platform> node_;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_WARMING_UP_HPP
