// SPDX-License-Identifier: MIT
/// @file
/// A driver call on a resource in use: shown to observers while it runs, and never begun after the
/// pool was closed.

#ifndef LEND_DETAIL_PHASES_HPP
#define LEND_DETAIL_PHASES_HPP

#include <lend/detail/checks.hpp>
#include <lend/detail/lending_word.hpp>

#include <atomic>

namespace lend::inline v0_1 {
namespace detail {

// The owner of a slot and the closer of its pool meet here without a read-modify-write:
//   owner:  phase = x,   light fence, read the word: closing? then no call
//   closer: word |= closing, heavy fence, read the phase: not none? then wait for it
// One of the two sees the other. After the call the same again, so that the closer is woken.
template <class Core>
struct phases {
    using slot_type = typename Core::slot_type;
    using platform = typename Core::platform;

    // By the closer, once every word is marked.
    static void after_marking() noexcept {
        // (1) heavy-fence is totally ordered with the light-fence (2)
        // (1) heavy-fence is totally ordered with the light-fence (3)
        platform::heavy_fence();
    }

    // Calls `call()` unless the pool is closed, or the slot has another of the flags that make it
    // pointless. False if it was not called, or the pool was closed meanwhile.
    template <class Call>
    LEND_ALWAYS_INLINE static bool during(slot_type& s,
                                          slot_phase phase,
                                          const Call& call,
                                          lending_word::type pointless = 0) noexcept {
        // Relaxed: the fences order it against the closer; observers take what they find.
        s.phase.store(phase, std::memory_order_relaxed);
        // (2) light-fence is totally ordered with the heavy-fence (1)
        platform::light_fence();
        const bool open = !lending_word::has(s.word.peek(), lending_word::closing | pointless);
        if (open) [[likely]] {
            checks<Core>::is_open(Core::of(s));
            call();
        }
        // (4) release-store synchronizes-with the acquire-load (5)
        s.phase.store(slot_phase::none, std::memory_order_release);
        // (3) light-fence is totally ordered with the heavy-fence (1)
        platform::light_fence();
        if (!lending_word::has(s.word.peek(), lending_word::closing)) [[likely]] {
            return open;
        }
        wake_closer(s);
        return false;
    }

    // By the closer, after closing was set in the word and a heavy fence.
    static bool quiet(slot_type& s) noexcept {
        // (5) acquire-load synchronizes-with the release-store (4)
        return s.phase.load(std::memory_order_acquire) == slot_phase::none;
    }

private:
    LEND_NOINLINE static void wake_closer(slot_type& s) noexcept {
        // The parent's of this process: its core may be gone, or be a new one.
        if (lending_word::has(s.word.peek(), lending_word::inherited)) return;
        Core& core = Core::of(s); // alive: the slot is owned, and each owned slot has a share
        core.settled.change();
        core.settled.wake();
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_PHASES_HPP
