// SPDX-License-Identifier: MIT
/// @file
/// A world in one thread for fuzzers: the clock moves by hand or when somebody sleeps, what asks
/// for a thread is put on a list that the fuzzer runs, and one real thread plays several. So each
/// input is one run, the same each time. For interleavings there is sim_platform.hpp.

#ifndef LEND_TESTS_FUZZ_FUZZ_PLATFORM_HPP
#define LEND_TESTS_FUZZ_FUZZ_PLATFORM_HPP

#include "fuzz_input.hpp"
#include "support/small_table.hpp"

#include <lend/executor.hpp>
#include <lend/platform.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace lend_test {

/// What the world of one run knows. Begun anew by each input.
class fuzz_world {
public:
    using clock = std::chrono::steady_clock;
    using job = std::pair<void (*)(void*), void*>;
    /// Threads that the fuzzer may play; those above run jobs, one inside the other.
    static constexpr std::uint32_t players = 3;
    static constexpr std::uint32_t max_threads = 8;

    static fuzz_world& now() noexcept {
        static fuzz_world world;
        return world;
    }

    void begin() {
        FUZZ_CHECK(locks_held == 0 && jobs.empty());
        time = clock::time_point(std::chrono::hours(1000));
        randomness = 1;
        tables = 0;
        thread = 0;
        has_threads = false;
        jobs_run_while_others_sleep = false;
        for (void (*const reset)() : resets()) reset();
    }

    /// Runs the first job that waits, as a thread of its own would.
    bool run_job() {
        if (jobs.empty() || depth + players >= max_threads) return false;
        const job next = jobs.front();
        jobs.pop_front();
        const std::uint32_t before = std::exchange(thread, players + depth++);
        next.first(next.second);
        thread = before;
        --depth;
        return true;
    }

    /// Sleeps: others work, or time goes on to the deadline.
    void sleep(clock::time_point deadline) {
        FUZZ_CHECK(locks_held == 0);
        if (jobs_run_while_others_sleep && run_job()) return;
        FUZZ_CHECK(deadline != (clock::time_point::max)()); // it would sleep for ever
        if (deadline > time) time = deadline;
    }

    /// What is called for each kind of object kept per thread when a run begins.
    static std::vector<void (*)()>& resets() {
        static std::vector<void (*)()> all;
        return all;
    }

    clock::time_point time{};
    std::uint64_t randomness = 1;
    std::uint32_t tables = 0;
    std::uint32_t thread = 0;
    std::uint32_t depth = 0;
    int locks_held = 0;
    bool has_threads = false;
    bool jobs_run_while_others_sleep = false;
    std::deque<job> jobs;
};

/// An executor that puts what it is given on the world's list, unless it is told to refuse.
class fuzz_executor final : public lend::executor {
public:
    bool execute(void (*run)(void*), void* argument) noexcept override {
        if (refuses) return false;
        fuzz_world::now().jobs.emplace_back(run, argument);
        return true;
    }
    bool refuses = false;
};

/// A lock that is never waited for, since nobody else runs: taking it twice ends the run.
class fuzz_mutex {
public:
    void lock() noexcept {
        FUZZ_CHECK(!locked_);
        locked_ = true;
        ++fuzz_world::now().locks_held;
    }
    [[nodiscard]] bool try_lock() noexcept {
        if (locked_) return false;
        lock();
        return true;
    }
    void unlock() noexcept {
        FUZZ_CHECK(locked_);
        locked_ = false;
        --fuzz_world::now().locks_held;
    }

private:
    bool locked_ = false;
};

struct fuzz_platform : lend::basic_platform<true, true> {
    /// Small, so that few steps reach every path of a table.
    struct table_tuning : small_table_tuning {
        static constexpr std::uint32_t first_directory = 2;
        static constexpr std::uint32_t threads_per_page = 4;
    };
    static constexpr std::uint32_t max_threads = fuzz_world::max_threads;
    static constexpr unsigned front_order_bits = 2;

    using mutex = fuzz_mutex;

    static void fence(std::memory_order) noexcept {}
    static void light_fence() noexcept {}
    static void heavy_fence() noexcept {}

    static time_point now() noexcept { return fuzz_world::now().time; }

    static void
    park(atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline) noexcept {
        // Relaxed: there is one thread.
        if (word.load(std::memory_order_relaxed) != expected) return;
        fuzz_world::now().sleep(deadline);
    }
    static void unpark_one(atomic<std::uint32_t>&) noexcept {}

    static void driver_call() noexcept { FUZZ_CHECK(fuzz_world::now().locks_held == 0); }

    [[nodiscard]] static bool
    start_thread(const char*, void (*run)(void*), void* argument) noexcept {
        fuzz_world& world = fuzz_world::now();
        if (world.has_threads) world.jobs.emplace_back(run, argument);
        return world.has_threads;
    }

    static std::uint32_t thread_slot() noexcept { return fuzz_world::now().thread; }
    static std::uint64_t thread_id() noexcept { return 1 + fuzz_world::now().thread; }

    template <class Tag>
    static Tag& local() noexcept {
        static std::array<Tag, fuzz_world::max_threads> all{};
        static const bool known = [] {
            fuzz_world::resets().push_back([] { all = {}; });
            return true;
        }();
        (void)known;
        return all[fuzz_world::now().thread];
    }

    static std::uint64_t random() noexcept {
        // splitmix64, as in platform.hpp.
        std::uint64_t z = (fuzz_world::now().randomness += 0x9E3779B97F4A7C15U);
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }
    static std::uint32_t table_tag() noexcept { return fuzz_world::now().tables++; }
};

} // namespace lend_test

#endif // LEND_TESTS_FUZZ_FUZZ_PLATFORM_HPP
