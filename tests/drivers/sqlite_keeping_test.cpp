// SPDX-License-Identifier: MIT
/// @file
/// Databases in memory: which are one for all connections and which are one for each, and how long
/// they live in a pool.

#include <drivers/sqlite_fixture.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sqlite_keeping_test {

using namespace std::chrono_literals;
namespace hr = lend::hr;
namespace sqlite = lend::sqlite;
using pool_type = lend::pool<sqlite::driver>;

// ---- which databases each connection has for itself ------------------------------------------

struct spelling {
    const char* path;
    bool is_private;
};

const std::vector<spelling>& spellings() {
    static const std::vector<spelling> all{
        {":memory:", true},
        {"file::memory:", true},
        {"file::memory:?cache=private", true},
        {"file:%3Amemory%3a", true},
        {"file::memory:#?cache=shared", true},
        {"file:x?mode=memory", true},
        {"file:x?cache=shared&mode=memory&cache=private", true},
        {"file:?cache=shared", true},
        {"file:", true},
        {"file:%00x", true},
        {"file:x?vfs=memdb", true},
        {"file:///x?mode=memory", true},
        {"file:/x?vfs=memdb&mode=memory", true},
        {"file::memory:?cache=shared", false},
        {"file:x?mode=memory&cache=shared", false},
        {"file:y?%6Dode=%6demory&c%61che=shared#cache=private", false},
        {"file://localhost/z?mode=memory&cache=shared", false},
        {"file:/x?vfs=memdb", false},
        {"file:///w?vfs=memdb", false},
        {"file:%2Fv?vfs=memdb", false},
        {"file:x?mode=memory&cache=private&cache=shared", false},
    };
    return all;
}

TEST(SqliteUri, of_two_modes_the_last_one_counts) {
    using sqlite::detail::locate;
    EXPECT_FALSE(locate("file:x?mode=memory&mode=rw").in_memory);
    EXPECT_TRUE(locate("file:x?mode=rw&mode=memory").in_memory);
}

// SQLite's own word: of two connections to one database one can begin to write, of two to two both.
bool are_private(const std::string& path) {
    sqlite3* both[2] = {};
    constexpr int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
    for (sqlite3*& each : both) {
        EXPECT_EQ(SQLITE_OK, sqlite3_open_v2(path.c_str(), &each, flags, nullptr)) << path;
        EXPECT_TRUE(sqlite::detail::is_in_memory(each)) << path;
    }
    const auto begin = [](sqlite3* db) {
        return sqlite3_exec(db, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
    };
    EXPECT_EQ(SQLITE_OK, begin(both[0])) << path;
    const bool found = begin(both[1]) == SQLITE_OK;
    for (sqlite3* each : both) sqlite3_close(each);
    return found;
}

TEST(SqliteKeeping, knows_as_sqlite_does_which_databases_each_connection_has_for_itself) {
    for (const spelling& each : spellings()) {
        EXPECT_EQ(each.is_private, are_private(each.path)) << each.path;
        EXPECT_EQ(each.is_private, sqlite::detail::is_private(sqlite::detail::locate(each.path)))
            << each.path;
    }
}

TEST(SqliteKeeping, takes_a_file_for_no_database_in_memory) {
    const lend_test::temp_dir dir;
    const std::string file = dir.file("m e%20m.db");
    for (const std::string& path : {file, "file:" + dir.file("m e%2520m.db"),
                                    "file://" + dir.file("m%20e%2520m.db?cache=shared")}) {
        const auto c = sqlite::connection::open(
            {.path = path, .mode = sqlite::open_mode::create, .pragmas = {{"user_version", "7"}}});

        ASSERT_TRUE(c) << c.error().message();
        EXPECT_FALSE(sqlite::detail::is_private(sqlite::detail::locate(path))) << path;
        EXPECT_FALSE(sqlite::detail::is_in_memory(c->native())) << path;
        EXPECT_EQ(file, sqlite::detail::locate(path).file);
        EXPECT_STREQ(file.c_str(), sqlite3_db_filename(c->native(), "main"));
    }
}

TEST(SqliteKeeping, refuses_a_database_for_each_connection_unless_that_is_asked_for) {
    sqlite::driver driver;
    for (const spelling& each : spellings()) {
        sqlite::database wanted{.path = each.path};

        const auto kept = driver.create(wanted);

        EXPECT_EQ(each.is_private, !kept.has_value()) << each.path;
        wanted.memory = sqlite::memory_life::connection;
        EXPECT_TRUE(driver.create(wanted)) << each.path;
    }
}

// ---- how long they live ----------------------------------------------------------------------

const char* const shared_ones[] = {
    "file:/kept?vfs=memdb",
    "file:kept?mode=memory&cache=shared",
    "file::memory:?cache=shared",
};

struct loss {
    const char* name;
    void (*lose)(pool_type&, const sqlite::database&);
};

class SqliteLoss : public testing::TestWithParam<loss> {};

TEST_P(SqliteLoss, of_every_connection_of_a_pool_loses_no_contents) {
    for (const char* path : shared_ones) {
        const sqlite::database wanted{.path = path};
        pool_type pool(sqlite::driver{}, {.max_size = 2});
        pool.acquire(wanted).value()->exec("CREATE TABLE t(x); INSERT INTO t VALUES (7)").value();

        GetParam().lose(pool, wanted);

        EXPECT_EQ(0U, pool.stats().size) << path;
        LEND_UNWRAP(next, pool.acquire(wanted));
        LEND_UNWRAP(found, next->query<std::int64_t>("SELECT x FROM t"));
        EXPECT_EQ(7, found);
    }
}

INSTANTIATE_TEST_SUITE_P(
    by,
    SqliteLoss,
    testing::Values(loss{"idle_time",
                         [](pool_type& pool, const sqlite::database&) {
                             const auto now = pool_type::time_point::clock::now();
                             pool.sweep(now + 1min); // sees that it is idle
                             pool.sweep(now + 20min);
                         }},
                    loss{"its_life",
                         [](pool_type& pool, const sqlite::database&) {
                             pool.sweep(pool_type::time_point::clock::now() + 24h);
                         }},
                    loss{"an_exception",
                         [](pool_type& pool, const sqlite::database& wanted) {
                             try {
                                 const auto lease = pool.acquire(wanted).value();
                                 throw std::runtime_error("in the middle");
                             } catch (const std::runtime_error&) {
                             }
                         }},
                    loss{"discard",
                         [](pool_type& pool, const sqlite::database& wanted) {
                             pool.acquire(wanted).value().discard();
                         }},
                    loss{"clear", [](pool_type& pool, const sqlite::database&) { pool.clear(); }}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(SqliteKeeping, survives_a_reset_by_reopening) {
    for (const char* path : shared_ones) {
        const sqlite::database wanted{.path = path, .deep_reset = sqlite::reset_depth::reopen};
        pool_type pool(sqlite::driver{}, {.max_size = 1});
        pool.acquire(wanted).value()->exec("CREATE TABLE t(x); INSERT INTO t VALUES (7)").value();

        LEND_UNWRAP(next, pool.acquire(wanted));

        EXPECT_EQ(7, *next->query<std::int64_t>("SELECT x FROM t"));
    }
}

TEST(SqliteKeeping, ends_with_the_pool) {
    for (const char* path : shared_ones) {
        const sqlite::database wanted{.path = path};
        const auto before = sqlite3_memory_used();
        {
            pool_type pool(sqlite::driver{}, {.max_size = 2});
            pool.acquire(wanted).value()->exec("CREATE TABLE t(x)").value();
            pool.clear();
        }

        EXPECT_EQ(before, sqlite3_memory_used()) << path;
        LEND_UNWRAP(c, sqlite::connection::open(wanted));
        EXPECT_FALSE(c.exec("SELECT * FROM t")) << path;
    }
}

TEST(SqliteKeeping, is_left_out_where_contents_may_go) {
    for (const char* path : shared_ones) {
        const sqlite::database wanted{.path = path, .memory = sqlite::memory_life::connection};
        pool_type pool(sqlite::driver{}, {.max_size = 2});
        pool.acquire(wanted).value()->exec("CREATE TABLE t(x)").value();

        pool.clear();

        LEND_UNWRAP(next, pool.acquire(wanted));
        EXPECT_FALSE(next->exec("SELECT * FROM t")) << path;
    }
}

TEST(SqliteKeeping, opens_one_connection_more_for_a_database_however_many_there_are) {
    const sqlite::database wanted{.path = shared_ones[0]};
    sqlite::driver driver;
    LEND_EXPECT_OK(driver.create(wanted));
    const auto before = sqlite3_memory_used();

    for (int i = 0; i < 20; ++i) {
        const auto one = driver.create(wanted);
        const auto two = driver.create(wanted);
        EXPECT_TRUE(one && two);
    }

    EXPECT_EQ(before, sqlite3_memory_used());
}

TEST(SqliteKeeping, is_done_by_the_last_copy_of_a_driver) {
    const sqlite::database wanted{.path = shared_ones[0]};
    auto driver = std::make_unique<sqlite::driver>();
    sqlite::driver copy = *driver;
    LEND_EXPECT_OK(driver->create(wanted)->exec("CREATE TABLE t(x)"));

    driver.reset();

    LEND_EXPECT_OK(copy.create(wanted)->exec("SELECT * FROM t"));
}

// A thread that is not there may have had SQLite's locks at the fork.
TEST(SqliteKeeping, leaves_what_a_parent_keeps_alone_in_its_child) {
    std::optional<sqlite::driver> driver(std::in_place);
    LEND_EXPECT_OK(driver->create({.path = shared_ones[0]})->exec("CREATE TABLE t(x)"));

    const pid_t child = fork();
    if (child == 0) {
        const auto before = sqlite3_memory_used();
        driver.reset();
        _exit(sqlite3_memory_used() == before ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(child, waitpid(child, &status, 0));

    EXPECT_EQ(0, status);
    LEND_EXPECT_OK(driver->create({.path = shared_ones[0]})->exec("SELECT * FROM t"));
}

TEST(SqliteKeeping, opens_one_connection_more_though_threads_come_at_once) {
    const sqlite::database wanted{.path = "file:/crowd?vfs=memdb"};
    const auto before = sqlite3_memory_used();
    {
        sqlite::driver driver;
        std::vector<std::thread> crowd;
        for (int i = 0; i < 8; ++i) crowd.emplace_back([&] { EXPECT_TRUE(driver.create(wanted)); });
        for (std::thread& each : crowd) each.join();
        const auto kept = sqlite3_memory_used();
        { EXPECT_TRUE(driver.create(wanted)); }
        EXPECT_EQ(kept, sqlite3_memory_used());
    }
    EXPECT_EQ(before, sqlite3_memory_used());
}

TEST(FailureMode, 61_a_database_in_memory_lives_as_long_as_its_pool_or_is_refused) {
    for (const spelling& each : spellings()) {
        const sqlite::database wanted{.path = each.path};
        pool_type pool(sqlite::driver{}, {.max_size = 2});
        std::int64_t written = 0;
        for (int use = 0; use < 6; ++use) {
            auto lease = pool.acquire(wanted);
            EXPECT_EQ(each.is_private, !lease.has_value()) << each.path;
            if (!lease) break;
            LEND_EXPECT_OK((*lease)->exec("CREATE TABLE IF NOT EXISTS t(x);"
                                          "INSERT INTO t VALUES (1)"));
            EXPECT_EQ(++written, *(*lease)->query<std::int64_t>("SELECT count(*) FROM t"));
            if (use % 3 == 0) (void)lease->release();
            if (use % 3 == 1) (void)lease->discard();
            if (use % 3 == 2) pool.clear();
        }
    }
}

} // namespace sqlite_keeping_test
