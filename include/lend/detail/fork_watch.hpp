// SPDX-License-Identifier: MIT
/// @file
/// Who must know that the process was forked: a list for the whole process, walked in the child
/// before fork returns there. Nothing here knows what is done about it. Where there is no fork,
/// nobody is ever told.

#ifndef LEND_DETAIL_FORK_WATCH_HPP
#define LEND_DETAIL_FORK_WATCH_HPP

#include <lend/detail/config.hpp>
#include <lend/detail/immortal.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#include <unistd.h>
#endif

namespace lend::inline v0_1 {
namespace detail {

#if defined(__unix__) || defined(__APPLE__)
inline constexpr bool can_fork = true;
#else
inline constexpr bool can_fork = false;
#endif

// Whether something is the parent's still. A model checker brings its own atomic.
template <class Flag>
class inherited_flag {
public:
    // By any thread of the child.
    [[nodiscard]] bool is_inherited() const noexcept {
        // (1) acquire-load synchronizes-with the release-store (2)
        return inherited_.load(std::memory_order_acquire);
    }

    // By whoever has made it the child's own, with the list locked.
    void settle() noexcept {
        // (2) release-store synchronizes-with the acquire-load (1)
        inherited_.store(false, std::memory_order_release);
    }

    // In the child's only thread.
    void inherit() noexcept {
        // Relaxed: there is no other thread yet, and those to come are started after this.
        inherited_.store(true, std::memory_order_relaxed);
    }

private:
    Flag inherited_{false};
};

// One entry of the list. It stands in what it speaks for.
//
// `in_child` is called in the child's only thread, with the list locked. Every lock of the parent
// may be held for ever by a thread that is not there, and all that such a lock guards may be half
// changed: it may touch atomics and what never changes, and allocate nothing.
struct fork_watcher : inherited_flag<std::atomic<bool>> {
    void (*in_child)(fork_watcher&) noexcept = nullptr;
    fork_watcher* previous = nullptr;
    fork_watcher* next = nullptr;
    bool is_listed = false;

    constexpr fork_watcher() noexcept = default;
    constexpr explicit fork_watcher(void (*call)(fork_watcher&) noexcept) noexcept
        : in_child(call) {}
};

// The list, and its lock. fork holds the lock from before it begins until it is over, so that the
// child finds the list whole; for as long, nobody enters or leaves it.
//
// The lock is a leaf: whoever holds it takes no other but those of the allocator.
class LEND_EXPORT fork_watch {
public:
    static fork_watch& instance() noexcept { return only<fork_watch>(); }

    // Does nothing for one that is listed already.
    void add(fork_watcher& w) noexcept {
        const std::lock_guard lock(mutex_);
        listen();
        if (w.is_listed) return;
        w.is_listed = true;
        w.next = first_;
        if (first_ != nullptr) first_->previous = &w;
        first_ = &w;
    }

    void remove(fork_watcher& w) noexcept {
        const std::lock_guard lock(mutex_);
        (w.previous == nullptr ? first_ : w.previous->next) = w.next;
        if (w.next != nullptr) w.next->previous = w.previous;
        w.is_listed = false;
    }

    // Held while something that was inherited is made the child's own, so that two threads do not
    // do it, and another fork does not find it half done.
    [[nodiscard]] std::mutex& mutex() noexcept { return mutex_; }

    // Something that differs between a parent and its children.
    static std::uint64_t process() noexcept {
#if defined(__unix__) || defined(__APPLE__)
        return static_cast<std::uint64_t>(::getpid());
#else
        return 0;
#endif
    }

private:
    friend union immortal<fork_watch>;
    fork_watch() noexcept = default;

    // With the lock held. Where the system has no memory for its own list, the next one tries.
    void listen() noexcept {
#if defined(__unix__) || defined(__APPLE__)
        if (!listens_) listens_ = ::pthread_atfork(&before, &in_parent, &in_child) == 0;
#endif
    }

    // While the program is loaded, as a rule by its only thread: a fork on another thread that came
    // between the first lock and this would leave that lock held in the child.
    static bool listen_from_the_start() noexcept {
        if constexpr (can_fork) {
            const std::lock_guard lock(instance().mutex_);
            instance().listen();
        }
        return can_fork;
    }
    static const bool listens_from_the_start;

    static void before() noexcept { instance().mutex_.lock(); }
    static void in_parent() noexcept { instance().mutex_.unlock(); }
    static void in_child() noexcept {
        fork_watch& self = instance();
        for (fork_watcher* w = self.first_; w != nullptr; w = w->next) {
            w->inherit();
            w->in_child(*w);
        }
        self.mutex_.unlock();
    }

    std::mutex mutex_;
    fork_watcher* first_ = nullptr;
    bool listens_ = false;
};

inline const bool fork_watch::listens_from_the_start = listen_from_the_start();

// Knows whether the process was forked since this was made: then what it is part of is the
// parent's.
class fork_mark {
public:
    fork_mark() noexcept {
        watcher_.in_child = [](fork_watcher&) noexcept {};
        if constexpr (can_fork) fork_watch::instance().add(watcher_);
    }
    fork_mark(const fork_mark&) = delete;
    fork_mark& operator=(const fork_mark&) = delete;
    ~fork_mark() {
        if constexpr (can_fork) fork_watch::instance().remove(watcher_);
    }

    [[nodiscard]] bool is_inherited() const noexcept { return can_fork && watcher_.is_inherited(); }

private:
    fork_watcher watcher_;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_FORK_WATCH_HPP
