// SPDX-License-Identifier: MIT
/// @file
/// The one word that says who owns a slot of a pool and what its owner must know.

#ifndef LEND_DETAIL_LENDING_WORD_HPP
#define LEND_DETAIL_LENDING_WORD_HPP

#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// Layout: count 56 bits | flags 5 bits | state 3 bits.
//
// The count is that of lendings that have ended in this slot, over all its resources; it never goes
// back. A lease remembers the word it was given, so a late or double release finds another count.
//
// Invariant: from in_use, creating and destroying only the slot's owner leads to another state;
// from idle whoever wins the compare-exchange; parked changes under the pool's lock. Anyone may
// set a flag in a word whose slot is owned by somebody else.
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
//
// Everything that an owner must know at the end of its use is a flag in this very word: a release
// is one exact compare-exchange that fails if there is anything to know, and touches nothing else.
namespace lending_word {

using type = std::uint64_t;

inline constexpr type state_mask = 7;
inline constexpr type empty = 0;
inline constexpr type idle = 1;
inline constexpr type in_use = 2;
inline constexpr type creating = 3;
inline constexpr type parked = 4;
inline constexpr type destroying = 5;

inline constexpr type wanted = 8;     // somebody waits: hand over instead of leaving it idle
inline constexpr type kept = 16;      // the inventory keeps an order: it must be told
inline constexpr type condemned = 32; // to be destroyed, not lent again
inline constexpr type closing = 64;   // the pool is closed: destroy and count down
inline constexpr type flags_mask = 0xF8;

inline constexpr type one_lending = 0x100;

[[nodiscard]] constexpr type state_of(type word) noexcept { return word & state_mask; }
[[nodiscard]] constexpr type count_of(type word) noexcept { return word & ~type{0xFF}; }
[[nodiscard]] constexpr bool is(type word, type state) noexcept { return state_of(word) == state; }
[[nodiscard]] constexpr bool has(type word, type flag) noexcept { return (word & flag) != 0; }
[[nodiscard]] constexpr type with_state(type word, type state) noexcept {
    return (word & ~state_mask) | state;
}
// A value that no slot's word ever has.
inline constexpr type impossible = ~type{0};

} // namespace lending_word

// What the owner of an in_use slot is doing; beside the word because only observers look at it.
enum class slot_phase : std::uint8_t { none, rating, checking, resetting };

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_LENDING_WORD_HPP
