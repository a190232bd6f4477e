// SPDX-License-Identifier: MIT
/// @file
/// The bare atomic instructions without which nothing is lent: what a pool is measured against
/// from below. Nobody waits, nothing is chosen.

#ifndef LEND_BENCH_BASELINE_FLOOR_POOL_HPP
#define LEND_BENCH_BASELINE_FLOOR_POOL_HPP

#include <atomic>
#include <cstdint>

namespace baseline {

// One thread's lending and taking back: two compare-exchanges on two cache lines, whose expected
// values the caller counts in a register.
class floor_pool {
public:
    bool take(std::uint64_t turn) { return step(taken_, turn); }
    bool give_back(std::uint64_t turn) { return step(given_, turn); }

private:
    static bool step(std::atomic<std::uint64_t>& line, std::uint64_t turn) {
        // (1) acq-rel-CAS synchronizes-with the acq-rel-CAS (1); relaxed on failure, which ends it.
        return line.compare_exchange_strong(turn, turn + 1, std::memory_order_acq_rel,
                                            std::memory_order_relaxed);
    }

    alignas(128) std::atomic<std::uint64_t> taken_{0};
    alignas(128) std::atomic<std::uint64_t> given_{0};
};

} // namespace baseline

#endif // LEND_BENCH_BASELINE_FLOOR_POOL_HPP
