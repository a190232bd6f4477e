// SPDX-License-Identifier: MIT
/// @file
/// When resources are to go: drawn once for each, so that those made together do not go together.
/// Knows times and chance only.

#ifndef LEND_DETAIL_LIFETIMES_HPP
#define LEND_DETAIL_LIFETIMES_HPP

#include <lend/detail/later.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

template <class Platform>
struct lifetimes {
    using time_point = typename Platform::time_point;
    using duration = typename Platform::duration;

    // Sums saturate: a span beyond the clock's end is for ever.
    static time_point after(time_point at, duration span) noexcept { return later(at, span); }

    // Uniform in [lifetime x (1 - jitter), lifetime] from now; (duration::max)(): never.
    static time_point
    draw(time_point now, std::chrono::nanoseconds lifetime, double jitter) noexcept {
        if (lifetime == (std::chrono::nanoseconds::max)()) return (time_point::max)();
        const auto span = std::chrono::duration_cast<duration>(lifetime);
        return after(now, span - lifetimes::jitter(lifetime, jitter));
    }

    // Uniform in [0, lifetime x jitter).
    static duration jitter(std::chrono::nanoseconds lifetime, double share_of_it) noexcept {
        const double window = static_cast<double>(lifetime.count()) * share_of_it;
        return std::chrono::duration_cast<duration>(
            std::chrono::nanoseconds(static_cast<std::int64_t>(window * share())));
    }

    // For number `at` of `count` that are to go over an interval: one at a random moment of each of
    // `count` equal parts of it, so that they go evenly, and not in step with anything.
    static time_point spread(time_point now,
                             std::chrono::nanoseconds interval,
                             std::size_t at,
                             std::size_t count) noexcept {
        const double part = static_cast<double>(interval.count()) / static_cast<double>(count);
        const double span = part * (static_cast<double>(at) + share());
        // Rounding may carry the last one beyond the end.
        const auto whole = static_cast<double>(interval.count());
        const auto moment = span >= whole ? interval.count() : static_cast<std::int64_t>(span);
        return after(now, std::chrono::duration_cast<duration>(std::chrono::nanoseconds(moment)));
    }

private:
    // Uniform in [0, 1): as many random bits as a double can tell apart.
    static double share() noexcept {
        constexpr unsigned bits = 53;
        constexpr double scale = 1.0 / static_cast<double>(std::uint64_t{1} << bits);
        return static_cast<double>(Platform::random() >> (64U - bits)) * scale;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_LIFETIMES_HPP
