// SPDX-License-Identifier: MIT
/// @file
/// What a program adds to each connection: when it is called, and what becomes of its failures.

#include <drivers/sqlite_borrower.hpp>
#include <drivers/sqlite_fixture.hpp>
#include <lend/error.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace sqlite_additions_test {

namespace hr = lend::hr;
namespace sqlite = lend::sqlite;

// twice(x), and a collation that sorts backwards.
lend::result<void> install(sqlite3* db) {
    int code = sqlite3_create_function(
        db, "twice", 1, SQLITE_UTF8, nullptr,
        [](sqlite3_context* c, int, sqlite3_value** all) {
            sqlite3_result_int(c, 2 * sqlite3_value_int(all[0]));
        },
        nullptr, nullptr);
    if (code == SQLITE_OK) {
        code = sqlite3_create_collation(
            db, "backwards", SQLITE_UTF8, nullptr,
            [](void*, int n, const void* a, int m, const void* b) {
                const std::string one(static_cast<const char*>(a), static_cast<std::size_t>(n));
                return -one.compare(0, one.npos, static_cast<const char*>(b),
                                    static_cast<std::size_t>(m));
            });
    }
    if (code == SQLITE_OK) return {};
    return lend::error(sqlite::to_hresult(code), "no functions", code);
}

class SqliteAdditions : public lend_test::sqlite_test {};

TEST_F(SqliteAdditions, are_there_before_the_set_up_needs_them) {
    sqlite::driver adding(sqlite::additions{.install = &install});
    wanted.set_up = {"CREATE TEMP TABLE u AS SELECT twice(21) AS x"};

    LEND_UNWRAP(c, adding.create(wanted));

    EXPECT_EQ(42, *c.query<std::int64_t>("SELECT x FROM u"));
}

TEST_F(SqliteAdditions, are_there_after_either_reset) {
    sqlite::driver adding(sqlite::additions{.install = &install});
    wanted.set_up = {"SELECT twice(1)"};
    for (const auto depth : {sqlite::reset_depth::light, sqlite::reset_depth::reopen}) {
        wanted.deep_reset = depth;
        LEND_UNWRAP(c, adding.create(wanted));

        EXPECT_EQ(hr::s_ok, adding.reset(c));

        EXPECT_EQ("b", *c.query<std::string>("SELECT x FROM (SELECT 'a' AS x UNION SELECT 'b')"
                                             "ORDER BY x COLLATE backwards"));
        EXPECT_EQ(42, *c.query<std::int64_t>("SELECT twice(21)"));
    }
}

TEST_F(SqliteAdditions, are_called_in_their_order) {
    std::string calls;
    const auto noting = [&](const char* what) {
        return [&calls, what](sqlite3* db) -> lend::result<void> {
            sqlite3_stmt* pragma = nullptr;
            sqlite3_prepare_v2(db, "PRAGMA cache_size", -1, &pragma, nullptr);
            sqlite3_step(pragma);
            calls += what + std::to_string(sqlite3_column_int(pragma, 0)) + " ";
            sqlite3_finalize(pragma);
            return {};
        };
    };
    sqlite::driver noted(
        sqlite::additions{.install = noting("install "), .watch = noting("watch ")});
    wanted.pragmas = {{"cache_size", "-123"}};
    LEND_UNWRAP(c, noted.create(wanted));
    EXPECT_EQ("install -2000 watch -123 ", std::exchange(calls, ""));

    EXPECT_EQ(hr::s_ok, noted.reset(c));
    EXPECT_EQ("watch -123 ", std::exchange(calls, ""));

    ASSERT_EQ(hr::s_ok, noted.enlist(c, lend::transaction_id{7}).code);
    EXPECT_EQ(hr::s_ok, noted.reset(c));
    EXPECT_EQ("watch -123 ", std::exchange(calls, "")) << "in a transaction too";
    ASSERT_EQ(hr::s_ok, noted.enlist(c, {}).code);

    c = sqlite::connection(*noted.create([&] {
        sqlite::database reopened = wanted;
        reopened.deep_reset = sqlite::reset_depth::reopen;
        return reopened;
    }()));
    calls.clear();
    EXPECT_EQ(hr::s_ok, noted.reset(c));
    EXPECT_EQ("install -2000 watch -123 ", calls);
}

TEST_F(SqliteAdditions, watch_every_borrower) {
    lend_test::borrower program;
    sqlite::driver watching(sqlite::additions{.watch = [&](sqlite3* db) -> lend::result<void> {
        sqlite3_commit_hook(db, &lend_test::borrower::call, &program);
        return {};
    }});
    LEND_UNWRAP(c, watching.create(wanted));
    LEND_EXPECT_OK(c.exec("CREATE TABLE u(x)"));
    EXPECT_EQ(1, program.calls);
    sqlite3_commit_hook(c.native(), nullptr, nullptr); // by a borrower

    EXPECT_EQ(hr::s_ok, watching.reset(c));

    LEND_EXPECT_OK(c.exec("DROP TABLE u"));
    EXPECT_EQ(2, program.calls);
}

TEST_F(SqliteAdditions, that_forbid_to_read_do_not_make_a_check_call_the_connection_broken) {
    sqlite::driver forbidding(sqlite::additions{.watch = [](sqlite3* db) -> lend::result<void> {
        const auto deny = [](void*, int, const char*, const char*, const char*, const char*) {
            return SQLITE_DENY;
        };
        sqlite3_set_authorizer(db, deny, nullptr);
        return {};
    }});
    LEND_UNWRAP(c, forbidding.create(wanted));
    ASSERT_FALSE(c.exec("SELECT 1"));

    EXPECT_EQ(lend::health::good, forbidding.check(c, lend::check_kind::active));

    EXPECT_FALSE(c.exec("SELECT 1")) << "and they are there again";
}

TEST_F(SqliteAdditions, that_allow_short_statements_only_do_not_make_a_check_call_it_broken) {
    constexpr int least = 8; // characters
    sqlite::driver limiting(sqlite::additions{.watch = [](sqlite3* db) -> lend::result<void> {
        sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, least);
        return {};
    }});
    LEND_UNWRAP(c, limiting.create(wanted));

    EXPECT_EQ(lend::health::good, limiting.check(c, lend::check_kind::active));

    EXPECT_EQ(least, sqlite3_limit(c.native(), SQLITE_LIMIT_SQL_LENGTH, -1));
}

TEST_F(SqliteAdditions, that_wait_for_locks_do_so_after_a_check_too) {
    lend_test::borrower program;
    sqlite::driver waiting(sqlite::additions{.watch = [&](sqlite3* db) -> lend::result<void> {
        sqlite3_busy_handler(
            db, [](void* w, int) { return lend_test::borrower::call(w); }, &program);
        return {};
    }});
    LEND_UNWRAP(other, filled());
    LEND_UNWRAP(c, waiting.create(wanted));
    LEND_EXPECT_OK(other.exec("BEGIN IMMEDIATE"));

    EXPECT_EQ(lend::health::good, waiting.check(c, lend::check_kind::active));
    EXPECT_EQ(0, program.calls);

    EXPECT_FALSE(c.exec("BEGIN IMMEDIATE"));
    EXPECT_EQ(1, program.calls);
}

TEST_F(SqliteAdditions, that_fail_after_a_check_make_the_connection_broken) {
    sqlite::driver once(
        sqlite::additions{.watch = [opens = true](sqlite3*) mutable -> lend::result<void> {
            if (std::exchange(opens, false)) return {};
            return hr::e_fail;
        }});
    LEND_UNWRAP(c, once.create(wanted));

    EXPECT_EQ(lend::health::good, once.check(c, lend::check_kind::passive));
    EXPECT_EQ(lend::health::broken, once.check(c, lend::check_kind::active));
}

TEST_F(SqliteAdditions, that_fail_are_named_with_their_own_words) {
    const auto fail = [](sqlite3*) -> lend::result<void> {
        return lend::error(hr::e_accessdenied, "no licence for it", 77);
    };
    for (const auto& [name, added] : std::vector<std::pair<std::string, sqlite::additions>>{
             {"install", {.install = fail}}, {"watch", {.watch = fail}}}) {
        sqlite::driver failing(added);

        const auto c = failing.create(wanted);

        ASSERT_FALSE(c);
        EXPECT_EQ(hr::e_accessdenied, c.error().code());
        EXPECT_EQ(77, c.error().driver_code());
        EXPECT_NE(std::string::npos, c.error().message().find(wanted.path + "\": additions::" +
                                                              name + " failed: no licence for it"))
            << c.error().message();
    }
}

TEST_F(SqliteAdditions, that_fail_keep_a_code_that_is_text) {
    sqlite::driver failing(sqlite::additions{.install = [](sqlite3*) -> lend::result<void> {
        return lend::error(hr::e_fail, "the server shuts down", "57P01");
    }});

    const auto c = failing.create(wanted);

    ASSERT_FALSE(c);
    EXPECT_EQ("57P01", c.error().driver_code_text());
    EXPECT_NE(std::string::npos, c.error().message().find("install failed: the server shuts down"))
        << c.error().message();
}

TEST_F(SqliteAdditions, that_fail_without_words_are_told_by_what_their_code_means) {
    sqlite::driver failing(sqlite::additions{
        .install = [](sqlite3*) -> lend::result<void> { return hr::e_accessdenied; }});

    const auto c = failing.create(wanted);

    ASSERT_FALSE(c);
    EXPECT_NE(std::string::npos,
              c.error().message().find(
                  "install failed: " + std::string(lend::describe(hr::e_accessdenied)) + " ("))
        << c.error().message();
}

TEST_F(SqliteAdditions, that_fail_or_throw_leave_nothing_open) {
    ASSERT_TRUE(filled());
    const auto before = sqlite3_memory_used();
    for (const bool throws : {false, true}) {
        sqlite::driver failing(sqlite::additions{.watch = [&](sqlite3*) -> lend::result<void> {
            if (throws) throw std::runtime_error("no");
            return hr::e_fail;
        }});
        if (throws) {
            EXPECT_THROW((void)failing.create(wanted), std::runtime_error);
        } else {
            EXPECT_FALSE(failing.create(wanted));
        }
        EXPECT_EQ(before, sqlite3_memory_used());
    }
}

TEST(FailureMode, 63_each_connection_has_the_programs_functions_whatever_was_reset_or_replaced) {
    const lend_test::temp_dir dir;
    lend::pool<sqlite::driver> pool(sqlite::driver(sqlite::additions{.install = &install}),
                                    {.max_size = 2});
    for (const auto depth : {sqlite::reset_depth::light, sqlite::reset_depth::reopen}) {
        const sqlite::database file{.path = dir.file("t.db"),
                                    .mode = sqlite::open_mode::create,
                                    .set_up = {"SELECT twice(1)"},
                                    .deep_reset = depth};
        for (int use = 0; use < 4; ++use) {
            LEND_UNWRAP(one, pool.acquire(file));
            LEND_UNWRAP(two, pool.acquire(file));
            EXPECT_EQ(42, *one->query<std::int64_t>("SELECT twice(21)"));
            EXPECT_EQ(42, *two->query<std::int64_t>("SELECT twice(21)"));
            if (use % 2 == 0) two.discard();
        }
    }
}

} // namespace sqlite_additions_test
