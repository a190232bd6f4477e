// SPDX-License-Identifier: MIT
/// @file
/// What a pool makes of what a driver throws, by its type.

#include "support/quiet_pool.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace driver_exceptions_test {

namespace hr = lend::hr;

struct throwing_driver {
    using resource = int;
    using no_reset = void;
    std::function<void()> in_create;

    lend::result<int> create() {
        in_create();
        return 1;
    }
};

lend::error error_of(std::function<void()> what) {
    lend::pool pool(throwing_driver{std::move(what)}, lend_test::quiet(1));
    auto got = pool.acquire();
    EXPECT_FALSE(got);
    return got.error();
}

TEST(DriverExceptions, error_inside_of_an_exception_of_lends_is_passed_on) {
    const lend::error e = error_of([] {
        throw lend::lend_exception({hr::e_accessdenied, "no", 7});
    });

    EXPECT_EQ(e.code(), hr::e_accessdenied);
    EXPECT_EQ(e.text(), "no");
    EXPECT_EQ(e.driver_code(), 7);
}

TEST(DriverExceptions, systems_error_leaves_its_number_and_its_words) {
    const lend::error e = error_of([] {
        throw std::system_error(std::make_error_code(std::errc::connection_refused), "connect");
    });

    EXPECT_EQ(e.code(), hr::e_fail);
    EXPECT_EQ(e.driver_code(), static_cast<int>(std::errc::connection_refused));
    EXPECT_NE(e.text().find("connect"), std::string::npos);
}

TEST(DriverExceptions, others_are_failures_with_what_they_say) {
    EXPECT_EQ(error_of([] { throw std::bad_alloc(); }).code(), hr::e_outofmemory);
    const lend::error known = error_of([] { throw std::runtime_error("the door is shut"); });
    EXPECT_EQ(known.code(), hr::e_fail);
    EXPECT_EQ(known.text(), "the door is shut");
    const lend::error unknown = error_of([] { throw 7; });
    EXPECT_EQ(unknown.code(), hr::e_fail);
    EXPECT_NE(unknown.text().find("not a std::exception"), std::string::npos);
}

} // namespace driver_exceptions_test
