// SPDX-License-Identifier: MIT
/// @file
/// How the SQLite driver opens databases, and what it says when it cannot; statements and codes.

#include <drivers/sqlite_fixture.hpp>

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace sqlite_connection_test {

using namespace std::chrono_literals;
namespace hr = lend::hr;
namespace sqlite = lend::sqlite;

class SqliteConnection : public lend_test::sqlite_test {};

// ---- opening ---------------------------------------------------------------------------------

TEST_F(SqliteConnection, opens_without_a_mutex_of_sqlites_own) {
    LEND_UNWRAP(c, driver.create(wanted));

    EXPECT_EQ(nullptr, sqlite3_db_mutex(c.native()));
}

TEST_F(SqliteConnection, sets_the_pragmas_in_order_and_runs_the_set_up_after_them) {
    wanted.pragmas = {{"journal_mode", "WAL"}, {"cache_size", "-100"}, {"cache_size", "-200"}};
    wanted.set_up = {"CREATE TEMP TABLE size AS SELECT * FROM pragma_cache_size"};

    LEND_UNWRAP(c, driver.create(wanted));

    EXPECT_EQ("wal", *c.query<std::string>("PRAGMA journal_mode"));
    EXPECT_EQ(-200, *c.query<std::int64_t>("SELECT * FROM size"));
}

struct bad_database {
    const char* name;
    void (*spoil)(sqlite::database&);
    lend::hresult code;
    const char* says;
};

class SqliteBadDatabase : public SqliteConnection,
                          public testing::WithParamInterface<bad_database> {};

TEST_P(SqliteBadDatabase, is_refused_with_words_that_say_what_would_be_right) {
    GetParam().spoil(wanted);

    const auto c = driver.create(wanted);

    ASSERT_FALSE(c);
    EXPECT_EQ(GetParam().code, c.error().code());
    EXPECT_NE(c.error().text().npos, c.error().text().find(GetParam().says)) << c.error().message();
}

INSTANTIATE_TEST_SUITE_P(
    fields,
    SqliteBadDatabase,
    testing::Values(
        bad_database{"empty_path", [](sqlite::database& d) { d.path = ""; }, hr::e_invalidarg,
                     "database.path is empty"},
        bad_database{"null_character", [](sqlite::database& d) { d.path.push_back('\0'); },
                     hr::e_invalidarg, "null character"},
        bad_database{"negative_wait", [](sqlite::database& d) { d.busy_timeout = -1ms; },
                     hr::e_invalidarg, "database.busy_timeout is -1 ms"},
        bad_database{"endless_wait",
                     [](sqlite::database& d) { d.busy_timeout = std::chrono::milliseconds::max(); },
                     hr::e_invalidarg, "database.busy_timeout"},
        bad_database{"misspelt_pragma",
                     [](sqlite::database& d) {
                         d.pragmas = {{"foreign_key", "ON"}};
                     },
                     hr::e_invalidarg, "no pragma \"foreign_key\""},
        bad_database{"pragma_with_more_in_its_name",
                     [](sqlite::database& d) {
                         d.pragmas = {{"user_version=1;--", ""}};
                     },
                     hr::e_invalidarg, "no pragma"},
        bad_database{"journal_mode_that_cannot_be",
                     [](sqlite::database& d) { d.path = "file:/no_wal?vfs=memdb"; }, hr::e_fail,
                     "its journal mode is memory and could not be made WAL"},
        bad_database{"memory_of_each_connection", [](sqlite::database& d) { d.path = ":memory:"; },
                     hr::e_invalidarg, "file:/name?vfs=memdb"},
        bad_database{"mode_that_is_none",
                     [](sqlite::database& d) { d.mode = static_cast<sqlite::open_mode>(3); },
                     hr::e_invalidarg,
                     "database.mode is 3, which is none of its values; use "
                     "read_only, read_write or create"},
        bad_database{
            "reset_that_is_none",
            [](sqlite::database& d) { d.deep_reset = static_cast<sqlite::reset_depth>(9); },
            hr::e_invalidarg, "database.deep_reset is 9"},
        bad_database{"life_that_is_none",
                     [](sqlite::database& d) { d.memory = static_cast<sqlite::memory_life>(2); },
                     hr::e_invalidarg, "use pool or connection"},
        bad_database{"set_up_that_is_not_sql",
                     [](sqlite::database& d) { d.set_up = {"ATACH 'x' AS y"}; }, hr::e_fail,
                     "ATACH"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST_F(SqliteConnection, a_missing_file_is_named_and_not_made) {
    wanted.mode = sqlite::open_mode::read_write;

    const auto c = driver.create(wanted);

    ASSERT_FALSE(c);
    EXPECT_EQ(SQLITE_CANTOPEN, c.error().driver_code());
    EXPECT_NE(c.error().text().npos, c.error().text().find(wanted.path)) << c.error().message();
    EXPECT_NE(c.error().text().npos, c.error().text().find("no such file")) << c.error().message();
    EXPECT_FALSE(std::filesystem::exists(wanted.path));
}

TEST_F(SqliteConnection, a_missing_directory_is_told_from_a_missing_file) {
    wanted.path = dir.file("nowhere/test.db");

    const auto c = driver.create(wanted);

    ASSERT_FALSE(c);
    EXPECT_NE(c.error().text().npos, c.error().text().find("its directory does not exist"))
        << c.error().message();
}

TEST_F(SqliteConnection, a_directory_is_called_one_in_every_mode) {
    wanted.path = dir.path().string();
    for (const auto mode :
         {sqlite::open_mode::read_only, sqlite::open_mode::read_write, sqlite::open_mode::create}) {
        wanted.mode = mode;

        const auto c = driver.create(wanted);

        ASSERT_FALSE(c);
        EXPECT_NE(c.error().text().npos, c.error().text().find("this is a directory"))
            << c.error().message();
    }
}

TEST_F(SqliteConnection, a_file_that_is_no_database_is_refused_and_left_as_it_was) {
    const std::string words(4096, 'x');
    std::ofstream(wanted.path) << words;

    const auto c = driver.create(wanted);

    ASSERT_FALSE(c);
    EXPECT_EQ(SQLITE_NOTADB, c.error().driver_code());
    EXPECT_NE(c.error().text().npos, c.error().text().find("not an SQLite database"))
        << c.error().message();
    EXPECT_EQ(words.size(), std::filesystem::file_size(wanted.path));
}

TEST_F(SqliteConnection, a_file_without_permission_is_access_denied) {
    ASSERT_TRUE(filled());
    ASSERT_EQ(0, chmod(dir.path().c_str(), 0777));
    ASSERT_EQ(0, chmod(wanted.path.c_str(), 0000));
    const lend_test::without_privilege scope;

    const auto c = driver.create(wanted);

    ASSERT_FALSE(c);
    EXPECT_EQ(hr::e_accessdenied, c.error().code());
    EXPECT_NE(c.error().text().npos, c.error().text().find("may not open it"))
        << c.error().message();
}

TEST_F(SqliteConnection, a_file_that_may_only_be_read_is_not_opened_for_writing) {
    ASSERT_TRUE(filled());
    ASSERT_EQ(0, chmod(dir.path().c_str(), 0777));
    ASSERT_EQ(0, chmod(wanted.path.c_str(), 0444));
    const lend_test::without_privilege scope;

    const auto c = driver.create(wanted);

    ASSERT_FALSE(c);
    EXPECT_EQ(hr::e_accessdenied, c.error().code());
    EXPECT_NE(c.error().text().npos, c.error().text().find("open_mode::read_only"))
        << c.error().message();
}

TEST_F(SqliteConnection, a_locked_file_is_reported_after_the_busy_timeout) {
    wanted.pragmas = {{"journal_mode", "DELETE"}};
    LEND_UNWRAP(owner, filled());
    LEND_EXPECT_OK(owner.exec("BEGIN EXCLUSIVE"));
    wanted.pragmas.clear();
    wanted.busy_timeout = 50ms;
    const auto before = std::chrono::steady_clock::now();

    const auto c = driver.create(wanted);

    ASSERT_FALSE(c);
    EXPECT_LE(50ms, std::chrono::steady_clock::now() - before);
    EXPECT_EQ(hr::lend_e_timed_out, c.error().code());
    EXPECT_EQ(SQLITE_BUSY, c.error().driver_code());
    EXPECT_NE(c.error().text().npos, c.error().text().find("has it locked")) << c.error().message();
    EXPECT_NE(c.error().text().npos, c.error().text().find("50 ms")) << c.error().message();
}

// While it lives, SQLite calls this in each open, when it has the file and has not read from it:
// the file `from` takes its place.
class replacing_in_open {
public:
    replacing_in_open(std::string from, std::string to) {
        from_ = std::move(from);
        to_ = std::move(to);
        EXPECT_EQ(SQLITE_OK, sqlite3_auto_extension(reinterpret_cast<void (*)()>(&replace)));
    }
    replacing_in_open(const replacing_in_open&) = delete;
    replacing_in_open& operator=(const replacing_in_open&) = delete;
    ~replacing_in_open() { sqlite3_reset_auto_extension(); }

private:
    static int replace(sqlite3*, const char**, const void*) {
        std::filesystem::rename(from_, to_);
        return SQLITE_OK;
    }
    static inline std::string from_;
    static inline std::string to_;
};

TEST_F(SqliteConnection, a_file_that_is_replaced_while_it_is_opened_is_refused) {
    sqlite::database fresh = wanted;
    fresh.path = dir.file("fresh.db");
    EXPECT_TRUE(filled());
    EXPECT_TRUE(driver.create(fresh));
    {
        const replacing_in_open replacing(fresh.path, wanted.path);

        const auto refused = driver.create(wanted);

        ASSERT_FALSE(refused);
        EXPECT_EQ(SQLITE_READONLY_DBMOVED, refused.error().driver_code());
        EXPECT_NE(std::string::npos, refused.error().message().find("replaced meanwhile"))
            << refused.error().message();
    }
    LEND_UNWRAP(next, driver.create(wanted));
    EXPECT_EQ(0, *next.query<std::int64_t>("SELECT count(*) FROM sqlite_master"));
}

// Invariant: every one of the connections that open a new file at the same time gets it, in WAL
// mode; without the retries of `opening`, about 3 of 1000 fail at once with SQLITE_BUSY.
TEST_F(SqliteConnection, many_threads_can_make_one_new_file_at_once) {
    constexpr int rounds = 200;
    constexpr int threads = 8;
    wanted.pragmas = {{"synchronous", "OFF"}, {"journal_mode", "WAL"}};
    std::atomic<int> opened{0};
    std::vector<std::string> words(threads);
    for (int round = 0; round < rounds; ++round) {
        wanted.path = dir.file(("new" + std::to_string(round)).c_str());
        std::atomic<int> ready{0};
        std::vector<std::thread> crowd;
        for (int t = 0; t < threads; ++t) {
            crowd.emplace_back([&, t] {
                ready.fetch_add(1);
                while (ready.load() < threads) std::this_thread::yield();
                const auto c = driver.create(wanted);
                if (c) opened.fetch_add(1);
                if (!c) words[static_cast<std::size_t>(t)] = c.error().message();
            });
        }
        for (std::thread& each : crowd) each.join();
    }

    EXPECT_EQ(rounds * threads, opened.load());
    for (const std::string& each : words) EXPECT_EQ("", each);
}

TEST_F(SqliteConnection, a_read_only_connection_reads_and_does_not_write) {
    ASSERT_TRUE(filled());
    wanted.mode = sqlite::open_mode::read_only;
    wanted.pragmas.clear();

    LEND_UNWRAP(reader, driver.create(wanted));

    EXPECT_EQ(100, *reader.query<std::int64_t>("SELECT count(*) FROM t"));
    const auto written = reader.exec("INSERT INTO t VALUES (101)");
    ASSERT_FALSE(written);
    EXPECT_EQ(hr::e_accessdenied, written.error().code());
}

TEST_F(SqliteConnection, connections_of_one_process_can_share_a_database_in_memory) {
    wanted.path = "file:/shared?vfs=memdb";
    wanted.pragmas.clear();
    LEND_UNWRAP(one, filled());
    LEND_UNWRAP(two, driver.create(wanted));

    EXPECT_EQ(100, *two.query<std::int64_t>("SELECT count(*) FROM t"));
    EXPECT_EQ(lend::health::good, driver.check(two, lend::check_kind::active));
    EXPECT_EQ(hr::s_ok, driver.reset(one));
}

// ---- statements ------------------------------------------------------------------------------

TEST_F(SqliteConnection, a_statement_binds_values_and_reads_them_back) {
    LEND_UNWRAP(c, driver.create(wanted));
    LEND_UNWRAP(s, c.prepare("SELECT ?1, ?2, ?3, ?4 IS NULL, ?5"));

    LEND_EXPECT_OK(s.bind(42, 2.5, std::string("a\0b", 3), nullptr, true));

    ASSERT_TRUE(*s.step());
    EXPECT_EQ(42, s.integer(0));
    EXPECT_EQ(2.5, s.real(1));
    EXPECT_EQ(std::string_view("a\0b", 3), s.text(2));
    EXPECT_EQ(1, s.integer(3));
    EXPECT_EQ(1, s.integer(4));
    EXPECT_FALSE(*s.step());
}

TEST_F(SqliteConnection, a_value_that_does_not_fit_is_refused) {
    LEND_UNWRAP(c, driver.create(wanted));
    LEND_UNWRAP(s, c.prepare("SELECT ?1"));

    EXPECT_EQ(SQLITE_RANGE, s.bind(1, 2).error().driver_code());
    EXPECT_EQ(SQLITE_MISMATCH, s.bind(~std::uint64_t{0}).error().driver_code());
}

TEST_F(SqliteConnection, a_statement_that_failed_can_run_again) {
    LEND_UNWRAP(c, filled());
    LEND_UNWRAP(insert, c.prepare("INSERT INTO t VALUES (?1)"));

    const auto twice = insert.run(1);
    const auto once = insert.run(101);

    ASSERT_FALSE(twice);
    EXPECT_EQ(SQLITE_CONSTRAINT_PRIMARYKEY, twice.error().driver_code());
    LEND_EXPECT_OK(once);
}

TEST_F(SqliteConnection, an_error_quotes_sqlite_and_the_statement) {
    LEND_UNWRAP(c, driver.create(wanted));

    const auto failed = c.query<std::int64_t>("SELECT x FROM absent");

    ASSERT_FALSE(failed);
    EXPECT_EQ("no such table: absent (in: SELECT x FROM absent)", failed.error().text());
    EXPECT_EQ(SQLITE_ERROR, failed.error().driver_code());
}

TEST_F(SqliteConnection, a_query_without_a_row_is_an_error) {
    LEND_UNWRAP(c, filled());

    EXPECT_EQ(hr::e_fail, c.query<std::int64_t>("SELECT x FROM t WHERE x = ?1", 1000).code());
    EXPECT_EQ(7, *c.query<std::int64_t>("SELECT x FROM t WHERE x = ?1", 7));
}

TEST_F(SqliteConnection, exec_runs_all_statements_and_stops_at_the_first_that_fails) {
    LEND_UNWRAP(c, filled());

    const auto done = c.exec("DELETE FROM t WHERE x = 1; -- one\n  DELETE FROM absent; "
                             "DELETE FROM t");
    LEND_EXPECT_OK(c.exec(""));
    LEND_EXPECT_OK(c.exec(" ; -- nothing"));
    LEND_EXPECT_OK(c.exec(std::string_view("SELECT 1;\0junk", 14)));

    EXPECT_FALSE(done);
    EXPECT_EQ(99, *c.query<std::int64_t>("SELECT count(*) FROM t"));
}

// ---- codes -----------------------------------------------------------------------------------

TEST_F(SqliteConnection, a_code_of_sqlites_becomes_the_nearest_of_lends) {
    struct row {
        int code;
        lend::hresult becomes;
    };
    for (const row& each :
         {row{SQLITE_OK, hr::s_ok}, row{SQLITE_DONE, hr::s_ok},
          row{SQLITE_NOMEM, hr::e_outofmemory}, row{SQLITE_IOERR_NOMEM, hr::e_outofmemory},
          row{SQLITE_READONLY_DBMOVED, hr::e_accessdenied}, row{SQLITE_BUSY, hr::lend_e_timed_out},
          row{SQLITE_BUSY_RECOVERY, hr::lend_e_timed_out}, row{SQLITE_BUSY_SNAPSHOT, hr::e_abort},
          row{SQLITE_INTERRUPT, hr::e_abort}, row{SQLITE_MISUSE, hr::e_unexpected},
          row{SQLITE_CORRUPT, hr::e_fail}}) {
        EXPECT_EQ(each.becomes, sqlite::to_hresult(each.code)) << each.code;
    }
}

TEST_F(SqliteConnection, a_read_that_turns_into_a_write_too_late_says_so_at_once) {
    LEND_UNWRAP(reader, filled());
    LEND_UNWRAP(writer, driver.create(wanted));
    LEND_EXPECT_OK(reader.exec("BEGIN"));
    ASSERT_EQ(100, *reader.query<std::int64_t>("SELECT count(*) FROM t"));
    LEND_EXPECT_OK(writer.exec("INSERT INTO t VALUES (101)"));

    const auto late = reader.exec("INSERT INTO t VALUES (102)");

    ASSERT_FALSE(late);
    EXPECT_EQ(SQLITE_BUSY_SNAPSHOT, late.error().driver_code());
    EXPECT_EQ(hr::e_abort, late.error().code());
}

TEST_F(SqliteConnection, and_statements_take_over_by_assignment_and_end_what_they_had) {
    LEND_UNWRAP(c, filled());
    LEND_UNWRAP(other, driver.create(wanted));
    LEND_UNWRAP(s, c.prepare("SELECT 1"));
    LEND_UNWRAP(t, c.prepare("SELECT 2"));
    sqlite3_stmt* const second = t.native();

    s = std::move(t);
    EXPECT_EQ(second, s.native());
    EXPECT_EQ(1, statements(c));

    sqlite3* const kept = c.native();
    other = std::move(c);
    EXPECT_EQ(kept, other.native());
    EXPECT_EQ(100, *other.query<std::int64_t>("SELECT count(*) FROM t"));
}

TEST(SqliteCodes, of_rows_permissions_and_aborts_have_their_hresult) {
    EXPECT_EQ(hr::s_ok, sqlite::to_hresult(SQLITE_ROW));
    EXPECT_EQ(hr::e_accessdenied, sqlite::to_hresult(SQLITE_PERM));
    EXPECT_EQ(hr::e_accessdenied, sqlite::to_hresult(SQLITE_AUTH));
    EXPECT_EQ(hr::e_abort, sqlite::to_hresult(SQLITE_ABORT));
}

TEST(SqliteCodes, that_are_others_affair_leave_the_connection_good) {
    sqlite::driver driver;
    for (const int code : {SQLITE_ABORT, SQLITE_NOMEM, SQLITE_NOTFOUND, SQLITE_EMPTY, SQLITE_SCHEMA,
                           SQLITE_TOOBIG, SQLITE_MISMATCH, SQLITE_AUTH, SQLITE_RANGE}) {
        EXPECT_EQ(lend::health::good, driver.classify(lend::error(hr::e_fail, "", code))) << code;
    }
    for (const auto code : {hr::lend_e_cancelled, hr::lend_e_stale}) {
        EXPECT_EQ(lend::health::good, driver.classify(lend::error(code)));
    }
}

} // namespace sqlite_connection_test
