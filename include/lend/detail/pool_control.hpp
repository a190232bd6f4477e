// SPDX-License-Identifier: MIT
/// @file
/// What is done with a pool as a whole, whoever borrows from it: another size, resources made in
/// advance, a pause, others in place of all, an end that waits for borrowers. The base of `pool`,
/// whose documentation this is.

#ifndef LEND_DETAIL_POOL_CONTROL_HPP
#define LEND_DETAIL_POOL_CONTROL_HPP

#include <lend/detail/clearing.hpp>
#include <lend/detail/draining.hpp>
#include <lend/detail/patience.hpp>
#include <lend/detail/pausing.hpp>
#include <lend/detail/resizing.hpp>
#include <lend/detail/retrying.hpp>
#include <lend/detail/warming_up.hpp>
#include <lend/detail/watched_pool.hpp>
#include <lend/drain_report.hpp>
#include <lend/driver.hpp>
#include <lend/pool_options.hpp>
#include <lend/result.hpp>
#include <lend/warm_up_result.hpp>

#include <chrono>
#include <cstddef>

namespace lend::inline v0_1 {
namespace detail {

// The base of `pool`, above watched_pool.
template <class Core>
class pool_control : public watched_pool<Core> {
    using platform = typename Core::platform;
    using warming = warming_up<Core>;
    using nanoseconds = std::chrono::nanoseconds;
    using resource_type = typename Core::resource_type;
    using time_point = typename Core::time_point;
    static constexpr bool typed = Core::traits::has_resource_type;

public:
    /// Changes the maximum, and how many idle resources are kept ready.
    ///
    /// A larger maximum holds at once, for those who wait as well. A smaller one takes effect as
    /// resources come to hand: idle ones beyond it are destroyed by this call, lent ones when they
    /// come back, those in creation when they are made; until then the size does not grow.
    ///
    /// @param max_size  1 to pool_options::largest_size.
    /// @param min_idle  0: none; at most max_size.
    /// @par Errors
    ///   e_invalidarg   a size is out of range; the text names it, its value and what is right.
    ///   lend_e_closed  the pool is closed or moved from.
    /// @par Thread safety Blocking on the pool's lock for a moment. Waits for no resource.
    /// @par Calls destroy for each idle resource beyond the maximum; no lock held.
    /// @par Complexity Linear in the resources.
    result<void> resize(std::size_t max_size, std::size_t min_idle) noexcept {
        Core* const core = core_.get();
        if (core == nullptr) return hr::lend_e_closed;
        LEND_TRY {
            const pooling_mode pooling = core->options.pooling;
            if (auto valid = pool_options::validate_size(max_size, min_idle, pooling); !valid)
                return error(valid.error()).with_pool(core->options.name);
        }
        LEND_CATCH_ALL { return hr::e_invalidarg; }
        const hresult code = resizing<Core>::resize(*core, max_size, min_idle);
        if (failed(code)) return error(code).with_pool(core->options.name);
        return {};
    }

    /// Makes resources before they are asked for, in parallel, until `count` are idle.
    ///
    /// As many are made at a time as max_parallel_creates allows, with those that others have begun
    /// and for which it waits as well; with a start_jitter they do not start together. After a
    /// failure one is tried again, when the pause after it allows, and the rest if that succeeds;
    /// if it fails as well nothing more is started, unless on_create_failure is `wait`. At the
    /// deadline the creates that have begun go on, and what they make is idle or goes to who waits.
    ///
    /// @param type      which kind; only for drivers with a resource_type. With a `rate` nothing
    ///                  that is idle is taken for ready.
    /// @param count     no more than there is room for are made.
    /// @param deadline  one absolute time, or a span from now. Past, or 0: does not wait.
    /// An unpooled pool makes none.
    /// @return How many were idle or came up, and what the creates that failed meanwhile said, or,
    ///   if it was too early to try again, the last one before. Fewer than
    ///   `count` and no error: the deadline passed, or there was no room.
    /// @par Errors In the result; lend_e_closed among them: the pool is closed or moved from.
    /// @par Thread safety Blocking until all creates have ended or the deadline passes.
    /// @par Calls create, on this thread with creation = inline_; no lock held.
    warm_up_result warm_up(std::size_t count, time_point deadline) noexcept requires(!typed) {
        return warm(one_kind{}, count, deadline);
    }
    warm_up_result warm_up(std::size_t count, nanoseconds span) noexcept requires(!typed) {
        return warm(one_kind{}, count, in(span));
    }
    warm_up_result warm_up(const resource_type& type,
                           std::size_t count,
                           time_point deadline) noexcept requires typed {
        return warm(type, count, deadline);
    }
    warm_up_result warm_up(const resource_type& type,
                           std::size_t count,
                           nanoseconds span) noexcept requires typed {
        return warm(type, count, in(span));
    }

    /// Ends the pause after creates that failed: what stands behind the pool is known to be back.
    /// The next create is tried at once if callers wait, or resources are to be kept ready, and
    /// by the next caller otherwise. If it fails, the pauses go on as they were.
    /// @par Errors
    ///   s_false        no create has failed since one succeeded: there was no pause.
    ///   lend_e_closed  the pool is closed or moved from.
    /// @par Thread safety Blocking on the pool's lock for a moment. Waits for no create.
    /// @par Calls None of the driver on this thread.
    hresult retry_now() noexcept {
        Core* const core = core_.get();
        return core == nullptr ? hr::lend_e_closed : retrying<Core>::retry_now(*core);
    }

    /// Lends nothing until `resume`: for a fail-over of what stands behind, or its maintenance.
    ///
    /// Once it has returned, no acquire returns a lease, but one whose last step was under way in
    /// another thread. Leases stay good; what comes back stays. try_acquire is refused with
    /// lend_e_paused. Others wait, if `mode` is block; deadlines go on. Nothing is made for those
    /// who wait; the housekeeper goes on. `close` ends it with lend_e_closed for all.
    ///
    /// @param mode  block: whoever asks waits for `resume`. fail: whoever asks or waits is refused.
    /// @par Errors
    ///   s_false        it was paused already; `mode` is what counts from now on.
    ///   e_invalidarg   `mode` is none.
    ///   lend_e_closed  the pool is closed or moved from.
    /// @par Thread safety Blocking on the pool's lock for a moment. Waits for no resource.
    /// @par Calls None of the driver; the callbacks of asynchronous acquires that it refuses.
    /// @par Complexity Linear in the resources, and for `fail` in those who wait.
    hresult pause(pause_mode mode = pause_mode::block) noexcept {
        Core* const core = core_.get();
        if (core == nullptr) return hr::lend_e_closed;
        if (!choice_of("mode", mode).is_one()) return hr::e_invalidarg;
        return pausing<Core>::pause(*core, mode);
    }

    /// Lends again: first to those who wait, in their order.
    /// @par Errors
    ///   s_false        the pool was not paused.
    ///   lend_e_closed  the pool is closed or moved from.
    /// @par Thread safety As `pause`.
    /// @par Calls create where no thread can be started for it, and the callbacks of asynchronous
    ///   acquires that it serves; no lock held.
    /// @par Complexity Linear in the resources.
    hresult resume() noexcept {
        Core* const core = core_.get();
        return core == nullptr ? hr::lend_e_closed : pausing<Core>::resume(*core);
    }

    /// Replaces everything: what exists or is being made now is destroyed, what is idle by this
    /// call, what is lent when it comes back, what is being made when its create ends. No acquire
    /// that begins after this call gets any of it. New ones are made as they are needed, and never
    /// more than max_size at a time.
    /// @return How many were idle and are destroyed.
    /// @par Errors None; a closed pool has nothing left.
    /// @par Thread safety Blocking on the pool's lock for a moment.
    /// @par Calls destroy for each that is idle; no lock held.
    /// @par Complexity Linear in the resources.
    std::size_t clear() noexcept {
        Core* const core = core_.get();
        return core == nullptr ? 0 : clearing<Core>::clear(*core);
    }

    /// The same, spread evenly over a time, so that those that stand behind the resources are not
    /// asked for all of them at once. Each gets a moment in that time at which it goes, if it is
    /// not too old before; one that is lent then goes when it comes back. Sweeps do it: the pool's
    /// thread in time, else whoever calls `sweep`.
    /// @param interval  0 or less: the next sweep takes them all. Up to nanoseconds::max().
    /// @return How many resources there are to be replaced.
    /// @par Errors None.
    /// @par Thread safety Blocking on the pool's lock for a moment.
    /// @par Calls None.
    /// @par Complexity Linear in the resources.
    std::size_t clear_over(nanoseconds interval) noexcept {
        Core* const core = core_.get();
        return core == nullptr ? 0 : clearing<Core>::clear_over(*core, interval);
    }

    /// Ends the pool and lets its borrowers finish: refuses newcomers with lend_e_closed, lends
    /// what comes back to nobody but those who wait already, and closes the pool as soon as nothing
    /// is lent and nobody waits, or at the deadline.
    ///
    /// @param deadline  one absolute time, or a span from now. Past, or 0: as `close` at once.
    /// @param mode      forced: at the deadline the driver's `interrupt` is called for each lent
    ///                  resource, and up to a second more is waited: the whole takes no longer than
    ///                  the deadline and that second. Nothing is waited for where nothing is lent.
    ///                  A lease that ends meanwhile waits for the call for its own resource.
    ///                  Without `interrupt`: as soft.
    /// @param queued    refuse: who waits already is refused at once with lend_e_closed.
    /// @return The holders at the deadline, as `holders` says it; the answer of `close`, which
    ///   waits for driver calls that run up to the same deadline, and 20 ms more for threads that
    ///   are in none; and how many calls were left. If another caller closes the pool meanwhile, it
    ///   ends then.
    /// @par Errors e_invalidarg for `closed`: `mode` or `queued` is none, and nothing was done.
    ///   Where memory is out, some of those who hold out are missing.
    /// @par Thread safety Blocking until all is over or the deadline passes.
    /// @par Calls destroy for each idle resource, interrupt: on threads of the pool; on this one in
    ///   a pool without threads (creation inline_ and housekeeping manual), or if none can be had,
    ///   where a call that takes long makes the drain as late. No lock held.
    drain_report drain(time_point deadline,
                       drain_mode mode = drain_mode::soft,
                       queued_mode queued = queued_mode::serve) noexcept {
        if (!choice_of("mode", mode).is_one() || !choice_of("queued", queued).is_one())
            return {.hold_outs = {}, .closed = hr::e_invalidarg};
        Core* const core = core_.get();
        return core == nullptr ? drain_report{}
                               : draining<Core>::drain(*core, deadline, mode, queued);
    }
    drain_report drain(nanoseconds span,
                       drain_mode mode = drain_mode::soft,
                       queued_mode queued = queued_mode::serve) noexcept {
        return drain(in(span), mode, queued);
    }

protected:
    using watched_pool<Core>::core_;
    explicit pool_control(core_ptr<Core> core) noexcept : watched_pool<Core>(core) {}
    ~pool_control() = default;

private:
    static time_point in(nanoseconds span) noexcept {
        return patience<platform>::for_span(span).deadline(platform::now());
    }

    warm_up_result
    warm(const resource_type& type, std::size_t count, time_point deadline) noexcept {
        Core* const core = core_.get();
        if (core == nullptr) return {0, {hr::lend_e_closed}};
        if (core->fate() != 0) return {}; // it keeps nothing
        return warming::run(*core, type, count, deadline, warming::where::as_the_pool_does);
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_POOL_CONTROL_HPP
