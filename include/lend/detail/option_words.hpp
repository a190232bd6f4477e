// SPDX-License-Identifier: MIT
/// @file
/// The words for the choices among the options.

#ifndef LEND_DETAIL_OPTION_WORDS_HPP
#define LEND_DETAIL_OPTION_WORDS_HPP

#include <lend/detail/words.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace lend::inline v0_1 {

enum class initialisation_mode : std::uint8_t;
enum class pooling_mode : std::uint8_t;
enum class creation_mode : std::uint8_t;
enum class housekeeping_mode : std::uint8_t;
enum class fairness_mode : std::uint8_t;
enum class order_mode : std::uint8_t;
enum class multiple_acquire_mode : std::uint8_t;
enum class new_check_mode : std::uint8_t;
enum class reset_mode : std::uint8_t;
enum class destroy_mode : std::uint8_t;
enum class pause_mode : std::uint8_t;
enum class create_failure_mode : std::uint8_t;
enum class leak_mode : std::uint8_t;

namespace detail {

template <>
struct words_of<initialisation_mode> {
    static constexpr std::array<std::string_view, 3> list{"lazy", "fail_fast", "fail_unless_ready"};
};
template <>
struct words_of<pooling_mode> {
    static constexpr std::array<std::string_view, 2> list{"pooled", "unpooled"};
};
template <>
struct words_of<creation_mode> {
    static constexpr std::array<std::string_view, 2> list{"worker", "inline_"};
};
template <>
struct words_of<housekeeping_mode> {
    static constexpr std::array<std::string_view, 2> list{"own_thread", "manual"};
};
template <>
struct words_of<fairness_mode> {
    static constexpr std::array<std::string_view, 2> list{"adaptive", "strict"};
};
template <>
struct words_of<order_mode> {
    static constexpr std::array<std::string_view, 3> list{"thread_affine", "lifo", "fifo"};
};
template <>
struct words_of<multiple_acquire_mode> {
    static constexpr std::array<std::string_view, 3> list{"allow", "warn", "refuse"};
};
template <>
struct words_of<new_check_mode> {
    static constexpr std::array<std::string_view, 3> list{"none", "passive", "active"};
};
template <>
struct words_of<reset_mode> {
    static constexpr std::array<std::string_view, 2> list{"release", "background"};
};
template <>
struct words_of<destroy_mode> {
    static constexpr std::array<std::string_view, 2> list{"caller", "background"};
};
template <>
struct words_of<pause_mode> {
    static constexpr std::array<std::string_view, 2> list{"block", "fail"};
};
template <>
struct words_of<create_failure_mode> {
    static constexpr std::array<std::string_view, 2> list{"tell", "wait"};
};
template <>
struct words_of<leak_mode> {
    static constexpr std::array<std::string_view, 2> list{"report", "reclaim"};
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_OPTION_WORDS_HPP
