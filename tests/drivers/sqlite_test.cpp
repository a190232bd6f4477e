// SPDX-License-Identifier: MIT
/// @file
/// What the SQLite driver clears, checks, closes, interrupts and enlists, against the real library.

#include <drivers/sqlite_fixture.hpp>

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace sqlite_test {

using namespace std::chrono_literals;
namespace hr = lend::hr;
namespace sqlite = lend::sqlite;
using lend::check_kind;
using lend::health;
using lend::transaction_id;

class SqliteDriver : public lend_test::sqlite_test {};

// ---- the concept -----------------------------------------------------------------------------

TEST_F(SqliteDriver, has_every_member_that_lend_calls_but_rate_name_and_idle_limit) {
    using traits = lend::driver_traits<sqlite::driver>;

    static_assert(lend::resource_driver<sqlite::driver>);
    static_assert(traits::has_create && traits::has_enlist && traits::has_reset);
    static_assert(traits::has_destroy && traits::has_check && traits::has_abandon);
    static_assert(traits::has_interrupt && traits::has_classify);
    static_assert(!traits::has_rate && !traits::has_name && !traits::has_idle_limit);
}

TEST_F(SqliteDriver, a_connection_moves_and_does_not_copy) {
    static_assert(std::is_nothrow_move_constructible_v<sqlite::connection>);
    static_assert(!std::is_copy_constructible_v<sqlite::connection>);
    LEND_UNWRAP(first, driver.create(wanted));

    sqlite::connection second(std::move(first));

    EXPECT_EQ(nullptr, first.native());
    LEND_EXPECT_OK(second.exec("SELECT 1"));
}

TEST_F(SqliteDriver, descriptions_are_equal_if_every_field_is) {
    const std::vector<void (*)(sqlite::database&)> changes{
        [](sqlite::database& d) { d.path += "x"; },
        [](sqlite::database& d) { d.mode = sqlite::open_mode::read_only; },
        [](sqlite::database& d) { d.busy_timeout = 1ms; },
        [](sqlite::database& d) { d.pragmas.clear(); },
        [](sqlite::database& d) { d.pragmas[0].name = "foreign_keys"; },
        [](sqlite::database& d) { d.pragmas[0].value = "DELETE"; },
        [](sqlite::database& d) { d.set_up = {"SELECT 1"}; },
        [](sqlite::database& d) { d.deep_reset = sqlite::reset_depth::reopen; },
        [](sqlite::database& d) { d.memory = sqlite::memory_life::connection; },
    };
    EXPECT_EQ(wanted, sqlite::database(wanted));
    for (const auto& change : changes) {
        sqlite::database other = wanted;

        change(other);

        EXPECT_FALSE(wanted == other) << &change - changes.data();
    }
}

// ---- classify --------------------------------------------------------------------------------

struct classified {
    int code;
    health is;
};

TEST_F(SqliteDriver, classifies_by_what_the_code_says_of_the_connection) {
    const classified all[] = {
        {SQLITE_CORRUPT, health::broken},
        {SQLITE_NOTADB, health::broken},
        {SQLITE_IOERR, health::broken},
        {SQLITE_IOERR_FSYNC, health::broken},
        {SQLITE_CANTOPEN, health::broken},
        {SQLITE_PROTOCOL, health::broken},
        {SQLITE_MISUSE, health::broken},
        {SQLITE_INTERNAL, health::broken},
        {250, health::broken}, // nothing that SQLite knows today
        {SQLITE_CONSTRAINT, health::good},
        {SQLITE_CONSTRAINT_UNIQUE, health::good},
        {SQLITE_BUSY, health::good},
        {SQLITE_BUSY_SNAPSHOT, health::good},
        {SQLITE_LOCKED, health::good},
        {SQLITE_ERROR, health::good},
        {SQLITE_INTERRUPT, health::good},
        {SQLITE_FULL, health::good},
        {SQLITE_READONLY, health::good},
        {SQLITE_READONLY_DBMOVED, health::backend_gone},
    };
    for (const classified& each : all) {
        const lend::error met(sqlite::to_hresult(each.code), "met", each.code);

        EXPECT_EQ(each.is, driver.classify(met)) << sqlite3_errstr(each.code);
    }
}

TEST_F(SqliteDriver, classifies_what_has_no_code_of_sqlites_by_whose_fault_it_is) {
    EXPECT_EQ(health::good, driver.classify(lend::error(hr::lend_e_timed_out)));
    EXPECT_EQ(health::good, driver.classify(lend::error(hr::e_invalidarg)));
    EXPECT_EQ(health::broken, driver.classify(lend::error(hr::e_fail)));
}

TEST_F(SqliteDriver, classifies_what_the_library_really_answers) {
    LEND_UNWRAP(c, driver.create(wanted));
    LEND_EXPECT_OK(c.exec("CREATE TABLE u(x UNIQUE); INSERT INTO u VALUES (1)"));

    const auto twice = c.exec("INSERT INTO u VALUES (1)");
    const auto nonsense = c.exec("SELEKT");

    ASSERT_FALSE(twice.has_value() || nonsense.has_value());
    EXPECT_EQ(health::good, driver.classify(twice.error()));
    EXPECT_EQ(health::good, driver.classify(nonsense.error()));
    std::ofstream(wanted.path + ".bad") << std::string(4096, 'x');
    wanted.path += ".bad";
    auto bad = driver.create(wanted);
    const lend::error met = bad ? bad->exec("SELECT * FROM sqlite_master").error() : bad.error();
    EXPECT_EQ(SQLITE_NOTADB, met.driver_code() & 0xFF);
    EXPECT_EQ(health::broken, driver.classify(met));
}

// ---- reset -----------------------------------------------------------------------------------

TEST_F(SqliteDriver, reset_ends_the_read_transaction_of_a_select_that_nobody_finished) {
    LEND_UNWRAP(reader, filled());
    LEND_UNWRAP(writer, driver.create(wanted));
    sqlite3_stmt* left = raw(reader, "SELECT x FROM t");
    ASSERT_EQ(SQLITE_ROW, sqlite3_step(left));
    LEND_EXPECT_OK(writer.exec("INSERT INTO t VALUES (101)"));
    ASSERT_NE(0, sqlite3_get_autocommit(reader.native())) << "autocommit says nothing about it";
    ASSERT_EQ(SQLITE_BUSY, truncate_wal(writer)) << "and the WAL cannot be emptied";

    EXPECT_EQ(hr::s_ok, driver.reset(reader));

    EXPECT_EQ(SQLITE_TXN_NONE, sqlite3_txn_state(reader.native(), nullptr));
    EXPECT_EQ(SQLITE_OK, truncate_wal(writer));
    EXPECT_EQ(0U, std::filesystem::file_size(wanted.path + "-wal"));
}

TEST_F(SqliteDriver, reset_rolls_back_a_transaction_left_open) {
    LEND_UNWRAP(c, filled());
    LEND_EXPECT_OK(c.exec("BEGIN; DELETE FROM t"));

    EXPECT_EQ(hr::s_ok, driver.reset(c));

    EXPECT_NE(0, sqlite3_get_autocommit(c.native()));
    EXPECT_EQ(100, *c.query<std::int64_t>("SELECT count(*) FROM t"));
}

TEST_F(SqliteDriver, reset_rolls_back_with_a_statement_in_the_middle_of_its_rows) {
    LEND_UNWRAP(c, filled());
    LEND_EXPECT_OK(c.exec("BEGIN IMMEDIATE; SAVEPOINT inner; DELETE FROM t WHERE x > 50"));
    ASSERT_EQ(SQLITE_ROW, sqlite3_step(raw(c, "SELECT x FROM t")));
    ASSERT_EQ(SQLITE_ROW, sqlite3_step(raw(c, "DELETE FROM t RETURNING x")));

    EXPECT_EQ(hr::s_ok, driver.reset(c));

    EXPECT_EQ(health::good, driver.check(c, check_kind::passive));
    EXPECT_EQ(100, *c.query<std::int64_t>("SELECT count(*) FROM t"));
}

TEST_F(SqliteDriver, reset_keeps_a_prepared_statement_and_clears_its_bindings) {
    LEND_UNWRAP(c, driver.create(wanted));
    sqlite3_stmt* kept = raw(c, "SELECT ?1");
    ASSERT_EQ(SQLITE_OK, sqlite3_bind_text(kept, 1, "secret", -1, SQLITE_STATIC));
    ASSERT_EQ(SQLITE_ROW, sqlite3_step(kept));

    EXPECT_EQ(hr::s_ok, driver.reset(c));

    ASSERT_EQ(SQLITE_ROW, sqlite3_step(kept));
    EXPECT_EQ(SQLITE_NULL, sqlite3_column_type(kept, 0));
}

TEST_F(SqliteDriver, reset_removes_the_hooks_that_a_user_left) {
    LEND_UNWRAP(c, filled());
    sqlite3_progress_handler(
        c.native(), 1, [](void*) { return 1; }, nullptr);
    sqlite3_set_authorizer(
        c.native(),
        [](void*, int, const char*, const char*, const char*, const char*) { return SQLITE_DENY; },
        nullptr);
    sqlite3_commit_hook(
        c.native(), [](void*) { return 1; }, nullptr);
    sqlite3_busy_handler(
        c.native(), [](void*, int) { return 0; }, nullptr);

    EXPECT_EQ(hr::s_ok, driver.reset(c));

    LEND_EXPECT_OK(c.exec("DELETE FROM t"));
    EXPECT_EQ(5000, *c.query<std::int64_t>("PRAGMA busy_timeout"));
}

TEST_F(SqliteDriver, a_light_reset_leaves_attached_databases_temporary_tables_and_pragmas) {
    LEND_UNWRAP(c, driver.create(wanted));
    LEND_EXPECT_OK(c.exec("ATTACH ':memory:' AS other; CREATE TEMP TABLE mine(x);"
                          "PRAGMA cache_size = -123"));

    EXPECT_EQ(hr::s_ok, driver.reset(c));

    LEND_EXPECT_OK(c.exec("CREATE TABLE other.x(y); INSERT INTO mine VALUES (1)"));
    EXPECT_EQ(-123, *c.query<std::int64_t>("PRAGMA cache_size"));
}

TEST_F(SqliteDriver, a_reset_by_reopening_leaves_nothing) {
    wanted.deep_reset = sqlite::reset_depth::reopen;
    LEND_UNWRAP(c, filled());
    LEND_EXPECT_OK(c.exec("ATTACH ':memory:' AS other; CREATE TEMP TABLE mine(x);"
                          "PRAGMA cache_size = -123; BEGIN; DELETE FROM t"));
    raw(c, "SELECT 1");

    EXPECT_EQ(hr::s_ok, driver.reset(c));

    EXPECT_FALSE(c.exec("CREATE TABLE other.x(y)"));
    EXPECT_FALSE(c.exec("INSERT INTO mine VALUES (1)"));
    EXPECT_NE(-123, *c.query<std::int64_t>("PRAGMA cache_size"));
    EXPECT_EQ(100, *c.query<std::int64_t>("SELECT count(*) FROM t"));
    EXPECT_EQ(0, statements(c));
    EXPECT_EQ("wal", *c.query<std::string>("PRAGMA journal_mode"));
}

TEST_F(SqliteDriver, a_reset_that_cannot_reopen_fails_and_leaves_nothing_open) {
    wanted.deep_reset = sqlite::reset_depth::reopen;
    wanted.mode = sqlite::open_mode::create;
    LEND_UNWRAP(c, filled());
    LEND_EXPECT_OK(c.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
    std::filesystem::remove(wanted.path);
    std::filesystem::create_directory(wanted.path);

    EXPECT_TRUE(lend::failed(driver.reset(c)));

    EXPECT_EQ(nullptr, c.native());
    EXPECT_EQ(health::broken, driver.check(c, check_kind::passive));
    EXPECT_EQ(hr::s_ok, driver.destroy(std::move(c)));
}

// ---- check -----------------------------------------------------------------------------------

TEST_F(SqliteDriver, a_clean_connection_is_good) {
    LEND_UNWRAP(c, filled());

    EXPECT_EQ(health::good, driver.check(c, check_kind::passive));
    EXPECT_EQ(health::good, driver.check(c, check_kind::active));
}

TEST_F(SqliteDriver, a_connection_that_somebody_still_uses_is_broken) {
    for (const char* use : {"SELECT x FROM t", "SELECT 1 UNION SELECT 2", "BEGIN"}) {
        LEND_UNWRAP(c, filled());
        sqlite3_step(raw(c, use));

        EXPECT_EQ(health::broken, driver.check(c, check_kind::passive)) << use;
    }
}

TEST_F(SqliteDriver, a_file_that_was_deleted_moved_or_replaced_is_gone) {
    const std::vector<void (*)(const std::string&)> ways{
        [](const std::string& p) { std::filesystem::remove(p); },
        [](const std::string& p) { std::filesystem::rename(p, p + ".old"); },
        [](const std::string& p) {
            std::filesystem::copy_file(p, p + ".new");
            std::filesystem::rename(p + ".new", p);
        },
    };
    for (std::size_t way = 0; way < ways.size(); ++way) {
        wanted.path = dir.file(("way" + std::to_string(way)).c_str());
        LEND_UNWRAP(c, filled());

        ways[way](wanted.path);

        EXPECT_EQ(100, *c.query<std::int64_t>("SELECT count(*) FROM t")) << "reads go on";
        EXPECT_EQ(health::backend_gone, driver.check(c, check_kind::passive)) << way;
    }
}

TEST_F(SqliteDriver, an_active_check_sees_that_the_file_was_overwritten) {
    wanted.pragmas = {{"journal_mode", "DELETE"}};
    LEND_UNWRAP(c, filled());
    {
        std::fstream file(wanted.path, std::ios::in | std::ios::out | std::ios::binary);
        file << std::string(4096, 'x');
    }

    EXPECT_EQ(health::good, driver.check(c, check_kind::passive));
    EXPECT_EQ(health::broken, driver.check(c, check_kind::active));
}

TEST_F(SqliteDriver, an_active_check_does_not_wait_for_a_lock_and_calls_it_good) {
    wanted.pragmas = {{"journal_mode", "DELETE"}};
    wanted.busy_timeout = 1h;
    LEND_UNWRAP(owner, filled());
    LEND_UNWRAP(c, driver.create(wanted));
    LEND_EXPECT_OK(owner.exec("BEGIN EXCLUSIVE"));

    EXPECT_EQ(health::good, driver.check(c, check_kind::active));

    EXPECT_EQ(3600000, *c.query<std::int64_t>("PRAGMA busy_timeout"));
}

// ---- destroy ---------------------------------------------------------------------------------

TEST_F(SqliteDriver, destroy_finalises_what_was_left_and_closes) {
    LEND_UNWRAP(c, filled());
    LEND_EXPECT_OK(c.exec("BEGIN; DELETE FROM t"));
    for (int i = 0; i < 3; ++i) ASSERT_EQ(SQLITE_ROW, sqlite3_step(raw(c, "SELECT 1")));
    ASSERT_EQ(3, statements(c));

    EXPECT_EQ(hr::s_ok, driver.destroy(std::move(c)));

    EXPECT_EQ(nullptr, c.native());
    LEND_UNWRAP(after, driver.create(wanted));
    EXPECT_EQ(100, *after.query<std::int64_t>("SELECT count(*) FROM t"));
}

TEST_F(SqliteDriver, destroy_reports_a_backup_that_still_reads_from_the_connection) {
    LEND_UNWRAP(c, filled());
    LEND_UNWRAP(copy, sqlite::connection::open({.path = ":memory:"}));
    sqlite3_backup* running = sqlite3_backup_init(copy.native(), "main", c.native(), "main");
    ASSERT_NE(nullptr, running);
    ASSERT_EQ(SQLITE_OK, sqlite3_backup_step(running, 1));
    sqlite3* const source = c.native();

    EXPECT_EQ(hr::e_fail, driver.destroy(std::move(c)));

    sqlite3_backup_finish(running);
    // SQLite keeps the source of a backup that outlives it; the test may not leak.
    sqlite3_close(source);
}

TEST_F(SqliteDriver, destroying_twice_is_harmless) {
    LEND_UNWRAP(c, driver.create(wanted));

    EXPECT_EQ(hr::s_ok, driver.destroy(std::move(c)));
    EXPECT_EQ(hr::s_ok, driver.destroy(std::move(c)));
}

TEST_F(SqliteDriver, a_forked_child_that_abandons_leaves_the_parents_transaction_alone) {
    wanted.pragmas = {{"journal_mode", "DELETE"}};
    LEND_UNWRAP(c, filled());
    LEND_EXPECT_OK(c.exec("BEGIN; DELETE FROM t WHERE x > 50"));
    ASSERT_TRUE(std::filesystem::exists(wanted.path + "-journal"));

    const pid_t child = fork();
    if (child == 0) {
        driver.abandon(std::move(c));
        { const sqlite::connection ends_here(std::move(c)); }
        _exit(0);
    }
    int status = -1;
    ASSERT_EQ(child, waitpid(child, &status, 0));

    EXPECT_EQ(0, status);
    EXPECT_TRUE(std::filesystem::exists(wanted.path + "-journal"));
    LEND_EXPECT_OK(c.exec("COMMIT"));
    EXPECT_EQ(50, *c.query<std::int64_t>("SELECT count(*) FROM t"));
}

// ---- interrupt -------------------------------------------------------------------------------

TEST_F(SqliteDriver, interrupt_from_another_thread_stops_a_statement_and_poisons_nothing) {
    LEND_UNWRAP(c, driver.create(wanted));
    std::atomic<bool> running{false};
    // The statement says itself when it runs, so the interrupt cannot come too early.
    sqlite3_create_function(
        c.native(), "running", 0, SQLITE_UTF8, &running,
        [](sqlite3_context* context, int, sqlite3_value**) {
            static_cast<std::atomic<bool>*>(sqlite3_user_data(context))->store(true);
            sqlite3_result_int(context, 1);
        },
        nullptr, nullptr);
    std::thread other([&] {
        while (!running.load()) std::this_thread::yield();
        driver.interrupt(c);
    });

    const auto endless = c.exec("WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + running() "
                                "FROM n) SELECT count(*) FROM n");
    other.join();

    ASSERT_FALSE(endless);
    EXPECT_EQ(SQLITE_INTERRUPT, endless.error().driver_code());
    EXPECT_EQ(hr::e_abort, endless.error().code());
    driver.interrupt(c);
    LEND_EXPECT_OK(c.exec("SELECT 1"));
    EXPECT_EQ(health::good, driver.check(c, check_kind::active));
}

// Invariant: an interrupt may come at any moment of a reset that reopens, and of a close, and
// never reaches a handle that SQLite has freed (AddressSanitizer and ThreadSanitizer see it).
TEST_F(SqliteDriver, interrupt_may_come_while_the_connection_is_reopened_and_closed) {
    wanted.deep_reset = sqlite::reset_depth::reopen;
    wanted.pragmas.clear();
    LEND_UNWRAP(c, filled());
    std::atomic<bool> stop{false};
    std::thread other([&] {
        while (!stop.load()) driver.interrupt(c);
    });

    int closed = 0;
    for (int i = 0; i < 200 && c.native() != nullptr; ++i) {
        // An interrupt in the middle of the opening is a failed reset, which is an answer.
        closed += lend::failed(driver.reset(c)) ? 1 : 0;
    }
    const lend::hresult destroyed = driver.destroy(std::move(c));
    stop.store(true);
    other.join();

    EXPECT_EQ(hr::s_ok, destroyed);
    EXPECT_LE(closed, 1);
    EXPECT_EQ(nullptr, c.native());
}

// ---- transactions ----------------------------------------------------------------------------

constexpr transaction_id tx{7};

TEST_F(SqliteDriver, enlisting_begins_a_transaction_that_may_write) {
    LEND_UNWRAP(c, filled());

    EXPECT_EQ(hr::s_ok, driver.enlist(c, tx).code);

    EXPECT_EQ(SQLITE_TXN_WRITE, sqlite3_txn_state(c.native(), nullptr));
    EXPECT_EQ(health::good, driver.check(c, check_kind::active));
    EXPECT_EQ(hr::s_ok, driver.enlist(c, tx).code) << "once more is harmless";
}

TEST_F(SqliteDriver, enlisting_waits_the_busy_timeout_for_another_writer) {
    wanted.busy_timeout = 50ms;
    LEND_UNWRAP(writer, filled());
    LEND_UNWRAP(c, driver.create(wanted));
    ASSERT_EQ(hr::s_ok, driver.enlist(writer, tx).code);
    const auto before = std::chrono::steady_clock::now();

    EXPECT_EQ(hr::lend_e_timed_out, driver.enlist(c, transaction_id{8}).code);

    EXPECT_LE(40ms, std::chrono::steady_clock::now() - before);
}

TEST_F(SqliteDriver, a_connection_is_in_one_transaction_at_a_time) {
    LEND_UNWRAP(c, filled());
    LEND_UNWRAP(used, driver.create(wanted));
    ASSERT_EQ(hr::s_ok, driver.enlist(c, tx).code);
    LEND_EXPECT_OK(used.exec("BEGIN"));

    EXPECT_EQ(hr::e_unexpected, driver.enlist(c, transaction_id{8}).code);
    EXPECT_EQ(hr::e_unexpected, driver.enlist(used, tx).code);
    EXPECT_EQ(hr::e_unexpected, driver.enlist(used, {}).code);
}

TEST_F(SqliteDriver, a_reset_in_a_transaction_clears_statements_and_keeps_the_transaction) {
    wanted.deep_reset = sqlite::reset_depth::reopen;
    LEND_UNWRAP(c, filled());
    ASSERT_EQ(hr::s_ok, driver.enlist(c, tx).code);
    LEND_EXPECT_OK(c.exec("DELETE FROM t WHERE x > 50"));
    sqlite3_stmt* left = raw(c, "SELECT x FROM t");
    ASSERT_EQ(SQLITE_ROW, sqlite3_step(left));

    EXPECT_EQ(hr::s_ok, driver.reset(c));

    EXPECT_EQ(0, sqlite3_stmt_busy(left));
    EXPECT_EQ(0, sqlite3_get_autocommit(c.native()));
    EXPECT_EQ(50, *c.query<std::int64_t>("SELECT count(*) FROM t"));
}

TEST_F(SqliteDriver, leaving_a_transaction_undoes_what_was_not_committed) {
    LEND_UNWRAP(c, filled());
    ASSERT_EQ(hr::s_ok, driver.enlist(c, tx).code);
    LEND_EXPECT_OK(c.exec("DELETE FROM t"));

    EXPECT_EQ(hr::s_ok, driver.enlist(c, {}).code);

    EXPECT_NE(0, sqlite3_get_autocommit(c.native()));
    EXPECT_EQ(hr::s_ok, driver.reset(c));
    EXPECT_EQ(100, *c.query<std::int64_t>("SELECT count(*) FROM t"));
    EXPECT_EQ(hr::s_ok, driver.enlist(c, {}).code) << "leaving none is harmless";
}

// A rollback does not end a SELECT that was stepped, which would go on to hold its snapshot.
TEST_F(SqliteDriver, leaving_a_transaction_ends_a_read_that_was_not_finished) {
    LEND_UNWRAP(c, filled());
    ASSERT_EQ(hr::s_ok, driver.enlist(c, tx).code);
    LEND_UNWRAP(rows, c.prepare("SELECT x FROM t"));
    LEND_EXPECT_OK(rows.step());

    EXPECT_EQ(hr::s_ok, driver.enlist(c, {}).code);

    EXPECT_EQ(health::good, driver.check(c, check_kind::passive));
}

TEST_F(SqliteDriver, what_was_committed_stays) {
    LEND_UNWRAP(c, filled());
    ASSERT_EQ(hr::s_ok, driver.enlist(c, tx).code);
    LEND_EXPECT_OK(c.exec("DELETE FROM t"));

    LEND_EXPECT_OK(c.commit());

    EXPECT_EQ(hr::s_ok, driver.reset(c));
    EXPECT_EQ(health::good, driver.check(c, check_kind::passive));
    EXPECT_EQ(hr::e_unexpected, driver.enlist(c, tx).code) << "its transaction is over";
    EXPECT_EQ(hr::s_ok, driver.enlist(c, {}).code);
    EXPECT_EQ(hr::s_ok, driver.reset(c));
    EXPECT_EQ(0, *c.query<std::int64_t>("SELECT count(*) FROM t"));
}

TEST_F(SqliteDriver, commit_needs_a_transaction_of_lends) {
    LEND_UNWRAP(c, filled());
    EXPECT_EQ(hr::e_unexpected, c.commit().code());
    ASSERT_EQ(hr::s_ok, driver.enlist(c, tx).code);
    LEND_EXPECT_OK(c.commit());

    EXPECT_EQ(hr::e_unexpected, c.commit().code());
    LEND_EXPECT_OK(c.exec("BEGIN")); // not lend's
    EXPECT_EQ(hr::e_unexpected, c.commit().code());
}

TEST_F(SqliteDriver, a_commit_that_readers_keep_out_may_be_tried_again) {
    wanted.pragmas.clear(); // with a journal a commit waits for readers
    LEND_UNWRAP(reader, filled());
    wanted.busy_timeout = 0ms;
    LEND_UNWRAP(c, driver.create(wanted));
    ASSERT_EQ(hr::s_ok, driver.enlist(c, tx).code);
    LEND_EXPECT_OK(c.exec("DELETE FROM t"));
    {
        LEND_UNWRAP(rows, reader.prepare("SELECT x FROM t"));
        ASSERT_TRUE(*rows.step());
        EXPECT_EQ(hr::lend_e_timed_out, c.commit().code());
    }

    EXPECT_EQ(hr::s_ok, driver.reset(c)) << "the transaction is open still";
    LEND_EXPECT_OK(c.commit());

    EXPECT_EQ(0, *reader.query<std::int64_t>("SELECT count(*) FROM t"));
}

TEST_F(SqliteDriver, a_reset_fails_if_the_transaction_it_should_keep_is_gone) {
    LEND_UNWRAP(c, filled());
    ASSERT_EQ(hr::s_ok, driver.enlist(c, tx).code);

    LEND_EXPECT_OK(c.exec("ROLLBACK"));

    EXPECT_EQ(health::broken, driver.check(c, check_kind::passive));
    EXPECT_EQ(hr::e_fail, driver.reset(c));
    EXPECT_EQ(hr::s_ok, driver.enlist(c, {}).code);
    EXPECT_EQ(hr::s_ok, driver.reset(c));
}

} // namespace sqlite_test
