// SPDX-License-Identifier: MIT
/// @file
/// Where a slot keeps its object, and, while it has none, two words for the lists of free slots.
/// Small trivially copyable values are kept as atomic words, so that they can be copied without a
/// pin; every other object is an object.

#ifndef LEND_DETAIL_TABLE_STORAGE_HPP
#define LEND_DETAIL_TABLE_STORAGE_HPP

#include <lend/detail/config.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace lend::inline v0_1 {

/// Whether a handle_table keeps T as a value that `read` can copy without a pin.
///
/// Such a value cannot be changed in the table: `find` and `for_each` show a constant copy. Set it
/// to false for a small trivially copyable type that is to be changed in place.
template <class T>
inline constexpr bool enable_table_read = std::is_trivially_copyable_v<T> && sizeof(T) <= 16;

namespace detail {

// A value as two words, zero behind its end.
struct value_bits {
    std::uint64_t first = 0;
    std::uint64_t second = 0;
};

template <class T>
LEND_ALWAYS_INLINE value_bits to_bits(const T& value) noexcept {
    std::array<std::uint64_t, 2> words{};
    std::memcpy(words.data(), std::addressof(value), sizeof(T));
    return {words[0], words[1]};
}

template <class T>
LEND_ALWAYS_INLINE T from_bits(const value_bits& bits) noexcept {
    std::array<std::byte, sizeof(T)> bytes;
    const std::array<std::uint64_t, 2> words{bits.first, bits.second};
    std::memcpy(bytes.data(), words.data(), sizeof(T));
    return std::bit_cast<T>(bytes);
}

template <class T, class Platform, bool Readable = enable_table_read<T>>
class table_storage;

// Values: two atomic words for ever.
template <class T, class Platform>
class table_storage<T, Platform, true> {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 16);
    using cell = typename Platform::template atomic<std::uint64_t>;

public:
    table_storage() noexcept : first_(0), second_(0) {}

    // Relaxed throughout: a reader without ownership looks at the slot's word before and after,
    // with a fence between, and throws away what it read if the number was not live.
    LEND_ALWAYS_INLINE void store_bits(const value_bits& bits) noexcept {
        first_.store(bits.first, std::memory_order_relaxed); // relaxed: as above
        if constexpr (sizeof(T) > sizeof(std::uint64_t)) {
            second_.store(bits.second, std::memory_order_relaxed); // relaxed: as above
        }
    }
    LEND_ALWAYS_INLINE value_bits load_bits() const noexcept {
        value_bits bits{first_.load(std::memory_order_relaxed)}; // relaxed: as above
        if constexpr (sizeof(T) > sizeof(std::uint64_t)) {
            bits.second = second_.load(std::memory_order_relaxed); // relaxed: as above
        }
        return bits;
    }

    void set_cells(std::uint64_t first, std::uint64_t second) noexcept {
        first_.store(first, std::memory_order_relaxed);   // relaxed: as above
        second_.store(second, std::memory_order_relaxed); // relaxed: as above
    }
    value_bits cells() const noexcept {
        // Relaxed: only the owner of a free slot asks, and it was given the slot with acquire.
        return {first_.load(std::memory_order_relaxed), second_.load(std::memory_order_relaxed)};
    }

private:
    cell first_;
    cell second_;
};

// Objects: raw storage. Nobody but the owner of a free slot looks into it, so the two words that
// it holds then are no atomics.
template <class T, class Platform>
class table_storage<T, Platform, false> {
public:
    template <class... Args>
    LEND_ALWAYS_INLINE T&
    construct(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
        return *::new (static_cast<void*>(bytes_.data())) T(std::forward<Args>(args)...);
    }
    LEND_ALWAYS_INLINE T& object() noexcept {
        return *std::launder(reinterpret_cast<T*>(bytes_.data()));
    }
    LEND_ALWAYS_INLINE void destroy() noexcept { std::destroy_at(std::addressof(object())); }

    void set_cells(std::uint64_t first, std::uint64_t second) noexcept {
        ::new (static_cast<void*>(bytes_.data())) value_bits{first, second};
    }
    value_bits cells() const noexcept {
        return *std::launder(reinterpret_cast<const value_bits*>(bytes_.data()));
    }

private:
    static constexpr std::size_t alignment = (std::max)(alignof(T), alignof(value_bits));
    static constexpr std::size_t size = (std::max)(sizeof(T), sizeof(value_bits));

    alignas(alignment) std::array<std::byte, size> bytes_;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_TABLE_STORAGE_HPP
