// SPDX-License-Identifier: MIT
/// @file
/// Replaces operator new and delete of the whole test program: counts the calling thread's
/// allocations and can make them fail. Include it in exactly one source file of a program.

#ifndef LEND_TESTS_SUPPORT_COUNTING_NEW_HPP
#define LEND_TESTS_SUPPORT_COUNTING_NEW_HPP

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <new>

namespace lend_test {

struct allocation_counters {
    std::int64_t made = 0;
    std::int64_t live = 0;
    std::int64_t live_bytes = 0;
    std::int64_t allowed = std::numeric_limits<std::int64_t>::max();
};

/// The calling thread's.
inline allocation_counters& allocations() noexcept {
    static thread_local constinit allocation_counters counters;
    return counters;
}

/// While it lives, the calling thread's allocations fail after the first `allowed` ones.
class allocation_limit {
public:
    explicit allocation_limit(std::int64_t allowed) { allocations().allowed = allowed; }
    allocation_limit(const allocation_limit&) = delete;
    allocation_limit& operator=(const allocation_limit&) = delete;
    ~allocation_limit() { allocations().allowed = std::numeric_limits<std::int64_t>::max(); }
};

// The size of a block stands in front of it, so that what is live can be told in bytes.
inline void* allocate(std::size_t size, std::size_t alignment) noexcept {
    auto& counters = allocations();
    if (counters.allowed <= 0) return nullptr;
    --counters.allowed;
    const std::size_t head = alignment < 16 ? 16 : alignment;
    auto* const raw =
        static_cast<std::byte*>(std::aligned_alloc(head, (size + 2 * head - 1) / head * head));
    if (raw == nullptr) return nullptr;
    ++counters.made;
    ++counters.live;
    counters.live_bytes += static_cast<std::int64_t>(size);
    ::new (raw) std::size_t(size);
    return raw + head;
}

inline void release(void* block, std::size_t alignment) noexcept {
    if (block == nullptr) return;
    const std::size_t head = alignment < 16 ? 16 : alignment;
    auto* const raw = static_cast<std::byte*>(block) - head;
    auto& counters = allocations();
    --counters.live;
    counters.live_bytes -= static_cast<std::int64_t>(*reinterpret_cast<std::size_t*>(raw));
    std::free(raw);
}

inline void* allocate_or_throw(std::size_t size, std::size_t alignment) {
    void* const block = allocate(size, alignment);
    if (block == nullptr) throw std::bad_alloc();
    return block;
}

inline constexpr std::size_t usual = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

} // namespace lend_test

// NOLINTBEGIN(misc-definitions-in-headers): included once, as the file says
void* operator new(std::size_t size) {
    return lend_test::allocate_or_throw(size, lend_test::usual);
}
void* operator new[](std::size_t size) {
    return lend_test::allocate_or_throw(size, lend_test::usual);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return lend_test::allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return lend_test::allocate(size, lend_test::usual);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return lend_test::allocate(size, lend_test::usual);
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    return lend_test::allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept { lend_test::release(block, lend_test::usual); }
void operator delete[](void* block) noexcept { lend_test::release(block, lend_test::usual); }
void operator delete(void* block, std::size_t) noexcept {
    lend_test::release(block, lend_test::usual);
}
void operator delete[](void* block, std::size_t) noexcept {
    lend_test::release(block, lend_test::usual);
}
void operator delete(void* block, std::align_val_t alignment) noexcept {
    lend_test::release(block, static_cast<std::size_t>(alignment));
}
void operator delete(void* block, std::size_t, std::align_val_t alignment) noexcept {
    lend_test::release(block, static_cast<std::size_t>(alignment));
}
void operator delete(void* block, const std::nothrow_t&) noexcept {
    lend_test::release(block, lend_test::usual);
}
void operator delete(void* block, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    lend_test::release(block, static_cast<std::size_t>(alignment));
}
// NOLINTEND(misc-definitions-in-headers)

#endif // LEND_TESTS_SUPPORT_COUNTING_NEW_HPP
