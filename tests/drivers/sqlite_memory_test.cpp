// SPDX-License-Identifier: MIT
/// @file
/// The SQLite driver when SQLite runs out of memory: every allocation of opening, enlisting and
/// resetting fails once, and once for good. Each failure is reported and nothing stays allocated.

#include <drivers/sqlite_fixture.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <utility>

namespace sqlite_memory_test {

namespace hr = lend::hr;
namespace sqlite = lend::sqlite;

// Between the tests and malloc: fails the n-th allocation from now, and all after it if asked to.
struct failing_memory {
    static inline sqlite3_mem_methods real{};
    static inline std::atomic<long> until_failure{-1}; // negative: never
    static inline std::atomic<bool> for_good{false};
    static inline std::atomic<long> failures{0};

    static bool fails() {
        if (until_failure.load() < 0) return false;
        if (until_failure.load() > 0) {
            until_failure.fetch_sub(1);
            return false;
        }
        if (!for_good.load()) until_failure.store(-1);
        failures.fetch_add(1);
        return true;
    }
    static void* allocate(int size) { return fails() ? nullptr : real.xMalloc(size); }
    static void* reallocate(void* old, int size) {
        return fails() ? nullptr : real.xRealloc(old, size);
    }

    // SQLite takes other memory only before its first use, so this runs before main.
    static inline const bool installed = [] {
        if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real) != SQLITE_OK) return false;
        sqlite3_mem_methods mine = real;
        mine.xMalloc = &allocate;
        mine.xRealloc = &reallocate;
        return sqlite3_config(SQLITE_CONFIG_MALLOC, &mine) == SQLITE_OK;
    }();

    static void arm(long n, bool persistent) {
        failures.store(0);
        for_good.store(persistent);
        until_failure.store(n);
    }
    // How many failures there were since `arm`.
    static long disarm() {
        until_failure.store(-1);
        return failures.load();
    }
};

struct tally {
    int points = 0;
    int reported = 0;
    int absorbed = 0;
};

class SqliteMemory : public lend_test::sqlite_test, public testing::WithParamInterface<bool> {
protected:
    SqliteMemory() {
        wanted.pragmas.push_back({"foreign_keys", "ON"});
        wanted.set_up = {"CREATE TEMP TABLE IF NOT EXISTS scratch(x)"};
    }

    // Calls `attempt(n)` for n = 0, 1, ... until no allocation was left to fail. It returns the
    // code of the call that was tried with the n-th allocation failing.
    template <class Attempt>
    tally each_failure(Attempt attempt) {
        tally seen;
        for (long n = 0;; ++n) {
            const auto [code, failures] = attempt(n);
            if (failures == 0) {
                EXPECT_EQ(hr::s_ok, code);
                return seen;
            }
            ++seen.points;
            ++(lend::failed(code) ? seen.reported : seen.absorbed);
            if (testing::Test::HasFailure()) return seen;
        }
    }

    bool persistent() const { return GetParam(); }

    void report(const tally& seen) {
        RecordProperty("points", seen.points);
        RecordProperty("reported", seen.reported);
        RecordProperty("absorbed", seen.absorbed);
    }
};

TEST_P(SqliteMemory, a_failed_allocation_in_create_is_reported_and_leaks_nothing) {
    ASSERT_TRUE(failing_memory::installed);
    ASSERT_TRUE(filled());
    const auto before = sqlite3_memory_used();

    const tally seen = each_failure([&](long n) {
        failing_memory::arm(n, persistent());
        auto c = driver.create(wanted);
        const long failures = failing_memory::disarm();
        if (c) {
            EXPECT_EQ(1, *c->query<std::int64_t>("PRAGMA foreign_keys")) << n;
            EXPECT_EQ("wal", *c->query<std::string>("PRAGMA journal_mode")) << n;
            EXPECT_TRUE(c->exec("INSERT INTO scratch VALUES (1)")) << n;
        } else {
            EXPECT_EQ(hr::e_outofmemory, c.error().code()) << n << ": " << c.error().message();
            EXPECT_NE(std::string_view::npos, c.error().text().find(wanted.path)) << n;
        }
        const lend::hresult code = c.code();
        if (c) {
            EXPECT_EQ(hr::s_ok, driver.destroy(std::move(*c)));
        }
        EXPECT_EQ(before, sqlite3_memory_used()) << n;
        return std::pair(code, failures);
    });

    report(seen);
    EXPECT_LT(100, seen.points);
    EXPECT_LT(seen.absorbed, seen.points / 4);
}

TEST_P(SqliteMemory, a_failed_allocation_in_reset_is_reported_or_the_reset_is_complete) {
    for (const auto depth : {sqlite::reset_depth::light, sqlite::reset_depth::reopen}) {
        wanted.deep_reset = depth;
        ASSERT_TRUE(filled());
        const auto before = sqlite3_memory_used();

        const tally seen = each_failure([&](long n) {
            auto c = driver.create(wanted);
            EXPECT_TRUE(c->exec("BEGIN; DELETE FROM t; SAVEPOINT inner; INSERT INTO t VALUES(7)"));
            failing_memory::arm(n, persistent());
            const lend::hresult code = driver.reset(*c);
            const long failures = failing_memory::disarm();
            if (lend::succeeded(code)) {
                EXPECT_EQ(lend::health::good, driver.check(*c, lend::check_kind::active)) << n;
                EXPECT_EQ(100, *c->query<std::int64_t>("SELECT count(*) FROM t")) << n;
            } else {
                EXPECT_EQ(hr::e_outofmemory, code) << n;
            }
            EXPECT_EQ(hr::s_ok, driver.destroy(std::move(*c))) << n;
            EXPECT_EQ(before, sqlite3_memory_used()) << n;
            return std::pair(code, failures);
        });

        report(seen);
        EXPECT_LT(depth == sqlite::reset_depth::light ? 0 : 100, seen.points);
    }
    LEND_UNWRAP(after, driver.create(wanted));
    EXPECT_EQ(100, *after.query<std::int64_t>("SELECT count(*) FROM t")) << "nothing was deleted";
}

TEST_P(SqliteMemory, a_failed_allocation_in_enlist_leaves_no_transaction) {
    ASSERT_TRUE(filled());

    const tally seen = each_failure([&](long n) {
        auto c = driver.create(wanted);
        failing_memory::arm(n, persistent());
        const lend::hresult code = driver.enlist(*c, lend::transaction_id{1}).code;
        const long failures = failing_memory::disarm();
        const bool open = sqlite3_get_autocommit(c->native()) == 0;
        EXPECT_EQ(lend::succeeded(code), open) << n;
        return std::pair(code, failures);
    });

    report(seen);
    EXPECT_LT(0, seen.points);
}

TEST_P(SqliteMemory, destroy_needs_no_memory_to_succeed) {
    ASSERT_TRUE(filled());
    const auto before = sqlite3_memory_used();

    const tally seen = each_failure([&](long n) {
        auto c = driver.create(wanted);
        EXPECT_TRUE(c->exec("BEGIN; DELETE FROM t"));
        failing_memory::arm(n, persistent());
        const lend::hresult code = driver.destroy(std::move(*c));
        const long failures = failing_memory::disarm();
        EXPECT_EQ(hr::s_ok, code) << n;
        EXPECT_EQ(before, sqlite3_memory_used()) << n;
        return std::pair(code, failures);
    });

    report(seen);
    LEND_UNWRAP(after, driver.create(wanted));
    EXPECT_EQ(100, *after.query<std::int64_t>("SELECT count(*) FROM t"));
}

INSTANTIATE_TEST_SUITE_P(allocation, SqliteMemory, testing::Bool(), [](const auto& each) {
    return std::string(each.param ? "fails_for_good" : "fails_once");
});

} // namespace sqlite_memory_test
