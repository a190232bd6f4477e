// SPDX-License-Identifier: MIT
/// @file
/// The place for the one resource of an ordered inventory that came back last: filled and taken by
/// one exchange, without the pool's lock; and the order in which resources come back.

#ifndef LEND_DETAIL_FRONT_HPP
#define LEND_DETAIL_FRONT_HPP

#include <lend/detail/as.hpp>
#include <lend/detail/config.hpp>

#include <atomic>
#include <cstdint>
#include <type_traits>

namespace lend::inline v0_1 {
namespace detail {

// How many bits of the word count what came back. A platform of tests has few.
template <class Platform>
struct front_order {
    static constexpr unsigned bits = 22;
};
template <class Platform>
requires requires { Platform::front_order_bits; }
struct front_order<Platform> {
    static constexpr unsigned bits = Platform::front_order_bits;
};

// Layout of the word: order | address of the slot / 64, or 0.
//
// Invariant: what is in front was put away last. Each putting away, here or on a shelf, gives its
// slot an order of its own, which is the word's count; so nothing is put on a shelf with a new
// order while something is in front. When the count is used up, the lock's holder begins it anew
// in a new epoch, which comes before the count in an order.
//
// A slot in front is in nobody's hands, and its word and its place say what they said in the hands
// of whoever put it there: in_use, not lent, on no shelf. Whoever takes it out has it in hands.
//
// Thread safety: everything from any thread, but what says that it is called under the lock. No
// driver is called here.
template <class Slot, class Platform>
class front {
public:
    // Takes out what is there; null if there is nothing, or if somebody else was quicker.
    [[nodiscard]] LEND_ALWAYS_INLINE Slot* take() noexcept {
        // (1) acquire-load synchronizes-with the acq-rel-CAS (3): with it what is in front is
        // known, and with the exchange (2) once more; one of the two would be enough.
        std::uint64_t word = word_.load(std::memory_order_acquire);
        if (!is_filled(word)) return nullptr;
        // (2) acquire-CAS synchronizes-with the acq-rel-CAS (3)
        if (!word_.compare_exchange_strong(word, emptied(word), std::memory_order_acquire,
                                           std::memory_order_relaxed)) {
            return nullptr;
        }
        return slot_in(word);
    }

    // Puts a slot in front that the caller has in hands, and returns its order. 0 if there is one,
    // or if the count is used up, or if the address does not fit: then it is to be put away under
    // the lock.
    [[nodiscard]] LEND_ALWAYS_INLINE std::uint64_t put(Slot& s) noexcept {
        // (7) acquire-load synchronizes-with the release-store (6)
        std::uint64_t word = word_.load(std::memory_order_acquire);
        if (is_filled(word) || is_used_up(word) || !fits(s)) return 0;
        const std::uint64_t order = order_of(word) + 1;
        s.place.freed_order = order;
        // (3) acq-rel-CAS synchronizes-with the acquire-load (1) and the acquire-CAS (2), (4), (5).
        // Its acquire is redundant: what was in front before is nothing to whoever puts.
        const bool is_put = word_.compare_exchange_strong(
            word, filled(word + one, s), std::memory_order_acq_rel, std::memory_order_relaxed);
        return is_put ? order : 0;
    }

    // Takes a slot out again that was put there with this order; false if it is not there any more.
    [[nodiscard]] bool take_back(Slot& s, std::uint64_t order) noexcept {
        // Relaxed: the exchange decides.
        std::uint64_t word = word_.load(std::memory_order_relaxed);
        if (!is_filled(word) || slot_in(word) != &s || order_of(word) != order) return false;
        // (4) acquire-CAS synchronizes-with the acq-rel-CAS (3). Redundant: an order is given once,
        // so that was the caller's own.
        return word_.compare_exchange_strong(word, emptied(word), std::memory_order_acquire,
                                             std::memory_order_relaxed);
    }

    // Takes out what is there, for a shelf; null if there is nothing. Under the lock.
    [[nodiscard]] Slot* flush() noexcept {
        // Relaxed: the exchange decides. What is put here later comes later.
        std::uint64_t word = word_.load(std::memory_order_relaxed);
        while (is_filled(word)) {
            // (5) acquire-CAS synchronizes-with the acq-rel-CAS (3)
            if (word_.compare_exchange_weak(word, emptied(word), std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
                return slot_in(word);
            }
        }
        return nullptr;
    }

    // The order of what is put on a shelf now; 0 if something is in front, to be flushed first.
    // Under the lock.
    [[nodiscard]] std::uint64_t next_order() noexcept {
        renew();
        // Relaxed, like the exchange: nothing is passed on by an empty word.
        std::uint64_t word = word_.load(std::memory_order_relaxed);
        while (!is_filled(word)) {
            if (is_used_up(word)) return 0;
            // Relaxed: see above.
            if (word_.compare_exchange_weak(word, word + one, std::memory_order_relaxed,
                                            std::memory_order_relaxed)) {
                return order_of(word) + 1;
            }
        }
        return 0;
    }

    // Begins the count anew if it is used up and nothing is in front. Under the lock.
    void renew() noexcept {
        // Relaxed: the exchange decides.
        std::uint64_t word = word_.load(std::memory_order_relaxed);
        if (is_filled(word) || !is_used_up(word)) return;
        // Relaxed: written under the lock. Who reads it without it, and reads another than that of
        // the count, loses the exchange, unless it sleeps until a whole count has gone by.
        epoch_.store(epoch_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        // (6) release-store synchronizes-with the acquire-load (7). Nobody else changes an empty
        // word that is used up.
        word_.store(0, std::memory_order_release);
    }

    // Not where addresses have more than 48 bits, or a tag.
    [[nodiscard]] static bool fits(const Slot& s) noexcept { return address_of(s) < one; }

private:
    static constexpr unsigned address_bits = 42;
    static constexpr unsigned order_bits = front_order<Platform>::bits;
    static_assert(address_bits + order_bits <= 64);
    static constexpr std::uint64_t one = std::uint64_t{1} << address_bits;
    static constexpr std::uint64_t address_mask = one - 1;
    static constexpr std::uint64_t last = (std::uint64_t{1} << order_bits) - 1;
    static constexpr unsigned alignment_bits = 6;

    [[nodiscard]] static std::uint64_t address_of(const Slot& s) noexcept {
        static_assert(alignof(Slot) % (1U << alignment_bits) == 0);
        return reinterpret_cast<std::uintptr_t>(&s) >> alignment_bits;
    }
    [[nodiscard]] static bool is_filled(std::uint64_t word) noexcept {
        return (word & address_mask) != 0;
    }
    [[nodiscard]] static bool is_used_up(std::uint64_t word) noexcept {
        return word >> address_bits == last;
    }
    [[nodiscard]] static std::uint64_t emptied(std::uint64_t word) noexcept {
        return word & ~address_mask;
    }
    [[nodiscard]] static std::uint64_t filled(std::uint64_t empty, const Slot& s) noexcept {
        return empty | address_of(s);
    }
    [[nodiscard]] static Slot* slot_in(std::uint64_t word) noexcept {
        const auto address = as<std::uintptr_t>((word & address_mask) << alignment_bits);
        return reinterpret_cast<Slot*>(address); // NOLINT(performance-no-int-to-ptr)
    }
    [[nodiscard]] std::uint64_t order_of(std::uint64_t word) const noexcept {
        // Relaxed: see `renew`.
        return epoch_.load(std::memory_order_relaxed) << order_bits | word >> address_bits;
    }

    alignas(64) typename Platform::template atomic<std::uint64_t> word_{0};
    typename Platform::template atomic<std::uint64_t> epoch_{0};
};

struct no_front {};
template <class Slot, class Platform, bool Ordered>
using front_of = std::conditional_t<Ordered, front<Slot, Platform>, no_front>;

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_FRONT_HPP
