// SPDX-License-Identifier: MIT
/// @file
/// How many creates are worth starting while callers wait: those whom the observed rate of returns
/// would not serve before a create ends. Knows counts and times; nothing of slots, drivers, threads
/// or failures.

#ifndef LEND_DETAIL_CREATION_RULE_HPP
#define LEND_DETAIL_CREATION_RULE_HPP

#include <lend/detail/later.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>

namespace lend::inline v0_1 {
namespace detail {

// Two wrong ways bound it. One create for each caller who waits makes 45 resources for a burst that
// five would have served in 20 ms; one create at a time lets the last of 50 long holders wait for
// 50 creates. So:
//
//   C        how long a create takes: a moving average, 100 ms before anything is known
//   h        returns per lent second while somebody waits, forgotten over C/2
//   deficit  waiting - busy * h * C - for each create in flight (1 + h * its age)
//
// and every C/16, but not more often than each ms nor less than each 50 ms, as many are started as
// the deficit says, with at most 2^look in flight, so that what a look did not know costs little.
// Between two looks only a pool that can serve nobody starts one. A create that runs for longer
// than 4 C, and than 20 ms, is not counted on; the limit doubles when one is replaced, and halves
// with each success.
//
// Every constant here can be halved or doubled without losing the burst or the ramp.
//
// Invariant: an episode lasts from the first waiter who finds nobody waiting to the next such one;
// nothing is measured while nobody waits. All members are called under one lock.
template <class TimePoint>
class creation_rule {
public:
    using time_point = TimePoint;
    using duration = typename TimePoint::duration;

    // What is known at one moment. `helps`: whether what comes back may serve those who wait.
    struct demand {
        std::size_t waiting = 0;
        std::size_t busy = 0; // lent
        std::size_t room = 0; // how many more may exist
        bool helps = true;
    };

    // Somebody waits who found nobody waiting.
    void begin(time_point now) noexcept {
        seen_at_ = now;
        look_ = 0;
        patience_ = first_patience;
        returns_ = (std::max)(returns_, assumed_returns);
        look_at_ = later(now, period(average_));
    }

    // A resource came back while somebody waits; `busy`: it included.
    void returned(time_point now, std::size_t busy) noexcept {
        observe(now, busy, average_);
        returns_ += 1;
        if (returns_ <= most_returns) return;
        exposure_ *= most_returns / returns_;
        returns_ = most_returns;
    }

    // A create succeeded.
    void created(duration took) noexcept {
        const double time = (std::max)(seconds(took), shortest_create);
        average_ = known_ ? average_ + (time - average_) / 4 : time;
        known_ = true;
        patience_ = (std::max)(patience_ / 2, first_patience);
    }

    // How many to start. `creates` are those in flight: `size()`, and `for_each(visit)`, which
    // calls visit(when it began), the oldest first.
    template <class Creates>
    [[nodiscard]] std::size_t
    starts(time_point now, const demand& d, const Creates& creates) noexcept {
        const double usual = usual_time(now, creates);
        observe(now, d.busy, usual);
        const bool look = now >= look_at_;
        if (look) look_at_ = later(now, period(usual));
        if (!look && (d.busy > 0 || creates.size() > 0)) return 0;

        const double rate = d.helps ? returns_per_busy(d.busy) : 0;
        double served = d.busy == 0 || rate == 0 ? 0 : static_cast<double>(d.busy) * rate * usual;
        std::size_t alive = 0;
        creates.for_each([&](time_point began) {
            const double age = seconds(between(began, now));
            if (age > longest(usual)) return;
            ++alive;
            served += 1 + (std::isinf(rate) ? 0 : rate * (std::min)(age, usual));
        });
        const double deficit = static_cast<double>(d.waiting) - served;
        if (deficit < 0.5) return 0;

        const std::size_t in_flight = std::size_t{1} << look_;
        if (look) look_ = (std::min)(look_ + 1, last_look);
        const std::size_t pace = in_flight > alive ? in_flight - alive : 0;
        const auto wanted = static_cast<std::size_t>(std::lround(deficit));
        const std::size_t count = (std::min)({wanted, d.room, pace});
        if (count > 0 && alive < creates.size()) replaced();
        return count;
    }

    // One is started in the place of one that is not counted on.
    void replaced() noexcept { patience_ *= 2; }

    // The first success after failures: what was asked for meanwhile says nothing.
    void recovered() noexcept { look_ = 0; }

    // How many of those in flight are counted on.
    template <class Creates>
    [[nodiscard]] std::size_t counted_on(time_point now, const Creates& creates) const noexcept {
        const double most = longest(usual_time(now, creates));
        std::size_t alive = 0;
        creates.for_each([&](time_point began) { alive += seconds(between(began, now)) <= most; });
        return alive;
    }

    // When `starts` should be asked again if nothing else happens.
    [[nodiscard]] time_point look_at() const noexcept { return look_at_; }

    // How long a create takes, as far as is known; `known` says whether any has succeeded.
    [[nodiscard]] duration average() const noexcept { return spell(average_); }
    [[nodiscard]] bool known() const noexcept { return known_; }

private:
    static constexpr double first_guess = 0.1;      // seconds
    static constexpr double shortest_create = 1e-6; // so that it can be divided by
    static constexpr double window = 0.5;           // of C, over which returns are forgotten
    static constexpr double assumed_returns = 0.3;  // at the start of an episode
    static constexpr double most_returns = 8;       // so that old ones do not outweigh new ones
    static constexpr double looks_per_create = 16;  // but see `period`
    static constexpr double first_patience = 4;     // times C
    static constexpr double off_core = 0.02;        // seconds that a thread may wait for a core
    static constexpr unsigned last_look = 24;       // 2^24 in flight: more than may exist

    static double seconds(duration time) noexcept {
        return std::chrono::duration<double>(time).count();
    }
    static duration spell(double time) noexcept {
        return std::chrono::duration_cast<duration>(std::chrono::duration<double>(time));
    }
    static duration period(double usual) noexcept {
        return spell(std::clamp(usual / looks_per_create, 0.001, 0.05));
    }

    // How old one is that is still counted on. On a busy machine a thread may wait for a core for
    // longer than a short create takes.
    [[nodiscard]] double longest(double usual) const noexcept {
        return (std::max)(patience_ * usual, off_core);
    }

    // Before any has succeeded, the middle one of those in flight has an age that C exceeds.
    template <class Creates>
    [[nodiscard]] double usual_time(time_point now, const Creates& creates) const noexcept {
        const std::size_t count = creates.size();
        if (known_ || count == 0) return average_;
        double middle = 0;
        std::size_t younger = count;
        creates.for_each([&](time_point began) {
            if (--younger == count / 2) middle = seconds(between(began, now));
        });
        return (std::max)(average_, middle);
    }

    // Takes what happened since the last time into account: so many were lent all the while.
    void observe(time_point now, std::size_t busy, double usual) noexcept {
        if (now <= seen_at_) return;
        const double span = window * (std::max)(usual, average_);
        const double kept = std::exp(-seconds(between(seen_at_, now)) / span);
        returns_ *= kept;
        exposure_ = exposure_ * kept + static_cast<double>(busy) * span * (1 - kept);
        seen_at_ = now;
    }

    [[nodiscard]] double returns_per_busy(std::size_t busy) const noexcept {
        if (exposure_ > 0) return returns_ / exposure_;
        return busy > 0 ? std::numeric_limits<double>::infinity() : 0;
    }

    double average_ = first_guess;
    bool known_ = false;
    double returns_ = 0;
    double exposure_ = 0; // lent seconds
    double patience_ = first_patience;
    unsigned look_ = 0;
    time_point seen_at_{};
    time_point look_at_{};
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_CREATION_RULE_HPP
