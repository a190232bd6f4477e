// SPDX-License-Identifier: MIT
/// @file
/// A waiter's side of the checks that workers make (verifying.hpp): the candidate in its hands, and
/// until when it counts on the check.

#ifndef LEND_DETAIL_AWAITED_CHECK_HPP
#define LEND_DETAIL_AWAITED_CHECK_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/later.hpp>
#include <lend/detail/looking.hpp>
#include <lend/detail/verifying.hpp>

#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// Used by whichever thread runs the waiter. In its hands is at most one candidate that is in doubt;
// it is sent to the room, or put back.
template <class Core>
class awaited_check {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using waiter_type = typename Core::waiter_type;
    using request_type = typename Core::request_type;
    using time_point = typename Core::time_point;
    using verify = verifying<Core>;
    using held = holding<Core>;

public:
    awaited_check(Core& core,
                  const request_type& asked,
                  waiter_type& me,
                  const held& doubtful) noexcept
        : core_(core), asked_(asked), me_(me), in_hand_(doubtful) {}

    // Whether a worker is to check this one before it is lent to the waiter.
    [[nodiscard]] bool is_called_for(const slot_type& s, check_due due) const noexcept {
        return due == check_due::usual && !checks_itself_ &&
               verify::is_called_for(core_, s, asked_);
    }

    [[nodiscard]] bool has_candidate() const noexcept { return static_cast<bool>(in_hand_); }
    void bring(const held& doubtful) noexcept { in_hand_ = doubtful; }
    [[nodiscard]] held take_candidate() noexcept { return std::exchange(in_hand_, held{}); }

    // Whether the waiter counts on a check. Others may know already that it is over.
    [[nodiscard]] bool is_on() const noexcept { return until_ != never; }
    // When that ends if nothing is heard of it.
    [[nodiscard]] time_point until() const noexcept { return until_; }
    // The waiter is not in the queue any more.
    void is_over() noexcept { until_ = never; }

    // Under the lock, in the queue, after a look: the candidate is the room's from here on. Null
    // where there is none, or a pool that is paused. The caller lets the lock go and calls `start`.
    slot_type* send() noexcept {
        if (is_on()) return nullptr;
        if (!in_hand_ || core_.paused) {
            core_.waiters.uncover(me_);
            return nullptr;
        }
        slot_type* const s = take_candidate().slot;
        verify::send(core_, *s, me_);
        until_ = later(platform::now(), Core::counted_on_for);
        return s;
    }

    // False: the slot is the caller's again, who checks on its own thread from here on.
    [[nodiscard]] bool start(slot_type* sent) noexcept {
        if (sent == nullptr || verify::start(core_, *sent)) return true;
        checks_itself_ = true;
        until_ = never;
        return false;
    }

    // Under the lock, in the queue: true if the check takes too long, and is not counted on any
    // more.
    bool gives_up_on(time_point now) noexcept {
        const bool too_long = me_.checked != nullptr && now >= until_;
        if (too_long) core_.waiters.uncover(me_); // the check goes on
        if (me_.checked == nullptr) until_ = never;
        return too_long;
    }

private:
    static constexpr time_point never = (time_point::max)();

    Core& core_;
    const request_type& asked_;
    waiter_type& me_;
    held in_hand_;
    time_point until_ = never;
    bool checks_itself_ = false; // for want of threads
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_AWAITED_CHECK_HPP
