// SPDX-License-Identifier: MIT
/// @file
/// handle_table with one thread: what a number means, what becomes of objects, what is refused.
/// Everything runs with full-size numbers and with ones that wrap within the test. Memory is in
/// handle_table_memory_test.cpp, threads in concurrency/.

#include <lend/handle_table.hpp>

#include <support/tiny_platform.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace handle_table_test {

namespace hr = lend::hr;

// An object that knows how many of its kind exist. Neither movable nor default-constructible.
struct counted {
    explicit counted(int v) : value(v) { ++live; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    ~counted() { --live; }

    int value;
    static inline int live = 0;
};

template <class Platform>
class HandleTable : public ::testing::Test {
protected:
    using object_table = lend::handle_table<counted, Platform>;
    using value_table = lend::handle_table<int, Platform>;

    void TearDown() override { EXPECT_EQ(counted::live, 0); }
};

using platforms = ::testing::Types<lend::default_platform,
                                   lend_test::tiny_platform,
                                   lend_test::small_platform,
                                   lend_test::narrow_platform,
                                   lend_test::crowded_platform>;
TYPED_TEST_SUITE(HandleTable, platforms);

TYPED_TEST(HandleTable, number_zero_is_never_handed_out_and_always_invalid) {
    typename TestFixture::value_table table;

    for (int i = 0; i < 1000; ++i) EXPECT_NE(*table.insert(i), 0U);

    EXPECT_EQ(table.erase(0), hr::e_invalidarg);
    EXPECT_FALSE(table.find(0));
    EXPECT_FALSE(table.read(0));
    EXPECT_FALSE(table.contains(0));
}

TYPED_TEST(HandleTable, erase_destroys_the_object_and_ends_the_number) {
    typename TestFixture::object_table table;
    const auto number = *table.emplace(7);
    ASSERT_EQ(counted::live, 1);

    EXPECT_EQ(table.erase(number), hr::s_ok);

    EXPECT_EQ(counted::live, 0);
    EXPECT_EQ(table.erase(number), hr::lend_e_stale);
    EXPECT_FALSE(table.find(number));
    EXPECT_FALSE(table.contains(number));
}

TYPED_TEST(HandleTable, find_shows_the_object_itself) {
    typename TestFixture::object_table table;
    const auto number = *table.emplace(7);

    table.find(number)->value = 8;

    EXPECT_EQ((*table.find(number)).value, 8);
    EXPECT_EQ(table.find(number).number(), number);
}

TYPED_TEST(HandleTable, read_copies_a_value) {
    typename TestFixture::value_table table;
    const auto number = *table.insert(7);

    EXPECT_EQ(table.read(number), 7);
    EXPECT_EQ(*table.find(number), 7);

    EXPECT_EQ(table.erase(number), hr::s_ok);
    EXPECT_EQ(table.read(number), std::nullopt);
}

TYPED_TEST(HandleTable, values_of_sixteen_bytes_come_back_whole) {
    struct pair {
        std::uint64_t a;
        std::uint32_t b;
        std::uint8_t c;
    };
    lend::handle_table<pair, TypeParam> table;

    const auto number = *table.insert(pair{~std::uint64_t{0}, 2, 3});

    EXPECT_EQ(table.read(number)->a, ~std::uint64_t{0});
    EXPECT_EQ(table.read(number)->b, 2U);
    EXPECT_EQ(table.find(number)->c, 3U);
}

TYPED_TEST(HandleTable, numbers_never_repeat_and_stale_ones_are_refused_for_ever) {
    typename TestFixture::value_table table;
    std::set<typename TestFixture::value_table::handle> seen;

    for (int i = 0; i < 5000; ++i) {
        const auto number = *table.insert(i);
        ASSERT_TRUE(seen.insert(number).second);
        ASSERT_EQ(table.erase(number), hr::s_ok);
    }

    for (const auto number : seen) ASSERT_EQ(table.erase(number), hr::lend_e_stale);
}

TYPED_TEST(HandleTable, a_forged_number_is_refused) {
    using table_type = typename TestFixture::value_table;
    table_type table;
    const auto number = *table.insert(1);
    std::mt19937_64 random(1);

    for (int i = 0; i < 100000; ++i) {
        const auto forged = static_cast<typename table_type::handle>(random());
        if (forged == number) continue;
        ASSERT_TRUE(lend::failed(table.erase(forged))) << forged;
        ASSERT_FALSE(table.read(forged));
    }

    EXPECT_EQ(table.read(number), 1);
}

TYPED_TEST(HandleTable, a_number_with_one_bit_changed_is_refused) {
    using table_type = typename TestFixture::value_table;
    table_type table;
    const auto number = *table.insert(1);

    for (unsigned bit = 0; bit < std::numeric_limits<typename table_type::handle>::digits; ++bit) {
        const auto forged = static_cast<typename table_type::handle>(
            number ^ (typename table_type::handle{1} << bit));
        EXPECT_EQ(table.erase(forged), hr::e_invalidarg) << bit;
    }

    EXPECT_TRUE(table.contains(number));
}

TYPED_TEST(HandleTable, many_objects_live_at_once_where_they_were_made) {
    typename TestFixture::object_table table;
    std::map<typename TestFixture::object_table::handle, const counted*> where;

    for (int i = 0; i < 20000; ++i) {
        const auto number = *table.emplace(i);
        where[number] = table.find(number).get();
    }

    EXPECT_EQ(table.approximate_size(), 20000U);
    EXPECT_GE(table.capacity(), 20000U);
    for (const auto& [number, address] : where) ASSERT_EQ(table.find(number).get(), address);
}

TYPED_TEST(HandleTable, the_destructor_destroys_what_is_left) {
    {
        typename TestFixture::object_table table;
        for (int i = 0; i < 3000; ++i) {
            const auto number = *table.emplace(i);
            if (i % 2 == 0) {
                EXPECT_EQ(table.erase(number), hr::s_ok);
            }
        }
        EXPECT_EQ(counted::live, 1500);
    }
    EXPECT_EQ(counted::live, 0);
}

TYPED_TEST(HandleTable, a_moved_table_keeps_its_objects_and_numbers) {
    typename TestFixture::object_table first;
    const auto number = *first.emplace(7);

    typename TestFixture::object_table second(std::move(first));
    EXPECT_EQ(second.find(number)->value, 7);

    first = std::move(second);
    EXPECT_EQ(first.erase(number), hr::s_ok);
}

// ---- pins --------------------------------------------------------------------------------------

TYPED_TEST(HandleTable, a_pinned_object_outlives_its_number_until_the_last_pin_goes) {
    typename TestFixture::object_table table;
    const auto number = *table.emplace(7);
    auto first = table.find(number);
    auto second = table.find(number);

    EXPECT_EQ(table.erase(number), hr::s_ok);

    EXPECT_FALSE(table.find(number));
    EXPECT_EQ(table.erase(number), hr::lend_e_stale);
    EXPECT_EQ(first->value, 7);
    first.reset();
    EXPECT_EQ(counted::live, 1);
    second.reset();
    EXPECT_EQ(counted::live, 0);
}

TYPED_TEST(HandleTable, the_slot_of_a_pinned_object_is_not_used_again_before_the_last_pin_goes) {
    typename TestFixture::object_table table;
    const auto number = *table.emplace(7);
    const auto pin = table.find(number);
    EXPECT_EQ(table.erase(number), hr::s_ok);

    for (int i = 0; i < 2000; ++i) {
        const auto other = *table.emplace(i);
        ASSERT_NE(table.find(other).get(), pin.get());
        ASSERT_EQ(table.erase(other), hr::s_ok);
    }

    EXPECT_EQ(pin->value, 7);
}

TYPED_TEST(HandleTable, pins_move_and_empty_ones_are_harmless) {
    typename TestFixture::object_table table;
    const auto number = *table.emplace(7);

    auto pin = table.find(number);
    auto moved = std::move(pin);
    pin = {};
    EXPECT_FALSE(pin);
    EXPECT_EQ(pin.get(), nullptr);
    EXPECT_EQ(pin.number(), 0U);
    pin.reset();
    pin = std::move(moved);
    auto& same = pin;
    pin = std::move(same);

    EXPECT_EQ(pin->value, 7);
    EXPECT_EQ(table.erase(number), hr::s_ok);
    EXPECT_EQ(counted::live, 1);
    pin = {};
    EXPECT_EQ(counted::live, 0);
}

TYPED_TEST(HandleTable, the_last_pin_passes_the_object_to_its_function) {
    typename TestFixture::object_table table;
    const auto number = *table.emplace(7);
    auto first = table.find(number);
    auto last = table.find(number);
    int calls = 0;
    const auto destroy = [&](counted&& object) {
        ++calls;
        EXPECT_EQ(object.value, 7);
        return hr::e_fail;
    };

    EXPECT_EQ(table.erase(number, destroy), hr::s_ok);
    EXPECT_EQ(first.reset(destroy), hr::s_ok);
    EXPECT_EQ(calls, 0);
    EXPECT_EQ(last.reset(destroy), hr::e_fail);

    EXPECT_EQ(calls, 1);
}

// ---- the function that ends an object ----------------------------------------------------------

TYPED_TEST(HandleTable, erase_passes_the_object_to_a_function_before_it_is_destroyed) {
    lend::handle_table<std::unique_ptr<int>, TypeParam> table;
    const auto number = *table.insert(std::make_unique<int>(7));
    std::unique_ptr<int> kept;

    EXPECT_EQ(table.erase(number, [&](std::unique_ptr<int>&& p) { kept = std::move(p); }),
              hr::s_ok);

    EXPECT_EQ(*kept, 7);
    EXPECT_EQ(table.erase(number, [&](std::unique_ptr<int>&&) { FAIL(); }), hr::lend_e_stale);
}

TYPED_TEST(HandleTable, erase_returns_what_the_function_returned_and_the_number_is_over) {
    typename TestFixture::object_table objects;
    typename TestFixture::value_table values;
    const auto object = *objects.emplace(7);
    const auto value = *values.insert(8);

    EXPECT_EQ(objects.erase(object, [](counted&&) { return hr::e_fail; }), hr::e_fail);
    EXPECT_EQ(values.erase(value, [](int&& v) { return v == 8 ? hr::e_abort : hr::s_ok; }),
              hr::e_abort);

    EXPECT_EQ(objects.erase(object), hr::lend_e_stale);
    EXPECT_EQ(values.erase(value), hr::lend_e_stale);
}

TYPED_TEST(HandleTable, a_function_that_throws_still_ends_the_number_and_frees_the_slot) {
    typename TestFixture::object_table table;
    for (int i = 0; i < 500; ++i) {
        const auto number = *table.emplace(7);

        EXPECT_THROW(table.erase(number, [](counted&&) { throw std::runtime_error("no"); }),
                     std::runtime_error);

        EXPECT_EQ(counted::live, 0);
        EXPECT_EQ(table.erase(number), hr::lend_e_stale);
    }
}

// ---- exceptions and re-entrance ----------------------------------------------------------------

TYPED_TEST(HandleTable, a_throwing_constructor_loses_nothing) {
    struct moody {
        explicit moody(bool angry) {
            if (angry) throw std::runtime_error("angry");
        }
    };
    lend::handle_table<moody, TypeParam> table;
    const auto first = *table.emplace(false);
    const auto slots = table.capacity();

    for (int i = 0; i < 100000; ++i) EXPECT_THROW((void)table.emplace(true), std::runtime_error);

    EXPECT_EQ(table.capacity(), slots);
    EXPECT_EQ(table.approximate_size(), 1U);
    EXPECT_EQ(table.erase(first), hr::s_ok);
}

TYPED_TEST(HandleTable, constructors_and_destructors_may_use_the_table) {
    struct node;
    using table_type = lend::handle_table<node, TypeParam>;
    struct node {
        node(table_type& t, int depth) : table(t) {
            if (depth > 0) child = *table.emplace(table, depth - 1);
        }
        node(const node&) = delete;
        node& operator=(const node&) = delete;
        ~node() {
            if (child == 0) return;
            EXPECT_EQ(table.erase(child), hr::s_ok);
            EXPECT_EQ(table.erase(child), hr::lend_e_stale);
        }
        table_type& table;
        typename table_type::handle child = 0;
    };
    table_type table;

    for (int i = 0; i < 20; ++i) {
        const auto root = *table.emplace(table, 300);
        EXPECT_EQ(table.approximate_size(), 301U);
        EXPECT_EQ(table.erase(root), hr::s_ok);
        EXPECT_EQ(table.approximate_size(), 0U);
    }
}

// ---- many at once ------------------------------------------------------------------------------

TYPED_TEST(HandleTable, a_batch_erase_counts_those_that_it_ended) {
    typename TestFixture::object_table table;
    std::vector<typename TestFixture::object_table::handle> numbers;
    for (int i = 0; i < 1000; ++i) numbers.push_back(*table.emplace(i));
    for (std::size_t i = 0; i < 1000; i += 4) EXPECT_EQ(table.erase(numbers[i]), hr::s_ok);
    numbers.push_back(0);
    numbers.push_back(numbers[1]);

    EXPECT_EQ(table.erase(numbers), 750U);

    EXPECT_EQ(counted::live, 0);
}

TYPED_TEST(HandleTable, a_batch_erase_passes_each_object_to_the_function) {
    typename TestFixture::value_table table;
    std::vector<typename TestFixture::value_table::handle> numbers;
    for (int i = 1; i <= 100; ++i) numbers.push_back(*table.insert(i));
    int sum = 0;

    EXPECT_EQ(table.erase(numbers,
                          [&](int&& v) {
                              sum += v;
                              return hr::e_fail; // of no account in a batch
                          }),
              100U);

    EXPECT_EQ(sum, 5050);
}

TYPED_TEST(HandleTable, for_each_shows_every_object_with_its_number) {
    typename TestFixture::object_table table;
    std::map<typename TestFixture::object_table::handle, int> expected;
    for (int i = 0; i < 1000; ++i) {
        const auto number = *table.emplace(i);
        if (i % 3 == 0) {
            EXPECT_EQ(table.erase(number), hr::s_ok);
        } else {
            expected[number] = i;
        }
    }

    std::map<typename TestFixture::object_table::handle, int> seen;
    table.for_each([&](auto number, counted& object) { seen[number] = object.value; });

    EXPECT_EQ(seen, expected);
}

TYPED_TEST(HandleTable, for_each_may_erase_what_it_is_shown) {
    typename TestFixture::object_table table;
    for (int i = 0; i < 100; ++i) (void)*table.emplace(i);

    table.for_each([&](auto number, counted&) { EXPECT_EQ(table.erase(number), hr::s_ok); });

    EXPECT_EQ(counted::live, 0);
}

TYPED_TEST(HandleTable, clear_erases_everything) {
    typename TestFixture::value_table table;
    std::vector<typename TestFixture::value_table::handle> numbers;
    for (int i = 0; i < 1000; ++i) numbers.push_back(*table.insert(i));
    int sum = 0;

    EXPECT_EQ(table.clear([&](int&& v) { sum += v; }), 1000U);

    EXPECT_EQ(sum, 499500);
    EXPECT_EQ(table.approximate_size(), 0U);
    EXPECT_EQ(table.clear(), 0U);
    for (const auto number : numbers) EXPECT_EQ(table.erase(number), hr::lend_e_stale);
}

// ---- against a model ---------------------------------------------------------------------------

template <class Table>
void run_against_a_map(std::uint64_t seed) {
    SCOPED_TRACE(seed);
    Table table;
    std::map<typename Table::handle, int> model;
    std::vector<typename Table::handle> ever;
    std::mt19937_64 random(seed);

    for (int step = 0; step < 4000; ++step) {
        const auto pick = [&] { return ever[static_cast<std::size_t>(random() % ever.size())]; };
        const auto action = ever.empty() ? 0 : random() % 100;
        if (action < 45) {
            const auto number = *table.emplace(step);
            ASSERT_TRUE(model.emplace(number, step).second);
            ever.push_back(number);
        } else if (action < 85) {
            const auto number = pick();
            ASSERT_EQ(table.erase(number), model.erase(number) == 1 ? hr::s_ok : hr::lend_e_stale);
        } else if (action < 98) {
            const auto number = pick();
            const auto expected = model.find(number);
            const auto pin = table.find(number);
            ASSERT_EQ(static_cast<bool>(pin), expected != model.end());
            if (pin) {
                ASSERT_EQ(pin->value, expected->second);
            }
        } else {
            ASSERT_EQ(table.approximate_size(), model.size());
        }
    }
    for (const auto& [number, value] : model) ASSERT_EQ(table.find(number)->value, value);
    ASSERT_EQ(table.clear(), model.size());
}

TYPED_TEST(HandleTable, agrees_with_a_map_over_random_operations) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        run_against_a_map<typename TestFixture::object_table>(seed);
    }
}

// ---- numbers that run out ----------------------------------------------------------------------

TEST(HandleTableNumbers, a_slot_is_retired_when_its_generations_are_used_up) {
    lend::handle_table<int, lend_test::tiny_platform> table;
    std::map<std::uint32_t, int> uses;

    for (int i = 0; i < 3000; ++i) {
        const auto number = *table.insert(i);
        ++uses[static_cast<std::uint32_t>(number)];
        ASSERT_EQ(table.erase(number), hr::s_ok);
    }

    EXPECT_EQ(uses.size(), 1000U);
    for (const auto& [slot, count] : uses) EXPECT_EQ(count, 3) << slot;
}

TEST(HandleTableNumbers, slots_that_are_used_up_one_after_the_other_are_all_passed_over) {
    lend::handle_table<int, lend_test::tiny_platform> table;
    std::map<std::uint32_t, int> uses;

    // Three at a time, so that a thread has several that are used up when it takes the next one.
    for (int round = 0; round < 30; ++round) {
        std::array<std::uint64_t, 3> made{};
        for (auto& number : made) {
            const auto answer = table.insert(round);
            ASSERT_TRUE(answer);
            number = *answer;
            EXPECT_NE(number >> 32U, 0U) << "a number without a generation";
            ++uses[static_cast<std::uint32_t>(number)];
        }
        for (const auto number : made) ASSERT_EQ(table.erase(number), hr::s_ok);
    }

    EXPECT_EQ(uses.size(), 30U);
    for (const auto& [slot, count] : uses) EXPECT_EQ(count, 3) << slot;
}

TEST(HandleTableNumbers, slots_that_pass_through_batches_are_retired_too) {
    lend::handle_table<int, lend_test::tiny_platform> table;
    std::set<std::uint64_t> seen;
    std::vector<std::uint64_t> live;

    for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < 1000; ++i) {
            live.push_back(*table.insert(i));
            ASSERT_TRUE(seen.insert(live.back()).second);
        }
        ASSERT_EQ(table.erase(live), live.size());
        live.clear();
    }

    EXPECT_EQ(table.erase(std::vector<std::uint64_t>(seen.begin(), seen.end())), 0U);
}

TEST(HandleTableNumbers, a_number_of_another_table_is_invalid) {
    lend::handle_table<int> mine;
    lend::handle_table<int> other;
    for (int i = 0; i < 100; ++i) {
        const auto number = *mine.insert(i);
        (void)*other.insert(i);

        EXPECT_EQ(other.erase(number), hr::e_invalidarg);
        EXPECT_FALSE(other.read(number));
        EXPECT_FALSE(other.find(number));
    }
    EXPECT_EQ(other.approximate_size(), 100U);
}

TEST(HandleTableNumbers, running_out_of_indices_is_an_error_and_loses_nothing) {
    using table_type = lend::handle_table<int, lend_test::cramped_platform>;
    table_type table;
    ASSERT_EQ(table_type::max_size(), 255U);
    std::vector<table_type::handle> numbers;
    for (int i = 0; i < 255; ++i) numbers.push_back(*table.insert(i));

    for (int round = 0; round < 100; ++round) {
        EXPECT_EQ(table.insert(1).code(), hr::e_outofmemory);
        EXPECT_EQ(table.erase(numbers), 255U);
        for (auto& number : numbers) number = *table.insert(round);
    }

    EXPECT_EQ(table.approximate_size(), 255U);
}

TEST(HandleTableNumbers, a_table_whose_slots_are_all_retired_is_full_for_ever) {
    lend::handle_table<int, lend_test::one_use_platform> table;

    for (int i = 0; i < 255; ++i) ASSERT_EQ(table.erase(*table.insert(i)), hr::s_ok);

    EXPECT_EQ(table.insert(1).code(), hr::e_outofmemory);
    EXPECT_EQ(table.approximate_size(), 0U);
}

TEST(HandleTableNumbers, of_32_bits_carry_12_bits_of_generation_and_20_of_index) {
    using table_type = lend::handle_table<int, lend_test::narrow_platform>;
    static_assert(std::is_same_v<table_type::handle, std::uint32_t>);
    static_assert(table_type::max_size() == (1U << 20U) - 1);
    table_type table;
    const auto first = *table.insert(0);
    EXPECT_EQ(first, 1U << 20U | 1U);
    EXPECT_EQ(table.erase(first), hr::s_ok);

    for (std::uint32_t use = 2; use <= 4095; ++use) {
        const auto number = *table.insert(0);
        EXPECT_EQ(number, use << 20U | 1U);
        EXPECT_EQ(table.erase(number), hr::s_ok);
    }

    EXPECT_EQ(*table.insert(0), 1U << 20U | 2U);
    EXPECT_EQ(table.erase(first), hr::lend_e_stale);
}

// ---- types -------------------------------------------------------------------------------------

TEST(HandleTableTypes, only_small_trivially_copyable_types_are_values) {
    struct large {
        std::array<std::uint64_t, 3> words;
    };
    EXPECT_TRUE(lend::handle_table<void*>::is_readable);
    EXPECT_FALSE(lend::handle_table<large>::is_readable);
    EXPECT_FALSE(lend::handle_table<std::string>::is_readable);
}

TEST(HandleTableTypes, overaligned_objects_stand_where_they_should) {
    struct alignas(128) wide {
        int value;
    };
    lend::handle_table<wide> table;

    for (int i = 0; i < 100; ++i) {
        const auto pin = table.find(*table.emplace(wide{i}));
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(pin.get()) % 128, 0U);
        EXPECT_EQ(pin->value, i);
    }
}

TEST(HandleTableTypes, make_returns_a_table_in_a_result) {
    auto table = lend::handle_table<std::string>::make();
    ASSERT_TRUE(table);

    EXPECT_EQ(*table->find(*table->insert("seven")), "seven");
}

// As README.md, the tour and pool::destroy say.
TEST(HandleTableTags, a_number_is_refused_by_the_next_255_tables) {
    using table_type = lend::handle_table<int>;
    auto first = table_type::make().value();
    const auto number = first.insert(1).value();

    for (int other = 1; other < 256; ++other) {
        auto table = table_type::make().value();
        (void)table.insert(2).value();
        EXPECT_FALSE(table.contains(number)) << other;
    }

    EXPECT_TRUE(first.contains(number));
}

} // namespace handle_table_test
