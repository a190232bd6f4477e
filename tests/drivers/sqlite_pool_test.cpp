// SPDX-License-Identifier: MIT
/// @file
/// SQLite connections in a pool: what the next borrower finds after whatever the last one did.

#include <drivers/sqlite_fixture.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sqlite_pool_test {

using namespace std::chrono_literals;
namespace hr = lend::hr;
namespace sqlite = lend::sqlite;
using pool_type = lend::pool<sqlite::driver>;

class SqlitePool : public lend_test::sqlite_test {
protected:
    SqlitePool() {
        EXPECT_TRUE(filled());
        wanted.mode = sqlite::open_mode::read_write;
    }

    static pool_type make(std::size_t max_size) {
        return pool_type(sqlite::driver{}, {.max_size = max_size});
    }

    static std::int64_t count(sqlite::connection& c) {
        return c.query<std::int64_t>("SELECT count(*) FROM t").value();
    }

    // How many files of the test's directory this process has open.
    std::size_t open_files() const {
        std::size_t found = 0;
        for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
            std::error_code gone;
            const auto target = std::filesystem::read_symlink(each.path(), gone).string();
            found += target.starts_with(dir.path().string()) ? 1U : 0U;
        }
        return found;
    }
};

TEST_F(SqlitePool, a_lease_that_ends_in_a_transaction_leaves_nothing_to_the_next) {
    auto pool = make(1);
    LEND_UNWRAP(first, pool.acquire(wanted));
    LEND_EXPECT_OK(first->exec("BEGIN; DELETE FROM t"));
    const auto number = first.id();
    EXPECT_EQ(hr::s_ok, first.release());

    LEND_UNWRAP(second, pool.acquire(wanted));

    EXPECT_EQ(number, second.id()) << "it is the same connection";
    EXPECT_EQ(100, count(*second));
    LEND_EXPECT_OK(second->exec("BEGIN IMMEDIATE; COMMIT"));
}

TEST_F(SqlitePool, a_lease_that_ends_in_a_select_does_not_keep_the_wal) {
    auto pool = make(2);
    LEND_UNWRAP(reader, pool.acquire(wanted));
    LEND_UNWRAP(writer, pool.acquire(wanted));
    ASSERT_EQ(SQLITE_ROW, sqlite3_step(raw(*reader, "SELECT x FROM t")));
    LEND_EXPECT_OK(writer->exec("INSERT INTO t VALUES (101)"));
    ASSERT_EQ(SQLITE_BUSY, truncate_wal(*writer));

    EXPECT_EQ(hr::s_ok, reader.release());

    EXPECT_EQ(SQLITE_OK, truncate_wal(*writer));
}

TEST_F(SqlitePool, a_lease_that_an_exception_ends_destroys_its_connection_and_its_work) {
    auto pool = make(1);
    try {
        auto lease = pool.acquire(wanted).value();
        lease->exec("BEGIN; DELETE FROM t").value();
        throw std::runtime_error("in the middle");
    } catch (const std::runtime_error&) {
    }

    EXPECT_EQ(1U, pool.stats().closed_for(lend::destroy_reason::poisoned));
    EXPECT_EQ(0U, pool.stats().size);
    EXPECT_EQ(0U, open_files());
    LEND_UNWRAP(next, pool.acquire(wanted));
    EXPECT_EQ(100, count(*next));
}

TEST_F(SqlitePool, a_connection_that_cannot_be_reset_is_destroyed_and_replaced) {
    wanted.deep_reset = sqlite::reset_depth::reopen;
    auto pool = make(1);
    LEND_UNWRAP(lease, pool.acquire(wanted));
    std::filesystem::rename(wanted.path, wanted.path + ".away");

    EXPECT_EQ(hr::s_false, lease.release());

    EXPECT_EQ(1U, pool.stats().closed_for(lend::destroy_reason::reset_failed));
    EXPECT_EQ(0U, pool.stats().size);
    std::filesystem::rename(wanted.path + ".away", wanted.path);
    LEND_UNWRAP(next, pool.acquire(wanted));
    EXPECT_EQ(100, count(*next));
}

TEST_F(SqlitePool, a_file_that_was_replaced_is_read_by_the_next_borrower) {
    auto pool = make(3);
    {
        LEND_UNWRAP(one, pool.acquire(wanted));
        LEND_UNWRAP(two, pool.acquire(wanted));
        EXPECT_EQ(200, count(*one) + count(*two));
    }
    sqlite::database fresh = wanted;
    fresh.path += ".new";
    fresh.mode = sqlite::open_mode::create;
    {
        LEND_UNWRAP(c, sqlite::connection::open(fresh));
        LEND_EXPECT_OK(c.exec("CREATE TABLE t(x); INSERT INTO t VALUES (1)"));
    }

    std::filesystem::rename(fresh.path, wanted.path);

    LEND_UNWRAP(one, pool.acquire(wanted));
    LEND_UNWRAP(two, pool.acquire(wanted));
    LEND_UNWRAP(three, pool.acquire(wanted));
    EXPECT_EQ(1, count(*one));
    EXPECT_EQ(1, count(*two));
    EXPECT_EQ(1, count(*three));
    EXPECT_LE(1U, pool.stats().closed_for(lend::destroy_reason::unfit));
    EXPECT_EQ(3U, pool.stats().size);
}

TEST_F(SqlitePool, a_missing_file_is_the_acquires_error_in_the_drivers_words) {
    wanted.path = dir.file("absent.db");
    auto pool = make(1);

    const auto lease = pool.acquire(wanted);

    ASSERT_FALSE(lease);
    EXPECT_NE(std::string::npos, lease.error().message().find("there is no such file"))
        << lease.error().message();
    EXPECT_NE(std::string::npos, lease.error().message().find(wanted.path));
    EXPECT_EQ(2U, pool.stats().create_failed); // the first, and the probe that confirms it
    EXPECT_EQ(0U, pool.stats().size);
}

TEST_F(SqlitePool, one_pool_serves_several_files_each_with_its_own_connections) {
    sqlite::database other = wanted;
    other.path = dir.file("other.db");
    other.mode = sqlite::open_mode::create;
    auto pool = make(4);
    {
        LEND_UNWRAP(lease, pool.acquire(other));
        LEND_EXPECT_OK(lease->exec("CREATE TABLE t(x)"));
    }

    for (int round = 0; round < 3; ++round) {
        LEND_UNWRAP(here, pool.acquire(wanted));
        LEND_UNWRAP(there, pool.acquire(other));
        EXPECT_EQ(100, count(*here));
        EXPECT_EQ(0, count(*there));
    }

    EXPECT_EQ(2U, pool.stats().created);
}

TEST_F(SqlitePool, a_connection_is_destroyed_by_its_number_once) {
    auto pool = make(1);
    LEND_UNWRAP(lease, pool.acquire(wanted));
    const auto number = lease.id();

    EXPECT_EQ(hr::s_false, pool.destroy(number)) << "lent: when the lease ends";
    EXPECT_EQ(100, count(*lease)) << "and until then it is good";
    EXPECT_EQ(hr::s_false, lease.release());

    EXPECT_EQ(hr::lend_e_stale, pool.destroy(number));
    EXPECT_EQ(0U, open_files());
}

TEST_F(SqlitePool, a_lease_may_outlive_its_pool_and_closes_the_connection) {
    auto pool = std::make_unique<pool_type>(make(1));
    LEND_UNWRAP(lease, pool->acquire(wanted));

    pool.reset();

    EXPECT_EQ(100, count(*lease));
    lease.release();
    EXPECT_EQ(0U, open_files());
    EXPECT_FALSE(std::filesystem::exists(wanted.path + "-wal")) << "closed in good order";
}

TEST_F(SqlitePool, a_detached_connection_is_the_callers_own) {
    auto pool = make(1);
    LEND_UNWRAP(lease, pool.acquire(wanted));

    LEND_UNWRAP(own, lease.detach());

    EXPECT_EQ(0U, pool.stats().size);
    EXPECT_EQ(100, count(own));
}

// Invariant: what N threads add under BEGIN IMMEDIATE is all there, though every third lease ends
// in the middle of its transaction; every lease begins clean, no file stays open.
TEST_F(SqlitePool, threads_that_leave_transactions_open_do_not_disturb_each_other) {
    constexpr int threads = 6;
    constexpr int rounds = 300;
    wanted.busy_timeout = 60s;
    wanted.pragmas.push_back({"synchronous", "OFF"});
    std::vector<int> added(threads);
    std::vector<std::string> words(threads);
    {
        auto pool = make(3);
        std::vector<std::thread> crew;
        for (std::size_t t = 0; t < threads; ++t) {
            crew.emplace_back([&, t] {
                try {
                    for (int i = 0; i < rounds; ++i) {
                        auto lease = pool.acquire(wanted).value();
                        if (sqlite3_get_autocommit(lease->native()) == 0) words[t] = "not clean";
                        lease->exec("BEGIN IMMEDIATE; INSERT INTO t(x) VALUES (NULL)").value();
                        if (i % 3 == 0) continue;
                        lease->exec("COMMIT").value();
                        ++added[t];
                    }
                } catch (const std::exception& e) {
                    words[t] = e.what();
                }
            });
        }
        for (std::thread& each : crew) each.join();

        LEND_UNWRAP(lease, pool.acquire(wanted));
        EXPECT_EQ(100 + threads * rounds / 3 * 2, count(*lease));
        EXPECT_EQ(0U, pool.stats().destroyed);
        EXPECT_EQ(0U, pool.stats().waiting);
    }

    for (const std::string& each : words) EXPECT_EQ("", each);
    for (const int each : added) EXPECT_EQ(rounds / 3 * 2, each);
    EXPECT_EQ(0U, open_files());
}

} // namespace sqlite_pool_test
