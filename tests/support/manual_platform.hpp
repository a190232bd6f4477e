// SPDX-License-Identifier: MIT
/// @file
/// A platform whose clock moves only when a test moves it, and on which no thread can be started.

#ifndef LEND_TEST_SUPPORT_MANUAL_PLATFORM_HPP
#define LEND_TEST_SUPPORT_MANUAL_PLATFORM_HPP

#include <lend/platform.hpp>

#include <atomic>
#include <chrono>

namespace lend_test {

struct manual_platform : lend::default_platform {
    static time_point now() noexcept { return time_point(elapsed().load()); }
    static void advance(duration d) noexcept { elapsed().store(elapsed().load() + d); }

    /// So that the count of what came back to a holder begins anew now and then.
    static constexpr unsigned front_order_bits = 3;

    /// How often somebody asked for a thread since the last reset.
    static inline std::atomic<int> threads_wanted{0};

    [[nodiscard]] static bool start_thread(const char*, void (*)(void*), void*) noexcept {
        ++threads_wanted;
        return false;
    }

private:
    // Far from zero, so that subtracting never passes it.
    static std::atomic<duration>& elapsed() noexcept {
        static std::atomic<duration> since{std::chrono::hours(1000)};
        return since;
    }
};

} // namespace lend_test

#endif // LEND_TEST_SUPPORT_MANUAL_PLATFORM_HPP
