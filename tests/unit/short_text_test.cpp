// SPDX-License-Identifier: MIT
/// @file
/// Short texts: what is kept, where they are cut, and that they are values.

#include <lend/detail/one_line.hpp>
#include <lend/short_text.hpp>

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <string_view>

namespace short_text_test {

using lend::short_text;

static_assert(sizeof(short_text) == 48);
static_assert(short_text("abc").view() == "abc");

TEST(ShortText, is_empty_by_default_and_from_null) {
    EXPECT_TRUE(short_text().empty());
    EXPECT_TRUE(short_text(static_cast<const char*>(nullptr)).empty());
    EXPECT_STREQ(short_text().c_str(), "");
}

TEST(ShortText, keeps_what_fits) {
    for (std::size_t length = 0; length <= 60; ++length) {
        const std::string text(length, 'x');
        const short_text kept(text);
        EXPECT_EQ(kept.size(), length < 46 ? length : 46);
        EXPECT_EQ(kept.is_cut(), length > 46);
        EXPECT_EQ(kept, std::string_view(text).substr(0, kept.size()));
        EXPECT_STREQ(kept.c_str(), text.substr(0, kept.size()).c_str());
    }
}

TEST(ShortText, keeps_zeros) { EXPECT_EQ(short_text(std::string_view("a\0b", 3)).size(), 3U); }

TEST(ShortText, is_cut_in_front_of_a_character) {
    for (const std::string character : {"ü", "€", "😀"}) {
        for (std::size_t before = 40; before <= 46; ++before) {
            const std::string text = std::string(before, 'x') + character + "yyyyyyy";
            const std::size_t end = before + character.size();
            const std::size_t right = end <= 46 ? 46 : before;
            EXPECT_EQ(short_text(text).size(), right) << character << before;
        }
    }
}

TEST(ShortText, that_is_no_utf8_is_cut_anywhere) {
    EXPECT_EQ(short_text(std::string(60, '\x80')).size(), 46U);
}

TEST(ShortText, is_a_value) {
    short_text a("first");
    const short_text b = a;
    a = "second, which is longer";
    EXPECT_EQ(b, "first");
    EXPECT_FALSE(a == b);
    EXPECT_EQ(a, std::string("second, which is longer"));
    std::ostringstream out;
    out << b;
    EXPECT_EQ(out.str(), "first");
}

std::string in_line(std::string_view text) {
    std::string line = "x ";
    lend::detail::append_in_line(line, text);
    return line;
}

TEST(OneLine, has_no_line_breaks) {
    EXPECT_EQ(in_line("a\nb"), "x a b");
    EXPECT_EQ(in_line("a\r\n\tb\n"), "x a b");
    EXPECT_EQ(in_line("\n\na \n b"), "x a  b");
    EXPECT_EQ(in_line("\n"), "x ");
    EXPECT_EQ(in_line("ü\x7F"), "x ü");
}

} // namespace short_text_test
