// SPDX-License-Identifier: MIT
/// @file
/// A std::mutex that knows how many of its kind the calling thread holds, and a platform with it,
/// so that drivers under test can see that they are called with no lock held.

#ifndef LEND_TESTS_SUPPORT_COUNTED_MUTEX_HPP
#define LEND_TESTS_SUPPORT_COUNTED_MUTEX_HPP

#include <lend/platform.hpp>

#include <mutex>

namespace lend_test {

/// std::mutex and a count per thread.
class counted_mutex {
public:
    void lock() {
        mutex_.lock();
        ++count();
    }
    [[nodiscard]] bool try_lock() {
        const bool locked = mutex_.try_lock();
        if (locked) ++count();
        return locked;
    }
    void unlock() {
        --count();
        mutex_.unlock();
    }

    [[nodiscard]] static unsigned held() noexcept { return count(); }

private:
    static unsigned& count() noexcept {
        static constinit thread_local unsigned locks = 0;
        return locks;
    }

    std::mutex mutex_;
};

/// The default platform with counted mutexes; for stress tests with real threads.
struct counting_platform : lend::basic_platform<true, true> {
    using mutex = counted_mutex;
    static unsigned locks_held() noexcept { return counted_mutex::held(); }
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_COUNTED_MUTEX_HPP
