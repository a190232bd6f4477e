// SPDX-License-Identifier: MIT
/// @file
/// Where threads of a test wait for one another: once, or again and again. They spin, so that all
/// go on at the same moment; and std::latch and std::barrier of GCC 12 lose wake-ups where the
/// system has no futex, as on Windows.

#ifndef LEND_TESTS_SUPPORT_MEETING_HPP
#define LEND_TESTS_SUPPORT_MEETING_HPP

#include <atomic>
#include <thread>

namespace lend_test {

/// As std::latch.
class latch {
public:
    explicit latch(int count) noexcept : left_(count) {}
    void count_down() noexcept { left_.fetch_sub(1); }
    void wait() const noexcept {
        while (left_.load() > 0) std::this_thread::yield();
    }
    void arrive_and_wait() noexcept {
        count_down();
        wait();
    }

private:
    std::atomic<int> left_;
};

/// As std::barrier.
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
