// SPDX-License-Identifier: MIT
/// @file
/// What a warm acquire and release do, step by step: two compare-exchanges, and nothing that a
/// feature which is off would add: no other read-modify-write, no lock, no clock, no allocation.

#include "support/leak_guard.hpp"
#include "support/quiet_pool.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <utility>

namespace pool_cost_test {

// What has been done since the last reset, by one thread.
struct steps {
    std::uint64_t exchanges = 0; // compare-exchanges
    std::uint64_t others = 0;    // any other read-modify-write
    std::uint64_t releases = 0;  // stores that are not relaxed
    std::uint64_t locks = 0;
    std::uint64_t looks_at_the_clock = 0;
    std::uint64_t parks = 0;
    std::uint64_t random = 0;

    friend bool operator==(const steps&, const steps&) = default;
    friend std::ostream& operator<<(std::ostream& out, const steps& s) {
        return out << s.exchanges << " compare-exchanges, " << s.others << " other RMW, "
                   << s.releases << " release-stores, " << s.locks << " locks, "
                   << s.looks_at_the_clock << " looks at the clock, " << s.parks << " parks, "
                   << s.random << " random numbers";
    }
};
thread_local steps done;

template <class T>
class counted_atomic {
public:
    constexpr counted_atomic() noexcept = default;
    constexpr counted_atomic(T value) noexcept : value_(value) {}
    counted_atomic(const counted_atomic&) = delete;
    counted_atomic& operator=(const counted_atomic&) = delete;

    T load(std::memory_order order) const noexcept { return value_.load(order); }
    void store(T next, std::memory_order order) noexcept {
        if (order != std::memory_order_relaxed) ++done.releases;
        value_.store(next, order);
    }
    T exchange(T next, std::memory_order order) noexcept {
        ++done.others;
        return value_.exchange(next, order);
    }
    bool compare_exchange_weak(T& seen, T next, std::memory_order a, std::memory_order b) noexcept {
        ++done.exchanges;
        return value_.compare_exchange_weak(seen, next, a, b);
    }
    bool
    compare_exchange_strong(T& seen, T next, std::memory_order a, std::memory_order b) noexcept {
        ++done.exchanges;
        return value_.compare_exchange_strong(seen, next, a, b);
    }
    T fetch_add(T by, std::memory_order order) noexcept {
        return ++done.others, value_.fetch_add(by, order);
    }
    T fetch_sub(T by, std::memory_order order) noexcept {
        return ++done.others, value_.fetch_sub(by, order);
    }
    T fetch_or(T bits, std::memory_order order) noexcept {
        return ++done.others, value_.fetch_or(bits, order);
    }
    T fetch_and(T bits, std::memory_order order) noexcept {
        return ++done.others, value_.fetch_and(bits, order);
    }

private:
    std::atomic<T> value_{};
};

struct counted_lock {
    void lock() { ++done.locks, mutex_.lock(); }
    void unlock() { mutex_.unlock(); }
    bool try_lock() { return ++done.locks, mutex_.try_lock(); }

private:
    std::mutex mutex_;
};

// Without checks, as a release build is: those would look at more.
struct counting_platform : lend::basic_platform<true, false> {
    using base = lend::basic_platform<true, false>;
    template <class T>
    using atomic = counted_atomic<T>;
    using mutex = counted_lock;

    static time_point now() noexcept { return ++done.looks_at_the_clock, base::now(); }
    static std::uint64_t random() noexcept { return ++done.random, base::random(); }
    static void park(atomic<std::uint32_t>&, std::uint32_t, time_point) noexcept { ++done.parks; }
    static void unpark_one(atomic<std::uint32_t>&) noexcept { ++done.parks; }
    [[nodiscard]] static bool start_thread(const char*, void (*)(void*), void*) noexcept {
        return false;
    }
};

struct plain_driver {
    using resource = int;
    using no_reset = void;
    lend::result<int> create() { return 1; }
};
struct resetting_driver {
    using resource = int;
    lend::result<int> create() { return 1; }
    lend::hresult reset(int&) { return lend::hr::s_ok; }
};
struct checking_driver : resetting_driver {
    lend::health check(int&, lend::check_kind) { return lend::health::good; }
};
struct typed_driver : plain_driver {
    using resource_type = int;
    lend::result<int> create(const int& type) { return type; }
};

constexpr std::uint64_t cycles = 1000;

// The steps of so many warm cycles, and how often they allocated.
template <class Driver, class... Type>
std::pair<steps, std::uint64_t> warm(const lend::pool_options& options, const Type&... type) {
    auto without_threads = options; // of which this platform has none
    without_threads.housekeeping = lend::housekeeping_mode::manual;
    lend::pool<Driver, counting_platform> pool(Driver{}, without_threads);
    { auto made = pool.acquire(type...).value(); }
    { auto found = pool.acquire(type...).value(); }
    done = {};
    const auto allocated = lend_test::allocations_of([&] {
        for (std::uint64_t at = 0; at < cycles; ++at) {
            const auto lent = pool.acquire(type...);
            if (!lent) std::abort();
        }
    });
    return {done, allocated};
}

constexpr steps two_exchanges{.exchanges = 2 * cycles};

TEST(PoolCost, warm_cycle_with_default_options_is_two_exchanges) {
    const auto [seen, allocated] = warm<plain_driver>({});

    EXPECT_EQ(seen, two_exchanges);
    EXPECT_EQ(allocated, 0U);
}

TEST(PoolCost, reset_and_check_add_what_meets_the_closer_and_no_exchange) {
    const auto [reset, reset_allocated] = warm<resetting_driver>({});
    const auto [both, both_allocated] = warm<checking_driver>({});

    EXPECT_EQ(reset, (steps{.exchanges = 2 * cycles, .releases = cycles}));
    EXPECT_EQ(both, (steps{.exchanges = 2 * cycles, .releases = 2 * cycles}));
    EXPECT_EQ(reset_allocated + both_allocated, 0U);
}

TEST(PoolCost, kinds_that_lend_compares_add_nothing) {
    const auto [seen, allocated] = warm<typed_driver>({}, 3);

    EXPECT_EQ(seen, two_exchanges);
    EXPECT_EQ(allocated, 0U);
}

// What is done by sweeps, at the desk or under the lock costs a warm cycle nothing when it is on.
TEST(PoolCost, features_that_are_not_on_the_fast_path_add_nothing_when_on) {
    lend::pool_options options;
    options.min_idle = 1;
    options.max_waiters = 5;
    options.queue_target = std::chrono::milliseconds(5);
    options.max_lifetime = std::chrono::hours(1);
    options.lifetime_jitter = 0.5;
    options.alive_bypass = std::chrono::seconds(1);
    options.keep_alive = std::chrono::seconds(10);
    options.prune_window = std::chrono::minutes(1);
    options.fairness = lend::fairness_mode::strict;

    const auto [seen, allocated] = warm<plain_driver>(options);

    EXPECT_EQ(seen, two_exchanges);
    EXPECT_EQ(allocated, 0U);
}

} // namespace pool_cost_test
