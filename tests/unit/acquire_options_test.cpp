// SPDX-License-Identifier: MIT
/// @file
/// The options of one acquire as a value: defaults, and where they say they were written.

#include <lend/acquire_options.hpp>

#include <gtest/gtest.h>

#include <string>

namespace acquire_options_test {

TEST(AcquireOptions, defaults_ask_for_nothing_special) {
    const lend::acquire_options options;

    EXPECT_FALSE(options.deadline);
    EXPECT_FALSE(options.stop.stop_possible());
    EXPECT_EQ(options.priority, lend::acquire_options::usual_priority);
    EXPECT_EQ(options.note, nullptr);
    EXPECT_TRUE(options.detect_leak);
}

TEST(AcquireOptions, site_is_where_they_are_written) {
    const auto line = static_cast<unsigned>(__LINE__ + 1);
    const lend::acquire_options options{.priority = 7, .note = "a note"};

    EXPECT_EQ(options.site.line, line);
    EXPECT_NE(std::string(options.site.file).find("acquire_options_test.cpp"), std::string::npos);
    EXPECT_EQ(options.priority, 7);
    EXPECT_STREQ(options.note, "a note");
}

} // namespace acquire_options_test
