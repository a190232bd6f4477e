// SPDX-License-Identifier: MIT
/// @file
/// A scoped lock that counts how many locks its thread holds, so that a driver call made under a
/// lock stops a checked build.

#ifndef LEND_DETAIL_LOCK_HPP
#define LEND_DETAIL_LOCK_HPP

#include <lend/detail/config.hpp>

namespace lend::inline v0_1 {
namespace detail {

// Locks of lend held by the calling thread. Kept only where Platform::checks is on.
struct lock_depth {
    int value = 0;
};

template <class Platform>
class scoped_lock {
public:
    explicit scoped_lock(typename Platform::mutex& mutex) : mutex_(mutex) { lock(); }
    ~scoped_lock() {
        if (held_) unlock();
    }
    scoped_lock(const scoped_lock&) = delete;
    scoped_lock& operator=(const scoped_lock&) = delete;

    void lock() {
        mutex_.lock();
        held_ = true;
        if constexpr (Platform::checks) ++Platform::template local<lock_depth>().value;
    }

    void unlock() {
        if constexpr (Platform::checks) --Platform::template local<lock_depth>().value;
        held_ = false;
        mutex_.unlock();
    }

private:
    typename Platform::mutex& mutex_;
    bool held_ = false;
};

// Invariant 5: no driver call under a lock.
template <class Platform>
LEND_ALWAYS_INLINE void assert_no_lock_held() noexcept {
    LEND_ASSERT(Platform, Platform::template local<lock_depth>().value == 0);
}

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_LOCK_HPP
