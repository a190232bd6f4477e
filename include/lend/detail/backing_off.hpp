// SPDX-License-Identifier: MIT
/// @file
/// When creates may start while a back end is down, or not known to be up: one probe at a time
/// after a failure, and never more than a budget. Knows counts and times only.

#ifndef LEND_DETAIL_BACKING_OFF_HPP
#define LEND_DETAIL_BACKING_OFF_HPP

#include <lend/detail/later.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// After a failure one probe at a time, at a random moment of a span (full jitter) that doubles with
// each probe that fails, from 50 ms to 5 s; the first success ends that. A failure is news only if
// its create began when the last success and the last failure were known: of ten that fail
// together, one counts.
//
// If nothing has succeeded for 1 s and the time of a create, each start costs a token: ten a
// second, ten at most. So a pool that is new, or asleep for long, cannot start a storm before the
// first failure is known.
//
// All members are called under one lock.
template <class Platform>
class backing_off {
public:
    using time_point = typename Platform::time_point;
    using duration = typename Platform::duration;

    static constexpr duration first_span = std::chrono::milliseconds(50);
    static constexpr duration longest_span = std::chrono::seconds(5);
    static constexpr duration token_every = std::chrono::milliseconds(100);
    static constexpr std::size_t most_tokens = 10;
    static constexpr duration success_lasts = std::chrono::seconds(1);

    [[nodiscard]] bool failing() const noexcept { return failures_ != 0; }

    void succeeded(time_point now) noexcept {
        failures_ = 0;
        proven_ = true;
        last_success_ = now;
    }

    // A create that began at `began` has failed now.
    void failed(time_point began, time_point now) noexcept {
        if (proven_ && last_success_ > began) return;
        if (failing() && last_failure_ > began) return;
        const auto doublings = (std::min)(failures_, most_doublings);
        const duration span =
            (std::min<duration>)(first_span * (std::int64_t{1} << doublings), longest_span);
        ++failures_;
        last_failure_ = now;
        const auto share = static_cast<typename duration::rep>(
            Platform::random() % static_cast<std::uint64_t>(span.count()));
        probe_at_ = later(now, duration(share));
    }

    // How many of `wanted` may start now, with `in_flight` others under way that may still
    // succeed. Takes their tokens. `usual`: how long a create takes.
    [[nodiscard]] std::size_t
    allow(std::size_t wanted, std::size_t in_flight, time_point now, duration usual) noexcept {
        if (wanted == 0) return 0;
        fill(now);
        if (failing()) {
            if (in_flight > 0 || now < probe_at_ || tokens_ == 0) return 0;
            --tokens_;
            return 1;
        }
        if (is_proven(now, usual)) return wanted;
        const std::size_t count = (std::min)(wanted, tokens_);
        tokens_ -= count;
        return count;
    }

    // Whether something succeeded so lately that the budget does not matter.
    [[nodiscard]] bool is_proven(time_point now, duration usual) const noexcept {
        return proven_ && between(last_success_, now) <= together(success_lasts, usual);
    }

    // The earliest time at which `allow` can let one start, if none is in flight.
    [[nodiscard]] time_point next_start() const noexcept {
        const time_point token_at = tokens_ > 0 ? time_point{} : later(filled_at_, token_every);
        return failing() ? (std::max)(probe_at_, token_at) : token_at;
    }

private:
    static constexpr unsigned most_doublings = 10; // 50 ms * 2^10 is beyond the longest span

    void fill(time_point now) noexcept {
        if (between(filled_at_, now) < token_every) return;
        const auto fresh = static_cast<std::uint64_t>(between(filled_at_, now) / token_every);
        if (fresh >= most_tokens - tokens_) {
            tokens_ = most_tokens;
            filled_at_ = now;
        } else {
            tokens_ += static_cast<std::size_t>(fresh);
            filled_at_ =
                later(filled_at_, token_every * static_cast<typename duration::rep>(fresh));
        }
    }

    unsigned failures_ = 0;
    bool proven_ = false;
    time_point last_success_{};
    time_point last_failure_{};
    time_point probe_at_{};
    std::size_t tokens_ = most_tokens;
    time_point filled_at_{};
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_BACKING_OFF_HPP
