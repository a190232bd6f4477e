// SPDX-License-Identifier: MIT
/// @file
/// What the SQLite driver makes of connections that are closed, moved from, or given back with
/// something in use: backups, blob handles, limits, and the statements of virtual tables.

#include <drivers/sqlite_fixture.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <iterator>
#include <string>
#include <utility>

namespace sqlite_leftover_test {

namespace hr = lend::hr;
namespace sqlite = lend::sqlite;
using lend::check_kind;
using lend::health;
using lend::transaction_id;

constexpr transaction_id tx{7};

class SqliteLeftover : public lend_test::sqlite_test {};

// ---- closed and moved from -------------------------------------------------------------------

TEST_F(SqliteLeftover, a_closed_connection_is_refused_by_every_call) {
    LEND_UNWRAP(c, filled());
    ASSERT_EQ(hr::s_ok, driver.enlist(c, tx).code);
    ASSERT_EQ(hr::s_ok, c.close());

    EXPECT_EQ(hr::e_unexpected, driver.enlist(c, {}).code);
    EXPECT_EQ(hr::e_unexpected, driver.enlist(c, tx).code);
    EXPECT_EQ(hr::e_unexpected, driver.reset(c));
    EXPECT_EQ(health::broken, driver.check(c, check_kind::active));
    EXPECT_EQ(hr::e_unexpected, c.commit().code());
    EXPECT_EQ(hr::e_unexpected, c.exec("SELECT 1").code());
}

TEST_F(SqliteLeftover, a_connection_that_was_moved_from_has_nothing_to_commit_or_interrupt) {
    LEND_UNWRAP(first, filled());
    ASSERT_EQ(hr::s_ok, driver.enlist(first, tx).code);
    sqlite::connection second(std::move(first));

    driver.interrupt(first);
    EXPECT_EQ(hr::e_unexpected, first.commit().code());

    LEND_EXPECT_OK(second.commit());
}

TEST_F(SqliteLeftover, a_connection_assigned_to_itself_stays_open) {
    LEND_UNWRAP(c, filled());
    sqlite::connection& same = c;

    c = std::move(same);

    EXPECT_EQ(100, *c.query<std::int64_t>("SELECT count(*) FROM t"));
}

TEST_F(SqliteLeftover, abandoning_forgets_and_ends_nothing) {
    LEND_UNWRAP(c, filled());
    LEND_EXPECT_OK(c.exec("BEGIN; DELETE FROM t"));
    sqlite3* const left = c.native();

    driver.abandon(std::move(c));

    EXPECT_EQ(nullptr, c.native());
    EXPECT_EQ(hr::s_ok, c.close());
    EXPECT_EQ(0, sqlite3_get_autocommit(left)) << "in its transaction still";
    EXPECT_EQ(SQLITE_OK, sqlite3_close(left));
}

// ---- transactions ----------------------------------------------------------------------------

TEST_F(SqliteLeftover, a_transaction_that_sql_has_ended_cannot_be_committed) {
    LEND_UNWRAP(c, filled());
    ASSERT_EQ(hr::s_ok, driver.enlist(c, tx).code);
    LEND_EXPECT_OK(c.exec("ROLLBACK"));

    EXPECT_EQ(hr::e_unexpected, c.commit().code());
}

TEST_F(SqliteLeftover, a_rollback_that_is_refused_is_told_and_leaves_the_transaction_open) {
    LEND_UNWRAP(c, filled());
    const int usual = sqlite3_limit(c.native(), SQLITE_LIMIT_SQL_LENGTH, -1);
    ASSERT_EQ(hr::s_ok, driver.enlist(c, tx).code);
    sqlite3_limit(c.native(), SQLITE_LIMIT_SQL_LENGTH, 5); // less than ROLLBACK

    EXPECT_EQ(hr::e_fail, driver.enlist(c, {}).code);

    EXPECT_EQ(0, sqlite3_get_autocommit(c.native()));
    EXPECT_EQ(hr::e_unexpected, driver.enlist(c, transaction_id{8}).code) << "enlisted still";
    sqlite3_limit(c.native(), SQLITE_LIMIT_SQL_LENGTH, usual);
    EXPECT_EQ(hr::s_ok, driver.enlist(c, {}).code);
}

// ---- backups and blobs -----------------------------------------------------------------------

TEST_F(SqliteLeftover, a_connection_that_a_backup_still_writes_to_is_not_clean) {
    LEND_UNWRAP(source, filled());
    wanted.path = dir.file("copy.db");
    wanted.pragmas.clear();
    LEND_UNWRAP(c, driver.create(wanted));
    sqlite3_backup* running = sqlite3_backup_init(c.native(), "main", source.native(), "main");
    ASSERT_NE(nullptr, running);
    ASSERT_EQ(SQLITE_OK, sqlite3_backup_step(running, 1));
    ASSERT_NE(0, sqlite3_get_autocommit(c.native())) << "autocommit says nothing about it";

    EXPECT_EQ(health::broken, driver.check(c, check_kind::passive));
    EXPECT_EQ(hr::e_fail, driver.reset(c));

    sqlite3_backup_finish(running);
    EXPECT_EQ(hr::s_ok, driver.reset(c));
}

TEST_F(SqliteLeftover, a_reset_by_reopening_fails_while_a_backup_reads_from_the_connection) {
    wanted.deep_reset = sqlite::reset_depth::reopen;
    LEND_UNWRAP(c, filled());
    LEND_UNWRAP(copy, sqlite::connection::open({.path = ":memory:"}));
    sqlite3_backup* running = sqlite3_backup_init(copy.native(), "main", c.native(), "main");
    ASSERT_NE(nullptr, running);
    ASSERT_EQ(SQLITE_OK, sqlite3_backup_step(running, 1));
    sqlite3* const source = c.native();

    EXPECT_EQ(hr::e_fail, driver.reset(c));

    EXPECT_EQ(nullptr, c.native());
    sqlite3_backup_finish(running);
    // SQLite keeps the source of a backup that outlives it; the test may not leak.
    sqlite3_close(source);
}

TEST_F(SqliteLeftover, a_blob_handle_outlives_its_connection_and_can_be_closed) {
    LEND_UNWRAP(c, driver.create(wanted));
    LEND_EXPECT_OK(c.exec("CREATE TABLE u(x); INSERT INTO u VALUES (x'616263')"));
    sqlite3_blob* blob = nullptr;
    ASSERT_EQ(SQLITE_OK, sqlite3_blob_open(c.native(), "main", "u", "x", 1, 0, &blob));
    raw(c, "SELECT 1");

    EXPECT_EQ(hr::e_fail, driver.destroy(std::move(c)));

    EXPECT_EQ(SQLITE_OK, sqlite3_blob_close(blob));
}

// ---- contents --------------------------------------------------------------------------------

#ifndef SQLITE_OMIT_DESERIALIZE
// Invariant: the memory that a borrower has given SQLite to read from is read by nobody afterwards
// (AddressSanitizer sees it if it is).
TEST_F(SqliteLeftover, contents_that_a_borrower_has_put_in_the_files_place_go_with_the_borrower) {
    for (const char* path : {wanted.path.c_str(), "file:/replaced?vfs=memdb",
                             "file:replaced?mode=memory&cache=shared", "file:replaced?vfs=memdb"}) {
        sqlite::database from = wanted;
        from.path = path;
        from.pragmas.clear();
        from.memory = sqlite::memory_life::connection;
        for (const bool enlisted : {false, true}) {
            LEND_UNWRAP(c, driver.create(from));
            EXPECT_EQ(hr::s_ok, driver.reset(c)) << path;
            LEND_EXPECT_OK(c.exec("CREATE TABLE IF NOT EXISTS u(x)"));
            sqlite3_int64 size = 0;
            unsigned char* const own = sqlite3_serialize(c.native(), "main", &size, 0);
            ASSERT_NE(nullptr, own);
            ASSERT_EQ(SQLITE_OK, sqlite3_deserialize(c.native(), "main", own, size, size, 0));
            LEND_EXPECT_OK(c.exec("SELECT * FROM u"));
            const transaction_id in = enlisted ? tx : transaction_id{};
            ASSERT_EQ(hr::s_ok, driver.enlist(c, in).code);
            sqlite3_free(own);

            EXPECT_EQ(hr::e_fail, driver.reset(c)) << path;

            EXPECT_EQ(hr::s_ok, driver.destroy(std::move(c)));
        }
    }
}

TEST_F(SqliteLeftover, contents_are_the_files_again_after_a_reset_by_reopening) {
    wanted.deep_reset = sqlite::reset_depth::reopen;
    LEND_UNWRAP(c, filled());
    ASSERT_EQ(SQLITE_OK, sqlite3_deserialize(c.native(), "main", nullptr, 0, 0, 0));
    ASSERT_FALSE(c.exec("SELECT * FROM t"));

    EXPECT_EQ(hr::s_ok, driver.reset(c));

    LEND_EXPECT_OK(c.exec("SELECT * FROM t"));
}
#endif

#ifndef SQLITE_OMIT_DESERIALIZE
TEST(FailureMode, 64_contents_that_a_borrower_has_put_in_a_databases_place_are_not_lent) {
    const lend_test::temp_dir dir;
    const sqlite::database file{.path = dir.file("t.db"), .mode = sqlite::open_mode::create};
    lend::pool<sqlite::driver> pool(sqlite::driver{}, {.max_size = 1});
    {
        LEND_UNWRAP(first, pool.acquire(file));
        LEND_EXPECT_OK(first->exec("CREATE TABLE mine(x)"));
        ASSERT_EQ(SQLITE_OK, sqlite3_deserialize(first->native(), "main", nullptr, 0, 0, 0));
        ASSERT_FALSE(first->exec("SELECT * FROM mine")) << "it is another database now";
    }

    LEND_UNWRAP(next, pool.acquire(file));

    EXPECT_EQ(1U, pool.stats().closed_for(lend::destroy_reason::reset_failed));
    EXPECT_EQ("mine", *next->query<std::string>("SELECT group_concat(name) FROM sqlite_master"));
}
#endif

// ---- virtual tables --------------------------------------------------------------------------

// Invariant: the statements that virtual tables prepare for themselves are finalised by them alone
// (AddressSanitizer sees it if they are not).
TEST_F(SqliteLeftover, a_connection_that_used_full_text_search_is_closed) {
    LEND_UNWRAP(c, driver.create(wanted));
    const auto made = c.exec("CREATE VIRTUAL TABLE words USING fts5(word)");
    if (!made) GTEST_SKIP() << "this SQLite was built without FTS5";
    LEND_EXPECT_OK(c.exec("INSERT INTO words VALUES ('a loan')"));
    ASSERT_EQ(1, *c.query<std::int64_t>("SELECT count(*) FROM words WHERE words MATCH 'loan'"));
    ASSERT_LT(0, statements(c)) << "FTS5 has some of its own";

    EXPECT_EQ(hr::s_ok, driver.reset(c));
    EXPECT_EQ(hr::s_ok, driver.destroy(std::move(c)));

    LEND_UNWRAP(next, driver.create(wanted));
    EXPECT_EQ("a loan",
              *next.query<std::string>("SELECT word FROM words WHERE words MATCH ?1", "loan"));
}

// Invariant: as above, with statements left that keep the virtual tables alive, in every order.
TEST_F(SqliteLeftover, a_connection_is_closed_in_the_middle_of_a_full_text_search) {
    const char* const left[] = {
        "SELECT * FROM words WHERE words MATCH 'loan'", "INSERT INTO words VALUES (?1)",
        "EXPLAIN SELECT * FROM words WHERE words MATCH 'loan'", "SELECT * FROM t",
        "SELECT * FROM words, other WHERE words MATCH 'a' AND other MATCH 'a'"};
    LEND_UNWRAP(first, filled());
    if (!first.exec("CREATE VIRTUAL TABLE words USING fts5(word);"
                    "CREATE VIRTUAL TABLE other USING fts5(word)"))
        GTEST_SKIP() << "this SQLite was built without FTS5";
    for (std::size_t from = 0; from < std::size(left); ++from) {
        LEND_UNWRAP(c, driver.create(wanted));
        for (std::size_t i = 0; i < std::size(left); ++i) {
            auto* s = raw(c, left[(from + i) % std::size(left)]);
            sqlite3_step(s);
            if (i % 2 == 0) sqlite3_step(raw(c, left[from]));
        }
        LEND_EXPECT_OK(c.exec("INSERT INTO words VALUES ('a loan')"));
        sqlite3_limit(c.native(), SQLITE_LIMIT_SQL_LENGTH, 5);

        EXPECT_EQ(hr::s_ok, driver.destroy(std::move(c))) << left[from];
    }
}

TEST_F(SqliteLeftover, a_connection_is_closed_in_the_middle_of_a_query_of_a_pragma) {
    LEND_UNWRAP(c, driver.create(wanted));
    ASSERT_EQ(SQLITE_ROW, sqlite3_step(raw(c, "SELECT * FROM pragma_collation_list")));
    ASSERT_EQ(2, statements(c)) << "one is the virtual table's";

    EXPECT_EQ(hr::s_ok, driver.destroy(std::move(c)));
}

} // namespace sqlite_leftover_test
