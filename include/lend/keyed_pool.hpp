// SPDX-License-Identifier: MIT
/// @file
/// A pool whose resources belong to keys, such as hosts or tenants: one maximum for all of them
/// together and one for each.

#ifndef LEND_KEYED_POOL_HPP
#define LEND_KEYED_POOL_HPP

#include <lend/detail/clearing.hpp>
#include <lend/detail/keyed_driver.hpp>
#include <lend/detail/keyed_parts.hpp>
#include <lend/pool.hpp>
#include <lend/source_site.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace lend::inline v0_1 {

/// How a key of a keyed_pool stands. Counts at one moment.
/// @par Thread safety A plain value.
struct key_stats {
    std::size_t size = 0;    ///< resources of the key, those being made and destroyed included
    std::size_t idle = 0;    ///< of these, free to be lent
    std::size_t waiting = 0; ///< callers in the queue for it
    std::size_t max_size = 0;
};

namespace detail {

// The engine of a keyed_pool: a pool, and what is asked of one key.
template <class EngineDriver, class Platform>
class keyed_engine : public pool<EngineDriver, Platform> {
    using base = pool<EngineDriver, Platform>;
    using core_type = core<EngineDriver, Platform>;
    using slot_type = typename core_type::slot_type;
    using key_type = typename core_type::resource_type;

public:
    explicit keyed_engine(base&& made) noexcept : base(std::move(made)) {}

    // The directory of keys; null if this was moved from. The other members need one.
    [[nodiscard]] auto* keys() noexcept {
        core_type* const core = the_core();
        return core != nullptr ? &core->driver.keys() : nullptr;
    }

    // Of no key: how one stands that was never asked for.
    [[nodiscard]] key_stats stats_of(const std::optional<key_type>& which) noexcept {
        core_type* const core = the_core();
        const typename core_type::lock_type lock(core->mutex);
        const std::size_t most =
            (std::min)(core->driver.book().most_per_key, core->limits.max_size);
        if (!which) return {0, 0, 0, most};
        const tally& counts = which->counts();
        key_stats s{counts.exists(), 0, counts.waiting(), most};
        core->slots.for_each([&](slot_type& each) {
            const bool mine = each.charge.to == &counts;
            s.idle += mine && lending_word::is(each.word.peek(), lending_word::idle) ? 1U : 0U;
        });
        return s;
    }

    // The key of the last create is what is made to be kept ready.
    void let_go_of_the_last_key() noexcept {
        core_type* const core = the_core();
        const typename core_type::lock_type lock(core->mutex);
        const bool is_needed = core->limits.min_idle != 0;
        if (is_needed || !core->usual_type || core->usual_type->counts().exists() != 0) return;
        core->usual_type.reset();
    }

    std::size_t clear_of(const key_type& which) noexcept {
        return clearing<core_type>::clear_key(*the_core(), which.counts());
    }

private:
    [[nodiscard]] core_type* the_core() const noexcept {
        return this->watched_pool<core_type>::core_.get();
    }
};

} // namespace detail

/// Lends out up to `max_size` resources, of each key up to `max_per_key`.
///
/// A resource is made for a key and lent for that key alone. At the total maximum, an idle resource
/// of another key that nobody waits for is destroyed to make room. A caller whose key is at its
/// maximum does not hold up callers for other keys who came later.
///
/// The keys share one queue, one maximum and one memory of failures: while creates fail, all keys
/// wait for the same probes. When not to use it: for keys of which one may be down for long while
/// the others must go on, use a pool each.
///
/// A forked child that uses a keyed_pool of its parent begins with none of its keys.
///
/// @tparam Key     copied once; compared with == and hashed outside the pool's lock.
/// @tparam Driver  as for pool, with `result<resource> create(const Key&)` and no `rate`. Not
/// final.
///   A key is remembered as long as there is something of it, and then until it is forgotten, see
///   forget_unused: some 240 bytes and a copy of the key.
/// Example: examples/tour_keyed.cpp.
/// @par Thread safety As pool.
/// @par Ownership As pool.
/// @par Source Apache Commons Pool, GenericKeyedObjectPool.
template <class Key, class Driver, class Platform = default_platform, class Hash = std::hash<Key>>
requires(detail::are_keyed_parts<Key, Driver, Hash>()) class keyed_pool {
    using directory = detail::key_directory<Key, Platform, Hash>;
    using engine_driver = detail::keyed_driver<Key, Driver, Platform, Hash>;
    using key_ref = detail::key_ref<Key, Platform>;
    using forgotten = typename directory::forgotten;

public:
    /// The pool behind it, for all that is done with it as a whole: `stats`, `resize`, `pause`,
    /// `clear`, and so on. Its resource types are not for users.
    using pool_type = pool<engine_driver, Platform>;
    using lease_type = typename pool_type::lease_type;
    using resource = typename pool_type::resource;
    using time_point = typename pool_type::time_point;
    using acquire_options = typename pool_type::acquire_options;
    using id_type = typename pool_type::id_type;

    /// Makes a pool, or says which option is wrong.
    /// @par Errors As pool::make. @par Thread safety Safe. @par Calls None.
    [[nodiscard]] static result<keyed_pool> make(Driver driver,
                                                 pool_options options = {}) noexcept {
        LEND_TRY {
            auto keys = std::make_unique<directory>();
            keys->book.most_per_key =
                options.max_per_key == 0 ? pool_options::unlimited : options.max_per_key;
            auto made = pool_type::make(engine_driver(std::move(driver), std::move(keys)), options);
            if (!made) return std::move(made).error();
            return keyed_pool(*std::move(made));
        }
        LEND_CATCH_ALL { return detail::current_exception_as_error<Platform>(); }
        return hr::e_unexpected;
    }

    /// The same by exception: throws lend_exception; terminates where exceptions are off.
    explicit keyed_pool(Driver driver, pool_options options = {})
        : keyed_pool(make(std::move(driver), options).template value<Platform::exceptions>()) {}

    /// Lends a resource of the key; waits up to `acquire_timeout` for one.
    /// @par Errors As pool::acquire, and e_outofmemory where the key is new and memory is out.
    /// @par Thread safety Blocking for a moment on the lock of the directory of keys; then as
    ///   pool::acquire.
    /// @par Calls As pool::acquire.
    [[nodiscard]] result<lease_type> acquire(const Key& key,
                                             call_site at = call_site::current()) noexcept {
        return with(key, [&](const key_ref& type) { return pool_.acquire(type, at); });
    }
    [[nodiscard]] result<lease_type> acquire(const Key& key,
                                             const acquire_options& options,
                                             call_site at = call_site::current()) noexcept {
        return with(key, [&](const key_ref& type) { return pool_.acquire(type, options, at); });
    }
    [[nodiscard]] result<lease_type> try_acquire(const Key& key,
                                                 call_site at = call_site::current()) noexcept {
        return with(key, [&](const key_ref& type) { return pool_.try_acquire(type, at); });
    }
    [[nodiscard]] result<lease_type> try_acquire_for(const Key& key,
                                                     std::chrono::nanoseconds span,
                                                     call_site at = call_site::current()) noexcept {
        return with(key,
                    [&](const key_ref& type) { return pool_.try_acquire_for(type, span, at); });
    }
    [[nodiscard]] result<lease_type> try_acquire_until(
        const Key& key, time_point deadline, call_site at = call_site::current()) noexcept {
        return with(
            key, [&](const key_ref& type) { return pool_.try_acquire_until(type, deadline, at); });
    }

    /// Lends a resource of the key without a thread that waits: calls `callback(result<lease>)`
    /// once. See pool::acquire_async for where, and for what it may do.
    /// @par Errors As `acquire`, to the callback. @par Thread safety As `acquire`.
    /// @par Calls As pool::acquire_async. @par Complexity As pool::acquire_async.
    template <class Callback>
    void acquire_async(const Key& key,
                       const acquire_options& options,
                       Callback&& callback,
                       call_site at = call_site::current()) {
        forgotten gone;
        const auto type = find(key);
        if (!type) return std::forward<Callback>(callback)(result<lease_type>(type.error()));
        pool_.acquire_async(*type, options, std::forward<Callback>(callback), at);
        gone = forget(*type);
    }
    /// The same for a coroutine: `auto lease = co_await pool.acquire_async(key);`
    /// @par Errors As `acquire`. @par Thread safety As `acquire`.
    /// @par Calls As pool::acquire_async. @par Complexity As pool::acquire_async.
    [[nodiscard]] auto acquire_async(const Key& key,
                                     const acquire_options& options = {},
                                     call_site at = call_site::current()) {
        using awaiter = decltype(pool_.acquire_async(std::declval<key_ref>(), options, at));
        const auto type = find(key);
        return type ? pool_.acquire_async(*type, options, at) : awaiter(type.error());
    }
    /// The same with something that calls it off; see pool::acquire_async.
    /// @par Errors As `acquire`. @par Thread safety As `acquire`.
    /// @par Calls As pool::acquire_async. @par Complexity As pool::acquire_async.
    template <std::same_as<typename Platform::stop_token> Stop>
    [[nodiscard]] auto
    acquire_async(const Key& key, const Stop& stop, call_site at = call_site::current()) {
        return acquire_async(key, acquire_options{.stop = stop}, at);
    }

    /// As pool::warm_up, for one key.
    /// @par Errors As pool::warm_up. @par Thread safety As pool::warm_up.
    warm_up_result
    warm_up(const Key& key, std::size_t count, std::chrono::nanoseconds span) noexcept {
        LEND_TRY {
            auto* const known = pool_.keys();
            if (known == nullptr) return {0, {error(hr::lend_e_closed)}};
            return pool_.warm_up(known->find(key), count, span);
        }
        LEND_CATCH_ALL { return {}; }
        return {};
    }

    /// What people call the pool; see pool::name. @par Errors None. @par Thread safety As there.
    [[nodiscard]] std::string_view name() const noexcept { return pool_.name(); }

    /// How the pool stands as a whole. @par Errors None. @par Thread safety As pool::stats.
    [[nodiscard]] pool_stats stats() const noexcept { return pool_.stats(); }
    /// As pool::timings. @par Errors None. @par Thread safety Safe.
    [[nodiscard]] pool_timings timings() const noexcept { return pool_.timings(); }

    /// How one key stands; all zero for one that was never asked for, but for the maximum.
    /// @par Errors None; zeros where hashing or comparing keys throws.
    /// @par Thread safety As pool::stats. @par Complexity Linear in the resources.
    [[nodiscard]] key_stats stats(const Key& key) noexcept {
        LEND_TRY {
            if (auto* const known = pool_.keys()) return pool_.stats_of(known->known(key));
        }
        LEND_CATCH_ALL { return {}; }
        return {};
    }

    /// Replaces everything of one key: idle resources are destroyed by this call, lent ones when
    /// they come back, what is being made when its create ends. No acquire that begins after this
    /// call gets any of it.
    /// @return How many were idle and are destroyed; 0 for a key that was never asked for.
    /// @par Errors None. @par Thread safety Blocking on the pool's lock for a moment.
    /// @par Calls destroy for each that is idle; no lock held.
    std::size_t clear(const Key& key) noexcept {
        LEND_TRY {
            auto* const keys = pool_.keys();
            if (keys == nullptr) return 0;
            const auto known = keys->known(key);
            return known ? pool_.clear_of(*known) : 0;
        }
        LEND_CATCH_ALL { return 0; }
        return 0;
    }
    /// Replaces everything; see pool::clear.
    /// @par Errors None. @par Thread safety As pool::clear.
    std::size_t clear() noexcept { return pool_.clear(); }

    /// Forgets each key of which there is nothing, which nobody waits or asks for, and which is not
    /// the one that `min_idle` would make. A refusal forgets a key that is new; the pool forgets
    /// some keys in each sweep, and all of them when there are twice as many as were needed.
    /// @return How many were forgotten.
    /// @par Errors None; where hashing or comparing keys throws, some are left.
    /// @par Thread safety Safe; blocking on the lock of the directory of keys for moments.
    /// @par Calls None. @par Complexity Linear in the keys.
    std::size_t forget_unused() noexcept {
        LEND_TRY {
            auto* const known = pool_.keys();
            if (known == nullptr) return 0;
            pool_.let_go_of_the_last_key();
            return known->forget_all();
        }
        LEND_CATCH_ALL { return 0; }
        return 0;
    }

    /// The keys that are known, in no order: those of which there is something, or for which
    /// callers wait, and some that were asked for before; see forget_unused.
    /// @par Errors None; throws bad_alloc when memory is out. @par Thread safety Safe.
    [[nodiscard]] std::vector<Key> keys() {
        std::vector<Key> found;
        if (auto* const known = pool_.keys()) {
            for (const key_ref& each : known->all()) found.push_back(each.key());
        }
        return found;
    }

    /// Ends the pool; see pool::close. @par Errors As pool::close. @par Thread safety As there.
    hresult close(std::chrono::nanoseconds patience = std::chrono::seconds(5)) noexcept {
        return pool_.close(patience);
    }

    /// Ends the pool and lets its borrowers finish; see pool::drain. One absolute time, or a span.
    /// @par Errors As pool::drain. @par Thread safety As there. @par Calls As there.
    drain_report drain(time_point deadline,
                       drain_mode mode = drain_mode::soft,
                       queued_mode queued = queued_mode::serve) noexcept {
        return pool_.drain(deadline, mode, queued);
    }
    drain_report drain(std::chrono::nanoseconds span,
                       drain_mode mode = drain_mode::soft,
                       queued_mode queued = queued_mode::serve) noexcept {
        return pool_.drain(span, mode, queued);
    }

    /// The pool behind it. @par Errors None. @par Thread safety Safe.
    [[nodiscard]] pool_type& whole() noexcept { return pool_; }

private:
    explicit keyed_pool(pool_type&& made) noexcept : pool_(std::move(made)) {}

    result<key_ref> find(const Key& key) noexcept {
        LEND_TRY {
            if (auto* const known = pool_.keys()) return known->find(key);
            return hr::lend_e_closed;
        }
        LEND_CATCH_ALL { return detail::current_exception_as_error<Platform>(); }
        return hr::e_unexpected;
    }

    template <class Call>
    result<lease_type> with(const Key& key, const Call& call) noexcept {
        forgotten gone;
        const auto type = find(key);
        if (!type) return type.error();
        result<lease_type> lent = call(*type);
        if (!lent) gone = forget(*type);
        return lent;
    }

    // A key to which nothing but this call refers.
    forgotten forget(const key_ref& type) noexcept {
        LEND_TRY {
            auto* const known = type.is_alone() ? pool_.keys() : nullptr;
            if (known != nullptr) return known->forget(type);
        }
        LEND_CATCH_ALL { return {}; }
        return {};
    }

    detail::keyed_engine<engine_driver, Platform> pool_;
};

} // namespace lend

#endif // LEND_KEYED_POOL_HPP
