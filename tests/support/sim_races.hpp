// SPDX-License-Identifier: MIT
/// @file
/// What happens before what in a simulated run, told to ThreadSanitizer: it then finds the data
/// races of the schedules that the simulation chooses, by the memory orders that the headers give.
/// Only where LEND_SIM_RACES is 1, which tests/races sets; else nothing is told.
///
/// Fibers share one thread, and a switch between them orders nothing here. What does are the
/// simulation's own atomics, mutexes, threads and stop tokens, as the standard says of theirs.
/// Where it says less than can be told, more is ordered, so that races may be missed and never made
/// up: an acquire sees all releases of that object, also those before a relaxed store; a fence, all
/// release fences.
///
/// The simulation and the tests are compiled without ThreadSanitizer's eyes (races.ignore), for
/// they look at everything, from every fiber.

#ifndef LEND_TESTS_SUPPORT_SIM_RACES_HPP
#define LEND_TESTS_SUPPORT_SIM_RACES_HPP

#ifndef LEND_SIM_RACES
#define LEND_SIM_RACES 0
#endif

#include <atomic>

#if LEND_SIM_RACES
#include <sanitizer/tsan_interface.h>
extern "C" {
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
}
#endif

namespace sim::races {

/// What was released at that address happens before what the running fiber does from here.
inline void acquired([[maybe_unused]] const void* at) noexcept {
#if LEND_SIM_RACES
    __tsan_acquire(const_cast<void*>(at));
#endif
}

/// What the running fiber has done happens before what follows an `acquired` of that address.
inline void released([[maybe_unused]] const void* at) noexcept {
#if LEND_SIM_RACES
    __tsan_release(const_cast<void*>(at));
#endif
}

/// An atomic operation of that order on the object at that address.
inline void ordered(const void* at, std::memory_order order) noexcept {
    if (order != std::memory_order_relaxed && order != std::memory_order_release) acquired(at);
    if (order == std::memory_order_release || order == std::memory_order_acq_rel ||
        order == std::memory_order_seq_cst)
        released(at);
}

/// While it lives, nothing that is read or written counts.
struct unseen {
#if LEND_SIM_RACES
    unseen() noexcept {
        AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
        AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
    }
    ~unseen() {
        AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
        AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
    }
#else
    unseen() noexcept {} // not trivial, so that an object of it is not called unused
#endif
    unseen(const unseen&) = delete;
    unseen& operator=(const unseen&) = delete;
};

} // namespace sim::races

#endif // LEND_TESTS_SUPPORT_SIM_RACES_HPP
