// SPDX-License-Identifier: MIT
/// @file
/// What a pool tells a driver's own `events` class: one method per thing that happens, each of
/// them optional and free when absent.

#ifndef LEND_EVENTS_HPP
#define LEND_EVENTS_HPP

#include <lend/destroy_reason.hpp>
#include <lend/detail/config.hpp>
#include <lend/driver.hpp>
#include <lend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace lend::inline v0_1 {

/// A resource's number, as events get it.
using event_number = std::uint64_t;

namespace detail {

struct no_events {};

template <class Driver>
struct events_of {
    using type = no_events;
};
template <class Driver>
requires driver_traits<Driver>::has_events struct events_of<Driver> {
    using type = typename Driver::events;
};

/// Tells a driver's events class what happens.
///
/// A driver has events if it names a type `events`, default-constructible, with any of
/// ```
/// void created(event_number);
/// void create_failed(const error&);
/// void destroyed(event_number, destroy_reason);
/// void destroy_failed(event_number, const error&);
/// void reset_failed(event_number, const error&);
/// void timed_out(const error&);
/// void abandoned_at_close(std::size_t);    // driver calls still running at close's deadline
/// ```
/// Called from whichever thread it happens in, with no lock of lend held. Exceptions end here.
template <class Driver, class Platform>
class event_caller {
public:
    using sink = typename events_of<Driver>::type;

    void created(event_number n) noexcept {
        if constexpr (requires(sink s) { s.created(n); }) {
            guard([&] { sink_.created(n); });
        }
    }
    void create_failed(const error& e) noexcept {
        if constexpr (requires(sink s) { s.create_failed(e); }) {
            guard([&] { sink_.create_failed(e); });
        }
    }
    void destroyed(event_number n, destroy_reason why) noexcept {
        if constexpr (requires(sink s) { s.destroyed(n, why); }) {
            guard([&] { sink_.destroyed(n, why); });
        }
    }
    void destroy_failed(event_number n, const error& e) noexcept {
        if constexpr (requires(sink s) { s.destroy_failed(n, e); }) {
            guard([&] { sink_.destroy_failed(n, e); });
        }
    }
    void reset_failed(event_number n, const error& e) noexcept {
        if constexpr (requires(sink s) { s.reset_failed(n, e); }) {
            guard([&] { sink_.reset_failed(n, e); });
        }
    }
    void timed_out(const error& e) noexcept {
        if constexpr (requires(sink s) { s.timed_out(e); }) {
            guard([&] { sink_.timed_out(e); });
        }
    }
    void abandoned_at_close(std::size_t calls) noexcept {
        if constexpr (requires(sink s) { s.abandoned_at_close(calls); }) {
            guard([&] { sink_.abandoned_at_close(calls); });
        }
    }

private:
    template <class Call>
    static void guard(const Call& call) noexcept {
        LEND_TRY { call(); }
        LEND_CATCH_ALL {
            // An observer cannot make a pool fail.
        }
    }

    [[no_unique_address]] sink sink_;
};

} // namespace detail
} // namespace lend

#endif // LEND_EVENTS_HPP
