// SPDX-License-Identifier: MIT
/// @file
/// How long a caller is willing to wait, and until when that is.

#ifndef LEND_DETAIL_PATIENCE_HPP
#define LEND_DETAIL_PATIENCE_HPP

#include <lend/detail/later.hpp>

#include <algorithm>
#include <chrono>

namespace lend::inline v0_1 {
namespace detail {

// How long a caller is willing to wait. The clock is read where waiting begins, not before.
template <class Platform>
class patience {
public:
    using time_point = typename Platform::time_point;
    using duration = typename Platform::duration;

    static patience none() noexcept { return patience(duration::zero(), {}, false); }
    static patience for_span(std::chrono::nanoseconds span) noexcept {
        const auto ours = std::chrono::duration_cast<duration>(span);
        return patience((std::max<duration>)(ours, duration::zero()), {}, false);
    }
    static patience until(time_point deadline) noexcept {
        return patience((duration::max)(), deadline, true);
    }

    [[nodiscard]] bool waits() const noexcept { return span_ > duration::zero(); }

    // Whether the caller is to be back at some time, whatever comes.
    [[nodiscard]] bool ends() const noexcept {
        return fixed_ ? deadline_ != (time_point::max)() : span_ != (duration::max)();
    }

    // Sums saturate: a span beyond the clock's end is for ever.
    [[nodiscard]] time_point deadline(time_point now) const noexcept {
        if (fixed_) return deadline_;
        return later(now, span_);
    }

private:
    patience(duration span, time_point deadline, bool fixed) noexcept
        : span_(span), deadline_(deadline), fixed_(fixed) {}

    duration span_;
    time_point deadline_;
    bool fixed_;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_PATIENCE_HPP
