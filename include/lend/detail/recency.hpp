// SPDX-License-Identifier: MIT
/// @file
/// Which idle resource was used last, and which has not been used for longest: stamps in the slots.

#ifndef LEND_DETAIL_RECENCY_HPP
#define LEND_DETAIL_RECENCY_HPP

#include <lend/detail/config.hpp>
#include <lend/detail/lending_word.hpp>
#include <lend/detail/thread_cache.hpp>

#include <atomic>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// A resource has the number at which its last lease was seen to have ended, of `core.stamps`, which
// never goes back.
//
// The fast end of a lease by a thread that remembers the slot writes nothing for it, where lend
// compares kinds: each search goes through all slots under the lock, finds by the count in the word
// which of them were used since the search before, and stamps these with its own number. A thread
// that goes on to another kind has to search, so the ends of one thread's leases are in their
// order; those of two threads as well, unless both come between two searches. Where the driver
// rates, a search may stop early, so each end of a lease stamps the slot with the number as it
// stands.
//
// Every other end of a lease moves the number on, before and after, and so does every search.
template <class Core>
struct recency {
    using slot_type = typename Core::slot_type;
    using number = std::uint64_t;

    // By the owner, before it lets the slot go. `last`: what its thread remembers.
    LEND_ALWAYS_INLINE static void used(Core& core,
                                        slot_type& s,
                                        lending_word::type held,
                                        const thread_cache::entry& last) noexcept {
        if constexpr (Core::typed) {
            if (last.slot != &s) [[unlikely]]
                return used_beside(core, s, held, last);
            if constexpr (!Core::comparable) {
                // Relaxed: whoever sees the slot idle sees what was written before it became so.
                s.stamp.store(core.stamps.load(std::memory_order_relaxed),
                              std::memory_order_relaxed);
            }
        }
    }

    // The end of a lease of a slot that the thread does not remember: after that of the one it
    // does.
    static LEND_NOINLINE void used_beside(Core& core,
                                          slot_type& s,
                                          lending_word::type held,
                                          const thread_cache::entry& last) noexcept {
        if (last.pool == &core && last.nonce == core.nonce) {
            auto& remembered = *static_cast<slot_type*>(last.slot);
            (void)seen(core, remembered, remembered.word.peek());
        }
        used_now(core, s, lending_word::count_of(held) + lending_word::one_lending);
    }

    // By the owner: nothing that was stamped before is newer, nothing that is stamped after is
    // older. `count`: what the word will have.
    static LEND_NOINLINE void
    used_now(Core& core, slot_type& s, lending_word::type count) noexcept {
        const number now = next(core);
        // Relaxed: as above.
        s.stamp.store(now, std::memory_order_relaxed);
        s.stamped_at.store(count, std::memory_order_relaxed); // relaxed: as above
        (void)next(core);
    }

    // Moves the number on. Relaxed, and no exchange: if two threads meet, their stamps are equal.
    static number next(Core& core) noexcept {
        const number now = core.stamps.load(std::memory_order_relaxed) + 1;
        core.stamps.store(now, std::memory_order_relaxed); // relaxed: as above
        return now;
    }

    // By a search that goes through all slots under the lock, of a slot that it has seen idle; or
    // by the thread that remembers it. If the two meet, one of two right stamps stays.
    static number seen(Core& core, slot_type& s, lending_word::type idle) noexcept {
        const lending_word::type count = lending_word::count_of(idle);
        // Relaxed, here and below: searches hold the lock, and an owner's stamp is seen with the
        // word.
        if (s.stamped_at.load(std::memory_order_relaxed) != count) {
            s.stamped_at.store(count, std::memory_order_relaxed);
            s.stamp.store(core.stamps.load(std::memory_order_relaxed), std::memory_order_relaxed);
        }
        return of(s);
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
