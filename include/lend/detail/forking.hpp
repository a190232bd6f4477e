// SPDX-License-Identifier: MIT
/// @file
/// What becomes of a pool in a forked child: where a pool's core stands so that a fork finds it,
/// what is done to it in the child, and how the child's first use makes it the child's own.

#ifndef LEND_DETAIL_FORKING_HPP
#define LEND_DETAIL_FORKING_HPP

#include <lend/detail/config.hpp>
#include <lend/detail/fork_watch.hpp>
#include <lend/detail/lending_word.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// The list of those who must know of a fork, and an entry of it. A platform may bring its own as
// `forks`; the model checker and the simulation do.
template <class Platform>
struct forks_of {
    using watch = fork_watch;
    using watcher = fork_watcher;
};
template <class Platform>
requires requires { typename Platform::forks; }
struct forks_of<Platform> : Platform::forks {};

// A fork copies the memory of all threads and one thread only. So in the child nothing that the
// core's lock guards can be used, nor the lock; the driver, the options and the words of the slots
// can. The resources are the parent's: a session that the child resets or closes is reset or closed
// for the parent.
//
//   in the child, before fork returns   the words of all slots are marked: no fast path and no
//       driver call gets past that; the calling thread forgets what it remembers
//   a lease ends in the child           nothing is called, nothing counted: lend_e_stale
//   the child's first use of the pool   the core is made anew in its place, with the same driver
//       and options and nothing else; then the driver's `abandon` is called for what was idle or
//       lent. What somebody was making, checking, resetting or destroying is left alone.
//
// The slots of the parent are leaked, with what is in them, for leases lead there. Their resources'
// destructors are never called.
//
// Whoever works in a pool when it is forked by a driver call of its own, must not come back from
// that call in the child: the call ends there by exec or _exit.
template <class Core>
struct forking {
    using platform = typename Core::platform;
    using watch = typename forks_of<platform>::watch;
    using watcher_type = typename forks_of<platform>::watcher;
    using slot_type = typename Core::slot_type;
    using calls = typename Core::calls;

    // ---- where a core stands --------------------------------------------------------------

    // A core, known to the list of those that a fork is to find; null if memory is out.
    template <class... Args>
    static Core* make(Args&&... args) {
        void* const memory = ::operator new(offset + sizeof(Core), alignment, std::nothrow);
        if (memory == nullptr) return nullptr;
        auto* const watcher = ::new (memory) watcher_type;
        auto* const core = ::new (static_cast<void*>(static_cast<std::byte*>(memory) + offset))
            Core(std::forward<Args>(args)...);
        watcher->in_child = &mark;
        if constexpr (can_fork) watch::instance().add(*watcher);
        return core;
    }

    static void free(Core& core) noexcept {
        watcher_type& watcher = watcher_of(core);
        if constexpr (can_fork) watch::instance().remove(watcher);
        core.~Core();
        watcher.~watcher_type();
        ::operator delete(static_cast<void*>(&watcher), alignment);
    }

    // ---- in the child ---------------------------------------------------------------------

    // True if a slot is the parent's. By the owner of the slot, who has found a flag in its word.
    static bool is_inherited(const slot_type& s) noexcept {
        return can_fork && lending_word::has(s.word.peek(), lending_word::inherited);
    }

    // Before anything of a core is used but the fast path. False if the core is the parent's and
    // memory is out, so that it stays so.
    LEND_ALWAYS_INLINE static bool enter(Core& core) noexcept {
        if constexpr (can_fork) {
            if (watcher_of(core).is_inherited()) [[unlikely]]
                return renew(core);
        }
        return true;
    }

private:
    static constexpr std::size_t strictest = (std::max)(alignof(watcher_type), alignof(Core));
    static constexpr std::align_val_t alignment{strictest};
    static constexpr std::size_t offset =
        (sizeof(watcher_type) + strictest - 1) / strictest * strictest;

    static watcher_type& watcher_of(Core& core) noexcept {
        return *std::launder(
            reinterpret_cast<watcher_type*>(reinterpret_cast<std::byte*>(&core) - offset));
    }
    static Core& core_of(watcher_type& watcher) noexcept {
        return *std::launder(
            reinterpret_cast<Core*>(reinterpret_cast<std::byte*>(&watcher) + offset));
    }

    static void mark(watcher_type& watcher) noexcept {
        core_of(watcher).slots.for_each([](slot_type& s) { s.word.inherit(); });
        platform::forked();
        platform::template local<typename Core::memory_of_thread>() = {};
    }

    // With everybody else kept out: the core starts afresh in the same place, with the driver and
    // the options, as closed as before. `parents` gets the slots of the parent. All else is leaked,
    // for it may be half changed. False if memory is out; then nothing has happened.
    static bool make_anew(Core& core, typename Core::slots_type& parents) noexcept {
        auto numbers = Core::table_type::make();
        if (!numbers) return false;
        if constexpr (requires { core.driver.begin_anew(); }) {
            if (!core.driver.begin_anew()) return false;
        }
        parents.inherit(core.slots);
        auto driver(std::move(core.driver));
        std::destroy_at(std::addressof(core.driver));
        auto options = core.options;
        options.executor.reset(); // its threads are not here
        const auto limits = core.limits;
        const bool closed = core.closing;
        auto* const housekeeper = core.housekeeper;
        auto* const has_chores = core.has_chores;

        auto& fresh = *::new (static_cast<void*>(std::addressof(core)))
                          Core(std::move(driver), options, *std::move(numbers));
        if (limits.min_idle <= limits.max_size) fresh.limits = limits; // not if half changed
        fresh.closing = closed;
        fresh.housekeeper = housekeeper;
        fresh.has_chores = has_chores;
        return true;
    }

    LEND_NOINLINE static bool renew(Core& core) noexcept {
        typename Core::slots_type parents;
        {
            watcher_type& watcher = watcher_of(core);
            const std::lock_guard lock(watch::instance().mutex());
            if (!watcher.is_inherited()) return true; // another thread was first
            if (!make_anew(core, parents)) return false;
            watcher.settle();
        }
        abandon_all(core, parents);
        parents.leak();
        return true;
    }

    // With no lock held.
    static void abandon_all(Core& core, typename Core::slots_type& parents) noexcept {
        if constexpr (Core::traits::has_abandon) {
            parents.for_each([&](slot_type& s) {
                // Relaxed: nobody of this process ever wrote it.
                const slot_phase phase = s.phase.load(std::memory_order_relaxed);
                const lending_word::type word = s.word.see();
                const bool whole = lending_word::is(word, lending_word::idle) ||
                                   lending_word::is(word, lending_word::parked) ||
                                   (lending_word::is_out(word) && phase == slot_phase::none);
                if (whole) calls::abandon(core.driver, s.object);
            });
        } else {
            (void)core;
            (void)parents;
        }
    }
};

// A pointer to a core that looks, whenever it is followed, whether the process was forked since.
//
// Thread safety: as a plain pointer's.
template <class Core>
class core_ptr {
public:
    core_ptr() noexcept = default;
    core_ptr(std::nullptr_t) noexcept {}
    explicit core_ptr(Core& core) noexcept : core_(&core) {}

    // For the fast path, which fails by itself in a child; and for what never changes.
    [[nodiscard]] LEND_ALWAYS_INLINE Core* unseen() const noexcept { return core_; }

    // Null for none, and for a core that could not be made the child's own.
    [[nodiscard]] Core* get() const noexcept {
        return core_ != nullptr && forking<Core>::enter(*core_) ? core_ : nullptr;
    }
    [[nodiscard]] Core& operator*() const noexcept { return *get(); }
    [[nodiscard]] Core* operator->() const noexcept { return get(); }
    [[nodiscard]] friend bool operator==(const core_ptr& p, std::nullptr_t) noexcept {
        return p.get() == nullptr;
    }

private:
    Core* core_ = nullptr;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_FORKING_HPP
