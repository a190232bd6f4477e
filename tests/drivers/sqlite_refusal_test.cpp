// SPDX-License-Identifier: MIT
/// @file
/// Why a database cannot be opened, in words that are true: for files that cannot be seen, made or
/// read, for damaged and locked ones, and for pragmas.

#include <drivers/sqlite_fixture.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace sqlite_refusal_test {

using namespace std::chrono_literals;
namespace hr = lend::hr;
namespace sqlite = lend::sqlite;

class SqliteRefusal : public lend_test::sqlite_test {
protected:
    SqliteRefusal() { wanted.pragmas.clear(); }

    // Opens what is wanted, which has to fail with this code and these words.
    void expect_refused(lend::hresult code, int driver_code, const std::string& says) {
        const auto c = driver.create(wanted);
        ASSERT_FALSE(c);
        EXPECT_EQ(code, c.error().code());
        EXPECT_EQ(driver_code, c.error().driver_code());
        EXPECT_NE(std::string::npos, c.error().message().find(says)) << c.error().message();
    }
};

// ---- files -----------------------------------------------------------------------------------

TEST_F(SqliteRefusal, a_directory_that_nobody_may_write_to_is_named_as_the_reason) {
    ASSERT_EQ(0, chmod(dir.path().c_str(), 0555));
    const lend_test::without_privilege scope;

    expect_refused(hr::e_fail, SQLITE_CANTOPEN, "it cannot be made here");
}

TEST_F(SqliteRefusal, a_directory_that_may_not_be_entered_is_told_from_a_missing_file) {
    ASSERT_TRUE(filled());
    ASSERT_EQ(0, chmod(dir.path().c_str(), 0600));
    const lend_test::without_privilege scope;

    expect_refused(hr::e_accessdenied, SQLITE_CANTOPEN, "may not enter its directory");
}

TEST_F(SqliteRefusal, a_link_to_itself_is_told_from_a_directory_that_may_not_be_entered) {
    std::filesystem::create_symlink(wanted.path, wanted.path);

    const auto c = driver.create(wanted);

    ASSERT_FALSE(c);
    const std::string loop =
        std::make_error_code(std::errc::too_many_symbolic_link_levels).message();
    EXPECT_NE(std::string::npos, c.error().message().find("\": " + loop)) << c.error().message();
}

// For a scope, SQLite is told that the process has as many files open as it may. Said by a function
// in place of the system's, since a process that can open nothing blinds UBSan, which looks at
// objects through a pipe.
class too_many_open_files {
public:
    too_many_open_files() {
        if (!opens_by(reinterpret_cast<sqlite3_syscall_ptr>(&refuse))) std::abort();
    }
    too_many_open_files(const too_many_open_files&) = delete;
    too_many_open_files& operator=(const too_many_open_files&) = delete;
    ~too_many_open_files() {
        if (!opens_by(nullptr)) std::abort(); // null: the system's again
    }

private:
    static bool opens_by(sqlite3_syscall_ptr open) {
        sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
        return vfs->xSetSystemCall(vfs, "open", open) == SQLITE_OK;
    }
    static int refuse(const char*, int, int) {
        errno = EMFILE;
        return -1;
    }
};

TEST_F(SqliteRefusal, a_process_without_descriptors_is_told_so_by_the_system) {
    ASSERT_TRUE(filled());
    const too_many_open_files scope;

    expect_refused(hr::e_fail, SQLITE_CANTOPEN, "Too many open files");
}

TEST_F(SqliteRefusal, a_damaged_file_is_called_damaged) {
    ASSERT_TRUE(filled());
    {
        std::fstream file(wanted.path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(100); // after the header: the root of sqlite_master
        file << std::string(8, 'x');
    }

    expect_refused(hr::e_fail, SQLITE_CORRUPT, "the file is damaged; PRAGMA integrity_check");
}

TEST_F(SqliteRefusal, what_an_attached_file_lacks_is_not_said_of_the_database) {
    const std::string absent = "ATTACH '" + dir.file("nowhere/x.db") + "' AS x";
    for (const char* path : {":memory:", "file:there?mode=memory"}) {
        wanted.path = path;
        wanted.mode = sqlite::open_mode::read_write;
        wanted.memory = sqlite::memory_life::connection;
        wanted.set_up = {absent};

        const auto c = driver.create(wanted);

        ASSERT_FALSE(c);
        EXPECT_EQ(SQLITE_CANTOPEN, c.error().driver_code());
        EXPECT_EQ(std::string::npos, c.error().message().find("no such file; open_mode"))
            << c.error().message();
        EXPECT_NE(std::string::npos, c.error().message().find("nowhere")) << c.error().message();
    }
}

TEST_F(SqliteRefusal, a_uri_that_asks_for_more_than_the_mode_is_access_denied) {
    ASSERT_TRUE(filled());
    wanted.path = "file:" + wanted.path + "?mode=rwc";
    wanted.mode = sqlite::open_mode::read_only;

    expect_refused(hr::e_accessdenied, SQLITE_PERM,
                   wanted.path + "\": access mode not allowed: rwc (in: opening the file)");
}

TEST(SqliteRefusals, say_of_a_read_only_file_only_what_is_so) {
    using sqlite::detail::why_not;
    const sqlite::database in_memory{.path = "file:/name?vfs=memdb"};
    EXPECT_EQ("", why_not(in_memory, SQLITE_CANTOPEN, 0)) << "there is no file to look for";
    const sqlite::database writing{.path = "t.db"};
    EXPECT_EQ("", why_not(writing, SQLITE_READONLY, 0)) << "it did not ask for read_only";
    for (const int code :
         {SQLITE_READONLY_DIRECTORY, SQLITE_READONLY_CANTINIT, SQLITE_READONLY_RECOVERY}) {
        EXPECT_TRUE(sqlite::detail::is_about_directory(code)) << code;
    }
    EXPECT_FALSE(sqlite::detail::is_about_directory(SQLITE_READONLY));
}

// ---- files that may not be written -----------------------------------------------------------

class SqliteReadOnly : public SqliteRefusal {
protected:
    // A file in this journal mode, in a directory that only its owner may write to.
    void make(const char* mode) {
        wanted.pragmas = {{"journal_mode", mode}};
        ASSERT_TRUE(filled());
        wanted.pragmas.clear();
        wanted.mode = sqlite::open_mode::read_only;
        ASSERT_EQ(0, chmod(wanted.path.c_str(), 0666));
        ASSERT_EQ(0, chmod(dir.path().c_str(), 0555));
    }
};

TEST_F(SqliteReadOnly, a_wal_file_is_said_to_need_files_beside_it) {
    make("WAL");
    const lend_test::without_privilege scope;

    for (const char* scheme : {"", "file:"}) {
        const std::string plain = wanted.path;
        wanted.path = scheme + plain;
        expect_refused(hr::e_accessdenied, SQLITE_READONLY_DIRECTORY,
                       "needs its \"-wal\" and \"-shm\" beside it, in a directory that this user "
                       "may write to");
        expect_refused(hr::e_accessdenied, SQLITE_READONLY_DIRECTORY, "?immutable=1");
        wanted.path = plain;
    }
}

TEST_F(SqliteReadOnly, a_wal_file_is_read_as_its_error_says) {
    make("WAL");
    const lend_test::without_privilege scope;
    wanted.path = "file:" + wanted.path + "?immutable=1";

    LEND_UNWRAP(c, driver.create(wanted));

    EXPECT_EQ(100, *c.query<std::int64_t>("SELECT count(*) FROM t"));
}

TEST_F(SqliteReadOnly, a_file_with_a_journal_is_said_to_need_a_directory_to_be_written) {
    make("DELETE");
    wanted.mode = sqlite::open_mode::read_write;
    wanted.pragmas = {{"user_version", "7"}};
    const lend_test::without_privilege scope;

    expect_refused(hr::e_accessdenied, SQLITE_READONLY_DIRECTORY,
                   "this user may not write to its directory");
    wanted.pragmas.clear();
    wanted.set_up = {"CREATE TABLE u(x)"};
    expect_refused(hr::e_accessdenied, SQLITE_READONLY_DIRECTORY,
                   "it needs a file in a directory that this user may not write to");
}

TEST_F(SqliteReadOnly, a_set_up_that_writes_is_told_which_mode_it_needs) {
    make("DELETE");
    wanted.set_up = {"CREATE TABLE u(x)"};

    expect_refused(hr::e_accessdenied, SQLITE_READONLY, "ask for open_mode::read_write");
}

TEST_F(SqliteReadOnly, what_an_attached_file_lacks_is_not_said_of_the_database) {
    make("WAL");
    const std::string plain = wanted.path;
    const lend_test::temp_dir writable;
    ASSERT_EQ(0, chmod(writable.path().c_str(), 0777));
    wanted.path = writable.file("main.db");
    wanted.mode = sqlite::open_mode::create;
    wanted.set_up = {"ATTACH '" + plain + "' AS x", "SELECT * FROM x.t"};
    const lend_test::without_privilege scope;

    const auto c = driver.create(wanted);

    ASSERT_FALSE(c);
    EXPECT_EQ(std::string::npos, c.error().message().find("may not write to its directory"))
        << c.error().message();
}

// ---- locks -----------------------------------------------------------------------------------

TEST_F(SqliteRefusal, a_lock_in_a_shared_cache_is_waited_for_as_any_other) {
    wanted.path = "file:locked?mode=memory&cache=shared";
    wanted.busy_timeout = 50ms;
    LEND_UNWRAP(owner, driver.create(wanted));
    LEND_UNWRAP(other, driver.create(wanted));
    LEND_EXPECT_OK(owner.exec("BEGIN; CREATE TABLE u(x)"));
    const auto before = std::chrono::steady_clock::now();

    expect_refused(hr::lend_e_timed_out, SQLITE_LOCKED_SHAREDCACHE,
                   "for the busy_timeout of 50 ms");

    EXPECT_LE(50ms, std::chrono::steady_clock::now() - before);
    EXPECT_EQ(lend::health::good, driver.check(other, lend::check_kind::active));
}

// ---- pragmas ---------------------------------------------------------------------------------

TEST_F(SqliteRefusal, a_pragma_may_be_written_in_any_case_and_with_its_schema) {
    wanted.pragmas = {{"Main.Journal_Mode", "WAL"}};
    LEND_UNWRAP(c, driver.create(wanted));

    EXPECT_EQ("wal", *c.query<std::string>("PRAGMA journal_mode"));
}

TEST_F(SqliteRefusal, a_journal_mode_may_be_written_in_every_way_that_sql_allows) {
    for (const char* value : {"WAL", "wal", "'WAL'", "\"Wal\"", "[wal]", "`WAL`", " WAL ", "WAL;",
                              "'WAL' -- as decided", "w"}) {
        wanted.pragmas = {{"journal_mode", value}};

        LEND_UNWRAP(c, driver.create(wanted));

        EXPECT_EQ("wal", *c.query<std::string>("PRAGMA journal_mode")) << value;
    }
}

TEST_F(SqliteRefusal, an_empty_journal_mode_is_sqlites_first) {
    wanted.pragmas = {{"journal_mode", "WAL"}, {"journal_mode", "''"}};

    LEND_UNWRAP(c, driver.create(wanted));

    EXPECT_EQ("delete", *c.query<std::string>("PRAGMA journal_mode"));
}

TEST_F(SqliteRefusal, a_journal_mode_that_was_not_taken_is_refused_in_quotes_too) {
    wanted.path = "file:/no_wal?vfs=memdb";
    for (const char* value : {"WAL", "'WAL'", "[wal]", "'MEMORYWAL'", "0"}) {
        wanted.pragmas = {{"journal_mode", value}};

        expect_refused(hr::e_fail, 0,
                       std::string("its journal mode is memory and could not be made ") + value);
    }
}

TEST_F(SqliteRefusal, a_pragma_without_a_value_is_asked_and_not_set) {
    wanted.pragmas = {{"journal_mode", ""}};
    LEND_UNWRAP(c, driver.create(wanted));

    EXPECT_EQ("delete", *c.query<std::string>("PRAGMA journal_mode"));
}

TEST_F(SqliteRefusal, a_pragma_is_not_known_by_its_beginning) {
    wanted.pragmas = {{"cache_size2", "1"}};

    expect_refused(hr::e_invalidarg, 0, "no pragma \"cache_size2\"");
}

// While it lives, SQLite calls this for each connection that it opens.
class at_each_open {
public:
    explicit at_each_open(void (*what)(sqlite3*)) {
        what_ = what;
        EXPECT_EQ(SQLITE_OK, sqlite3_auto_extension(reinterpret_cast<void (*)()>(&call)));
    }
    at_each_open(const at_each_open&) = delete;
    at_each_open& operator=(const at_each_open&) = delete;
    ~at_each_open() { sqlite3_reset_auto_extension(); }

private:
    static int call(sqlite3* db, const char**, const void*) {
        what_(db);
        return SQLITE_OK;
    }
    static inline void (*what_)(sqlite3*);
};

TEST_F(SqliteRefusal, an_interrupt_of_the_look_for_a_pragma_is_not_an_unknown_pragma) {
    wanted.pragmas = {{"foreign_keys", "ON"}};
    const at_each_open interrupting([](sqlite3* db) {
        sqlite3_progress_handler(
            db, 1, [](void*) { return 1; }, nullptr);
    });

    expect_refused(hr::e_abort, SQLITE_INTERRUPT, "(in: PRAGMA pragma_list)");
}

TEST_F(SqliteRefusal, a_file_that_goes_during_the_first_read_is_refused) {
    static std::string path;
    path = wanted.path;
    ASSERT_TRUE(filled());
    const at_each_open removing([](sqlite3* db) {
        sqlite3_set_authorizer(
            db,
            [](void*, int, const char*, const char*, const char*, const char*) {
                std::filesystem::remove(path);
                return SQLITE_OK;
            },
            nullptr);
    });

    expect_refused(hr::e_fail, SQLITE_READONLY_DBMOVED, "replaced meanwhile");
}

} // namespace sqlite_refusal_test
