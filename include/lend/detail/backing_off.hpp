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

// After a failure one probe at a time, at a random moment of a span (full jitter, so that many
// processes do not probe together) that is four times as long after each probe that fails: of
// 50 ms, 200 ms, 800 ms with the usual options. From then on they start as regularly as the longest
// span, whatever a refusal takes. The first success ends that. A failure is news only if its create
// began when the last success and the last failure were known: of ten that fail together, one
// counts.
//
// If nothing was made, or came back, for 1 s and the time of a create, each start costs a token:
// ten a second, ten at most. So a pool that is new, or asleep for long, cannot start a storm before
// the first failure is known.
//
// All members are called under one lock.
template <class Platform>
class backing_off {
public:
    using time_point = typename Platform::time_point;
    using duration = typename Platform::duration;

    static constexpr duration first_span = std::chrono::milliseconds(50);
    static constexpr duration longest_span = std::chrono::milliseconds(900);
    static constexpr std::int64_t growth = 4;
    static constexpr duration token_every = std::chrono::milliseconds(100);
    static constexpr std::size_t most_tokens = 10;
    static constexpr duration success_lasts = std::chrono::seconds(1);

    // The spans, of which the first is not longer than the last.
    backing_off(duration first, duration longest) noexcept
        : first_((std::min)(first, longest)), longest_(longest) {}
    backing_off() noexcept : backing_off(first_span, longest_span) {}

    [[nodiscard]] bool failing() const noexcept { return failures_ != 0; }

    // A create succeeded.
    void succeeded(time_point now) noexcept {
        failures_ = 0;
        succeeded_ = true;
        last_success_ = now;
        proven(now);
    }

    // Something works, since it was made or came back: others may start without a token. What comes
    // back says nothing of whether a create would succeed.
    void proven(time_point now) noexcept {
        proven_ = true;
        last_proof_ = now;
    }

    // A create that began at `began` has failed now.
    void failed(time_point began, time_point now) noexcept {
        if (succeeded_ && last_success_ > began) return;
        if (failing() && last_failure_ > began) return;
        const duration span = next_span();
        ++failures_;
        last_failure_ = now;
        probe_at_ = span < longest_ ? later(now, share_of(span)) : (std::max)(now, regular());
    }

    // Whether a create that began then was a try after a failure: before its end is told here.
    [[nodiscard]] bool is_probe(time_point began) const noexcept {
        return failing() && began >= last_failure_;
    }

    // The next probe may start at once.
    void retry_now(time_point now) noexcept {
        if (failing()) probe_at_ = (std::min)(probe_at_, now);
    }

    // How many of `wanted` may start now, with `in_flight` others under way. Takes their tokens.
    // `usual`: how long a create takes. A probe that has not come back when the next one would be
    // due does not hold it up.
    [[nodiscard]] std::size_t
    allow(std::size_t wanted, std::size_t in_flight, time_point now, duration usual) noexcept {
        if (wanted == 0) return 0;
        fill(now);
        std::size_t count = wanted;
        if (failing()) {
            const bool waits_for_one = in_flight > 0 && now < regular();
            count = now < probe_at_ || waits_for_one || tokens_ == 0 ? 0 : 1;
            tokens_ -= count;
        } else if (!is_proven(now, usual)) {
            count = (std::min)(wanted, tokens_);
            tokens_ -= count;
        }
        if (count > 0) last_start_ = now;
        return count;
    }

    // Whether something succeeded so lately that the budget does not matter.
    [[nodiscard]] bool is_proven(time_point now, duration usual) const noexcept {
        return proven_ && between(last_proof_, now) <= together(success_lasts, usual);
    }

    // The earliest time at which `allow` can let one start.
    [[nodiscard]] time_point next_start(bool in_flight = false) const noexcept {
        const time_point token_at = tokens_ > 0 ? time_point{} : later(filled_at_, token_every);
        if (!failing()) return token_at;
        const time_point at = (std::max)(probe_at_, token_at);
        return in_flight ? (std::max)(at, regular()) : at;
    }

private:
    // When the next one starts if the spans are as long as they get.
    [[nodiscard]] time_point regular() const noexcept { return later(last_start_, longest_); }

    // Saturates at the longest one, which may be very long.
    [[nodiscard]] duration next_span() const noexcept {
        duration span = first_;
        for (unsigned at = 0; at < failures_; ++at) {
            if (span >= longest_ / growth) return longest_;
            span *= growth;
        }
        return span;
    }

    static duration share_of(duration span) noexcept {
        const auto whole = static_cast<std::uint64_t>(span.count());
        return duration(
            whole == 0 ? 0 : static_cast<typename duration::rep>(Platform::random() % whole));
    }

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

    duration first_;
    duration longest_;
    unsigned failures_ = 0;
    bool succeeded_ = false;
    bool proven_ = false;
    time_point last_success_{};
    time_point last_proof_{};
    time_point last_failure_{};
    time_point last_start_{};
    time_point probe_at_{};
    std::size_t tokens_ = most_tokens;
    time_point filled_at_{};
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_BACKING_OFF_HPP
