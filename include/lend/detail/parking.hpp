// SPDX-License-Identifier: MIT
/// @file
/// Putting the calling thread to sleep on a 32-bit word until it changes, a wake-up comes, or a
/// deadline passes. Linux: futex. Elsewhere: a table of mutexes and condition variables by address.
/// Nothing here knows what the word means.

#ifndef LEND_DETAIL_PARKING_HPP
#define LEND_DETAIL_PARKING_HPP

#include <lend/detail/as.hpp>
#include <lend/detail/config.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>

#if defined(__linux__)
#include <ctime>
#include <limits>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#else
#include <lend/detail/immortal.hpp>

#include <algorithm>
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

// The call that takes this program's timespec: a 32-bit system has two, for a time_t of 32 bits and
// for one of 64.
#if defined(SYS_futex_time64)
inline constexpr long futex_call = sizeof(std::time_t) > sizeof(long) ? SYS_futex_time64
                                                                      : SYS_futex;
#else
inline constexpr long futex_call = SYS_futex;
#endif

// Returns at once if the word is not `expected`; else when woken, at the deadline, or for no
// reason. The caller looks again. time_point::max() is no deadline.
inline void park(park_word& word, std::uint32_t expected, park_time deadline) noexcept {
    timespec at{};
    timespec* until = nullptr;
    if (deadline != (park_time::max)()) {
        const auto since = deadline.time_since_epoch();
        const auto whole = std::chrono::duration_cast<std::chrono::seconds>(since);
        if (since.count() < 0) return;
        // What is beyond a time_t of 32 bits is 68 years away.
        if (whole.count() <= (std::numeric_limits<std::time_t>::max)()) {
            at.tv_sec = as<std::time_t>(whole.count());
            at.tv_nsec = as<long>(
                std::chrono::duration_cast<std::chrono::nanoseconds>(since - whole).count());
            until = &at;
        }
    }
    // FUTEX_WAIT_BITSET takes an absolute time on CLOCK_MONOTONIC, which is steady_clock here.
    ::syscall(futex_call, reinterpret_cast<std::uint32_t*>(&word),
              FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected, until, nullptr,
              FUTEX_BITSET_MATCH_ANY);
}

// Wakes one thread asleep on the word, if there is one. Uses the address alone: the word may be
// gone already, and then nobody sleeps on it, or somebody wakes for no reason.
inline void unpark_one(park_word& word) noexcept {
    ::syscall(futex_call, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAKE | FUTEX_PRIVATE_FLAG,
              1, nullptr, nullptr, 0);
}

#else

struct parking_bucket {
    std::mutex mutex;
    std::condition_variable changed;
};

inline parking_bucket& parking_bucket_of(const park_word& word) noexcept {
    static immortal<std::array<parking_bucket, 64>> buckets; // nothing that could fail for memory
    const auto address = reinterpret_cast<std::uintptr_t>(&word);
    return buckets.object[(address >> 6U) % buckets.object.size()];
}

inline void park(park_word& word, std::uint32_t expected, park_time deadline) noexcept {
    parking_bucket& bucket = parking_bucket_of(word);
    std::unique_lock lock(bucket.mutex);
    // Relaxed: the mutex orders this load with the waker, who changed the word before taking it.
    if (word.load(std::memory_order_relaxed) != expected) return;
    if (deadline == (park_time::max)()) {
        bucket.changed.wait(lock);
    } else {
        // Some libraries count the distance on another clock, where both ends of time are too far.
        const park_time now = std::chrono::steady_clock::now();
        if (deadline <= now) return;
        bucket.changed.wait_until(lock, (std::min)(deadline, now + std::chrono::hours(24)));
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
