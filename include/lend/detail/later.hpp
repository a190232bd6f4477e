// SPDX-License-Identifier: MIT
/// @file
/// Sums and differences of times without an overflow at either end of the clock. The one place in
/// lend where times are added or subtracted: `hygiene.headers` and `strict_clock_test.cpp` find
/// what bypasses it.

#ifndef LEND_DETAIL_LATER_HPP
#define LEND_DETAIL_LATER_HPP

#include <lend/detail/cpp20.hpp>

#include <chrono>
#include <limits>
#include <type_traits>

namespace lend::inline v0_1 {
namespace detail {

// a + b, or the end of the range that it would leave.
template <class Rep>
[[nodiscard]] constexpr Rep saturated_sum(Rep a, Rep b) noexcept {
    using range = std::numeric_limits<Rep>;
    if (b > 0 && a > (range::max)() - b) return (range::max)();
    if (b < 0 && a < (range::min)() - b) return (range::min)();
    return static_cast<Rep>(a + b);
}

// a - b, or the end of the range that it would leave.
template <class Rep>
[[nodiscard]] constexpr Rep saturated_difference(Rep a, Rep b) noexcept {
    using range = std::numeric_limits<Rep>;
    if (b < 0 && a > (range::max)() + b) return (range::max)();
    if (b > 0 && a < (range::min)() + b) return (range::min)();
    return static_cast<Rep>(a - b);
}

// A moment and a span after it, or before it if the span is negative. A span beyond the clock's end
// is for ever, and so is the longest one, wherever it begins.
template <class TimePoint>
[[nodiscard]] constexpr TimePoint
later(TimePoint at, std::type_identity_t<typename TimePoint::duration> span) noexcept {
    using duration = typename TimePoint::duration;
    if (span == (duration::max)()) return (TimePoint::max)();
    return TimePoint(duration(saturated_sum(at.time_since_epoch().count(), span.count())));
}

// How long it is from one moment to another; negative if the other comes first.
template <class TimePoint>
[[nodiscard]] constexpr typename TimePoint::duration
between(TimePoint from, std::type_identity_t<TimePoint> to) noexcept {
    return typename TimePoint::duration(
        saturated_difference(to.time_since_epoch().count(), from.time_since_epoch().count()));
}

// Two spans, one after the other.
template <class Duration>
[[nodiscard]] constexpr Duration together(Duration a, std::type_identity_t<Duration> b) noexcept {
    return Duration(saturated_sum(a.count(), b.count()));
}

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_LATER_HPP
