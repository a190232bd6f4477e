// SPDX-License-Identifier: MIT
/// @file
/// Which idle resource was used last, and which has not been used for longest: stamps in the slots.

#ifndef LEND_DETAIL_RECENCY_HPP
#define LEND_DETAIL_RECENCY_HPP

#include <lend/detail/config.hpp>

#include <atomic>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// A resource is stamped when its lease ends, with a number that never goes back: `core.stamps`.
//
// The fast end of a lease writes no line that threads share. A thread that gives back the slot that
// it remembers, which is what the fast path is made for, stamps it with the number as it stands.
// Every other end of a lease moves the number on, before and after, and so does every search. So
// the ends of one thread's leases are in their order, and those of two threads are as well, unless
// both come between two such steps.
template <class Core>
struct recency {
    using slot_type = typename Core::slot_type;
    using number = std::uint64_t;

    // By the owner, before it lets the slot go. `remembered`: it is the thread's last slot.
    LEND_ALWAYS_INLINE static void used(Core& core, slot_type& s, bool remembered) noexcept {
        if constexpr (Core::typed) {
            if (!remembered) [[unlikely]]
                return used_now(core, s);
            // Relaxed: whoever sees the slot idle sees what was written before it became so.
            s.stamp.store(core.stamps.load(std::memory_order_relaxed), std::memory_order_relaxed);
        }
    }

    // By the owner: nothing that was stamped before is newer, nothing that is stamped after is
    // older.
    static LEND_NOINLINE void used_now(Core& core, slot_type& s) noexcept {
        const number now = next(core);
        // Relaxed: as above.
        s.stamp.store(now, std::memory_order_relaxed);
        (void)next(core);
    }

    // Moves the number on. Relaxed, and no exchange: if two threads meet, their stamps are equal.
    static number next(Core& core) noexcept {
        const number now = core.stamps.load(std::memory_order_relaxed) + 1;
        core.stamps.store(now, std::memory_order_relaxed); // relaxed: as above
        return now;
    }

    // Of a slot that was seen to be idle, or is the caller's.
    static number of(const slot_type& s) noexcept {
        // Relaxed: see `used`. A stamp of later than the word is no harm.
        return s.stamp.load(std::memory_order_relaxed);
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_RECENCY_HPP
