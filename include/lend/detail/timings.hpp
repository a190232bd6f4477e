// SPDX-License-Identifier: MIT
/// @file
/// The histograms of a running pool: recorded from any thread without a lock, copied for whoever
/// asks.

#ifndef LEND_DETAIL_TIMINGS_HPP
#define LEND_DETAIL_TIMINGS_HPP

#include <lend/detail/later.hpp>
#include <lend/histogram.hpp>
#include <lend/outcome.hpp>
#include <lend/stats.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace lend::inline v0_1 {
namespace detail {

// One histogram that several threads record in. All accesses are relaxed: each bucket is a number
// of its own, nothing else is published by it, and a reader takes what it finds.
//
// A copy's count is the sum of the buckets that it saw, so it agrees with itself; its sum and its
// maximum may lack what is being recorded.
template <class Platform>
class recorder {
    using scale = histogram_scale;
    template <class T>
    using atomic = typename Platform::template atomic<T>;

public:
    void record(std::chrono::nanoseconds time) noexcept {
        const std::int64_t value = (std::max)(std::int64_t{0}, std::int64_t{time.count()});
        // Relaxed, as all here: see above.
        counts_[scale::bucket_of(time)].fetch_add(1, std::memory_order_relaxed);
        // Relaxed: the sum and the maximum too.
        sum_.fetch_add(static_cast<std::uint64_t>(value), std::memory_order_relaxed);
        std::int64_t longest = max_.load(std::memory_order_relaxed);
        while (longest < value &&
               !max_.compare_exchange_weak(longest, value, std::memory_order_relaxed,
                                           std::memory_order_relaxed)) {
        }
    }

    // Sum and maximum first: a maximum without its sample would be one that nobody can find.
    [[nodiscard]] histogram copy() const noexcept {
        // Relaxed, as all here: see above.
        const std::uint64_t sum = sum_.load(std::memory_order_relaxed);
        const std::int64_t longest = max_.load(std::memory_order_relaxed);
        std::array<std::uint64_t, histogram::buckets> counts{};
        for (std::size_t at = 0; at < histogram::buckets; ++at) {
            counts[at] = counts_[at].load(std::memory_order_relaxed);
        }
        return histogram::of(counts, sum, std::chrono::nanoseconds(longest));
    }

private:
    std::array<atomic<std::uint64_t>, histogram::buckets> counts_{};
    atomic<std::uint64_t> sum_{0};
    atomic<std::int64_t> max_{0};
};

// What a pool records of time. Waits, creates and destroys always; uses and resets if the options
// say so. All memory is had with the core, so that no record can fail and no release allocates:
// 25 KB, and 8 KB more for uses and resets.
//
// Who looks at the clock is who records. An acquire that does not join the queue is not recorded:
// it waited 0, and how many there were is the difference to the leases given out. A slot is in use,
// and so counted, before its waiter is up to record its wait; so those who have left the queue, or
// are looking, and are not recorded yet, are counted apart.
template <class Platform>
class timings {
public:
    using record_type = recorder<Platform>;

    // Those of single leases, off the fast path.
    struct of_uses {
        record_type use;
        record_type reset;
        record_type reset_failed;
    };

    // Without memory for them uses are not measured; whoever wants them asks `uses`.
    explicit timings(bool measure_uses) noexcept
        : uses_(measure_uses ? new (std::nothrow) of_uses : nullptr) {}

    void waited(acquire_outcome how, std::chrono::nanoseconds time) noexcept {
        wait_[static_cast<std::size_t>(how)].record(time);
    }
    void created(bool well, std::chrono::nanoseconds time) noexcept {
        (well ? create_ : create_failed_).record(time);
    }
    void destroyed(bool well, std::chrono::nanoseconds time) noexcept {
        (well ? destroy_ : destroy_failed_).record(time);
    }
    // Null where uses are not measured.
    [[nodiscard]] of_uses* uses() const noexcept { return uses_.get(); }

    // An acquire joins the queue for the first time, under the pool's lock; and it has ended, and
    // is recorded.
    void joined() noexcept {
        // Relaxed: whoever copies takes the lock before it looks.
        queued_.fetch_add(1, std::memory_order_relaxed);
    }
    void left() noexcept {
        // (1) release-fetch-sub synchronizes-with the acquire-load (2)
        queued_.fetch_sub(1, std::memory_order_release);
    }

    // How many have joined the queue and are not recorded yet. Under the pool's lock.
    [[nodiscard]] std::uint64_t queued() const noexcept {
        // (2) acquire-load synchronizes-with the release-fetch-sub (1)
        return queued_.load(std::memory_order_acquire);
    }

    // Leases given out, and acquires that have joined the queue, may have been given one of these
    // and are not recorded yet; at one moment, under the pool's lock.
    struct given_out {
        std::uint64_t leases = 0;
        std::uint64_t unrecorded = 0;
    };

    // `look()` takes the pool's lock.
    template <class Look>
    [[nodiscard]] pool_timings copy(const Look& look) noexcept {
        pool_timings out;
        const given_out given = look();
        for (std::size_t at = 0; at < acquire_outcomes; ++at) out.wait[at] = wait_[at].copy();
        out.create = create_.copy();
        out.create_failed = create_failed_.copy();
        out.destroy = destroy_.copy();
        out.destroy_failed = destroy_failed_.copy();
        if (uses_ != nullptr) {
            out.use = uses_->use.copy();
            out.reset = uses_->reset.copy();
            out.reset_failed = uses_->reset_failed.copy();
        }
        histogram& served = out.wait[static_cast<std::size_t>(acquire_outcome::served)];
        served.record({}, at_once(given.leases, given.unrecorded + served.count()));
        return out;
    }

private:
    // How many acquires were served without having joined the queue: those given a lease that have
    // neither been recorded nor may still be. Too few while somebody is on the way out of the
    // queue, never too many; so the largest number there was is kept, and no bucket ever goes back.
    std::uint64_t at_once(std::uint64_t given, std::uint64_t others) noexcept {
        const std::uint64_t now = given > others ? given - others : 0;
        // Relaxed: a number of its own.
        std::uint64_t known = at_once_.load(std::memory_order_relaxed);
        while (known < now && !at_once_.compare_exchange_weak(known, now, std::memory_order_relaxed,
                                                              std::memory_order_relaxed)) {
        }
        return (std::max)(known, now);
    }

    typename Platform::template atomic<std::uint64_t> queued_{0};
    typename Platform::template atomic<std::uint64_t> at_once_{0};
    std::array<record_type, acquire_outcomes> wait_{};
    record_type create_;
    record_type create_failed_;
    record_type destroy_;
    record_type destroy_failed_;
    std::unique_ptr<of_uses> uses_;
};

// A look at the clock, and how long ago it was.
template <class Platform>
class stopwatch {
public:
    [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(
            between(began_, Platform::now()));
    }

private:
    typename Platform::time_point began_ = Platform::now();
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_TIMINGS_HPP
