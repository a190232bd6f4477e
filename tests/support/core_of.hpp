// SPDX-License-Identifier: MIT
/// @file
/// The state behind a pool, for tests that look at it or put something into it.

#ifndef LEND_TESTS_SUPPORT_CORE_OF_HPP
#define LEND_TESTS_SUPPORT_CORE_OF_HPP

#include <lend/pool.hpp>

#include <cstddef>

namespace lend_test {

/// The state behind a pool. The driver is a member of it.
template <class Driver, class Platform>
auto& core_of(lend::pool<Driver, Platform>& pool) noexcept {
    using core = lend::detail::core<Driver, Platform>;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
    constexpr std::size_t before_driver = offsetof(core, driver);
#pragma GCC diagnostic pop
    return *reinterpret_cast<core*>(reinterpret_cast<std::byte*>(&pool.driver()) - before_driver);
}

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_CORE_OF_HPP
