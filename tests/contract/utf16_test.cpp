// SPDX-License-Identifier: MIT
/// @file
/// Texts between the contract's UTF-16 and lend's UTF-8: every length of a character and both sides
/// of each border there and back, and everything that is no text refused.

#include <lend/com/utf16.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace utf16_test {

using lend::com::ole_string;
using lend::com::OLECHAR;
using lend::com::to_utf16;
using lend::com::to_utf8;
namespace hr = lend::hr;

struct text {
    std::string_view utf8;
    ole_string utf16;
};

const text texts[] = {
    {"", {}},
    {"plain", {'p', 'l', 'a', 'i', 'n'}},
    {"\x01\x7F", {0x01, 0x7F}},
    {"\xC2\x80\xDF\xBF", {0x80, 0x7FF}},
    {"\xE0\xA0\x80\xED\x9F\xBF", {0x800, 0xD7FF}},
    {"\xEE\x80\x80\xEF\xBF\xBF", {0xE000, 0xFFFF}},
    {"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", {0xD800, 0xDC00, 0xDBFF, 0xDFFF}},
    {"a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x97\x8Ez", {'a', 0xE4, 0x20AC, 0xD83D, 0xDDCE, 'z'}},
};

TEST(Utf16, texts_come_through_there_and_back) {
    for (const text& each : texts) {
        const auto there = to_utf16(each.utf8);
        ASSERT_TRUE(there) << each.utf8;
        EXPECT_EQ(*there, each.utf16) << each.utf8;
        const auto back = to_utf8(each.utf16.c_str());
        ASSERT_TRUE(back) << each.utf8;
        EXPECT_EQ(*back, each.utf8);
    }
}

TEST(Utf16, what_is_not_UTF8_or_holds_a_zero_is_refused) {
    using namespace std::string_view_literals;
    for (const std::string_view wrong : {
             "a\0b"sv,             // a zero
             "\x80"sv,             // begins in the middle
             "\xC3"sv,             // ends in the middle
             "\xE2\x82"sv,         //
             "\xF0\x9F\x97"sv,     //
             "\xC3z"sv,            // goes on with another character
             "\xE2\x82z"sv,        //
             "\xC1\xBF"sv,         // longer than necessary, of two,
             "\xE0\x9F\xBF"sv,     // three
             "\xF0\x8F\xBF\xBF"sv, // and four bytes
             "\xED\xA0\x80"sv,     // half a pair, the first
             "\xED\xBF\xBF"sv,     // and the last
             "\xF4\x90\x80\x80"sv, // above the last character
             "\xF5\x80\x80\x80"sv, //
             "\xFF"sv,
         }) {
        EXPECT_EQ(to_utf16(wrong).code(), hr::e_invalidarg) << testing::PrintToString(wrong);
        EXPECT_EQ(to_utf16("a" + std::string(wrong)).code(), hr::e_invalidarg);
    }
}

TEST(Utf16, null_and_half_a_pair_are_refused) {
    EXPECT_EQ(to_utf8(nullptr).code(), hr::e_invalidarg);
    for (const ole_string& wrong : {
             ole_string{0xD800},         // a first half at the end
             ole_string{0xDBFF, 'a'},    // before something else
             ole_string{0xD800, 0xD800}, // before another one
             ole_string{0xD800, 0xE000}, // and before what follows the second halves
             ole_string{0xDC00},         // a second half without a first one
             ole_string{'a', 0xDFFF, 0xDC00},
         }) {
        EXPECT_EQ(to_utf8(wrong.c_str()).code(), hr::e_invalidarg);
    }
}

} // namespace utf16_test
