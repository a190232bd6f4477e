// SPDX-License-Identifier: MIT
/// @file
/// Histograms of times: every time finds the bucket that holds it, and every percentile is that of
/// the sorted samples, up to a sixteenth.

#include <lend/histogram.hpp>

#include "support/leak_guard.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

namespace histogram_test {

using namespace std::chrono_literals;
using lend::histogram;
using scale = lend::detail::histogram_scale;
using std::chrono::nanoseconds;

constexpr nanoseconds power(unsigned of_two) { return nanoseconds(std::int64_t{1} << of_two); }

// From 1 ns to some hours, as many of each order of magnitude.
std::vector<nanoseconds> samples(std::size_t count, std::uint32_t seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> exponent(0, 44.9);
    std::vector<nanoseconds> all;
    while (all.size() < count) {
        all.push_back(nanoseconds(static_cast<std::int64_t>(std::exp2(exponent(random)))));
    }
    return all;
}

histogram of(const std::vector<nanoseconds>& all) {
    histogram h;
    for (const nanoseconds each : all) h.record(each);
    return h;
}

std::string printed(const histogram& h) {
    std::ostringstream out;
    out << h;
    return out.str();
}

TEST(HistogramScale, each_bucket_ends_where_the_next_begins) {
    for (std::size_t at = 0; at + 1 < scale::buckets; ++at) {
        const nanoseconds end = scale::end_of(at);
        ASSERT_EQ(scale::bucket_of(end), at) << end.count();
        ASSERT_EQ(scale::bucket_of(end + 1ns), at + 1) << end.count();
    }
    EXPECT_EQ(scale::bucket_of(scale::end_of(scale::buckets - 1)), scale::buckets - 1);
}

TEST(HistogramScale, the_middle_is_at_most_a_sixteenth_away) {
    for (std::size_t at = 1; at < scale::buckets; ++at) {
        const auto first = static_cast<double>(scale::end_of(at - 1).count() + 1);
        const auto last = static_cast<double>(scale::end_of(at).count());
        const auto middle = static_cast<double>(scale::middle_of(at).count());
        ASSERT_LE(std::abs(middle - first), first * histogram::relative_error) << at;
        ASSERT_LE(std::abs(middle - last), last * histogram::relative_error) << at;
    }
}

TEST(HistogramScale, each_power_of_two_ends_a_bucket) {
    for (unsigned at = 0; at <= 45; ++at) {
        EXPECT_EQ(scale::end_of(scale::bucket_of(power(at))), power(at)) << at;
    }
    EXPECT_EQ(histogram::longest, power(45));
}

TEST(HistogramScale, what_lies_outside_is_counted_at_its_ends) {
    EXPECT_EQ(scale::bucket_of(0ns), 0U);
    EXPECT_EQ(scale::bucket_of(-1ns), 0U);
    EXPECT_EQ(scale::bucket_of(nanoseconds::min()), 0U);
    EXPECT_EQ(scale::bucket_of(power(45) + 1ns), scale::buckets - 1);
    EXPECT_EQ(scale::bucket_of(nanoseconds::max()), scale::buckets - 1);
}

TEST(Histogram, is_empty_at_first) {
    const histogram h;

    EXPECT_EQ(h.count(), 0U);
    EXPECT_EQ(h.sum(), 0ns);
    EXPECT_EQ(h.maximum(), 0ns);
    EXPECT_EQ(h.mean(), 0ns);
    EXPECT_EQ(h.percentile(0.5), 0ns);
    EXPECT_EQ(h.count_up_to(nanoseconds::max()), 0U);
}

TEST(Histogram, percentiles_are_those_of_the_sorted_samples) {
    for (const std::size_t count : {1U, 2U, 3U, 10U, 99U, 100U, 101U, 1000U, 20'000U}) {
        auto all = samples(count, static_cast<std::uint32_t>(count));
        const histogram h = of(all);
        std::sort(all.begin(), all.end());
        for (const unsigned permille : {1U, 10U, 250U, 500U, 900U, 990U, 999U}) {
            const std::size_t rank = (permille * count + 999) / 1000;
            const nanoseconds exact = all[rank - 1];
            const nanoseconds told = h.percentile(permille / 1000.0);
            // Exactly the bucket in which the sample of this rank lies.
            ASSERT_EQ(scale::bucket_of(told), scale::bucket_of(exact)) << count << " " << permille;
            ASSERT_LE(std::abs(static_cast<double>((told - exact).count())),
                      static_cast<double>(exact.count()) * histogram::relative_error);
        }
        EXPECT_EQ(h.percentile(1), all.back());
    }
}

TEST(Histogram, count_sum_and_maximum_are_exact) {
    const auto all = samples(1000, 7);
    nanoseconds sum{0};
    for (const nanoseconds each : all) sum += each;

    const histogram h = of(all);

    EXPECT_EQ(h.count(), all.size());
    EXPECT_EQ(h.sum(), sum);
    EXPECT_EQ(h.maximum(), *std::max_element(all.begin(), all.end()));
    EXPECT_EQ(h.mean(), sum / 1000);
}

TEST(Histogram, counts_up_to_a_power_of_two_are_exact) {
    const auto all = samples(5000, 3);
    const histogram h = of(all);
    for (unsigned at = 0; at <= 45; ++at) {
        const auto exact = std::count_if(all.begin(), all.end(),
                                         [&](nanoseconds each) { return each <= power(at); });
        EXPECT_EQ(h.count_up_to(power(at)), static_cast<std::uint64_t>(exact)) << at;
    }
    EXPECT_EQ(h.count_up_to(-1ns), 0U);
    EXPECT_EQ(h.count_up_to(nanoseconds::max()), all.size());
}

// 610 ns ends no bucket: the count up to it may not depend on how long the longest was.
TEST(FailureMode, 39_no_count_goes_back_when_a_longer_time_is_noted) {
    histogram h;
    std::uint64_t before = 0;
    for (const nanoseconds time : {600ns, 605ns, 10'000ns, 3ns}) {
        h.record(time);
        EXPECT_GE(h.count_up_to(610ns), before) << time.count();
        before = h.count_up_to(610ns);
    }
    EXPECT_EQ(before, 1U);
    EXPECT_EQ(h.count_up_to(640ns), 3U);
}

TEST(Histogram, shares_outside_of_0_and_1_are_the_ends) {
    histogram h;
    h.record(3ns);
    h.record(9ns);

    EXPECT_EQ(h.percentile(-1), 3ns);
    EXPECT_EQ(h.percentile(0), 3ns);
    EXPECT_EQ(h.percentile(2), 9ns);
    EXPECT_EQ(h.percentile(std::numeric_limits<double>::quiet_NaN()), 3ns);
}

TEST(Histogram, percentile_of_times_beyond_the_last_bucket_is_in_the_last_bucket) {
    histogram h;
    h.record(nanoseconds::max());
    h.record(nanoseconds::max());

    EXPECT_EQ(h.p50(), scale::middle_of(scale::buckets - 1));
}

TEST(Histogram, negative_times_count_as_none) {
    histogram h;
    h.record(-5ns);

    EXPECT_EQ(h.count(), 1U);
    EXPECT_EQ(h.sum(), 0ns);
    EXPECT_EQ(h.count_up_to(0ns), 1U);
}

TEST(Histogram, a_time_recorded_many_times_is_that_many_samples) {
    histogram at_once;
    at_once.record(5us, 3);
    at_once.record(9s, 0);
    histogram one_by_one;
    for (int at = 0; at < 3; ++at) one_by_one.record(5us);

    EXPECT_EQ(at_once, one_by_one);
}

TEST(Histogram, merged_ones_are_as_one_that_saw_everything) {
    const auto first = samples(500, 1);
    const auto second = samples(700, 2);
    auto both = first;
    both.insert(both.end(), second.begin(), second.end());

    EXPECT_EQ(of(first).merge(of(second)), of(both));
    EXPECT_EQ(of(second).merge(of(first)), of(both));
    EXPECT_EQ(of(first).merge(histogram{}), of(first));
}

TEST(Histogram, sum_stays_at_its_maximum) {
    histogram h;
    h.record(nanoseconds::max());
    h.record(1s);

    EXPECT_EQ(h.sum(), nanoseconds::max());
    EXPECT_EQ(h.maximum(), nanoseconds::max());
    EXPECT_EQ(h.merge(histogram(h)).sum(), nanoseconds::max());
    h.record(nanoseconds::max(), 1'000'000'000'000);
    EXPECT_EQ(h.sum(), nanoseconds::max());
}

TEST(Histogram, can_be_made_of_counts_kept_elsewhere) {
    const auto all = samples(300, 5);
    std::array<std::uint64_t, histogram::buckets> counts{};
    std::uint64_t sum = 0;
    for (const nanoseconds each : all) {
        ++counts[scale::bucket_of(each)];
        sum += static_cast<std::uint64_t>(each.count());
    }

    EXPECT_EQ(histogram::of(counts, sum, *std::max_element(all.begin(), all.end())), of(all));
}

TEST(Histogram, recording_and_asking_allocate_nothing) {
    histogram h;
    const auto before = lend_test::allocations::tried_here();
    for (const nanoseconds each : {0ns, 1ns, 17ns, 1'000'000ns, nanoseconds::max()}) h.record(each);
    const histogram copy = h;
    h.merge(copy);

    EXPECT_EQ(h.p99(), nanoseconds::max());
    EXPECT_EQ(lend_test::allocations::tried_here(), before);
    static_assert(std::is_trivially_copyable_v<histogram>);
    static_assert(sizeof(histogram) <= 2824);
}

TEST(Histogram, prints_its_percentiles_with_units) {
    histogram h;
    EXPECT_EQ(printed(h), "none");
    h.record(1'234'567ns);
    EXPECT_EQ(printed(h), "1: p50 1.23 ms, p99 1.23 ms, p99.9 1.23 ms, max 1.23 ms");
}

TEST(Histogram, times_print_with_three_digits) {
    struct row {
        nanoseconds time;
        const char* text;
    };
    const row rows[] = {{0ns, "0 ns"},         {999ns, "999 ns"},       {1000ns, "1.00 us"},
                        {12'345ns, "12.3 us"}, {999'999ns, "999 us"},   {1ms, "1.00 ms"},
                        {50'050ms, "50.0 s"},  {1s, "1.00 s"},          {1005ms, "1.00 s"},
                        {3h, "10800 s"},       {1'060'000ns, "1.06 ms"}};
    for (const row& each : rows) EXPECT_EQ(lend::detail::spell_time(each.time), each.text);
}

TEST(Histogram, two_are_equal_if_they_have_counted_the_same) {
    histogram one;
    histogram other;
    one.record(1ms);
    EXPECT_NE(one, other);
    other.record(1ms);
    EXPECT_EQ(one, other);
}

} // namespace histogram_test
