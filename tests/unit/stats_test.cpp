// SPDX-License-Identifier: MIT
/// @file
/// Statistics: all zero at first, and each gauge and counter prints under its own name.

#include <lend/stats.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <sstream>
#include <string>
#include <type_traits>

namespace {

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
    s.max_size = 30;
    s.acquired = 101;
    s.waited = 102;
    s.handed_over = 103;
    s.timed_out = 104;
    s.cancelled = 111;
    s.created = 105;
    s.create_failed = 106;
    s.destroyed = 107;
    s.detached = 108;
    s.condemned = 109;
    s.destroy_failed = 110;
    s.outages = 112;
    for (std::size_t at = 0; at < lend::destroy_reasons; ++at) s.closed[at] = 201 + at;
    return s;
}();

TEST(PoolStats, prints_gauges_then_counters_then_reasons_in_one_line) {
    std::string expected =
        "size 28 of 30 (1 idle, 2 in use, 3 creating, 4 checking, 5 resetting, 6 parked, 7 "
        "destroying), 8 waiting; 101 acquired, 102 waited, 103 handed over, 104 timed out, "
        "111 cancelled, 105 created, 106 create failed, 107 destroyed, 108 detached, 109 "
        "condemned, 110 "
        "destroy failed, 112 outages";
    for (std::size_t at = 0; at < lend::destroy_reasons; ++at) {
        expected += ", " + std::to_string(201 + at) + ' ';
        expected += to_string(static_cast<lend::destroy_reason>(at));
    }
    EXPECT_EQ(printed(all_different), expected);
}

TEST(PoolStats, all_fields_start_at_zero_and_reasons_without_count_are_not_printed) {
    EXPECT_EQ(printed(pool_stats{}),
              "size 0 of 0 (0 idle, 0 in use, 0 creating, 0 checking, 0 resetting, 0 parked, 0 "
              "destroying), 0 waiting; 0 acquired, 0 waited, 0 handed over, 0 timed out, 0 "
              "cancelled, 0 created, 0 create failed, 0 destroyed, 0 detached, 0 condemned, 0 "
              "destroy failed, 0 outages");
}

TEST(PoolStats, every_field_is_printed) {
    // A new gauge or counter changes the size, and belongs into the line as well.
    static_assert(sizeof(pool_stats) ==
                  10 * sizeof(std::size_t) + (12 + lend::destroy_reasons) * sizeof(std::uint64_t));
    const std::string line = printed(all_different);
    std::istringstream in(line);
    std::size_t numbers = 0;
    for (std::string word; in >> word;) {
        numbers += word.find_first_of("0123456789") != std::string::npos ? 1U : 0U;
    }

    EXPECT_EQ(numbers, 22 + lend::destroy_reasons) << line;
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

} // namespace
