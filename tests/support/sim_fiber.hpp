// SPDX-License-Identifier: MIT
/// @file
/// One simulated thread: its stack, its job, what it waits for and what it keeps for itself. The
/// stacks and the fibers on them are used again from run to run. Nothing here decides who runs.

#ifndef LEND_TESTS_SUPPORT_SIM_FIBER_HPP
#define LEND_TESTS_SUPPORT_SIM_FIBER_HPP

#include "sim_choices.hpp"
#include "sim_context.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace sim::detail {

// A callable without parameters. Up to 64 bytes are kept in place, so that starting a fiber calls
// no operator new.
class job {
public:
    job() noexcept = default;
    job(const job&) = delete;
    job& operator=(const job&) = delete;
    ~job() { reset(); }

    template <class F>
    void set(F&& function) {
        using callable = std::decay_t<F>;
        reset();
        if constexpr (sizeof(callable) <= sizeof(space_) && alignof(callable) <= 16) {
            ::new (static_cast<void*>(space_)) callable(std::forward<F>(function));
            call_ = [](void* at) { (*static_cast<callable*>(at))(); };
            drop_ = [](void* at) { static_cast<callable*>(at)->~callable(); };
        } else {
            using owner = std::unique_ptr<callable>;
            ::new (static_cast<void*>(space_)) owner(new callable(std::forward<F>(function)));
            call_ = [](void* at) { (**static_cast<owner*>(at))(); };
            drop_ = [](void* at) { static_cast<owner*>(at)->~owner(); };
        }
    }

    void reset() noexcept {
        if (drop_ != nullptr) drop_(space_);
        drop_ = nullptr;
        call_ = nullptr;
    }

    // Without destroying the callable.
    void forget() noexcept {
        drop_ = nullptr;
        call_ = nullptr;
    }

    [[nodiscard]] explicit operator bool() const noexcept { return call_ != nullptr; }
    void operator()() { call_(space_); }

private:
    alignas(16) std::byte space_[64];
    void (*call_)(void*) = nullptr;
    void (*drop_)(void*) = nullptr;
};

/// What a fiber that cannot run waits for.
enum class wait_reason : std::uint8_t { nothing, mutex, park, sleep, join };

inline constexpr std::array wait_names{"nothing", "lock", "park", "sleep", "join"};

inline constexpr std::int64_t no_deadline = INT64_MAX;

/// One for each kind of object that Platform::local keeps; at most 32 kinds.
inline unsigned next_local_index() noexcept {
    static unsigned count = 0;
    if (count == 32) {
        std::fputs("sim: too many kinds of thread-local objects\n", stderr);
        std::abort();
    }
    return count++;
}
template <class Tag>
unsigned local_index() noexcept {
    static const unsigned index = next_local_index();
    return index;
}

// A mutex, as the scheduler sees it.
struct lock_state {
    static constexpr int free = -1;
    static constexpr int outside = -2; // locked outside of a run
    int owner = free;                  // a fiber's index
    unsigned waiting = 0;
};

struct fiber {
    // ---- for one job
    std::uint64_t serial = 0; // of the job, within the run
    wait_reason reason = wait_reason::nothing;
    const void* waits_for = nullptr;
    std::int64_t deadline = no_deadline;
    unsigned locks_held = 0;
    bool spawned = false;        // by the scenario, not by the code under test
    std::array<char, 24> name{}; // cut

    // ---- for life
    context stack;
    unsigned index = 0;
    job work;
    fiber* next_abandoned = nullptr;

    template <class Tag>
    Tag& local() noexcept {
        static_assert(std::is_trivially_destructible_v<Tag>);
        void*& at = locals_[local_index<Tag>()];
        if (at == nullptr) at = ::new (take(sizeof(Tag), alignof(Tag))) Tag{};
        return *static_cast<Tag*>(at);
    }

    void begin(std::uint64_t job_serial, const char* job_name) noexcept {
        serial = job_serial;
        name = {};
        for (std::size_t at = 0; at + 1 < name.size() && job_name[at] != '\0'; ++at)
            name[at] = job_name[at];
        reason = wait_reason::nothing;
        waits_for = nullptr;
        deadline = no_deadline;
        locks_held = 0;
        spawned = false;
        if (used_ != 0) locals_.fill(nullptr), used_ = 0;
    }

    void print(std::FILE* out, bool can_run, std::int64_t epoch) const noexcept {
        std::fprintf(out, "  fiber %u (%s): ", index, name.data());
        if (can_run) {
            std::fputs("can run", out);
        } else {
            std::fprintf(out, "waits in %s", wait_names[static_cast<std::size_t>(reason)]);
            if (waits_for != nullptr) std::fprintf(out, " on %p", waits_for);
            if (deadline != no_deadline) {
                std::fprintf(out, " until %lld ns", static_cast<long long>(deadline - epoch));
            }
        }
        std::fprintf(out, "; holds %u locks\n", locks_held);
    }

private:
    static constexpr std::size_t arena_size = 8192;

    void* take(std::size_t size, std::size_t alignment) noexcept {
        const std::size_t at = (used_ + alignment - 1) & ~(alignment - 1);
        if (at + size > arena_size || alignment > 64) {
            std::fputs("sim: thread-local objects are too large\n", stderr);
            std::abort();
        }
        used_ = at + size;
        return arena_ + at;
    }

    std::array<void*, 32> locals_{};
    std::size_t used_ = 0;
    alignas(64) std::byte arena_[arena_size];
};

// Fibers by index.
class fiber_pool {
public:
    fiber& get(unsigned index, void (*entry)(void*)) noexcept {
        if (fibers_[index] == nullptr) {
            void* memory = std::aligned_alloc(alignof(fiber), sizeof(fiber));
            if (memory == nullptr) std::abort();
            fibers_[index] = ::new (memory) fiber;
            fibers_[index]->index = index;
            fibers_[index]->stack.make(entry, fibers_[index], index);
        }
        return *fibers_[index];
    }

    fiber& operator[](unsigned index) noexcept { return *fibers_[index]; }

    // Ends a fiber in the middle of its job, after a failed run. Its frames are not unwound, so
    // what they own leaks; where leaks are looked for, all of it is kept and counts as reachable.
    void abandon(unsigned index) noexcept {
        fiber& left = *fibers_[index];
#if LEND_ADDRESS_SANITIZER
        left.stack.abandon();
        left.next_abandoned = abandoned_;
        abandoned_ = &left;
        fibers_[index] = nullptr;
#else
        left.work.forget();
        left.stack.make_again();
#endif
    }

private:
    std::array<fiber*, choices::max_fibers> fibers_{};
    [[maybe_unused]] fiber* abandoned_ = nullptr;
};

} // namespace sim::detail

#endif // LEND_TESTS_SUPPORT_SIM_FIBER_HPP
