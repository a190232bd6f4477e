// SPDX-License-Identifier: MIT
/// @file
/// A platform that counts what lend does: uses of atomics, locks, looks at the clock, wake-ups. For
/// tests that say how many steps something may take, in one thread. The clock moves only by hand,
/// and no thread can be started.

#ifndef LEND_TESTS_SUPPORT_STEP_PLATFORM_HPP
#define LEND_TESTS_SUPPORT_STEP_PLATFORM_HPP

#include <lend/platform.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace lend_test {

/// What was done since the last `take`.
struct steps {
    std::size_t atomics = 0;
    std::size_t locks = 0;
    std::size_t clock_reads = 0;
    std::size_t wake_ups = 0;

    static steps& so_far() noexcept {
        static steps counted;
        return counted;
    }
    static steps take() noexcept {
        const steps counted = so_far();
        so_far() = {};
        return counted;
    }
};

/// std::atomic with a count.
template <class T>
class step_atomic {
    using order_type = std::memory_order;

public:
    using value_type = T;
    static constexpr bool is_always_lock_free = std::atomic<T>::is_always_lock_free;

    constexpr step_atomic() noexcept = default;
    constexpr step_atomic(T value) noexcept : value_(value) {}

    T load(order_type order) const noexcept { return counted().load(order); }
    void store(T value, order_type order) noexcept { counted().store(value, order); }
    T exchange(T value, order_type order) noexcept { return counted().exchange(value, order); }
    bool compare_exchange_strong(T& seen, T next, order_type good, order_type bad) noexcept {
        return counted().compare_exchange_strong(seen, next, good, bad);
    }
    bool compare_exchange_strong(T& seen, T next, order_type order) noexcept {
        return counted().compare_exchange_strong(seen, next, order);
    }
    bool compare_exchange_weak(T& seen, T next, order_type good, order_type bad) noexcept {
        return counted().compare_exchange_strong(seen, next, good, bad);
    }
    bool compare_exchange_weak(T& seen, T next, order_type order) noexcept {
        return counted().compare_exchange_strong(seen, next, order);
    }
    T fetch_add(T by, order_type order) noexcept { return counted().fetch_add(by, order); }
    T fetch_sub(T by, order_type order) noexcept { return counted().fetch_sub(by, order); }
    T fetch_or(T bits, order_type order) noexcept { return counted().fetch_or(bits, order); }
    T fetch_and(T bits, order_type order) noexcept { return counted().fetch_and(bits, order); }

private:
    std::atomic<T>& counted() noexcept {
        ++steps::so_far().atomics;
        return value_;
    }
    const std::atomic<T>& counted() const noexcept {
        ++steps::so_far().atomics;
        return value_;
    }

    std::atomic<T> value_{};
};

/// A lock that counts how often it is taken; nobody else is there.
class step_mutex {
public:
    void lock() noexcept { ++steps::so_far().locks; }
    [[nodiscard]] bool try_lock() noexcept { return true; }
    void unlock() noexcept {}
};

struct step_platform : lend::basic_platform<true, false> {
    template <class T>
    using atomic = step_atomic<T>;
    using mutex = step_mutex;

    static time_point now() noexcept {
        ++steps::so_far().clock_reads;
        return elapsed();
    }
    static void advance(duration by) noexcept { elapsed() += by; }

    static void park(atomic<std::uint32_t>&, std::uint32_t, time_point deadline) noexcept {
        if (deadline != (time_point::max)() && deadline > elapsed()) elapsed() = deadline;
    }
    static void unpark_one(atomic<std::uint32_t>&) noexcept { ++steps::so_far().wake_ups; }

    [[nodiscard]] static bool start_thread(const char*, void (*)(void*), void*) noexcept {
        return false;
    }

private:
    static time_point& elapsed() noexcept {
        static time_point at{std::chrono::hours(1000)};
        return at;
    }
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_STEP_PLATFORM_HPP
