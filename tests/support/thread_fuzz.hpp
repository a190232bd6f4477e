// SPDX-License-Identifier: MIT
/// @file
/// How long thread fuzzers run: bounded by operations; with LEND_THREAD_FUZZ_SECONDS in the
/// environment each test goes on, with new seeds, for its share of that time. LEND_THREAD_FUZZ_SEED
/// is the first seed, 1 unless it is set.

#ifndef LEND_TESTS_SUPPORT_THREAD_FUZZ_HPP
#define LEND_TESTS_SUPPORT_THREAD_FUZZ_HPP

#include "yielding_platform.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <latch>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace lend_test::thread_fuzz {

inline constexpr int threads = 4;
inline constexpr int operations = LEND_THREAD_SANITIZER ? 100 : 300;
inline constexpr int tests = 5; // which share the time that is given

/// Calls `round(seed)` once, or again and again as long as this test's share of the time lasts.
inline void for_the_time(const std::function<void(std::uint64_t)>& round) {
    const auto number = [](const char* name, std::uint64_t otherwise) {
        const char* const text = std::getenv(name);
        return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
    };
    const std::uint64_t seconds = number("LEND_THREAD_FUZZ_SECONDS", 0);
    const std::uint64_t first = number("LEND_THREAD_FUZZ_SEED", 1);
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(1000 * seconds / tests);
    std::uint64_t rounds = 0;
    do {
        const std::uint64_t seed = rounds == 0 ? first : std::random_device{}();
        SCOPED_TRACE("seed " + std::to_string(seed));
        disturbance::seed(seed);
        round(seed);
        ++rounds;
    } while (!testing::Test::HasFailure() && std::chrono::steady_clock::now() < end);
    if (seconds > 0) std::printf("%llu rounds\n", static_cast<unsigned long long>(rounds));
}

/// Each thread runs `body(thread, random)`; all begin together.
template <class Body>
void on_threads(std::uint64_t seed, const Body& body) {
    std::vector<std::thread> all;
    std::latch start(threads);
    for (int at = 0; at < threads; ++at) {
        all.emplace_back([&, at] {
            std::mt19937_64 random(seed * 64 + static_cast<unsigned>(at));
            start.arrive_and_wait();
            body(at, random);
        });
    }
    for (std::thread& each : all) each.join();
}

} // namespace lend_test::thread_fuzz

#endif // LEND_TESTS_SUPPORT_THREAD_FUZZ_HPP
