// SPDX-License-Identifier: MIT
/// @file
/// Statistics: all zero at first, and each gauge and counter prints under its own name.

#include <lend/stats.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
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
constexpr pool_stats all_different{
    .idle = 1,
    .in_use = 2,
    .creating = 3,
    .checking = 4,
    .resetting = 5,
    .parked = 6,
    .destroying = 7,
    .size = 28,
    .waiting = 8,
    .max_size = 30,
    .acquired = 101,
    .waited = 102,
    .handed_over = 103,
    .timed_out = 104,
    .created = 105,
    .create_failed = 106,
    .destroyed = 107,
    .detached = 108,
    .condemned = 109,
    .expired = 110,
    .unfit = 111,
    .reset_failed = 112,
    .poisoned = 113,
    .destroy_failed = 114,
};

TEST(PoolStats, prints_gauges_and_then_counters_in_one_line) {
    EXPECT_EQ(printed(all_different),
              "size 28 of 30 (1 idle, 2 in use, 3 creating, 4 checking, 5 resetting, 6 parked, 7 "
              "destroying), 8 waiting; 101 acquired, 102 waited, 103 handed over, 104 timed out, "
              "105 created, 106 create failed, 107 destroyed, 108 detached, 109 condemned, 110 "
              "expired, 111 unfit, 112 reset failed, 113 poisoned, 114 destroy failed");
}

TEST(PoolStats, all_fields_start_at_zero) {
    EXPECT_EQ(printed(pool_stats{}),
              "size 0 of 0 (0 idle, 0 in use, 0 creating, 0 checking, 0 resetting, 0 parked, 0 "
              "destroying), 0 waiting; 0 acquired, 0 waited, 0 handed over, 0 timed out, 0 "
              "created, 0 create failed, 0 destroyed, 0 detached, 0 condemned, 0 expired, 0 unfit, "
              "0 reset failed, 0 poisoned, 0 destroy failed");
}

TEST(PoolStats, every_field_is_printed) {
    // 10 gauges and 14 counters: a new one changes the size, and belongs into the line as well.
    static_assert(sizeof(pool_stats) == 10 * sizeof(std::size_t) + 14 * sizeof(std::uint64_t));
    const std::string line = printed(all_different);
    std::istringstream in(line);
    int numbers = 0;
    for (std::string word; in >> word;) {
        numbers += word.find_first_of("0123456789") != std::string::npos ? 1 : 0;
    }

    EXPECT_EQ(numbers, 24) << line;
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
