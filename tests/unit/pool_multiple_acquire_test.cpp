// SPDX-License-Identifier: MIT
/// @file
/// Threads that hold one resource of a pool and ask for another: told of, refused, and, where they
/// have locked each other out, diagnosed.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace pool_multiple_acquire_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;
using lend::multiple_acquire_mode;

struct again_log {
    struct entry {
        lend::holder_info held;
        lend::source_site here;
    };
    static inline std::vector<entry> entries;
    void acquired_again(const lend::holder_info& held, const lend::source_site& here) {
        entries.push_back({held, here});
    }
};

struct telling_driver : recording_driver {
    using recording_driver::recording_driver;
    using events = again_log;
};

using plain = pool_with<telling_driver>;
using timed = pool_with<telling_driver, manual_clock_platform>;

lend::pool_options with(multiple_acquire_mode mode, std::size_t max_size = 4) {
    again_log::entries.clear();
    auto options = quiet(max_size);
    options.multiple_acquire = mode;
    return options;
}

std::string line_of(std::uint32_t line) {
    return "pool_multiple_acquire_test.cpp:" + std::to_string(line);
}

// ---- the option ---------------------------------------------------------------------------------

TEST(MultipleAcquire, closed_pool_says_that_it_is_closed_whoever_asks) {
    plain p(with(multiple_acquire_mode::refuse));
    const auto held = p.pool.acquire();
    (void)p.pool.close(0s);

    EXPECT_EQ(p.pool.try_acquire().code(), hr::lend_e_closed);
    EXPECT_EQ(p.pool.acquire().code(), hr::lend_e_closed);
}

TEST(MultipleAcquire, second_one_of_a_thread_is_refused_with_the_place_of_the_first) {
    plain p(with(multiple_acquire_mode::refuse));
    const auto held = p.pool.acquire();
    const std::uint32_t line = __LINE__ - 1;

    const auto refused = p.pool.acquire();

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.code(), hr::lend_e_pool_locked);
    EXPECT_NE(refused.error().text().find(line_of(line)), std::string::npos)
        << refused.error().text();
    ASSERT_NE(refused.error().oldest_holder(), nullptr);
    EXPECT_EQ(refused.error().oldest_holder()->id, held->id());
    EXPECT_EQ(p.calls->log(), "create()");
}

TEST(MultipleAcquire, refusal_holds_for_every_way_to_acquire) {
    plain p(with(multiple_acquire_mode::refuse));
    const auto held = p.pool.acquire();

    EXPECT_EQ(p.pool.try_acquire().code(), hr::lend_e_pool_locked);
    EXPECT_EQ(p.pool.try_acquire_for(1s).code(), hr::lend_e_pool_locked);
    EXPECT_EQ(p.pool.acquire({.priority = 7}).code(), hr::lend_e_pool_locked);
}

TEST(MultipleAcquire, thread_that_gave_back_may_acquire_again) {
    plain p(with(multiple_acquire_mode::refuse));
    for (int turn = 0; turn < 3; ++turn) {
        auto held = p.pool.acquire();
        ASSERT_TRUE(held);
        EXPECT_EQ(p.pool.try_acquire().code(), hr::lend_e_pool_locked);
    }

    EXPECT_EQ(p.calls->log(), "create() reset(1) reset(1) reset(1)");
}

TEST(MultipleAcquire, another_thread_is_not_refused) {
    plain p(with(multiple_acquire_mode::refuse));
    const auto held = p.pool.acquire();
    std::optional<lend::hresult> code;

    std::thread([&] { code = p.pool.acquire().code(); }).join();

    EXPECT_EQ(code, hr::s_ok);
}

TEST(MultipleAcquire, warning_tells_the_events_both_places_and_lends_all_the_same) {
    plain p(with(multiple_acquire_mode::warn));
    const auto first = p.pool.acquire();
    const std::uint32_t line = __LINE__ - 1;
    EXPECT_TRUE(again_log::entries.empty());

    const auto second = p.pool.acquire();

    ASSERT_TRUE(second);
    ASSERT_EQ(again_log::entries.size(), 1U);
    EXPECT_EQ(again_log::entries[0].held.id, first->id());
    EXPECT_EQ(again_log::entries[0].held.site.line, line);
    EXPECT_GT(again_log::entries[0].here.line, line);
}

TEST(MultipleAcquire, warning_is_given_for_the_threads_last_resource_too) {
    plain p(with(multiple_acquire_mode::warn));
    const auto first = p.pool.acquire();
    { const auto second = p.pool.acquire(); }

    const auto again = p.pool.acquire(); // what was the second one

    EXPECT_EQ(again_log::entries.size(), 2U);
}

TEST(MultipleAcquire, what_was_acquired_without_a_thread_that_waits_is_held_by_none) {
    plain p(with(multiple_acquire_mode::refuse));
    std::vector<decltype(p.pool)::lease_type> held;
    p.pool.acquire_async({}, [&](auto got) { held.push_back(*std::move(got)); });
    ASSERT_EQ(held.size(), 1U);

    const auto mine = p.pool.acquire();

    EXPECT_TRUE(mine);
    EXPECT_EQ(p.pool.holders().size(), 2U);
    EXPECT_EQ(p.pool.holders()[0].thread, lend::default_platform::thread_id());
}

TEST(MultipleAcquire, resource_used_before_is_lent_again_without_a_word) {
    plain p(with(multiple_acquire_mode::warn));
    { const auto first = p.pool.acquire(); }

    const auto second = p.pool.acquire();

    EXPECT_TRUE(again_log::entries.empty());
}

TEST(MultipleAcquire, allowed_is_not_looked_for) {
    auto options = with(multiple_acquire_mode::allow);
    options.record_holders = true;
    plain p(options);
    const auto first = p.pool.acquire();

    const auto second = p.pool.acquire();

    EXPECT_TRUE(second);
    EXPECT_TRUE(again_log::entries.empty());
}

// ---- the diagnosis ------------------------------------------------------------------------------

// A thread that takes one resource of the pool and then waits for another.
struct greedy {
    timed* with;
    std::chrono::nanoseconds patience;
    bool takes_a_second = true;
    std::optional<lend::hresult> code{};
    std::string text{};
    std::uint32_t line = 0;

    static void pass(std::chrono::nanoseconds span) {
        std::atomic<std::uint32_t> nobody_wakes_me{0};
        manual_clock_platform::park(nobody_wakes_me, 0, manual_clock::now() + span);
    }
    void start() { ASSERT_TRUE(manual_clock_platform::start_thread("greedy", &run, this)); }
    static void run(void* raw) {
        auto& me = *static_cast<greedy*>(raw);
        const auto first = me.with->pool.acquire();
        me.line = __LINE__ - 1;
        pass(1s); // until all have their first
        if (!me.takes_a_second) return pass(me.patience);
        const auto second = me.with->pool.try_acquire_for(me.patience);
        me.code = second.code();
        if (!second) me.text = second.error().text();
    }
};

// 15: hold one, wait for another.
TEST(FailureMode, 15_pool_whose_holders_all_wait_says_so_and_lists_where_they_acquired) {
    manual_clock clock;
    auto options = quiet(2);
    options.record_holders = true;
    timed p(options);
    greedy first{&p, 10s};
    greedy second{&p, 20s};

    first.start();
    second.start();
    clock.settle();
    clock.advance(5s);
    EXPECT_EQ(p.pool.stats().waiting, 2U);
    clock.advance(30s);

    EXPECT_EQ(first.code, hr::lend_e_pool_locked);
    const auto at = first.text.find(line_of(first.line));
    ASSERT_NE(at, std::string::npos) << first.text;
    EXPECT_NE(first.text.find(line_of(first.line), at + 1), std::string::npos) << first.text;
    EXPECT_EQ(second.code, hr::s_ok); // it gets what the first gave back when it gave up
    EXPECT_EQ(p.pool.stats().refused_for(lend::refusal::pool_locked), 1U);
}

TEST(PoolLocked, one_resource_and_one_thread_are_enough) {
    const manual_clock clock;
    auto options = quiet(1);
    options.record_holders = true;
    timed p(options);
    const auto held = p.pool.acquire();

    const auto late = p.pool.try_acquire_for(1s);

    EXPECT_EQ(late.code(), hr::lend_e_pool_locked);
    EXPECT_EQ(late.error().waited(), 1s);
    EXPECT_NE(late.error().snapshot(), nullptr);
    EXPECT_NE(late.error().oldest_holder(), nullptr);
}

TEST(PoolLocked, text_lists_eight_holders_and_counts_the_rest) {
    const manual_clock clock;
    auto options = quiet(10);
    options.record_holders = true;
    timed p(options);
    std::vector<timed::pool_type::lease_type> held;
    for (int at = 0; at < 10; ++at) held.push_back(p.pool.acquire().value());

    const auto late = p.pool.try_acquire_for(1s);

    ASSERT_EQ(late.code(), hr::lend_e_pool_locked);
    const std::string text(late.error().text());
    EXPECT_EQ(std::count(text.begin(), text.end(), ';'), 8) << text;
    EXPECT_TRUE(text.ends_with("; and 2 more")) << text;
}

TEST(PoolLocked, one_holder_who_does_not_wait_makes_it_a_plain_time_out) {
    manual_clock clock;
    auto options = quiet(2);
    options.record_holders = true;
    timed p(options);
    greedy waits{&p, 10s};
    greedy works{&p, 1min, false};

    waits.start();
    works.start();
    clock.settle();
    clock.advance(2min);

    EXPECT_EQ(waits.code, hr::lend_e_timed_out);
}

TEST(PoolLocked, somebody_without_a_resource_is_told_as_well) {
    manual_clock clock;
    auto options = quiet(1);
    options.record_holders = true;
    timed p(options);
    greedy holder{&p, 1min};
    holder.start();
    clock.settle();
    clock.advance(5s);

    const auto late = p.pool.try_acquire_for(1s);

    EXPECT_EQ(late.code(), hr::lend_e_pool_locked);
    clock.advance(2min);
}

TEST(PoolLocked, pool_with_room_left_is_not_locked) {
    const manual_clock clock;
    auto options = quiet(2);
    options.creation = lend::creation_mode::worker;
    options.record_holders = true;
    timed p(options);
    const auto held = p.pool.acquire();
    p.calls->create.from_now_on(hr::e_accessdenied);

    const auto late = p.pool.try_acquire_for(10s);

    EXPECT_EQ(late.code(), hr::lend_e_timed_out);
}

TEST(PoolLocked, pool_that_records_nothing_cannot_tell) {
    const manual_clock clock;
    timed p(quiet(1));
    const auto held = p.pool.acquire();

    EXPECT_EQ(p.pool.try_acquire_for(1s).code(), hr::lend_e_timed_out);
}

} // namespace pool_multiple_acquire_test
