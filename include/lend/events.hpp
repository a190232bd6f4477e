// SPDX-License-Identifier: MIT
/// @file
/// How a pool tells what happens: first to the driver's own `events` class, whose methods are each
/// optional and free when absent, then to the observer of its options, if there is one.

#ifndef LEND_EVENTS_HPP
#define LEND_EVENTS_HPP

#include <lend/destroy_reason.hpp>
#include <lend/detail/config.hpp>
#include <lend/detail/fresh_stack.hpp>
#include <lend/detail/lock.hpp>
#include <lend/driver.hpp>
#include <lend/error.hpp>
#include <lend/observer.hpp>
#include <lend/outcome.hpp>
#include <lend/short_text.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>

namespace lend::inline v0_1 {
namespace detail {

struct no_events {};

template <class Driver>
struct events_of {
    using type = no_events;
};
template <class Driver>
requires driver_traits<Driver>::has_events struct events_of<Driver> {
    using type = typename Driver::events;
};

// One method for each happening, and all of them alike: `tell` is given a call that fits whoever
// has a method of that name. pool_observer has them all, which is checked here; so it is the list.
//
// A driver has events if it names a type `events` with any of them, default-constructible, or from
// the pool's name as a string_view.
// Called from whichever thread it happens in, with no lock of lend held. Exceptions end here.
template <class Driver, class Platform>
class event_caller {
    using nanoseconds = std::chrono::nanoseconds;

public:
    using sink = typename events_of<Driver>::type;

    event_caller() = default;
    // The observer outlives this; it may name another for the pool of this name.
    explicit event_caller(pool_observer* observer, const short_text& pool = {}) noexcept
        : sink_(made_for<sink>(pool)), observer_(observer), pool_(pool) {
        if (observer == nullptr) return;
        guard([&] { return own_ = observer->for_pool(pool); });
        if (own_ != nullptr) observer_ = own_.get();
    }

#define LEND_TELL(call) tell([&](auto& to) -> decltype(to.call) { return to.call; })
    void created(event_number n) noexcept { LEND_TELL(created(n)); }
    void create_failed(const error& e) noexcept { LEND_TELL(create_failed(named(e))); }
    void create_abandoned(nanoseconds after) noexcept { LEND_TELL(create_abandoned(after)); }
    void reset_failed(event_number n, const error& e) noexcept {
        LEND_TELL(reset_failed(n, named(e)));
    }
    void check_failed(event_number n, const error& e) noexcept {
        LEND_TELL(check_failed(n, named(e)));
    }
    void destroyed(event_number n, destroy_reason why) noexcept { LEND_TELL(destroyed(n, why)); }
    void destroy_failed(event_number n, const error& e) noexcept {
        LEND_TELL(destroy_failed(n, named(e)));
    }
    void detached(event_number n) noexcept { LEND_TELL(detached(n)); }
    void backend_gone(event_number n) noexcept { LEND_TELL(backend_gone(n)); }
    void waited(nanoseconds time) noexcept { LEND_TELL(waited(time)); }
    void timed_out(const error& e) noexcept { LEND_TELL(timed_out(named(e))); }
    void cancelled(const error& e) noexcept { LEND_TELL(cancelled(named(e))); }
    void shed(const error& e) noexcept { LEND_TELL(shed(named(e))); }
    void refused(const error& e) noexcept { LEND_TELL(refused(named(e))); }
    void acquired_again(const holder_info& held, const source_site& here) noexcept {
        LEND_TELL(acquired_again(held, here));
    }
    void leaked(const holder_info& holder) noexcept { LEND_TELL(leaked(holder)); }
    void reclaimed(const holder_info& holder) noexcept { LEND_TELL(reclaimed(holder)); }
    void paused() noexcept { LEND_TELL(paused()); }
    void resumed() noexcept { LEND_TELL(resumed()); }
    void resized(std::size_t max_size, std::size_t min_idle) noexcept {
        LEND_TELL(resized(max_size, min_idle));
    }
    void drained(std::size_t hold_outs) noexcept { LEND_TELL(drained(hold_outs)); }
    void closed() noexcept { LEND_TELL(closed()); }
    void abandoned_at_close(std::size_t calls) noexcept { LEND_TELL(abandoned_at_close(calls)); }
#undef LEND_TELL

    // An acquire ends with nothing: the happening that its code stands for.
    void not_acquired(const error& why) noexcept {
        switch (outcome_of(why)) {
        case acquire_outcome::timed_out:
            return timed_out(why);
        case acquire_outcome::cancelled:
            return cancelled(why);
        case acquire_outcome::shed:
            return shed(why);
        default:
            return refused(why);
        }
    }

    // For those that need more of it than to be told.
    [[nodiscard]] pool_observer* observer() const noexcept { return observer_; }

    [[nodiscard]] bool wants_use_spans() const noexcept {
        bool wanted = false;
        if (observer_ != nullptr) guard([&] { return wanted = observer_->wants_use_spans(); });
        return wanted;
    }

    // Calls something of a user's that may throw.
    template <class Call>
    static void guard(const Call& call) noexcept {
        const fresh_stack<Platform> stack;
        LEND_TRY { (void)call(); }
        LEND_CATCH_ALL {
            // An observer cannot make a pool fail.
        }
    }

private:
    template <class Call>
    void tell(const Call& call) noexcept {
        static_assert(std::is_invocable_v<const Call&, pool_observer&>,
                      "lend: every happening is a method of pool_observer");
        if constexpr (std::is_invocable_v<const Call&, sink&>) {
            assert_no_lock_held<Platform>();
            guard([&] { return call(sink_); });
        }
        if (observer_ == nullptr) [[likely]]
            return;
        assert_no_lock_held<Platform>();
        guard([&] { return call(*observer_); });
    }

    // Every error that is told says of which pool it is.
    [[nodiscard]] error named(const error& e) const noexcept { return error(e).with_pool(pool_); }

    template <class Sink>
    static Sink made_for(std::string_view pool) {
        if constexpr (std::is_constructible_v<Sink, std::string_view>) {
            return Sink(pool);
        } else {
            return Sink();
        }
    }

    [[no_unique_address]] sink sink_;
    pool_observer* observer_ = nullptr;
    std::shared_ptr<pool_observer> own_; // if it is this pool's alone
    short_text pool_;
};

// A span from here to its end, if there is an observer and it wants this one.
template <class Platform>
class span {
public:
    span() = default;

    template <class Driver>
    span(event_caller<Driver, Platform>& events, span_kind kind, const span_info& info) noexcept {
        pool_observer* const observer = events.observer();
        if (observer == nullptr) [[likely]]
            return;
        assert_no_lock_held<Platform>();
        events.guard([&] { return token_ = observer->span_begin(kind, info); });
    }

    // At most once with an effect. With no lock held.
    template <class Driver>
    void end(event_caller<Driver, Platform>& events, hresult code) noexcept {
        if (token_ == nullptr) [[likely]]
            return;
        assert_no_lock_held<Platform>();
        events.guard([&] { events.observer()->span_end(token_, code); });
        token_ = nullptr;
    }

private:
    void* token_ = nullptr;
};

} // namespace detail
} // namespace lend

#endif // LEND_EVENTS_HPP
