// SPDX-License-Identifier: MIT
/// @file
/// Whether two resource types are the same, by the user's ==, which may throw and may be missing.

#ifndef LEND_DETAIL_SAME_KIND_HPP
#define LEND_DETAIL_SAME_KIND_HPP

#include <lend/detail/config.hpp>

#include <concepts>

namespace lend::inline v0_1 {
namespace detail {

// What cannot be compared now is not the same: its caller has a resource of its own made, and
// nothing is lent that might not serve. The comparison runs under the pool's lock and in calls that
// cannot fail, so there is nobody to throw to.
template <class Type>
[[nodiscard]] LEND_ALWAYS_INLINE bool same_kind(const Type& a, const Type& b) noexcept {
    if constexpr (!std::equality_comparable<Type>) {
        return false; // the driver is refused anyway
    } else if constexpr (noexcept(a == b)) {
        return a == b;
    } else {
        LEND_TRY { return a == b; }
        LEND_CATCH_ALL { return false; }
        return false;
    }
}

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_SAME_KIND_HPP
