// SPDX-License-Identifier: MIT
/// @file
/// Replaces operator new and delete, to count. While nothing is counted, which is always but in one
/// scenario, that costs a look at a flag of the thread; the memory comes from malloc as before.

#include "allocations.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace bench::allocations {

constinit thread_local count here{};

namespace {

void* take(std::size_t size, std::size_t alignment) noexcept {
    if (here.on) [[unlikely]]
        ++here.seen;
    if (size == 0) size = 1;
    if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return std::malloc(size);
    return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void* take_or_throw(std::size_t size, std::size_t alignment) {
    void* const memory = take(size, alignment);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

constexpr std::size_t usual = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

} // namespace
} // namespace bench::allocations

// The forms for arrays and those that do not throw end in these; the library's delete calls free.
void* operator new(std::size_t size) {
    return bench::allocations::take_or_throw(size, bench::allocations::usual);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return bench::allocations::take_or_throw(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
