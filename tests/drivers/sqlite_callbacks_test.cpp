// SPDX-License-Identifier: MIT
/// @file
/// No callback that a borrower has set on a connection is called once the borrower has gone, on
/// whichever way the connection comes back or ends.

#include <drivers/sqlite_borrower.hpp>
#include <drivers/sqlite_fixture.hpp>
#include <lend/error.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace sqlite_callbacks_test {

using namespace std::chrono_literals;
using lend_test::borrower;
using lend_test::callback;
using lend_test::callbacks;
using lend_test::provoke;
namespace hr = lend::hr;
namespace sqlite = lend::sqlite;
using pool_type = lend::pool<sqlite::driver>;
using lease_type = pool_type::lease_type;

class SqliteCallbacks : public lend_test::sqlite_test {
protected:
    SqliteCallbacks() {
        wanted.busy_timeout = 0ms;
        wanted.pragmas = {{"synchronous", "OFF"}, {"auto_vacuum", "FULL"}, {"journal_mode", "WAL"}};
        other.emplace(filled().value());
    }

    // What a borrower may leave behind, so that the callbacks have a reason to be called.
    static void leave_a_transaction(sqlite::connection& c) {
        LEND_EXPECT_OK(c.exec("BEGIN IMMEDIATE; INSERT INTO t SELECT max(x) + 1 FROM t"));
        EXPECT_EQ(SQLITE_ROW, sqlite3_step(raw(c, "SELECT x FROM t")));
    }
    static void leave_a_write_unfinished(sqlite::connection& c) { // a reset commits it
        auto* s = raw(c, "INSERT INTO t SELECT max(x) + 1 FROM t RETURNING x");
        EXPECT_EQ(SQLITE_ROW, sqlite3_step(s));
    }

    std::optional<sqlite::connection> other;
};

// The tests below find nothing if SQLite would not call.
TEST_F(SqliteCallbacks, are_all_called_while_nobody_takes_them_out) {
    for (const callback& each : callbacks()) {
        if (!lend_test::exists(each)) continue;
        LEND_UNWRAP(c, driver.create(wanted));
        borrower user;
        each.set(c.native(), &user);

        provoke(c, *other);

        EXPECT_LT(0, user.calls) << each.name;
    }
}

TEST_F(SqliteCallbacks, are_called_by_a_reset_of_what_was_left_if_they_are_left_themselves) {
    borrower user;
    LEND_UNWRAP(c, driver.create(wanted));
    sqlite3_commit_hook(c.native(), &borrower::call, &user);
    leave_a_write_unfinished(c);
    ASSERT_EQ(0, user.calls);

    sqlite3_reset(sqlite3_next_stmt(c.native(), nullptr));

    EXPECT_EQ(1, user.calls);
}

// ---- the ways out of a lease -----------------------------------------------------------------

struct way_out {
    const char* name;
    void (*leave)(std::optional<pool_type>&, lease_type);
    bool reopens = false;
    bool reset_fails = false;
    std::chrono::nanoseconds lifetime = 30min;
};

class SqliteWayOut : public SqliteCallbacks, public testing::WithParamInterface<way_out> {
protected:
    pool_type make() const {
        sqlite::additions added;
        if (GetParam().reset_fails) {
            added.watch = [opens = true](sqlite3*) mutable -> lend::result<void> {
                if (std::exchange(opens, false)) return {};
                return lend::error(hr::e_fail, "no more");
            };
        }
        lend::pool_options options;
        options.max_size = 1;
        options.max_lifetime = GetParam().lifetime;
        return pool_type(sqlite::driver(std::move(added)), options);
    }

    // One borrower with one callback, who leaves by the parameter's way.
    void borrow_and_leave(const callback& each, void (*use)(sqlite::connection&)) {
        std::optional<pool_type> pool(make());
        wanted.deep_reset =
            GetParam().reopens ? sqlite::reset_depth::reopen : sqlite::reset_depth::light;
        borrower user;
        LEND_UNWRAP(lease, pool->acquire(wanted));
        each.set(lease->native(), &user);
        use(*lease);
        user.is_gone = true;

        GetParam().leave(pool, std::move(lease));

        if (auto next = pool ? pool->acquire(wanted) : lend::result<lease_type>(hr::e_fail))
            provoke(**next, *other);
        EXPECT_EQ(0, user.late_calls) << each.name;
    }
};

TEST_P(SqliteWayOut, leaves_no_callback_of_a_borrower_in_a_transaction) {
    for (const callback& each : callbacks()) borrow_and_leave(each, &leave_a_transaction);
}

TEST_P(SqliteWayOut, leaves_no_callback_of_a_borrower_in_an_unfinished_write) {
    for (const callback& each : callbacks()) borrow_and_leave(each, &leave_a_write_unfinished);
}

void release(std::optional<pool_type>&, lease_type lease) { (void)lease.release(); }

INSTANTIATE_TEST_SUITE_P(
    by,
    SqliteWayOut,
    testing::Values(way_out{"release", &release},
                    way_out{"reopening", &release, true},
                    way_out{"a_failed_reset", &release, false, true},
                    way_out{"the_end_of_its_life", &release, false, false, 1ns},
                    way_out{"an_exception",
                            [](std::optional<pool_type>&, lease_type lease) {
                                try {
                                    const lease_type ends = std::move(lease);
                                    throw std::runtime_error("in the middle");
                                } catch (const std::runtime_error&) {
                                }
                            }},
                    way_out{"discard", [](std::optional<pool_type>&,
                                          lease_type lease) { (void)lease.discard(); }},
                    way_out{"clear",
                            [](std::optional<pool_type>& pool, lease_type lease) {
                                pool->clear();
                                (void)lease.release();
                            }},
                    way_out{"interrupt",
                            [](std::optional<pool_type>&, lease_type lease) {
                                lease->interrupt();
                                (void)lease.release();
                            }},
                    way_out{"the_close_of_its_pool",
                            [](std::optional<pool_type>& pool, lease_type lease) {
                                (void)pool->close();
                                (void)lease.release();
                            }},
                    way_out{"the_end_of_its_pool",
                            [](std::optional<pool_type>& pool, lease_type lease) {
                                pool.reset();
                                (void)lease.release();
                            }},
                    way_out{"an_end_on_the_callers_own",
                            [](std::optional<pool_type>&, lease_type lease) {
                                const auto own = std::move(lease).detach();
                            }}),
    [](const auto& each) { return std::string(each.param.name); });

// ---- transactions of lend's, and locks of a shared cache -------------------------------------

TEST_F(SqliteCallbacks, are_gone_for_the_next_borrower_in_the_same_transaction) {
    for (const callback& each : callbacks()) {
        LEND_UNWRAP(c, driver.create(wanted));
        ASSERT_EQ(hr::s_ok, driver.enlist(c, lend::transaction_id{7}).code);
        borrower user;
        each.set(c.native(), &user);
        user.is_gone = true;

        EXPECT_EQ(hr::s_ok, driver.reset(c));
        LEND_EXPECT_OK(c.exec("INSERT INTO t SELECT max(x) + 1 FROM t"));
        EXPECT_EQ(hr::s_ok, driver.enlist(c, {}).code);

        EXPECT_EQ(0, user.late_calls) << each.name;
    }
}

TEST_F(SqliteCallbacks, of_a_borrower_do_not_wait_for_the_lock_that_a_close_needs) {
    wanted.path = dir.file("journal.db");
    wanted.pragmas = {{"journal_mode", "DELETE"}};
    LEND_UNWRAP(c, filled());
    LEND_UNWRAP(reader, driver.create(wanted));
    LEND_EXPECT_OK(reader.exec("BEGIN; SELECT * FROM t"));
    leave_a_write_unfinished(c);
    borrower user;
    sqlite3_busy_handler(
        c.native(), [](void* w, int) { return borrower::call(w); }, &user);

    EXPECT_EQ(hr::s_ok, driver.destroy(std::move(c)));

    EXPECT_EQ(0, user.calls);
}

TEST_F(SqliteCallbacks, that_wait_for_a_lock_of_a_shared_cache_are_called_off) {
    if (&sqlite3_unlock_notify == nullptr) GTEST_SKIP() << "this SQLite has no unlock_notify";
    wanted.path = "file:notified?mode=memory&cache=shared";
    wanted.pragmas.clear();
    LEND_UNWRAP(owner, filled());
    LEND_UNWRAP(c, driver.create(wanted));
    LEND_EXPECT_OK(owner.exec("BEGIN; INSERT INTO t VALUES (1000)"));
    ASSERT_FALSE(c.exec("SELECT * FROM t"));
    borrower user;
    const auto notify = [](void** all, int) { borrower::call(*all); };
    ASSERT_EQ(SQLITE_OK, sqlite3_unlock_notify(c.native(), notify, &user));

    EXPECT_EQ(hr::s_ok, driver.reset(c));
    LEND_EXPECT_OK(owner.exec("COMMIT"));

    EXPECT_EQ(0, user.calls);
}

TEST_F(SqliteCallbacks, of_the_wal_leave_sqlites_own_in_its_place) {
    wanted.pragmas.push_back({"wal_autocheckpoint", "7"});
    LEND_UNWRAP(c, driver.create(wanted));
    sqlite3_wal_hook(
        c.native(), [](void*, sqlite3*, const char*, int) { return SQLITE_OK; }, nullptr);
    ASSERT_EQ(0, *c.query<std::int64_t>("PRAGMA wal_autocheckpoint"));

    EXPECT_EQ(hr::s_ok, driver.reset(c));

    EXPECT_EQ(7, *c.query<std::int64_t>("PRAGMA wal_autocheckpoint"));
}

TEST(FailureMode, 60_no_way_out_of_a_lease_leaves_a_callback_of_its_borrower) {
    const lend_test::temp_dir dir;
    const sqlite::database file{.path = dir.file("t.db"), .mode = sqlite::open_mode::create};
    pool_type pool(sqlite::driver{}, {.max_size = 1});
    for (const bool by_exception : {false, true}) {
        borrower user;
        try {
            auto lease = pool.acquire(file).value();
            for (const callback& each : callbacks()) each.set(lease->native(), &user);
            lease->exec("CREATE TABLE IF NOT EXISTS t(x); BEGIN; INSERT INTO t VALUES (1)").value();
            user.is_gone = true;
            if (by_exception) throw std::runtime_error("in the middle");
        } catch (const std::runtime_error&) {
        }

        LEND_UNWRAP(next, pool.acquire(file));
        LEND_EXPECT_OK(next->exec("BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS u(x); COMMIT"));

        EXPECT_LT(0, user.calls);
        EXPECT_EQ(0, user.late_calls);
    }
}

} // namespace sqlite_callbacks_test
