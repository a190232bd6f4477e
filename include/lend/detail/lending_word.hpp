// SPDX-License-Identifier: MIT
/// @file
/// The one word that says who owns a slot of a pool and what its owner must know; and every step
/// that changes it, with its memory order.

#ifndef LEND_DETAIL_LENDING_WORD_HPP
#define LEND_DETAIL_LENDING_WORD_HPP

#include <lend/detail/config.hpp>

#include <atomic>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// Layout: count 55 bits | flags 6 bits | state 3 bits.
//
// The count is that of lendings that have ended in this slot, over all its resources; it never goes
// back. A lease remembers the word it was given, so a late or double release finds another count.
//
// Invariant: from in_use, creating and destroying only the slot's owner leads to another state, but
// for reclaim, which leaves the owner what it has; from idle whoever wins the compare-exchange;
// parked changes under the pool's lock. Anyone may set a flag in a word whose slot is owned by
// somebody else.
//
//   state \ step   take      give back        dispose      destroyed   begin create   made
//   empty          -         -                -            -           creating       -
//   idle           in_use    -                destroying   -           -              -
//   in_use         -         idle or parked,  destroying   (detach:    -              -
//                            or in_use again               empty)
//                            for a waiter
//   parked         in_use    -                destroying   -           -              -
//   creating       -         -                -            empty (f.)  -              idle, in_use
//   destroying     -         -                -            empty       creating       -
//   reclaimed      -         -                reclaimed    empty       -              -
//
// Everything that an owner must know at the end of its use is a flag in this very word: a release
// is one exact compare-exchange that fails if there is anything to know, and touches nothing else.
struct lending_word {

    using type = std::uint64_t;

    static constexpr type state_mask = 7;
    static constexpr type empty = 0;
    static constexpr type idle = 1;
    static constexpr type in_use = 2;
    static constexpr type creating = 3;
    static constexpr type parked = 4;
    static constexpr type destroying = 5;
    static constexpr type reclaimed = 6; // still its borrower's, and no part of the pool's size

    static constexpr type wanted = 8;      // come to the desk: somebody waits, or wants to see it
    static constexpr type withheld = 16;   // idle, but not for who does not know why
    static constexpr type condemned = 32;  // to be destroyed, not lent again
    static constexpr type closing = 64;    // the pool is closed: destroy and count down
    static constexpr type inherited = 128; // the process was forked: the resource is the parent's
    static constexpr type paused = 256;    // the pool is paused: not to be lent

    // In a lease's own copy of the word, and never in a slot: its end is measured, or its reset is
    // not the borrower's. No lease has `withheld`, so that the bit is free.
    static constexpr type attended = withheld;

    // In any other inventory, together with in_use: in the hands of a caller who only looks at it,
    // and who may put it back. It counts as idle.
    static constexpr type viewed = withheld;

    // In an ordered inventory, and there only together with in_use: with a borrower. Without it the
    // slot is in somebody's hands, see affinity.hpp. Nothing is withheld there.
    static constexpr type lent = withheld;

    static constexpr type one_lending = 512;

    [[nodiscard]] static constexpr type state_of(type word) noexcept { return word & state_mask; }
    [[nodiscard]] static constexpr type count_of(type word) noexcept {
        return word & ~(one_lending - 1);
    }
    [[nodiscard]] static constexpr bool is(type word, type state) noexcept {
        return state_of(word) == state;
    }
    // In the hands of a borrower, or of somebody who looks.
    [[nodiscard]] static constexpr bool is_out(type word) noexcept {
        return is(word, in_use) || is(word, reclaimed);
    }
    [[nodiscard]] static constexpr bool has(type word, type flag) noexcept {
        return (word & flag) != 0;
    }
    [[nodiscard]] static constexpr type with_state(type word, type state) noexcept {
        return (word & ~state_mask) | state;
    }
    // The word of an idle slot once somebody has taken it.
    [[nodiscard]] static constexpr type taken(type free) noexcept {
        return with_state(free & ~withheld, in_use);
    }
    // The same once a caller looks at it.
    [[nodiscard]] static constexpr type seen(type free) noexcept { return taken(free) | viewed; }
    // Whether a caller only looks at it, in an inventory that is not ordered.
    [[nodiscard]] static constexpr bool is_viewed(type word) noexcept {
        return is(word, in_use) && has(word, viewed);
    }
    // A value that no slot's word ever has.
    static constexpr type impossible = ~type{0};
};

// The word with its steps. What a pool does without its lock, it does here.
//
// Owners pass a slot on by a release, (2) or (3), that whoever takes it next acquires, by (1), (4)
// or (5); flags go the other way and need no order, because who finds one takes the lock next.
template <class Platform>
class lending_cell {
public:
    using word = lending_word::type;

    // What the word may be by now. Relaxed: an exchange decides, or only an observer asks.
    [[nodiscard]] word peek() const noexcept { return word_.load(std::memory_order_relaxed); }

    // What the word is, with all that its last owner did.
    [[nodiscard]] word see() const noexcept {
        // (1) acquire-load synchronizes-with the release-CAS (2), (3) and the release-store (8)
        return word_.load(std::memory_order_acquire);
    }

    // Makes an idle slot with exactly this word the caller's.
    LEND_ALWAYS_INLINE bool take(word idle) noexcept {
        const word taken = lending_word::taken(idle);
        // (4) acquire-CAS synchronizes-with the release-CAS (2), (3)
        return word_.compare_exchange_strong(idle, taken, std::memory_order_acquire,
                                             std::memory_order_relaxed);
    }

    // The same for a caller who only looks at it.
    bool view(word idle) noexcept {
        // (4) acquire-CAS synchronizes-with the release-CAS (2), (3)
        return word_.compare_exchange_strong(idle, lending_word::seen(idle),
                                             std::memory_order_acquire, std::memory_order_relaxed);
    }
    // Ends a look: the slot is idle again, with `flags`, if no flag was set in it meanwhile.
    bool end_view(word viewed, word flags) noexcept {
        word unflagged =
            lending_word::count_of(viewed) | lending_word::in_use | lending_word::viewed;
        const word idle = lending_word::count_of(viewed) | lending_word::idle | flags;
        // (2) release-CAS synchronizes-with the acquire-CAS (4)
        return word_.compare_exchange_strong(unflagged, idle, std::memory_order_release,
                                             std::memory_order_relaxed);
    }
    // By a caller who has looked and keeps the slot; returns the word from before. Relaxed: the
    // slot is the caller's already.
    word keep_viewed() noexcept {
        return word_.fetch_and(~lending_word::viewed, std::memory_order_relaxed);
    }

    // Leaves the slot idle if it has no flag; nothing of the pool is touched after that.
    // `lendings`: one_lending if this ends a lease, 0 if it ends a look. `flags`: for the idle
    // word.
    LEND_ALWAYS_INLINE bool leave(word held, word lendings, word flags = 0) noexcept {
        const word count = lending_word::count_of(held);
        word unflagged = count | lending_word::in_use;
        const word idle = count + lendings + lending_word::idle + flags;
        // (2) release-CAS synchronizes-with the acquire-CAS (4)
        return word_.compare_exchange_strong(unflagged, idle, std::memory_order_release,
                                             std::memory_order_relaxed);
    }

    // Sets the word of a slot that the caller owns. Others may be setting flags meanwhile; a flag
    // that must not be lost is set under the lock, which the caller holds.
    void become(word next) noexcept {
        word seen = peek();
        // (3) release-CAS synchronizes-with the acquire-CAS (4)
        while (!word_.compare_exchange_weak(seen, next, std::memory_order_release,
                                            std::memory_order_relaxed)) {
        }
    }

    // Lends a slot of an ordered inventory that the caller has in hands; nobody sets flags there.
    void lend(word lent) noexcept {
        // (8) release-store synchronizes-with the acquire-load (1) and the acquire-CAS (9)
        word_.store(lent, std::memory_order_release);
    }

    // Takes a slot of an ordered inventory, with exactly this word, from its borrower: false if
    // somebody else has.
    bool take_back(word lent, word held) noexcept {
        // (9) acquire-CAS synchronizes-with the release-store (8)
        return word_.compare_exchange_strong(lent, held, std::memory_order_acquire,
                                             std::memory_order_relaxed);
    }

    // Tells the owner that somebody waits, if `seen` still stands; else `seen` is what stands.
    // Relaxed: an owner who finds the flag takes the lock, under which the waiter queued before.
    bool want(word& seen) noexcept {
        return word_.compare_exchange_weak(seen, seen | lending_word::wanted,
                                           std::memory_order_relaxed, std::memory_order_relaxed);
    }

    // The same for a slot that the caller owns, so that it comes to the desk itself. Relaxed: as
    // above.
    void call_in() noexcept { word_.fetch_or(lending_word::wanted, std::memory_order_relaxed); }

    // Tells the owner to destroy what it holds. Relaxed: called under the lock, which the owner
    // takes when it finds the flag.
    bool condemn(word& seen) noexcept {
        return word_.compare_exchange_weak(seen, seen | lending_word::condemned,
                                           std::memory_order_relaxed, std::memory_order_relaxed);
    }

    // Keeps an idle slot from those who do not look why, if `seen` still stands. Relaxed: called
    // under the lock, which whoever finds the flag takes to see the reason.
    bool withhold(word& seen) noexcept {
        return word_.compare_exchange_weak(seen, seen | lending_word::withheld,
                                           std::memory_order_relaxed, std::memory_order_relaxed);
    }

    // Tells everyone that the pool is paused, or takes that back, if `seen` still stands. Relaxed:
    // called under the lock, which whoever finds the flag takes to see whether it still holds.
    bool pause(word& seen) noexcept {
        return word_.compare_exchange_weak(seen, seen | lending_word::paused,
                                           std::memory_order_relaxed, std::memory_order_relaxed);
    }
    bool resume(word& seen) noexcept {
        return word_.compare_exchange_weak(seen, seen & ~lending_word::paused,
                                           std::memory_order_relaxed, std::memory_order_relaxed);
    }

    // Stops counting on what is in use, if `seen` still stands: it is to be destroyed. Relaxed:
    // called under the lock, which the owner takes when its exact exchange fails.
    bool reclaim(word& seen) noexcept {
        const word next =
            lending_word::with_state(seen, lending_word::reclaimed) | lending_word::condemned;
        return word_.compare_exchange_weak(seen, next, std::memory_order_relaxed,
                                           std::memory_order_relaxed);
    }

    // Tells everyone that the pool is closed; returns the word from before.
    word close() noexcept {
        // (5) acquire-fetch-or synchronizes-with the release-CAS (2), (3)
        return word_.fetch_or(lending_word::closing, std::memory_order_acquire);
    }

    // In a forked child's only thread: nobody but leases that end will look here again. `closing`
    // is what driver calls look for. Relaxed: there is no other thread yet.
    void inherit() noexcept {
        word_.fetch_or(lending_word::closing | lending_word::inherited, std::memory_order_relaxed);
    }

private:
    typename Platform::template atomic<word> word_{lending_word::empty};
};

// Something that somebody sleeps on until it changes: the settling of a closed pool, new chores.
template <class Platform>
class event_count {
public:
    // By whoever made a change; afterwards `wake`, which uses the address only.
    void change() noexcept {
        // (6) release-fetch-add synchronizes-with the acquire-load (7)
        count_.fetch_add(1, std::memory_order_release);
    }
    void wake() noexcept { Platform::unpark_one(count_); }

    // By whoever sleeps: see, look whether there is reason to sleep, sleep until it changes.
    [[nodiscard]] std::uint32_t see() const noexcept {
        // (7) acquire-load synchronizes-with the release-fetch-add (6)
        return count_.load(std::memory_order_acquire);
    }
    void sleep(std::uint32_t seen, typename Platform::time_point deadline) noexcept {
        Platform::park(count_, seen, deadline);
    }

private:
    typename Platform::template atomic<std::uint32_t> count_{0};
};

// What the owner of an in_use slot is doing; beside the word because only observers look at it.
enum class slot_phase : std::uint8_t { none, rating, checking, resetting, classifying, destroying };

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_LENDING_WORD_HPP
