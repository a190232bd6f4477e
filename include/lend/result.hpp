// SPDX-License-Identifier: MIT
/// @file
/// result<T>: a value or an error, spelled like std::expected. lend's own type under every
/// standard, so that translation units of different standards agree on it.

#ifndef LEND_RESULT_HPP
#define LEND_RESULT_HPP

#include <lend/detail/config.hpp>
#include <lend/error.hpp>
#include <lend/hresult.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace lend::inline v0_1 {

/// A value, or why there is none.
///
/// For every call of lend that can fail. Not for hot loops over values that cannot.
///
/// Invariant: holds exactly one of T and error. A moved-from result still says which it held.
/// `*r` and `r->` on an error terminate the program in every build, with the error's message:
/// a failed acquire can never be used as if it had succeeded. `value()` throws lend_exception
/// instead, and terminates where exceptions are off.
/// @par Thread safety Distinct objects: safe. Shared objects: safe while none is written.
/// @par Ownership Owns its value.
template <class T>
class [[nodiscard]] result {
    static_assert(std::is_object_v<T> && !std::is_array_v<T>, "result<T> holds an object");
    static_assert(!std::is_same_v<std::remove_cv_t<T>, lend::error>, "result<error> is ambiguous");
    static_assert(!std::is_same_v<std::remove_cv_t<T>, hresult>, "result<hresult> is ambiguous");

public:
    using value_type = T;
    using error_type = lend::error;

    template <class U = T>
    requires(std::is_constructible_v<T, U&&> && !std::is_same_v<std::remove_cvref_t<U>, result> &&
             !std::is_same_v<std::remove_cvref_t<U>, lend::error> &&
             !std::is_same_v<std::remove_cvref_t<U>, hresult>) LEND_ALWAYS_INLINE
        constexpr explicit(!std::is_convertible_v<U&&, T>)
            result(U&& value) noexcept(std::is_nothrow_constructible_v<T, U&&>)
        : has_(true) {
        std::construct_at(std::addressof(value_), std::forward<U>(value));
    }

    template <class... Args>
    requires std::is_constructible_v<T, Args...> LEND_ALWAYS_INLINE constexpr explicit result(
        std::in_place_t, Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>)
        : has_(true) {
        std::construct_at(std::addressof(value_), std::forward<Args>(args)...);
    }

    result(lend::error e) noexcept : has_(false) {
        std::construct_at(std::addressof(error_), std::move(e));
    }
    result(hresult code) noexcept : result(lend::error(code)) {}

    result(const result& other) requires std::is_copy_constructible_v<T> : has_(other.has_) {
        take(other);
    }
    LEND_ALWAYS_INLINE result(result&& other) noexcept(std::is_nothrow_move_constructible_v<T>)
        : has_(other.has_) {
        take(std::move(other));
    }

    /// If the move of a value throws, what is left is the error e_unexpected.
    result& operator=(result other) noexcept(std::is_nothrow_move_constructible_v<T>) {
        drop();
        refill left_by_a_throw(this);
        has_ = other.has_;
        take(std::move(other));
        left_by_a_throw.of = nullptr;
        return *this;
    }

    LEND_ALWAYS_INLINE ~result() { drop(); }

    [[nodiscard]] constexpr bool has_value() const noexcept { return has_; }
    [[nodiscard]] constexpr explicit operator bool() const noexcept { return has_; }

    /// The value; terminates with the error's message if there is none.
    [[nodiscard]] LEND_ALWAYS_INLINE T& operator*() & noexcept { return checked(); }
    [[nodiscard]] LEND_ALWAYS_INLINE const T& operator*() const& noexcept {
        return const_cast<result*>(this)->checked();
    }
    [[nodiscard]] LEND_ALWAYS_INLINE T&& operator*() && noexcept { return std::move(checked()); }
    [[nodiscard]] LEND_ALWAYS_INLINE T* operator->() noexcept { return std::addressof(checked()); }
    [[nodiscard]] LEND_ALWAYS_INLINE const T* operator->() const noexcept {
        return std::addressof(const_cast<result*>(this)->checked());
    }

    /// The value; throws lend_exception if there is none (terminates where exceptions are off).
    template <bool Exceptions = LEND_EXCEPTIONS>
    [[nodiscard]] T& value() & {
        if (!has_) detail::raise<Exceptions>(error_);
        return value_;
    }
    template <bool Exceptions = LEND_EXCEPTIONS>
    [[nodiscard]] const T& value() const& {
        if (!has_) detail::raise<Exceptions>(error_);
        return value_;
    }
    template <bool Exceptions = LEND_EXCEPTIONS>
    [[nodiscard]] T&& value() && {
        if (!has_) detail::raise<Exceptions>(error_);
        return std::move(value_);
    }

    /// The value, or another one.
    template <class U>
    [[nodiscard]] T value_or(U&& other) && {
        return has_ ? std::move(value_) : static_cast<T>(std::forward<U>(other));
    }

    /// The error; terminates if there is a value.
    [[nodiscard]] const lend::error& error() const& noexcept {
        if (has_) detail::terminate_with("result::error() called on a value");
        return error_;
    }
    [[nodiscard]] lend::error&& error() && noexcept {
        if (has_) detail::terminate_with("result::error() called on a value");
        return std::move(error_);
    }

    /// The code: s_ok with a value, the error's code without.
    [[nodiscard]] hresult code() const noexcept { return has_ ? hr::s_ok : error_.code(); }

    /// Calls `f(value)`, which returns another result; passes an error on.
    template <class F>
    [[nodiscard]] auto and_then(F&& f) && -> std::invoke_result_t<F, T&&> {
        if (has_) return std::forward<F>(f)(std::move(value_));
        return std::move(error_);
    }

    /// Calls `f(value)`, which returns a value; passes an error on.
    template <class F>
    [[nodiscard]] auto
    transform(F&& f) && -> result<std::remove_cvref_t<std::invoke_result_t<F, T&&>>> {
        if (has_) return std::forward<F>(f)(std::move(value_));
        return std::move(error_);
    }

private:
    // Gives a result that holds nothing an error at the end of a scope.
    struct refill {
        explicit refill(result* r) noexcept : of(r) {}
        refill(const refill&) = delete;
        refill& operator=(const refill&) = delete;
        ~refill() {
            if (of == nullptr) return;
            of->has_ = false;
            std::construct_at(std::addressof(of->error_), hr::e_unexpected);
        }

        result* of;
    };

    template <class Other>
    LEND_ALWAYS_INLINE void take(Other&& other) {
        if (has_) {
            std::construct_at(std::addressof(value_), std::forward<Other>(other).value_);
        } else {
            std::construct_at(std::addressof(error_), std::forward<Other>(other).error_);
        }
    }

    LEND_ALWAYS_INLINE void drop() noexcept {
        if (has_) {
            std::destroy_at(std::addressof(value_));
        } else {
            std::destroy_at(std::addressof(error_));
        }
    }

    LEND_ALWAYS_INLINE T& checked() noexcept {
        // Stops with a copy, so that the address of a result is not needed and it can stay in
        // registers.
        if (!has_) [[unlikely]]
            stop(lend::error(error_));
        return value_;
    }

    // NOLINTNEXTLINE(performance-unnecessary-value-param): a copy, so that no address is taken
    [[noreturn]] LEND_NOINLINE static void stop(lend::error why) noexcept {
        detail::terminate_with(("a failed result was used: " + why.message()).c_str());
    }

    union {
        T value_;
        lend::error error_;
    };
    bool has_;
};

/// Success, or why not.
template <>
class [[nodiscard]] result<void> {
public:
    using value_type = void;
    using error_type = lend::error;

    result() noexcept = default;
    result(lend::error e) noexcept : error_(std::move(e)), has_(false) {}
    result(hresult code) noexcept : error_(code), has_(succeeded(code)) {}

    [[nodiscard]] bool has_value() const noexcept { return has_; }
    [[nodiscard]] explicit operator bool() const noexcept { return has_; }

    /// Nothing; throws lend_exception on an error (terminates where exceptions are off).
    template <bool Exceptions = LEND_EXCEPTIONS>
    void value() const {
        if (!has_) detail::raise<Exceptions>(error_);
    }

    [[nodiscard]] const lend::error& error() const noexcept {
        if (has_) detail::terminate_with("result::error() called on a success");
        return error_;
    }

    [[nodiscard]] hresult code() const noexcept { return has_ ? hr::s_ok : error_.code(); }

private:
    lend::error error_{hr::e_unexpected};
    bool has_ = true;
};

} // namespace lend

#endif // LEND_RESULT_HPP
