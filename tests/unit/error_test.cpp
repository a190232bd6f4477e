// SPDX-License-Identifier: MIT
/// @file
/// An error keeps its code whatever happens, shares its details, and tells all of them in one line.

#include <lend/error.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;
namespace hr = lend::hr;
using lend::error;

TEST(Error, made_of_a_code_has_no_details) {
    const error e(hr::e_fail);

    EXPECT_EQ(e.code(), hr::e_fail);
    EXPECT_EQ(e.text(), "");
    EXPECT_EQ(e.driver_code(), 0);
    EXPECT_EQ(e.waited(), 0ns);
    EXPECT_EQ(e.snapshot(), nullptr);
    EXPECT_EQ(e.last_create_error(), "");
}

TEST(Error, success_code_becomes_unexpected) {
    EXPECT_EQ(error(hr::s_ok).code(), hr::e_unexpected);
    EXPECT_EQ(error(hr::s_false, "fine").code(), hr::e_unexpected);
}

TEST(Error, message_tells_everything_that_is_known) {
    const struct {
        error what;
        const char* line;
    } cases[] = {
        {error(hr::e_fail), "E_FAIL (0x80004005): the operation failed"},
        {error(hr::e_fail, "disk full"), "E_FAIL (0x80004005): disk full"},
        {error(hr::e_fail, "disk full", 28), "E_FAIL (0x80004005): disk full [driver code 28]"},
        {error(static_cast<lend::hresult>(-1)),
         "0xFFFFFFFF: failure with a code of the driver's own"},
        {error(hr::lend_e_timed_out)
             .with_wait(1500ms, {4, 3, 1, 2, 0, 5})
             .with_last_create_error(error(hr::e_fail, "refused")),
         "LEND_E_TIMED_OUT (0x80040201): no resource could be had before the deadline; waited "
         "1500 ms; 3 of 4 resources: 1 idle, 2 in use, 0 being created; 5 waiting; last create "
         "error: E_FAIL (0x80004005): refused"},
    };
    for (const auto& each : cases) {
        std::ostringstream out;
        out << each.what;
        EXPECT_EQ(each.what.message(), each.line);
        EXPECT_EQ(out.str(), each.line);
    }
}

TEST(Error, copy_keeps_its_details_when_the_original_changes) {
    error first(hr::e_fail, "words");
    const error copy = first;

    first.with_wait(1s, {});

    EXPECT_EQ(copy.waited(), 0ns);
    EXPECT_EQ(copy.text(), "words");
    EXPECT_EQ(first.waited(), 1s);
    EXPECT_EQ(first.text(), "words");
}

TEST(Error, equality_is_that_of_codes) {
    EXPECT_EQ(error(hr::e_fail, "a"), error(hr::e_fail, "b"));
    EXPECT_EQ(error(hr::e_fail), hr::e_fail);
    EXPECT_FALSE(error(hr::e_fail) == error(hr::e_abort));
}

TEST(Error, exception_carries_the_error_and_its_line) {
    const lend::lend_exception thrown(error(hr::e_fail, "words", 3));

    EXPECT_EQ(thrown.error().driver_code(), 3);
    EXPECT_STREQ(thrown.what(), "E_FAIL (0x80004005): words [driver code 3]");
}

} // namespace
