// SPDX-License-Identifier: MIT
/// @file
/// Statistics: all zero at first, and each gauge and counter prints under its own name.

#include <lend/stats.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <sstream>
#include <string>
#include <type_traits>

namespace stats_test {

using lend::pool_stats;

std::string printed(const pool_stats& stats) {
    std::ostringstream out;
    out << stats;
    return out.str();
}

// Each field has a number of its own, so that no two can be exchanged unseen.
constexpr pool_stats all_different = [] {
    pool_stats s;
    s.idle = 1;
    s.in_use = 2;
    s.creating = 3;
    s.checking = 4;
    s.resetting = 5;
    s.parked = 6;
    s.destroying = 7;
    s.size = 28;
    s.waiting = 8;
    s.leaked = 9;
    s.reclaimed = 12;
    s.abandoned = 10;
    s.max_size = 30;
    s.min_idle = 11;
    s.paused = true;
    s.acquired = 101;
    s.returned = 102;
    s.waited = 103;
    s.handed_over = 104;
    s.timed_out = 105;
    s.cancelled = 106;
    s.shed = 107;
    s.refused = 108;
    s.created = 109;
    s.create_failed = 110;
    s.destroyed = 111;
    s.detached = 112;
    s.condemned = 113;
    s.destroy_failed = 114;
    s.outages = 115;
    for (std::size_t at = 0; at < lend::destroy_reasons; ++at) s.closed[at] = 201 + at;
    for (std::size_t at = 0; at < lend::refusals; ++at) s.refused_by[at] = 301 + at;
    for (std::size_t at = 0; at < lend::create_failures; ++at) s.create_failed_by[at] = 401 + at;
    s.since_create_failed = std::chrono::milliseconds(1500);
    return s;
}();

TEST(PoolStats, prints_gauges_then_counters_then_reasons_in_one_line) {
    std::string expected =
        "size 28 of 30 (1 idle, 2 in use, 3 creating, 4 checking, 5 resetting, 6 parked, 7 "
        "destroying), 8 waiting, 9 leaked, 12 reclaimed, 10 abandoned, min idle 11, paused; 101 "
        "acquired, "
        "102 returned, "
        "103 waited, 104 handed over, 105 timed out, 106 cancelled, 107 shed, 108 refused, 109 "
        "created, 110 create failed, 111 destroyed, 112 detached, 113 condemned, 114 destroy "
        "failed, 115 outages";
    const auto add = [&](std::uint64_t count, std::string_view word) {
        expected.append(", ").append(std::to_string(count)).append(" ").append(word);
    };
    for (std::size_t at = 0; at < lend::refusals; ++at) {
        add(301 + at, "refused: " + std::string(to_string(static_cast<lend::refusal>(at))));
    }
    for (std::size_t at = 0; at < lend::create_failures; ++at) {
        add(401 + at,
            "create failed: " + std::string(to_string(static_cast<lend::create_failure>(at))));
    }
    for (std::size_t at = 0; at < lend::destroy_reasons; ++at) {
        add(201 + at, to_string(static_cast<lend::destroy_reason>(at)));
    }
    EXPECT_EQ(printed(all_different), expected + ", last create failure 1.50 s ago");
}

TEST(PoolStats, all_fields_start_at_zero_and_reasons_without_count_are_not_printed) {
    EXPECT_EQ(printed(pool_stats{}),
              "size 0 of 0 (0 idle, 0 in use, 0 creating, 0 checking, 0 resetting, 0 parked, 0 "
              "destroying), 0 waiting, 0 leaked, 0 reclaimed, 0 abandoned, min idle 0; 0 acquired, "
              "0 returned, "
              "0 waited, 0 handed over, 0 timed out, 0 cancelled, 0 shed, 0 refused, 0 created, 0 "
              "create failed, 0 destroyed, 0 detached, 0 condemned, 0 destroy failed, 0 outages");
}

TEST(PoolStats, every_field_is_printed) {
    // A new gauge or counter changes the size, and belongs into the line as well.
    constexpr std::size_t gauges = 14;
    constexpr std::size_t counters = 15;
    constexpr std::size_t reasons = lend::destroy_reasons + lend::refusals + lend::create_failures;
    constexpr std::size_t paused = sizeof(std::size_t); // padded
    static_assert(sizeof(pool_stats) == gauges * sizeof(std::size_t) + paused +
                                            (counters + reasons + 1) * sizeof(std::uint64_t));
    const std::string line = printed(all_different);
    std::istringstream in(line);
    std::size_t numbers = 0;
    for (std::string word; in >> word;) {
        numbers += word.find_first_of("0123456789") != std::string::npos ? 1U : 0U;
    }

    EXPECT_EQ(numbers, gauges + counters + reasons + 1) << line;
}

TEST(PoolStats, each_reason_has_a_word_of_its_own_and_a_counter) {
    std::set<std::string_view> words;
    for (std::size_t at = 0; at < lend::destroy_reasons; ++at) {
        const auto reason = static_cast<lend::destroy_reason>(at);
        words.insert(to_string(reason));
        EXPECT_EQ(all_different.closed_for(reason), 201 + at);
    }
    EXPECT_EQ(words.size(), lend::destroy_reasons);
    EXPECT_EQ(to_string(lend::destroy_reason::closed), "closed");
    EXPECT_EQ(to_string(lend::destroy_reason::pruned), "pruned");
    EXPECT_EQ(to_string(static_cast<lend::destroy_reason>(200)), "unknown");
}

TEST(PoolStats, counters_print_in_full) {
    pool_stats stats;
    stats.acquired = (std::numeric_limits<std::uint64_t>::max)();

    EXPECT_NE(printed(stats).find("; 18446744073709551615 acquired"), std::string::npos);
}

TEST(PoolStats, printing_can_be_chained) {
    std::ostringstream out;

    out << '[' << pool_stats{} << ']';

    EXPECT_EQ(out.str(), '[' + printed(pool_stats{}) + ']');
}

TEST(PoolStats, is_a_plain_value) {
    static_assert(std::is_trivially_copyable_v<pool_stats>);
    static_assert(std::is_aggregate_v<pool_stats>);
    const pool_stats copy = all_different;

    EXPECT_EQ(printed(copy), printed(all_different));
}

TEST(PoolTimings, print_one_line_for_each_histogram_with_samples) {
    lend::pool_timings t;
    t.wait[static_cast<std::size_t>(lend::acquire_outcome::timed_out)].record(
        std::chrono::seconds(2));
    t.create.record(std::chrono::nanoseconds(5));
    std::ostringstream out;
    out << t;

    EXPECT_EQ(t.wait_of(lend::acquire_outcome::timed_out).count(), 1U);
    EXPECT_EQ(out.str(), "wait, timed_out 1: p50 2.00 s, p99 2.00 s, p99.9 2.00 s, max 2.00 s\n"
                         "create 1: p50 5 ns, p99 5 ns, p99.9 5 ns, max 5 ns\n");
    std::ostringstream none;
    none << lend::pool_timings{};
    EXPECT_EQ(none.str(), "");
}

} // namespace stats_test
