// SPDX-License-Identifier: MIT
/// @file
/// The least that a coroutine's type can be: it begins at once, nobody waits for it, and it can be
/// destroyed while it is suspended.

#ifndef LEND_TESTS_SUPPORT_COROUTINE_HPP
#define LEND_TESTS_SUPPORT_COROUTINE_HPP

#include <coroutine>
#include <exception>
#include <utility>

namespace lend_test {

class coroutine {
public:
    struct promise_type {
        coroutine get_return_object() noexcept {
            return coroutine(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        void unhandled_exception() noexcept { std::terminate(); }
    };

    coroutine(coroutine&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    coroutine& operator=(coroutine&& other) noexcept {
        coroutine old(std::move(*this));
        handle_ = std::exchange(other.handle_, nullptr);
        return *this;
    }
    /// Destroys it, wherever it is suspended.
    ~coroutine() {
        if (handle_) handle_.destroy();
    }

    [[nodiscard]] bool done() const noexcept { return !handle_ || handle_.done(); }

private:
    explicit coroutine(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}

    std::coroutine_handle<promise_type> handle_;
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_COROUTINE_HPP
