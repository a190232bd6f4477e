// SPDX-License-Identifier: MIT
/// @file
/// Relacy behind the interface of model_checker.hpp, so that the same scenarios and mutants run
/// under a checker that somebody else has written.
///
/// What it sees and the own checker does not: spurious failures of weak exchanges, any number of
/// pre-emptions (its random scheduler), livelocks. What it does not: a failing exchange that reads
/// an older value than the newest; loads of a store with more than two later ones, and, when it
/// searches, with more than one.
///
/// Each check runs random schedules first, then the search with a bound on pre-emptions.
/// LEND_RELACY_HISTORY=1 prints the schedule of a violation.

#ifndef LEND_TESTS_SUPPORT_RELACY_CHECKER_HPP
#define LEND_TESTS_SUPPORT_RELACY_CHECKER_HPP

#include "check_report.hpp"
#include "relacy.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <iostream>
#include <optional>
#include <ostream>
#include <source_location>
#include <type_traits>
#include <vector>

namespace lend_test::mc {

inline constexpr bool by_relacy = true;

using site = std::source_location;

inline rl::debug_info debug_info_of(const site& at) {
    return {at.function_name(), at.file_name(), at.line()};
}

constexpr rl::memory_order relacys(std::memory_order order) {
    switch (order) {
    case std::memory_order_relaxed:
        return rl::mo_relaxed;
    case std::memory_order_consume:
        return rl::mo_consume;
    case std::memory_order_acquire:
        return rl::mo_acquire;
    case std::memory_order_release:
        return rl::mo_release;
    case std::memory_order_acq_rel:
        return rl::mo_acq_rel;
    default:
        return rl::mo_seq_cst;
    }
}

// ---- the engine -------------------------------------------------------------------------------

// One body at a time: Relacy's only static thread runs it, and `run` starts dynamic ones.
class engine {
public:
    static engine& instance() {
        static engine* const only = new engine; // for the whole process
        return *only;
    }

    [[noreturn]] void violation(const char* what) {
        report_->violated(what);
        rl::ctx().fail_test(what, rl::test_result_user_assert_failed, RL_INFO);
        std::abort(); // not reached: the test does not go on
    }

    /// Which job runs, by its place in the list given to `run`.
    [[nodiscard]] unsigned current() const {
        const auto thread = static_cast<unsigned>(rl::ctx().threadx_->index_);
        return thread == 0 ? main_thread : jobs_by_thread_[thread];
    }
    [[nodiscard]] unsigned fiber_count() const { return static_cast<unsigned>(job_count_); }

    void scheduling_point() { rl::ctx().sched(); }

    /// Blocks the running thread while `*taken`.
    void wait_while(const bool* taken) {
        if (*taken && current() == main_thread) violation("the body waits for a lock");
        while (*taken) rl::ctx().yield(1, RL_INFO);
    }

    void fence(std::memory_order order) {
        if (order != std::memory_order_relaxed) rl::atomic_thread_fence(relacys(order), RL_INFO);
    }

    /// Runs the threads of one execution to their ends.
    void run(std::initializer_list<std::function<void()>> jobs) {
        rl::context& c = rl::ctx();
        if (job_count_ != 0 || jobs.size() > threads_) violation("more threads than were told");
        jobs_ = jobs.begin();
        job_count_ = left_ = jobs.size();
        for (unsigned job = 0; job < job_count_; ++job) {
            starts_[job] = {this, job};
            (void)c.create_thread(&enter, &starts_[job]);
        }
        (void)c.park_current_thread(false, false, false, RL_INFO);
        c.rl_global_fence();
    }

    /// Explores `body` by random schedules, then by search.
    void explore(const bounds& limits, report& out, const std::function<void()>& body);

    // ---- for the suite ------------------------------------------------------------------------

    // One execution.
    void perform() {
        if (report_->executions + 1 > executions_end_) rl::ctx().rl_until("enough", RL_INFO);
        ++report_->executions;
        job_count_ = 0;
        rl::ctx().disable_preemption(); // of the body; its jobs are pre-empted all the same
        (*body_)();
        rl::ctx().enable_preemption();
    }

    // Relacy replaces operator new and counts what is not given back, and asks its scheduler at
    // each delete whether the address is to be used again. Here that would be noise.
    static void leave_memory_alone() {
        struct access : rl::context {
            static int& count(rl::context& c) { return c.*&access::disable_alloc_; }
        };
        int& count = access::count(rl::ctx());
        if (count == 0) count = 1;
    }

private:
    struct start {
        engine* self;
        unsigned job;
    };
    static void* enter(void* raw) {
        const start& mine = *static_cast<start*>(raw);
        engine& self = *mine.self;
        self.jobs_by_thread_[static_cast<unsigned>(rl::ctx().threadx_->index_)] = mine.job;
        self.jobs_[mine.job]();
        if (--self.left_ == 0) rl::ctx().unpark_thread(0, false, RL_INFO);
        return nullptr;
    }

    template <unsigned Threads>
    void search(const bounds& limits);
    template <class Suite, class Scheduler>
    void simulate(rl::test_params& how);

    report* report_ = nullptr;
    const std::function<void()>* body_ = nullptr;
    std::uint64_t executions_end_ = 0;
    unsigned threads_ = 0;
    const std::function<void()>* jobs_ = nullptr;
    std::size_t job_count_ = 0;
    std::size_t left_ = 0;
    std::array<start, max_fibers> starts_{};
    std::array<unsigned, max_fibers + 1> jobs_by_thread_{};
};

inline void expect(bool holds, const char* what) {
    if (!holds) engine::instance().violation(what);
}

/// While this lives the running thread is not pre-empted.
class uninterrupted {
public:
    uninterrupted() { rl::ctx().disable_preemption(); }
    uninterrupted(const uninterrupted&) = delete;
    uninterrupted& operator=(const uninterrupted&) = delete;
    ~uninterrupted() { rl::ctx().enable_preemption(); }
};

// ---- atomics ----------------------------------------------------------------------------------

// An atomic of Relacy's, and what tells whether a thread can know that it is there.
template <class Word>
struct location {
    explicit location(Word value) : cell(value), made(1) {}
    rl::atomic<Word> cell;
    rl::var<int> made;
};

/// All locations of a word size of an execution, apart from the atomics so that these stay as
/// small as real ones. Numbers are given anew in each.
template <class Word>
class locations {
public:
    static std::uint64_t make(Word value) {
        const uninterrupted guard;
        auto& self = instance();
        if (self.used_ == self.all_.size()) self.all_.push_back(new std::optional<location<Word>>);
        self.all_[self.used_]->emplace(value);
        return self.used_++;
    }
    static rl::atomic<Word>& at(std::uint64_t number) {
        auto& self = instance();
        expect(number < self.used_, "memory is used as an atomic that is none");
        location<Word>& found = **self.all_[number];
        (void)found.made(RL_INFO).load();
        return found.cell;
    }
    static void end_all() {
        auto& self = instance();
        for (std::uint64_t at = 0; at < self.used_; ++at) self.all_[at]->reset();
        self.used_ = 0;
    }

private:
    static locations& instance() {
        static auto* const only = new locations;
        return *only;
    }
    std::vector<std::optional<location<Word>>*> all_;
    std::uint64_t used_ = 0;
};

template <std::size_t Size>
struct word_of_size;
template <>
struct word_of_size<1> {
    using type = std::uint8_t;
};
template <>
struct word_of_size<4> {
    using type = std::uint32_t;
};
template <>
struct word_of_size<8> {
    using type = std::uint64_t;
};

/// In place of std::atomic. As large as a 64-bit one.
template <class T>
class atomic {
    using word = typename word_of_size<sizeof(T)>::type;

public:
    atomic() noexcept : atomic(T{}) {}
    atomic(T value) noexcept : number_(locations<word>::make(bits(value))) {}
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;

    T load(std::memory_order o, const site& at = site::current()) const noexcept {
        return value(here().load(relacys(o), debug_info_of(at)));
    }
    void store(T desired, std::memory_order o, const site& at = site::current()) noexcept {
        here().store(bits(desired), relacys(o), debug_info_of(at));
    }
    T exchange(T desired, std::memory_order o, const site& at = site::current()) noexcept {
        return value(here().exchange(bits(desired), relacys(o), debug_info_of(at)));
    }
    T fetch_add(T more, std::memory_order o, const site& at = site::current()) noexcept {
        return value(here().fetch_add(bits(more), relacys(o), debug_info_of(at)));
    }
    T fetch_sub(T less, std::memory_order o, const site& at = site::current()) noexcept {
        return value(here().fetch_sub(bits(less), relacys(o), debug_info_of(at)));
    }
    T fetch_or(T more, std::memory_order o, const site& at = site::current()) noexcept {
        return value(here().fetch_or(bits(more), relacys(o), debug_info_of(at)));
    }
    T fetch_and(T kept, std::memory_order o, const site& at = site::current()) noexcept {
        return value(here().fetch_and(bits(kept), relacys(o), debug_info_of(at)));
    }
    bool compare_exchange_strong(T& expected,
                                 T desired,
                                 std::memory_order success,
                                 std::memory_order failure,
                                 const site& at = site::current()) noexcept {
        return exchange_if<false>(expected, desired, success, failure, at);
    }
    bool compare_exchange_weak(T& expected,
                               T desired,
                               std::memory_order success,
                               std::memory_order failure,
                               const site& at = site::current()) noexcept {
        return exchange_if<true>(expected, desired, success, failure, at);
    }

private:
    template <bool MayFail>
    bool exchange_if(T& expected,
                     T desired,
                     std::memory_order success,
                     std::memory_order failure,
                     const site& at) noexcept {
        word seen = bits(expected);
        const bool done =
            here().compare_exchange(rl::bool_t<MayFail>(), seen, bits(desired), relacys(success),
                                    relacys(failure), debug_info_of(at));
        expected = value(seen);
        return done;
    }

    static word bits(T value) {
        word out = 0;
        std::memcpy(&out, &value, sizeof(T));
        return out;
    }
    static T value(word bits) {
        T out;
        std::memcpy(&out, &bits, sizeof(T));
        return out;
    }
    rl::atomic<word>& here() const { return locations<word>::at(number_); }

    std::uint64_t number_;
};

/// A mutex that the scheduler knows.
class mutex {
public:
    void lock() { it_.lock(RL_INFO); }
    void unlock() { it_.unlock(RL_INFO); }

private:
    rl::mutex it_;
};

/// A plain variable: two accesses of which one writes and that nothing orders are a violation.
/// No scheduling point: races are found by what threads know, in whatever order they run.
class variable {
public:
    int read(const site& at = site::current()) { return it_(debug_info_of(at)).load(); }
    void write(int value, const site& at = site::current()) { it_(debug_info_of(at)).store(value); }

private:
    rl::var<int> it_{0};
};

inline void run(std::initializer_list<std::function<void()>> jobs) { engine::instance().run(jobs); }

// ---- one check --------------------------------------------------------------------------------

template <unsigned Threads>
struct suite : rl::test_suite<suite<Threads>, 1> {
    static constexpr rl::thread_id_t dynamic_thread_count = Threads;

    suite() { engine::leave_memory_alone(); }
    void thread(unsigned) {
        engine::instance().perform();
        locations<std::uint8_t>::end_all();
        locations<std::uint32_t>::end_all();
        locations<std::uint64_t>::end_all();
    }
};

template <class Suite, class Scheduler>
void engine::simulate(rl::test_params& how) {
    rl::ostringstream state;
    const rl::test_result_e result = rl::run_test<Suite, Scheduler>(how, state, false);
    if (result == rl::test_result_success || result == rl::test_result_until_condition_hit) return;
    if (report_->violation[0] == '\0') report_->violated(rl::test_result_str(result));
    if (std::getenv("LEND_RELACY_HISTORY") != nullptr) {
        how.initial_state = state.str();
        how.collect_history = true;
        how.output_stream = &std::cout;
        executions_end_ = ~std::uint64_t{0};
        (void)rl::run_test<Suite, Scheduler>(how, state, true);
    }
    std::cout.flush();
    std::_Exit(1);
}

template <unsigned Threads>
void engine::search(const bounds& limits) {
    threads_ = Threads;
    std::ostream nowhere(nullptr);
    rl::test_params how;
    how.output_stream = &nowhere;
    how.progress_stream = &nowhere;
    how.execution_depth_limit = 20'000;

    const std::uint64_t drawn = limits.random_executions != 0 ? limits.random_executions : 10'000;
    how.search_type = rl::sched_random;
    how.iteration_count = drawn;
    executions_end_ = drawn;
    simulate<suite<Threads>, rl::random_scheduler<suite<Threads>::params::thread_count>>(how);
    if (limits.random) return;

    const std::uint64_t searched =
        limits.searched_executions != 0 ? limits.searched_executions : 20'000;
    how.search_type = rl::sched_bound;
    how.context_bound = static_cast<unsigned>(limits.preemptions);
    executions_end_ = report_->executions + searched;
    simulate<suite<Threads>, rl::context_bound_scheduler<suite<Threads>::params::thread_count>>(
        how);
    report_->exhaustive = report_->executions < executions_end_;
}

inline void engine::explore(const bounds& limits, report& out, const std::function<void()>& body) {
    report_ = &out;
    body_ = &body;
    if (limits.threads <= 2) {
        search<2>(limits);
    } else {
        search<3>(limits);
    }
}

/// Explores `body` in a process of its own. True if nothing was violated; prints one line.
inline bool check(const char* name, const bounds& limits, const std::function<void()>& body) {
    return check_in_child(name, limits,
                          [&](report& out) { engine::instance().explore(limits, out, body); });
}

} // namespace lend_test::mc

#endif // LEND_TESTS_SUPPORT_RELACY_CHECKER_HPP
