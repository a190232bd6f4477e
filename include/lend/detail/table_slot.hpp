// SPDX-License-Identifier: MIT
/// @file
/// One slot of a handle table: the word that decides everything, a link, and the storage of one
/// object. Knows nothing of threads, free numbers or where slots come from.

#ifndef LEND_DETAIL_TABLE_SLOT_HPP
#define LEND_DETAIL_TABLE_SLOT_HPP

#include <lend/detail/config.hpp>
#include <lend/detail/table_storage.hpp>
#include <lend/detail/table_traits.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// The word: generation (32 bits) | pins (30 bits) | state (2 bits).
//
//   never    The slot was never used. Generation 0.
//   live     Holds an object. The generation is that of its number.
//   dead     The number is over. With pins: the object still exists, and whoever takes the last
//            pin away owns the slot. Without: the slot belongs to one thread or one list of free
//            slots, and its storage holds no object.
//   retired  The generations are used up. Never used again.
//
//              | publish(g')    | erase(g)      | pin(g)      | unpin         | renew   | retire
//   -----------+----------------+---------------+-------------+---------------+---------+--------
//   never      | live g'=1      | no such       | no such     | invalid       | dead 1  | invalid
//   live g     | invalid        | dead g        | live g, p+1 | live g, p-1   | invalid | invalid
//   live k!=g  | invalid        | stale/no such | no such     | invalid       | invalid | invalid
//   dead p>0   | invalid        | stale/no such | no such     | dead, p-1     | invalid | invalid
//   dead p=0   | live g'>g      | stale/no such | no such     | invalid       | dead g+1| retired
//   retired    | invalid        | stale/no such | no such     | invalid       | invalid | invalid
//
// publish, renew and retire are plain stores by the slot's only owner; the others are
// compare-exchanges that expect `live`, or a fetch_sub that needs a pin, so they cannot succeed on
// an owned slot. The generation never falls and each one is published at most once: a number names
// one object, once.
struct slot_word {
    static constexpr std::uint64_t never = 0;
    static constexpr std::uint64_t live = 1;
    static constexpr std::uint64_t dead = 2;
    static constexpr std::uint64_t retired = 3;
    static constexpr std::uint64_t state_mask = 3;
    static constexpr std::uint64_t one_pin = 4;
    static constexpr std::uint64_t pin_mask = 0xFFFF'FFFCU;
    static constexpr unsigned generation_shift = 32;

    static constexpr std::uint64_t make(std::uint64_t generation, std::uint64_t state) noexcept {
        return generation << generation_shift | state;
    }
    static constexpr std::uint32_t generation(std::uint64_t word) noexcept {
        return static_cast<std::uint32_t>(word >> generation_shift);
    }
    static constexpr std::uint64_t state(std::uint64_t word) noexcept { return word & state_mask; }
    static constexpr std::uint64_t pins(std::uint64_t word) noexcept { return word & pin_mask; }
    static constexpr std::uint64_t without_pins(std::uint64_t word) noexcept {
        return word & ~pin_mask;
    }
};

// What became of an attempt to end a number.
enum class erase_outcome : unsigned char {
    won,      // the caller owns the slot and its object
    deferred, // the number is over; the last unpin owns the slot
    stale,    // the number was over already
    unknown   // this table never handed the number out
};

template <class T, class Platform>
class table_slot {
    using orders = typename table_orders_of<Platform>::type;
    using word_type = typename Platform::template atomic<std::uint64_t>;

public:
    table_slot() noexcept : word_(slot_word::never), link_(0) {}

    LEND_ALWAYS_INLINE table_storage<T, Platform>& storage() noexcept { return storage_; }

    // ---- by anybody ----------------------------------------------------------------------------

    // Ends the number of this generation. The caller knows what the word should be, so nothing is
    // loaded first: the one read-modify-write of an erase.
    LEND_ALWAYS_INLINE bool try_erase(std::uint32_t generation) noexcept {
        std::uint64_t seen = slot_word::make(generation, slot_word::live);
        const std::uint64_t over = slot_word::make(generation, slot_word::dead);
        // (6) acquire-CAS synchronizes-with the release-store (5)
        // (6) acquire-CAS synchronizes-with the acq-rel-fetch-sub (10)
        // Relaxed on failure, which looks at nothing but the word.
        return word_.compare_exchange_strong(seen, over, orders::at(6, std::memory_order_acquire),
                                             std::memory_order_relaxed);
    }

    // After try_erase failed: says why, or ends the number of a pinned object.
    LEND_NOINLINE erase_outcome erase_slow(std::uint32_t generation) noexcept {
        // Relaxed: only a guess for the compare-exchange, or a reason to refuse.
        std::uint64_t seen = word_.load(std::memory_order_relaxed);
        while (is_live(seen, generation)) {
            if (slot_word::pins(seen) == 0) {
                if (end_unpinned(seen)) return erase_outcome::won;
            } else if (end_pinned(seen)) {
                return erase_outcome::deferred;
            }
        }
        const std::uint32_t now = slot_word::generation(seen);
        return generation == 0 || now < generation ? erase_outcome::unknown : erase_outcome::stale;
    }

    // Keeps the object from being destroyed. False if the number is not live.
    LEND_ALWAYS_INLINE bool try_pin(std::uint32_t generation) noexcept {
        // Relaxed: only a guess for the compare-exchange.
        std::uint64_t seen = word_.load(std::memory_order_relaxed);
        do {
            if (!is_live(seen, generation)) return false;
            if (slot_word::pins(seen) == slot_word::pin_mask) [[unlikely]]
                return false;
            // (9) acquire-CAS synchronizes-with the release-store (5)
            // Relaxed on failure, which only guesses anew.
        } while (!word_.compare_exchange_weak(seen, seen + slot_word::one_pin,
                                              orders::at(9, std::memory_order_acquire),
                                              std::memory_order_relaxed));
        return true;
    }

    // Takes a pin away. True if the caller now owns the slot and its object.
    LEND_ALWAYS_INLINE bool unpin() noexcept {
        // (10) acq-rel-fetch-sub synchronizes-with the acquire-CAS (6)
        // (10) acq-rel-fetch-sub synchronizes-with the acquire-CAS (7)
        // (10) acq-rel-fetch-sub synchronizes-with the release-CAS (8)
        // (10) acq-rel-fetch-sub synchronizes-with the acq-rel-fetch-sub (10)
        const std::uint64_t before =
            word_.fetch_sub(slot_word::one_pin, orders::at(10, std::memory_order_acq_rel));
        return slot_word::state(before) == slot_word::dead &&
               slot_word::pins(before) == slot_word::one_pin;
    }

    // Copies the value if the number is live. Writes nothing.
    LEND_ALWAYS_INLINE bool try_read(std::uint32_t generation, value_bits& bits) const noexcept {
        // (11) acquire-load synchronizes-with the release-store (5)
        const std::uint64_t before = word_.load(orders::at(11, std::memory_order_acquire));
        if (!is_live(before, generation)) return false;
        bits = storage_.load_bits();
        // (14) acquire-fence synchronizes-with the release-fence (12)
        // (14) acquire-fence synchronizes-with the release-fence (13)
        // Whoever saw a later content sees below that the number is over.
        Platform::fence(orders::at(14, std::memory_order_acquire));
        // Relaxed: ordered after the value by the fence (14).
        const std::uint64_t after = word_.load(std::memory_order_relaxed);
        return is_live(after, generation) || !orders::reads_words_again;
    }

    // ---- by the slot's only owner --------------------------------------------------------------

    // Puts a value's bits there, before its number begins.
    LEND_ALWAYS_INLINE void store_value(const value_bits& bits) noexcept {
        // (12) release-fence synchronizes-with the acquire-fence (14)
        // Whoever copies the new value for the old number sees that the old number is over. No
        // instruction on x86; on Arm the store could otherwise pass the exchange of the erase.
        Platform::fence(orders::at(12, std::memory_order_release));
        storage_.store_bits(bits);
    }

    // To be called before indices are put where values were, in any number of slots.
    static void before_cells() noexcept {
        if constexpr (enable_table_read<T>) {
            // (13) release-fence synchronizes-with the acquire-fence (14)
            // Whoever copies an index for a value sees that the number is over. Objects cannot be
            // copied so, and need no fence.
            Platform::fence(orders::at(13, std::memory_order_release));
        }
    }

    // The object is complete, its number begins.
    LEND_ALWAYS_INLINE void publish(std::uint32_t generation) noexcept {
        // (5) release-store synchronizes-with the acquire-CAS (6)
        // (5) release-store synchronizes-with the acquire-CAS (7)
        // (5) release-store synchronizes-with the acquire-CAS (9)
        // (5) release-store synchronizes-with the acquire-load (11)
        word_.store(slot_word::make(generation, slot_word::live),
                    orders::at(5, std::memory_order_release));
    }

    // No generation is left.
    void retire() noexcept {
        // Relaxed: nobody acts on a retired word, and its owner forgets the slot.
        const std::uint64_t now = word_.load(std::memory_order_relaxed);
        const std::uint32_t last = slot_word::generation(now);
        word_.store(slot_word::make(last, slot_word::retired), std::memory_order_relaxed);
    }

    // Uses up a generation, so that no two pushes of this slot look alike.
    void renew(std::uint32_t generation) noexcept {
        // Relaxed: only owners act on the word of a slot that is not live, and ownership is passed
        // on with release and acquire.
        word_.store(slot_word::make(generation, slot_word::dead), std::memory_order_relaxed);
    }

    // ---- both ----------------------------------------------------------------------------------

    // The word, for counting, walking and owners.
    std::uint64_t word() const noexcept {
        // Relaxed: owners were given the slot with acquire, the others act on a guess.
        return word_.load(std::memory_order_relaxed);
    }

    // The link of the lists of free slots.
    std::uint64_t link() const noexcept {
        // Relaxed: read by the owner, or by someone whose compare-exchange on the list's head fails
        // if this was not the link.
        return link_.load(std::memory_order_relaxed);
    }
    void set_link(std::uint64_t value) noexcept {
        // Relaxed: passed on with the slot.
        link_.store(value, std::memory_order_relaxed);
    }

    static bool is_live(std::uint64_t word, std::uint32_t generation) noexcept {
        if (!orders::compares_generations) return slot_word::state(word) == slot_word::live;
        return slot_word::without_pins(word) == slot_word::make(generation, slot_word::live);
    }

private:
    LEND_ALWAYS_INLINE bool end_unpinned(std::uint64_t& seen) noexcept {
        const std::uint64_t over = slot_word::make(slot_word::generation(seen), slot_word::dead);
        // (7) acquire-CAS synchronizes-with the release-store (5)
        // (7) acquire-CAS synchronizes-with the acq-rel-fetch-sub (10)
        // Relaxed on failure, which looks at nothing but the word.
        return word_.compare_exchange_strong(seen, over, orders::at(7, std::memory_order_acquire),
                                             std::memory_order_relaxed);
    }

    LEND_ALWAYS_INLINE bool end_pinned(std::uint64_t& seen) noexcept {
        const std::uint64_t over = seen - slot_word::live + slot_word::dead;
        // (8) release-CAS synchronizes-with the acq-rel-fetch-sub (10)
        // What came before the erase comes before the destructor. Relaxed on failure, which looks
        // at nothing but the word.
        return word_.compare_exchange_strong(seen, over, orders::at(8, std::memory_order_release),
                                             std::memory_order_relaxed);
    }

    word_type word_;
    word_type link_;
    table_storage<T, Platform> storage_;
};

// 16 bytes and the object, nothing else, as long as the object needs no more than 8-byte alignment.
template <class T, class Platform>
inline constexpr bool table_slot_is_dense = alignof(T) > alignof(std::uint64_t) ||
                                            sizeof(table_slot<T, Platform>) <=
                                                16 + (std::max<std::size_t>(sizeof(T), 16) + 7) /
                                                         8 * 8;

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_TABLE_SLOT_HPP
