// SPDX-License-Identifier: MIT
/// @file
/// A borrower who has SQLite call functions, each callback that a connection may have, and what
/// makes SQLite call them.

#ifndef LEND_TESTS_DRIVERS_SQLITE_BORROWER_HPP
#define LEND_TESTS_DRIVERS_SQLITE_BORROWER_HPP

#include <lend/drivers/sqlite.hpp>

#include <sqlite3.h>

#include <string_view>
#include <vector>

namespace lend_test {

// Counts the calls, and those that come when the borrower has gone.
struct borrower {
    bool is_gone = false;
    int calls = 0;
    int late_calls = 0;

    static int call(void* who) {
        auto& called = *static_cast<borrower*>(who);
        ++called.calls;
        if (called.is_gone) ++called.late_calls;
        return 0;
    }
};

// A callback of SQLite's, by the function that sets it.
struct callback {
    const char* name;
    void (*set)(sqlite3*, void* who);
};

inline const std::vector<callback>& callbacks() {
    static const std::vector<callback> all {
        {"sqlite3_busy_handler",
         [](sqlite3* db, void* who) {
             sqlite3_busy_handler(
                 db, [](void* w, int) { return borrower::call(w); }, who);
         }},
            {"sqlite3_set_authorizer",
             [](sqlite3* db, void* who) {
                 sqlite3_set_authorizer(
                     db,
                     [](void* w, int, const char*, const char*, const char*, const char*) {
                         return borrower::call(w);
                     },
                     who);
             }},
            {"sqlite3_trace",
             [](sqlite3* db, void* who) {
                 sqlite3_trace(
                     db, [](void* w, const char*) { borrower::call(w); }, who);
             }},
            {"sqlite3_profile",
             [](sqlite3* db, void* who) {
                 sqlite3_profile(
                     db, [](void* w, const char*, sqlite3_uint64) { borrower::call(w); }, who);
             }},
            {"sqlite3_trace_v2",
             [](sqlite3* db, void* who) {
                 constexpr unsigned all_events = SQLITE_TRACE_STMT | SQLITE_TRACE_PROFILE |
                                                 SQLITE_TRACE_ROW | SQLITE_TRACE_CLOSE;
                 sqlite3_trace_v2(
                     db, all_events,
                     [](unsigned, void* w, void*, void*) { return borrower::call(w); }, who);
             }},
            {"sqlite3_progress_handler",
             [](sqlite3* db, void* who) { sqlite3_progress_handler(db, 1, &borrower::call, who); }},
            {"sqlite3_commit_hook",
             [](sqlite3* db, void* who) { sqlite3_commit_hook(db, &borrower::call, who); }},
            {"sqlite3_rollback_hook",
             [](sqlite3* db, void* who) {
                 sqlite3_rollback_hook(
                     db, [](void* w) { borrower::call(w); }, who);
             }},
            {"sqlite3_update_hook",
             [](sqlite3* db, void* who) {
                 sqlite3_update_hook(
                     db,
                     [](void* w, int, const char*, const char*, sqlite3_int64) {
                         borrower::call(w);
                     },
                     who);
             }},
            {"sqlite3_preupdate_hook",
             [](sqlite3* db, void* who) {
                 if (&sqlite3_preupdate_hook == nullptr) return;
                 sqlite3_preupdate_hook(
                     db,
                     [](void* w, sqlite3*, int, const char*, const char*, sqlite3_int64,
                        sqlite3_int64) { borrower::call(w); },
                     who);
             }},
            {"sqlite3_wal_hook",
             [](sqlite3* db, void* who) {
                 sqlite3_wal_hook(
                     db, [](void* w, sqlite3*, const char*, int) { return borrower::call(w); },
                     who);
             }},
            {"sqlite3_collation_needed",
             [](sqlite3* db, void* who) {
                 sqlite3_collation_needed(
                     db, who, [](void* w, sqlite3*, int, const char*) { borrower::call(w); });
             }},
            {"sqlite3_collation_needed16",
             [](sqlite3* db, void* who) {
                 sqlite3_collation_needed16(
                     db, who, [](void* w, sqlite3*, int, const void*) { borrower::call(w); });
             }},
#if SQLITE_VERSION_NUMBER >= 3037000
            {"sqlite3_autovacuum_pages", [](sqlite3* db, void* who) {
                 sqlite3_autovacuum_pages(
                     db,
                     [](void* w, const char*, unsigned, unsigned pages, unsigned) {
                         borrower::call(w);
                         return pages;
                     },
                     who, nullptr);
             }},
#endif
    };
    return all;
}

// Whether this build of SQLite has the callback at all.
inline bool exists(const callback& each) {
    const std::string_view name = each.name;
    return name != "sqlite3_preupdate_hook" || &sqlite3_preupdate_hook != nullptr;
}

// Does what has SQLite call every callback that is left on `c`. `other` is another connection to
// the same file, which has t(x). What fails is none of the test's affair.
inline void provoke(lend::sqlite::connection& c, lend::sqlite::connection& other) {
    (void)c.exec("BEGIN IMMEDIATE; INSERT INTO t SELECT max(x) + 1 FROM t;"
                 "DELETE FROM t WHERE x < (SELECT max(x) FROM t); COMMIT");
    (void)c.exec("CREATE TABLE IF NOT EXISTS big(x); INSERT INTO big VALUES (zeroblob(20000));"
                 "DELETE FROM big");
    (void)c.exec("BEGIN; DELETE FROM t; ROLLBACK");
    (void)c.exec("SELECT x FROM t ORDER BY x COLLATE unheard_of");
    (void)other.exec("BEGIN IMMEDIATE");
    (void)c.exec("BEGIN IMMEDIATE");
    (void)other.exec("ROLLBACK");
}

} // namespace lend_test

#endif // LEND_TESTS_DRIVERS_SQLITE_BORROWER_HPP
