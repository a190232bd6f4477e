// SPDX-License-Identifier: MIT
/// @file
/// std::atomic as the simulation sees it: every access is a scheduling point, and accesses are
/// sequentially consistent whatever their order says. No order has a default. Outside of a run it
/// is a plain variable; orders are checked for being legal, not for being enough.

#ifndef LEND_TESTS_SUPPORT_SIM_ATOMIC_HPP
#define LEND_TESTS_SUPPORT_SIM_ATOMIC_HPP

#include "sim_races.hpp"
#include "sim_run.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace sim {
namespace detail {

inline void before(op what, const void* address) {
    if (scheduler* const it = scheduler::scheduling()) it->point(what, address);
}

// What an operation orders, if it is one of the run.
inline void orders(const void* address, std::memory_order order) noexcept {
    if (scheduler::scheduling() != nullptr) races::ordered(address, order);
}

template <class T>
void came_out(const T& value) noexcept {
    scheduler* const it = scheduler::scheduling();
    if (it == nullptr) return;
    if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
        it->result(static_cast<std::uint64_t>(value));
    } else if constexpr (std::is_pointer_v<T>) {
        it->result(reinterpret_cast<std::uintptr_t>(value));
    }
}

inline void check_order(bool legal) noexcept {
    if (!legal) fail("an atomic operation with a memory order that it must not have");
}

constexpr bool may_load(std::memory_order order) noexcept {
    return order != std::memory_order_release && order != std::memory_order_acq_rel;
}
constexpr bool may_store(std::memory_order order) noexcept {
    return order == std::memory_order_relaxed || order == std::memory_order_release ||
           order == std::memory_order_seq_cst;
}

template <class T>
struct difference {};
template <class T>
requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) struct difference<T> {
    using type = T;
};
template <class T>
struct difference<T*> {
    using type = std::ptrdiff_t;
};

} // namespace detail

/// Same size and alignment as std::atomic<T>.
template <class T>
class atomic {
    static_assert(std::is_trivially_copyable_v<T>);
    using order_type = std::memory_order;

public:
    using value_type = T;
    static constexpr bool is_always_lock_free = sizeof(T) <= 8;

    constexpr atomic() noexcept : value_() {}
    constexpr atomic(T value) noexcept : value_(value) {}
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;

    [[nodiscard]] bool is_lock_free() const noexcept { return is_always_lock_free; }

    T load(order_type order) const noexcept {
        detail::check_order(detail::may_load(order));
        detail::before(op::load, this);
        if (order != std::memory_order_relaxed) detail::orders(this, std::memory_order_acquire);
        detail::came_out(value_);
        return value_;
    }

    void store(T value, order_type order) noexcept {
        detail::check_order(detail::may_store(order));
        detail::before(op::store, this);
        if (order != std::memory_order_relaxed) detail::orders(this, std::memory_order_release);
        value_ = value;
        detail::came_out(value);
    }

    T exchange(T value, order_type order) noexcept {
        detail::before(op::exchange, this);
        detail::orders(this, order);
        const T old = value_;
        value_ = value;
        detail::came_out(old);
        return old;
    }

    bool
    compare_exchange_strong(T& expected, T desired, order_type order, order_type failure) noexcept {
        detail::check_order(detail::may_load(failure));
        detail::before(op::compare_exchange, this);
        return compare(expected, desired, order, failure);
    }
    bool compare_exchange_strong(T& expected, T desired, order_type order) noexcept {
        return compare_exchange_strong(expected, desired, order, std::memory_order_relaxed);
    }

    bool
    compare_exchange_weak(T& expected, T desired, order_type order, order_type failure) noexcept {
        detail::check_order(detail::may_load(failure));
        detail::before(op::compare_exchange, this);
        detail::scheduler* const it = detail::scheduler::scheduling();
        if (it != nullptr && it->weak_failure()) {
            expected = value_;
            detail::orders(this, failure);
            it->result(0);
            return false;
        }
        return compare(expected, desired, order, failure);
    }
    bool compare_exchange_weak(T& expected, T desired, order_type order) noexcept {
        return compare_exchange_weak(expected, desired, order, std::memory_order_relaxed);
    }

    template <class D = detail::difference<T>>
    T fetch_add(typename D::type by, order_type order) noexcept {
        return change(op::fetch_add, order, [by](T old) { return static_cast<T>(old + by); });
    }
    template <class D = detail::difference<T>>
    T fetch_sub(typename D::type by, order_type order) noexcept {
        return change(op::fetch_sub, order, [by](T old) { return static_cast<T>(old - by); });
    }
    T fetch_and(T bits, order_type order) noexcept requires std::is_integral_v<T> {
        return change(op::fetch_and, order, [bits](T old) { return static_cast<T>(old & bits); });
    }
    T fetch_or(T bits, order_type order) noexcept requires std::is_integral_v<T> {
        return change(op::fetch_or, order, [bits](T old) { return static_cast<T>(old | bits); });
    }
    T fetch_xor(T bits, order_type order) noexcept requires std::is_integral_v<T> {
        return change(op::fetch_xor, order, [bits](T old) { return static_cast<T>(old ^ bits); });
    }

private:
    // Compares representations, as std::atomic does; T has no padding bits by this assertion.
    bool compare(T& expected, T desired, order_type order, order_type failure) noexcept {
        static_assert(std::has_unique_object_representations_v<T> || std::is_floating_point_v<T>);
        const bool equal = __builtin_memcmp(&value_, &expected, sizeof(T)) == 0;
        detail::orders(this, equal ? order : failure);
        if (equal) {
            value_ = desired;
        } else {
            expected = value_;
        }
        if (detail::scheduler* const it = detail::scheduler::scheduling())
            it->result(equal ? 1 : 0);
        return equal;
    }

    template <class F>
    T change(op what, order_type order, F function) noexcept {
        detail::before(what, this);
        detail::orders(this, order);
        const T old = value_;
        value_ = function(old);
        detail::came_out(old);
        return old;
    }

    alignas(alignof(std::atomic<T>)) T value_;
};

} // namespace sim

#endif // LEND_TESTS_SUPPORT_SIM_ATOMIC_HPP
