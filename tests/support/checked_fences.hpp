// SPDX-License-Identifier: MIT
/// @file
/// Light and heavy fences for a model checker, with what they promise and no more: a light one and
/// a heavy one are in one order, and whoever comes later knows what the other did before. Two light
/// ones order nothing.

#ifndef LEND_TESTS_SUPPORT_CHECKED_FENCES_HPP
#define LEND_TESTS_SUPPORT_CHECKED_FENCES_HPP

#include "checker.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace lend_test::mc {

/// Of one execution. Each thread has a location of its own, which its light fences read, modify
/// and write; a heavy fence does so to all of them.
class checked_fences {
public:
    void light() noexcept { pass(engine::instance().current()); }
    void heavy() noexcept {
        for (unsigned thread = 0; thread < engine::instance().fiber_count(); ++thread) pass(thread);
    }

private:
    void pass(unsigned thread) noexcept {
        if (thread != main_thread) (void)of_thread_[thread].fetch_or(0, std::memory_order_acq_rel);
    }

    std::array<atomic<std::uint32_t>, max_fibers> of_thread_;
};

} // namespace lend_test::mc

#endif // LEND_TESTS_SUPPORT_CHECKED_FENCES_HPP
