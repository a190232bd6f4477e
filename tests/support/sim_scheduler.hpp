// SPDX-License-Identifier: MIT
/// @file
/// The simulation's scheduler: which fiber runs, what time it is, who waits for what, and when a
/// run has failed. Tests use sim_run.hpp and sim_platform.hpp, which call it.

#ifndef LEND_TESTS_SUPPORT_SIM_SCHEDULER_HPP
#define LEND_TESTS_SUPPORT_SIM_SCHEDULER_HPP

#include "sim_choices.hpp"
#include "sim_context.hpp"
#include "sim_fiber.hpp"
#include "sim_options.hpp"
#include "sim_races.hpp"
#include "sim_trace.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <utility>

namespace sim {

namespace detail {

class scheduler {
public:
    static constexpr std::int64_t epoch = 1'000'000'000; // the clock never shows zero

    // ---- a run, seen from outside ------------------------------------------------------------

    template <class Body>
    void run(std::uint64_t seed, const options& how, Body& body) {
        options_ = how;
        seed_ = seed;
        if (how.how == strategy::exhaustive) {
            choices_.begin_exhaustive(how.max_preemptions);
        } else {
            choices_.begin_random(seed, how.how);
        }
        trace_.clear();
        clock_ = epoch;
        steps_ = serial_ = 0;
        live_ = runnable_ = timed_ = parked_ = 0;
        refused_threads_ = threads_were_refused_ = 0;
        failed_ = false;
        disturbances_ = early_mask() != 0;
        globals_ = exception_globals();
        const exception_state before = *globals_;
        main_.adopt_thread();
        fiber& first = add_fiber("body", [&body] { body(); });
        current_ = first.index;
        running() = scheduling() = this;
        main_.switch_to(first.stack, globals_);
        running() = scheduling() = nullptr;
        races::acquired(&live_);
        *globals_ = before;
        clean_up();
    }

    [[nodiscard]] bool failed() const noexcept { return failed_; }
    [[nodiscard]] const char* message() const noexcept { return message_.data(); }
    [[nodiscard]] std::uint64_t hash() const noexcept { return trace_.hash(); }
    [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }
    [[nodiscard]] choices& chance() noexcept { return choices_; }

    // The scheduler of the run in progress on this thread; null outside of runs.
    static scheduler*& running() noexcept {
        static constinit thread_local scheduler* pointer = nullptr;
        return pointer;
    }
    // The same, but null also while an after-step hook runs: then nothing is a scheduling point.
    static scheduler*& scheduling() noexcept {
        static constinit thread_local scheduler* pointer = nullptr;
        return pointer;
    }

    // ---- operations of the running fiber -----------------------------------------------------

    // Every operation calls this before it takes effect.
    void point(op what, const void* address) {
        if (++steps_ > options_.max_steps) fail("livelock: more steps than max_steps");
        if (hook_) call_hook();
        const unsigned next = decide();
        if (next != current_) transfer(next);
        trace_.add(current_, what, address);
    }

    void note(op what, const void* address) noexcept { trace_.add(current_, what, address); }
    void result(std::uint64_t value) noexcept { trace_.result(value); }

    bool weak_failure() noexcept {
        const unsigned one_in = options_.weak_failure_one_in;
        return one_in != 0 && !choices_.exhaustive() && choices_.choose(one_in) == 0 && one_in > 1;
    }

    void lock(lock_state& mutex, const void* address) {
        point(op::lock, address);
        if (mutex.owner == static_cast<int>(current_)) fail("a mutex is locked twice by one fiber");
        while (mutex.owner != lock_state::free) {
            ++mutex.waiting;
            block(wait_reason::mutex, address, no_deadline);
            --mutex.waiting;
        }
        take(mutex, address);
    }

    bool try_lock(lock_state& mutex, const void* address) {
        point(op::try_lock, address);
        if (mutex.owner == static_cast<int>(current_)) fail("try_lock by the mutex's own holder");
        const bool free = mutex.owner == lock_state::free;
        result(free ? 1 : 0);
        if (free) take(mutex, address);
        return free;
    }

    void unlock(lock_state& mutex, const void* address) {
        point(op::unlock, address);
        if (mutex.owner != static_cast<int>(current_)) fail("unlock by another than the holder");
        races::released(address);
        mutex.owner = lock_state::free;
        --fibers_[current_].locks_held;
        if (mutex.waiting == 0) return;
        for_each(live_ & ~runnable_, [&](fiber& f) {
            if (f.reason == wait_reason::mutex && f.waits_for == address) make_runnable(f.index);
        });
    }

    // The caller has found that its word still has the expected value.
    void park(const void* address, std::int64_t deadline) {
        if (deadline <= clock_) return;
        if (one_in(options_.spurious_wake_one_in)) {
            note(op::spurious_wake, address);
            return;
        }
        parked_ |= bit(current_);
        block(wait_reason::park, address, deadline);
    }

    void unpark_one(const void* address) {
        point(op::unpark, address);
        std::uint64_t sleepers = 0;
        for_each(parked_, [&](fiber& f) {
            if (f.waits_for == address) sleepers |= bit(f.index);
        });
        result(bit_count(sleepers));
        if (sleepers == 0) return;
        make_runnable(nth_bit(sleepers, choose(bit_count(sleepers))));
    }

    void sleep_to(std::int64_t when) {
        point(op::sleep, nullptr);
        while (clock_ < when) block(wait_reason::sleep, nullptr, when);
    }

    void advance(std::int64_t nanoseconds) {
        point(op::advance, nullptr);
        set_clock(clock_ + nanoseconds);
    }

    template <class F>
    unsigned spawn(op what, const char* name, F&& function) {
        point(what, nullptr);
        const fiber& added = add_fiber(name, std::forward<F>(function));
        result(added.index);
        return added.index;
    }

    bool thread_refused() {
        bool refused = refused_threads_ > 0;
        if (refused) {
            --refused_threads_;
        } else {
            refused = one_in(options_.thread_failure_one_in);
        }
        threads_were_refused_ += refused ? 1U : 0U;
        return refused;
    }
    [[nodiscard]] unsigned threads_were_refused() const noexcept { return threads_were_refused_; }

    // What is left in a forked child: the running fiber. All others stop where they are, for good,
    // with the locks they hold; what they own is lost.
    void fork() {
        point(op::fork, nullptr);
        for_each(live_ & ~bit(current_), [&](const fiber& f) { fibers_.abandon(f.index); });
        live_ = runnable_ = bit(current_);
        timed_ = parked_ = 0;
    }

    // Waits until `done()`, which only other fibers' ends can make true.
    template <class Done>
    void join(Done&& done) {
        point(op::join, nullptr);
        while (!done()) block(wait_reason::join, nullptr, no_deadline);
        races::acquired(&live_);
    }

    unsigned choose(unsigned count) {
        const int picked = choices_.choose(count);
        if (picked < 0) fail("the scenario is not deterministic: a choice has other options");
        return static_cast<unsigned>(picked);
    }

    [[nodiscard]] bool only_current_lives() const noexcept { return live_ == bit(current_); }
    [[nodiscard]] bool no_other_spawned() noexcept {
        bool none = true;
        for_each(live_ & ~bit(current_), [&](const fiber& f) { none = none && !f.spawned; });
        return none;
    }
    [[nodiscard]] bool lives(unsigned index, std::uint64_t serial) noexcept {
        return (live_ & bit(index)) != 0 && fibers_[index].serial == serial;
    }
    [[nodiscard]] fiber& self() noexcept { return fibers_[current_]; }
    [[nodiscard]] fiber& at(unsigned index) noexcept { return fibers_[index]; }
    [[nodiscard]] std::int64_t now() const noexcept { return clock_; }
    [[nodiscard]] const options& settings() const noexcept { return options_; }
    [[nodiscard]] job& hook() noexcept { return hook_; }
    void refuse_threads(unsigned count) noexcept { refused_threads_ = count; }
    [[nodiscard]] bool nobody_can_run() const noexcept { return runnable_ == 0; }

    // ---- failure -----------------------------------------------------------------------------

    [[noreturn]] void fail(const char* what) noexcept {
        std::snprintf(message_.data(), message_.size(), "%s", what);
        failed_ = true;
        if (!options_.quiet) report(stderr, message_.data());
        leave();
    }

    // Where the run is and how it came there.
    void report(std::FILE* out, const char* what) noexcept {
        std::fprintf(out, "sim: %s failed: %s\n", options_.name, what);
        std::fprintf(out, "  at step %llu, virtual time %lld ns, in fiber %u (%s)\n",
                     static_cast<unsigned long long>(steps_),
                     static_cast<long long>(clock_ - epoch), current_,
                     fibers_[current_].name.data());
        for_each(live_,
                 [&](const fiber& f) { f.print(out, (runnable_ & bit(f.index)) != 0, epoch); });
        trace_.print(out, options_.trace_lines);
        choices_.print_replay(out, seed_);
        std::fflush(out);
    }

private:
    static constexpr std::uint64_t bit(unsigned index) noexcept {
        return std::uint64_t{1} << index;
    }

    template <class F>
    void for_each(std::uint64_t mask, F&& function) {
        for (; mask != 0; mask &= mask - 1) function(fibers_[lowest_bit(mask)]);
    }

    [[nodiscard]] unsigned early_mask() const noexcept {
        return options_.spurious_wake_one_in | options_.early_jump_one_in;
    }

    bool one_in(unsigned chance) {
        return chance != 0 && !choices_.exhaustive() && choices_.choose(chance + 1) == 1;
    }

    // ---- who runs ----------------------------------------------------------------------------

    template <class F>
    fiber& add_fiber(const char* name, F&& function) {
        if (live_ == ~std::uint64_t{0}) fail("more than 64 fibers live at once");
        const unsigned index = lowest_bit(~live_);
        fiber& added = fibers_.get(index, &enter);
        added.work.set(std::forward<F>(function));
        races::released(&added);
        added.begin(++serial_, name);
        live_ |= bit(index);
        runnable_ |= bit(index);
        choices_.started(index);
        return added;
    }

    // A fiber's stack is never left: after a job it waits here for the next one.
    static void enter(void* argument) {
        fiber& self = *static_cast<fiber*>(argument);
        self.stack.arrived();
        for (;;) {
            races::acquired(&self);
            try {
                self.work();
            } catch (const std::exception& thrown) {
                running()->fail_with("an exception left a fiber: ", thrown.what());
            } catch (...) {
                running()->fail("an exception left a fiber");
            }
            self.work.reset();
            running()->finish();
        }
    }

    void finish() {
        fiber& self = fibers_[current_];
        trace_.add(current_, op::end, nullptr);
        if (self.locks_held != 0) fail("a fiber ended with a mutex locked");
        if (hook_) call_hook();
        races::released(&live_);
        live_ &= ~bit(current_);
        runnable_ &= ~bit(current_);
        for_each(live_ & ~runnable_, [&](fiber& f) {
            if (f.reason == wait_reason::join) make_runnable(f.index);
        });
        if (live_ == 0) {
            hook_.reset();
            self.stack.switch_to(main_, globals_);
        } else {
            transfer(decide());
        }
    }

    void transfer(unsigned next) {
        fiber& from = fibers_[current_];
        current_ = next;
        from.stack.switch_to(fibers_[next].stack, globals_);
    }

    void block(wait_reason reason, const void* address, std::int64_t deadline) {
        fiber& self = fibers_[current_];
        self.reason = reason;
        self.waits_for = address;
        self.deadline = deadline;
        runnable_ &= ~bit(current_);
        if (deadline != no_deadline) timed_ |= bit(current_);
        if (hook_) call_hook();
        const unsigned next = decide();
        if (next != current_) transfer(next);
        self.reason = wait_reason::nothing;
    }

    void make_runnable(unsigned index) noexcept {
        runnable_ |= bit(index);
        parked_ &= ~bit(index);
        timed_ &= ~bit(index);
    }

    void take(lock_state& mutex, const void* address) noexcept {
        races::acquired(address);
        mutex.owner = static_cast<int>(current_);
        ++fibers_[current_].locks_held;
        if (mutex.waiting == 0) return;
        // Those whom the last unlock let try have lost the race: they need not run to find out.
        for_each(live_ & runnable_ & ~bit(current_), [&](fiber& f) {
            if (f.reason == wait_reason::mutex && f.waits_for == address)
                runnable_ &= ~bit(f.index);
        });
    }

    unsigned decide() {
        if (runnable_ == 0) jump_clock();
        if ((runnable_ & (runnable_ - 1)) == 0 && (timed_ | parked_) == 0) {
            return lowest_bit(runnable_);
        }
        std::uint64_t drawn = 0;
        if (choices_.exhaustive()) {
            if (options_.exhaustive_disturbances && timed_ != 0) disturb_by_choice();
        } else {
            drawn = choices_.draw();
            if (disturbances_ && (timed_ | parked_) != 0) disturb(drawn);
        }
        const int next = choices_.next(runnable_, current_, steps_, drawn);
        if (next < 0) fail("the scenario is not deterministic: other fibers can run");
        return static_cast<unsigned>(next);
    }

    // ---- time --------------------------------------------------------------------------------

    [[nodiscard]] std::int64_t nearest_deadline() noexcept {
        std::int64_t nearest = no_deadline;
        for_each(timed_, [&](fiber& f) {
            if (f.deadline < nearest) nearest = f.deadline;
        });
        return nearest;
    }

    void set_clock(std::int64_t to) {
        clock_ = to;
        for_each(timed_, [&](fiber& f) {
            if (f.deadline <= clock_) make_runnable(f.index);
        });
    }

    void jump_clock() {
        if (timed_ == 0) fail("deadlock: every fiber waits, and none for a deadline");
        set_clock(nearest_deadline());
        trace_.add(current_, op::clock_jump, nullptr);
        trace_.result(static_cast<std::uint64_t>(clock_ - epoch));
    }

    [[nodiscard]] bool deadline_is_near() noexcept {
        return timed_ != 0 && nearest_deadline() - clock_ <= options_.early_jump_window.count();
    }

    static bool hit(std::uint64_t bits16, unsigned one_in) noexcept {
        return one_in != 0 && (((bits16 & 0xFFFFU) * one_in) >> 16U) == 0;
    }

    void disturb(std::uint64_t drawn) {
        if (hit(drawn, options_.early_jump_one_in) && deadline_is_near()) jump_clock();
        if (parked_ != 0 && hit(drawn >> 16U, options_.spurious_wake_one_in)) {
            const unsigned woken = nth_bit(parked_, choices_.random() % bit_count(parked_));
            trace_.add(woken, op::spurious_wake, fibers_[woken].waits_for);
            make_runnable(woken);
        }
    }

    void disturb_by_choice() {
        if (!choices_.preemptions_left() || !deadline_is_near()) return;
        if (choose(2) == 0) return;
        choices_.count_preemption();
        jump_clock();
    }

    // ---- hooks, failure ----------------------------------------------------------------------

    void call_hook() {
        scheduling() = nullptr;
        const races::unseen scope;
        hook_();
        scheduling() = this;
    }

    [[noreturn]] void fail_with(const char* what, const char* detail) noexcept {
        std::array<char, 400> text{};
        std::snprintf(text.data(), text.size(), "%s%s", what, detail);
        fail(text.data());
    }

    [[noreturn]] void leave() noexcept {
        scheduling() = nullptr;
        fibers_[current_].stack.switch_to(main_, globals_);
        std::abort(); // nobody comes back to an abandoned fiber
    }

    void clean_up() noexcept {
        for (; live_ != 0; live_ &= live_ - 1) fibers_.abandon(lowest_bit(live_));
        hook_.reset();
    }

    options options_;
    std::uint64_t seed_ = 0;
    choices choices_;
    trace trace_;
    fiber_pool fibers_;
    context main_;
    exception_state* globals_ = nullptr;
    unsigned current_ = 0;
    unsigned refused_threads_ = 0;      // from now on
    unsigned threads_were_refused_ = 0; // in this run so far
    bool failed_ = false;
    bool disturbances_ = false;
    std::int64_t clock_ = epoch;
    std::uint64_t steps_ = 0;
    std::uint64_t serial_ = 0;
    std::uint64_t live_ = 0;     // started and not ended
    std::uint64_t runnable_ = 0; // of those, not waiting
    std::uint64_t timed_ = 0;    // waiting with a deadline
    std::uint64_t parked_ = 0;   // waiting in park
    job hook_;
    std::array<char, 512> message_{};
};

} // namespace detail
} // namespace sim

#endif // LEND_TESTS_SUPPORT_SIM_SCHEDULER_HPP
