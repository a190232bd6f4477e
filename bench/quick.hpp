// SPDX-License-Identifier: MIT
/// @file
/// Whether this run only tries whether everything works, so that what lasts for a fixed time may
/// last for a moment.

#ifndef LEND_BENCH_QUICK_HPP
#define LEND_BENCH_QUICK_HPP

#include <chrono>

namespace bench {

/// True in a run with --benchmark_min_time=0, as the smoke test makes it. Set by main only.
inline bool quick = false;

/// How long to measure: as long as the scenario says, or for a moment.
inline std::chrono::nanoseconds lasting(std::chrono::nanoseconds wanted) {
    constexpr std::chrono::nanoseconds moment = std::chrono::milliseconds(20);
    return quick && wanted > moment ? moment : wanted;
}

} // namespace bench

#endif // LEND_BENCH_QUICK_HPP
