// SPDX-License-Identifier: MIT
/// @file
/// Errors: what they carry, how they read, that copies do not change each other, and that the code
/// outlives an allocation that fails.

#include <lend/error.hpp>

#include "support/leak_guard.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <exception>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace error_test {

using namespace std::chrono_literals;
using lend::error;
using lend::pool_snapshot;
using lend_test::fail_each_allocation;
using lend_test::lasting;
namespace hr = lend::hr;

constexpr pool_snapshot full_pool{
    .max_size = 8, .size = 7, .idle = 1, .in_use = 4, .creating = 2, .waiting = 3};

// Longer than any string that is kept without an allocation.
const std::string_view long_text = "the server refused the connection: too many clients already";

class Error : public lend_test::leak_checked {};

// ---- the code -----------------------------------------------------------------------------------

TEST_F(Error, from_a_code_has_the_code_and_nothing_else) {
    const error e(hr::lend_e_closed);

    EXPECT_EQ(e.code(), hr::lend_e_closed);
    EXPECT_EQ(e.driver_code(), 0);
    EXPECT_EQ(e.text(), "");
    EXPECT_EQ(e.waited(), 0ns);
    EXPECT_EQ(e.snapshot(), nullptr);
    EXPECT_EQ(e.last_create_error(), "");
}

TEST_F(Error, from_a_code_allocates_nothing) {
    const auto tried = lend_test::allocations_of([] {
        const error e(hr::e_fail);
        const error copy = e;
        EXPECT_EQ(copy.text(), "");
    });

    EXPECT_EQ(tried, 0U);
}

TEST_F(Error, is_24_bytes_and_moves_without_throwing) {
    static_assert(sizeof(error) == 24 || sizeof(void*) != 8);
    static_assert(std::is_nothrow_move_constructible_v<error>);
    static_assert(std::is_nothrow_copy_constructible_v<error>);
    static_assert(std::is_convertible_v<lend::hresult, error>);
    static_assert(!std::is_default_constructible_v<error>);
}

TEST_F(Error, success_code_is_replaced_by_e_unexpected) {
    EXPECT_EQ(error(hr::s_ok).code(), hr::e_unexpected);
    EXPECT_EQ(error(hr::s_false).code(), hr::e_unexpected);
    EXPECT_EQ(error(hr::s_ok, "words").code(), hr::e_unexpected);
    EXPECT_EQ(error(hr::s_ok, "words").text(), "words");
}

TEST_F(Error, failure_code_of_the_driver_is_kept) {
    constexpr auto own = static_cast<lend::hresult>((std::numeric_limits<std::int32_t>::min)());

    EXPECT_EQ(error(own).code(), own);
}

// ---- details ------------------------------------------------------------------------------------

TEST_F(Error, keeps_a_copy_of_the_text_and_the_drivers_number) {
    std::string words(long_text);
    const error e(hr::e_fail, words, -2067);
    words.assign(words.size(), 'x');

    EXPECT_EQ(e.text(), long_text);
    EXPECT_EQ(e.driver_code(), -2067);
}

TEST_F(Error, drivers_number_is_64_bits_wide) {
    const auto smallest = (std::numeric_limits<std::int64_t>::min)();
    const auto largest = (std::numeric_limits<std::int64_t>::max)();

    EXPECT_EQ(error(hr::e_fail, "", smallest).driver_code(), smallest);
    EXPECT_EQ(error(hr::e_fail, "", largest).driver_code(), largest);
}

TEST_F(Error, with_wait_adds_the_wait_and_the_snapshot_and_keeps_the_rest) {
    error e(hr::lend_e_timed_out, "words", 7);

    error& same = e.with_wait(1500ms, full_pool);

    EXPECT_EQ(&same, &e);
    EXPECT_EQ(e.waited(), 1500ms);
    ASSERT_NE(e.snapshot(), nullptr);
    EXPECT_EQ(e.snapshot()->max_size, 8U);
    EXPECT_EQ(e.snapshot()->size, 7U);
    EXPECT_EQ(e.snapshot()->idle, 1U);
    EXPECT_EQ(e.snapshot()->in_use, 4U);
    EXPECT_EQ(e.snapshot()->creating, 2U);
    EXPECT_EQ(e.snapshot()->waiting, 3U);
    EXPECT_EQ(e.text(), "words");
    EXPECT_EQ(e.driver_code(), 7);
}

TEST_F(Error, with_last_create_error_adds_the_causes_message_and_keeps_the_rest) {
    error e(hr::lend_e_timed_out, "words");
    e.with_wait(2s, full_pool);

    error& same = e.with_last_create_error(error(hr::e_fail, "no route to host", 113), 3s);

    EXPECT_EQ(&same, &e);
    EXPECT_EQ(e.last_create_error(), "no route to host (E_FAIL 0x80004005, driver code 113)");
    EXPECT_EQ(e.text(), "words");
    EXPECT_EQ(e.waited(), 2s);
    EXPECT_NE(e.snapshot(), nullptr);
}

TEST_F(Error, details_without_a_wait_have_no_snapshot) {
    EXPECT_EQ(error(hr::e_fail, "words").snapshot(), nullptr);
    error e(hr::e_fail);
    e.with_last_create_error(hr::e_abort, 1s);
    EXPECT_EQ(e.snapshot(), nullptr);
}

TEST_F(Error, can_be_its_own_cause) {
    error e(hr::e_fail, "words");

    e.with_last_create_error(e, 1s);

    EXPECT_EQ(e.last_create_error(), "words (E_FAIL 0x80004005)");
}

// ---- copies -------------------------------------------------------------------------------------

TEST_F(Error, copy_allocates_nothing_and_has_the_same_details) {
    error e(hr::e_fail, long_text, 5);
    e.with_wait(1s, full_pool);
    error copy(hr::e_abort);

    const auto tried = lend_test::allocations_of([&] { copy = e; });

    EXPECT_EQ(tried, 0U);
    EXPECT_EQ(copy.message(), e.message());
}

TEST_F(Error, change_of_a_copy_leaves_the_original_as_it_was) {
    const error original(hr::e_fail, "words");
    error copy = original;

    copy.with_wait(1s, full_pool).with_last_create_error(hr::e_abort, 1s);

    EXPECT_EQ(original.message(), "words (E_FAIL 0x80004005)");
    EXPECT_EQ(original.snapshot(), nullptr);
    EXPECT_EQ(original.last_create_error(), "");
}

TEST_F(Error, change_of_the_original_leaves_a_copy_as_it_was) {
    error original(hr::e_fail, "words");
    const error copy = original;

    original.with_wait(1s, full_pool);

    EXPECT_EQ(copy.snapshot(), nullptr);
    EXPECT_EQ(copy.waited(), 0ns);
}

TEST_F(Error, details_outlive_the_error_they_were_made_in) {
    error kept(hr::e_abort);
    {
        const error shorter(hr::e_fail, long_text);
        kept = shorter;
    }

    EXPECT_EQ(kept.text(), long_text);
}

TEST_F(Error, moved_from_error_still_has_its_code) {
    error e(hr::e_fail, "words");

    const error moved = std::move(e);

    EXPECT_EQ(moved.text(), "words");
    EXPECT_EQ(e.code(), hr::e_fail); // NOLINT(bugprone-use-after-move): still says which
    EXPECT_EQ(e.text(), "");
}

TEST_F(Error, assignment_to_itself_changes_nothing) {
    error e(hr::e_fail, "words");
    const error& same = e;

    e = same;

    EXPECT_EQ(e.text(), "words");
}

// ---- memory -------------------------------------------------------------------------------------

TEST_F(Error, text_is_lost_when_memory_is_out_and_the_code_is_not) {
    const auto allocations = fail_each_allocation(lasting::for_ever, [](std::uint64_t nth) {
        const error e(hr::lend_e_closed, long_text, 9);
        EXPECT_EQ(e.code(), hr::lend_e_closed) << nth;
        if (lend_test::allocations::failed_here() == 0) return;
        EXPECT_EQ(e.text(), "") << nth;
        EXPECT_EQ(e.driver_code(), 0) << nth;
    });

    EXPECT_EQ(allocations, 2U) << "one for the details, one for the text";
}

TEST_F(Error, failed_with_wait_leaves_the_error_as_it_was) {
    const error before(hr::lend_e_timed_out, long_text, 9);

    const auto allocations = fail_each_allocation(lasting::once, [&](std::uint64_t nth) {
        error e = before;
        e.with_wait(1s, full_pool);
        const bool lost = lend_test::allocations::failed_here() > 0;
        EXPECT_EQ(e.text(), long_text) << nth;
        EXPECT_EQ(e.driver_code(), 9) << nth;
        EXPECT_EQ(e.snapshot() == nullptr, lost) << nth;
        EXPECT_EQ(e.waited(), lost ? 0ns : 1s) << nth;
    });

    EXPECT_EQ(allocations, 2U) << "one for the details, one for the text";
}

TEST_F(Error, failed_with_last_create_error_leaves_the_error_as_it_was) {
    const error before(hr::lend_e_timed_out, "words");
    const error cause(hr::e_fail, long_text);

    const auto allocations = fail_each_allocation(lasting::once, [&](std::uint64_t nth) {
        error e = before;
        e.with_last_create_error(cause, 1s);
        const bool lost = lend_test::allocations::failed_here() > 0;
        EXPECT_EQ(e.text(), "words") << nth;
        EXPECT_EQ(e.last_create_error().empty(), lost) << nth;
    });

    EXPECT_GE(allocations, 2U) << "one for the details, one for the words at least";
}

// ---- text ---------------------------------------------------------------------------------------

TEST_F(Error, message_says_what_is_known) {
    constexpr pool_snapshot busy{
        .max_size = 2, .size = 2, .idle = 0, .in_use = 2, .creating = 0, .waiting = 1};
    const lend::pool_snapshot moving{.max_size = 16,
                                     .size = 10,
                                     .idle = 1,
                                     .checking = 2,
                                     .resetting = 3,
                                     .parked = 1,
                                     .destroying = 3};
    struct row {
        error e;
        std::string_view message;
    };
    const std::array rows{
        row{error(hr::lend_e_closed), "the pool is closed (LEND_E_CLOSED 0x80040203)"},
        row{error(hr::e_fail, "words"), "words (E_FAIL 0x80004005)"},
        row{error(hr::e_fail, "", -5), "the operation failed (E_FAIL 0x80004005, driver code -5)"},
        row{error(static_cast<lend::hresult>(-1), "words"), "words (0xFFFFFFFF)"},
        row{error(static_cast<lend::hresult>(-1)),
            "failure with a code of the driver's own (0xFFFFFFFF)"},
        row{error(hr::lend_e_exhausted).with_wait(0ns, busy),
            "nothing is free, and none may be made now (LEND_E_EXHAUSTED 0x8004020B); 2 of 2 "
            "resources: 0 idle, 2 in use, 0 being created; 1 waiting"},
        row{error(hr::lend_e_timed_out).with_wait(1500ms, full_pool),
            "no resource could be had before the deadline (LEND_E_TIMED_OUT 0x80040201); waited "
            "1500 ms; 7 of 8 resources: 1 idle, 4 in use, 2 being created; 3 waiting"},
        row{error(hr::e_fail, "words", 4)
                .with_wait(2ms, busy)
                .with_last_create_error(error(hr::e_abort), 20ms),
            "words (E_FAIL 0x80004005, driver code 4); waited 2 ms; 2 of 2 resources: 0 idle, 2 "
            "in use, 0 being created; 1 waiting; last create error, 20 ms ago: the "
            "operation was aborted (E_ABORT 0x80004004)"},
        row{error(hr::e_fail, "SSL error:\nno certificate\r\n\t", "08001"),
            "SSL error: no certificate (E_FAIL 0x80004005, driver code 08001)"},
        row{error(hr::e_fail, "words", "08\n001"), "words (E_FAIL 0x80004005, driver code 08 001)"},
        row{error(hr::e_fail, "\r\nfirst,\n then"), "first, then (E_FAIL 0x80004005)"},
        row{error(hr::lend_e_exhausted).with_wait(0ns, moving),
            "nothing is free, and none may be made now (LEND_E_EXHAUSTED 0x8004020B); 10 of 16 "
            "resources: 1 idle, 0 in use, 0 being created, 2 being checked, 3 being reset, 1 "
            "parked, 3 being destroyed; 0 waiting"},
        row{error(hr::lend_e_exhausted, "creates pause").with_next_try(1700ms),
            "creates pause (LEND_E_EXHAUSTED 0x8004020B); next try in 1700 ms"},
    };

    for (const row& r : rows) EXPECT_EQ(r.e.message(), r.message);
}

TEST_F(Error, wait_of_less_than_a_millisecond_reads_as_zero) {
    error e(hr::lend_e_timed_out);
    e.with_wait(999us, full_pool);

    EXPECT_NE(e.message().find("; waited 0 ms;"), std::string::npos) << e.message();
}

TEST_F(Error, prints_its_message) {
    const error e(hr::e_fail, "words", 4);
    std::ostringstream out;

    out << '<' << e << '>';

    EXPECT_EQ(out.str(), '<' + e.message() + '>');
}

// ---- comparison ---------------------------------------------------------------------------------

TEST_F(Error, equal_if_the_codes_are) {
    EXPECT_EQ(error(hr::e_fail, "words"), error(hr::e_fail, "others", 3));
    EXPECT_NE(error(hr::e_fail), error(hr::e_abort));
    EXPECT_EQ(error(hr::e_fail, "words"), hr::e_fail);
    EXPECT_NE(error(hr::e_fail), hr::e_abort);
    EXPECT_EQ(hr::e_fail, error(hr::e_fail));
}

// ---- the exception ------------------------------------------------------------------------------

TEST_F(Error, exception_carries_the_error_and_says_its_message) {
    const lend::lend_exception thrown(error(hr::e_fail, long_text, 4));

    EXPECT_EQ(thrown.error().code(), hr::e_fail);
    EXPECT_EQ(thrown.error().driver_code(), 4);
    EXPECT_STREQ(thrown.what(), thrown.error().message().c_str());
}

TEST_F(Error, that_wraps_another_keeps_its_words_and_the_drivers_code) {
    EXPECT_EQ("install failed: gone (E_FAIL 0x80004005, driver code 7)",
              error(hr::e_fail, "install failed: ", error(hr::e_abort, "gone", 7)).message());
    EXPECT_EQ("install failed: gone (E_FAIL 0x80004005, driver code 57P01)",
              error(hr::e_fail, "install failed: ", error(hr::e_abort, "gone", "57P01")).message());
    const error bare(hr::e_fail, "install failed: ", error(hr::e_abort));
    EXPECT_EQ("install failed: " + std::string(lend::describe(hr::e_abort)), bare.text());
}

TEST_F(Error, that_wraps_another_keeps_its_code_where_memory_is_out) {
    const error why(hr::e_abort, long_text, 7);
    const auto allocations = fail_each_allocation(lasting::for_ever, [&](std::uint64_t nth) {
        const error made(hr::e_fail, long_text, why);
        EXPECT_EQ(hr::e_fail, made.code()) << nth;
        const bool lost = lend_test::allocations::failed_here() != 0;
        EXPECT_EQ(lost ? 0 : 7, made.driver_code()) << nth;
    });

    EXPECT_LT(1U, allocations);
}

TEST_F(Error, exception_is_caught_as_a_std_exception) {
    try {
        lend::detail::raise<true>(error(hr::e_fail, "words"));
    } catch (const std::exception& e) {
        EXPECT_STREQ(e.what(), "words (E_FAIL 0x80004005)");
    }
}

TEST(ErrorDeathTest, raising_where_exceptions_are_off_ends_the_program_with_the_message) {
    EXPECT_DEATH(lend::detail::raise<false>(error(hr::e_fail, "words")),
                 "lend: words \\(E_FAIL 0x80004005\\)");
}

TEST_F(Error, without_details_has_no_earlier_error_and_no_age_of_one) {
    EXPECT_EQ(lend::error(lend::hr::e_fail).last_create_error_age(), std::chrono::nanoseconds{0});
}

} // namespace error_test
