// SPDX-License-Identifier: MIT
/// @file
/// An atomic pointer for fast paths.

#ifndef LEND_DETAIL_ATOMIC_POINTER_HPP
#define LEND_DETAIL_ATOMIC_POINTER_HPP

#include <lend/detail/config.hpp>

#include <atomic>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// Platform::atomic<T*>, kept as a number: the members of std::atomic<T*> in libstdc++ need not be
// inlined, and where a function is large, GCC at -O2 calls them; those of std::atomic of a number
// always are. The orders are the caller's, who says what they meet.
template <class T, class Platform>
class atomic_pointer {
public:
    atomic_pointer() noexcept : address_(0) {}
    explicit atomic_pointer(T* pointer) noexcept : address_(address_of(pointer)) {}

    LEND_ALWAYS_INLINE T* load(std::memory_order order) const noexcept {
        // NOLINTNEXTLINE(performance-no-int-to-ptr): that is what this class is for
        return reinterpret_cast<T*>(address_.load(order));
    }
    LEND_ALWAYS_INLINE void store(T* pointer, std::memory_order order) noexcept {
        address_.store(address_of(pointer), order);
    }

private:
    LEND_ALWAYS_INLINE static std::uintptr_t address_of(T* pointer) noexcept {
        return reinterpret_cast<std::uintptr_t>(pointer);
    }

    typename Platform::template atomic<std::uintptr_t> address_;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_ATOMIC_POINTER_HPP
