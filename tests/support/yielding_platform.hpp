// SPDX-License-Identifier: MIT
/// @file
/// The default platform, with trouble: before and after an atomic access, a lock, a wait, a wake-up
/// and a driver call a thread may yield, spin, sleep for microseconds, or move to another core. So
/// real threads meet in places where they hardly ever would. For thread fuzzers and sanitizers; for
/// all interleavings, one after the other, there is sim_platform.hpp.

#ifndef LEND_TESTS_SUPPORT_YIELDING_PLATFORM_HPP
#define LEND_TESTS_SUPPORT_YIELDING_PLATFORM_HPP

#include <lend/platform.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

namespace lend_test {

/// Draws when to disturb, by a seed for the process and one number for each thread, in the order in
/// which threads came. The same seed is not the same run: the system schedules, too.
class disturbance {
public:
    static void seed(std::uint64_t value) noexcept {
        base().store(value, std::memory_order_relaxed);
    }

    /// Perhaps does something that gives others their turn.
    static void here() noexcept {
        const std::uint64_t drawn = draw();
        if ((drawn & 0x1FU) != 0) return; // 31 of 32 times
        const std::uint64_t kind = drawn >> 5U & 0xFFU;
        if (kind < 120) {
            std::this_thread::yield();
        } else if (kind < 250) {
            spin(drawn >> 16U & 0x3FFU);
        } else if (kind < 255) {
            pause(std::chrono::microseconds(1 + (drawn >> 16U & 0x3FU)));
        } else {
            move_to(drawn >> 16U);
        }
    }

private:
    struct chance {
        std::uint64_t state = 0;
    };

    static std::atomic<std::uint64_t>& base() noexcept {
        static constinit std::atomic<std::uint64_t> value{1};
        return value;
    }

    // splitmix64, as in platform.hpp.
    static std::uint64_t draw() noexcept {
        static std::atomic<std::uint64_t> threads{0};
        static constinit thread_local chance mine{};
        if (mine.state == 0) {
            mine.state = base().load(std::memory_order_relaxed) * 0xD1342543DE82EF95U +
                         threads.fetch_add(1, std::memory_order_relaxed) + 1;
        }
        std::uint64_t z = (mine.state += 0x9E3779B97F4A7C15U);
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }

    static void spin(std::uint64_t rounds) noexcept {
        // The fence keeps the compiler from leaving the loop out.
        for (; rounds > 0; --rounds) std::atomic_signal_fence(std::memory_order_seq_cst);
    }

    // On a word of its own, which nobody wakes.
    static void pause(std::chrono::microseconds time) noexcept {
        std::atomic<std::uint32_t> word{0};
        lend::detail::park(word, 0, std::chrono::steady_clock::now() + time);
    }

    static void move_to(std::uint64_t drawn) noexcept {
#if defined(__linux__)
        const unsigned cores = std::thread::hardware_concurrency();
        if (cores < 2) return;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(drawn % cores, &one);
        // Where that core is not to be had, the thread stays where it is.
        (void)::sched_setaffinity(0, sizeof(one), &one);
#else
        (void)drawn;
#endif
    }
};

/// std::atomic, disturbed.
template <class T>
class yielding_atomic {
    using order_type = std::memory_order;

    // Before and after: what lies between is done.
    struct around {
        around() noexcept { disturbance::here(); }
        around(const around&) = delete;
        around& operator=(const around&) = delete;
        ~around() { disturbance::here(); }
    };

public:
    using value_type = T;
    static constexpr bool is_always_lock_free = std::atomic<T>::is_always_lock_free;

    constexpr yielding_atomic() noexcept = default;
    constexpr yielding_atomic(T value) noexcept : value_(value) {}

    T load(order_type order) const noexcept {
        const around trouble;
        return value_.load(order);
    }
    void store(T value, order_type order) noexcept {
        const around trouble;
        value_.store(value, order);
    }
    T exchange(T value, order_type order) noexcept {
        const around trouble;
        return value_.exchange(value, order);
    }
    bool compare_exchange_strong(T& seen, T next, order_type good, order_type bad) noexcept {
        const around trouble;
        return value_.compare_exchange_strong(seen, next, good, bad);
    }
    bool compare_exchange_strong(T& seen, T next, order_type order) noexcept {
        const around trouble;
        return value_.compare_exchange_strong(seen, next, order);
    }
    bool compare_exchange_weak(T& seen, T next, order_type good, order_type bad) noexcept {
        const around trouble;
        return value_.compare_exchange_weak(seen, next, good, bad);
    }
    bool compare_exchange_weak(T& seen, T next, order_type order) noexcept {
        const around trouble;
        return value_.compare_exchange_weak(seen, next, order);
    }
    T fetch_add(T by, order_type order) noexcept {
        const around trouble;
        return value_.fetch_add(by, order);
    }
    T fetch_sub(T by, order_type order) noexcept {
        const around trouble;
        return value_.fetch_sub(by, order);
    }
    T fetch_or(T bits, order_type order) noexcept {
        const around trouble;
        return value_.fetch_or(bits, order);
    }
    T fetch_and(T bits, order_type order) noexcept {
        const around trouble;
        return value_.fetch_and(bits, order);
    }

    /// For parking, which looks at the word itself.
    std::atomic<T>& plain() noexcept { return value_; }

private:
    std::atomic<T> value_{};
};

/// std::mutex, disturbed.
class yielding_mutex {
public:
    void lock() {
        disturbance::here();
        mutex_.lock();
        disturbance::here();
    }
    [[nodiscard]] bool try_lock() {
        disturbance::here();
        return mutex_.try_lock();
    }
    void unlock() {
        disturbance::here();
        mutex_.unlock();
        disturbance::here();
    }

private:
    std::mutex mutex_;
};

struct yielding_platform : lend::basic_platform<true, true> {
    using base = lend::basic_platform<true, true>;

    /// So that the count of what came back to a holder begins anew now and then.
    static constexpr unsigned front_order_bits = 4;

    template <class T>
    using atomic = yielding_atomic<T>;
    using mutex = yielding_mutex;

    static time_point now() noexcept {
        disturbance::here();
        return base::now();
    }
    static void fence(std::memory_order order) noexcept {
        disturbance::here();
        base::fence(order);
        disturbance::here();
    }
    static void light_fence() noexcept {
        disturbance::here();
        base::light_fence();
        disturbance::here();
    }
    static void heavy_fence() noexcept {
        disturbance::here();
        base::heavy_fence();
        disturbance::here();
    }
    static void
    park(atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline) noexcept {
        disturbance::here();
        base::park(word.plain(), expected, deadline);
        disturbance::here();
    }
    static void unpark_one(atomic<std::uint32_t>& word) noexcept {
        disturbance::here();
        base::unpark_one(word.plain());
        disturbance::here();
    }
    static void driver_call() noexcept { disturbance::here(); }
    [[nodiscard]] static bool
    start_thread(const char* name, void (*run)(void*), void* argument) noexcept {
        disturbance::here();
        return base::start_thread(name, run, argument);
    }
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_YIELDING_PLATFORM_HPP
