// SPDX-License-Identifier: MIT
/// @file
/// The manual clock with moments that cannot be added to or subtracted from each other: code that
/// compiles with them takes its sums from detail/later.hpp, where they saturate.

#ifndef LEND_TESTS_SUPPORT_STRICT_CLOCK_PLATFORM_HPP
#define LEND_TESTS_SUPPORT_STRICT_CLOCK_PLATFORM_HPP

#include "manual_clock_platform.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>

namespace lend_test {

struct strict_clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<strict_clock>;
    static constexpr bool is_steady = true;

    static time_point now() noexcept { return time_point(manual_clock::now().time_since_epoch()); }
};

// Found beside the clock, and closer than those of std::chrono.
using strict_time = strict_clock::time_point;
template <class Rep, class Period>
strict_time operator+(const strict_time&, const std::chrono::duration<Rep, Period>&) = delete;
template <class Rep, class Period>
strict_time operator+(const std::chrono::duration<Rep, Period>&, const strict_time&) = delete;
template <class Rep, class Period>
strict_time operator-(const strict_time&, const std::chrono::duration<Rep, Period>&) = delete;
strict_clock::duration operator-(const strict_time&, const strict_time&) = delete;

struct strict_clock_platform : manual_clock_platform {
    using duration = strict_clock::duration;
    using time_point = strict_time;

    static time_point now() noexcept { return strict_clock::now(); }

    static void
    park(atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline) noexcept {
        const auto since = deadline.time_since_epoch();
        manual_clock_platform::park(word, expected, manual_clock::time_point(since));
    }
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_STRICT_CLOCK_PLATFORM_HPP
