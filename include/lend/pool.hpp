// SPDX-License-Identifier: MIT
/// @file
/// The pool: lends out resources that a driver makes, and takes them back.

#ifndef LEND_POOL_HPP
#define LEND_POOL_HPP

#include <lend/acquire_async.hpp>
#include <lend/acquire_options.hpp>
#include <lend/detail/admitting.hpp>
#include <lend/detail/asking.hpp>
#include <lend/detail/by_number.hpp>
#include <lend/detail/closing.hpp>
#include <lend/detail/core.hpp>
#include <lend/detail/forking.hpp>
#include <lend/detail/holder_record.hpp>
#include <lend/detail/holders.hpp>
#include <lend/detail/housekeeping.hpp>
#include <lend/detail/patience.hpp>
#include <lend/detail/pool_control.hpp>
#include <lend/detail/retaining.hpp>
#include <lend/detail/taking.hpp>
#include <lend/detail/warming_up.hpp>
#include <lend/driver.hpp>
#include <lend/lease.hpp>
#include <lend/platform.hpp>
#include <lend/pool_options.hpp>
#include <lend/resource_info.hpp>
#include <lend/result.hpp>
#include <lend/source_site.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace lend::inline v0_1 {

/// Lends out up to `max_size` resources of a driver, one borrower at a time each.
///
/// For anything that is dear to make and used for a while: connections, sessions, buffers, handles.
/// When not to use it: where each thread can keep a resource of its own for ever, a thread_local is
/// cheaper; where making one costs less than 100 ns, so is making one.
///
/// A pool object is a handle to state that it shares with its leases and its threads. It can be
/// moved; a moved-from pool is closed.
///
/// How one watches it, `stats`, `timings`, `health` and `holders`, is in detail/watched_pool.hpp;
/// `resize`, `warm_up`, `pause`, `resume`, `clear` and `drain` are in detail/pool_control.hpp.
///
/// What a resource can be doing, and the gauge that counts it: idle, in_use, creating, checking,
/// resetting, parked, destroying. The gauges sum to the size, which never exceeds max_size.
///
/// Invariants: at most max_size resources exist; no driver call is made under a lock; a resource is
/// lent only if its last use was followed by a reset that succeeded; callers who wait are served
/// first come, first served.
///
/// Size: one pointer. The state has 26 KB, nearly all of it for `timings`, and about 250 bytes per
/// resource over the resource itself, in whole cache lines.
/// Examples: examples/01_first_lease.cpp, examples/02_own_driver.cpp.
/// @par Thread safety
///   Distinct objects: safe. Shared objects: all members but the destructor and moves are safe.
/// @par Ownership
///   Owns the driver and every resource that is not lent. Leases may outlive it.
/// @par Source
///   COM+ resource dispensers, IHolder. Differs: has a maximum, waits, and creates on workers.
template <detail::driver_of_a_pool Driver, class Platform = default_platform>
class pool : public detail::pool_control<detail::core<Driver, Platform>>,
             public async_acquires<Driver, Platform> {
    friend class async_acquires<Driver, Platform>;
    using core_type = detail::core<Driver, Platform>;
    using base = detail::pool_control<core_type>;
    using base::core_;
    using slot_type = typename core_type::slot_type;
    using back = detail::giving_back<core_type>;
    using closing = detail::closing<core_type>;
    using holding = detail::holding<core_type>;
    using asking = detail::asking<core_type>;
    using taking = detail::taking<core_type>;
    using steps = detail::admitting<core_type>;
    using patience = detail::patience<Platform>;
    using request = typename core_type::request_type;
    static_assert(std::is_nothrow_move_constructible_v<typename driver_traits<Driver>::resource>,
                  "lend: a resource's move constructor must not throw");

public:
    using driver_type = Driver;
    using resource = typename driver_traits<Driver>::resource;
    using resource_type = typename driver_traits<Driver>::resource_type;
    using lease_type = lease<Driver, Platform>;
    using time_point = typename Platform::time_point;
    using acquire_options = basic_acquire_options<Platform>;
    /// A resource's number.
    using id_type = typename Platform::handle_word;

    /// Makes a pool, or says which option is wrong.
    /// With initialisation = fail_fast or fail_unless_ready it makes min_idle resources first, at
    /// least one, and waits up to acquire_timeout until they are there; with an acquire_timeout of
    /// 0 it makes them on this thread. If none comes up there is no pool.
    /// @par Errors
    ///   e_invalidarg      an option is out of range; the text names it, its value and what is
    ///                     right.
    ///   e_outofmemory     memory is out.
    ///   lend_e_timed_out  fail_fast, and nothing came up in time.
    ///   any failure       of the driver's create; fail_fast only.
    /// @par Thread safety Safe.
    /// @par Calls None: resources are made when they are asked for, or by the housekeeper. With
    ///   fail_fast: create, and destroy of what came up too late.
    [[nodiscard]] static result<pool> make(Driver driver, pool_options options = {}) noexcept {
        LEND_TRY {
            if (auto valid = options.validate(); !valid) return valid.error();
            auto numbers = core_type::table_type::make();
            if (!numbers) return std::move(numbers).error();
            auto* core =
                detail::forking<core_type>::make(std::move(driver), options, *std::move(numbers));
            if (core == nullptr) return hr::e_outofmemory;
            detail::housekeeping<core_type>::furnish(*core);
            pool made(*core);
            if (options.time_uses && core->times.uses() == nullptr) return hr::e_outofmemory;
            if (options.initialisation != initialisation_mode::lazy) {
                if (auto begun = detail::warming_up<core_type>::first(*core); !begun) {
                    made.give_up();
                    return error(begun.error()).with_pool(options.name);
                }
            }
            if (options.min_idle > 0) {
                const typename core_type::lock_type lock(core->mutex);
                core->start_housekeeper_if_needed();
            }
            return made;
        }
        LEND_CATCH_ALL { return detail::current_exception_as_error<Platform>(); }
        return hr::e_unexpected;
    }

    /// The same by exception: throws lend_exception; terminates where exceptions are off.
    explicit pool(Driver driver, pool_options options = {})
        : pool(make(std::move(driver), options).template value<Platform::exceptions>()) {}

    pool(pool&& other) noexcept : base(std::exchange(other.core_, nullptr)) {}
    pool& operator=(pool&& other) noexcept {
        if (this != &other) {
            const pool old(std::move(*this));
            core_ = std::exchange(other.core_, nullptr);
        }
        return *this;
    }

    /// Closes the pool with the default deadline; see `close`.
    ~pool() {
        if (core_ == nullptr) return;
        (void)end(std::chrono::seconds(5), closing::on::this_thread);
        core_->drop_share();
    }

    /// Lends a resource; waits up to `acquire_timeout` for one.
    ///
    /// Takes the calling thread's last resource if it is free, else any free one that the driver
    /// rates, else has one made, else joins the queue. Whatever comes first, a returned resource or
    /// a finished create, ends the wait.
    ///
    /// @param type  which kind; only for drivers with a resource_type.
    /// @param at    the place of the call; left out as a rule. For pools that record holders.
    /// @par Errors
    ///   lend_e_timed_out  the deadline passed; says how long was waited, how the pool stood, who
    ///                     had held a resource for longest, if the pool records that, and why the
    ///                     last create failed, if one did.
    ///   lend_e_pool_locked  the same, where the pool records its holders and each of them is a
    ///                     thread that itself waits for a resource of this pool; lists them. And:
    ///                     the thread holds a resource already and multiple_acquire is refuse.
    ///   lend_e_exhausted  the same where the time-out is 0.
    ///   lend_e_closed     the pool is closed or moved from.
    ///   any failure       of the driver's create, where nothing exists that could be waited for.
    /// @par Thread safety Lock-free while the thread's last resource is free; else blocking.
    /// @par Calls rate and check(passive) at most once per candidate, which must not block. What
    /// may
    ///   block runs on threads of the pool; on this one create with creation = inline_, and
    ///   check(active) for a caller that waits for ever. No lock held.
    /// @par Complexity Constant on the fast path; else linear in the resources. Allocates only when
    ///   a resource is created.
    /// @par Source IHolder::AllocResource. Differs: waits, and has a deadline.
    [[nodiscard]] LEND_ALWAYS_INLINE result<lease_type> acquire(
        call_site at = call_site::current()) requires(!driver_traits<Driver>::has_resource_type) {
        return take(one_kind{}, timeout(), {at.site()});
    }
    [[nodiscard]] LEND_ALWAYS_INLINE result<lease_type>
    acquire(const resource_type& type,
            call_site at = call_site::current()) requires driver_traits<Driver>::has_resource_type {
        return take(type, timeout(), {at.site()});
    }

    /// The same with a deadline, a priority, or something that calls it off; see acquire_options.
    ///
    /// Who is called off while a resource is being handed over keeps it, or it goes to the next;
    /// it is never lost. A create that was begun for such a caller goes on, for whoever comes.
    /// @par Errors As `acquire`, and
    ///   lend_e_cancelled  a stop was requested: before the call, and the driver was not asked
    ///                     anything; or while it waited.
    ///   e_invalidarg      the priority is above 7.
    /// @par Thread safety As `acquire`. The stop may be requested by any thread, also by a driver
    ///   call; it is noticed while waiting, not while this thread is in a driver call.
    [[nodiscard]] result<lease_type> acquire(
        const acquire_options& options,
        call_site at = call_site::current()) requires(!driver_traits<Driver>::has_resource_type) {
        return take(one_kind{}, options, at.site());
    }
    [[nodiscard]] result<lease_type>
    acquire(const resource_type& type,
            const acquire_options& options,
            call_site at = call_site::current()) requires driver_traits<Driver>::has_resource_type {
        return take(type, options, at.site());
    }

    /// Lends a resource without waiting for one to come back.
    ///
    /// If nothing is free and there is room, makes one on the calling thread, whatever `creation`
    /// says; a create that hangs then hangs its caller.
    /// @par Errors lend_e_exhausted: nothing is free and there is no room; otherwise as `acquire`.
    /// @par Thread safety As `acquire`.
    /// @par Calls As `acquire`; on this thread check(active) for at most one candidate, destroy,
    /// and
    ///   create at most once. try_acquire_for with a time leaves these to the pool.
    [[nodiscard]] result<lease_type> try_acquire(call_site at = call_site::current()) requires(
        !driver_traits<Driver>::has_resource_type) {
        return take(one_kind{}, [](const core_type&) { return patience::none(); }, {at.site()});
    }
    [[nodiscard]] result<lease_type> try_acquire(const resource_type& type,
                                                 call_site at = call_site::current()) requires
        driver_traits<Driver>::has_resource_type {
        return take(type, [](const core_type&) { return patience::none(); }, {at.site()});
    }

    /// Lends a resource; waits up to `span`, counted from when waiting begins. 0 or less: as
    /// try_acquire. nanoseconds::max(): for ever. Everything else as `acquire`.
    /// @par Errors As `acquire`. @par Thread safety As `acquire`.
    [[nodiscard]] result<lease_type> try_acquire_for(
        std::chrono::nanoseconds span,
        call_site at = call_site::current()) requires(!driver_traits<Driver>::has_resource_type) {
        return take(one_kind{}, [&](const core_type&) { return patience::for_span(span); },
                    {at.site()});
    }
    [[nodiscard]] result<lease_type> try_acquire_for(const resource_type& type,
                                                     std::chrono::nanoseconds span,
                                                     call_site at = call_site::current()) requires
        driver_traits<Driver>::has_resource_type {
        return take(type, [&](const core_type&) { return patience::for_span(span); }, {at.site()});
    }

    /// Lends a resource; waits until `deadline`, one absolute time for everything.
    /// @par Errors As `acquire`. @par Thread safety As `acquire`.
    [[nodiscard]] result<lease_type> try_acquire_until(
        time_point deadline,
        call_site at = call_site::current()) requires(!driver_traits<Driver>::has_resource_type) {
        return take(one_kind{}, [&](const core_type&) { return patience::until(deadline); },
                    {at.site()});
    }
    [[nodiscard]] result<lease_type> try_acquire_until(const resource_type& type,
                                                       time_point deadline,
                                                       call_site at = call_site::current()) requires
        driver_traits<Driver>::has_resource_type {
        return take(type, [&](const core_type&) { return patience::until(deadline); }, {at.site()});
    }

    /// Destroys one resource by its number.
    /// @par Errors
    ///   s_ok          it was idle and is destroyed.
    ///   s_false       it is lent: it is condemned, and destroyed when its lease ends.
    ///   e_fail        it was idle and the driver failed to destroy it; it is gone all the same.
    ///   lend_e_stale  the number has outlived its resource, or was never one of this pool's. Every
    ///                 256th pool made has the same tag in its numbers, and may take such a one.
    ///   lend_e_closed the pool is closed, and what the number names is out still.
    /// @par Thread safety Blocking on the pool's lock for a moment.
    /// @par Calls destroy at most once; no lock held.
    /// @par Complexity Constant; a number that is no longer valid is refused without touching
    ///   anything.
    /// @par Source IHolder::RequestDestroyResource. Differs: what is lent is not destroyed under
    ///   its borrower.
    hresult destroy(id_type id) noexcept {
        if (core_ == nullptr) return hr::lend_e_closed;
        return detail::by_number<core_type>::destroy(*core_, id);
    }

    /// Destroys what was idle for too long and makes what is to be kept ready. The pool's own
    /// thread does this unless `housekeeping = manual`.
    /// @param now  what time it is; left out: what the clock says. It is taken at its word, from
    ///   time_point::min() to max(): what a sweep saw idle at one time has been idle at the next,
    ///   for as long as lies between them.
    /// @return How many resources were destroyed.
    /// @par Errors None: what goes wrong is counted and told to the driver's events.
    /// @par Thread safety Blocking on the pool's lock for a moment.
    /// @par Calls destroy and, with creation = inline_, create; no lock held.
    std::size_t sweep() noexcept { return sweep(Platform::now()); }
    std::size_t sweep(time_point now) noexcept {
        return core_ == nullptr ? 0 : detail::housekeeping<core_type>::sweep(*core_, now);
    }

    /// Asks of each idle resource whether it stays, and destroys those that do not.
    ///
    /// One is out of the inventory at a time, and counts as idle; a caller who waits for it gets it
    /// when it has been looked at. What becomes idle meanwhile may be left out. If the predicate
    /// throws, that one stays and the rest is not asked.
    ///
    /// @param keeps  `bool(const resource&, const resource_info&)`; may take its time; must not
    ///   close the pool.
    /// @return How many were destroyed.
    /// @par Errors What the predicate threw, as a driver's exception would be reported.
    /// @par Thread safety Safe; `keeps` is called on this thread, with no lock held.
    /// @par Calls destroy for each that does not stay; no lock held.
    /// @par Complexity Linear in the resources.
    template <class Keeps>
    requires std::predicate<Keeps&, const resource&, const resource_info&> result<std::size_t>
    retain(Keeps keeps)
    noexcept {
        if (core_ == nullptr) return hr::lend_e_closed;
        return detail::retaining<core_type>::retain(*core_, keeps);
    }

    /// Ends the pool: refuses newcomers and those who wait with lend_e_closed, destroys what is
    /// idle, and waits for driver calls that run. Leases stay good; what they hold is destroyed
    /// when they end.
    ///
    /// After it returned, the only driver call that can begin is the destroy of a resource that
    /// was lent at the time, by the thread that ends its lease; or that was a candidate of an
    /// acquire which had not returned, on a thread of the pool.
    ///
    /// @param patience_for_calls  how long to wait for driver calls, those that destroy what is
    /// idle
    ///   included; 0: not at all. Threads of the pool that are in none are given up to 20 ms more
    ///   to end.
    /// @par Errors s_false: calls still ran at the deadline, or resources that were idle were still
    ///   to be destroyed; or a thread of the pool was still busy with a callback or an observer.
    ///   That goes on with its share of the state, and events hear of it. Or the call that closes
    ///   the pool comes from a driver call on a resource of it: nothing waits for itself, and that
    ///   call goes on likewise. A reset and a passive check on a borrower's thread are not known to
    ///   be on this stack, and are waited for. A second close waits again and does no more.
    /// @par Thread safety Blocking until the calls end or the deadline passes.
    /// @par Calls destroy for each idle resource, on a thread of the pool; on this one in a pool
    ///   without threads (creation inline_ and housekeeping manual), or if none can be had. No lock
    ///   held.
    hresult close(std::chrono::nanoseconds patience_for_calls = std::chrono::seconds(5)) noexcept {
        if (core_ == nullptr) return hr::s_ok;
        return end(patience_for_calls, closing::on::another_thread);
    }

    /// The driver. @pre Not moved from.
    /// @par Thread safety The driver's own.
    [[nodiscard]] Driver& driver() noexcept { return core_->driver; }

private:
    explicit pool(core_type& core) noexcept : base(detail::core_ptr<core_type>(core)) {}

    hresult end(std::chrono::nanoseconds patience_for_calls, typename closing::on where) noexcept {
        const auto limit = patience::for_span(patience_for_calls);
        return closing::close(*core_, limit.deadline(Platform::now()), where).code;
    }

    // For one that came to nothing: a create that hangs goes on with its own share.
    void give_up() noexcept {
        (void)close(std::chrono::nanoseconds(0));
        std::exchange(core_, nullptr)->drop_share();
    }

    static auto timeout() noexcept {
        return
            [](const core_type& core) { return patience::for_span(core.options.acquire_timeout); };
    }

    // With options: what can be refused is refused before anything is asked of the driver.
    result<lease_type> take(const resource_type& type,
                            const acquire_options& options,
                            const source_site& call) noexcept {
        if (auto refused = asking::refused_at_once(core_.get(), options))
            return *std::move(refused);
        return take(
            type,
            [&](const core_type& core) { return asking::request_of(core, type, options, call); },
            {asking::site_of(options, call), options.note, options.detect_leak});
    }

    // The end of the slow path, also of what is acquired without a thread.
    struct to_lease {
        using type = result<lease_type>;

        static type from(core_type& core, const request& asked, result<holding> held) noexcept {
            if (!held) return std::move(held).error();
            detail::holders<core_type>::begin(core, *held->slot, held->word, asked);
            return lease_type(*held->slot, held->word);
        }
    };

    // The fast path: the thread's last slot, if nobody has touched it since. `limit` says how long
    // the caller would wait, or all that it asks for, and is called only if there is anything to
    // wait for. `by` is who asks, for pools that record it. What leaves this function in registers
    // is free until then; what it passes by reference would have to stand in memory first.
    template <class Limit>
    LEND_ALWAYS_INLINE result<lease_type>
    take(const resource_type& type, const Limit& limit, detail::borrower by) noexcept {
        core_type* const core = core_.unseen(); // a forked child remembers nothing
        if (core == nullptr) [[unlikely]]
            return hr::lend_e_closed;
        const auto& last = core->remembered();
        if (last.pool == core && last.nonce == core->nonce && serves(last, type)) [[likely]] {
            auto& s = *static_cast<slot_type*>(last.slot);
            const detail::lending_word::type expected = last.expected;
            if (s.word.take(expected)) [[likely]] {
                const auto word = detail::lending_word::taken(expected);
                if (accept(*core, s, limit)) [[likely]] {
                    if (core_type::records(last.nonce)) [[unlikely]]
                        record(s, word, piecewise(by));
                    return result<lease_type>(lease_type(s, word));
                }
            }
        }
        return take_slowly(*core, type, limit, piecewise(by));
    }

    // A copy whose parts the compiler may keep apart, as constants of the call.
    LEND_ALWAYS_INLINE static detail::borrower piecewise(const detail::borrower& by) noexcept {
        return {{by.site.file, by.site.function, by.site.line}, by.note, by.detect_leak};
    }

    static LEND_NOINLINE void
    record(slot_type& s, detail::lending_word::type word, detail::borrower by) noexcept {
        s.borrower.begin(word, by, Platform::thread_id());
    }

    // Whether the thread's last resource is known to serve this request as well. It is not taken to
    // find that out: another caller might be refused meanwhile.
    LEND_ALWAYS_INLINE static bool serves(const detail::thread_cache::entry& last,
                                          const resource_type& type) noexcept {
        if constexpr (core_type::comparable) {
            using mark = detail::kind_mark<resource_type>;
            return mark::exact && last.kind == mark::of(type);
        }
        return !core_type::typed;
    }

    // True if the thread's last resource is fit to be lent; otherwise it is gone.
    template <class Limit>
    LEND_ALWAYS_INLINE static bool
    accept(core_type& core, slot_type& s, const Limit& limit) noexcept {
        bool closed = false;
        return steps::passes_check(core, s, check_kind::passive, closed,
                                   [&] { return steps::where(limit(core).waits()); });
    }

    template <class Limit>
    static LEND_NOINLINE result<lease_type> take_slowly(core_type& core,
                                                        const resource_type& type,
                                                        Limit limit,
                                                        detail::borrower by) noexcept {
        if (!detail::forking<core_type>::enter(core)) // the parent's, and memory is out
            return hr::lend_e_closed;
        if constexpr (std::is_same_v<decltype(limit(core)), request>) {
            return lend_one(core, limit(core));
        } else {
            return lend_one(core, {.wanted = type, .limit = limit(core), .site = by.site});
        }
    }

    static result<lease_type> lend_one(core_type& core, const request& asked) noexcept {
        const detail::fresh_stack<Platform> stack;
        return to_lease::from(core, asked, taking::slowly(core, asked));
    }
};

} // namespace lend

#endif // LEND_POOL_HPP
