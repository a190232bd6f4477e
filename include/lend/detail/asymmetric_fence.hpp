// SPDX-License-Identifier: MIT
/// @file
/// A pair of fences of which one side is free: the light one is a compiler barrier, the heavy one
/// makes every running thread of the process pass a full barrier. Where the system has no such
/// call, both are full fences.

#ifndef LEND_DETAIL_ASYMMETRIC_FENCE_HPP
#define LEND_DETAIL_ASYMMETRIC_FENCE_HPP

#include <lend/detail/config.hpp>

#include <atomic>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(_WIN32)
extern "C" __declspec(dllimport) void __stdcall FlushProcessWriteBuffers(void);
#endif

namespace lend::inline v0_1 {
namespace detail {

// Store by A, light fence, load by A  against  store by B, heavy fence, load by B: at least one of
// the two loads sees the other's store, as if both fences were sequentially consistent.
//
// On Linux the promise rests on membarrier(2), PRIVATE_EXPEDITED. `available` turns true after the
// process has registered for it and never back; while it is false the light side is a full fence.
struct asymmetric_fence {
#if defined(__linux__)
    // Numbers of <linux/membarrier.h>, which old headers lack.
    static constexpr int command_query = 0;
    static constexpr int command_private_expedited = 1 << 3;
    static constexpr int command_register_private_expedited = 1 << 4;

    static long call(int command) noexcept {
#if defined(SYS_membarrier)
        return ::syscall(SYS_membarrier, command, 0, 0);
#else
        (void)command;
        return -1;
#endif
    }

    static bool register_process() noexcept {
        const long supported = call(command_query);
        if (supported < 0 || (supported & command_private_expedited) == 0) return false;
        return call(command_register_private_expedited) == 0;
    }

    static inline const bool available = register_process();
#elif defined(_WIN32)
    static constexpr bool available = true;
#else
    static constexpr bool available = false;
#endif

    LEND_ALWAYS_INLINE static void light() noexcept {
        if (available) {
            std::atomic_signal_fence(std::memory_order_seq_cst);
        } else {
            full();
        }
    }

    static void heavy() noexcept {
        full();
#if defined(__linux__)
        // Also before `available` is initialised: another thread may see it already. Where the
        // process is not registered the call does nothing.
        call(command_private_expedited);
#elif defined(_WIN32)
        FlushProcessWriteBuffers();
#endif
        full();
    }

    // On x86 an exchange on a private word is a full fence, and one that ThreadSanitizer
    // understands, which refuses atomic_thread_fence. Elsewhere it need not be one: on 64-bit Arm a
    // later load may be made before an earlier store is seen.
    static void full() noexcept {
#if defined(__x86_64__) || defined(__i386__) || LEND_THREAD_SANITIZER
        std::atomic<int> dummy{0};
        // (1) seq-cst-exchange is totally ordered with the seq-cst-exchange (1)
        dummy.exchange(1, std::memory_order_seq_cst);
#else
        // (2) seq-cst-fence is totally ordered with the seq-cst-fence (2)
        std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_ASYMMETRIC_FENCE_HPP
