// SPDX-License-Identifier: MIT
/// @file
/// What a thread remembers of the pools it uses.

#ifndef LEND_DETAIL_THREAD_CACHE_HPP
#define LEND_DETAIL_THREAD_CACHE_HPP

#include <lend/detail/lending_word.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// What a thread remembers of the pools it uses: its last slot, and the word that the slot has if
// nobody has touched it since. An entry counts only if pool and nonce are those of the pool asked.
struct thread_cache {
    struct alignas(64) entry {
        const void* pool = nullptr;
        std::uint64_t nonce = 0;
        void* slot = nullptr;
        lending_word::type expected = lending_word::impossible;
        std::uint64_t kind = 0; // of what is in the slot: see kind_mark.hpp
    };
    static constexpr std::size_t size = 4; // pools that a thread can alternate between for free

    std::array<entry, size> entries{};
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_THREAD_CACHE_HPP
