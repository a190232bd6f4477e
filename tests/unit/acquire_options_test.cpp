// SPDX-License-Identifier: MIT
/// @file
/// The options of one acquire as a value.

#include <lend/acquire_options.hpp>

#include <gtest/gtest.h>

namespace acquire_options_test {

TEST(AcquireOptions, defaults_ask_for_nothing_special) {
    const lend::acquire_options options;

    EXPECT_FALSE(options.deadline);
    EXPECT_FALSE(options.stop.stop_possible());
    EXPECT_EQ(options.priority, lend::acquire_options::usual_priority);
    EXPECT_EQ(options.note, nullptr);
    EXPECT_TRUE(options.detect_leak);
    EXPECT_EQ(options.site.line, 0U) << "the place is that of the call";
}

TEST(AcquireOptions, are_written_by_name) {
    const lend::acquire_options options{.priority = 7, .note = "a note"};

    EXPECT_EQ(options.priority, 7);
    EXPECT_STREQ(options.note, "a note");
}

} // namespace acquire_options_test
