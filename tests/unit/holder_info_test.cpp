// SPDX-License-Identifier: MIT
/// @file
/// What is said of a holder, in one line.

#include <lend/holder_info.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <sstream>

namespace holder_info_test {

using namespace std::chrono_literals;
using lend::holder_info;

holder_info of_somebody() {
    holder_info h;
    h.id = 5;
    h.site = {"serve.cpp", "serve", 12};
    h.thread = 4711;
    return h;
}

TEST(HolderInfo, default_says_that_nothing_was_recorded) {
    const holder_info nobody;

    EXPECT_FALSE(nobody.is_recorded());
    EXPECT_EQ(to_string(nobody), "resource 0, holder not recorded");
}

TEST(HolderInfo, one_that_was_not_recorded_says_how_long_it_is_held_all_the_same) {
    holder_info h;
    h.id = 3;
    h.held_for = 2s;

    EXPECT_EQ(to_string(h), "resource 3, holder not recorded, held for at least 2000 ms");
}

TEST(HolderInfo, says_where_and_by_whom) {
    EXPECT_TRUE(of_somebody().is_recorded());
    EXPECT_EQ(to_string(of_somebody()),
              "resource 5, acquired at serve.cpp:12 (serve) by thread 4711");
}

TEST(HolderInfo, says_for_how_long_and_what_the_holder_does) {
    holder_info h = of_somebody();
    h.held_for = 30s;
    h.note = "copying";

    EXPECT_EQ(to_string(h), "resource 5, acquired at serve.cpp:12 (serve) by thread 4711, held for "
                            "at least 30000 ms, says: copying");
}

TEST(HolderInfo, prints_as_its_string_in_one_piece) {
    std::ostringstream out;

    out.width(3);
    out << of_somebody() << ';';

    EXPECT_EQ(out.str(), to_string(of_somebody()) + ";");
}

} // namespace holder_info_test
