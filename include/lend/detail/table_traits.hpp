// SPDX-License-Identifier: MIT
/// @file
/// What a handle table takes from its Platform: the layout of a number, the sizes of its caches,
/// and the memory orders of its atomic accesses. No state.

#ifndef LEND_DETAIL_TABLE_TRAITS_HPP
#define LEND_DETAIL_TABLE_TRAITS_HPP

#include <lend/detail/config.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace lend::inline v0_1 {
namespace detail {

// A number, from the top: generation | table tag | index.
//
// The generation is 1 or more in every number that is handed out, so 0 is never one. The lower
// part has at most 32 bits; a 64-bit number whose generation uses fewer than 32 bits has zeros
// above it.
template <class Platform>
struct table_numbers {
    using handle = typename Platform::handle_word;
    static_assert(std::is_unsigned_v<handle> && sizeof(handle) >= 4, "a number is 32 or 64 bits");

    static constexpr unsigned bits = std::numeric_limits<handle>::digits;
    static constexpr unsigned generation_bits = Platform::generation_bits;
    static_assert(generation_bits >= 1 && generation_bits <= 32 && generation_bits < bits);

    static constexpr unsigned low_bits = (std::min)(32U, bits - generation_bits);
    static constexpr unsigned tag_bits = Platform::tag_bits;
    static_assert(tag_bits + 2 <= low_bits, "no bits are left for the index");
    static constexpr unsigned index_bits = (std::min)(31U, low_bits - tag_bits);

    static constexpr std::uint32_t generation_max =
        static_cast<std::uint32_t>((std::uint64_t{1} << generation_bits) - 1);
    // How many indices there are, index 0 included, which is never handed out.
    static constexpr std::uint32_t index_end = std::uint32_t{1} << index_bits;

    // The lower part of the numbers of a table: its tag at the place of the tag, index 0.
    static constexpr std::uint32_t base_of(std::uint32_t tag) noexcept {
        if constexpr (tag_bits == 0) {
            return 0;
        } else {
            return (tag & ((std::uint32_t{1} << tag_bits) - 1)) << index_bits;
        }
    }

    static constexpr handle
    make(std::uint32_t base, std::uint32_t index, std::uint32_t generation) noexcept {
        return static_cast<handle>(static_cast<handle>(generation) << low_bits |
                                   static_cast<handle>(base + index));
    }

    // `index_end` or more for a number of another table: the subtraction wraps or overshoots.
    static constexpr std::uint32_t index_of(handle number, std::uint32_t base) noexcept {
        if constexpr (low_bits == 32) {
            return static_cast<std::uint32_t>(number) - base;
        } else {
            constexpr auto mask = static_cast<handle>((handle{1} << low_bits) - 1);
            return static_cast<std::uint32_t>(number & mask) - base;
        }
    }

    static constexpr std::uint32_t generation_of(handle number) noexcept {
        return static_cast<std::uint32_t>(number >> low_bits);
    }

    // The next number of the same slot. After the last generation it is none.
    static constexpr handle successor(handle number) noexcept {
        return static_cast<handle>(number + (handle{1} << low_bits));
    }

    // Whether it is a number: not 0, and not what follows the last generation. A generation at the
    // top of the number has become 0 then.
    static constexpr bool is_number(handle number) noexcept {
        if constexpr (low_bits + generation_bits == bits) {
            return generation_of(number) != 0;
        } else {
            return generation_of(number) - 1 < generation_max;
        }
    }
};

// Sizes. A platform may bring its own as `table_tuning`, derived from this; the model checker does,
// to reach every path within a few steps.
struct table_tuning {
    // Free numbers that a thread keeps for itself. 128 of 8 bytes are 1 KiB.
    static constexpr std::uint32_t stack_numbers = 128;
    // A full stack gives away this many batches at once.
    static constexpr std::uint32_t spill_batches = 2;
    // A batch is a leader, this many branches (at most 4) and six leaves a branch: 29 slots.
    static constexpr std::uint32_t batch_branches = 4;
    // Never used slots that a thread claims at once: 2 KiB of 32-byte slots, so that threads that
    // fill a table at the same time do not write to each other's cache lines.
    static constexpr std::uint32_t chunk_slots = 64;
    // Slots are allocated in segments of about this size, of a power of two of slots within bounds.
    static constexpr std::uint32_t segment_bytes = 32 * 1024;
    static constexpr std::uint32_t segment_slots_min = 64;
    static constexpr std::uint32_t segment_slots_max = 1024;
    // Segments for which the first directory has room; each next one has twice as much.
    static constexpr std::uint32_t first_directory = 8;
    // Threads whose caches are found through one page of pointers.
    static constexpr std::uint32_t threads_per_page = 64;
    // How far ahead a batch erase asks for cache lines. Between 24 and 32 was best where it was
    // measured (Xeon with 2 MiB of L2, a million random numbers: 15 ns, and 22 ns at a distance
    // of 8).
    static constexpr std::uint32_t prefetch_distance = 24;
};

// What the model checker may take away, to see whether it is missed. Every access of the table
// whose order is not relaxed has a number, unique in the table's headers, and passes its order
// through `at`; steps that are no orders have a name. A platform may bring its own as
// `table_orders`, derived from this; none but the checker should.
struct table_orders {
    static consteval std::memory_order at(int access, std::memory_order shipped) {
        (void)access;
        return shipped;
    }
    static constexpr bool compares_generations = true;
    static constexpr bool renews_leaders = true;
    static constexpr bool retires_slots = true;
    static constexpr bool reads_words_again = true;
    static constexpr bool searches_everywhere = true;
};

template <class Platform>
struct table_tuning_of {
    using type = table_tuning;
};
template <class Platform>
requires requires { typename Platform::table_tuning; }
struct table_tuning_of<Platform> {
    using type = typename Platform::table_tuning;
};

template <class Platform>
struct table_orders_of {
    using type = table_orders;
};
template <class Platform>
requires requires { typename Platform::table_orders; }
struct table_orders_of<Platform> {
    using type = typename Platform::table_orders;
};

// Tags go round: a table shares its tag only with every 256th one made (with 8 bits).
LEND_EXPORT inline std::uint32_t rotating_table_tag() noexcept {
    static std::atomic<std::uint32_t> made{0};
    // Relaxed: only that the values differ matters.
    return made.fetch_add(1, std::memory_order_relaxed);
}

// The tag for a new table. A platform may bring `table_tag()`, so that a simulated run repeats.
template <class Platform>
std::uint32_t next_table_tag() noexcept {
    if constexpr (requires { Platform::table_tag(); }) {
        return Platform::table_tag();
    } else {
        return rotating_table_tag();
    }
}

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_TABLE_TRAITS_HPP
