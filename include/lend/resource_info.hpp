// SPDX-License-Identifier: MIT
/// @file
/// What a pool knows of one of its resources, beside the resource itself.

#ifndef LEND_RESOURCE_INFO_HPP
#define LEND_RESOURCE_INFO_HPP

#include <lend/detail/cpp20.hpp>

#include <chrono>
#include <cstdint>

namespace lend::inline v0_1 {

/// What `pool::retain` tells its predicate of an idle resource.
/// @par Thread safety A plain value.
struct resource_info {
    std::uint64_t id = 0;            ///< its number; never 0
    std::chrono::nanoseconds age{0}; ///< since its create ended
    /// For how long it has been idle, as far as the sweeps have seen: never more than it was, 0 if
    /// no sweep has found it idle since its last use.
    std::chrono::nanoseconds idle_for{0};
    std::uint64_t lendings = 0; ///< how many leases of it have ended
};

} // namespace lend

#endif // LEND_RESOURCE_INFO_HPP
