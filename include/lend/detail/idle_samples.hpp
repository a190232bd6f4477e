// SPDX-License-Identifier: MIT
/// @file
/// How many resources were idle at ten moments of a window, and what their median says. Knows
/// numbers only; pruning.hpp takes the samples and acts on them.

#ifndef LEND_DETAIL_IDLE_SAMPLES_HPP
#define LEND_DETAIL_IDLE_SAMPLES_HPP

#include <lend/detail/cpp20.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace lend::inline v0_1 {
namespace detail {

// What was idle in half of the samples was not needed for half of the window. A single burst, or a
// single lull, moves no median.
class idle_samples {
public:
    static constexpr std::size_t per_window = 10;

    void add(std::size_t idle) noexcept { taken_[count_++ % per_window] = idle; }

    // Whether the window is at its end.
    [[nodiscard]] bool complete() const noexcept { return count_ >= per_window; }

    // The most that were idle in at least half of the samples; the lower of the two in the middle,
    // so that in doubt fewer go. Starts a new window. Pre: complete.
    [[nodiscard]] std::size_t finish() noexcept {
        constexpr std::size_t middle = (per_window - 1) / 2;
        std::nth_element(taken_.begin(), taken_.begin() + middle, taken_.end());
        count_ = 0;
        return taken_[middle];
    }

    // Forgets the window that has begun.
    void restart() noexcept { count_ = 0; }

private:
    std::array<std::size_t, per_window> taken_{};
    std::size_t count_ = 0;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_IDLE_SAMPLES_HPP
