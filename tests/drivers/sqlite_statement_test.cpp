// SPDX-License-Identifier: MIT
/// @file
/// What statements bind, read and refuse, against the real library.

#include <drivers/sqlite_fixture.hpp>

#include <gtest/gtest.h>

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace sqlite_statement_test {

namespace hr = lend::hr;
namespace sqlite = lend::sqlite;

constexpr std::uint64_t too_large = ~std::uint64_t{0};

class SqliteStatement : public lend_test::sqlite_test {};

TEST_F(SqliteStatement, an_unsigned_number_of_63_bits_is_bound_as_it_is) {
    constexpr std::uint64_t largest = (std::numeric_limits<std::int64_t>::max)();
    LEND_UNWRAP(c, driver.create(wanted));

    EXPECT_EQ(9223372036854775807, *c.query<std::int64_t>("SELECT ?1", largest));
}

TEST_F(SqliteStatement, a_text_without_data_is_an_empty_text_and_not_null) {
    LEND_UNWRAP(c, driver.create(wanted));

    EXPECT_EQ("text", *c.query<std::string>("SELECT typeof(?1)", std::string_view{}));
}

TEST_F(SqliteStatement, null_is_read_as_an_empty_text) {
    LEND_UNWRAP(c, driver.create(wanted));
    LEND_UNWRAP(s, c.prepare("SELECT NULL"));
    ASSERT_TRUE(*s.step());

    EXPECT_EQ("", s.text(0));
}

TEST_F(SqliteStatement, nothing_is_bound_after_a_value_that_is_refused) {
    LEND_UNWRAP(c, driver.create(wanted));
    LEND_UNWRAP(s, c.prepare("SELECT ?2 IS NULL"));

    EXPECT_EQ(SQLITE_MISMATCH, s.bind(too_large, 5).error().driver_code());

    ASSERT_TRUE(*s.step());
    EXPECT_EQ(1, s.integer(0));
}

TEST_F(SqliteStatement, a_value_that_is_refused_keeps_a_statement_from_running) {
    LEND_UNWRAP(c, filled());
    LEND_UNWRAP(deleting, c.prepare("DELETE FROM t WHERE x <> coalesce(?1, 0)"));

    EXPECT_EQ(SQLITE_MISMATCH, deleting.run(too_large).error().driver_code());
    EXPECT_EQ(SQLITE_MISMATCH, c.query<std::int64_t>("SELECT ?1", too_large).error().driver_code());

    EXPECT_EQ(100, *c.query<std::int64_t>("SELECT count(*) FROM t"));
}

TEST_F(SqliteStatement, run_goes_to_the_end_of_the_rows) {
    LEND_UNWRAP(c, filled());
    int rows = 0;
    sqlite3_create_function(
        c.native(), "counted", 1, SQLITE_UTF8, &rows,
        [](sqlite3_context* context, int, sqlite3_value**) {
            ++*static_cast<int*>(sqlite3_user_data(context));
        },
        nullptr, nullptr);
    LEND_UNWRAP(counting, c.prepare("SELECT counted(x) FROM t"));

    LEND_EXPECT_OK(counting.run());

    EXPECT_EQ(100, rows);
}

TEST_F(SqliteStatement, run_leaves_nothing_bound) {
    LEND_UNWRAP(c, driver.create(wanted));
    LEND_UNWRAP(s, c.prepare("SELECT ?1 IS NULL"));

    LEND_EXPECT_OK(s.run(7));

    ASSERT_TRUE(*s.step());
    EXPECT_EQ(1, s.integer(0));
}

TEST_F(SqliteStatement, a_query_without_a_row_has_sqlites_code_for_the_end) {
    LEND_UNWRAP(c, filled());

    const auto none = c.query<std::int64_t>("SELECT x FROM t WHERE x > 1000");

    ASSERT_FALSE(none);
    EXPECT_EQ(hr::e_fail, none.code());
    EXPECT_EQ(SQLITE_DONE, none.error().driver_code());
}

TEST_F(SqliteStatement, a_query_that_fails_at_its_row_says_why) {
    LEND_UNWRAP(c, driver.create(wanted));

    const auto failed = c.query<std::int64_t>("SELECT abs(-9223372036854775807 - ?1)", 1);

    ASSERT_FALSE(failed);
    EXPECT_EQ("integer overflow (in: SELECT abs(-9223372036854775807 - ?1))",
              failed.error().text());
}

TEST_F(SqliteStatement, of_a_long_statement_an_error_quotes_the_beginning) {
    LEND_UNWRAP(c, driver.create(wanted));
    const std::string sql = "SELECT absent, " + std::string(145, '1');

    const auto whole = c.exec(sql);
    const auto cut = c.exec(sql + "2");

    ASSERT_FALSE(whole.has_value() || cut.has_value());
    EXPECT_EQ("no such column: absent (in: " + sql + ")", whole.error().text());
    EXPECT_EQ("no such column: absent (in: " + sql + " ...)", cut.error().text());
}

TEST_F(SqliteStatement, of_no_text_is_empty_and_cannot_be_stepped) {
    LEND_UNWRAP(c, driver.create(wanted));
    LEND_UNWRAP(s, c.prepare(std::string_view{}));

    EXPECT_EQ(nullptr, s.native());
    const auto stepped = s.step();
    ASSERT_FALSE(stepped);
    EXPECT_EQ(hr::e_unexpected, stepped.error().code());
    EXPECT_EQ(SQLITE_MISUSE, stepped.error().driver_code());
}

TEST_F(SqliteStatement, a_text_of_more_than_two_gigabytes_is_refused) {
    constexpr std::size_t size = std::size_t{1} << 31U;
    void* const pages =
        mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ASSERT_NE(MAP_FAILED, pages);
    LEND_UNWRAP(c, driver.create(wanted));

    const auto refused = c.prepare({static_cast<const char*>(pages), size});

    ASSERT_FALSE(refused);
    EXPECT_EQ(SQLITE_TOOBIG, refused.error().driver_code());
    munmap(pages, size);
}

} // namespace sqlite_statement_test
