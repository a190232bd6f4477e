// SPDX-License-Identifier: MIT
/// @file
/// Moments in which no thread can be had: what is put off then, and that it is caught up with. The
/// clock is moved by hand.

#include "support/manual_clock_platform.hpp"
#include "support/other_thread.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace pool_threadless_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

// Has no thread while it is short of them.
struct short_platform : manual_clock_platform {
    static inline bool is_short = false;
    static inline int refused = 0;

    [[nodiscard]] static bool
    start_thread(const char* name, void (*run)(void*), void* with) noexcept {
        if (!is_short) return manual_clock_platform::start_thread(name, run, with);
        ++refused;
        return false;
    }
};

struct shortage {
    shortage() { short_platform::is_short = true; }
    ~shortage() { short_platform::is_short = false; }
    shortage(const shortage&) = delete;
    shortage& operator=(const shortage&) = delete;
};

struct plain_driver {
    using resource = int;
    using no_reset = void;

    lend::result<int> create() { return 1; }
};

using pool_type = lend::pool<plain_driver, short_platform>;

lend::pool_options sized(std::size_t max_size) {
    lend::pool_options options;
    options.max_size = max_size;
    return options;
}

TEST(FailureMode, 54_what_is_idle_expires_though_no_thread_could_be_had_at_first) {
    const manual_clock clock;
    auto options = sized(2);
    options.idle_timeout = 200ms;
    pool_type pool(plain_driver{}, options);
    {
        const shortage now;
        EXPECT_TRUE(pool.acquire());
        EXPECT_TRUE(pool.acquire());
    }
    manual_clock::advance(1s);
    EXPECT_EQ(pool.stats().size, 1U);

    EXPECT_TRUE(pool.acquire()); // the next one, on the thread that remembers its resource
    manual_clock::advance(1s);

    EXPECT_EQ(pool.stats().size, 0U);
}

TEST(FailureMode, 54_leak_is_found_though_no_thread_could_be_had_at_first) {
    const manual_clock clock;
    auto options = sized(2);
    options.leak_after = 200ms;
    pool_type pool(plain_driver{}, options);
    std::optional<pool_type::lease_type> kept;
    {
        const shortage now;
        kept = *pool.acquire();
    }
    manual_clock::advance(20ms);
    EXPECT_TRUE(pool.acquire());

    manual_clock::advance(1s);

    EXPECT_EQ(pool.stats().leaked, 1U);
}

TEST(FailureMode, 54_what_is_to_be_kept_ready_is_made_after_the_next_acquire) {
    const manual_clock clock;
    auto options = sized(4);
    options.min_idle = 2;
    std::optional<shortage> now(std::in_place);
    pool_type pool(plain_driver{}, options);
    now.reset();
    manual_clock::advance(2s);
    EXPECT_EQ(pool.stats().idle, 0U) << "nothing has happened yet";

    EXPECT_TRUE(pool.acquire());
    manual_clock::advance(2s);

    EXPECT_GE(pool.stats().idle, 2U);
}

TEST(FailureMode, 54_deadline_without_a_thread_is_kept_by_the_next_who_has_one) {
    const manual_clock clock;
    auto options = sized(1);
    options.idle_timeout = options.max_lifetime = (lend::pool_options::duration::max)();
    pool_type pool(plain_driver{}, options);
    const auto held = pool.acquire();
    std::vector<lend::hresult> told;
    const shortage now;
    pool.acquire_async({.deadline = manual_clock::now() + 100ms},
                       [&](auto got) { told.push_back(got.code()); });
    manual_clock::advance(200ms);
    EXPECT_TRUE(told.empty()) << "no thread is there to say so";

    EXPECT_EQ(pool.try_acquire().code(), hr::lend_e_exhausted); // on a thread of the user's

    EXPECT_EQ(told, std::vector<lend::hresult>{hr::lend_e_timed_out});
}

TEST(FailureMode, 54_deadline_without_a_thread_is_kept_once_one_can_be_had) {
    const manual_clock clock;
    auto options = sized(1);
    options.idle_timeout = options.max_lifetime = (lend::pool_options::duration::max)();
    pool_type pool(plain_driver{}, options);
    const auto held = pool.acquire();
    std::vector<lend::hresult> told;
    const auto ask = [&](std::chrono::milliseconds span) {
        pool.acquire_async({.deadline = manual_clock::now() + span},
                           [&](auto got) { told.push_back(got.code()); });
    };
    {
        const shortage now;
        ask(100ms);
    }
    manual_clock::advance(10ms);
    ask(500ms); // later than the one that has no thread

    manual_clock::advance(90ms);
    EXPECT_EQ(told.size(), 1U);
    manual_clock::advance(410ms);
    EXPECT_EQ(told.size(), 2U);
}

TEST(PoolThreadless, is_not_made_worse_by_trying_all_the_time) {
    const manual_clock clock;
    auto options = sized(2);
    pool_type pool(plain_driver{}, options);
    const shortage now;
    EXPECT_TRUE(pool.acquire());
    const int before = short_platform::refused;

    for (int use = 0; use < 1000; ++use) EXPECT_TRUE(pool.acquire());

    EXPECT_LE(short_platform::refused - before, 1);
}

TEST(PoolThreadless, is_not_slow_for_ever_where_there_never_are_threads) {
    const manual_clock clock;
    pool_type pool(plain_driver{}, sized(2));
    const shortage now;
    EXPECT_TRUE(pool.acquire());
    for (int use = 0; use < 20; ++use) {
        manual_clock::advance(1s);
        EXPECT_TRUE(pool.acquire());
    }
    const int before = short_platform::refused;

    for (int use = 0; use < 20; ++use) {
        manual_clock::advance(1s);
        EXPECT_TRUE(pool.acquire());
    }

    EXPECT_EQ(short_platform::refused, before) << "on the fast path";
}

} // namespace pool_threadless_test
