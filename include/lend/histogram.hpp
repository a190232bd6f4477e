// SPDX-License-Identifier: MIT
/// @file
/// A histogram of times in fixed memory: buckets that are exact for a few nanoseconds and an eighth
/// of a power of two wide beyond, so that a tail of seconds and one of nanoseconds are kept alike.

#ifndef LEND_HISTOGRAM_HPP
#define LEND_HISTOGRAM_HPP

#include <lend/detail/as.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <limits>
#include <string>

namespace lend::inline v0_1 {
namespace detail {

// Which bucket a time belongs to. Bucket 0 is the time 0; then 16 buckets of one nanosecond each;
// then eight buckets for each power of two. Every bucket ends with a time that still belongs to it,
// so that each power of two, up to the last, is the end of a bucket.
struct histogram_scale {
    static constexpr unsigned steps_log2 = 3; // eight buckets for a power of two
    static constexpr unsigned powers = 45;    // 2^45 ns are 9.8 hours
    static constexpr std::size_t steps = std::size_t{1} << steps_log2;
    static constexpr std::size_t buckets = (powers - steps_log2 + 1) * steps + 1;

    // Times beyond the last bucket are counted in it, negative ones in the first.
    [[nodiscard]] static constexpr std::size_t bucket_of(std::chrono::nanoseconds time) noexcept {
        if (time.count() <= 0) return 0;
        const auto before = static_cast<std::uint64_t>(time.count()) - 1;
        if (before < steps) return static_cast<std::size_t>(before) + 1;
        const auto power = static_cast<unsigned>(std::bit_width(before)) - 1;
        if (power >= powers) return buckets - 1;
        const unsigned shift = power - steps_log2;
        return shift * steps + detail::as<std::size_t>(before >> shift) + 1;
    }

    // The longest time that belongs to a bucket.
    [[nodiscard]] static constexpr std::chrono::nanoseconds end_of(std::size_t bucket) noexcept {
        if (bucket <= 2 * steps) return std::chrono::nanoseconds(bucket);
        const std::size_t shift = (bucket - 1) / steps - 1;
        const std::size_t step = (bucket - 1) % steps + steps;
        return std::chrono::nanoseconds((std::uint64_t{step} + 1) << shift);
    }

    // The time in the middle of a bucket: at most a sixteenth away from any time in it.
    [[nodiscard]] static constexpr std::chrono::nanoseconds middle_of(std::size_t bucket) noexcept {
        if (bucket <= 2 * steps) return end_of(bucket);
        return (end_of(bucket - 1) + std::chrono::nanoseconds(1) + end_of(bucket)) / 2;
    }
};

// A time with three digits and its unit, as "1.20 ms".
inline std::string spell_time(std::chrono::nanoseconds time) {
    struct unit {
        std::int64_t size;
        const char* name;
    };
    constexpr unit units[] = {{1'000'000'000, " s"}, {1'000'000, " ms"}, {1'000, " us"}};
    const std::int64_t count = time.count();
    for (const unit& each : units) {
        if (count < each.size) continue;
        const std::int64_t whole = count / each.size;
        std::string text = std::to_string(whole);
        const std::size_t digits = text.size() >= 3 ? 0 : 3 - text.size();
        if (digits > 0) {
            // Cut off, not rounded: 999.9 us stay below a millisecond.
            std::string rest = std::to_string(each.size + count % each.size).substr(1, digits);
            text.append(".").append(rest);
        }
        return text + each.name;
    }
    return std::to_string(count) + " ns";
}

} // namespace detail

/// How often which times were seen, in fixed memory: for waits, creates, uses.
///
/// A percentile is at most a sixteenth (6.25 %) away from the sample that has its rank; up to 16
/// ns, the maximum, the count and the sum are exact. Times beyond 9.8 hours count as that long in
/// percentiles.
///
/// Size: 2.8 KB. When not to use it: where fewer than some hundred samples are kept, a sorted
/// vector is smaller and exact.
///
/// Invariant: the count is the sum of the buckets' counts.
/// Example: examples/tour_watching.cpp.
/// @par Thread safety
///   Distinct objects: safe. Shared objects: safe while none is written. Wait-free.
/// @par Source
///   The log-linear buckets of HdrHistogram. Differs: one precision, and no resizing.
class histogram {
    using scale = detail::histogram_scale;

public:
    /// How far a percentile may be away from the sample that it stands for, as a share of it.
    static constexpr double relative_error = 1.0 / 16;
    /// The longest time that is told from longer ones: 2^45 ns, 9.8 hours.
    static constexpr std::chrono::nanoseconds longest = scale::end_of(scale::buckets - 1);
    /// The number of buckets.
    static constexpr std::size_t buckets = scale::buckets;

    /// Notes a time, `times` times. Negative times count as 0.
    /// @par Errors None. @par Thread safety As the class.
    /// @par Complexity Constant; allocates nothing.
    void record(std::chrono::nanoseconds time, std::uint64_t times = 1) noexcept {
        if (times == 0) return;
        const auto value = (std::max)(time, std::chrono::nanoseconds(0));
        counts_[scale::bucket_of(value)] += times;
        count_ += times;
        add_to_sum(static_cast<std::uint64_t>(value.count()), times);
        max_ = (std::max)(max_, value);
    }

    /// Notes everything that another histogram has seen.
    /// @par Errors None. @par Thread safety As the class.
    /// @par Complexity Linear in the number of buckets; allocates nothing.
    histogram& merge(const histogram& other) noexcept {
        for (std::size_t at = 0; at < buckets; ++at) counts_[at] += other.counts_[at];
        count_ += other.count_;
        add_to_sum(other.sum_, 1);
        max_ = (std::max)(max_, other.max_);
        return *this;
    }

    /// How many times were noted.
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    /// All times together; stays at nanoseconds::max(), 292 years, when it gets there.
    [[nodiscard]] std::chrono::nanoseconds sum() const noexcept {
        return std::chrono::nanoseconds(static_cast<std::int64_t>(sum_));
    }
    /// The longest time, exactly; 0 if there is none.
    [[nodiscard]] std::chrono::nanoseconds maximum() const noexcept { return max_; }
    /// The sum divided by the count; 0 if there is none.
    [[nodiscard]] std::chrono::nanoseconds mean() const noexcept {
        return std::chrono::nanoseconds(count_ == 0 ? 0 : static_cast<std::int64_t>(sum_ / count_));
    }

    /// The time that `share` of all samples do not exceed: that of rank ceil(share x count).
    ///
    /// @param share  from 0 (the shortest) to 1 (the longest, exactly); what lies outside counts as
    ///               the bound that it passed.
    /// @return 0 if there is no sample; otherwise at most `relative_error` away from the sample.
    /// @par Errors None. @par Thread safety As the class.
    /// @par Complexity Linear in the number of buckets.
    [[nodiscard]] std::chrono::nanoseconds percentile(double share) const noexcept {
        if (count_ == 0) return std::chrono::nanoseconds(0);
        const std::uint64_t rank = rank_of(share);
        if (rank == count_) return max_;
        std::uint64_t seen = 0;
        std::size_t at = 0;
        while (at + 1 < buckets && (seen += counts_[at]) < rank) ++at;
        return (std::min)(scale::middle_of(at), max_);
    }
    [[nodiscard]] std::chrono::nanoseconds p50() const noexcept { return percentile(0.5); }
    [[nodiscard]] std::chrono::nanoseconds p99() const noexcept { return percentile(0.99); }
    [[nodiscard]] std::chrono::nanoseconds p999() const noexcept { return percentile(0.999); }

    /// How many samples did not exceed `bound`. Exact for 0, for each power of two nanoseconds up
    /// to `longest`, and up to 16 ns; otherwise those in the bucket of `bound` are left out, also
    /// where none of them exceeds it, so that no count goes back when a longer one is noted.
    /// @par Errors None. @par Thread safety As the class.
    /// @par Complexity Linear in the number of buckets.
    [[nodiscard]] std::uint64_t count_up_to(std::chrono::nanoseconds bound) const noexcept {
        if (bound.count() < 0) return 0;
        std::uint64_t seen = 0;
        for (std::size_t at = 0; at < buckets && scale::end_of(at) <= bound; ++at) {
            seen += counts_[at];
        }
        return seen;
    }

    [[nodiscard]] friend bool operator==(const histogram&, const histogram&) = default;

    /// From counts that were kept elsewhere, as by a pool for its own times: one for each bucket,
    /// the sum of all times and the longest.
    /// @par Errors None. @par Thread safety Safe.
    [[nodiscard]] static histogram of(const std::array<std::uint64_t, buckets>& counts,
                                      std::uint64_t sum,
                                      std::chrono::nanoseconds longest_time) noexcept {
        histogram made;
        made.counts_ = counts;
        for (const std::uint64_t each : counts) made.count_ += each;
        made.add_to_sum(sum, 1);
        made.max_ = longest_time;
        return made;
    }

private:
    // Stays at the most that nanoseconds can hold.
    void add_to_sum(std::uint64_t value, std::uint64_t times) noexcept {
        constexpr auto most =
            static_cast<std::uint64_t>((std::numeric_limits<std::int64_t>::max)());
        const bool too_much = value != 0 && times > (most - sum_) / value;
        sum_ = too_much ? most : sum_ + value * times;
    }

    [[nodiscard]] std::uint64_t rank_of(double share) const noexcept {
        if (!(share > 0)) return 1;
        if (share >= 1) return count_;
        const double exact = share * static_cast<double>(count_);
        auto rank = static_cast<std::uint64_t>(exact);
        // 0.999 x 1000 is a little more than 999 in binary.
        if (exact - static_cast<double>(rank) > exact * 1e-12) ++rank;
        return std::clamp<std::uint64_t>(rank, 1, count_);
    }

    std::array<std::uint64_t, buckets> counts_{};
    std::uint64_t count_ = 0;
    std::uint64_t sum_ = 0;
    std::chrono::nanoseconds max_{0};
};

/// Writes count, p50, p99, p99.9 and maximum in one line.
template <class Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out,
                                             const histogram& h) {
    if (h.count() == 0) return out << "none";
    return out << h.count() << ": p50 " << detail::spell_time(h.p50()) << ", p99 "
               << detail::spell_time(h.p99()) << ", p99.9 " << detail::spell_time(h.p999())
               << ", max " << detail::spell_time(h.maximum());
}

} // namespace lend

#endif // LEND_HISTOGRAM_HPP
