// SPDX-License-Identifier: MIT
/// @file
/// The default platform with a clock that moves only when a test says so, or when nobody can do
/// anything before a deadline: unit tests of waiting take no real time. Threads are real ones; for
/// their interleavings there is sim_platform.hpp.

#ifndef LEND_TESTS_SUPPORT_MANUAL_CLOCK_PLATFORM_HPP
#define LEND_TESTS_SUPPORT_MANUAL_CLOCK_PLATFORM_HPP

#include "counted_mutex.hpp"

#include <lend/platform.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <new>

namespace lend_test {

namespace detail {

// All threads that wait, and how many are known to be able to run. A thread is known if it made
// the manual_clock or was started through the platform.
class virtual_time {
public:
    using clock = std::chrono::steady_clock;
    using time_point = clock::time_point;
    using duration = clock::duration;

    static virtual_time& instance() noexcept {
        static auto* const made = ::new (std::malloc(sizeof(virtual_time))) virtual_time;
        return *made;
    }

    [[nodiscard]] time_point now() const noexcept {
        return time_point(duration(now_.load(std::memory_order_acquire)));
    }

    void park(const std::atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline) {
        std::unique_lock lock(mutex_);
        if (word.load(std::memory_order_acquire) != expected || deadline <= now()) return;
        sleeper self{&word, deadline, this_thread().known, false, sleepers_};
        sleepers_ = &self;
        if (self.known) --running_;
        changed_.notify_all(); // one fewer runs: time may jump, and who settles may go on
        while (!self.awake) {
            if (running_ == 0 && jump()) continue;
            wait(lock);
        }
        remove(self);
    }

    void unpark_one(const void* word) {
        const std::lock_guard lock(mutex_);
        sleeper* oldest = nullptr;
        for (sleeper* each = sleepers_; each != nullptr; each = each->next) {
            if (each->word == word && !each->awake) oldest = each;
        }
        if (oldest != nullptr) wake(*oldest);
    }

    void advance(duration by) {
        std::unique_lock lock(mutex_);
        settle(lock); // who is about to sleep has a deadline, too
        const time_point target = now() + by;
        for (;;) {
            const time_point next = nearest();
            if (next > target) break;
            move_to(next);
            settle(lock);
        }
        move_to(target);
        settle(lock);
    }

    void settle() {
        std::unique_lock lock(mutex_);
        settle(lock);
    }

    void enter() {
        this_thread().known = true;
        const std::lock_guard lock(mutex_);
        ++running_;
    }
    void leave() {
        this_thread().known = false;
        thread_gone();
    }
    void thread_starts() {
        const std::lock_guard lock(mutex_);
        ++running_;
    }
    void thread_entered() noexcept { this_thread().known = true; }
    void thread_gone() {
        const std::lock_guard lock(mutex_);
        --running_;
        changed_.notify_all();
    }

    void restart(time_point at) {
        const std::lock_guard lock(mutex_);
        now_.store(at.time_since_epoch().count(), std::memory_order_release);
    }

    [[nodiscard]] unsigned waiting() {
        const std::lock_guard lock(mutex_);
        unsigned count = 0;
        for (const sleeper* each = sleepers_; each != nullptr; each = each->next) ++count;
        return count;
    }

private:
    struct sleeper {
        const void* word;
        time_point deadline;
        bool known;
        bool awake;
        sleeper* next;
    };
    struct per_thread {
        bool known = false;
    };

    static per_thread& this_thread() noexcept {
        static constinit thread_local per_thread object{};
        return object;
    }

    void wake(sleeper& which) {
        which.awake = true;
        if (which.known) ++running_;
        changed_.notify_all();
    }

    void remove(const sleeper& which) noexcept {
        sleeper** at = &sleepers_;
        while (*at != &which) at = &(*at)->next;
        *at = which.next;
    }

    [[nodiscard]] time_point nearest() const noexcept {
        time_point first = time_point::max();
        for (const sleeper* each = sleepers_; each != nullptr; each = each->next) {
            if (!each->awake && each->deadline < first) first = each->deadline;
        }
        return first;
    }

    // To the nearest deadline, if there is one.
    bool jump() {
        const time_point next = nearest();
        if (next == time_point::max()) return false;
        move_to(next);
        return true;
    }

    void move_to(time_point to) {
        if (to > now()) now_.store(to.time_since_epoch().count(), std::memory_order_release);
        for (sleeper* each = sleepers_; each != nullptr; each = each->next) {
            if (!each->awake && each->deadline <= now()) wake(*each);
        }
    }

    void settle(std::unique_lock<std::mutex>& lock) {
        const int self = this_thread().known ? 1 : 0;
        while (running_ > self) wait(lock);
    }

    void wait(std::unique_lock<std::mutex>& lock) {
        // Real time, and only so that a test that hangs says why before CTest ends it.
        if (changed_.wait_for(lock, std::chrono::seconds(30)) == std::cv_status::timeout) {
            std::fputs("manual clock: nothing has happened for 30 seconds of real time\n", stderr);
            std::abort();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    sleeper* sleepers_ = nullptr;
    int running_ = 0;
    std::atomic<duration::rep> now_{0};
};

} // namespace detail

/// A test's hold on the clock: one lives for the length of a test, in the thread that runs it.
///
/// The clock starts at 1 000 s. It moves by `advance`, and by itself when every known thread
/// sleeps: then to the nearest deadline.
class manual_clock {
public:
    using duration = std::chrono::steady_clock::duration;
    using time_point = std::chrono::steady_clock::time_point;

    manual_clock() {
        time().restart(time_point(std::chrono::seconds(1000)));
        time().enter();
    }
    manual_clock(const manual_clock&) = delete;
    manual_clock& operator=(const manual_clock&) = delete;
    ~manual_clock() { time().leave(); }

    [[nodiscard]] static time_point now() noexcept { return time().now(); }

    /// Moves the clock on, deadline by deadline; each time, waits until all who woke sleep again.
    static void advance(duration by) { time().advance(by); }
    /// Waits until every other known thread sleeps or has ended.
    static void settle() { time().settle(); }
    /// How many threads sleep.
    [[nodiscard]] static unsigned waiting() { return time().waiting(); }

private:
    static detail::virtual_time& time() noexcept { return detail::virtual_time::instance(); }
};

/// The default platform on the manual clock; random numbers are the same in each run.
struct manual_clock_platform : lend::basic_platform<true, true> {
    using base = lend::basic_platform<true, true>;
    using mutex = counted_mutex;

    static time_point now() noexcept { return manual_clock::now(); }

    static void
    park(atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline) noexcept {
        detail::virtual_time::instance().park(word, expected, deadline);
    }
    static void unpark_one(atomic<std::uint32_t>& word) noexcept {
        detail::virtual_time::instance().unpark_one(&word);
    }

    [[nodiscard]] static bool
    start_thread(const char* name, void (*run)(void*), void* argument) noexcept {
        auto* const todo = static_cast<job*>(std::malloc(sizeof(job)));
        if (todo == nullptr) return false;
        *todo = {run, argument};
        auto& time = detail::virtual_time::instance();
        time.thread_starts();
        if (base::start_thread(name, &enter, todo)) return true;
        time.thread_gone();
        std::free(todo);
        return false;
    }

    static std::uint64_t random() noexcept {
        static std::atomic<std::uint64_t> state{1};
        // Relaxed: only the draws' being different matters.
        std::uint64_t z = state.fetch_add(0x9E3779B97F4A7C15U, std::memory_order_relaxed);
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }

    static unsigned locks_held() noexcept { return counted_mutex::held(); }

private:
    struct job {
        void (*run)(void*);
        void* argument;
    };

    static void enter(void* raw) {
        const job todo = *static_cast<job*>(raw);
        std::free(raw);
        auto& time = detail::virtual_time::instance();
        time.thread_entered();
        todo.run(todo.argument);
        time.leave();
    }
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_MANUAL_CLOCK_PLATFORM_HPP
