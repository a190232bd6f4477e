// SPDX-License-Identifier: MIT
/// @file
/// How many creates to start and when to ask again: what those who wait call for, bounded by the
/// option, by the pause after a failure, and by what hangs. Knows counts and times only.

#ifndef LEND_DETAIL_CREATION_PLAN_HPP
#define LEND_DETAIL_CREATION_PLAN_HPP

#include <lend/detail/backing_off.hpp>
#include <lend/detail/creation_rule.hpp>
#include <lend/detail/later.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>
#include <optional>

namespace lend::inline v0_1 {
namespace detail {

// `creates` in all members are those in flight: `size()`, `at_once()`, which counts those of
// callers for themselves as well, and `for_each(visit)`, which calls visit(when it began), the
// oldest first, of those that size() counts. All members are called under the pool's lock.
template <class Platform>
class creation_plan {
public:
    using time_point = typename Platform::time_point;
    using duration = typename Platform::duration;
    using rule = creation_rule<time_point>;
    using demand = typename rule::demand;

    // `most_parallel`: 0 for no bound but the rule's. `longest`: create_timeout.
    creation_plan(std::size_t most_parallel,
                  duration longest,
                  backing_off<Platform> pause = {}) noexcept
        : most_parallel_(most_parallel), longest_(longest), pause_(pause) {}

    // Somebody waits who found nobody waiting; see creation_rule.
    void begin(time_point now, time_point last_lent, std::size_t busy) noexcept {
        rule_.begin(now, last_lent, busy);
    }

    // Somebody waits who found others waiting.
    void arrived(time_point now, std::size_t busy) noexcept { rule_.arrived(now, busy); }

    // A resource came back that serves one of those who wait; `busy`: it included.
    void returned(time_point now, std::size_t busy) noexcept {
        rule_.returned(now, busy);
        pause_.proven(now);
    }

    // How many creates to start for those who wait.
    template <class Creates>
    [[nodiscard]] std::size_t
    for_waiters(time_point now, const demand& d, const Creates& creates) noexcept {
        busy_ = d.busy;
        if (d.waiting == 0 || d.room == 0) return 0;
        if (failing()) return probe(now, d.waiting, creates);
        const std::size_t wanted = (std::min)(rule_.starts(now, d, creates), left(creates));
        return pause_.allow(wanted, creates.size(), now, rule_.average());
    }

    // How many to start so that `missing` more are kept ready. For a time when nobody waits.
    template <class Creates>
    [[nodiscard]] std::size_t for_stock(time_point now,
                                        std::size_t missing,
                                        std::size_t room,
                                        const Creates& creates) noexcept {
        if (missing == 0 || room == 0) return 0;
        if (failing()) return probe(now, missing, creates);
        const std::size_t counted = rule_.counted_on(now, creates);
        if (missing <= counted) return 0;
        const std::size_t wanted = (std::min)({missing - counted, room, left(creates)});
        return pause_.allow(wanted, counted, now, rule_.average());
    }

    // The same for those who warm up: they know that they want so many, whatever is proven.
    template <class Creates>
    [[nodiscard]] std::size_t for_warm_up(time_point now,
                                          std::size_t missing,
                                          std::size_t room,
                                          const Creates& creates) noexcept {
        if (missing == 0 || room == 0) return 0;
        if (failing()) return probe(now, missing, creates);
        return (std::min)({missing, room, left(creates)});
    }

    // Whether the option lets one more begin.
    template <class Creates>
    [[nodiscard]] bool lets_begin(const Creates& creates) const noexcept {
        return left(creates) > 0;
    }

    // After a failure: whether a caller who does not wait may have one made on its own thread. Such
    // creates are not in flight for others, so only the option and the pause bound them.
    template <class Creates>
    [[nodiscard]] bool for_caller(time_point now, const Creates& creates) noexcept {
        return probe(now, (std::numeric_limits<std::size_t>::max)(), creates) > 0;
    }

    // True if others were held back until now, because none was known to succeed. `in_line`: while
    // somebody waits.
    bool succeeded(time_point began, time_point now, bool in_line) noexcept {
        const bool held_back = failing() || !pause_.is_proven(now, rule_.average());
        rule_.created(began, now, in_line);
        if (failing()) rule_.recovered();
        pause_.succeeded(now);
        given_up_ = 0;
        return held_back;
    }

    void failed(time_point began, time_point now) noexcept { pause_.failed(began, now); }

    // Whether a create that began then was a try after a failure; asked before its end is told.
    [[nodiscard]] bool is_probe(time_point began) const noexcept { return pause_.is_probe(began); }

    // The pause after a failure is over.
    void retry_now(time_point now) noexcept { pause_.retry_now(now); }

    // While creates fail: when the next one will be tried. For what people are told.
    template <class Creates>
    [[nodiscard]] std::optional<time_point> next_try(const Creates& creates) const noexcept {
        if (!failing()) return std::nullopt;
        return pause_.next_start(creates.size() > 0);
    }

    // A create that has failed was given up. `before`: how many were when it began.
    void gave_up(unsigned before) noexcept {
        given_up_ = (std::max)(given_up_, (std::min)(before + 1, most_doublings));
    }

    // True from a failure to the next success.
    [[nodiscard]] bool failing() const noexcept { return pause_.failing(); }

    // When to ask again if nothing else happens, while somebody waits and there is room. max():
    // when a create has ended.
    template <class Creates>
    [[nodiscard]] time_point look_at(time_point now, const Creates& creates) const noexcept {
        if (left(creates) == 0) return (time_point::max)();
        if (!failing()) return rule_.look_at();
        // What is due has to wait for one that is under way, until that is not counted on any more.
        const bool in_flight = rule_.counted_on(now, creates) > 0;
        const time_point at = pause_.next_start(in_flight);
        const time_point later_on = later(now, second_thoughts);
        return at > now && !in_flight ? at : (std::min)((std::max)(at, later_on), later_on);
    }

    // How many were lent when it was last asked.
    [[nodiscard]] std::size_t busy() const noexcept { return busy_; }

    // How many of those in flight are counted on.
    template <class Creates>
    [[nodiscard]] std::size_t counted_on(time_point now, const Creates& creates) const noexcept {
        return rule_.counted_on(now, creates);
    }

    // How many were given up in a row, counting those as one that began together. A create notes it
    // when it begins.
    [[nodiscard]] unsigned given_up() const noexcept { return given_up_; }

    // After how long a create is given up. Ten times the average is enough, if there is one; but
    // not less than a second, and each one that was given up in a row before it began doubles it,
    // so that a back end that has become slower is waited for in the end.
    [[nodiscard]] duration patience(unsigned given_up_before) const noexcept {
        if (!rule_.known()) return longest_;
        const duration usual = (std::max<duration>)(rule_.average() * 10, least_patience);
        const auto factor = typename duration::rep{1} << given_up_before;
        return usual < longest_ / factor ? usual * factor : longest_;
    }

    // How long a create takes, as far as is known.
    [[nodiscard]] duration average() const noexcept { return rule_.average(); }

    // How long lies between two looks of the rule.
    [[nodiscard]] duration period() const noexcept { return rule_.period(); }

private:
    static constexpr duration second_thoughts = std::chrono::milliseconds(50);
    static constexpr duration least_patience = std::chrono::seconds(1);
    static constexpr unsigned most_doublings = 20;

    template <class Creates>
    std::size_t probe(time_point now, std::size_t wanted, const Creates& creates) noexcept {
        if (left(creates) == 0) return 0;
        const std::size_t counted = rule_.counted_on(now, creates);
        return counted < wanted ? pause_.allow(1, counted, now, rule_.average()) : 0;
    }

    template <class Creates>
    [[nodiscard]] std::size_t left(const Creates& creates) const noexcept {
        if (most_parallel_ == 0) return (std::numeric_limits<std::size_t>::max)();
        return most_parallel_ - (std::min)(most_parallel_, creates.at_once());
    }

    const std::size_t most_parallel_;
    const duration longest_;
    backing_off<Platform> pause_;
    rule rule_;
    unsigned given_up_ = 0; // in a row
    std::size_t busy_ = 0;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_CREATION_PLAN_HPP
