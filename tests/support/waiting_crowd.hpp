// SPDX-License-Identifier: MIT
/// @file
/// A crowd of waiters with no threads behind them, put into a pool's queue by hand: to see what
/// becomes of a thousand, and how many steps that takes.

#ifndef LEND_TESTS_SUPPORT_WAITING_CROWD_HPP
#define LEND_TESTS_SUPPORT_WAITING_CROWD_HPP

#include "core_of.hpp"
#include "recording_driver.hpp"
#include "step_platform.hpp"

#include <lend/pool.hpp>

#include <cstdint>
#include <deque>
#include <type_traits>
#include <utility>
#include <vector>

namespace lend_test {

class crowd {
public:
    using pool_type = lend::pool<recording_driver, step_platform>;
    using core_type = std::remove_reference_t<decltype(core_of(std::declval<pool_type&>()))>;
    using node = typename core_type::waiter_type;
    using words = lend::detail::lending_word;

    explicit crowd(pool_type& pool) : core_(core_of(pool)) {}
    crowd(const crowd&) = delete;
    crowd& operator=(const crowd&) = delete;
    ~crowd() {
        for (node& each : nodes_) {
            if (!is_answered(each)) take_out(each);
        }
    }

    // Joins as somebody who has looked at every resource and sleeps.
    node& add(std::uint8_t priority, step_platform::time_point deadline) {
        node& made = nodes_.emplace_back();
        made.priority = priority;
        made.deadline = deadline;
        made.since = step_platform::now();
        made.looked = true;
        core_.waiters.push(made);
        core_.slots.for_each([](auto& s) {
            auto seen = s.word.peek();
            while (words::is(seen, words::in_use) && !s.word.want(seen)) {
            }
        });
        return made;
    }

    void go_back_to_the_front(node& which) {
        typename core_type::wakes wake;
        core_.waiters.leave(which, false, wake);
        core_.waiters.push_front(which);
    }

    void poke(node& which) {
        typename core_type::wakes wake;
        which.looked = false;
        core_.waiters.poke(&which, wake);
    }

    [[nodiscard]] std::vector<node*> order() const {
        std::vector<node*> all;
        for (node* w = core_.waiters.head(); w != nullptr; w = w->next) all.push_back(w);
        return all;
    }

    // Gives what one of them was handed back to the pool, as the waiter would.
    void give_back(node& served) {
        using back = lend::detail::giving_back<core_type>;
        back::clean(core_, *served.slot, served.word, back::use::look);
    }

    void take_out(node& which) {
        typename core_type::wakes wake;
        core_.waiters.leave(which, false, wake);
        which.state.store(lend::detail::waiter_state::answered, std::memory_order_relaxed);
    }

    static bool is_answered(const node& w) {
        return w.state.load(std::memory_order_relaxed) == lend::detail::waiter_state::answered;
    }

    static bool is_told_to_look(const node& w) {
        return w.state.load(std::memory_order_relaxed) == lend::detail::waiter_state::poked;
    }

private:
    core_type& core_;
    std::deque<node> nodes_;
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_WAITING_CROWD_HPP
