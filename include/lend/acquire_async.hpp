// SPDX-License-Identifier: MIT
/// @file
/// The acquires of a pool that keep no thread waiting: with a callback, and for coroutines. They
/// are members of `pool`, which adds them.

#ifndef LEND_ACQUIRE_ASYNC_HPP
#define LEND_ACQUIRE_ASYNC_HPP

#include <lend/acquire_options.hpp>
#include <lend/detail/asking.hpp>
#include <lend/detail/awaiting.hpp>
#include <lend/detail/core.hpp>
#include <lend/driver.hpp>
#include <lend/lease.hpp>
#include <lend/result.hpp>
#include <lend/source_site.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace lend::inline v0_1 {

template <detail::driver_of_a_pool Driver, class Platform>
class pool;

/// The part of a pool that acquires without a thread that waits. Only for `pool` to derive from.
///
/// Size: none.
/// Example: examples/tour_async.cpp.
/// @par Thread safety As `pool`.
template <detail::driver_of_a_pool Driver, class Platform>
class async_acquires {
    using pool_type = pool<Driver, Platform>;
    using core_type = detail::core<Driver, Platform>;
    using resource_type = typename driver_traits<Driver>::resource_type;
    using acquire_options = basic_acquire_options<Platform>;
    using lease_type = lease<Driver, Platform>;
    using asking = detail::asking<core_type>;

public:
    /// Lends a resource without a thread that waits: calls `callback(result<lease>)` once.
    ///
    /// Everything else is as for `acquire`: the queue, its order, deadlines, stops. The callback is
    /// called with no lock held, on the thread that has the answer:
    /// - the calling one, before this returns, if there is something at once, or a refusal;
    /// - the one that gives a resource back, makes it, or asks for the stop;
    /// - the housekeeper's at the deadline; with housekeeping = manual, the one that calls `sweep`;
    /// - the one that closes the pool. After `close` has returned no callback begins, and none runs
    ///   but that in which it was called.
    /// With an executor, it is called there, but for the first and the last. That thread may also
    /// be the one that asks the driver to rate, check or (creation = inline_) create.
    ///
    /// A callback may use the pool, but must not wait: not in `acquire` either, since others may be
    /// waiting for its thread. What it makes possible for others (it gives back, they get) happens
    /// after it has returned, if on the same thread; the stack does not grow. It must not throw.
    /// @par Errors As `acquire`, to the callback; and e_outofmemory.
    /// @par Thread safety Safe; blocking on the pool's lock for a moment.
    /// @par Calls On this thread rate and check(passive), which must not block; create with
    /// creation =
    ///   inline_. Everything else runs on threads of the pool, where it has some.
    /// @par Complexity As `acquire`; one allocation.
    template <class Callback>
    void acquire_async(
        const acquire_options& options,
        Callback&& callback,
        call_site at = call_site::current()) requires(!driver_traits<Driver>::has_resource_type) {
        start(one_kind{}, placed(options, at), std::forward<Callback>(callback));
    }
    template <class Callback>
    void acquire_async(resource_type type,
                       const acquire_options& options,
                       Callback&& callback,
                       call_site at = call_site::current()) requires
        driver_traits<Driver>::has_resource_type {
        start(std::move(type), placed(options, at), std::forward<Callback>(callback));
    }

    /// The same for a coroutine: `auto lease = co_await pool.acquire_async();`
    ///
    /// Where the coroutine goes on, and what it may do there before it is suspended again, is as
    /// for a callback. See acquire_awaiter for what happens if it is destroyed while it waits.
    /// @par Errors As `acquire`. @par Thread safety As with a callback. @par Calls As `acquire`.
    /// @par Complexity As `acquire`; allocates nothing of its own.
    [[nodiscard]] auto acquire_async(
        const acquire_options& options = {},
        call_site at = call_site::current()) requires(!driver_traits<Driver>::has_resource_type) {
        return awaits(one_kind{}, placed(options, at));
    }
    [[nodiscard]] auto acquire_async(resource_type type,
                                     const acquire_options& options = {},
                                     call_site at = call_site::current()) requires
        driver_traits<Driver>::has_resource_type {
        return awaits(std::move(type), placed(options, at));
    }

    /// The same with something that calls it off, and nothing else of the options.
    ///
    /// g++ 12 destroys twice what is made from braces within a co_await expression, so
    /// `co_await pool.acquire_async({.stop = token})` ends in a double free there: write
    /// `co_await pool.acquire_async(token)`, or give the options a name first.
    /// @par Errors As `acquire`. @par Thread safety As with a callback. @par Calls As `acquire`.
    /// @par Complexity As `acquire`; allocates nothing of its own.
    template <std::same_as<typename Platform::stop_token> Stop>
    [[nodiscard]] auto acquire_async(
        const Stop& stop,
        call_site at = call_site::current()) requires(!driver_traits<Driver>::has_resource_type) {
        return awaits(one_kind{}, placed({.stop = stop}, at));
    }
    template <std::same_as<typename Platform::stop_token> Stop>
    [[nodiscard]] auto acquire_async(resource_type type,
                                     const Stop& stop,
                                     call_site at = call_site::current()) requires
        driver_traits<Driver>::has_resource_type {
        return awaits(std::move(type), placed({.stop = stop}, at));
    }

protected:
    async_acquires() = default;
    ~async_acquires() = default;
    async_acquires(const async_acquires&) = default;
    async_acquires& operator=(const async_acquires&) = default;

private:
    [[nodiscard]] pool_type& self() noexcept { return static_cast<pool_type&>(*this); }

    template <class Callback>
    void start(resource_type&& type, const acquire_options& options, Callback&& callback) {
        using kept = std::decay_t<Callback>;
        using waits = detail::callback_waiting<core_type, typename pool_type::to_lease, kept>;
        if (auto refused = asking::refused_at_once(self().core_.get(), options)) {
            std::forward<Callback>(callback)(result<lease_type>(*std::move(refused)));
            return;
        }
        waits::start(*self().core_, std::move(type), options,
                     kept(std::forward<Callback>(callback)));
    }

    static acquire_options placed(acquire_options options, call_site at) {
        options.site = asking::site_of(options, at.site());
        return options;
    }
    auto awaits(resource_type&& type, const acquire_options& options) {
        return acquire_awaiter<core_type, typename pool_type::to_lease>(
            self().core_.get(), std::move(type), options,
            asking::refused_at_once(self().core_.get(), options));
    }
};

} // namespace lend

#endif // LEND_ACQUIRE_ASYNC_HPP
