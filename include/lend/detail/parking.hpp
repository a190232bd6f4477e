// SPDX-License-Identifier: MIT
/// @file
/// Putting the calling thread to sleep on a 32-bit word until it changes, a wake-up comes, or a
/// deadline passes. Linux: futex. Elsewhere: a table of mutexes and condition variables by address.
/// Nothing here knows what the word means.

#ifndef LEND_DETAIL_PARKING_HPP
#define LEND_DETAIL_PARKING_HPP

#include <lend/detail/config.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>

#if defined(__linux__)
#include <ctime>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#else
#include <array>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#endif

namespace lend::inline v0_1 {
namespace detail {

using park_word = std::atomic<std::uint32_t>;
using park_time = std::chrono::steady_clock::time_point;

#if defined(__linux__)

static_assert(sizeof(park_word) == sizeof(std::uint32_t), "the kernel looks at the word itself");

// Returns at once if the word is not `expected`; else when woken, at the deadline, or for no
// reason. The caller looks again. time_point::max() is no deadline.
inline void park(park_word& word, std::uint32_t expected, park_time deadline) noexcept {
    timespec at{};
    timespec* until = nullptr;
    if (deadline != (park_time::max)()) {
        const auto since = deadline.time_since_epoch();
        const auto whole = std::chrono::duration_cast<std::chrono::seconds>(since);
        if (since.count() < 0) return;
        at.tv_sec = static_cast<std::time_t>(whole.count());
        at.tv_nsec = static_cast<long>(std::chrono::nanoseconds(since - whole).count());
        until = &at;
    }
    // FUTEX_WAIT_BITSET takes an absolute time on CLOCK_MONOTONIC, which is steady_clock here.
    ::syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word),
              FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected, until, nullptr,
              FUTEX_BITSET_MATCH_ANY);
}

// Wakes one thread asleep on the word, if there is one. Uses the address alone: the word may be
// gone already, and then nobody sleeps on it, or somebody wakes for no reason.
inline void unpark_one(park_word& word) noexcept {
    ::syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAKE | FUTEX_PRIVATE_FLAG,
              1, nullptr, nullptr, 0);
}

#else

struct parking_bucket {
    std::mutex mutex;
    std::condition_variable changed;
};

inline parking_bucket& parking_bucket_of(const park_word& word) noexcept {
    static auto* const buckets = new std::array<parking_bucket, 64>; // never destroyed
    const auto address = reinterpret_cast<std::uintptr_t>(&word);
    return (*buckets)[(address >> 6U) % buckets->size()];
}

inline void park(park_word& word, std::uint32_t expected, park_time deadline) noexcept {
    parking_bucket& bucket = parking_bucket_of(word);
    std::unique_lock lock(bucket.mutex);
    // Relaxed: the mutex orders this load with the waker, who changed the word before taking it.
    if (word.load(std::memory_order_relaxed) != expected) return;
    if (deadline == (park_time::max)()) {
        bucket.changed.wait(lock);
    } else {
        bucket.changed.wait_until(lock, deadline);
    }
}

// All of the bucket, because others may sleep in it; they look again and go back to sleep.
inline void unpark_one(park_word& word) noexcept {
    parking_bucket& bucket = parking_bucket_of(word);
    { const std::lock_guard lock(bucket.mutex); }
    bucket.changed.notify_all();
}

#endif

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_PARKING_HPP
