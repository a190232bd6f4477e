// SPDX-License-Identifier: MIT
/// @file
/// std::stop_source, std::stop_token and std::stop_callback as the simulation sees them: every step
/// is a scheduling point, and "the same thread" means the same fiber. The standard library's would
/// take all fibers for one thread and never wait for a callback that another one runs.

#ifndef LEND_TESTS_SUPPORT_SIM_STOP_HPP
#define LEND_TESTS_SUPPORT_SIM_STOP_HPP

#include "sim_races.hpp"
#include "sim_run.hpp"

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace sim {
namespace detail {

struct stop_link {
    void (*run)(stop_link&) noexcept = nullptr;
    stop_link* previous = nullptr;
    stop_link* next = nullptr;
    bool linked = false;
    bool* ended = nullptr; // of the call that runs: set if the link goes meanwhile
};

// Between two scheduling points nothing else runs, so no lock is needed.
struct stop_state {
    bool requested = false;
    stop_link* first = nullptr;
    stop_link* running = nullptr;
    std::uint64_t runner = 0; // serial of the fiber that runs `running`

    void link(stop_link& l) noexcept {
        l.next = first;
        l.previous = nullptr;
        if (first != nullptr) first->previous = &l;
        first = &l;
        l.linked = true;
    }

    void unlink(stop_link& l) noexcept {
        (l.previous == nullptr ? first : l.previous->next) = l.next;
        if (l.next != nullptr) l.next->previous = l.previous;
        l.linked = false;
    }
};

inline void stop_point() noexcept {
    if (scheduler* const it = scheduler::scheduling()) it->point(op::point, nullptr);
}

inline std::uint64_t this_fiber() noexcept { return inside().self().serial; }

} // namespace detail

/// Whether a stop was requested, and could be.
class stop_token {
public:
    stop_token() noexcept = default;

    [[nodiscard]] bool stop_requested() const noexcept {
        if (!state_) return false;
        detail::stop_point();
        races::acquired(state_.get());
        return state_->requested;
    }
    [[nodiscard]] bool stop_possible() const noexcept { return state_ != nullptr; }

private:
    friend class stop_source;
    template <class Call>
    friend class stop_callback;

    explicit stop_token(std::shared_ptr<detail::stop_state> state) noexcept
        : state_(std::move(state)) {}

    std::shared_ptr<detail::stop_state> state_;
};

/// Requests the stop: calls each callback once, on the calling fiber.
class stop_source {
public:
    stop_source() : state_(std::make_shared<detail::stop_state>()) {}

    [[nodiscard]] stop_token get_token() const noexcept { return stop_token(state_); }

    bool request_stop() noexcept {
        const std::shared_ptr<detail::stop_state> s = state_; // the source may go in a callback
        detail::stop_point();
        races::released(s.get());
        if (std::exchange(s->requested, true)) return false;
        while (s->first != nullptr) {
            detail::stop_link& l = *s->first;
            bool ended = false;
            races::acquired(s.get());
            s->unlink(l);
            s->running = &l;
            s->runner = detail::this_fiber();
            l.ended = &ended;
            detail::stop_point();
            l.run(l);
            detail::stop_point();
            races::released(s.get());
            s->running = nullptr;
            detail::inside().unpark_one(&l); // by address: it may be gone
        }
        return true;
    }

private:
    std::shared_ptr<detail::stop_state> state_;
};

/// Calls `call()` when the stop is requested; at once if it was. Its destructor waits while the
/// call runs on another fiber.
template <class Call>
class stop_callback : detail::stop_link {
public:
    template <class C>
    stop_callback(const stop_token& token, C&& call)
        : state_(token.state_), call_(std::forward<C>(call)) {
        if (!state_) return;
        detail::stop_point();
        races::acquired(state_.get());
        if (state_->requested) {
            call_();
            return;
        }
        run = [](detail::stop_link& l) noexcept { static_cast<stop_callback&>(l).call_(); };
        races::released(state_.get());
        state_->link(*this);
    }
    stop_callback(const stop_callback&) = delete;
    stop_callback& operator=(const stop_callback&) = delete;

    ~stop_callback() {
        if (!state_) return;
        detail::stop_point();
        if (linked) {
            state_->unlink(*this);
            return;
        }
        if (state_->running != this) return;
        if (state_->runner == detail::this_fiber()) {
            *ended = true; // destroyed by its own call
            return;
        }
        while (state_->running == this) detail::inside().park(this, detail::no_deadline);
        races::acquired(state_.get());
    }

private:
    std::shared_ptr<detail::stop_state> state_;
    Call call_;
};

template <class Call>
stop_callback(stop_token, Call) -> stop_callback<Call>;

} // namespace sim

#endif // LEND_TESTS_SUPPORT_SIM_STOP_HPP
