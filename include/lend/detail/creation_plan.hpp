// SPDX-License-Identifier: MIT
/// @file
/// How many creates to start, and when to try again after a failure. Knows counts and times; knows
/// nothing of slots, drivers or threads.

#ifndef LEND_DETAIL_CREATION_PLAN_HPP
#define LEND_DETAIL_CREATION_PLAN_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// One create for each caller who waits and has none in flight. After a failure a single probe at a
// time, at a random moment of a span that doubles from 50 ms to 5 s; the first success ends that.
//
// All members are called under the pool's lock.
template <class Platform>
class creation_plan {
public:
    using time_point = typename Platform::time_point;
    using duration = typename Platform::duration;

    static constexpr duration first_span = std::chrono::milliseconds(50);
    static constexpr duration longest_span = std::chrono::seconds(5);

    // `demand`: callers or places to be served; `in_flight`: creates not yet finished; `room`: how
    // many more resources may exist.
    [[nodiscard]] std::size_t
    starts(std::size_t demand, std::size_t in_flight, std::size_t room) const noexcept {
        if (demand <= in_flight) return 0;
        const std::size_t wanted = (std::min)(demand - in_flight, room);
        if (failures_ == 0) return wanted;
        if (in_flight > 0 || Platform::now() < probe_at_) return 0;
        return (std::min<std::size_t>)(wanted, 1);
    }

    void succeeded() noexcept { failures_ = 0; }

    void failed() noexcept {
        const duration span =
            (std::min<duration>)(first_span *
                                     (std::int64_t{1} << (std::min)(failures_, most_doublings)),
                                 longest_span);
        ++failures_;
        const auto share = static_cast<std::int64_t>(Platform::random() %
                                                     static_cast<std::uint64_t>(span.count()));
        probe_at_ = Platform::now() + duration(share);
    }

    [[nodiscard]] bool failing() const noexcept { return failures_ != 0; }

    // When the first waiter should ask again; max() if nothing would change by time alone.
    [[nodiscard]] time_point look_at() const noexcept {
        return failures_ == 0 ? (time_point::max)() : probe_at_;
    }

private:
    static constexpr unsigned most_doublings = 10; // 50 ms * 2^10 is beyond the longest span

    unsigned failures_ = 0;
    time_point probe_at_{};
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_CREATION_PLAN_HPP
