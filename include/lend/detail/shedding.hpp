// SPDX-License-Identifier: MIT
/// @file
/// When the delay in a queue has been bad for too long, so that callers are refused instead of
/// being kept waiting. Knows times and decisions; knows nothing of queues, slots or clocks.

#ifndef LEND_DETAIL_SHEDDING_HPP
#define LEND_DETAIL_SHEDDING_HPP

#include <lend/detail/later.hpp>

#include <algorithm>

namespace lend::inline v0_1 {
namespace detail {

// CoDel (Nichols and Jacobson, "Controlling Queue Delay", ACM Queue 10(5), 2012) as a pool needs
// it. What tells a queue that is too long from a burst is the smallest delay of an interval: a
// burst drains, and somebody is served soon.
//
//   state \ at an interval's end   smallest delay good, or no turn   smallest bad   refused one
//   none good                           good                              slow           - - slow
//   -                                 -              slow          good
//
// In the slow state whoever has waited for longer than the target at its turn is refused. So those
// who are served have not, from the first turn on; under an overload that lasts the state stays
// slow, because there is always somebody to refuse. (CoDel spaces its drops in time, because
// senders answer to them; callers of a pool do not. DBConnection refuses at twice the target.)
//
// A delay counts only from the last restart: at the end of a pause, and after a gap in which nobody
// came and nobody had a turn for longer than an interval, for then the program, or the machine, has
// stood still. Holds that keep everything busy for longer than an interval look like that, so the
// interval is to be longer than they are.
//
// All members are called under the pool's lock. Times may be slightly out of order.
template <class Platform>
class shedding {
public:
    using time_point = typename Platform::time_point;
    using duration = typename Platform::duration;

    // A target of 0: never.
    shedding(duration target, duration interval) noexcept : target_(target), interval_(interval) {}

    [[nodiscard]] bool is_on() const noexcept { return target_ > duration::zero(); }

    // Nothing before this moment counts.
    void restart(time_point now) noexcept {
        counts_from_ = seen_ = now;
        slow_ = false;
        begin_interval(now);
    }

    // Somebody comes, to a queue that is empty or not.
    void arrival(time_point now, bool to_nobody) noexcept {
        notice(now);
        if (to_nobody) smallest_ = duration::zero();
    }

    // It is the turn of one who came at `since`. True: it has waited for too long.
    [[nodiscard]] bool is_too_late(time_point now, time_point since) noexcept {
        notice(now);
        const duration delay = between((std::max)(since, counts_from_), now);
        if (now >= end_) {
            const bool was_good = smallest_ == none || smallest_ <= target_;
            slow_ = slow_ ? refused_ : !was_good;
            begin_interval(now);
        }
        smallest_ = (std::min)(smallest_, delay);
        return slow_ && delay > target_;
    }

    // That one is refused.
    void refused() noexcept { refused_ = true; }

private:
    static constexpr duration none = (duration::max)();

    void notice(time_point now) noexcept {
        if (between(seen_, now) > interval_) restart(now);
        seen_ = (std::max)(seen_, now);
    }

    void begin_interval(time_point now) noexcept {
        smallest_ = none;
        refused_ = false;
        end_ = later(now, interval_);
    }

    duration target_;
    duration interval_;
    time_point seen_{};        // when somebody came or had a turn last
    time_point counts_from_{}; // the last restart
    time_point end_{};         // of the interval
    duration smallest_ = none; // delay in this interval
    bool refused_ = false;     // somebody, in this interval
    bool slow_ = false;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_SHEDDING_HPP
