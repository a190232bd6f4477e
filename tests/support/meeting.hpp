// SPDX-License-Identifier: MIT
/// @file
/// Where threads wait for one another, again and again. They spin, so that all go on at the same
/// moment; and std::barrier of GCC 12 hardly gets on where the system has no futex, as on Windows.

#ifndef LEND_TESTS_SUPPORT_MEETING_HPP
#define LEND_TESTS_SUPPORT_MEETING_HPP

#include <atomic>
#include <thread>

namespace lend_test {

class meeting {
public:
    explicit meeting(unsigned threads) noexcept : threads_(threads) {}

    /// Returns when all threads are here for the same time.
    void arrive_and_wait() noexcept {
        const unsigned held = held_.load();
        if (here_.fetch_add(1) + 1 == threads_) {
            here_.store(0);
            held_.store(held + 1);
            return;
        }
        while (held_.load() == held) std::this_thread::yield();
    }

private:
    const unsigned threads_;
    std::atomic<unsigned> here_{0};
    std::atomic<unsigned> held_{0}; // meetings so far
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_MEETING_HPP
