// SPDX-License-Identifier: MIT
/// @file
/// A pool, a pool of kinds and a keyed_pool, called in one way by pool_fuzz.

#ifndef LEND_TESTS_FUZZ_POOL_FACES_HPP
#define LEND_TESTS_FUZZ_POOL_FACES_HPP

#include "fuzz_platform.hpp"
#include "pool_books.hpp"

#include <lend/keyed_pool.hpp>
#include <lend/pool.hpp>

namespace lend_test {

/// A pool over a driver, asked for a kind whether it has kinds or not.
template <class Driver>
struct plain_face {
    using pool_type = lend::pool<Driver, fuzz_platform>;
    using whole_type = pool_type;
    static constexpr bool is_typed = lend::driver_traits<Driver>::has_resource_type;
    /// Whether every resource serves every request.
    static constexpr bool one_kind = !is_typed;

    static constexpr int kind_of(int wanted) { return is_typed ? wanted : 0; }
    whole_type& whole() { return pool; }

    template <class Call>
    auto with(int kind, const Call& call) {
        if constexpr (is_typed) {
            return call(pool, kind);
        } else {
            return call(pool);
        }
    }

    pool_type pool;
};

/// A keyed_pool, whose keys are the kinds.
struct keyed_face {
    using pool_type = lend::keyed_pool<int, kinds_driver, fuzz_platform>;
    using whole_type = pool_type::pool_type;
    static constexpr bool one_kind = false;

    static constexpr int kind_of(int wanted) { return wanted; }
    whole_type& whole() { return pool.whole(); }

    template <class Call>
    auto with(int kind, const Call& call) {
        return call(pool, kind);
    }

    pool_type pool;
};

} // namespace lend_test

#endif // LEND_TESTS_FUZZ_POOL_FACES_HPP
