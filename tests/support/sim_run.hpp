// SPDX-License-Identifier: MIT
/// @file
/// What a scenario calls: run, spawn, join, advance and sleep, choose, note, check and fail. All
/// but run and the checks may be called only inside of a run.
///
/// A scenario is a callable without parameters. It runs as the first fiber and ends when it and
/// all fibers that it started have ended. What is not decided by `choose` or by the schedule must
/// not vary, or a seed does not replay.

#ifndef LEND_TESTS_SUPPORT_SIM_RUN_HPP
#define LEND_TESTS_SUPPORT_SIM_RUN_HPP

#include "sim_scheduler.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <utility>

namespace sim {

/// How a run went.
struct outcome {
    bool failed = false;
    std::string message; ///< empty unless failed
    std::uint64_t seed = 0;
    std::uint64_t hash = 0; ///< of all operations in order: equal for equal runs
    std::uint64_t steps = 0;
};

namespace detail {

// Never destroyed: abandoned fibers are used by nobody, but reachable.
inline scheduler& the_scheduler() {
    static thread_local auto* const made = ::new (std::malloc(sizeof(scheduler))) scheduler;
    return *made;
}

[[noreturn]] inline void fail_outside(const char* what) noexcept {
    std::fprintf(stderr, "sim: outside of a run: %s\n", what);
    std::abort();
}

inline scheduler& inside() noexcept {
    scheduler* const now = scheduler::running();
    if (now == nullptr) fail_outside("called an operation that needs one");
    return *now;
}

// A terminate or an abort within a run is that run's failure: the fiber is abandoned and the
// process goes on. Other deadly signals print the seed and remain deadly.
struct guards {
    static void install() {
        static const bool once = (set(), true);
        (void)once;
    }

private:
    static void set() {
        previous_terminate() = std::set_terminate(&terminated);
#if LEND_ADDRESS_SANITIZER || LEND_THREAD_SANITIZER
        __sanitizer_set_death_callback(&report_death);
#else
        static std::array<std::byte, 65536> spare;
        stack_t other{};
        other.ss_sp = spare.data();
        other.ss_size = spare.size();
        ::sigaltstack(&other, nullptr);
        on_signal(SIGSEGV, &deadly, SA_ONSTACK);
        on_signal(SIGBUS, &deadly, SA_ONSTACK);
        on_signal(SIGFPE, &deadly, SA_ONSTACK);
        on_signal(SIGILL, &deadly, SA_ONSTACK);
#endif
#if !LEND_THREAD_SANITIZER
        on_signal(SIGABRT, &aborted, SA_NODEFER);
#endif
    }

    static void on_signal(int signal, void (*handler)(int), int flags) {
        struct sigaction action {};
        action.sa_handler = handler;
        action.sa_flags = flags;
        ::sigaction(signal, &action, nullptr);
    }

    static std::terminate_handler& previous_terminate() noexcept {
        static std::terminate_handler handler = nullptr;
        return handler;
    }

    static void terminated() {
        if (scheduler* const now = scheduler::running()) now->fail("std::terminate was called");
        if (previous_terminate() != nullptr) previous_terminate()();
        std::abort();
    }

    static void aborted(int) {
        if (scheduler* const now = scheduler::running()) now->fail("abort was called");
        std::signal(SIGABRT, SIG_DFL);
    }

    static void report_death() {
        if (scheduler* const now = scheduler::running())
            now->report(stderr, "a deadly signal or report");
    }

    static void deadly(int signal) {
        report_death();
        std::signal(signal, SIG_DFL);
        ::raise(signal);
    }
};

template <class Body>
outcome run_once(std::uint64_t seed, const options& how, Body& body) {
    if (scheduler::running() != nullptr) inside().fail("a run within a run");
    guards::install();
    scheduler& it = the_scheduler();
    it.run(seed, how, body);
    return {it.failed(), it.failed() ? it.message() : "", seed, it.hash(), it.steps()};
}

} // namespace detail

/// Runs `body` as the first fiber, with all that is left to chance drawn from the seed.
template <class Body>
[[nodiscard]] outcome run(std::uint64_t seed, const options& how, Body&& body) {
    return detail::run_once(seed, how, body);
}

/// Whether the caller is inside of a run.
[[nodiscard]] inline bool in_run() noexcept { return detail::scheduler::running() != nullptr; }

/// Ends the run as failed; aborts the process outside of runs.
[[noreturn]] inline void fail(const char* what) noexcept {
    if (!in_run()) detail::fail_outside(what);
    detail::inside().fail(what);
}

/// Fails the run, or aborts outside of runs, if the condition is false.
#define SIM_CHECK(condition)                                                                       \
    do {                                                                                           \
        if (!(condition)) ::sim::detail::check_failed(#condition, __FILE__, __LINE__);             \
    } while (false)

namespace detail {
[[noreturn]] inline void check_failed(const char* what, const char* file, int line) noexcept {
    std::array<char, 400> text{};
    std::snprintf(text.data(), text.size(), "%s:%d: %s", file, line, what);
    fail(text.data());
}
} // namespace detail

/// Names one job of one fiber.
struct fiber_ref {
    unsigned index = 0;
    std::uint64_t serial = 0;
};

/// Starts a fiber that calls `function`. The name is a literal.
template <class F>
fiber_ref spawn(F&& function, const char* name = "fiber") {
    auto& it = detail::inside();
    const unsigned index = it.spawn(op::spawn, name, std::forward<F>(function));
    it.at(index).spawned = true;
    return {index, it.at(index).serial};
}

/// Waits until that fiber has ended.
inline void join(fiber_ref which) {
    auto& it = detail::inside();
    it.join([&] { return !it.lives(which.index, which.serial); });
}

/// Waits until all other fibers have ended that were started by spawn; threads that the code under
/// test has started may go on.
inline void join_spawned() {
    auto& it = detail::inside();
    it.join([&] { return it.no_other_spawned(); });
}

/// Waits until all other fibers have ended, threads of the code under test included.
inline void join_all() {
    auto& it = detail::inside();
    it.join([&] { return it.only_current_lives(); });
}

/// Moves the clock on; whoever waits for a deadline that passes by may run.
inline void advance(std::chrono::nanoseconds by) { detail::inside().advance(by.count()); }

/// Puts the calling fiber to sleep, in virtual time.
inline void sleep(std::chrono::nanoseconds time) {
    auto& it = detail::inside();
    it.sleep_to(it.now() + time.count());
}

/// Virtual time since the start of the run.
[[nodiscard]] inline std::chrono::nanoseconds elapsed() {
    return std::chrono::nanoseconds(detail::inside().now() - detail::scheduler::epoch);
}

/// 0 to count - 1: drawn in a random run, enumerated in an exhaustive one.
[[nodiscard]] inline unsigned choose(unsigned count) { return detail::inside().choose(count); }

/// A number from `low` to `high`, both included.
[[nodiscard]] inline int choose(int low, int high) {
    return low + static_cast<int>(choose(static_cast<unsigned>(high - low) + 1U));
}

/// True once in so many times, on average.
[[nodiscard]] inline bool one_in(unsigned count) { return choose(count) == 0; }

/// The run goes on in a forked child, whose only fiber is the calling one: the others are nowhere,
/// and what they have locked stays locked. Nobody is told; see lend::detail::fork_watch.
inline void fork() { detail::inside().fork(); }

/// A scheduling point that does nothing: stands for work between two operations.
inline void point() { detail::inside().point(op::point, nullptr); }

/// Puts a literal into the trace.
inline void note(const char* text, std::uint64_t value = 0) {
    auto& it = detail::inside();
    it.note(op::note, text);
    it.result(value);
}

/// The next so many calls of start_thread find no thread.
inline void refuse_threads(unsigned count) { detail::inside().refuse_threads(count); }
/// How many have been refused in this run.
[[nodiscard]] inline unsigned threads_were_refused() {
    return detail::inside().threads_were_refused();
}

/// For an after_step function: every fiber waits, for a wake-up or for time to pass.
[[nodiscard]] inline bool nobody_can_run() { return detail::inside().nobody_can_run(); }

/// Calls `function` after every step, as long as it lives. It sees the objects as they are between
/// two steps; what it does is no scheduling point, and it must not wait. One at a time.
class after_step {
public:
    template <class F>
    explicit after_step(F&& function) {
        detail::inside().hook().set(std::forward<F>(function));
    }
    after_step(const after_step&) = delete;
    after_step& operator=(const after_step&) = delete;
    ~after_step() { detail::inside().hook().reset(); }
};

} // namespace sim

#endif // LEND_TESTS_SUPPORT_SIM_RUN_HPP
