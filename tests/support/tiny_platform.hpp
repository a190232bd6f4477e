// SPDX-License-Identifier: MIT
/// @file
/// Platforms whose numbers are small, so that what happens after billions of uses happens within
/// a test: generations run out, indices run out, numbers have 32 bits.

#ifndef LEND_TESTS_SUPPORT_TINY_PLATFORM_HPP
#define LEND_TESTS_SUPPORT_TINY_PLATFORM_HPP

#include <lend/platform.hpp>

#include <cstdint>

namespace lend_test {

/// A slot is retired after 2^GenerationBits - 1 uses.
template <unsigned GenerationBits>
struct basic_tiny_platform : lend::default_platform {
    static constexpr unsigned generation_bits = GenerationBits;
};

using tiny_platform = basic_tiny_platform<2>;
using small_platform = basic_tiny_platform<4>;

/// Numbers as on a 32-bit system: 12 bits of generation, 20 of index, no tag.
struct narrow_platform : lend::default_platform {
    using handle_word = std::uint32_t;
    static constexpr unsigned generation_bits = 12;
    static constexpr unsigned tag_bits = 0;
};

/// 255 numbers, then none: 20 bits of generation, 4 of tag, 8 of index.
struct cramped_platform : lend::default_platform {
    using handle_word = std::uint32_t;
    static constexpr unsigned generation_bits = 20;
    static constexpr unsigned tag_bits = 4;
};

/// 255 numbers, each slot used once.
struct one_use_platform : lend::default_platform {
    static constexpr unsigned generation_bits = 1;
    static constexpr unsigned tag_bits = 24;
};

/// Only the first two threads have a cache of their own.
struct crowded_platform : lend::default_platform {
    static constexpr std::uint32_t max_threads = 2;
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_TINY_PLATFORM_HPP
