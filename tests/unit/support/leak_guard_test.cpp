// SPDX-License-Identifier: MIT
/// @file
/// The leak guard and the failing allocator: leaks are reported, and each allocation of an action
/// can be made to fail in turn.

#include "support/leak_guard.hpp"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <vector>

namespace leak_guard_test {

using lend_test::allocations_of;
using lend_test::failing_allocation;
using lend_test::lasting;
using lend_test::leak_guard;

// By calls of the function: compilers may leave the allocation of a new-expression out.
struct block {
    void* memory = ::operator new(8);

    block() = default;
    block(const block&) = delete;
    block& operator=(const block&) = delete;
    ~block() { ::operator delete(memory); }
};

void* kept = nullptr;

TEST(LeakGuard, block_that_is_left_is_reported) {
    EXPECT_NONFATAL_FAILURE(
        {
            const leak_guard guard;
            kept = ::operator new(8);
        },
        "blocks of memory at the end");

    ::operator delete(kept);
}

TEST(LeakGuard, count_that_is_not_zero_is_reported) {
    EXPECT_NONFATAL_FAILURE(
        {
            leak_guard guard;
            guard.ends_with_zero("resources", [] { return std::int64_t{2}; });
        },
        "resources at the end");
}

TEST(LeakGuard, silent_when_everything_is_back) {
    leak_guard guard;
    guard.ends_with_zero("resources", [] { return std::int64_t{0}; });
    const std::vector<std::string> used(10, std::string(100, 'x'));
    EXPECT_EQ(used.size(), 10U);
}

TEST(LeakGuard, aligned_blocks_are_counted_and_aligned) {
    struct alignas(256) line {
        char byte[256];
    };
    const leak_guard guard;

    const auto block = std::make_unique<line>();

    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.get()) % 256, 0U);
}

TEST(FailingAllocation, chosen_one_fails_and_the_next_does_not) {
    const failing_allocation failing(2);
    const block first;

    EXPECT_THROW(block(), std::bad_alloc);
    const block third;

    EXPECT_TRUE(failing.happened());
    EXPECT_NE(third.memory, nullptr);
}

TEST(FailingAllocation, lasting_failure_fails_all_later_ones) {
    const failing_allocation failing(1, lasting::for_ever);

    void* const first = ::operator new(8, std::nothrow);
    void* const second = ::operator new(8, std::nothrow);

    EXPECT_EQ(first, nullptr);
    EXPECT_EQ(second, nullptr);
}

TEST(FailingAllocation, loop_reaches_each_allocation_of_an_action) {
    std::uint64_t failures = 0;

    const std::uint64_t count = lend_test::fail_each_allocation(lasting::once, [&](std::uint64_t) {
        try {
            const block first;
            const block second;
            const block third;
        } catch (const std::bad_alloc&) {
            ++failures;
        }
    });

    EXPECT_EQ(count, 3U);
    EXPECT_EQ(failures, 3U);
}

TEST(FailingAllocation, allocations_of_an_action_are_counted) {
    EXPECT_EQ(allocations_of([] { const block one; }), 1U);
    EXPECT_EQ(allocations_of([] {}), 0U);
}

} // namespace leak_guard_test
