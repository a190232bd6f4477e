// SPDX-License-Identifier: MIT
/// @file
/// The number by which the system's own tools call the running thread.

#ifndef LEND_DETAIL_THREAD_ID_HPP
#define LEND_DETAIL_THREAD_ID_HPP

#include <lend/detail/config.hpp>

#include <cstdint>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__APPLE__)
#include <pthread.h>
#elif defined(_WIN32)
extern "C" __declspec(dllimport) unsigned long __stdcall GetCurrentThreadId(void);
#else
#include <functional>
#include <thread>
#endif

namespace lend::inline v0_1 {
namespace detail {

// As shown by ps -L, top -H, gdb's "info threads"; on Windows by the task manager and debuggers.
// Elsewhere a number that differs between threads. A system call: to be kept per thread.
[[nodiscard]] LEND_NOINLINE inline std::uint64_t system_thread_id() noexcept {
#if defined(__linux__)
    return static_cast<std::uint64_t>(::syscall(SYS_gettid));
#elif defined(__APPLE__)
    std::uint64_t id = 0;
    ::pthread_threadid_np(nullptr, &id);
    return id;
#elif defined(_WIN32)
    return GetCurrentThreadId();
#else
    return std::hash<std::thread::id>()(std::this_thread::get_id()) | 1U;
#endif
}

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_THREAD_ID_HPP
