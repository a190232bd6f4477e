// SPDX-License-Identifier: MIT
/// @file
/// A caller that blocks: it takes the steps of its stay in the queue (waiting.hpp) on its own
/// thread, and sleeps between them.

#ifndef LEND_DETAIL_SLEEPING_HPP
#define LEND_DETAIL_SLEEPING_HPP

#include <lend/detail/calling_off.hpp>
#include <lend/detail/core.hpp>
#include <lend/detail/waiting.hpp>

#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// No lock is held. The caller's share keeps the core as long as it is in here, whoever closes the
// pool.
template <class Core>
struct sleeping {
    using platform = typename Core::platform;
    using request_type = typename Core::request_type;
    using stay = waiting<Core>;
    using held = holding<Core>;

    // `unfit`, `doubtful`: resources that the caller owns and cannot use, or not before a check.
    static result<held>
    wait(Core& core, const request_type& asked, const held& unfit, const held& doubtful) noexcept {
        core.add_share();
        auto outcome = wait_through(core, asked, unfit, doubtful);
        core.drop_share();
        return outcome;
    }

private:
    using stop_callback = typename platform::template stop_callback<calling_off<Core>>;

    // The stay ends before the share is given up.
    static result<held> wait_through(Core& core,
                                     const request_type& asked,
                                     const held& unfit,
                                     const held& doubtful) noexcept {
        stay mine(core, asked, unfit, doubtful);
        if (asked.stop == nullptr) return until_done(mine);
        const stop_callback stop(*asked.stop, calling_off<Core>{core, mine.node()});
        return until_done(mine);
    }

    static result<held> until_done(stay& mine) noexcept {
        auto outcome = mine.go_on(false);
        while (!outcome) {
            auto& node = mine.node();
            if (heard(node) == waiter_state::waiting) {
                platform::park(node.state, waiter_state::waiting, mine.wake_at());
            }
            outcome = mine.go_on(true);
        }
        return *std::move(outcome);
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_SLEEPING_HPP
