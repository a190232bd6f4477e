// SPDX-License-Identifier: MIT
/// @file
/// Counts what a piece of code allocates by operator new, on its own thread.

#ifndef LEND_BENCH_ALLOCATIONS_HPP
#define LEND_BENCH_ALLOCATIONS_HPP

#include <cstdint>

namespace bench::allocations {

/// Whether this thread counts, and how many it has counted. Constant-initialised, so that operator
/// new may look at it at any time.
struct count {
    bool on = false;
    std::uint64_t seen = 0;
};
extern constinit thread_local count here;

/// How often `run` called operator new.
template <class Run>
std::uint64_t of(Run run) {
    const std::uint64_t before = here.seen;
    here.on = true;
    run();
    here.on = false;
    return here.seen - before;
}

} // namespace bench::allocations

#endif // LEND_BENCH_ALLOCATIONS_HPP
