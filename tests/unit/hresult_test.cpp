// SPDX-License-Identifier: MIT
/// @file
/// Every code has the number of winerror.h or its place in lend's range, a name, a meaning and a
/// condition; unknown codes are said to be unknown.

#include <lend/hresult.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <sstream>
#include <string>
#include <system_error>

namespace {

namespace hr = lend::hr;
using lend::hresult;

constexpr std::uint32_t bits(hresult code) { return static_cast<std::uint32_t>(code); }

TEST(Hresult, codes_have_the_numbers_of_winerror) {
    static_assert(bits(hr::s_ok) == 0x00000000U);
    static_assert(bits(hr::s_false) == 0x00000001U);
    static_assert(bits(hr::e_notimpl) == 0x80004001U);
    static_assert(bits(hr::e_nointerface) == 0x80004002U);
    static_assert(bits(hr::e_pointer) == 0x80004003U);
    static_assert(bits(hr::e_abort) == 0x80004004U);
    static_assert(bits(hr::e_fail) == 0x80004005U);
    static_assert(bits(hr::e_unexpected) == 0x8000FFFFU);
    static_assert(bits(hr::e_accessdenied) == 0x80070005U);
    static_assert(bits(hr::e_outofmemory) == 0x8007000EU);
    static_assert(bits(hr::e_invalidarg) == 0x80070057U);
}

TEST(Hresult, own_codes_are_failures_of_facility_itf_from_0x0200_up) {
    unsigned own = 0;
    for (const auto& entry : lend::detail::code_table) {
        if (!entry.name.starts_with("LEND_E_")) continue;
        ++own;
        EXPECT_EQ(bits(entry.code) & 0xFFFFFF00U, 0x80040200U) << entry.name;
    }
    EXPECT_EQ(own, 11U);
}

TEST(Hresult, sign_decides_between_success_and_failure) {
    const struct {
        std::uint32_t code;
        bool success;
    } cases[] = {{0, true}, {1, true}, {0x7FFFFFFF, true}, {0x80000000, false}, {~0U, false}};
    for (const auto& each : cases) {
        const auto code = static_cast<hresult>(static_cast<std::int32_t>(each.code));
        EXPECT_EQ(lend::succeeded(code), each.success) << each.code;
        EXPECT_EQ(lend::failed(code), !each.success) << each.code;
    }
}

TEST(Hresult, names_and_numbers_are_unique_and_meanings_are_sentences_without_stop) {
    std::set<std::string_view> names;
    std::set<std::uint32_t> numbers;
    for (const auto& entry : lend::detail::code_table) {
        EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
        EXPECT_TRUE(numbers.insert(bits(entry.code)).second) << entry.name;
        EXPECT_EQ(lend::name_of(entry.code), entry.name);
        EXPECT_EQ(lend::describe(entry.code), entry.meaning);
        EXPECT_FALSE(entry.meaning.empty() || entry.meaning.ends_with('.')) << entry.name;
    }
}

TEST(Hresult, unknown_code_has_a_general_meaning_and_no_name) {
    const auto strange = static_cast<hresult>(-123);

    EXPECT_EQ(lend::name_of(strange), "");
    EXPECT_EQ(lend::describe(strange), "failure with a code of the driver's own");
    EXPECT_EQ(lend::describe(static_cast<hresult>(5)), "success with a code of the driver's own");
    EXPECT_EQ(lend::make_error_code(strange).default_error_condition().value(), -123);
}

TEST(Hresult, is_written_as_people_write_it) {
    const struct {
        hresult code;
        const char* text;
    } cases[] = {
        {hr::e_fail, "E_FAIL (0x80004005): the operation failed"},
        {hr::s_ok, "S_OK (0x00000000): success"},
        {static_cast<hresult>(0x1234), "0x00001234: success with a code of the driver's own"},
    };
    for (const auto& each : cases) {
        std::ostringstream out;
        out << each.code;
        EXPECT_EQ(out.str(), each.text);
    }
    EXPECT_EQ(lend::to_hex(hr::e_fail), "0x80004005");
}

TEST(Hresult, is_an_error_code_that_compares_with_errc) {
    const std::error_code late = hr::lend_e_timed_out;

    EXPECT_STREQ(late.category().name(), "lend");
    EXPECT_EQ(late, std::errc::timed_out);
    EXPECT_EQ(std::error_code(hr::e_outofmemory), std::errc::not_enough_memory);
    EXPECT_EQ(late.message(), "no resource could be had before the deadline");
    EXPECT_FALSE(std::error_code(hr::s_ok));
}

} // namespace
