// SPDX-License-Identifier: MIT
/// @file
/// Who holds what: the record that a borrower leaves, how it is listed, and what time-outs say of
/// it.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace pool_holders_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;
using platform = lend::default_platform;

using plain = pool_with<recording_driver>;
using typed = pool_with<typed_recording_driver>;
using timed = pool_with<recording_driver, manual_clock_platform>;

lend::pool_options recorded(std::size_t max_size = 4) {
    auto options = quiet(max_size);
    options.record_holders = true;
    return options;
}

// ---- what is recorded ---------------------------------------------------------------------------

TEST(PoolHolders, holder_is_known_by_place_thread_and_number) {
    plain p(recorded());
    const auto held = p.pool.acquire();
    const std::uint32_t line = __LINE__ - 1;

    const auto all = p.pool.holders();

    ASSERT_EQ(all.size(), 1U);
    EXPECT_TRUE(all[0].is_recorded());
    EXPECT_EQ(all[0].id, held->id());
    EXPECT_EQ(all[0].thread, platform::thread_id());
    EXPECT_TRUE(std::string_view(all[0].site.file).ends_with("pool_holders_test.cpp"));
    EXPECT_EQ(all[0].site.line, line);
    EXPECT_STREQ(all[0].site.function, "TestBody");
    EXPECT_TRUE(all[0].note.empty());
}

TEST(PoolHolders, fast_path_records_as_the_slow_one_does) {
    plain p(recorded(1));
    { const auto first = p.pool.acquire(); }
    const auto again = p.pool.acquire();
    const std::uint32_t line = __LINE__ - 1;

    const auto all = p.pool.holders();

    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].site.line, line);
}

TEST(PoolHolders, every_way_to_acquire_names_the_place_of_the_call) {
    plain p(recorded(8));
    std::vector<decltype(p.pool)::lease_type> held;
    std::vector<std::uint32_t> lines;
    // clang-format off
    held.push_back(*p.pool.acquire()); lines.push_back(__LINE__);
    held.push_back(*p.pool.try_acquire()); lines.push_back(__LINE__);
    held.push_back(*p.pool.try_acquire_for(1s)); lines.push_back(__LINE__);
    held.push_back(*p.pool.try_acquire_until(platform::now() + 1h)); lines.push_back(__LINE__);
    held.push_back(*p.pool.acquire({.note = "said"})); lines.push_back(__LINE__);
    // clang-format on

    const auto all = p.pool.holders();

    ASSERT_EQ(all.size(), lines.size());
    for (std::size_t at = 0; at < all.size(); ++at) EXPECT_EQ(all[at].site.line, lines[at]);
    EXPECT_EQ(all[4].note, "said");
}

TEST(PoolHolders, what_is_handed_to_a_callback_is_held_by_the_thread_that_asked) {
    plain p(recorded(1));
    auto held = p.pool.acquire();
    std::optional<decltype(p.pool)::lease_type> got;
    std::uint64_t other = 0;
    std::thread([&] {
        other = platform::thread_id();
        p.pool.acquire_async({.note = "by callback"}, [&](auto lease) { got = *std::move(lease); });
    }).join();
    const std::uint32_t line = __LINE__ - 2;

    held->release();

    ASSERT_TRUE(got);
    const auto all = p.pool.holders();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].thread, other);
    EXPECT_EQ(all[0].site.line, line);
    EXPECT_EQ(all[0].note, "by callback");
}

TEST(PoolHolders, typed_acquires_name_the_place_of_the_call) {
    typed p(recorded());
    const auto first = p.pool.acquire('a');
    const auto second = p.pool.try_acquire('b');
    const std::uint32_t line = __LINE__ - 1;

    const auto all = p.pool.holders();

    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].site.line, line - 1);
    EXPECT_EQ(all[1].site.line, line);
}

TEST(PoolHolders, place_may_be_somebody_elses) {
    plain p(recorded());
    const lend::source_site elsewhere{"caller.cpp", "caller", 7};

    const auto held = p.pool.acquire(elsewhere);

    EXPECT_STREQ(p.pool.holders()[0].site.file, "caller.cpp");
}

TEST(PoolHolders, record_keeps_the_thread_that_acquired) {
    plain p(recorded());
    std::uint64_t other = 0;
    auto held = p.pool.try_acquire();
    held->release();
    std::thread([&] {
        other = platform::thread_id();
        held = p.pool.acquire();
    }).join();

    EXPECT_EQ(p.pool.holders()[0].thread, other);
    EXPECT_NE(other, platform::thread_id());
}

TEST(PoolHolders, note_changes_while_the_lease_lasts_and_ends_with_it) {
    plain p(recorded(1));
    auto held = p.pool.acquire({.note = "begins"});
    EXPECT_EQ(p.pool.holders()[0].note, "begins");

    held->note("copies");
    EXPECT_EQ(p.pool.holders()[0].note, "copies");
    held->note(nullptr);
    EXPECT_TRUE(p.pool.holders()[0].note.empty());
    held->note("ends");
    held->release();
    const auto next = p.pool.acquire();

    EXPECT_TRUE(p.pool.holders()[0].note.empty());
}

TEST(PoolHolders, note_on_an_empty_lease_does_nothing) {
    plain p(recorded());
    auto held = p.pool.acquire();
    held->release();

    held->note("nobody hears this");

    EXPECT_TRUE(p.pool.holders().empty());
}

// ---- who is listed ------------------------------------------------------------------------------

TEST(PoolHolders, what_came_back_is_held_by_nobody) {
    plain p(recorded());
    auto a = p.pool.acquire();
    auto b = p.pool.acquire();
    a->release();
    EXPECT_EQ(p.pool.holders().size(), 1U);
    (void)b->discard();

    EXPECT_TRUE(p.pool.holders().empty());
}

TEST(PoolHolders, pool_that_records_nothing_knows_the_numbers) {
    plain p(quiet());
    const auto held = p.pool.acquire({.note = "not kept"});

    const auto all = p.pool.holders();

    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].id, held->id());
    EXPECT_FALSE(all[0].is_recorded());
    EXPECT_TRUE(all[0].note.empty());
}

TEST(PoolHolders, leak_search_and_multiple_acquire_record_by_themselves) {
    auto options = quiet();
    EXPECT_FALSE(options.records());
    options.leak_after = 1s;
    EXPECT_TRUE(options.records());
    options.leak_after = 0s;
    options.multiple_acquire = lend::multiple_acquire_mode::warn;
    EXPECT_TRUE(options.records());
    options.multiple_acquire = lend::multiple_acquire_mode::allow;
    options.record_holders = true;
    EXPECT_TRUE(options.records());
}

TEST(PoolHolders, there_are_none_in_a_pool_that_was_moved_from) {
    plain p(recorded());
    const auto moved = std::move(p.pool);

    EXPECT_TRUE(p.pool.holders().empty());
}

TEST(PoolHolders, time_counts_from_when_the_pool_first_saw_the_lending) {
    manual_clock clock;
    timed p(recorded());
    const auto held = p.pool.acquire();
    clock.advance(1h); // nobody looked
    EXPECT_EQ(p.pool.holders()[0].held_for, 0s);

    clock.advance(3s);

    EXPECT_EQ(p.pool.holders()[0].held_for, 3s);
}

TEST(PoolHolders, time_of_one_lending_is_not_that_of_the_next) {
    manual_clock clock;
    timed p(recorded(1));
    auto held = p.pool.acquire();
    (void)p.pool.sweep();
    clock.advance(1min);
    held->release();
    held = p.pool.acquire();
    (void)p.pool.sweep();

    clock.advance(2s);

    EXPECT_EQ(p.pool.holders()[0].held_for, 2s);
}

// ---- time-outs ----------------------------------------------------------------------------------

// 40: 'timed out' without why.
TEST(FailureMode, 40_time_out_says_how_long_how_it_stood_who_holds_and_why_nothing_is_made) {
    const manual_clock clock;
    auto options = recorded(2);
    options.creation = lend::creation_mode::worker;
    timed p(options);
    const auto held = p.pool.acquire({.note = "nightly report"});
    const std::uint32_t line = __LINE__ - 1;
    p.calls->create.from_now_on(hr::e_accessdenied);

    const auto late = p.pool.try_acquire_for(10s);

    ASSERT_FALSE(late);
    const lend::error& why = late.error();
    EXPECT_EQ(why.code(), hr::lend_e_timed_out);
    EXPECT_EQ(why.waited(), 10s);
    ASSERT_NE(why.snapshot(), nullptr);
    EXPECT_EQ(why.snapshot()->size, 1U);
    EXPECT_EQ(why.snapshot()->in_use, 1U);
    EXPECT_EQ(why.snapshot()->waiting, 1U);
    EXPECT_NE(why.last_create_error().find("E_ACCESSDENIED"), std::string::npos);
    ASSERT_NE(why.oldest_holder(), nullptr);
    EXPECT_EQ(why.oldest_holder()->id, held->id());
    EXPECT_EQ(why.oldest_holder()->site.line, line);
    EXPECT_EQ(why.oldest_holder()->note, "nightly report");
    EXPECT_EQ(why.oldest_holder()->held_for, 10s); // seen when the wait began
    EXPECT_NE(why.message().find("oldest holder: resource "), std::string::npos);
}

TEST(PoolHolders, oldest_is_who_was_seen_first) {
    manual_clock clock;
    timed p(recorded(2));
    const auto young_later = p.pool.acquire({.note = "a"});
    (void)p.pool.sweep();
    clock.advance(5s);
    const auto young = p.pool.acquire({.note = "b"});

    const auto late = p.pool.try_acquire_for(1s);

    ASSERT_NE(late.error().oldest_holder(), nullptr);
    EXPECT_EQ(late.error().oldest_holder()->note, "a");
    EXPECT_EQ(late.error().oldest_holder()->held_for, 6s);
}

TEST(PoolHolders, refusal_without_a_wait_names_a_holder) {
    plain p(recorded(1));
    const auto held = p.pool.acquire();

    const auto refused = p.pool.try_acquire();

    EXPECT_EQ(refused.code(), hr::lend_e_exhausted);
    ASSERT_NE(refused.error().oldest_holder(), nullptr);
    EXPECT_EQ(refused.error().oldest_holder()->id, held->id());
}

TEST(PoolHolders, time_out_of_a_pool_that_records_nothing_names_nobody) {
    const manual_clock clock;
    timed p(quiet(1));
    const auto held = p.pool.acquire();

    const auto late = p.pool.try_acquire_for(1s);

    EXPECT_EQ(late.error().oldest_holder(), nullptr);
}

} // namespace pool_holders_test
