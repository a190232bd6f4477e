// SPDX-License-Identifier: MIT
/// @file
/// What a user writes: a plain class that makes resources and knows how to rate, enlist, reset,
/// check and destroy them. Only `create` is required; the rest is found by name, and a name with a
/// wrong signature is a compile-time error that shows both.

#ifndef LEND_DRIVER_HPP
#define LEND_DRIVER_HPP

#include <lend/detail/driver_names.hpp>
#include <lend/detail/driver_slips.hpp>
#include <lend/detail/words.hpp>
#include <lend/hresult.hpp>
#include <lend/rating.hpp>
#include <lend/result.hpp>

#include <array>
#include <chrono>
#include <compare>
#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lend::inline v0_1 {

/// What a check found.
enum class health : std::uint8_t {
    good,         ///< may be lent
    broken,       ///< this one is to be destroyed
    backend_gone, ///< what stands behind it is gone, and so are those that were made before
};

/// How much a check may cost.
enum class check_kind : std::uint8_t {
    passive, ///< at every acquire: no round trip, under a microsecond
    active,  ///< a round trip is welcome
};

/// Until when a driver call should have returned, for drivers that take it as their last parameter:
/// `create`, `check` and `reset`. time_point::max() is for ever. Nothing is done to a call that
/// takes longer, but nobody with a deadline of its own waits for it either.
using call_deadline = std::chrono::steady_clock::time_point;

/// The type of a driver's resources where the driver knows only one kind.
struct one_kind {
    [[nodiscard]] friend constexpr bool operator==(one_kind, one_kind) noexcept { return true; }
};

namespace detail {

template <>
struct words_of<health> {
    static constexpr std::array<std::string_view, 3> list{"good", "broken", "backend_gone"};
};
template <>
struct words_of<check_kind> {
    static constexpr std::array<std::string_view, 2> list{"passive", "active"};
};

// Found in place of the type of a member that is overloaded or a template.
struct overloaded_or_template {};

// Found and Expected stand in the compiler's message.
template <class Found, class Expected, bool Matches>
struct driver_member {
    static_assert(Matches,
                  "lend: a member of the driver has the wrong signature. Found is what the "
                  "driver declares, Expected is what lend calls.");
    static constexpr bool ok = Matches;
};

// What a driver may answer to reset and to check.
template <class A>
concept answers_reset = std::same_as<A, hresult> || std::same_as<A, result<void>>;
template <class A>
concept answers_check = std::same_as<A, health> || std::same_as<A, result<health>>;

template <class D>
struct resource_type_of {
    using type = one_kind;
};
template <class D>
requires requires { typename D::resource_type; }
struct resource_type_of<D> {
    using type = typename D::resource_type;
};

} // namespace detail

/// What lend found out about a driver. Public, so that drivers can be tested against it.
///
/// `has_x` is true if the driver has a member x that lend will call.
/// @par Thread safety Compile-time only.
template <class Driver>
struct driver_traits {
    using resource = typename Driver::resource;
    using resource_type = typename detail::resource_type_of<Driver>::type;

    static constexpr bool has_resource_type = requires { typename Driver::resource_type; };

    static constexpr bool create_takes_deadline = [] {
        if constexpr (has_resource_type) {
            return requires(Driver & d, const resource_type& t, call_deadline until) {
                { d.create(t, until) } -> std::same_as<result<resource>>;
            };
        } else {
            return requires(Driver & d, call_deadline until) {
                { d.create(until) } -> std::same_as<result<resource>>;
            };
        }
    }();
    static constexpr bool has_create = create_takes_deadline || [] {
        if constexpr (has_resource_type) {
            return requires(Driver & d, const resource_type& t) {
                { d.create(t) } -> std::same_as<result<resource>>;
            };
        } else {
            return requires(Driver & d) {
                { d.create() } -> std::same_as<result<resource>>;
            };
        }
    }();
    static constexpr bool has_rate =
        requires(Driver & d, const resource_type& t, const resource& r, bool needs_enlistment) {
        { d.rate(t, r, needs_enlistment) } -> std::same_as<rating>;
    };
    static constexpr bool has_enlist = requires(Driver & d, resource& r, transaction_id tx) {
        { d.enlist(r, tx) } -> std::same_as<enlistment>;
    };
    static constexpr bool reset_takes_deadline =
        requires(Driver & d, resource& r, call_deadline until) {
        { d.reset(r, until) } -> detail::answers_reset;
    };
    static constexpr bool has_reset = reset_takes_deadline || requires(Driver & d, resource& r) {
        { d.reset(r) } -> detail::answers_reset;
    };
    static constexpr bool has_destroy = requires(Driver & d, resource&& r) {
        { d.destroy(std::move(r)) } -> std::same_as<void>;
    }
    || requires(Driver& d, resource&& r) {
        { d.destroy(std::move(r)) } -> detail::answers_reset;
    };
    static constexpr bool check_takes_deadline =
        requires(Driver & d, resource& r, check_kind kind, call_deadline until) {
        { (d.check)(r, kind, until) } -> detail::answers_check;
    };
    static constexpr bool has_check =
        check_takes_deadline || requires(Driver & d, resource& r, check_kind kind) {
        { (d.check)(r, kind) } -> detail::answers_check;
    };
    static constexpr bool has_classify = requires(Driver & d, const error& e) {
        { d.classify(e) } -> std::same_as<health>;
    };
    static constexpr bool has_idle_limit = requires(Driver & d, const resource& r) {
        { d.idle_limit(r) } -> std::convertible_to<std::chrono::nanoseconds>;
    };
    static constexpr bool has_abandon = requires(Driver & d, resource&& r) {
        { d.abandon(std::move(r)) } -> std::same_as<void>;
    };
    static constexpr bool has_interrupt = requires(Driver & d, resource& r) {
        { d.interrupt(r) } -> std::same_as<void>;
    };
    static constexpr bool has_name = requires(Driver & d, const resource& r) {
        { d.name(r) } -> std::convertible_to<std::string_view>;
    };
    /// The driver says by `using no_reset = void;` that its resources keep no state between uses.
    static constexpr bool says_no_reset = requires { typename Driver::no_reset; };
    /// The driver says by `using no_destroy = void;` that its resources, raw pointers, are freed by
    /// somebody else.
    static constexpr bool says_no_destroy = requires { typename Driver::no_destroy; };
    /// The driver says by `using names_are_meant = void;` that functions whose names are one edit
    /// away from those that lend calls are its own affair.
    static constexpr bool says_names_are_meant = requires { typename Driver::names_are_meant; };
    /// The driver says by `using orders_inventory = void;` that its resources are offered in the
    /// order in which they came back, those of the caller's transaction first. For com::holder.
    static constexpr bool orders_inventory = requires { typename Driver::orders_inventory; };
    /// The driver says by `using quota_by_type = void;` that its resource types carry counts, so
    /// that each has a maximum of its own. For keyed_pool.
    static constexpr bool has_quota = requires { typename Driver::quota_by_type; };
    /// The driver has a class of its own that is told what happens.
    static constexpr bool has_events = requires { typename Driver::events; };

    /// True if every named member has the right signature; a static_assert says which one has not.
    static consteval bool members_fit();
};

namespace detail {

template <class Expected, bool Has, bool Named, class Found>
inline constexpr bool member_ok = driver_member<Found, Expected, Has || !Named>::ok;

} // namespace detail

template <class Driver>
consteval bool driver_traits<Driver>::members_fit() {
    using R = resource;
    using T = resource_type;
    using detail::member_ok;
    using detail::overloaded_or_template;
    constexpr auto found = []<class F>(F take) {
        if constexpr (requires { take(static_cast<Driver*>(nullptr)); }) {
            return std::type_identity<decltype(take(static_cast<Driver*>(nullptr)))>{};
        } else {
            return std::type_identity<overloaded_or_template>{};
        }
    };
    using create_t = std::conditional_t<has_resource_type, result<R>(const T&), result<R>()>;
    // Each line: the member, what it must be, whether it is that, whether it is there at all.
    bool ok = true;
    ok = ok && member_ok<create_t, has_create, true,
                         typename decltype(found(
                             [](auto* d) -> decltype(&std::remove_pointer_t<decltype(d)>::create) {
                                 return nullptr;
                             }))::type>;
    ok = ok && member_ok<rating(const T&, const R&, bool), has_rate, detail::names_rate<Driver>(),
                         typename decltype(found(
                             [](auto* d) -> decltype(&std::remove_pointer_t<decltype(d)>::rate) {
                                 return nullptr;
                             }))::type>;
    ok = ok && member_ok<enlistment(R&, transaction_id), has_enlist, detail::names_enlist<Driver>(),
                         typename decltype(found(
                             [](auto* d) -> decltype(&std::remove_pointer_t<decltype(d)>::enlist) {
                                 return nullptr;
                             }))::type>;
    ok = ok && member_ok<hresult(R&), has_reset, detail::names_reset<Driver>(),
                         typename decltype(found(
                             [](auto* d) -> decltype(&std::remove_pointer_t<decltype(d)>::reset) {
                                 return nullptr;
                             }))::type>;
    ok = ok && member_ok<void(R &&), has_destroy, detail::names_destroy<Driver>(),
                         typename decltype(found(
                             [](auto* d) -> decltype(&std::remove_pointer_t<decltype(d)>::destroy) {
                                 return nullptr;
                             }))::type>;
    ok = ok && member_ok<health(R&, check_kind), has_check, detail::names_check<Driver>(),
                         typename decltype(found(
                             [](auto* d) -> decltype(&std::remove_pointer_t<decltype(d)>::check) {
                                 return nullptr;
                             }))::type>;
    ok =
        ok && member_ok<health(const error&), has_classify, detail::names_classify<Driver>(),
                        typename decltype(found(
                            [](auto* d) -> decltype(&std::remove_pointer_t<decltype(d)>::classify) {
                                return nullptr;
                            }))::type>;
    ok = ok &&
         member_ok<std::chrono::nanoseconds(const R&), has_idle_limit,
                   detail::names_idle_limit<Driver>(),
                   typename decltype(found(
                       [](auto* d) -> decltype(&std::remove_pointer_t<decltype(d)>::idle_limit) {
                           return nullptr;
                       }))::type>;
    ok = ok && member_ok<void(R &&), has_abandon, detail::names_abandon<Driver>(),
                         typename decltype(found(
                             [](auto* d) -> decltype(&std::remove_pointer_t<decltype(d)>::abandon) {
                                 return nullptr;
                             }))::type>;
    ok = ok &&
         member_ok<void(R&), has_interrupt, detail::names_interrupt<Driver>(),
                   typename decltype(found(
                       [](auto* d) -> decltype(&std::remove_pointer_t<decltype(d)>::interrupt) {
                           return nullptr;
                       }))::type>;
    ok = ok && member_ok<std::string_view(const R&), has_name, detail::names_name<Driver>(),
                         typename decltype(found(
                             [](auto* d) -> decltype(&std::remove_pointer_t<decltype(d)>::name) {
                                 return nullptr;
                             }))::type>;
    static_assert(has_reset || says_no_reset || has_name,
                  "lend: the driver has no reset. Write `hresult reset(resource&)`, or say `using "
                  "no_reset = void;` if nothing of one use can be seen by the next.");
    if constexpr (!says_names_are_meant) {
        using samples = detail::member_arguments<R, T, error, transaction_id, check_kind>;
        ok = ok && detail::has_no_slips<driver_traits, Driver, samples>();
    }
    static_assert(has_destroy || says_no_destroy || !std::is_pointer_v<R>,
                  "lend: the resource is a raw pointer and the driver has no destroy, so nothing "
                  "would be freed. Write `void destroy(resource&&)`, or say `using no_destroy = "
                  "void;` if something else frees it.");
    static_assert(
        has_rate || !has_resource_type || std::equality_comparable<resource_type>,
        "lend: the driver has resource types, so lend must know which resource serves "
        "which request: write `rating rate(const resource_type&, const resource&, bool)`, "
        "or make resource_type comparable with ==.");
    return ok && has_create;
}

/// A class that a pool can use.
///
/// ```
/// struct my_driver {
///     using resource = connection;                       // required
///     using resource_type = endpoint;                    // default: one kind
///     result<resource> create(const resource_type&);     // required; create() without types
///     rating rate(const resource_type&, const resource&, bool needs_enlistment);
///     hresult reset(resource&);                          // or: using no_reset = void;
///     void destroy(resource&&);                          // or hresult, result<void>
///     health check(resource&, check_kind);               // at every acquire, and while idle
///     health classify(const error&);                     // of an error that a borrower reports
///     std::chrono::nanoseconds idle_limit(const resource&); // negative: never expires
///
///     // called by com::dispenser, not by pool:
///     enlistment enlist(resource&, transaction_id);      // transaction_id{} is: leave it
///     std::string_view name(const resource&);            // named by strings, never pooled
///
///     void abandon(resource&&);                          // in a forked child, not destroy
///     void interrupt(resource&);                         // breaks off a use, from any thread
/// };
/// ```
/// A function whose name is one edit away from one of these and that can be called like it is taken
/// for a slip and refused, unless the driver says `using names_are_meant = void;`. Resources that
/// are raw pointers need `destroy`, or `using no_destroy = void;`. The driver's move must not
/// throw. A == of resource types that throws counts as not equal.
///
/// `reset` and `destroy` may return `result<void>`, and `check` `result<health>`: then an error has
/// words, and these reach the events `reset_failed`, `destroy_failed` and `check_failed`. A check
/// that returns an error or throws has failed: `classify` says whether `backend_gone`; whatever
/// else it says, the resource is broken.
///
/// `create`, `check` and `reset` may take a `call_deadline` as a last parameter: until when the
/// call should have returned. So a driver need not have a time-out of its own.
///
/// `rate` and `check(passive)` must not block: they are called on threads that have deadlines, and
/// while others wait. In a checked build one that takes longer than a millisecond is reported.
/// `interrupt` must not block either. The rest may: no call with a deadline waits for them longer.
///
/// Of a final class lend cannot see members that are private or of which no overload fits.
/// `rate` is asked while others wait for the answer: it should be quick.
///
/// Drivers may block, throw, and fail. No call is made with a lock of lend held. Calls for
/// different resources come from several threads at once; calls for one resource never overlap,
/// except `interrupt`.
template <class Driver>
concept resource_driver = requires {
    typename Driver::resource;
}
&&std::move_constructible<typename Driver::resource>&& driver_traits<Driver>::members_fit() &&
    detail::moves_well<Driver>();

namespace detail {

// A resource_driver, or a word of why it is none: a pool asks for this. The concept alone is no
// error where it is asked of a type that has nothing of a driver.
template <class Driver>
concept driver_of_a_pool = names_its_resource<Driver>() && resource_driver<Driver>;

} // namespace detail
} // namespace lend

#endif // LEND_DRIVER_HPP
