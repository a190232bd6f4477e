// SPDX-License-Identifier: MIT
/// @file
/// A pool whose places come from the user's own memory resource.

#include "support/leak_guard.hpp"
#include "support/quiet_pool.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <new>
#include <optional>
#include <utility>
#include <vector>

namespace pool_memory_test {

// Gives what a buffer has, and notes what comes back.
class watched_memory final : public std::pmr::memory_resource {
public:
    [[nodiscard]] std::size_t lent() const noexcept { return lent_; }
    [[nodiscard]] int blocks() const noexcept { return blocks_; }
    [[nodiscard]] bool has(const void* at) const noexcept {
        const std::less_equal<> in_order;
        return in_order(buffer_.data(), static_cast<const std::byte*>(at)) &&
               !in_order(buffer_.data() + buffer_.size(), static_cast<const std::byte*>(at));
    }
    bool is_empty = false;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (is_empty) throw std::bad_alloc();
        void* const at = inner_.allocate(bytes, alignment);
        lent_ += bytes;
        ++blocks_;
        return at;
    }
    void do_deallocate(void* at, std::size_t bytes, std::size_t alignment) override {
        EXPECT_TRUE(has(at));
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(at) % alignment, 0U);
        lent_ -= bytes;
        --blocks_;
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }

    alignas(64) std::array<std::byte, 200'000> buffer_{};
    std::pmr::monotonic_buffer_resource inner_{buffer_.data(), buffer_.size(),
                                               std::pmr::null_memory_resource()};
    std::size_t lent_ = 0;
    int blocks_ = 0;
};

struct wide_driver {
    using resource = std::array<std::byte, 100>;
    using no_reset = void;
    lend::result<resource> create() { return resource{}; }
};

class PoolMemory : public lend_test::leak_checked {
protected:
    watched_memory memory;

    [[nodiscard]] lend::pool_options options(std::size_t size) {
        auto chosen = lend_test::quiet(size);
        chosen.memory = &memory;
        return chosen;
    }
};

TEST_F(PoolMemory, resources_stand_in_it_and_all_of_it_comes_back) {
    {
        lend::pool pool(wide_driver{}, options(100));
        EXPECT_EQ(memory.blocks(), 0) << "nothing before it is needed";
        std::vector<decltype(pool)::lease_type> held;
        for (int at = 0; at < 100; ++at) held.push_back(pool.try_acquire().value());

        for (auto& each : held) EXPECT_TRUE(memory.has(&*each));
        EXPECT_EQ(memory.blocks(), 2) << "64 places and 36";
        EXPECT_GE(memory.lent(), 100 * sizeof(wide_driver::resource));
    }
    EXPECT_EQ(memory.lent(), 0U);
}

TEST_F(PoolMemory, notes_have_room_only_where_borrowers_are_recorded) {
    const auto lent_by_a_pool = [&](bool records) {
        auto chosen = options(64);
        chosen.record_holders = records;
        lend::pool pool(wide_driver{}, chosen);
        (void)pool.try_acquire();
        return memory.lent();
    };
    const auto without = lent_by_a_pool(false);
    EXPECT_EQ(lent_by_a_pool(true) - without,
              64 * sizeof(lend::detail::kept_note<lend::default_platform>));
    EXPECT_EQ(memory.lent(), 0U);
}

TEST_F(PoolMemory, comes_back_when_the_last_lease_has_outlived_the_pool) {
    std::optional<lend::pool<wide_driver>> pool(lend::pool(wide_driver{}, options(1)));
    auto late = pool->acquire().value();
    pool.reset();
    EXPECT_EQ(memory.blocks(), 1);

    late.release();

    EXPECT_EQ(memory.blocks(), 0);
}

TEST_F(PoolMemory, that_is_empty_is_an_error_of_acquire_and_no_place_is_lost) {
    lend::pool pool(wide_driver{}, options(2));
    memory.is_empty = true;

    const auto refused = pool.try_acquire();
    memory.is_empty = false;

    EXPECT_FALSE(refused);
    EXPECT_EQ(pool.stats().size, 0U);
    auto first = pool.try_acquire();
    auto second = pool.try_acquire();
    EXPECT_TRUE(first && second);
}

TEST_F(PoolMemory, that_is_empty_keeps_nobody_from_a_place_that_becomes_free) {
    lend::pool pool(wide_driver{}, options(100));
    std::vector<decltype(pool)::lease_type> held;
    for (int at = 0; at < 64; ++at) held.push_back(pool.try_acquire().value());
    memory.is_empty = true;
    bool served = false;
    pool.acquire_async({}, [&](auto lease) { served = lease.has_value(); });
    EXPECT_FALSE(served);

    (void)held.back().discard();

    EXPECT_TRUE(served);
    EXPECT_EQ(pool.stats().size, 64U);
    memory.is_empty = false;
}

TEST_F(PoolMemory, warm_use_asks_it_for_nothing) {
    lend::pool pool(wide_driver{}, options(2));
    { auto made = pool.acquire(); }
    const auto before = memory.lent();

    EXPECT_EQ(lend_test::allocations_of([&] {
                  for (int at = 0; at < 100; ++at) (void)pool.acquire();
              }),
              0U);
    EXPECT_EQ(memory.lent(), before);
}

} // namespace pool_memory_test
