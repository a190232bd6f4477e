// SPDX-License-Identifier: MIT
/// @file
/// Keys that are not used any more go with time: a chore of the housekeeper.

#ifndef LEND_DETAIL_FORGETTING_HPP
#define LEND_DETAIL_FORGETTING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/sweep_round.hpp>

#include <cstddef>

namespace lend::inline v0_1 {
namespace detail {

// Does nothing in a pool without keys, and is never due for itself: what ends resources is, and the
// sweep after that finds their keys unused.
template <class Core>
struct forgetting {
    static constexpr std::size_t buckets_in_a_sweep = 256;

    static bool wanted(const Core&) noexcept { return false; }

    static void run(Core& core, sweep_round<Core>&) noexcept {
        if constexpr (requires { core.driver.keys().forget_in(buckets_in_a_sweep); }) {
            LEND_TRY { (void)core.driver.keys().forget_in(buckets_in_a_sweep); }
            LEND_CATCH_ALL {
                // The key's hash or comparison threw: another sweep tries again.
            }
        } else {
            (void)core;
        }
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_FORGETTING_HPP
