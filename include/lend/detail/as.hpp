// SPDX-License-Identifier: MIT
/// @file
/// A cast between numbers that may be of one type on this system and of two on another: no warning
/// of a cast that is useless here.

#ifndef LEND_DETAIL_AS_HPP
#define LEND_DETAIL_AS_HPP

#include <lend/detail/config.hpp>

#include <type_traits>

namespace lend::inline v0_1 {
namespace detail {

template <class To, class From>
[[nodiscard]] LEND_ALWAYS_INLINE constexpr To as(From value) noexcept {
    if constexpr (std::is_same_v<To, From>) {
        return value;
    } else {
        return static_cast<To>(value);
    }
}

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_AS_HPP
