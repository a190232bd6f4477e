// SPDX-License-Identifier: MIT
/// @file
/// How a drain ended, as a value.

#include <lend/drain_report.hpp>

#include <gtest/gtest.h>

namespace drain_report_test {

TEST(DrainReport, names_nobody_before_a_drain) {
    const lend::drain_report none;

    EXPECT_TRUE(none.hold_outs.empty());
    EXPECT_EQ(none.closed, lend::hr::s_ok);
}

} // namespace drain_report_test
