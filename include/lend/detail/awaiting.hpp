// SPDX-License-Identifier: MIT
/// @file
/// The two ends of an asynchronous acquire that a user sees: a callback, and what is awaited by a
/// coroutine.

#ifndef LEND_DETAIL_AWAITING_HPP
#define LEND_DETAIL_AWAITING_HPP

#include <lend/acquire_options.hpp>
#include <lend/detail/async_waiting.hpp>
#include <lend/detail/serving.hpp>
#include <lend/error.hpp>
#include <lend/hresult.hpp>
#include <lend/result.hpp>
#include <lend/short_text.hpp>

#include <coroutine>
#include <new>
#include <optional>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// One allocation holds everything; it is gone before the callback is called. `ToLease` makes a
// lease of a slot.
template <class Core, class ToLease, class Callback>
class callback_waiting {
    using serve = serving<Core>;
    using stay = async_waiting<Core>;
    using options_type = basic_acquire_options<typename Core::platform>;
    using resource_type = typename Core::resource_type;

public:
    static void
    start(Core& core, resource_type&& type, const options_type& options, Callback&& callback) {
        auto* const made = new (std::nothrow)
            callback_waiting(core, std::move(type), options, std::move(callback));
        if (made == nullptr) {
            // Moved from only once there is a place to move it to.
            std::move(callback)(typename ToLease::type(hr::e_outofmemory));
            return;
        }
        // Who asks in a callback is served by the loop that called it, so the stack does not grow.
        if (serve::here(core)) return made->stay_.begin_later();
        made->stay_.begin();
        {
            const typename serve::frame here(core, true);
            made->run();
            serve::run_all(core);
        }
        serve::leave(core);
    }

private:
    callback_waiting(Core& core,
                     resource_type&& type,
                     const options_type& options,
                     Callback&& callback) noexcept
        : callback_(std::move(callback)), stay_(core, std::move(type), options, &run_it, this) {}

    static void run_it(void* self) noexcept { static_cast<callback_waiting*>(self)->run(); }

    void run() noexcept {
        auto outcome = stay_.go_on();
        if (!outcome) return;
        auto lease = ToLease::from(stay_.core(), stay_.asked(), *std::move(outcome));
        Callback callback = std::move(callback_);
        delete this;
        std::move(callback)(std::move(lease));
    }

    Callback callback_;
    stay stay_;
};

} // namespace detail

/// What `co_await` is applied to: `co_await pool.acquire_async()` gives a `result<lease>`.
///
/// Lives in the coroutine's frame; nothing is allocated. Await it in the expression that makes it.
/// The coroutine goes on at once if something is free, else on the thread that has the answer: the
/// one that releases, creates, closes, requests the stop, or keeps the deadlines; or by the
/// executor, if the pool has one.
///
/// Destroying the coroutine while it waits calls the wait off: it leaves the queue, and a resource
/// that was on its way goes to the next. This is safe while the coroutine may be destroyed at all,
/// that is, unless it is just being resumed by another thread.
/// @par Thread safety Belongs to its coroutine.
template <class Core, class ToLease>
class [[nodiscard]] acquire_awaiter {
    using serve = detail::serving<Core>;
    using stay = detail::async_waiting<Core>;
    using options_type = basic_acquire_options<typename Core::platform>;
    using resource_type = typename Core::resource_type;
    using held = detail::holding<Core>;

public:
    /// For `pool::acquire_async`. `refused`: why it is not even tried.
    acquire_awaiter(Core* core,
                    resource_type type,
                    const options_type& options,
                    std::optional<error> refused)
        : core_(core), type_(std::move(type)), options_(options), note_(options.note) {
        if (refused) outcome_.emplace(*std::move(refused));
    }
    /// For one that is refused before it is known what is asked for.
    explicit acquire_awaiter(error refused) : core_(nullptr) {
        outcome_.emplace(std::move(refused));
    }
    acquire_awaiter(const acquire_awaiter&) = delete;
    acquire_awaiter& operator=(const acquire_awaiter&) = delete;
    ~acquire_awaiter() {
        if (stay_ && !outcome_) stay_->take_back();
    }

    [[nodiscard]] bool await_ready() const noexcept { return outcome_.has_value(); }

    /// False if there was something at once: the coroutine goes on, and no stack grows.
    bool await_suspend(std::coroutine_handle<> waits) noexcept {
        waits_ = waits;
        return !finished_at_once(*this, *core_);
    }

    [[nodiscard]] typename ToLease::type await_resume() noexcept {
        if (!stay_) return std::move(*outcome_).error();
        return ToLease::from(*core_, stay_->asked(), *std::move(outcome_));
    }

private:
    // Not inlined: its variables must not become part of the coroutine's frame, which may be gone
    // before it returns.
    static LEND_NOINLINE bool finished_at_once(acquire_awaiter& self, Core& core) noexcept {
        const bool in_callback = serve::here(core);
        if (self.options_.note != nullptr) self.options_.note = self.note_.c_str();
        self.stay_.emplace(core, *std::move(self.type_), self.options_, &run_it, &self);
        self.stay_->begin();
        bool done = false;
        {
            const typename serve::frame here(core, true);
            done = self.run();
            // If it is not done, the coroutine may have gone on elsewhere already.
            if (!in_callback) serve::run_all(core);
        }
        serve::leave(core);
        return done;
    }

    static void run_it(void* raw) noexcept {
        auto& self = *static_cast<acquire_awaiter*>(raw);
        if (self.run()) self.waits_.resume();
    }

    // True if there is an outcome, and somebody to hear it.
    bool run() noexcept {
        auto outcome = stay_->go_on();
        if (!outcome || !stay_->may_finish(*outcome)) return false;
        outcome_ = std::move(outcome);
        return true;
    }

    Core* core_;
    std::optional<resource_type> type_;
    options_type options_;
    short_text note_; // a copy of theirs
    std::coroutine_handle<> waits_;
    std::optional<stay> stay_;
    std::optional<result<held>> outcome_;
};

} // namespace lend

#endif // LEND_DETAIL_AWAITING_HPP
