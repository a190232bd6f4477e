// SPDX-License-Identifier: MIT
/// @file
/// handle_table under real threads. Each test states what must hold; ThreadSanitizer sees the
/// plain canaries inside the objects, so any two owners at a time are reported.

#include <lend/handle_table.hpp>

#include <support/tiny_platform.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <barrier>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace handle_table_stress_test {

namespace hr = lend::hr;

constexpr std::uint64_t seed = 20240607;

// How many of each thing happened, over all threads.
struct tally {
    std::atomic<std::uint64_t> made{0};
    std::atomic<std::uint64_t> destroyed{0};
    std::atomic<std::uint64_t> won{0};
};

// Plain members: whoever may touch them must be alone, or look only.
struct watched {
    watched(tally& t, std::uint64_t mark) : counts(t), canary(mark), mirror(~mark) {
        counts.made.fetch_add(1, std::memory_order_relaxed);
    }
    watched(const watched&) = delete;
    watched& operator=(const watched&) = delete;
    ~watched() {
        EXPECT_EQ(canary, ~mirror);
        canary = 0;
        mirror = 0;
        counts.destroyed.fetch_add(1, std::memory_order_relaxed);
    }
    bool is_whole() const { return canary == ~mirror; }

    tally& counts;
    std::uint64_t canary;
    std::uint64_t mirror;
};

void on_threads(unsigned count, const std::function<void(unsigned)>& job) {
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < count; ++t) threads.emplace_back(job, t);
    for (auto& each : threads) each.join();
}

template <class Platform>
class HandleTableStress : public ::testing::Test {
protected:
    using table_type = lend::handle_table<watched, Platform>;
    using handle = typename table_type::handle;
    void SetUp() override { RecordProperty("seed", std::to_string(seed)); }
};

using platforms = ::testing::Types<lend::default_platform,
                                   lend_test::small_platform,
                                   lend_test::narrow_platform,
                                   lend_test::crowded_platform>;
TYPED_TEST_SUITE(HandleTableStress, platforms);

// Invariant: of all erases of one number, one is told s_ok, and the object is destroyed once.
TYPED_TEST(HandleTableStress, each_number_that_two_threads_erase_has_one_winner) {
    constexpr unsigned rounds = 40;
    constexpr unsigned size = 200;
    tally counts;
    typename TestFixture::table_type table;
    std::vector<typename TestFixture::handle> numbers;
    std::barrier meet(2, [&]() noexcept {
        numbers.clear();
        for (unsigned i = 0; i < size; ++i) numbers.push_back(*table.emplace(counts, i));
    });

    on_threads(2, [&](unsigned) {
        for (unsigned round = 0; round < rounds; ++round) {
            meet.arrive_and_wait();
            for (const auto number : numbers) {
                const auto answer = table.erase(number);
                if (answer == hr::s_ok)
                    counts.won.fetch_add(1, std::memory_order_relaxed);
                else
                    EXPECT_EQ(answer, hr::lend_e_stale);
            }
        }
    });

    EXPECT_EQ(counts.won, rounds * size);
    EXPECT_EQ(counts.destroyed, rounds * size);
    EXPECT_EQ(table.approximate_size(), 0U);
}

// Invariant: numbers that one thread makes and the next one erases are neither lost nor doubled.
TYPED_TEST(HandleTableStress, objects_travel_from_thread_to_thread) {
    constexpr unsigned threads = 4;
    constexpr unsigned rounds = 15;
    tally counts;
    typename TestFixture::table_type table;
    std::array<std::vector<typename TestFixture::handle>, threads> boxes;
    std::barrier meet(threads);

    on_threads(threads, [&](unsigned self) {
        for (unsigned round = 0; round < rounds; ++round) {
            for (unsigned i = 0; i < 300; ++i) boxes[self].push_back(*table.emplace(counts, i));
            meet.arrive_and_wait();
            auto& other = boxes[(self + 1) % threads];
            if (round % 2 == 0) {
                EXPECT_EQ(table.erase(other), other.size());
            } else {
                for (const auto number : other) EXPECT_EQ(table.erase(number), hr::s_ok);
            }
            other.clear();
            meet.arrive_and_wait();
        }
    });

    EXPECT_EQ(counts.made, threads * rounds * 300U);
    EXPECT_EQ(counts.destroyed, counts.made);
}

// Invariant: whatever a pin shows is whole, and what was made was destroyed once, by an erase or
// by a last pin.
TYPED_TEST(HandleTableStress, pins_and_erases_of_the_same_numbers_meet) {
    constexpr unsigned threads = 4;
    constexpr unsigned steps = 6000;
    tally counts;
    typename TestFixture::table_type table;
    std::array<std::atomic<typename TestFixture::handle>, 16> board{};

    on_threads(threads, [&](unsigned self) {
        std::mt19937_64 random(seed + self);
        for (unsigned step = 0; step < steps; ++step) {
            auto& place = board[random() % board.size()];
            switch (random() % 4) {
            case 0: {
                const auto made = *table.emplace(counts, random());
                const auto before = place.exchange(made, std::memory_order_acq_rel);
                (void)table.erase(before);
                break;
            }
            case 1:
                (void)table.erase(place.load(std::memory_order_acquire));
                break;
            default: {
                auto pin = table.find(place.load(std::memory_order_acquire));
                if (!pin) break;
                EXPECT_TRUE(pin->is_whole());
                EXPECT_TRUE(pin->is_whole());
            }
            }
        }
    });
    for (auto& place : board) (void)table.erase(place.load(std::memory_order_relaxed));

    EXPECT_EQ(counts.destroyed, counts.made);
    EXPECT_EQ(table.approximate_size(), 0U);
}

// Invariant: a copy that read returns was inserted under that very number.
TYPED_TEST(HandleTableStress, copies_belong_to_their_numbers) {
    struct two {
        std::uint64_t first;
        std::uint64_t second;
    };
    lend::handle_table<two, TypeParam> table;
    std::array<std::atomic<typename TestFixture::handle>, 8> board{};
    std::atomic<unsigned> copied{0};

    on_threads(4, [&](unsigned self) {
        std::mt19937_64 random(seed + self);
        for (unsigned step = 0; step < 10000; ++step) {
            auto& place = board[random() % board.size()];
            if (self % 2 == 0) {
                const std::uint64_t mark = random();
                const auto made = *table.insert(two{mark, ~mark});
                (void)table.erase(place.exchange(made, std::memory_order_acq_rel));
            } else if (const auto copy = table.read(place.load(std::memory_order_acquire))) {
                EXPECT_EQ(copy->first, ~copy->second);
                copied.fetch_add(1, std::memory_order_relaxed);
            }
        }
    });

    EXPECT_LE(table.approximate_size(), board.size());
}

// Invariant: what a dead thread had freed is used again, so the table does not grow for ever.
TYPED_TEST(HandleTableStress, a_dead_threads_free_slots_are_inherited) {
    tally counts;
    typename TestFixture::table_type table;
    const auto use = [&](unsigned) {
        std::vector<typename TestFixture::handle> numbers;
        for (unsigned i = 0; i < 100; ++i) numbers.push_back(*table.emplace(counts, i));
        EXPECT_EQ(table.erase(numbers), 100U);
    };
    on_threads(1, use);
    const auto slots = table.capacity();

    for (unsigned i = 0; i < 10; ++i) on_threads(1, use);

    EXPECT_EQ(table.capacity(), slots);
}

// Invariant: clear and for_each meet inserts and erases without missing what stays.
TYPED_TEST(HandleTableStress, walks_see_what_is_there_all_the_time) {
    tally counts;
    typename TestFixture::table_type table;
    for (unsigned i = 0; i < 50; ++i) (void)*table.emplace(counts, 1U);

    on_threads(2, [&](unsigned self) {
        for (unsigned round = 0; round < 100; ++round) {
            if (self == 0) {
                unsigned seen = 0;
                table.for_each([&](auto, watched& each) { seen += each.canary == 1 ? 1U : 0U; });
                EXPECT_EQ(seen, 50U);
            } else {
                std::array<typename TestFixture::handle, 30> numbers{};
                for (auto& number : numbers) number = *table.emplace(counts, 2U);
                EXPECT_EQ(table.erase(numbers), numbers.size());
            }
        }
    });

    EXPECT_EQ(table.clear(), 50U);
    EXPECT_EQ(counts.destroyed, counts.made);
}

} // namespace handle_table_stress_test
