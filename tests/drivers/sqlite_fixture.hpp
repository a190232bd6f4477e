// SPDX-License-Identifier: MIT
/// @file
/// What the tests of the SQLite driver share: a database in a directory of its own.

#ifndef LEND_TESTS_DRIVERS_SQLITE_FIXTURE_HPP
#define LEND_TESTS_DRIVERS_SQLITE_FIXTURE_HPP

#include <lend/drivers/sqlite.hpp>
#include <support/temp_dir.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>

namespace lend_test {

// Unwraps a result, or fails the test with its words and ends it.
#define LEND_UNWRAP(name, expression)                                                              \
    auto name##_result = (expression);                                                             \
    ASSERT_TRUE(name##_result) << name##_result.error().message();                                 \
    auto& name = *name##_result

#define LEND_EXPECT_OK(expression)                                                                 \
    do {                                                                                           \
        const auto outcome = (expression);                                                         \
        EXPECT_TRUE(outcome) << outcome.error().message();                                         \
    } while (false)

// Gives up root's rights for a scope, as permissions do not bind root.
class without_privilege {
public:
    without_privilege() : was_(geteuid()) {
        if (was_ == 0 && seteuid(65534) != 0) std::abort();
    }
    without_privilege(const without_privilege&) = delete;
    without_privilege& operator=(const without_privilege&) = delete;
    ~without_privilege() {
        if (seteuid(was_) != 0) std::abort();
    }

private:
    uid_t was_;
};

class sqlite_test : public testing::Test {
protected:
    sqlite_test() {
        wanted.path = dir.file("test.db");
        wanted.mode = lend::sqlite::open_mode::create;
        wanted.pragmas = {{"journal_mode", "WAL"}};
    }

    // A connection to a database with the table t of the numbers 1 to 100.
    lend::result<lend::sqlite::connection> filled() {
        auto made = driver.create(wanted);
        if (!made) return made;
        const auto done =
            made->exec("CREATE TABLE IF NOT EXISTS t(x INTEGER PRIMARY KEY);"
                       "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 "
                       "FROM n WHERE i < 100) INSERT OR IGNORE INTO t SELECT i FROM n");
        if (!done) return done.error();
        return made;
    }

    // The code of a WAL checkpoint that truncates: SQLITE_BUSY while anyone reads.
    static int truncate_wal(lend::sqlite::connection& c) {
        sqlite3_busy_timeout(c.native(), 0);
        return sqlite3_wal_checkpoint_v2(c.native(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr,
                                         nullptr);
    }

    static int statements(const lend::sqlite::connection& c) {
        int count = 0;
        for (auto* s = sqlite3_next_stmt(c.native(), nullptr); s != nullptr;
             s = sqlite3_next_stmt(c.native(), s))
            ++count;
        return count;
    }

    static sqlite3_stmt* raw(lend::sqlite::connection& c, const char* sql) {
        sqlite3_stmt* made = nullptr;
        EXPECT_EQ(SQLITE_OK, sqlite3_prepare_v2(c.native(), sql, -1, &made, nullptr));
        return made;
    }

    temp_dir dir;
    lend::sqlite::driver driver;
    lend::sqlite::database wanted;
};

} // namespace lend_test

#endif // LEND_TESTS_DRIVERS_SQLITE_FIXTURE_HPP
