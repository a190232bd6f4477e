// SPDX-License-Identifier: MIT
/// @file
/// A moment and a span after it, without an overflow at either end of the clock.

#ifndef LEND_DETAIL_LATER_HPP
#define LEND_DETAIL_LATER_HPP

namespace lend::inline v0_1 {
namespace detail {

// Sums saturate: a span beyond the clock's end is for ever. `span` is not negative; `at` may be,
// where a clock started late or jumped back.
template <class TimePoint>
[[nodiscard]] constexpr TimePoint later(TimePoint at, typename TimePoint::duration span) noexcept {
    if (span == (TimePoint::duration::max)()) return (TimePoint::max)();
    const bool reaches_the_end = at > TimePoint{} && span >= (TimePoint::max)() - at;
    return reaches_the_end ? (TimePoint::max)() : at + span;
}

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_LATER_HPP
