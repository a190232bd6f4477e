// SPDX-License-Identifier: MIT
/// @file
/// Pools that start no thread and do nothing by themselves, over drivers that write down what they
/// are asked. For unit tests.

#ifndef LEND_TESTS_SUPPORT_QUIET_POOL_HPP
#define LEND_TESTS_SUPPORT_QUIET_POOL_HPP

#include "recording_driver.hpp"

#include <lend/pool.hpp>
#include <lend/pool_options.hpp>

#include <chrono>
#include <cstddef>
#include <memory>

namespace lend_test {

[[nodiscard]] inline lend::pool_options quiet(std::size_t max_size = 4) {
    lend::pool_options options;
    options.max_size = max_size;
    options.max_lifetime = (std::chrono::nanoseconds::max)();
    options.creation = lend::creation_mode::inline_;
    options.housekeeping = lend::housekeeping_mode::manual;
    return options;
}

/// A pool and the log of its driver.
template <class Driver, class Platform = lend::default_platform>
struct pool_with {
    explicit pool_with(lend::pool_options options) : pool(Driver(calls), options) {}

    using pool_type = lend::pool<Driver, Platform>;

    std::shared_ptr<recording> calls = std::make_shared<recording>();
    lend::pool<Driver, Platform> pool;
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_QUIET_POOL_HPP
