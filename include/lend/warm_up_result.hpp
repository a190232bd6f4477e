// SPDX-License-Identifier: MIT
/// @file
/// What came of a warm-up.

#ifndef LEND_WARM_UP_RESULT_HPP
#define LEND_WARM_UP_RESULT_HPP

#include <lend/error.hpp>

#include <cstddef>
#include <vector>

namespace lend::inline v0_1 {

/// How many resources a warm-up found or made ready, and why it did not make more.
/// @par Thread safety A plain value.
struct warm_up_result {
    /// Resources that were idle when it began, and those that came up before it ended. Somebody may
    /// have borrowed some of them by now.
    std::size_t ready = 0;

    /// What the driver's creates said that failed meanwhile, one each, whoever began them; or the
    /// last one before, where it was too early to try again. lend_e_closed if the pool is closed,
    /// e_outofmemory if there was none for another resource's place.
    std::vector<error> errors;
};

} // namespace lend

#endif // LEND_WARM_UP_RESULT_HPP
