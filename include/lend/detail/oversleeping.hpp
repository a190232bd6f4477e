// SPDX-License-Identifier: MIT
/// @file
/// The clock jumped while the housekeeper slept, or the process stood still: nothing was idle in
/// that time, and what grew old in it does not go all at once.

#ifndef LEND_DETAIL_OVERSLEEPING_HPP
#define LEND_DETAIL_OVERSLEEPING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/later.hpp>
#include <lend/detail/lifetimes.hpp>

#include <chrono>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// A machine that was suspended, a guest that was moved, a process that was stopped. lend looks at
// the steady clock alone, but on some systems that goes on meanwhile. The housekeeper knows when it
// wanted to wake: what it is late beyond `usual` was lost to everyone.
template <class Core>
struct oversleeping {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using time_point = typename Core::time_point;
    using duration = typename Core::duration;
    using lives = lifetimes<platform>;

    // How late a thread may wake on a busy machine.
    static constexpr duration usual = std::chrono::seconds(10);

    // Forgets the time from `meant` to `woke`, if that is a jump.
    static void forgive(Core& core, time_point meant, time_point woke) noexcept {
        if (meant == (time_point::max)() || between(meant, woke) < usual) return;
        const duration lost = between(meant, woke);
        const lock_type lock(core.mutex);
        core.slots.for_each([&](slot_type& s) {
            if (lending_word::is(s.word.peek(), lending_word::empty)) return;
            s.idle_since = later(s.idle_since, lost);
            s.alive_at = later(s.alive_at, lost);
            // As evenly as those that were made at the same time.
            if (s.expires_at > meant && s.expires_at <= woke)
                s.expires_at = lives::after(
                    woke, lives::jitter(core.options.max_lifetime, core.options.lifetime_jitter));
        });
        if (core.next_sample != (time_point::max)())
            core.next_sample = later(core.next_sample, lost);
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_OVERSLEEPING_HPP
