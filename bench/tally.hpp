// SPDX-License-Identifier: MIT
/// @file
/// A histogram of fixed size for the tails of benchmarks: exact up to 32 units, then 32 buckets
/// for each power of two, so that a percentile is less than two parts in a hundred away.

#ifndef LEND_BENCH_TALLY_HPP
#define LEND_BENCH_TALLY_HPP

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace bench {

/// Counts values of whatever unit. For one thread; those of several are merged at the end.
class tally {
public:
    void record(std::uint64_t value) {
        ++counts_[bucket_of(value)];
        ++count_;
        most_ = std::max(most_, value);
    }

    void merge(const tally& other) {
        for (std::size_t at = 0; at < buckets; ++at) counts_[at] += other.counts_[at];
        count_ += other.count_;
        most_ = std::max(most_, other.most_);
    }

    std::uint64_t count() const { return count_; }
    std::uint64_t most() const { return most_; }

    /// The value that `share` of all do not exceed; the middle of its bucket. 0 if there is none.
    double percentile(double share) const {
        const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(count_));
        std::uint64_t seen = 0;
        for (std::size_t at = 0; at < buckets; ++at) {
            seen += counts_[at];
            if (seen > rank) return std::min(middle_of(at), static_cast<double>(most_));
        }
        return static_cast<double>(most_);
    }

private:
    static constexpr unsigned steps_log2 = 5;
    static constexpr std::uint64_t steps = std::uint64_t{1} << steps_log2;
    static constexpr std::size_t buckets = (64 - steps_log2 + 1) * steps;

    static std::size_t bucket_of(std::uint64_t value) {
        if (value < steps) return static_cast<std::size_t>(value);
        const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - steps_log2;
        return static_cast<std::size_t>((shift + 1) * steps + ((value >> shift) - steps));
    }
    static double middle_of(std::size_t bucket) {
        if (bucket < steps) return static_cast<double>(bucket);
        const std::uint64_t shift = bucket / steps - 1;
        const std::uint64_t first = (bucket % steps + steps) << shift;
        return static_cast<double>(first) +
               static_cast<double>((std::uint64_t{1} << shift) - 1) / 2;
    }

    std::array<std::uint64_t, buckets> counts_{};
    std::uint64_t count_ = 0;
    std::uint64_t most_ = 0;
};

} // namespace bench

#endif // LEND_BENCH_TALLY_HPP
