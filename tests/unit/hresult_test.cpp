// SPDX-License-Identifier: MIT
/// @file
/// Status codes: the numbers of winerror.h, the table that says what each means, the error
/// category, and how a code prints.

#include <lend/hresult.hpp>

#include "support/leak_guard.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace hresult_test {

using lend::hresult;
namespace hr = lend::hr;

struct expectation {
    hresult code;
    std::uint32_t bits;
    std::string_view name;
    std::errc condition; // errc{}: none
};

// Written out a second time, from the documentation and not from the header.
constexpr std::array expected{
    expectation{hr::s_ok, 0x00000000U, "S_OK", std::errc{}},
    expectation{hr::s_false, 0x00000001U, "S_FALSE", std::errc{}},
    expectation{hr::e_notimpl, 0x80004001U, "E_NOTIMPL", std::errc::function_not_supported},
    expectation{hr::e_nointerface, 0x80004002U, "E_NOINTERFACE", std::errc::not_supported},
    expectation{hr::e_pointer, 0x80004003U, "E_POINTER", std::errc::bad_address},
    expectation{hr::e_abort, 0x80004004U, "E_ABORT", std::errc::operation_canceled},
    expectation{hr::e_fail, 0x80004005U, "E_FAIL", std::errc::io_error},
    expectation{hr::e_unexpected, 0x8000FFFFU, "E_UNEXPECTED", std::errc::state_not_recoverable},
    expectation{hr::e_accessdenied, 0x80070005U, "E_ACCESSDENIED", std::errc::permission_denied},
    expectation{hr::e_outofmemory, 0x8007000EU, "E_OUTOFMEMORY", std::errc::not_enough_memory},
    expectation{hr::e_invalidarg, 0x80070057U, "E_INVALIDARG", std::errc::invalid_argument},
    expectation{hr::mtxdm_e_enlistresourcefailed, 0x8004E100U, "MTXDM_E_ENLISTRESOURCEFAILED",
                std::errc::io_error},
    expectation{hr::lend_e_timed_out, 0x80040201U, "LEND_E_TIMED_OUT", std::errc::timed_out},
    expectation{hr::lend_e_cancelled, 0x80040202U, "LEND_E_CANCELLED",
                std::errc::operation_canceled},
    expectation{hr::lend_e_closed, 0x80040203U, "LEND_E_CLOSED",
                std::errc::operation_not_permitted},
    expectation{hr::lend_e_paused, 0x80040204U, "LEND_E_PAUSED",
                std::errc::resource_unavailable_try_again},
    expectation{hr::lend_e_shed, 0x80040205U, "LEND_E_SHED",
                std::errc::resource_unavailable_try_again},
    expectation{hr::lend_e_too_many_waiters, 0x80040206U, "LEND_E_TOO_MANY_WAITERS",
                std::errc::resource_unavailable_try_again},
    expectation{hr::lend_e_pool_locked, 0x80040207U, "LEND_E_POOL_LOCKED",
                std::errc::resource_deadlock_would_occur},
    expectation{hr::lend_e_stale, 0x80040208U, "LEND_E_STALE",
                std::errc::no_such_file_or_directory},
    expectation{hr::lend_e_condemned, 0x80040209U, "LEND_E_CONDEMNED", std::errc::owner_dead},
    expectation{hr::lend_e_transaction_ended, 0x8004020AU, "LEND_E_TRANSACTION_ENDED",
                std::errc::operation_not_permitted},
    expectation{hr::lend_e_exhausted, 0x8004020BU, "LEND_E_EXHAUSTED",
                std::errc::resource_unavailable_try_again},
};

constexpr hresult code_of(std::int64_t number) {
    return static_cast<hresult>(static_cast<std::int32_t>(number));
}

constexpr hresult unknown_success = code_of(0x00040042);
constexpr hresult unknown_failure = code_of(-0x7FFEFFBE); // 0x80010042

template <class T>
std::string printed(const T& what) {
    std::ostringstream out;
    out << what;
    return out.str();
}

// ---- numbers ------------------------------------------------------------------------------------

TEST(Hresult, is_a_32_bit_number_that_converts_to_nothing_by_itself) {
    static_assert(sizeof(hresult) == 4);
    static_assert(std::is_same_v<std::underlying_type_t<hresult>, std::int32_t>);
    static_assert(!std::is_convertible_v<hresult, int>);
    static_assert(!std::is_convertible_v<hresult, bool>);
    static_assert(!std::is_convertible_v<int, hresult>);
    static_assert(hresult{} == hr::s_ok);
}

TEST(Hresult, codes_have_the_documented_numbers) {
    for (const expectation& e : expected) {
        EXPECT_EQ(static_cast<std::uint32_t>(e.code), e.bits) << e.name;
    }
}

TEST(Hresult, codes_of_lend_are_consecutive_in_facility_itf) {
    std::set<std::uint32_t> own;
    for (const expectation& e : expected) {
        if (e.name.starts_with("LEND_")) own.insert(static_cast<std::uint32_t>(e.code));
    }

    ASSERT_EQ(own.size(), 11U);
    EXPECT_EQ(*own.begin(), 0x80040201U);
    EXPECT_EQ(*own.rbegin(), 0x80040200U + own.size());
}

TEST(Hresult, zero_and_positive_codes_succeed) {
    for (const hresult code : {hr::s_ok, hr::s_false, unknown_success,
                               code_of((std::numeric_limits<std::int32_t>::max)())}) {
        EXPECT_TRUE(lend::succeeded(code)) << code;
        EXPECT_FALSE(lend::failed(code)) << code;
    }
}

TEST(Hresult, negative_codes_fail) {
    for (const hresult code : {hr::e_fail, hr::lend_e_stale, unknown_failure, code_of(-1),
                               code_of((std::numeric_limits<std::int32_t>::min)())}) {
        EXPECT_TRUE(lend::failed(code)) << code;
        EXPECT_FALSE(lend::succeeded(code)) << code;
    }
}

TEST(Hresult, only_the_codes_named_s_succeed) {
    for (const expectation& e : expected) {
        EXPECT_EQ(lend::succeeded(e.code), e.name.starts_with("S_")) << e.name;
    }
}

// ---- the table ----------------------------------------------------------------------------------

TEST(CodeTable, has_exactly_one_entry_for_each_code) {
    std::set<hresult> codes;
    for (const auto& entry : lend::detail::code_table) codes.insert(entry.code);

    EXPECT_EQ(codes.size(), lend::detail::code_table.size()) << "a code stands there twice";
    EXPECT_EQ(codes.size(), expected.size()) << "a code is missing here or there";
    for (const expectation& e : expected) EXPECT_TRUE(codes.contains(e.code)) << e.name;
}

TEST(CodeTable, names_are_the_documented_ones) {
    for (const expectation& e : expected) EXPECT_EQ(lend::name_of(e.code), e.name);
}

TEST(CodeTable, meanings_are_sentences_without_a_full_stop) {
    for (const auto& entry : lend::detail::code_table) {
        ASSERT_FALSE(entry.meaning.empty()) << entry.name;
        EXPECT_NE(entry.meaning.back(), '.') << entry.name;
        EXPECT_EQ(lend::describe(entry.code), entry.meaning) << entry.name;
    }
}

TEST(CodeTable, meanings_differ) {
    std::set<std::string_view> meanings;
    for (const auto& entry : lend::detail::code_table) meanings.insert(entry.meaning);

    EXPECT_EQ(meanings.size(), lend::detail::code_table.size());
}

TEST(CodeTable, unknown_code_has_no_name) {
    EXPECT_EQ(lend::name_of(unknown_success), "");
    EXPECT_EQ(lend::name_of(unknown_failure), "");
}

TEST(CodeTable, unknown_code_is_described_as_the_drivers_own) {
    EXPECT_EQ(lend::describe(unknown_success), "success with a code of the driver's own");
    EXPECT_EQ(lend::describe(unknown_failure), "failure with a code of the driver's own");
}

TEST(CodeTable, can_be_read_at_compile_time) {
    static_assert(lend::name_of(hr::e_fail) == "E_FAIL");
    static_assert(lend::describe(hr::e_fail) == "the operation failed");
    static_assert(lend::name_of(unknown_failure).empty());
    static_assert(lend::failed(hr::e_fail) && lend::succeeded(hr::s_false));
}

// ---- text ---------------------------------------------------------------------------------------

TEST(Hresult, hexadecimal_text_has_eight_upper_case_digits) {
    struct row {
        hresult code;
        std::string_view text;
    };
    constexpr std::array rows{
        row{hr::s_ok, "0x00000000"},
        row{hr::s_false, "0x00000001"},
        row{hr::e_fail, "0x80004005"},
        row{hr::lend_e_exhausted, "0x8004020B"},
        row{unknown_success, "0x00040042"},
        row{unknown_failure, "0x80010042"},
        row{code_of(-1), "0xFFFFFFFF"},
        row{code_of(0x7FFFFFFF), "0x7FFFFFFF"},
        row{code_of(0x12AB34CD), "0x12AB34CD"},
    };
    for (const row& r : rows) EXPECT_EQ(lend::to_hex(r.code), r.text);
}

TEST(Hresult, prints_name_number_and_meaning) {
    EXPECT_EQ(printed(hr::e_fail), "the operation failed (E_FAIL 0x80004005)");
    EXPECT_EQ(printed(hr::s_ok), "success (S_OK 0x00000000)");
}

TEST(Hresult, unknown_code_prints_number_and_meaning) {
    EXPECT_EQ(printed(unknown_failure), "failure with a code of the driver's own (0x80010042)");
    EXPECT_EQ(printed(unknown_success), "success with a code of the driver's own (0x00040042)");
}

TEST(Hresult, printing_can_be_chained) {
    std::ostringstream out;

    out << '[' << hr::s_ok << ']';

    EXPECT_EQ(out.str(), "[success (S_OK 0x00000000)]");
}

// ---- std::error_code ----------------------------------------------------------------------------

TEST(ErrorCategory, is_named_lend_and_there_is_one) {
    EXPECT_STREQ(lend::error_category().name(), "lend");
    EXPECT_EQ(&lend::error_category(), &lend::error_category());
    EXPECT_NE(lend::error_category(), std::generic_category());
    EXPECT_NE(lend::error_category(), std::system_category());
}

TEST(ErrorCategory, code_becomes_an_error_code_by_itself) {
    const std::error_code code = hr::e_fail;

    EXPECT_EQ(code.value(), static_cast<int>(hr::e_fail));
    EXPECT_EQ(code.category(), lend::error_category());
    EXPECT_EQ(code, make_error_code(hr::e_fail)); // found by argument-dependent lookup
    EXPECT_EQ(code, hr::e_fail);
    EXPECT_NE(code, hr::e_abort);
}

TEST(ErrorCategory, only_s_ok_is_an_error_code_that_is_false) {
    EXPECT_FALSE(std::error_code(hr::s_ok));
    EXPECT_TRUE(std::error_code(hr::s_false));
    EXPECT_TRUE(std::error_code(hr::e_fail));
}

TEST(ErrorCategory, message_is_the_meaning) {
    for (const expectation& e : expected) {
        EXPECT_EQ(std::error_code(e.code).message(), lend::describe(e.code)) << e.name;
    }
    EXPECT_EQ(std::error_code(unknown_failure).message(), lend::describe(unknown_failure));
}

TEST(ErrorCategory, each_code_is_equivalent_to_its_standard_condition) {
    for (const expectation& e : expected) {
        if (e.condition == std::errc{}) continue;
        EXPECT_EQ(std::error_code(e.code), e.condition) << e.name;
        EXPECT_EQ(std::error_code(e.code).default_error_condition(),
                  std::make_error_condition(e.condition))
            << e.name;
    }
}

TEST(ErrorCategory, code_without_a_standard_condition_stands_for_itself) {
    for (const hresult code : {hr::s_ok, hr::s_false, unknown_success, unknown_failure}) {
        const std::error_condition condition = std::error_code(code).default_error_condition();

        EXPECT_EQ(condition.value(), static_cast<int>(code)) << code;
        EXPECT_EQ(condition.category(), lend::error_category()) << code;
    }
}

TEST(ErrorCategory, system_error_carries_the_meaning) {
    const std::system_error thrown(hr::lend_e_closed);

    EXPECT_EQ(thrown.code(), hr::lend_e_closed);
    EXPECT_NE(std::string_view(thrown.what()).find("the pool is closed"), std::string_view::npos);
}

TEST(ErrorCategory, looking_up_a_code_allocates_nothing) {
    const auto tried = lend_test::allocations_of([] {
        for (const expectation& e : expected) {
            (void)lend::name_of(e.code);
            (void)lend::describe(e.code);
            (void)std::error_code(e.code).default_error_condition();
        }
    });

    EXPECT_EQ(tried, 0U);
}

} // namespace hresult_test
