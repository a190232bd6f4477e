// SPDX-License-Identifier: MIT
/// @file
/// Resources, drivers and keys that ask for more alignment than a cache line.

#include <lend/handle_table.hpp>
#include <lend/keyed_pool.hpp>
#include <lend/pool.hpp>
#include <lend/testing.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace alignment_test {

constexpr std::size_t strict = 256;

struct alignas(strict) block {
    int value = 0;
    friend bool operator==(const block& a, const block& b) { return a.value == b.value; }
};
struct hash_of_block {
    std::size_t operator()(const block& b) const noexcept {
        return static_cast<std::size_t>(b.value);
    }
};

template <class T>
bool is_aligned(const T& object) {
    return reinterpret_cast<std::uintptr_t>(std::addressof(object)) % strict == 0;
}

struct alignas(strict) aligned_driver {
    using resource = block;
    using resource_type = block;
    using no_reset = void;
    lend::result<block> create(const block& wanted) {
        EXPECT_TRUE(is_aligned(*this));
        EXPECT_TRUE(is_aligned(wanted));
        return wanted;
    }
};

TEST(Alignment, pool_of_what_is_aligned_beyond_a_cache_line) {
    lend::pool<aligned_driver> pool(aligned_driver{}, {.max_size = 3});
    for (int value = 0; value < 3; ++value) {
        const auto one = pool.try_acquire(block{value});
        const auto two = pool.try_acquire(block{value});
        ASSERT_TRUE(one);
        ASSERT_TRUE(two);
        EXPECT_TRUE(is_aligned(**one));
        EXPECT_TRUE(is_aligned(**two));
        EXPECT_EQ((*two)->value, value);
    }
}

TEST(Alignment, keyed_pool_of_what_is_aligned_beyond_a_cache_line) {
    lend::keyed_pool<block, aligned_driver, lend::default_platform, hash_of_block> pool(
        aligned_driver{});
    const auto one = pool.try_acquire(block{7});
    ASSERT_TRUE(one);
    EXPECT_TRUE(is_aligned(**one));
}

TEST(Alignment, table_of_what_is_aligned_beyond_a_cache_line) {
    auto table = lend::handle_table<block>::make().value();
    for (int value = 0; value < 3; ++value) {
        const auto pin = table.find(table.insert(block{value}).value());
        ASSERT_TRUE(pin);
        EXPECT_TRUE(is_aligned(*pin));
    }
}

} // namespace alignment_test
