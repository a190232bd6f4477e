// SPDX-License-Identifier: MIT
/// @file
/// Replaces operator new and delete in the program that links it: counts, and fails on demand. The
/// memory itself comes from malloc, so that the sanitizers still watch it; on Windows aligned
/// memory is taken and given back by other calls.

#include "leak_guard.hpp"
#include "sim_races.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#if defined(_WIN32)
#include <malloc.h>
#endif

namespace lend_test::allocations {
namespace {

// Relaxed: read by a test when the threads that counted have been joined or are its own.
constinit std::atomic<std::int64_t> live_blocks{0};

struct per_thread {
    std::uint64_t tried = 0;
    std::uint64_t fail_at = 0; // 0: never
    bool for_ever = false;
    std::uint64_t failed = 0;
};

per_thread& here() noexcept {
    static constinit thread_local per_thread object{};
    return object;
}

constexpr std::size_t usual = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

void* aligned(std::size_t size, std::size_t alignment) noexcept {
#if defined(_WIN32)
    return _aligned_malloc(size, alignment);
#else
    return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
#endif
}

void release(void* memory, std::size_t alignment) noexcept {
#if defined(_WIN32)
    if (alignment > usual) return _aligned_free(memory);
#endif
    static_cast<void>(alignment);
    std::free(memory);
}

void* take(std::size_t size, std::size_t alignment) noexcept {
    per_thread& thread = here();
    ++thread.tried;
    if (thread.fail_at != 0) {
        const bool fails =
            thread.for_ever ? thread.tried >= thread.fail_at : thread.tried == thread.fail_at;
        if (fails) {
            ++thread.failed;
            return nullptr;
        }
    }
    if (size == 0) size = 1;
    const sim::races::unseen scope;
    void* const memory = alignment <= usual ? std::malloc(size) : aligned(size, alignment);
    if (memory != nullptr) live_blocks.fetch_add(1, std::memory_order_relaxed);
    return memory;
}

void* take_or_throw(std::size_t size, std::size_t alignment) {
    void* const memory = take(size, alignment);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

void give_back(void* memory, std::size_t alignment = usual) noexcept {
    if (memory == nullptr) return;
    live_blocks.fetch_sub(1, std::memory_order_relaxed);
    const sim::races::unseen scope;
    release(memory, alignment);
}

std::size_t number(std::align_val_t alignment) noexcept {
    return static_cast<std::size_t>(alignment);
}

} // namespace

std::int64_t live() noexcept { return live_blocks.load(std::memory_order_relaxed); }
std::uint64_t tried_here() noexcept { return here().tried; }
std::uint64_t failed_here() noexcept { return here().failed; }

void fail_here(std::uint64_t nth, bool for_ever) noexcept {
    per_thread& thread = here();
    thread.fail_at = nth == 0 ? 0 : thread.tried + nth;
    thread.for_ever = for_ever;
    if (nth != 0) thread.failed = 0;
}

} // namespace lend_test::allocations

using lend_test::allocations::give_back;
using lend_test::allocations::number;
using lend_test::allocations::take;
using lend_test::allocations::take_or_throw;
using lend_test::allocations::usual;

void* operator new(std::size_t size) { return take_or_throw(size, usual); }
void* operator new[](std::size_t size) { return take_or_throw(size, usual); }
void* operator new(std::size_t size, std::align_val_t at) {
    return take_or_throw(size, number(at));
}
void* operator new[](std::size_t size, std::align_val_t at) {
    return take_or_throw(size, number(at));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return take(size, usual); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return take(size, usual); }
void* operator new(std::size_t size, std::align_val_t at, const std::nothrow_t&) noexcept {
    return take(size, number(at));
}
void* operator new[](std::size_t size, std::align_val_t at, const std::nothrow_t&) noexcept {
    return take(size, number(at));
}
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete(void* memory, std::align_val_t at) noexcept { give_back(memory, number(at)); }
void operator delete[](void* memory, std::align_val_t at) noexcept {
    give_back(memory, number(at));
}
void operator delete(void* memory, std::size_t, std::align_val_t at) noexcept {
    give_back(memory, number(at));
}
void operator delete[](void* memory, std::size_t, std::align_val_t at) noexcept {
    give_back(memory, number(at));
}
void operator delete(void* memory, const std::nothrow_t&) noexcept { give_back(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { give_back(memory); }
void operator delete(void* memory, std::align_val_t at, const std::nothrow_t&) noexcept {
    give_back(memory, number(at));
}
void operator delete[](void* memory, std::align_val_t at, const std::nothrow_t&) noexcept {
    give_back(memory, number(at));
}
