// SPDX-License-Identifier: MIT
/// @file
/// A handle table so small that a few steps reach every path of it: batches travel between threads
/// after sixteen numbers, and the table grows after sixteen slots.

#ifndef LEND_TESTS_SUPPORT_SMALL_TABLE_HPP
#define LEND_TESTS_SUPPORT_SMALL_TABLE_HPP

#include <lend/detail/table_traits.hpp>

#include <cstdint>

namespace lend_test {

struct small_table_tuning : lend::detail::table_tuning {
    static constexpr std::uint32_t stack_numbers = 16;
    static constexpr std::uint32_t spill_batches = 1;
    static constexpr std::uint32_t batch_branches = 1;
    static constexpr std::uint32_t chunk_slots = 4;
    static constexpr std::uint32_t segment_slots_min = 16;
    static constexpr std::uint32_t segment_slots_max = 16;
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_SMALL_TABLE_HPP
