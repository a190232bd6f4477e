// SPDX-License-Identifier: MIT
/// @file
/// What a model checker's Platform parks on where one thread sleeps at a time.

#ifndef LEND_TESTS_SUPPORT_ONE_SLEEPER_HPP
#define LEND_TESTS_SUPPORT_ONE_SLEEPER_HPP

#include "checker.hpp"

#include <atomic>
#include <cstdint>

namespace lend_test::mc {

/// Of one execution. Nobody wakes for no reason, so that a lost wake-up is a deadlock.
class one_sleeper {
public:
    void park(atomic<std::uint32_t>& word, std::uint32_t expected) noexcept {
        // The newest value, as the kernel sees it when it puts a thread to sleep; whatever a mutant
        // makes of the word's own accesses.
        if (word.fetch_or(0, std::memory_order_relaxed) != expected) return;
        asleep_ = true;
        engine::instance().wait_while(&asleep_);
    }
    void unpark() noexcept {
        engine::instance().scheduling_point();
        asleep_ = false;
    }

private:
    bool asleep_ = false;
};

} // namespace lend_test::mc

#endif // LEND_TESTS_SUPPORT_ONE_SLEEPER_HPP
