// SPDX-License-Identifier: MIT
/// @file
/// A small stateless model checker for code on C++ atomics: runs a body again and again, each time
/// with another schedule and other values that relaxed loads may return, until all are seen or a
/// bound is reached. Finds broken assertions, data races and uses of atomics that the thread
/// cannot know to be constructed.
///
/// What it models: stores in one modification order a location (the order of execution); a load
/// may return any store that coherence allows; release sequences, fences, compare-exchanges that
/// fail on an older value; mutexes. Not: spurious failures, consume, load buffering (no thread
/// reads what has not been executed yet).
///
/// A violation ends the process with exit code 1; so each check runs in a process of its own
/// (`check`), and what a mutant leaves behind is nobody's problem.

#ifndef LEND_TESTS_SUPPORT_MODEL_CHECKER_HPP
#define LEND_TESTS_SUPPORT_MODEL_CHECKER_HPP

#include "check_report.hpp"
#include "sim_context.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace lend_test::mc {

inline constexpr bool by_relacy = false;

/// What a thread knows of the others: the last of their steps that happened before.
struct vector_clock {
    std::array<std::uint32_t, thread_count> steps{};

    void join(const vector_clock& other) {
        for (unsigned t = 0; t < thread_count; ++t) steps[t] = (std::max)(steps[t], other.steps[t]);
    }
    bool knows(unsigned thread, std::uint32_t step) const { return step <= steps[thread]; }
};

// ---- the engine: choices and schedules --------------------------------------------------------

class engine {
public:
    static engine& instance() {
        static engine* const only = new engine; // for the whole process
        return *only;
    }

    [[noreturn]] void violation(const char* what) {
        report_->violated(what);
        std::_Exit(1);
    }

    /// One of `count` alternatives; 0 is the plain one.
    unsigned choose(unsigned count) {
        if (count <= 1) return 0;
        if (bounds_.random) return static_cast<unsigned>(random_() % count);
        if (depth_ == trail_.size()) trail_.push_back({0, count});
        return trail_[depth_++].taken;
    }

    /// Runs `body` until every choice was made, or the bound is reached.
    void explore(const bounds& limits, report& out, const std::function<void()>& body) {
        bounds_ = limits;
        report_ = &out;
        random_.seed(limits.seed);
        do {
            begin_execution();
            body();
            ++out.executions;
            if (!bounds_.random && !next_trail()) {
                out.exhaustive = true;
                return;
            }
        } while (out.executions < limits.executions);
    }

    /// Runs the threads of one execution to their ends.
    void run(std::initializer_list<std::function<void()>> jobs) {
        start(jobs);
        unsigned last = main_thread;
        unsigned preemptions = 0;
        for (;;) {
            std::array<unsigned, max_fibers> ready{};
            unsigned count = 0;
            const bool last_ready = last != main_thread && can_run(last);
            if (last_ready) ready[count++] = last;
            const bool may_switch = !last_ready || bounds_.random ||
                                    preemptions < static_cast<unsigned>(bounds_.preemptions);
            for (unsigned t = 0; may_switch && t < fiber_count_; ++t) {
                if (t != last && can_run(t)) ready[count++] = t;
            }
            if (count == 0) break;
            const unsigned next = ready[choose(count)];
            if (last_ready && next != last) ++preemptions;
            last = next;
            resume(next);
        }
        for (unsigned t = 0; t < fiber_count_; ++t) {
            if (!fibers_[t].done) violation("deadlock");
            clocks_[main_thread].join(clocks_[t]);
        }
    }

    // ---- the running thread -------------------------------------------------------------------

    unsigned current() const { return current_; }
    unsigned fiber_count() const { return fiber_count_; }
    vector_clock& clock() { return clocks_[current_]; }
    std::uint32_t step() { return ++clocks_[current_].steps[current_]; }
    vector_clock& acquired_later() { return acquire_fence_[current_]; }
    vector_clock& released_before() { return release_fence_[current_]; }

    /// A point at which another thread may go on first.
    void scheduling_point() {
        if (current_ == main_thread) return;
        if (++steps_ > 20'000) violation("too many steps: a loop that does not end");
        suspend();
    }

    /// Blocks the running thread while `*taken`.
    void wait_while(const bool* taken) {
        while (*taken) {
            if (current_ == main_thread) violation("the body waits for a lock");
            fibers_[current_].waits_for = taken;
            suspend();
        }
    }

    void fence(std::memory_order order) {
        if (order == std::memory_order_acquire || order == std::memory_order_acq_rel) {
            clock().join(acquired_later());
        }
        if (order == std::memory_order_release || order == std::memory_order_acq_rel) {
            released_before() = clock();
        }
    }

    std::uint64_t execution() const { return execution_; }

private:
    struct choice {
        unsigned taken;
        unsigned count;
    };
    struct fiber {
        sim::detail::context context;
        std::function<void()> job;
        const bool* waits_for = nullptr;
        bool done = true;
        bool made = false;
    };

    void begin_execution() {
        ++execution_;
        depth_ = 0;
        steps_ = 0;
        current_ = main_thread;
        clocks_ = {};
        acquire_fence_ = {};
        release_fence_ = {};
    }

    // To the last choice that has an alternative left. False if there is none.
    bool next_trail() {
        while (!trail_.empty() && trail_.back().taken + 1 == trail_.back().count) trail_.pop_back();
        if (trail_.empty()) return false;
        ++trail_.back().taken;
        return true;
    }

    void start(std::initializer_list<std::function<void()>> jobs) {
        (void)step();
        fiber_count_ = 0;
        for (const auto& job : jobs) {
            const unsigned t = fiber_count_++;
            fiber& f = fibers_[t];
            f.job = job;
            f.done = false;
            f.waits_for = nullptr;
            clocks_[t].join(clocks_[main_thread]);
            ++clocks_[t].steps[t];
            if (f.made) {
                f.context.make_again();
            } else {
                f.context.make(&enter, &f, t);
                f.made = true;
            }
        }
        main_.adopt_thread();
    }

    bool can_run(unsigned t) const {
        const fiber& f = fibers_[t];
        return !f.done && (f.waits_for == nullptr || !*f.waits_for);
    }

    static void enter(void* raw) {
        auto& self = instance();
        auto& f = *static_cast<fiber*>(raw);
        f.context.arrived();
        for (;;) {
            f.job();
            f.done = true;
            self.suspend();
        }
    }

    void resume(unsigned t) {
        current_ = t;
        fibers_[t].waits_for = nullptr;
        main_.switch_to(fibers_[t].context, sim::detail::exception_globals());
        current_ = main_thread;
    }
    void suspend() { fibers_[current_].context.switch_to(main_, sim::detail::exception_globals()); }

    bounds bounds_;
    report* report_ = nullptr;
    std::mt19937_64 random_;
    std::vector<choice> trail_;
    std::size_t depth_ = 0;
    std::uint64_t execution_ = 0;
    std::uint32_t steps_ = 0;

    sim::detail::context main_;
    std::array<fiber, max_fibers> fibers_;
    unsigned fiber_count_ = 0;
    unsigned current_ = main_thread;
    std::array<vector_clock, thread_count> clocks_;
    std::array<vector_clock, thread_count> acquire_fence_; // what relaxed loads have seen
    std::array<vector_clock, thread_count> release_fence_; // what later relaxed stores release
};

inline void expect(bool holds, const char* what) {
    if (!holds) engine::instance().violation(what);
}

// ---- atomics ----------------------------------------------------------------------------------

constexpr bool acquires(std::memory_order order) {
    return order == std::memory_order_acquire || order == std::memory_order_acq_rel;
}
constexpr bool releases(std::memory_order order) {
    return order == std::memory_order_release || order == std::memory_order_acq_rel;
}

/// The history of one atomic, apart from the atomic so that this stays as small as a real one.
class location {
public:
    void begin(std::uint64_t value) {
        auto& e = engine::instance();
        stores_.clear();
        for (auto& accesses : accesses_) accesses.clear();
        maker_ = e.current();
        made_at_ = e.step();
        stores_.push_back({value, {}});
    }

    std::uint64_t load(std::memory_order order) {
        enter();
        const auto oldest = oldest_visible();
        const auto at = newest() - engine::instance().choose(newest() - oldest + 1);
        see(at, order);
        return stores_[at].value;
    }

    void store(std::uint64_t value, std::memory_order order) {
        enter();
        append(value, order, nullptr);
    }

    template <class F>
    std::uint64_t modify(std::memory_order order, F&& change) {
        enter();
        const auto at = newest();
        see(at, order);
        const entry before = stores_[at];
        append(change(before.value), order, &before.released);
        return before.value;
    }

    bool exchange_if(std::uint64_t& expected,
                     std::uint64_t value,
                     std::memory_order success,
                     std::memory_order failure) {
        enter();
        // It succeeds on the newest store only; it may fail on that or on an older one.
        std::array<std::uint32_t, 64> candidates{newest()};
        unsigned count = 1;
        const auto oldest = oldest_visible();
        for (auto at = newest(); at-- > oldest && count < candidates.size();) {
            if (stores_[at].value != expected) candidates[count++] = at;
        }
        const auto at = candidates[engine::instance().choose(count)];
        if (at == newest() && stores_[at].value == expected) {
            see(at, success);
            const vector_clock released = stores_[at].released;
            append(value, success, &released);
            return true;
        }
        see(at, failure);
        expected = stores_[at].value;
        return false;
    }

private:
    struct entry {
        std::uint64_t value;
        vector_clock released; // what an acquire that reads this store learns
    };
    struct access {
        std::uint32_t step;
        std::uint32_t store;
    };

    std::uint32_t newest() const { return static_cast<std::uint32_t>(stores_.size()) - 1; }

    void enter() {
        auto& e = engine::instance();
        e.scheduling_point();
        expect(e.clock().knows(maker_, made_at_), "an atomic is used before it is constructed");
    }

    // No thread reads a store older than one that it knows to have been read or written.
    std::uint32_t oldest_visible() const {
        auto& e = engine::instance();
        std::uint32_t oldest = 0;
        for (unsigned t = 0; t < thread_count; ++t) {
            for (auto at = accesses_[t].size(); at-- > 0;) {
                if (t != e.current() && !e.clock().knows(t, accesses_[t][at].step)) continue;
                oldest = (std::max)(oldest, accesses_[t][at].store);
                break;
            }
        }
        return oldest;
    }

    void see(std::uint32_t at, std::memory_order order) {
        auto& e = engine::instance();
        accesses_[e.current()].push_back({e.step(), at});
        if (acquires(order)) {
            e.clock().join(stores_[at].released);
        } else {
            e.acquired_later().join(stores_[at].released);
        }
    }

    void append(std::uint64_t value, std::memory_order order, const vector_clock* sequence) {
        auto& e = engine::instance();
        const auto step = e.step();
        entry next{value, releases(order) ? e.clock() : e.released_before()};
        if (sequence != nullptr) next.released.join(*sequence);
        stores_.push_back(next);
        accesses_[e.current()].push_back({step, newest()});
    }

    std::vector<entry> stores_;
    std::array<std::vector<access>, thread_count> accesses_;
    unsigned maker_ = 0;
    std::uint32_t made_at_ = 0;
};

/// All locations of an execution. Numbers are given anew in each.
class locations {
public:
    static std::uint64_t make(std::uint64_t value) {
        auto& self = instance();
        const auto execution = engine::instance().execution();
        if (self.execution_ != execution) {
            self.execution_ = execution;
            self.used_ = 0;
        }
        if (self.used_ == self.all_.size()) self.all_.push_back(new location);
        self.all_[self.used_]->begin(value);
        return self.used_++;
    }
    static location& at(std::uint64_t number) {
        auto& self = instance();
        expect(number < self.used_, "memory is used as an atomic that is none");
        return *self.all_[number];
    }

private:
    static locations& instance() {
        static auto* const only = new locations;
        return *only;
    }
    std::vector<location*> all_;
    std::uint64_t used_ = 0;
    std::uint64_t execution_ = 0;
};

/// In place of std::atomic, for values of up to 8 bytes. As large as a 64-bit one.
template <class T>
class atomic {
public:
    atomic() noexcept : atomic(T{}) {}
    atomic(T value) noexcept : number_(locations::make(bits(value))) {}
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;

    T load(std::memory_order order) const noexcept { return value(here().load(order)); }
    void store(T desired, std::memory_order order) noexcept { here().store(bits(desired), order); }
    T exchange(T desired, std::memory_order order) noexcept {
        return value(here().modify(order, [&](auto) { return bits(desired); }));
    }
    T fetch_add(T more, std::memory_order order) noexcept {
        return value(here().modify(order, [&](auto b) { return bits(T(value(b) + more)); }));
    }
    T fetch_sub(T less, std::memory_order order) noexcept {
        return value(here().modify(order, [&](auto b) { return bits(T(value(b) - less)); }));
    }
    T fetch_or(T more, std::memory_order order) noexcept {
        return value(here().modify(order, [&](auto b) { return bits(T(value(b) | more)); }));
    }
    T fetch_and(T kept, std::memory_order order) noexcept {
        return value(here().modify(order, [&](auto b) { return bits(T(value(b) & kept)); }));
    }
    bool compare_exchange_strong(T& expected,
                                 T desired,
                                 std::memory_order success,
                                 std::memory_order failure) noexcept {
        std::uint64_t seen = bits(expected);
        const bool done = here().exchange_if(seen, bits(desired), success, failure);
        expected = value(seen);
        return done;
    }
    bool compare_exchange_weak(T& expected,
                               T desired,
                               std::memory_order success,
                               std::memory_order failure) noexcept {
        return compare_exchange_strong(expected, desired, success, failure);
    }

private:
    static_assert(sizeof(T) <= sizeof(std::uint64_t));
    static std::uint64_t bits(T value) {
        std::uint64_t out = 0;
        std::memcpy(&out, &value, sizeof(T));
        return out;
    }
    static T value(std::uint64_t bits) {
        T out;
        std::memcpy(&out, &bits, sizeof(T));
        return out;
    }
    location& here() const { return locations::at(number_); }

    std::uint64_t number_;
};

/// A mutex that the scheduler knows.
class mutex {
public:
    void lock() {
        auto& e = engine::instance();
        e.scheduling_point();
        e.wait_while(&taken_);
        taken_ = true;
        e.clock().join(released_);
    }
    void unlock() {
        auto& e = engine::instance();
        (void)e.step();
        released_ = e.clock();
        taken_ = false;
    }

private:
    bool taken_ = false;
    vector_clock released_;
};

/// A plain variable: two accesses of which one writes and that nothing orders are a violation.
/// No scheduling point: races are found by what threads know, in whatever order they run.
class variable {
public:
    int read() {
        auto& e = engine::instance();
        expect(e.clock().knows(writer_, written_), "data race: a read and a write");
        reads_.steps[e.current()] = e.step();
        return value_;
    }
    void write(int value) {
        auto& e = engine::instance();
        expect(e.clock().knows(writer_, written_), "data race: two writes");
        for (unsigned t = 0; t < thread_count; ++t) {
            expect(e.clock().knows(t, reads_.steps[t]), "data race: a write and a read");
        }
        writer_ = e.current();
        written_ = e.step();
        value_ = value;
    }

private:
    int value_ = 0;
    unsigned writer_ = main_thread;
    std::uint32_t written_ = 0;
    vector_clock reads_;
};

inline void run(std::initializer_list<std::function<void()>> jobs) { engine::instance().run(jobs); }

/// Explores `body` in a process of its own. True if nothing was violated; prints one line.
inline bool check(const char* name, const bounds& limits, const std::function<void()>& body) {
    return check_in_child(name, limits,
                          [&](report& out) { engine::instance().explore(limits, out, body); });
}

} // namespace lend_test::mc

#endif // LEND_TESTS_SUPPORT_MODEL_CHECKER_HPP
