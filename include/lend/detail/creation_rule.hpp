// SPDX-License-Identifier: MIT
/// @file
/// How many creates are worth starting while callers wait: for those whom neither a return that is
/// expected nor a create in flight would serve. Knows counts and times; nothing of slots, drivers,
/// threads or failures.

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
//   1. C is how long a create takes: a moving average, 100 ms before anything is known.
//   2. h is the returns per lent second over the last C/2 or so of waiting, at most 8 of them. The
//      time since anything was last lent counts as waiting: nothing came back in it. If less than
//      0.3 returns are left of what was known, all is forgotten and 0.3 assumed.
//   3. A waiter is covered by a return expected within C, or by a create in flight.
//   4. Each waiter that is not covered gets a create: when a line begins, when a create succeeds,
//      and each C/16 (1 to 50 ms); in flight at most 4^look, and never more than wait.
//   5. A line stands if somebody waited in three quarters of the last C, or of 14 uses, if that is
//      longer. Then returns cover only by how much they outnumbered the arrivals of the last C/2:
//      in a burst each return serves one more, in a load each brings the next caller.
//   6. What a standing line wants is made in rounds of 1, 2, 4... times as many as are lent, each
//      C/2 after the one before has landed; of 1, 2, 4... where the line is younger than C/2.
//   7. A create older than 4 C (20 ms at least, for on a busy machine a thread may wait for a core)
//      that a younger one has overtaken covers nobody.
//
// Failures are the business of backing_off. tests/creation_rule/ has the rule and its rivals in a
// simulator, and what each clause is for.
//
// Invariant: a line lasts from the first waiter who finds nobody waiting to the last event before
// the next such one; nothing is measured while nobody waits. All members are called under one lock.
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

    // A line begins: somebody waits who found nobody waiting. `busy` are lent, and for all that is
    // known the last of them was not lent before `last_lent`.
    void begin(time_point now, time_point last_lent, std::size_t busy) noexcept {
        standing(last_event_, true);
        const bool stands = standing(now, false) > stands_from;
        last_event_ = now;
        drained_ = 0;
        look_ = 0;
        if (returns_ < assumed_returns) {
            returns_ = assumed_returns;
            exposure_ = 0;
        }
        seen_at_ = (std::min)(now, last_lent);
        observe(now, busy, average_);
        // Where all come and go together, the line of a load ends in each round: its first one is
        // not all of it.
        begun_at_ = now;
        look_at_ = stands ? (std::max)(look_at_, later(now, spell(shortest_period))) : now;
    }

    // One more comes to a line.
    void arrived(time_point now, std::size_t busy) noexcept {
        observe(now, busy, average_);
        last_event_ = now;
        drained_ -= 1;
    }

    // A resource came back while somebody waits; `busy`: it included.
    void returned(time_point now, std::size_t busy) noexcept {
        observe(now, busy, average_);
        last_event_ = now;
        drained_ += 1;
        returns_ += 1;
        if (returns_ <= most_returns) return;
        exposure_ *= most_returns / returns_;
        returns_ = most_returns;
    }

    // A create succeeded. `in_line`: while somebody waits.
    void created(time_point began, time_point now, bool in_line = false) noexcept {
        took_ = (std::max)(seconds(between(began, now)), shortest_create);
        average_ = known_ ? average_ + (took_ - average_) / 4 : took_;
        known_ = true;
        overtaken_ = (std::max)(overtaken_, began);
        look_at_ = now;
        settled_at_ = later(now, spell(settling * average_));
        if (in_line) last_event_ = now;
    }

    // How many to start. `creates` are those in flight: `size()`, and `for_each(visit)`, which
    // calls visit(when it began), the oldest first. They are visited at each look only.
    template <class Creates>
    [[nodiscard]] std::size_t
    starts(time_point now, const demand& d, const Creates& creates) noexcept {
        if (d.waiting == 0 || d.room == 0) return 0;
        if (now < look_at_) return d.busy > 0 || creates.size() > 0 ? 0 : 1;
        const double usual = usual_time(now, creates);
        look_at_ = later(now, next_period(usual));
        last_event_ = now;
        observe(now, d.busy, usual);

        const double rate = d.helps ? returns_per_busy(d.busy) : 0;
        std::size_t counted = 0;
        double served = d.busy == 0 || rate == 0 ? 0 : static_cast<double>(d.busy) * rate * usual;
        creates.for_each([&](time_point began) {
            if (!counts(now, began)) return;
            ++counted;
            const double age = (std::min)(seconds(between(began, now)), usual);
            served += 1 + (std::isinf(rate) ? 0 : rate * age);
        });
        const double pace = std::pow(looks_grow_by, look_) - static_cast<double>(counted);
        double count = (std::min)(static_cast<double>(d.waiting) - served, pace);
        if (look_ < last_look) ++look_;
        count = (std::max)(count, for_standing_line(now, d, counted));
        if (!(count >= 0.5)) return 0;
        return (std::min)(static_cast<std::size_t>(std::lround(count)), d.room);
    }

    // The first success after failures: what was asked for meanwhile says nothing.
    void recovered() noexcept { look_ = 0; }

    // How many of those in flight are counted on.
    template <class Creates>
    [[nodiscard]] std::size_t counted_on(time_point now, const Creates& creates) const noexcept {
        std::size_t counted = 0;
        creates.for_each([&](time_point began) { counted += counts(now, began) ? 1U : 0U; });
        return counted;
    }

    // When `starts` should be asked again if nothing else happens.
    [[nodiscard]] time_point look_at() const noexcept { return look_at_; }

    // How long a create takes, as far as is known; `known` says whether any has succeeded.
    [[nodiscard]] duration average() const noexcept { return spell(average_); }
    [[nodiscard]] bool known() const noexcept { return known_; }

    // How long lies between two looks.
    [[nodiscard]] duration period() const noexcept { return period(average_); }

private:
    static constexpr double first_guess = 0.1;      // seconds
    static constexpr double shortest_create = 1e-6; // so that it can be divided by
    static constexpr double window = 0.5;           // of C, over which returns are forgotten
    static constexpr double assumed_returns = 0.3;  // where nothing is known any more
    static constexpr double most_returns = 8;       // so that old ones do not outweigh new ones
    static constexpr double looks_per_create = 16;  // but see `period`
    static constexpr double shortest_period = 0.001;
    static constexpr double longest_period = 0.05;
    static constexpr double looks_grow_by = 4;  // in flight at most, from look to look
    static constexpr unsigned last_look = 12;   // 4^12 in flight: more than may exist
    static constexpr double stands_from = 0.75; // the part of the time in which somebody waited
    static constexpr double uses_to_stand = 14; // over which that is taken, if longer than C
    static constexpr double settling = 0.5;     // of C, after a create, before the next round
    static constexpr double rounds_grow_by = 2;
    static constexpr unsigned last_round = 24; // 2^24 times as many: more than may exist
    static constexpr double late = 4;          // times C
    static constexpr double golden = 0.618;    // steps that come close to each moment soon
    static constexpr double off_core = 0.02;   // seconds that a thread may wait for a core

    static double seconds(duration time) noexcept {
        return std::chrono::duration<double>(time).count();
    }
    static duration spell(double time) noexcept {
        return std::chrono::duration_cast<duration>(std::chrono::duration<double>(time));
    }
    static duration period(double usual) noexcept {
        return spell(std::clamp(usual / looks_per_create, shortest_period, longest_period));
    }

    // While a line stands no two in a row are alike, or looks might fall in with the rhythm of
    // callers who come and go together: between their coming and their going no line stands.
    duration next_period(double usual) noexcept {
        if (stood_ <= stands_from) return period(usual);
        rhythm_ += golden;
        if (rhythm_ >= 1) rhythm_ -= 1;
        return spell(seconds(period(usual)) * (0.75 + rhythm_ / 2));
    }

    [[nodiscard]] bool counts(time_point now, time_point began) const noexcept {
        const double most = (std::max)(late * (std::max)(average_, took_), off_core);
        return began > overtaken_ || seconds(between(began, now)) <= most;
    }

    // How many the next round is to have, if the line stands and the last one has landed.
    double for_standing_line(time_point now, const demand& d, std::size_t counted) noexcept {
        if (standing(now, true) <= stands_from) {
            round_ = 0;
            return 0;
        }
        if (counted > 0 || now < settled_at_) return 0;
        const double net = (std::max)(0.0, drained_) / window;
        const double times = std::pow(rounds_grow_by, round_);
        const bool is_new = seconds(between(begun_at_, now)) < settling * average_;
        const double first = is_new ? 1 : (std::max)(1.0, static_cast<double>(d.busy));
        const double more =
            (std::min)(static_cast<double>(d.waiting) - (d.helps ? net : 0), first * times);
        if (more >= 0.5 && round_ < last_round) ++round_;
        return more;
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

    // In which part of the last while somebody waited; somebody did, or did not, since it was
    // asked last.
    double standing(time_point now, bool waited) noexcept {
        if (now <= stood_at_) return stood_;
        const double hold = returns_ > 0 ? exposure_ / returns_ : 0;
        const double span = (std::max)(average_, uses_to_stand * hold);
        const double kept = std::exp(-seconds(between(stood_at_, now)) / span);
        stood_ = stood_ * kept + (waited ? 1 - kept : 0);
        stood_at_ = now;
        return stood_;
    }

    // Takes what happened since the last time into account: so many were lent all the while.
    void observe(time_point now, std::size_t busy, double usual) noexcept {
        if (now <= seen_at_) return;
        const double span = window * (std::max)(usual, average_);
        const double kept = std::exp(-seconds(between(seen_at_, now)) / span);
        returns_ *= kept;
        drained_ *= kept;
        exposure_ = exposure_ * kept + static_cast<double>(busy) * span * (1 - kept);
        seen_at_ = now;
    }

    [[nodiscard]] double returns_per_busy(std::size_t busy) const noexcept {
        if (exposure_ > 0) return returns_ / exposure_;
        return busy > 0 ? std::numeric_limits<double>::infinity() : 0;
    }

    double average_ = first_guess;
    bool known_ = false;
    double took_ = 0; // the last create
    double returns_ = 0;
    double exposure_ = 0; // lent seconds
    double drained_ = 0;  // returns less arrivals, forgotten as the returns
    double stood_ = 0;
    double rhythm_ = 0;
    unsigned look_ = 0;
    unsigned round_ = 0;
    time_point begun_at_{}; // the line
    time_point seen_at_{};
    time_point stood_at_{};
    time_point last_event_{}; // in a line
    time_point look_at_{};
    time_point settled_at_{};
    time_point overtaken_{}; // when the youngest of those that succeeded began
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_CREATION_RULE_HPP
