// SPDX-License-Identifier: MIT
/// @file
/// Macros with arguments as <AssertMacros.h> leaves them behind, one of which is named like a
/// member of drivers; then every header of lend, then its use with a driver that checks.

#include "standard_headers.hpp"

#define check(assertion) static_assert(false, "a macro was called")
#define verify(assertion) static_assert(false, "a macro was called")
#define require(assertion, label) static_assert(false, "a macro was called")

#include "use.hpp"

#include <lend/pool.hpp>
#include <lend/testing.hpp>

#include <memory>

namespace {

struct checking_driver : number_driver {
    // In brackets no name is a macro with arguments.
    lend::health(check)(int&, lend::check_kind) {
        ++*checks;
        return lend::health::good;
    }
    int* checks;
};

template <class Driver>
bool checks(const Driver& driver, const int& made) {
    auto pool = lend::pool<Driver>::make(driver, {.max_size = 1});
    if (!pool || !pool->try_acquire()) return false;
    return pool->try_acquire() && made > 0; // checked before it was lent again
}

} // namespace

int main() {
    int made = 0;
    checking_driver driver;
    driver.checks = &made;
    if (!checks(driver, made)) return 10;
    made = 0;
    const auto plan = std::make_shared<lend::testing::fault_plan<lend::default_platform>>();
    if (!checks(lend::testing::fault_driver(driver, plan), made)) return 11;
    return use_lend();
}
