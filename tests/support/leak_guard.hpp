// SPDX-License-Identifier: MIT
/// @file
/// Counts what operator new has given out, makes chosen allocations fail, and ends a fixture with
/// a check that everything is back. Only for programs that link allocation_hooks.cpp.

#ifndef LEND_TESTS_SUPPORT_LEAK_GUARD_HPP
#define LEND_TESTS_SUPPORT_LEAK_GUARD_HPP

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

namespace lend_test {

/// What operator new and delete do; defined in allocation_hooks.cpp.
namespace allocations {

/// Blocks given out and not yet given back, in the whole process.
[[nodiscard]] std::int64_t live() noexcept;
/// Allocations tried by the calling thread so far, failed ones included.
[[nodiscard]] std::uint64_t tried_here() noexcept;

/// Makes the calling thread's n-th allocation from now on fail (the first is 1), and all later
/// ones if `for_ever`; 0 ends it.
void fail_here(std::uint64_t nth, bool for_ever) noexcept;
/// How many allocations of the calling thread were made to fail since fail_here.
[[nodiscard]] std::uint64_t failed_here() noexcept;

} // namespace allocations

/// How long a failing allocator stays so.
enum class lasting : std::uint8_t { once, for_ever };

/// While it lives, the calling thread's n-th allocation fails. Simulated fibers share a thread.
class failing_allocation {
public:
    explicit failing_allocation(std::uint64_t nth, lasting how = lasting::once) noexcept {
        allocations::fail_here(nth, how == lasting::for_ever);
    }
    failing_allocation(const failing_allocation&) = delete;
    failing_allocation& operator=(const failing_allocation&) = delete;
    ~failing_allocation() { allocations::fail_here(0, false); }

    /// False once n is larger than the number of allocations there were: the end of a loop over n.
    [[nodiscard]] bool happened() const noexcept { return allocations::failed_here() > 0; }
};

/// Calls `attempt(n)` with the n-th allocation failing, for n from 1 until none fails.
/// @return how many allocations there were.
template <class Attempt>
std::uint64_t fail_each_allocation(lasting how, Attempt&& attempt) {
    for (std::uint64_t nth = 1;; ++nth) {
        bool happened = false;
        {
            const failing_allocation failing(nth, how);
            attempt(nth);
            happened = failing.happened();
        }
        if (!happened) return nth - 1;
    }
}

/// How many times `action` allocates in the calling thread.
template <class Action>
std::uint64_t allocations_of(Action&& action) {
    const std::uint64_t before = allocations::tried_here();
    std::forward<Action>(action)();
    return allocations::tried_here() - before;
}

/// Checks at its end that as many blocks live as at its beginning, and that what a test has named
/// has come down to zero: resources, waiting threads.
class leak_guard {
public:
    leak_guard() : before_(allocations::live()) {}
    leak_guard(const leak_guard&) = delete;
    leak_guard& operator=(const leak_guard&) = delete;
    ~leak_guard() {
        wait_for_threads();
        const std::int64_t left = allocations::live() - before_ - own_;
        for (const auto& [name, count] : zeros_) EXPECT_EQ(count(), 0) << name << " at the end";
        EXPECT_EQ(left, 0) << "blocks of memory at the end";
    }

    /// `count()` must be 0 at the end. The name is a literal.
    template <class Count>
    void ends_with_zero(const char* name, Count count) {
        const std::int64_t before = allocations::live();
        zeros_.emplace_back(name, std::move(count));
        own_ += allocations::live() - before;
    }

private:
    // Where lend starts threads by std::thread, each gives back what it was started with after all
    // else that it does, and nobody can wait for that.
    void wait_for_threads() const noexcept {
#if !defined(__linux__)
        for (int at = 0; at < 1'000'000 && allocations::live() > before_ + own_; ++at)
            std::this_thread::yield();
#endif
    }

    std::int64_t before_;
    std::int64_t own_ = 0; // blocks that the guard itself has taken
    std::vector<std::pair<const char*, std::function<std::int64_t()>>> zeros_;
};

/// A fixture whose tests end with nothing left. Members of a derived fixture are destroyed before
/// the check.
class leak_checked : public testing::Test {
protected:
    leak_guard leaks;
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_LEAK_GUARD_HPP
