// SPDX-License-Identifier: MIT
/// @file
/// What a simulated run may do to the code under test, and where it gives up.

#ifndef LEND_TESTS_SUPPORT_SIM_OPTIONS_HPP
#define LEND_TESTS_SUPPORT_SIM_OPTIONS_HPP

#include "sim_choices.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sim {

/// What a run may do, and how far it may go. A chance of 0 means never.
struct options {
    const char* name = "scenario";
    strategy how = strategy::mixed;
    std::uint64_t max_steps = 50'000;    ///< more is a livelock
    unsigned weak_failure_one_in = 32;   ///< compare_exchange_weak fails for no reason
    unsigned spurious_wake_one_in = 256; ///< at a step, a parked fiber wakes for no reason
    unsigned early_jump_one_in = 64;     ///< at a step, the clock jumps though others could run
    std::chrono::nanoseconds early_jump_window = std::chrono::milliseconds(10); ///< so far at most
    unsigned thread_failure_one_in = 0;                       ///< start_thread finds no thread
    std::uint32_t thread_slots = detail::choices::max_fibers; ///< fibers beyond have no slot
    unsigned max_preemptions = 2;                             ///< exhaustive only
    bool exhaustive_disturbances = false; ///< exhaustive only: early jumps cost a pre-emption each
    bool quiet = false;                   ///< do not print failures
    std::size_t trace_lines = 60;         ///< how much of the trace a failure prints
};

} // namespace sim

#endif // LEND_TESTS_SUPPORT_SIM_OPTIONS_HPP
