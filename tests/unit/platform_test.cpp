// SPDX-License-Identifier: MIT
/// @file
/// The default platform: numbers of threads, objects per thread, parking, threads that start or
/// cannot, random numbers, fences. Real threads wait for each other's steps and never for a time.

#include <lend/platform.hpp>

#include "support/leak_guard.hpp"
#include "support/meeting.hpp"

#include <gtest/gtest.h>

#if defined(__linux__)
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <type_traits>
#include <vector>

namespace platform_test {

using namespace std::chrono_literals;
using platform = lend::default_platform;
using registry = lend::detail::thread_slot_registry;

constexpr auto for_ever = (platform::time_point::max)();

// What `action` answers in a thread of its own, which has ended on return.
template <class Action>
auto in_a_thread(Action action) {
    decltype(action()) answer{};
    std::thread([&] { answer = action(); }).join();
    return answer;
}

// ---- numbers ------------------------------------------------------------------------------------

TEST(Platform, default_follows_the_settings_of_the_compiler) {
    static_assert(platform::exceptions == LEND_EXCEPTIONS);
    static_assert(platform::checks == LEND_CHECKS);
    static_assert(!lend::basic_platform<false, true>::exceptions);
    static_assert(!lend::basic_platform<true, false>::checks);
    static_assert(
        !std::is_same_v<lend::basic_platform<true, true>, lend::basic_platform<true, false>>);
}

TEST(Platform, widths_leave_room_for_an_index) {
    constexpr unsigned word_bits = sizeof(platform::handle_word) * 8;

    EXPECT_EQ(word_bits, 64U);
    EXPECT_EQ(word_bits - platform::generation_bits - platform::tag_bits, 24U);
    EXPECT_EQ(platform::max_threads, 1024U);
}

// ---- numbers of threads -------------------------------------------------------------------------

TEST(ThreadSlotRegistry, hands_out_dense_numbers_from_zero) {
    const auto slots = std::make_unique<registry>();

    for (std::uint32_t expected = 0; expected < 10; ++expected) {
        EXPECT_EQ(slots->take(), expected);
    }
}

TEST(ThreadSlotRegistry, lowest_number_that_came_back_is_handed_out_first) {
    const auto slots = std::make_unique<registry>();
    for (int each = 0; each < 5; ++each) (void)slots->take();

    slots->give_back(3);
    slots->give_back(1);

    EXPECT_EQ(slots->take(), 1U);
    EXPECT_EQ(slots->take(), 3U);
    EXPECT_EQ(slots->take(), 5U);
}

TEST(ThreadSlotRegistry, has_none_beyond_its_capacity_until_one_comes_back) {
    const auto slots = std::make_unique<registry>();
    for (std::uint32_t each = 0; each < registry::capacity; ++each) {
        ASSERT_EQ(slots->take(), each);
    }

    EXPECT_EQ(slots->take(), registry::none);
    slots->give_back(registry::none);
    EXPECT_EQ(slots->take(), registry::none);
    slots->give_back(registry::capacity - 1);
    EXPECT_EQ(slots->take(), registry::capacity - 1);
}

TEST(ThreadSlot, stays_the_same_for_a_threads_life) {
    const std::uint32_t mine = platform::thread_slot();
    const bool steady = in_a_thread([] {
        const std::uint32_t first = platform::thread_slot();
        return first == platform::thread_slot() && first < platform::max_threads;
    });

    EXPECT_TRUE(steady);
    EXPECT_EQ(platform::thread_slot(), mine);
    EXPECT_LT(mine, platform::max_threads);
}

TEST(ThreadSlot, is_one_for_all_platforms) {
    EXPECT_EQ((lend::basic_platform<true, true>::thread_slot()),
              (lend::basic_platform<false, false>::thread_slot()));
}

TEST(ThreadSlot, live_threads_have_different_ones) {
    constexpr std::size_t count = 16;
    const std::uint32_t mine = platform::thread_slot();
    std::vector<std::uint32_t> slots(count);
    lend_test::latch all_have_one(count);
    {
        std::vector<std::jthread> threads;
        for (std::uint32_t& slot : slots) {
            threads.emplace_back([&] {
                slot = platform::thread_slot();
                all_have_one.arrive_and_wait();
            });
        }
    }

    const std::set<std::uint32_t> distinct(slots.begin(), slots.end());
    EXPECT_EQ(distinct.size(), count);
    EXPECT_LT(*distinct.rbegin(), platform::max_threads);
    EXPECT_FALSE(distinct.contains(mine));
}

TEST(ThreadSlot, is_used_again_after_its_thread_has_ended) {
    // More threads than there are numbers, one after the other.
    for (std::uint32_t each = 0; each < platform::max_threads + 10; ++each) {
        ASSERT_LT(in_a_thread([] { return platform::thread_slot(); }), platform::max_threads);
    }
}

TEST(ThreadSlot, next_thread_has_no_higher_one_than_the_thread_that_ended) {
    const std::uint32_t first = in_a_thread([] { return platform::thread_slot(); });
    const std::uint32_t second = in_a_thread([] { return platform::thread_slot(); });

    EXPECT_LE(second, first);
}

TEST(ThreadSlot, thread_that_asks_for_none_uses_none_up) {
    const std::uint32_t before = in_a_thread([] { return platform::thread_slot(); });
    lend_test::latch started(1);
    lend_test::latch finish(1);
    std::jthread silent([&] {
        started.count_down();
        finish.wait();
    });
    started.wait();

    const std::uint32_t after = in_a_thread([] { return platform::thread_slot(); });
    finish.count_down();

    EXPECT_LE(after, before);
}

// Asks for the slot while the thread's objects are destroyed, after the slot was given back: an
// object that was made before the first use is destroyed after it.
struct asks_at_the_end {
    std::atomic<std::uint32_t>* answer = nullptr;
    ~asks_at_the_end() {
        // Relaxed: read after the thread was joined.
        if (answer != nullptr) answer->store(platform::thread_slot(), std::memory_order_relaxed);
    }
};
thread_local asks_at_the_end last_words;

TEST(ThreadSlot, there_is_none_after_the_threads_objects_are_gone) {
#if defined(__MINGW32__)
    GTEST_SKIP() << "NOT TESTED: MinGW frees a thread's objects before it destroys them";
#endif
    std::atomic<std::uint32_t> answer{0};
    std::thread([&] {
        last_words.answer = &answer;
        (void)platform::thread_slot();
    }).join();

    EXPECT_GE(answer.load(std::memory_order_relaxed), platform::max_threads); // joined
}

// ---- objects per thread -------------------------------------------------------------------------

struct first_tag {
    int number = 5;
};
struct second_tag {
    int number = 6;
};

TEST(Local, object_is_made_once_per_thread_and_type) {
    platform::local<first_tag>().number = 50;

    EXPECT_EQ(platform::local<first_tag>().number, 50);
    EXPECT_EQ(platform::local<second_tag>().number, 6);
    EXPECT_EQ(&platform::local<first_tag>(), &platform::local<first_tag>());
}

TEST(Local, another_thread_has_an_object_of_its_own) {
    platform::local<first_tag>().number = 51;

    const int seen = in_a_thread([] {
        const int before = platform::local<first_tag>().number;
        platform::local<first_tag>().number = 52;
        return before;
    });

    EXPECT_EQ(seen, 5);
    EXPECT_EQ(platform::local<first_tag>().number, 51);
}

// ---- parking ------------------------------------------------------------------------------------

TEST(Parking, returns_at_once_if_the_word_has_changed) {
    platform::atomic<std::uint32_t> word{1};

    platform::park(word, 0, for_ever);

    SUCCEED() << "or the test's time is up";
}

TEST(Parking, returns_at_once_if_the_deadline_has_passed) {
    platform::atomic<std::uint32_t> word{0};
    const auto now = platform::now();

    for (const auto deadline : {now, now - 1ns, now - 1h, platform::time_point{},
                                platform::time_point(-1ns), (platform::time_point::min)()}) {
        platform::park(word, 0, deadline);
    }

    SUCCEED() << "or the test's time is up";
}

TEST(Parking, ends_at_its_deadline_and_not_before) {
    platform::atomic<std::uint32_t> word{0};
    const auto deadline = platform::now() + 2ms;

    while (platform::now() < deadline) platform::park(word, 0, deadline);

    EXPECT_GE(platform::now(), deadline);
}

// A thread that parks until the word is 1, however often it wakes.
struct parked_thread {
    platform::atomic<std::uint32_t> word{0};
    std::atomic<bool> about_to_park{false};

    void wait(platform::time_point deadline) {
        about_to_park.store(true, std::memory_order_release);
        about_to_park.notify_one();
        while (word.load(std::memory_order_acquire) == 0) platform::park(word, 0, deadline);
    }
};

void expect_wake_up(platform::time_point deadline) {
    for (int round = 0; round < 50; ++round) {
        parked_thread it;
        std::thread sleeper([&] { it.wait(deadline); });
        it.about_to_park.wait(false, std::memory_order_acquire);

        // The sleeper is asleep, or about to look at the word: no wake-up may be lost.
        it.word.store(1, std::memory_order_release);
        platform::unpark_one(it.word);

        sleeper.join();
    }
}

TEST(Parking, wake_up_ends_a_wait_without_a_deadline) { expect_wake_up(for_ever); }

TEST(Parking, wake_up_ends_a_wait_long_before_its_deadline) {
    const auto begin = platform::now();

    expect_wake_up(begin + 10h);

    EXPECT_LT(platform::now(), begin + 10h);
}

TEST(Parking, wake_up_ends_a_wait_to_the_last_deadline_but_one) {
    expect_wake_up(for_ever - platform::duration(1));
}

// A system call that is given a time which it does not understand returns at once.
TEST(Parking, does_not_spin_until_a_far_deadline) {
    for (const auto deadline : {for_ever - platform::duration(1), platform::now() + 24h * 36'500}) {
        platform::atomic<std::uint32_t> word{0};
        int returns = 0;
        std::jthread sleeper([&] {
            for (; word.load(std::memory_order_acquire) == 0; ++returns) {
                platform::park(word, 0, deadline);
            }
        });
        platform::atomic<std::uint32_t> nobody_wakes{0};
        const auto soon = platform::now() + 5ms;
        while (platform::now() < soon) platform::park(nobody_wakes, 0, soon);

        word.store(1, std::memory_order_release);
        platform::unpark_one(word);
        sleeper.join();

        EXPECT_LT(returns, 100);
    }
}

TEST(Parking, wake_up_of_a_word_where_nobody_sleeps_does_nothing) {
    platform::atomic<std::uint32_t> word{0};

    platform::unpark_one(word);
    platform::unpark_one(word);

    EXPECT_EQ(word.load(std::memory_order_relaxed), 0U); // one thread
}

TEST(Parking, each_wake_up_lets_one_of_several_sleepers_go_on) {
    constexpr int count = 4;
    platform::atomic<std::uint32_t> permits{0};
    std::atomic<int> through{0};
    const auto take_permit = [&] {
        for (;;) {
            std::uint32_t seen = permits.load(std::memory_order_acquire);
            if (seen == 0) {
                platform::park(permits, 0, for_ever);
            } else if (permits.compare_exchange_weak(seen, seen - 1, std::memory_order_acq_rel,
                                                     std::memory_order_relaxed)) {
                break;
            }
        }
        through.fetch_add(1, std::memory_order_relaxed); // read after all were joined
    };
    {
        std::vector<std::jthread> sleepers;
        for (int each = 0; each < count; ++each) sleepers.emplace_back(take_permit);
        for (int each = 0; each < count; ++each) {
            permits.fetch_add(1, std::memory_order_release);
            platform::unpark_one(permits);
        }
    }

    EXPECT_EQ(through.load(std::memory_order_relaxed), count);
}

// ---- threads ------------------------------------------------------------------------------------

// What a started thread tells. Nothing of it is allocated or destroyed, because the thread may
// still be on its way out when the test goes on.
struct report {
    std::atomic<bool> is_there{false};
    std::atomic<std::thread::id> ran_in{};
    std::array<char, 16> name{};

    // Starts a thread that fills in the report, and waits for it. False if none was started.
    bool start(const char* thread_name) {
        is_there.store(false, std::memory_order_relaxed); // the start of the thread orders it
        if (!platform::start_thread(thread_name, &fill_in, this)) return false;
        is_there.wait(false, std::memory_order_acquire);
        return true;
    }

private:
    static void fill_in(void* self) {
        report& it = *static_cast<report*>(self);
        // Relaxed: the store to is_there follows.
        it.ran_in.store(std::this_thread::get_id(), std::memory_order_relaxed);
#if defined(__linux__)
        ::pthread_getname_np(::pthread_self(), it.name.data(), it.name.size());
#endif
        it.is_there.store(true, std::memory_order_release);
        it.is_there.notify_one();
    }
};
report last_report;

TEST(StartThread, runs_the_function_with_its_argument_in_another_thread) {
    ASSERT_TRUE(last_report.start("worker"));

    EXPECT_NE(last_report.ran_in.load(std::memory_order_relaxed), std::this_thread::get_id());
}

TEST(StartThread, leaves_nothing_behind) {
    const lend_test::leak_guard leaks;

    EXPECT_TRUE(last_report.start("worker"));
}

#if defined(__linux__)

void expect_name(const char* given, const char* seen) {
    ASSERT_TRUE(last_report.start(given));
    EXPECT_STREQ(last_report.name.data(), seen);
}

TEST(StartThread, thread_has_the_first_15_characters_of_its_name) {
    expect_name("lend", "lend");
    expect_name("fifteen letters", "fifteen letters");
    expect_name("sixteen letters!", "sixteen letters");
    expect_name("a name that is far too long", "a name that is ");
}

void must_not_run(void*) { ADD_FAILURE() << "ran although start_thread said no"; }

TEST(StartThread, says_no_and_runs_nothing_when_memory_is_out) {
    const lend_test::leak_guard leaks;
    const lend_test::failing_allocation failing(1);

    EXPECT_FALSE(platform::start_thread("worker", &must_not_run, nullptr));

    EXPECT_TRUE(failing.happened());
}

#if defined(__GLIBC__)

// While it lives, no thread can start: each would have three quarters of the address space, or of
// what a pointer can count, for its stack.
class no_stack_for_threads {
public:
    no_stack_for_threads() {
        ::pthread_getattr_default_np(&before_);
        pthread_attr_t huge;
        ::pthread_attr_init(&huge);
        constexpr std::size_t three_quarters =
            (std::numeric_limits<std::size_t>::max)() / 4096 * 3072;
        set_ = ::pthread_attr_setstacksize(&huge, three_quarters) == 0 &&
               ::pthread_setattr_default_np(&huge) == 0;
        ::pthread_attr_destroy(&huge);
    }
    no_stack_for_threads(const no_stack_for_threads&) = delete;
    no_stack_for_threads& operator=(const no_stack_for_threads&) = delete;
    ~no_stack_for_threads() {
        ::pthread_setattr_default_np(&before_);
        ::pthread_attr_destroy(&before_);
    }
    [[nodiscard]] bool is_set() const noexcept { return set_; }

private:
    pthread_attr_t before_{};
    bool set_ = false;
};

TEST(StartThread, says_no_and_leaks_nothing_when_the_system_has_no_thread_left) {
    const lend_test::leak_guard leaks;
    {
        const no_stack_for_threads none;
        ASSERT_TRUE(none.is_set());

        EXPECT_FALSE(platform::start_thread("worker", &must_not_run, nullptr));
    }

    EXPECT_TRUE(last_report.start("after"));
}

#endif
#endif

// ---- chance -------------------------------------------------------------------------------------

TEST(Random, numbers_differ_within_and_between_threads) {
    constexpr std::size_t each = 1000;
    const auto draw = [] {
        std::vector<std::uint64_t> numbers(each);
        for (std::uint64_t& number : numbers) number = platform::random();
        return numbers;
    };
    std::set<std::uint64_t> all;
    for (int thread = 0; thread < 4; ++thread) {
        for (const std::uint64_t number : in_a_thread(draw)) all.insert(number);
    }

    EXPECT_EQ(all.size(), 4 * each);
}

TEST(Random, every_bit_is_sometimes_set_and_sometimes_not) {
    std::uint64_t ever_set = 0;
    std::uint64_t ever_clear = 0;
    for (int draw = 0; draw < 200; ++draw) { // one bit stuck by chance: 1 in 2^193
        const std::uint64_t number = platform::random();
        ever_set |= number;
        ever_clear |= ~number;
    }

    EXPECT_EQ(~ever_set, 0U);
    EXPECT_EQ(~ever_clear, 0U);
}

// ---- time, locks, fences ------------------------------------------------------------------------

TEST(Platform, clock_never_goes_back) {
    auto last = platform::now();
    for (int look = 0; look < 1000; ++look) {
        const auto now = platform::now();
        ASSERT_GE(now, last);
        last = now;
    }
}

TEST(Platform, mutex_shuts_others_out) {
    platform::mutex mutex;
    const std::lock_guard lock(mutex);

    EXPECT_FALSE(in_a_thread([&] {
        const bool taken = mutex.try_lock();
        if (taken) mutex.unlock();
        return taken;
    }));
}

#if defined(__linux__)

TEST(AsymmetricFence, is_available_where_the_kernel_says_so) {
    constexpr int query = 0;
    constexpr long private_expedited = 1 << 3;
    const long supported = ::syscall(SYS_membarrier, query, 0, 0);

    EXPECT_EQ(lend::detail::asymmetric_fence::available,
              supported > 0 && (supported & private_expedited) != 0);
}

TEST(AsymmetricFence, process_is_registered_for_the_heavy_side) {
    if (!lend::detail::asymmetric_fence::available) GTEST_SKIP() << "no membarrier here";

    EXPECT_EQ(::syscall(SYS_membarrier, 1 << 3, 0, 0), 0); // fails for who is not registered
}

// The test runs the statement in a forked child.
TEST(AsymmetricFenceDeathTest, forked_child_is_still_registered) {
    if (!lend::detail::asymmetric_fence::available) GTEST_SKIP() << "no membarrier here";

    EXPECT_EXIT(std::_Exit(::syscall(SYS_membarrier, 1 << 3, 0, 0) == 0 ? 7 : 1),
                testing::ExitedWithCode(7), "");
}

#endif

TEST(AsymmetricFence, of_two_threads_that_store_and_look_one_sees_the_other) {
    constexpr int rounds = 2000;
    std::atomic<int> turn{0};
    std::atomic<int> light_store{0};
    std::atomic<int> heavy_store{0};
    int light_saw = 0;
    std::atomic<int> light_done{0};
    std::thread light([&] {
        for (int round = 1; round <= rounds; ++round) {
            while (turn.load(std::memory_order_acquire) != round) std::this_thread::yield();
            // Relaxed: the order of store and load is what the fences are to bring about.
            light_store.store(round, std::memory_order_relaxed);
            platform::light_fence();
            light_saw = heavy_store.load(std::memory_order_relaxed);
            light_done.store(round, std::memory_order_release);
        }
    });
    for (int round = 1; round <= rounds; ++round) {
        turn.store(round, std::memory_order_release);
        heavy_store.store(round, std::memory_order_relaxed);
        platform::heavy_fence();
        const int heavy_saw = light_store.load(std::memory_order_relaxed);
        while (light_done.load(std::memory_order_acquire) != round) std::this_thread::yield();
        EXPECT_TRUE(light_saw == round || heavy_saw == round) << round;
    }
    light.join();
}

TEST(Platform, fences_of_every_order_can_be_called) {
    for (const auto order : {std::memory_order_acquire, std::memory_order_release,
                             std::memory_order_acq_rel, std::memory_order_seq_cst}) {
        platform::fence(order);
    }
    platform::driver_call();

    SUCCEED() << "they have no effect that one thread could see";
}

TEST(Platform, thread_id_is_the_same_in_a_thread_and_another_in_each) {
    const std::uint64_t here = platform::thread_id();
    std::uint64_t there = 0;
    std::thread([&] { there = platform::thread_id(); }).join();

    EXPECT_NE(here, 0U);
    EXPECT_EQ(here, platform::thread_id());
    EXPECT_NE(there, 0U);
    EXPECT_NE(there, here);
}

} // namespace platform_test
