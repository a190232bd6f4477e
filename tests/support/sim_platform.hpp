// SPDX-License-Identifier: MIT
/// @file
/// The simulated world: a Platform whose threads are fibers under one scheduler and whose clock is
/// virtual. Include this and use sim::platform where a Platform is asked for.
///
/// Accesses interleave in a sequentially consistent way: the simulation finds wrong algorithms,
/// not missing memory orders. Those that data races follow from are found by ThreadSanitizer, where
/// it is told: see sim_races.hpp.

#ifndef LEND_TESTS_SUPPORT_SIM_PLATFORM_HPP
#define LEND_TESTS_SUPPORT_SIM_PLATFORM_HPP

#include "sim_atomic.hpp"
#include "sim_explore.hpp"
#include "sim_run.hpp"
#include "sim_stop.hpp"
#include "small_table.hpp"

#include <lend/platform.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>

namespace sim {

/// A mutex that is a scheduling point. Recursion, unlocking by another and destroying it while it
/// is locked fail the run.
class mutex {
public:
    constexpr mutex() noexcept = default;
    mutex(const mutex&) = delete;
    mutex& operator=(const mutex&) = delete;
    ~mutex() {
        if (state_.owner != detail::lock_state::free) fail("a locked mutex is destroyed");
    }

    void lock() noexcept {
        if (detail::scheduler* const it = detail::scheduler::scheduling()) {
            it->lock(state_, this);
        } else if (!take_unscheduled()) {
            fail("a locked mutex is locked where nothing can wait");
        }
    }

    [[nodiscard]] bool try_lock() noexcept {
        detail::scheduler* const it = detail::scheduler::scheduling();
        return it != nullptr ? it->try_lock(state_, this) : take_unscheduled();
    }

    void unlock() noexcept {
        if (detail::scheduler* const it = detail::scheduler::scheduling()) {
            it->unlock(state_, this);
        } else {
            if (state_.owner != detail::lock_state::outside)
                fail("unlock by another than the holder");
            state_.owner = detail::lock_state::free;
        }
    }

private:
    bool take_unscheduled() noexcept {
        if (state_.owner != detail::lock_state::free) return false;
        state_.owner = detail::lock_state::outside;
        return true;
    }

    detail::lock_state state_;
};

/// lend::basic_platform with everything hidden that waits, tells time, or is shared. Outside of a
/// run, waiting fails, the clock stands still, and what is per thread is the thread's own.
struct platform : lend::basic_platform<true, true> {
    using base = lend::basic_platform<true, true>;

    /// Small, so that a few steps reach every path of a handle table and its end is no long walk.
    struct table_tuning : lend_test::small_table_tuning {
        static constexpr std::uint32_t first_directory = 2;
        static constexpr std::uint32_t threads_per_page = 8;
    };

    /// As many as there are fibers: walks over all threads cost a step for each.
    static constexpr std::uint32_t max_threads = detail::choices::max_fibers;

    /// So that the count of what came back to a holder begins anew now and then.
    static constexpr unsigned front_order_bits = 2;

    template <class T>
    using atomic = sim::atomic<T>;
    using mutex = sim::mutex;
    using stop_token = sim::stop_token;
    template <class Call>
    using stop_callback = sim::stop_callback<Call>;

    static void fence(std::memory_order order) noexcept {
        note_fence();
        static const char fences = 0;
        if (detail::scheduler::scheduling() != nullptr) races::ordered(&fences, order);
    }
    static void light_fence() noexcept { note_fence(); }
    static void heavy_fence() noexcept { note_fence(); }

    static time_point now() noexcept {
        const detail::scheduler* const it = detail::scheduler::running();
        const std::int64_t at = it != nullptr ? it->now() : detail::scheduler::epoch;
        return time_point(std::chrono::duration_cast<duration>(std::chrono::nanoseconds(at)));
    }

    static void
    park(atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline) noexcept {
        detail::scheduler* const it = detail::scheduler::scheduling();
        if (it == nullptr) fail("parked where nothing can wait");
        it->point(op::park, &word);
        if (peek(word) != expected) return;
        const auto since = std::chrono::nanoseconds(deadline.time_since_epoch()).count();
        it->park(&word, deadline == time_point::max() ? detail::no_deadline : since);
    }

    static void unpark_one(atomic<std::uint32_t>& word) noexcept {
        if (detail::scheduler* const it = detail::scheduler::scheduling()) it->unpark_one(&word);
    }

    /// Fibers share one thread, and so what the platform keeps per thread: asked anew each time.
    static unsigned exceptions_in_flight() noexcept {
        return static_cast<unsigned>(std::uncaught_exceptions());
    }
    static bool unwinding() noexcept { return exceptions_in_flight() != 0; }

    static void driver_call() noexcept {
        detail::scheduler* const it = detail::scheduler::scheduling();
        if (it == nullptr) return;
        it->point(op::driver_call, nullptr);
        if (it->self().locks_held != 0) fail("a driver call with a lock held");
    }

    [[nodiscard]] static bool
    start_thread(const char* name, void (*run)(void*), void* argument) noexcept {
        detail::scheduler* const it = detail::scheduler::scheduling();
        if (it == nullptr) fail("a thread is started outside of a run");
        if (it->thread_refused()) return false;
        it->spawn(op::start_thread, name, [run, argument] { run(argument); });
        return true;
    }

    static std::uint32_t thread_slot() noexcept {
        detail::scheduler* const it = detail::scheduler::running();
        if (it == nullptr) return 0;
        const std::uint32_t slot = it->self().index;
        return slot < it->settings().thread_slots ? slot : max_threads;
    }

    /// A fiber's; those outside of a run are one thread.
    static std::uint64_t thread_id() noexcept {
        detail::scheduler* const it = detail::scheduler::running();
        return it != nullptr ? 1 + it->self().index : 1;
    }

    template <class Tag>
    static Tag& local() noexcept {
        detail::scheduler* const it = detail::scheduler::running();
        return it != nullptr ? it->self().template local<Tag>() : base::local<Tag>();
    }

    static std::uint64_t random() noexcept {
        detail::scheduler* const it = detail::scheduler::running();
        return it != nullptr ? it->chance().random() : base::random();
    }

    /// A fiber keeps its number in a simulated fork.
    static void forked() noexcept {}

    /// How many mutexes the calling fiber holds. Not part of the seam; for drivers that check.
    static unsigned locks_held() noexcept {
        detail::scheduler* const it = detail::scheduler::running();
        return it != nullptr ? it->self().locks_held : 0;
    }

    /// 0 to count - 1; a choice of the run, so that exhaustive runs try each. Not part of the seam.
    static unsigned choose(unsigned count) { return sim::choose(count); }

    /// Ends the run as failed. Not part of the seam; for drivers that check.
    [[noreturn]] static void violated(const char* what) noexcept { fail(what); }

private:
    static void note_fence() noexcept {
        // Between two scheduling points nothing else runs: a fence needs none of its own.
        if (detail::scheduler* const it = detail::scheduler::scheduling())
            it->note(op::fence, nullptr);
    }

    static std::uint32_t peek(atomic<std::uint32_t>& word) noexcept {
        detail::scheduler*& scheduling = detail::scheduler::scheduling();
        detail::scheduler* const before = scheduling;
        scheduling = nullptr;
        const std::uint32_t value = word.load(std::memory_order_relaxed);
        scheduling = before;
        return value;
    }
};

} // namespace sim

#endif // LEND_TESTS_SUPPORT_SIM_PLATFORM_HPP
