// SPDX-License-Identifier: MIT
/// @file
/// The single seam: clock, atomic, fences, mutex, parking, random numbers, threads, what is kept
/// per thread, and the widths of numbers. Everything in lend that waits, locks, tells time or uses
/// an atomic goes through a Platform, so that what is simulated is what ships.

#ifndef LEND_PLATFORM_HPP
#define LEND_PLATFORM_HPP

#include <lend/detail/as.hpp>
#include <lend/detail/asymmetric_fence.hpp>
#include <lend/detail/config.hpp>
#include <lend/detail/fork_watch.hpp>
#include <lend/detail/immortal.hpp>
#include <lend/detail/parking.hpp>
#include <lend/detail/thread_id.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <new>
#include <stop_token>
#include <type_traits>

#if LEND_ITANIUM_ABI
#include <cxxabi.h>
#endif

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#else
#include <thread>
#endif
#if defined(__MINGW32__)
#include <pthread.h>
#endif

namespace lend::inline v0_1 {
namespace detail {

// Dense numbers, 0 to Capacity - 1, each with one holder at a time. A model checker brings its own
// atomic.
//
// What a holder did before it gave its number back happens before whatever the next one does.
template <class Flag, std::uint32_t Capacity>
class dense_numbers {
public:
    static constexpr std::uint32_t capacity = Capacity;
    static constexpr std::uint32_t none = capacity;

    constexpr dense_numbers() noexcept = default;

    // The lowest number that is free, or `none`. At most `capacity` steps.
    std::uint32_t take() noexcept {
        for (std::uint32_t at = 0; at < capacity; ++at) {
            // Relaxed: only who exchanges below has a number.
            if (used_[at].load(std::memory_order_relaxed)) continue;
            // (1) acquire-exchange synchronizes-with the release-store (2)
            if (!used_[at].exchange(true, std::memory_order_acquire)) return at;
        }
        return none;
    }

    void give_back(std::uint32_t slot) noexcept {
        if (slot >= capacity) return;
        // (2) release-store synchronizes-with the acquire-exchange (1)
        used_[slot].store(false, std::memory_order_release);
    }

private:
    std::array<Flag, capacity> used_{};
};

// Those of live threads, handed out again when a thread has ended.
//
// There is no lock, so a fork finds nothing held. In the child the numbers of threads that are not
// there stay taken: what they had begun in a table, nobody ends.
class LEND_EXPORT thread_slot_registry : public dense_numbers<std::atomic<bool>, 1024> {
public:
    static constexpr std::uint32_t low = 64;

    constexpr thread_slot_registry() noexcept = default;

    static thread_slot_registry& instance() noexcept { return only<thread_slot_registry>(); }

    // The calling thread's number, `none` for threads beyond the capacity and for code that runs
    // in a thread after its thread-local objects were destroyed. Whoever keeps something for low
    // numbers asks whether a number is below `low` at no cost: it is the comparison made here.
    LEND_ALWAYS_INLINE static std::uint32_t current() noexcept {
        const std::uint32_t slot = cached();
        if (slot < low) [[likely]]
            return slot;
        return high_or_first();
    }

private:
    static constexpr std::uint32_t unset = ~std::uint32_t{0};

#if defined(__MINGW32__)
    // There the memory of thread-local objects is freed before their destructors run. A key's
    // destructor is given the number itself, and what it writes gets new memory.
    static void return_at_exit(std::uint32_t slot) noexcept {
        static const auto key = [] {
            pthread_key_t made{};
            const auto at_exit = [](void* number) {
                cached() = none;
                instance().give_back(
                    static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(number) - 1));
            };
            return ::pthread_key_create(&made, at_exit) == 0 ? made : ~pthread_key_t{0};
        }();
        const auto number = reinterpret_cast<void*>(std::uintptr_t{slot} + 1);
        if (key != ~pthread_key_t{0}) (void)::pthread_setspecific(key, number);
    }
#else
    struct returner {
        ~returner() {
            const std::uint32_t slot = cached();
            cached() = none;
            instance().give_back(slot);
        }
    };

    static void return_at_exit(std::uint32_t) noexcept {
        static thread_local const returner at_exit;
        (void)at_exit;
    }
#endif

    LEND_ALWAYS_INLINE static std::uint32_t& cached() noexcept {
        static constinit thread_local std::uint32_t slot = unset;
        return slot;
    }

    LEND_NOINLINE static std::uint32_t high_or_first() noexcept {
        if (cached() != unset) return cached();
        cached() = instance().take();
        return_at_exit(cached());
        return cached();
    }
};

} // namespace detail

/// The world as lend sees it, built on the standard library.
///
/// The one compile-time parameter of every class that waits, locks, tells time, keeps something
/// per thread or uses an atomic. Write another one to run lend on a virtual clock or under a
/// scheduler: derive from this one and hide what differs.
///
/// @tparam Exceptions  whether driver calls are wrapped in try and catch
/// @tparam Checks      whether invariants are asserted
/// Both follow the compiler's settings by default; they are template arguments so that
/// translation units with different settings can be linked into one program.
///
/// @par Thread safety All members: safe from any thread.
template <bool Exceptions, bool Checks>
struct LEND_EXPORT basic_platform {
    static constexpr bool exceptions = Exceptions;
    static constexpr bool checks = Checks;

    // ---- numbers -----------------------------------------------------------------------------

    /// The type of a resource's number. Never 0 for a live resource.
    using handle_word = std::uint64_t;
    /// How many bits of a number count the reuses of its slot. A slot that has used them up is
    /// retired.
    static constexpr unsigned generation_bits = 32;
    /// How many bits of a number say which table it belongs to.
    static constexpr unsigned tag_bits = 8;
    /// How many threads have a cache of their own in a table; more are served under a lock.
    static constexpr std::uint32_t max_threads = detail::thread_slot_registry::capacity;

    // ---- memory ------------------------------------------------------------------------------

    template <class T>
    using atomic = std::atomic<T>;

    /// A fence. Under ThreadSanitizer, which does not understand fences, a read-modify-write.
    LEND_ALWAYS_INLINE static void fence(std::memory_order order) noexcept {
#if LEND_THREAD_SANITIZER
        static std::atomic<int> dummy{0};
        (void)order;
        // (3) acq-rel-fetch-add synchronizes-with the acq-rel-fetch-add (3)
        dummy.fetch_add(0, std::memory_order_acq_rel);
#else
        std::atomic_thread_fence(order);
#endif
    }

    /// The cheap half of a store-load barrier; pairs with heavy_fence.
    LEND_ALWAYS_INLINE static void light_fence() noexcept { detail::asymmetric_fence::light(); }
    /// The dear half: a system call of some microseconds.
    static void heavy_fence() noexcept { detail::asymmetric_fence::heavy(); }

    // ---- time --------------------------------------------------------------------------------

    using duration = std::chrono::steady_clock::duration;
    using time_point = std::chrono::steady_clock::time_point;

    /// The steady clock. lend never looks at the wall clock.
    static time_point now() noexcept { return std::chrono::steady_clock::now(); }

    // ---- waiting -----------------------------------------------------------------------------

    /// lock, try_lock, unlock; not recursive.
    using mutex = std::mutex;

    /// What calls a wait off, and what is called when it does.
    using stop_token = std::stop_token;
    template <class Call>
    using stop_callback = std::stop_callback<Call>;

    /// Sleeps while `word` is `expected`, until unpark_one or the deadline; may return early.
    static void
    park(atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline) noexcept {
        detail::park(word, expected, deadline);
    }
    /// Wakes one thread that sleeps on `word`. The word may already be gone.
    static void unpark_one(atomic<std::uint32_t>& word) noexcept { detail::unpark_one(word); }

    /// Called before every driver call, with no lock held. A scheduling point in simulation.
    LEND_ALWAYS_INLINE static void driver_call() noexcept {}

    /// In checked builds: a call that is specified not to block took longer than a millisecond.
    /// Says so on stderr, the first few times in a process.
    static void slow_driver_call(std::string_view driver,
                                 const char* member,
                                 std::chrono::nanoseconds took) noexcept {
        static constinit std::atomic<int> said{0};
        // Relaxed: a count, and no memory hangs on it.
        if (said.fetch_add(1, std::memory_order_relaxed) >= 8) return;
        std::fprintf(
            stderr,
            "lend: %s of %.*s took %.1f ms; it must not block, for it is called on threads "
            "that have deadlines\n",
            member, static_cast<int>(driver.size()), driver.data(),
            std::chrono::duration<double, std::milli>(took).count());
    }

    // ---- threads -----------------------------------------------------------------------------

    /// Starts a detached thread that calls `run(argument)`. False if the system has no thread
    /// left; then `run` is not called. `name` has at most 15 characters.
    [[nodiscard]] static bool
    start_thread(const char* name, void (*run)(void*), void* argument) noexcept {
        return start(name, run, argument);
    }

    /// A small number for the calling thread, dense among live ones; `max_threads` or more if it
    /// has none. A number is used again after its thread has ended.
    LEND_ALWAYS_INLINE static std::uint32_t thread_slot() noexcept {
        return detail::thread_slot_registry::current();
    }

    /// The number by which the system's tools call the calling thread; never 0. Asked of the
    /// system once in a thread.
    LEND_ALWAYS_INLINE static std::uint64_t thread_id() noexcept {
        std::uint64_t& id = local<known_thread>().id;
        if (id == 0) [[unlikely]]
            id = detail::system_thread_id();
        return id;
    }

    /// The calling thread's own object of type Tag, made by constant initialisation. Tag is
    /// trivially destructible, so it may be used until the thread's very end.
    template <class Tag>
    LEND_ALWAYS_INLINE static Tag& local() noexcept {
        static_assert(std::is_trivially_destructible_v<Tag>, "see the comment");
        static constinit thread_local Tag object{};
        return object;
    }

    /// Whether an exception is unwinding the calling thread's stack.
    ///
    /// std::uncaught_exceptions(), read through a pointer that each thread keeps where the ABI
    /// says where its count stands: at the end of every lease the call would cost more than a
    /// compare-exchange. None where exceptions are off.
    LEND_ALWAYS_INLINE static bool unwinding() noexcept { return exceptions_in_flight() != 0; }
    /// How many exceptions are.
    LEND_ALWAYS_INLINE static unsigned exceptions_in_flight() noexcept {
#if LEND_EXCEPTIONS && LEND_ITANIUM_ABI
        if constexpr (!Exceptions) return 0;
        static constinit thread_local const unsigned* count = nullptr;
        if (count == nullptr) [[unlikely]]
            count = uncaught_count();
        return *count;
#else
        return Exceptions ? static_cast<unsigned>(std::uncaught_exceptions()) : 0U;
#endif
    }

    // ---- chance ------------------------------------------------------------------------------

    /// 64 random bits: for nonces, jitter and tags; not for cryptography.
    static std::uint64_t random() noexcept {
        auto& s = local<random_state>().value;
        if (s == 0) {
            s = static_cast<std::uint64_t>(now().time_since_epoch().count()) ^
                detail::as<std::uint64_t>(reinterpret_cast<std::uintptr_t>(&s)) ^
                detail::fork_watch::process() << 32U;
        }
        // splitmix64: one addition and three mixing steps; passes the usual statistical tests.
        std::uint64_t z = (s += 0x9E3779B97F4A7C15U);
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }

    // ---- forks -------------------------------------------------------------------------------

    /// Called in the only thread of a forked child, before fork returns there, once for each pool:
    /// from now on its random numbers are others than the parent's and its siblings', and so is the
    /// thread's number.
    static void forked() noexcept {
        local<random_state>() = {};
        local<known_thread>() = {};
    }

private:
    struct random_state {
        std::uint64_t value = 0;
    };
    struct known_thread {
        std::uint64_t id = 0;
    };

#if LEND_EXCEPTIONS && LEND_ITANIUM_ABI
    // The Itanium C++ ABI, 2.2.2: a pointer, then the count.
    LEND_NOINLINE static const unsigned* uncaught_count() noexcept {
        const auto* globals = reinterpret_cast<const char*>(abi::__cxa_get_globals());
        return reinterpret_cast<const unsigned*>(globals + sizeof(void*));
    }
#endif

    struct job {
        void (*run)(void*);
        void* argument;
        std::array<char, 16> name;
    };

#if defined(__unix__) || defined(__APPLE__)
    static void* enter(void* raw) {
        const job todo = *static_cast<job*>(raw);
        delete static_cast<job*>(raw);
#if defined(__linux__)
        ::pthread_setname_np(::pthread_self(), todo.name.data());
#endif
        todo.run(todo.argument);
        return nullptr;
    }

    static bool start(const char* name, void (*run)(void*), void* argument) noexcept {
        auto* todo = new (std::nothrow) job{run, argument, {}};
        if (todo == nullptr) return false;
        for (std::size_t at = 0; at + 1 < todo->name.size() && name[at] != '\0'; ++at) {
            todo->name[at] = name[at];
        }
        pthread_attr_t attributes;
        bool started = false;
        if (::pthread_attr_init(&attributes) == 0) {
            ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
            pthread_t thread{};
            started = ::pthread_create(&thread, &attributes, &enter, todo) == 0;
            ::pthread_attr_destroy(&attributes);
        }
        if (!started) delete todo;
        return started;
    }
#else
    static bool start(const char*, void (*run)(void*), void* argument) noexcept {
        LEND_TRY {
            std::thread(run, argument).detach();
            return true;
        }
        LEND_CATCH_ALL { return false; }
        return false;
    }
#endif
};

/// What lend uses where no Platform is named.
using default_platform = basic_platform<LEND_EXCEPTIONS, LEND_CHECKS>;

} // namespace lend

#endif // LEND_PLATFORM_HPP
