// SPDX-License-Identifier: MIT
//
// One learns: how each connection to SQLite gets the program's own functions and is watched by it,
// that a database in memory lives as long as its pool, and how each connection gets one of its own.

#include <lend/drivers/sqlite.hpp>
#include <lend/pool.hpp>

#include <cmath>
#include <cstdio>
#include <string>

namespace {

using lend::sqlite::connection;
using lend::sqlite::database;
using pool_type = lend::pool<lend::sqlite::driver>;

// [additions]
// root(x) for every connection, and nothing but reading for every borrower.
lend::result<void> add_root(sqlite3* db) {
    const auto root = [](sqlite3_context* c, int, sqlite3_value** x) {
        sqlite3_result_double(c, std::sqrt(sqlite3_value_double(x[0])));
    };
    const int code = sqlite3_create_function(db, "root", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                             nullptr, root, nullptr, nullptr);
    if (code == SQLITE_OK) return {};
    return lend::error(lend::sqlite::to_hresult(code), "root(x) cannot be added", code);
}

lend::result<void> forbid_writing(sqlite3* db) {
    const auto decide = [](void*, int action, const char*, const char*, const char*, const char*) {
        const bool writes =
            action == SQLITE_INSERT || action == SQLITE_UPDATE || action == SQLITE_DELETE;
        return writes ? SQLITE_DENY : SQLITE_OK;
    };
    sqlite3_set_authorizer(db, decide, nullptr);
    return {};
}

lend::sqlite::driver reading_driver() {
    return lend::sqlite::driver({.install = &add_root, .watch = &forbid_writing});
}
// [additions]

void functions_and_hooks() {
    pool_type pool(reading_driver());
    const database numbers{.path = "file:/numbers?vfs=memdb",
                           .set_up = {"CREATE TABLE IF NOT EXISTS n(x)",
                                      "INSERT INTO n SELECT 2 WHERE NOT EXISTS (SELECT * FROM n)"}};
    auto lease = pool.acquire(numbers).value();
    std::printf("root(2) is %.3f\n", lease->query<double>("SELECT root(x) FROM n").value());
    std::printf("writing: %s\n", std::string(lease->exec("DELETE FROM n").error().text()).c_str());
}

void memory() {
    pool_type pool(lend::sqlite::driver{});
    const database kept{.path = "file:/kept?vfs=memdb"};
    pool.acquire(kept).value()->exec("CREATE TABLE t(x)").value();
    pool.clear(); // closes every connection of the pool's
    const auto tables =
        pool.acquire(kept).value()->query<std::int64_t>("SELECT count(*) FROM sqlite_master");
    std::printf("tables after all connections were closed: %d\n", static_cast<int>(tables.value()));

    // [scratch]
    // Each borrower gets an empty table of words that no other one sees.
    const database scratch{.path = ":memory:",
                           .set_up = {"CREATE TABLE word(text TEXT PRIMARY KEY)"},
                           .deep_reset = lend::sqlite::reset_depth::reopen,
                           .memory = lend::sqlite::memory_life::connection};
    // [scratch]
    for (int borrower = 1; borrower <= 2; ++borrower) {
        auto lease = pool.acquire(scratch).value();
        const auto words = lease->query<std::int64_t>("SELECT count(*) FROM word").value();
        std::printf("borrower %d finds %d words\n", borrower, static_cast<int>(words));
        lease->exec("INSERT INTO word VALUES ('lend')").value();
    }
}

} // namespace

int main() {
    functions_and_hooks();
    memory();
}
