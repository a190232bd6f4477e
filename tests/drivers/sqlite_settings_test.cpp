// SPDX-License-Identifier: MIT
/// @file
/// What one borrower sets on a connection by SQLite's C functions is as before for the next.

#include <drivers/sqlite_fixture.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace sqlite_settings_test {

namespace hr = lend::hr;
namespace sqlite = lend::sqlite;

class SqliteSettings : public lend_test::sqlite_test {};

// All limits that this SQLite knows.
std::vector<int> limits(sqlite3* db) {
    std::vector<int> found;
    for (int id = 0;; ++id) {
        const int is = sqlite3_limit(db, id, -1);
        if (is < 0) return found;
        found.push_back(is);
    }
}

// All switches that this SQLite knows.
std::vector<int> switches(sqlite3* db) {
    std::vector<int> found;
    for (int each = SQLITE_DBCONFIG_ENABLE_FKEY; each <= SQLITE_DBCONFIG_MAX; ++each) {
        int is = -1;
        if (sqlite3_db_config(db, each, -1, &is) == SQLITE_OK) found.push_back(is);
    }
    return found;
}

void lower_all_limits(sqlite3* db) {
    for (int id = 0; sqlite3_limit(db, id, -1) >= 0; ++id) sqlite3_limit(db, id, 1);
}

void turn_all_switches(sqlite3* db) {
    for (int each = SQLITE_DBCONFIG_ENABLE_FKEY; each <= SQLITE_DBCONFIG_MAX; ++each) {
        int is = -1;
        sqlite3_db_config(db, each, -1, &is);
        sqlite3_db_config(db, each, is == 0 ? 1 : 0, static_cast<int*>(nullptr));
    }
}

TEST_F(SqliteSettings, of_one_borrower_are_undone_for_the_next) {
    wanted.pragmas.push_back({"foreign_keys", "ON"});
    LEND_UNWRAP(c, filled());
    const auto limits_before = limits(c.native());
    const auto switches_before = switches(c.native());
    ASSERT_LT(10U, limits_before.size());
    ASSERT_LT(10U, switches_before.size());
    LEND_EXPECT_OK(c.exec("BEGIN; DELETE FROM t"));
    lower_all_limits(c.native());
    turn_all_switches(c.native());
    ASSERT_NE(limits_before, limits(c.native()));
    ASSERT_NE(switches_before, switches(c.native()));

    EXPECT_EQ(hr::s_ok, driver.reset(c)) << "though ROLLBACK was longer than SQL might be";

    EXPECT_EQ(limits_before, limits(c.native()));
    EXPECT_EQ(switches_before, switches(c.native()));
    EXPECT_EQ(100, *c.query<std::int64_t>("SELECT count(*) FROM t"));
    EXPECT_EQ(1, *c.query<std::int64_t>("PRAGMA foreign_keys")) << "as the description has it";
}

TEST_F(SqliteSettings, of_the_program_stay_though_a_borrower_changes_them) {
    sqlite::driver careful(sqlite::additions{.install = [](sqlite3* db) -> lend::result<void> {
        sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 12);
        sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, static_cast<int*>(nullptr));
        return {};
    }});
    LEND_UNWRAP(c, careful.create(wanted));
    sqlite3_limit(c.native(), SQLITE_LIMIT_EXPR_DEPTH, 900);
    sqlite3_db_config(c.native(), SQLITE_DBCONFIG_DEFENSIVE, 0, static_cast<int*>(nullptr));

    EXPECT_EQ(hr::s_ok, careful.reset(c));

    int defensive = 0;
    sqlite3_db_config(c.native(), SQLITE_DBCONFIG_DEFENSIVE, -1, &defensive);
    EXPECT_EQ(1, defensive);
    EXPECT_EQ(12, sqlite3_limit(c.native(), SQLITE_LIMIT_EXPR_DEPTH, -1));
}

TEST_F(SqliteSettings, are_read_again_when_the_connection_is_reopened) {
    int opens = 0;
    wanted.deep_reset = sqlite::reset_depth::reopen;
    sqlite::driver counting(sqlite::additions{.install = [&](sqlite3* db) -> lend::result<void> {
        sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 10 + ++opens);
        return {};
    }});
    LEND_UNWRAP(c, counting.create(wanted));
    EXPECT_EQ(hr::s_ok, counting.reset(c));
    ASSERT_EQ(hr::s_ok, counting.enlist(c, lend::transaction_id{7}).code);
    sqlite3_limit(c.native(), SQLITE_LIMIT_EXPR_DEPTH, 900);

    EXPECT_EQ(hr::s_ok, counting.reset(c)) << "in a transaction nothing is reopened";

    EXPECT_EQ(2, opens);
    EXPECT_EQ(12, sqlite3_limit(c.native(), SQLITE_LIMIT_EXPR_DEPTH, -1));
}

TEST_F(SqliteSettings, that_are_codes_without_detail_are_undone) {
    LEND_UNWRAP(c, driver.create(wanted));
    LEND_EXPECT_OK(c.exec("CREATE TABLE u(x UNIQUE); INSERT INTO u VALUES (1)"));
    sqlite3_extended_result_codes(c.native(), 0);

    EXPECT_EQ(hr::s_ok, driver.reset(c));

    const auto twice = c.exec("INSERT INTO u VALUES (1)");
    ASSERT_FALSE(twice);
    EXPECT_EQ(SQLITE_CONSTRAINT_UNIQUE, sqlite3_errcode(c.native()));
}

#if SQLITE_VERSION_NUMBER >= 3039000
TEST_F(SqliteSettings, that_name_the_main_database_do_not_outlive_the_name) {
    LEND_UNWRAP(c, driver.create(wanted));
    std::string name = "another";
    sqlite3_db_config(c.native(), SQLITE_DBCONFIG_MAINDBNAME, name.c_str());
    ASSERT_STREQ("another", sqlite3_db_name(c.native(), 0));

    EXPECT_EQ(hr::s_ok, driver.reset(c));

    EXPECT_NE(name.c_str(), sqlite3_db_name(c.native(), 0));
    EXPECT_STREQ("main", sqlite3_db_name(c.native(), 0));
}
#endif

TEST(FailureMode, 62_a_limit_or_a_switch_of_one_borrower_is_not_found_by_the_next) {
    const lend_test::temp_dir dir;
    const sqlite::database file{.path = dir.file("t.db"), .mode = sqlite::open_mode::create};
    lend::pool<sqlite::driver> pool(sqlite::driver{}, {.max_size = 1});
    {
        LEND_UNWRAP(first, pool.acquire(file));
        turn_all_switches(first->native());
        lower_all_limits(first->native());
    }

    LEND_UNWRAP(next, pool.acquire(file));

    EXPECT_EQ(1U, pool.stats().created) << "it is the same connection";
    LEND_EXPECT_OK(next->exec("CREATE TABLE t(x, y, z); INSERT INTO t VALUES (1, 2, 3);"
                              "CREATE VIEW v AS SELECT * FROM t; SELECT * FROM v"));
}

TEST_F(SqliteSettings, of_the_checkpoints_are_undone) {
    wanted.pragmas.push_back({"wal_autocheckpoint", "77"});
    LEND_UNWRAP(c, driver.create(wanted));
    sqlite3_wal_autocheckpoint(c.native(), 5);
    ASSERT_EQ(5, *c.query<std::int64_t>("PRAGMA wal_autocheckpoint"));

    EXPECT_EQ(hr::s_ok, driver.reset(c));

    EXPECT_EQ(77, *c.query<std::int64_t>("PRAGMA wal_autocheckpoint"));
}

// Whether SQL may load native code: load_extension of null loads nothing, and says whether it
// might.
bool sql_may_load(sqlite::connection& c) {
    return static_cast<bool>(c.exec("SELECT load_extension(NULL)"));
}

bool program_may_load(sqlite3* db) {
    int is = -1;
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, -1, &is);
    return is == 1;
}

bool loads_extensions() { return sqlite3_compileoption_used("OMIT_LOAD_EXTENSION") == 0; }

TEST_F(SqliteSettings, that_let_sql_load_extensions_are_undone) {
    if (!loads_extensions()) GTEST_SKIP() << "this SQLite loads none";
    LEND_UNWRAP(c, driver.create(wanted));
    const bool program_might = program_may_load(c.native());
    ASSERT_FALSE(sql_may_load(c));
    for (const int on : {1, 0}) {
        sqlite3_enable_load_extension(c.native(), on);
        ASSERT_EQ(on == 1, sql_may_load(c));

        EXPECT_EQ(hr::s_ok, driver.reset(c));

        EXPECT_FALSE(sql_may_load(c));
        EXPECT_EQ(program_might, program_may_load(c.native()));
    }
}

TEST_F(SqliteSettings, by_which_the_program_lets_sql_load_extensions_stay) {
    if (!loads_extensions()) GTEST_SKIP() << "this SQLite loads none";
    for (const bool by_sql_too : {false, true}) {
        sqlite::driver loading(sqlite::additions{.install = [&](sqlite3* db) -> lend::result<void> {
            sqlite3_enable_load_extension(db, by_sql_too ? 1 : 0);
            sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1,
                              static_cast<int*>(nullptr));
            return {};
        }});
        LEND_UNWRAP(c, loading.create(wanted));
        for (const int on : {1, 0}) {
            sqlite3_enable_load_extension(c.native(), on);

            EXPECT_EQ(hr::s_ok, loading.reset(c));

            EXPECT_EQ(by_sql_too, sql_may_load(c));
            EXPECT_TRUE(program_may_load(c.native()));
        }
    }
}

// What a file control that can be asked with -1 and set says of the main database's file.
int asked(sqlite3* db, int control) {
    int is = -1;
    const int code = sqlite3_file_control(db, "main", control, &is);
    return code == SQLITE_OK ? is : -1;
}

void tell(sqlite3* db, int control, int value) {
    sqlite3_file_control(db, "main", control, &value);
}

TEST_F(SqliteSettings, of_the_file_that_can_be_asked_for_are_undone) {
    for (const int control : {SQLITE_FCNTL_PERSIST_WAL, SQLITE_FCNTL_POWERSAFE_OVERWRITE}) {
        LEND_UNWRAP(c, driver.create(wanted));
        const int before = asked(c.native(), control);
        ASSERT_LE(0, before);
        tell(c.native(), control, 1 - before);
        ASSERT_EQ(1 - before, asked(c.native(), control));

        EXPECT_EQ(hr::s_ok, driver.reset(c));

        EXPECT_EQ(before, asked(c.native(), control)) << control;
    }
}

TEST_F(SqliteSettings, of_the_file_that_are_the_programs_stay) {
    sqlite::driver keeping(sqlite::additions{.install = [](sqlite3* db) -> lend::result<void> {
        tell(db, SQLITE_FCNTL_PERSIST_WAL, 1);
        return {};
    }});
    LEND_UNWRAP(c, keeping.create(wanted));
    tell(c.native(), SQLITE_FCNTL_PERSIST_WAL, 0);

    EXPECT_EQ(hr::s_ok, keeping.reset(c));

    EXPECT_EQ(1, asked(c.native(), SQLITE_FCNTL_PERSIST_WAL));
}

TEST_F(SqliteSettings, of_a_file_are_not_asked_of_a_database_in_memory) {
    wanted = {.path = ":memory:", .memory = sqlite::memory_life::connection};
    LEND_UNWRAP(c, driver.create(wanted));

    EXPECT_EQ(hr::s_ok, driver.reset(c));
}

TEST(FailureMode, 62_sql_of_the_next_borrower_loads_no_code_though_another_allowed_its_own) {
    if (!loads_extensions()) GTEST_SKIP() << "this SQLite loads none";
    const lend_test::temp_dir dir;
    const sqlite::database file{.path = dir.file("t.db"), .mode = sqlite::open_mode::create};
    lend::pool<sqlite::driver> pool(sqlite::driver{}, {.max_size = 1});
    {
        LEND_UNWRAP(first, pool.acquire(file));
        sqlite3_enable_load_extension(first->native(), 1);
        ASSERT_TRUE(sql_may_load(*first));
    }

    LEND_UNWRAP(next, pool.acquire(file));

    EXPECT_EQ(1U, pool.stats().created) << "it is the same connection";
    EXPECT_FALSE(sql_may_load(*next));
}

} // namespace sqlite_settings_test
