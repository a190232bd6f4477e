// SPDX-License-Identifier: MIT
/// @file
/// handle_table and memory: how much a slot takes, when nothing is allocated, and what happens when
/// an allocation fails.

#include <lend/handle_table.hpp>

#include <support/leak_guard.hpp>
#include <support/tiny_platform.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace handle_table_memory_test {

namespace hr = lend::hr;

using HandleTableMemory = lend_test::leak_checked;

template <class T, class Platform = lend::default_platform>
constexpr std::size_t slot_size = sizeof(lend::detail::table_slot<T, Platform>);

TEST_F(HandleTableMemory, a_slot_takes_sixteen_bytes_besides_its_object) {
    struct forty {
        std::array<std::uint64_t, 5> words;
    };
    EXPECT_EQ(slot_size<char>, 32U);
    EXPECT_EQ(slot_size<void*>, 32U);
    EXPECT_EQ((slot_size<void*, lend_test::narrow_platform>), 32U);
    EXPECT_EQ(slot_size<std::shared_ptr<int>>, 32U);
    EXPECT_EQ(slot_size<forty>, 56U);
    EXPECT_EQ(slot_size<std::string>, 16U + sizeof(std::string));
}

TEST_F(HandleTableMemory, segments_hold_nothing_but_slots) {
    lend::handle_table<int> table;
    (void)*table.insert(1);
    const auto slots = table.capacity();

    // 1024 slots of 32 bytes; the segment is one block.
    EXPECT_EQ(slots, 1024U);
    for (std::size_t i = 1; i < slots - 1; ++i) (void)*table.insert(2);
    EXPECT_EQ(lend_test::allocations_of([&] { (void)*table.insert(3); }), 1U);
    EXPECT_EQ(table.capacity(), 2 * slots);
}

TEST_F(HandleTableMemory, nothing_is_allocated_once_the_table_is_warm) {
    lend::handle_table<std::string> objects;
    lend::handle_table<int> values;
    std::vector<std::uint64_t> numbers(1500);
    const auto use = [&] {
        for (auto& number : numbers) number = *objects.emplace("seven");
        objects.for_each([](auto, std::string&) {});
        EXPECT_EQ(objects.erase(numbers), numbers.size());
        for (auto& number : numbers) number = *values.insert(7);
        for (const auto number : numbers) {
            EXPECT_EQ(values.read(number), 7);
            EXPECT_EQ(*values.find(number), 7);
            EXPECT_EQ(values.erase(number, [](int&&) {}), hr::s_ok);
        }
    };
    use();

    EXPECT_EQ(lend_test::allocations_of(use), 0U);
}

TEST_F(HandleTableMemory, make_reports_that_memory_is_out) {
    const lend_test::failing_allocation failing(1, lend_test::lasting::for_ever);

    EXPECT_EQ(lend::handle_table<int>::make().code(), hr::e_outofmemory);
}

TEST_F(HandleTableMemory, the_constructor_throws_when_memory_is_out) {
    const lend_test::failing_allocation failing(1);

    EXPECT_THROW(lend::handle_table<int>{}, lend::lend_exception);
}

// Whatever allocation fails: insert says so, and later everything is as if it had not been called.
TEST_F(HandleTableMemory, an_insert_that_cannot_allocate_loses_nothing) {
    bool happened = true;
    for (std::uint64_t nth = 1; happened; ++nth) {
        lend::handle_table<std::uint64_t> table;
        std::vector<std::uint64_t> numbers;
        numbers.reserve(10000);
        lend_test::allocations::fail_here(nth, true);

        bool failed = false;
        for (std::uint64_t i = 0; i < 9000; ++i) {
            const auto number = table.insert(i);
            if (!number) {
                EXPECT_EQ(number.code(), hr::e_outofmemory);
                failed = true;
                break;
            }
            numbers.push_back(*number);
        }
        // Erasing needs no memory, and what it frees can be used at once.
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            ASSERT_EQ(table.read(numbers[i]), i);
            ASSERT_EQ(table.erase(numbers[i]), hr::s_ok);
        }
        for (auto& number : numbers) number = *table.insert(7);
        happened = lend_test::allocations::failed_here() > 0;
        EXPECT_LE(failed, happened);
        ASSERT_EQ(table.erase(numbers), numbers.size());
        EXPECT_EQ(table.approximate_size(), 0U);

        // With memory again, the table grows as if nothing had been.
        lend_test::allocations::fail_here(0, false);
        for (std::uint64_t i = 0; i < 11000; ++i) {
            const auto number = table.insert(i);
            ASSERT_TRUE(number);
            ASSERT_EQ(table.read(*number), i);
        }
    }
}

// The number of the calling thread is what a test says.
struct numbered_platform : lend::default_platform {
    static std::uint32_t thread_slot() noexcept { return number; }
    static inline std::uint32_t number = 0;
};

// The caches of threads with high numbers are listed in pages of their own.
TEST_F(HandleTableMemory, a_thread_for_whose_page_there_is_no_memory_shares_a_cache) {
    for (std::uint64_t nth = 1; nth <= 2; ++nth) { // the page, and the cache in it
        lend::handle_table<int, numbered_platform> table;
        numbered_platform::number = 0;
        const auto number = *table.insert(1);
        numbered_platform::number = numbered_platform::max_threads - 1;
        {
            const lend_test::failing_allocation failing(nth, lend_test::lasting::for_ever);
            EXPECT_EQ(table.erase(number), hr::s_ok);
            const auto made = table.insert(2);
            ASSERT_TRUE(made);
            EXPECT_EQ(table.read(*made), 2);
            EXPECT_EQ(table.erase(*made), hr::s_ok);
            EXPECT_TRUE(failing.happened());
        }
        const auto later = table.insert(3);
        ASSERT_TRUE(later);
        EXPECT_EQ(table.read(*later), 3);
        EXPECT_EQ(table.erase(*later), hr::s_ok);
        EXPECT_EQ(table.approximate_size(), 0U);
    }
    numbered_platform::number = 0;
}

TEST_F(HandleTableMemory, a_thread_that_cannot_have_a_cache_shares_one) {
    lend::handle_table<int> table;
    const auto number = *table.insert(1);

    std::thread([&] {
        const lend_test::failing_allocation failing(1, lend_test::lasting::for_ever);
        EXPECT_EQ(table.erase(number), hr::s_ok);
        for (int i = 0; i < 3000; ++i) {
            const auto made = table.insert(i);
            ASSERT_TRUE(made) << "a number was lost at " << i;
            EXPECT_EQ(table.erase(*made), hr::s_ok);
        }
    }).join();

    EXPECT_EQ(table.approximate_size(), 0U);
}

TEST_F(HandleTableMemory, objects_and_caches_of_ended_threads_are_released) {
    lend::handle_table<std::string> table;
    for (int i = 0; i < 3; ++i) {
        std::thread([&] {
            for (int n = 0; n < 300; ++n) (void)*table.emplace(100U, 'x');
        }).join();
    }
    EXPECT_EQ(table.approximate_size(), 900U);
}

// Not leak-checked: a death test keeps memory of its own.
TEST(HandleTablePins, a_table_with_a_live_pin_must_not_be_destroyed) {
    if constexpr (lend::default_platform::checks) {
        EXPECT_DEATH(
            {
                auto table = std::make_unique<lend::handle_table<std::string>>();
                const auto pin = table->find(*table->emplace("seven"));
                table.reset();
            },
            "assertion failed");
    }
}

} // namespace handle_table_memory_test
