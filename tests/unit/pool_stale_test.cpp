// SPDX-License-Identifier: MIT
/// @file
/// What is left over: leases that were ended, numbers whose resources are gone, leases without a
/// pool, threads that have ended.

#include "support/meeting.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"
#include "support/tiny_platform.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace pool_stale_test {

using namespace lend_test;
namespace hr = lend::hr;

using plain = pool_with<recording_driver>;

// ---- 1: double release hands one resource to two borrowers --------------------------------------

TEST(FailureMode, 01_second_end_of_a_lease_is_stale_and_gives_nothing_back) {
    using lease = decltype(plain::pool)::lease_type;
    static_assert(!std::is_copy_constructible_v<lease> && !std::is_copy_assignable_v<lease>);
    plain p(quiet(1));
    const auto end_again = [](lease& ended) {
        EXPECT_EQ(ended.release(), hr::lend_e_stale);
        EXPECT_EQ(ended.discard(), hr::lend_e_stale);
        EXPECT_EQ(ended.detach().code(), hr::lend_e_stale);
    };

    lease released = *p.pool.acquire();
    EXPECT_EQ(released.release(), hr::s_ok);
    end_again(released);
    EXPECT_EQ(p.calls->take_log(), "create() reset(1)");
    lease moved = *p.pool.acquire();
    lease discarded(std::move(moved));
    EXPECT_EQ(discarded.discard(), hr::s_ok);
    end_again(moved);
    end_again(discarded);
    EXPECT_EQ(p.calls->take_log(), "destroy(1)");
    lease detached = *p.pool.acquire();
    EXPECT_TRUE(detached.detach().has_value());
    end_again(detached);

    EXPECT_EQ(p.calls->take_log(), "create()");
    EXPECT_EQ(p.pool.stats().returned, 3U);
}

TEST(FailureMode, 01_release_after_a_second_one_does_not_end_the_next_borrowers_lease) {
    plain p(quiet(1));
    auto first = *p.pool.acquire();
    first.release();
    const auto second = *p.pool.acquire();

    EXPECT_EQ(first.release(), hr::lend_e_stale);

    EXPECT_EQ(p.pool.try_acquire().code(), hr::lend_e_exhausted); // it is still lent
    EXPECT_EQ(p.calls->log(), "create() reset(1)");
}

TEST(FailureMode, 01_of_two_threads_that_destroy_one_resource_by_its_number_one_does) {
    constexpr int rounds = 2'000;
    plain p(quiet(1));
    std::atomic<std::uint64_t> number{0};
    std::array<std::atomic<int>, 2> done{};
    meeting both(3);
    const auto destroyer = [&] {
        for (int round = 0; round < rounds; ++round) {
            both.arrive_and_wait();
            const auto code = p.pool.destroy(number.load());
            if (code == hr::s_ok) ++done[0];
            if (code == hr::lend_e_stale) ++done[1];
            both.arrive_and_wait();
        }
    };
    std::thread one(destroyer);
    std::thread two(destroyer);
    for (int round = 0; round < rounds; ++round) {
        number = p.pool.acquire()->id(); // and back
        both.arrive_and_wait();
        both.arrive_and_wait();
    }
    one.join();
    two.join();

    EXPECT_EQ(done[0], rounds);
    EXPECT_EQ(done[1], rounds);
    EXPECT_EQ(p.calls->live(), 0);
}

// ---- 2: a stale number reaches another resource -------------------------------------------------

// All numbers that a slot and its successors have had are refused for ever; none comes again,
// because a slot whose generations are used up is retired.
template <class Platform>
void use_up_generations() {
    pool_with<recording_driver, Platform> p(quiet(1));
    std::set<std::uint64_t> gone;
    for (int round = 0; round < 100; ++round) {
        auto held = p.pool.acquire();
        ASSERT_TRUE(held);
        ASSERT_FALSE(gone.contains(held->id())) << "in round " << round;
        const auto before = p.calls->log();
        for (const std::uint64_t old : gone) EXPECT_EQ(p.pool.destroy(old), hr::lend_e_stale);
        EXPECT_EQ(p.calls->log(), before);
        gone.insert(held->id());
        (void)held->discard();
    }
}

TEST(FailureMode, 02_stale_number_is_refused_though_generations_run_out) {
    use_up_generations<tiny_platform>();
    use_up_generations<small_platform>();
    use_up_generations<one_use_platform>();
}

struct lock_counting_platform : lend::default_platform {
    static inline int locks = 0;
    class mutex {
    public:
        void lock() {
            ++locks;
            mutex_.lock();
        }
        bool try_lock() { return mutex_.try_lock(); }
        void unlock() { mutex_.unlock(); }

    private:
        std::mutex mutex_;
    };
};

TEST(FailureMode, 02_stale_number_is_refused_without_a_lock_or_a_call) {
    pool_with<recording_driver, lock_counting_platform> p(quiet(1));
    auto held = p.pool.acquire();
    const auto old = held->id();
    (void)held->discard();
    held = p.pool.acquire(); // in the same place
    const int locks = lock_counting_platform::locks;

    EXPECT_EQ(p.pool.destroy(old), hr::lend_e_stale);

    EXPECT_EQ(lock_counting_platform::locks, locks);
    EXPECT_EQ(p.calls->log(), "create() destroy(1) create()");
    EXPECT_EQ(held->release(), hr::s_ok);
}

// ---- 19: the pool dies, leases live on ----------------------------------------------------------

TEST(FailureMode, 19_leases_outlive_their_pool_and_destroy_once_each) {
    std::shared_ptr<recording> calls;
    std::vector<decltype(plain::pool)::lease_type> held;
    {
        plain p(quiet(8));
        calls = p.calls;
        for (int at = 0; at < 8; ++at) held.push_back(*p.pool.acquire());
        held.back().release();
        held.pop_back();
    }
    EXPECT_EQ(calls->live(), 7);
    EXPECT_EQ(held[3]->number(), 4); // still there for its borrower

    std::vector<std::thread> threads;
    for (auto& each : held) {
        threads.emplace_back([lease = std::move(each)]() mutable {
            EXPECT_EQ(lease.release(), hr::s_false);
            EXPECT_EQ(lease.release(), hr::lend_e_stale);
        });
    }
    for (std::thread& each : threads) each.join();

    EXPECT_EQ(calls->live(), 0);
}

TEST(FailureMode, 19_last_lease_ends_the_driver_and_not_before) {
    struct ending {
        using resource = int;
        using no_reset = void;
        std::shared_ptr<int> life;
        lend::result<int> create() { return 1; }
    };
    auto life = std::make_shared<int>(0);
    std::optional<lend::pool<ending>::lease_type> held;
    {
        lend::pool<ending> pool(ending{life}, quiet());
        held = *pool.acquire();
    }
    EXPECT_EQ(life.use_count(), 2);

    held.reset();

    EXPECT_EQ(life.use_count(), 1);
}

// ---- 37: what is kept for a thread --------------------------------------------------------------

TEST(FailureMode, 37_thread_that_ends_leaves_nothing_behind) {
    constexpr std::size_t most = 4;
    plain p(quiet(most));
    for (int turn = 0; turn < 50; ++turn) {
        std::thread([&] {
            const auto held = p.pool.acquire();
            EXPECT_TRUE(held);
        }).join();
    }

    std::vector<decltype(p.pool.acquire())> all;
    for (std::size_t at = 0; at < most; ++at) all.push_back(p.pool.try_acquire());

    for (const auto& each : all) EXPECT_TRUE(each);
    EXPECT_EQ(p.calls->live(), static_cast<int>(most));
    EXPECT_EQ(p.pool.stats().size, most);
}

TEST(FailureMode, 37_lease_may_leave_the_thread_that_acquired_it) {
    plain p(quiet(1));
    std::optional<decltype(p.pool)::lease_type> held;
    std::thread([&] { held = *p.pool.acquire(); }).join();

    EXPECT_EQ(held->release(), hr::s_ok);

    EXPECT_TRUE(p.pool.try_acquire());
}

TEST(FailureMode, 37_thread_remembers_a_few_pools_however_many_it_uses) {
    constexpr std::size_t many = 40;
    using memory = lend::detail::thread_cache;
    static_assert(sizeof(memory) <= memory::size * 4 * sizeof(void*) * 2);
    std::vector<std::unique_ptr<plain>> pools;
    for (std::size_t at = 0; at < many; ++at) pools.push_back(std::make_unique<plain>(quiet(1)));
    for (int turn = 0; turn < 5; ++turn) {
        for (const auto& each : pools) EXPECT_TRUE(each->pool.acquire());
    }

    for (const auto& each : pools) {
        EXPECT_EQ(each->pool.stats().idle, 1U);
        EXPECT_EQ(each->pool.stats().created, 1U);
    }
}

} // namespace pool_stale_test
