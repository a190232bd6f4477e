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
namespace slot_word {

inline constexpr std::uint64_t never = 0;
inline constexpr std::uint64_t live = 1;
inline constexpr std::uint64_t dead = 2;
inline constexpr std::uint64_t retired = 3;
inline constexpr std::uint64_t state_mask = 3;
inline constexpr std::uint64_t one_pin = 4;
inline constexpr std::uint64_t pin_mask = 0xFFFF'FFFCU;
inline constexpr unsigned generation_shift = 32;

constexpr std::uint64_t make(std::uint64_t generation, std::uint64_t state) noexcept {
    return generation << generation_shift | state;
}
constexpr std::uint32_t generation(std::uint64_t word) noexcept {
    return static_cast<std::uint32_t>(word >> generation_shift);
}
constexpr std::uint64_t state(std::uint64_t word) noexcept { return word & state_mask; }
constexpr bool is_pinned(std::uint64_t word) noexcept { return (word & pin_mask) != 0; }
constexpr std::uint64_t without_pins(std::uint64_t word) noexcept { return word & ~pin_mask; }

} // namespace slot_word

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

    // Ends the number of this generation. The caller knows what the word should be, so nothing is
    // loaded first: the one read-modify-write of an erase.
    LEND_ALWAYS_INLINE bool try_erase(std::uint32_t generation) noexcept {
        std::uint64_t seen = slot_word::make(generation, slot_word::live);
        // (6) acquire-CAS synchronizes-with the release-store (5) and the acq-rel-fetch-sub (9);
        // relaxed on failure, which looks at nothing but the word.
        return word_.compare_exchange_strong(seen, slot_word::make(generation, slot_word::dead),
                                             orders::erase, std::memory_order_relaxed);
    }

    // After try_erase failed: says why, or ends the number of a pinned object.
    LEND_NOINLINE erase_outcome erase_slow(std::uint32_t generation) noexcept {
        // Relaxed: only a guess for the compare-exchange, or a reason to refuse.
        std::uint64_t seen = word_.load(std::memory_order_relaxed);
        for (;;) {
            if (!is_live(seen, generation)) return classify(seen, generation);
            std::uint64_t over = slot_word::make(slot_word::generation(seen), slot_word::dead);
            over |= seen & slot_word::pin_mask;
            if (!slot_word::is_pinned(seen)) {
                // (6) acquire-CAS synchronizes-with the release-store (5) and the
                // acq-rel-fetch-sub (9); relaxed on failure, as above.
                if (word_.compare_exchange_strong(seen, over, orders::erase,
                                                  std::memory_order_relaxed)) {
                    return erase_outcome::won;
                }
                // (7) release-CAS synchronizes-with the acq-rel-fetch-sub (9), so that what came
                // before erase comes before the destructor; relaxed on failure, as above.
            } else if (word_.compare_exchange_strong(seen, over, orders::erase_pinned,
                                                     std::memory_order_relaxed)) {
                return erase_outcome::deferred;
            }
        }
    }

    // Keeps the object from being destroyed. False if the number is not live.
    LEND_ALWAYS_INLINE bool try_pin(std::uint32_t generation) noexcept {
        // Relaxed: only a guess for the compare-exchange.
        std::uint64_t seen = word_.load(std::memory_order_relaxed);
        do {
            if (!is_live(seen, generation)) return false;
            if ((seen & slot_word::pin_mask) == slot_word::pin_mask) [[unlikely]]
                return false;
            // (8) acquire-CAS synchronizes-with the release-store (5); relaxed on failure, which
            // only guesses anew.
        } while (!word_.compare_exchange_weak(seen, seen + slot_word::one_pin, orders::pin,
                                              std::memory_order_relaxed));
        return true;
    }

    // Takes a pin away. True if the caller now owns the slot and its object.
    LEND_ALWAYS_INLINE bool unpin() noexcept {
        // (9) acq-rel-fetch-sub synchronizes-with the acq-rel-fetch-sub (9), the acquire-CAS (6)
        // and the release-CAS (7)
        const std::uint64_t before = word_.fetch_sub(slot_word::one_pin, orders::unpin);
        return (before & (slot_word::pin_mask | slot_word::state_mask)) ==
               (slot_word::one_pin | slot_word::dead);
    }

    // Copies the value if the number is live. Writes nothing.
    LEND_ALWAYS_INLINE bool try_read(std::uint32_t generation, value_bits& bits) const noexcept {
        // (10) acquire-load synchronizes-with the release-store (5)
        if (!is_live(word_.load(orders::read), generation)) return false;
        bits = storage_.load_bits();
        if constexpr (orders::read_fence) {
            // (13) acquire-fence synchronizes-with the release-fence (11) and the
            // release-fence (12) of table_cache.hpp: whoever saw a later value sees that the
            // number is over.
            Platform::fence(std::memory_order_acquire);
        }
        // Relaxed: ordered after the value by the fence (13).
        return !orders::read_again || is_live(word_.load(std::memory_order_relaxed), generation);
    }

    // Owner only: a value's bits, before its number begins.
    LEND_ALWAYS_INLINE void store_value(const value_bits& bits) noexcept {
        if constexpr (orders::publish_fence) {
            // (11) release-fence synchronizes-with the acquire-fence (13): who copies the new value
            // under the old number sees that the old number is over. No instruction on x86.
            Platform::fence(std::memory_order_release);
        }
        storage_.store_bits(bits);
    }

    // Owner only: the object is complete, its number begins.
    LEND_ALWAYS_INLINE void publish(std::uint32_t generation) noexcept {
        // (5) release-store synchronizes-with the acquire-CAS (6), the acquire-CAS (8) and the
        // acquire-load (10)
        word_.store(slot_word::make(generation, slot_word::live), orders::publish);
    }

    // Owner only: no generation is left.
    void retire() noexcept {
        // Relaxed: nobody acts on a retired word, and its owner forgets the slot.
        const std::uint64_t now = word_.load(std::memory_order_relaxed);
        word_.store(slot_word::make(slot_word::generation(now), slot_word::retired),
                    std::memory_order_relaxed); // relaxed: as above
    }

    // Owner only: uses up a generation, so that no two pushes of this slot look alike.
    void renew(std::uint32_t generation) noexcept {
        // Relaxed: only owners read the word of a slot that is not live, and ownership is passed
        // on with release and acquire.
        word_.store(slot_word::make(generation, slot_word::dead), std::memory_order_relaxed);
    }

    // The word, for counting, walking and owners. Relaxed: owners were given the slot with acquire,
    // the others act on a guess.
    std::uint64_t word() const noexcept { return word_.load(std::memory_order_relaxed); }

    // The link, used by the lists of free slots. Relaxed: it is read either by the slot's owner or
    // by someone whose compare-exchange fails if the link was not the leader's.
    std::uint64_t link() const noexcept { return link_.load(std::memory_order_relaxed); }
    void set_link(std::uint64_t value) noexcept {
        link_.store(value, std::memory_order_relaxed); // relaxed: as above
    }

    static bool is_live(std::uint64_t word, std::uint32_t generation) noexcept {
        if (!orders::compare_generation) return slot_word::state(word) == slot_word::live;
        return slot_word::without_pins(word) == slot_word::make(generation, slot_word::live);
    }

private:
    static erase_outcome classify(std::uint64_t word, std::uint32_t generation) noexcept {
        const std::uint32_t now = slot_word::generation(word);
        return generation == 0 || now < generation ? erase_outcome::unknown : erase_outcome::stale;
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
