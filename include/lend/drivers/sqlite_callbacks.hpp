// SPDX-License-Identifier: MIT
/// @file
/// The functions of a program that SQLite calls for one connection, and how they are taken out of
/// it when their borrower leaves. docs/sqlite.md lists every callback of SQLite with what becomes
/// of it; a test compares that list with sqlite3.h and with this file.

#ifndef LEND_DRIVERS_SQLITE_CALLBACKS_HPP
#define LEND_DRIVERS_SQLITE_CALLBACKS_HPP

#include <lend/detail/cpp20.hpp>

#include <sqlite3.h>

// Builds of SQLite may lack these, by SQLITE_OMIT_ and SQLITE_ENABLE_ options that a program which
// includes sqlite3.h does not see. Where the linker knows weak symbols they are null then;
// elsewhere they count as missing unless the program says that its SQLite has them.
#if defined(__ELF__)
extern "C" {
__attribute__((weak)) void*
sqlite3_profile(sqlite3*, void (*)(void*, const char*, sqlite3_uint64), void*);
__attribute__((weak)) void sqlite3_progress_handler(sqlite3*, int, int (*)(void*), void*);
__attribute__((weak)) int sqlite3_unlock_notify(sqlite3*, void (*)(void**, int), void*);
__attribute__((weak)) void* sqlite3_preupdate_hook(
    sqlite3*,
    void (*)(void*, sqlite3*, int, const char*, const char*, sqlite3_int64, sqlite3_int64),
    void*);
}
#endif

namespace lend::inline v0_1 {
namespace sqlite {
namespace detail {

// The callbacks that a build of SQLite may lack.
inline void take_out_optional_callbacks(sqlite3* db) noexcept {
#if defined(__ELF__)
    // Not undone by sqlite3_trace_v2: it would be called for the next borrower's statements.
    if (&sqlite3_profile != nullptr) sqlite3_profile(db, nullptr, nullptr);
    if (&sqlite3_progress_handler != nullptr) sqlite3_progress_handler(db, 0, nullptr, nullptr);
    if (&sqlite3_unlock_notify != nullptr) sqlite3_unlock_notify(db, nullptr, nullptr);
    if (&sqlite3_preupdate_hook != nullptr) sqlite3_preupdate_hook(db, nullptr, nullptr);
#else
#if !defined(SQLITE_OMIT_DEPRECATED)
    sqlite3_profile(db, nullptr, nullptr);
#endif
#if !defined(SQLITE_OMIT_PROGRESS_CALLBACK)
    sqlite3_progress_handler(db, 0, nullptr, nullptr);
#endif
#if defined(SQLITE_ENABLE_UNLOCK_NOTIFY)
    sqlite3_unlock_notify(db, nullptr, nullptr);
#endif
#if defined(SQLITE_ENABLE_PREUPDATE_HOOK)
    sqlite3_preupdate_hook(db, nullptr, nullptr);
#endif
#endif
}

// Takes every callback of the connection out, so that nothing which is done to it from here on runs
// code of a borrower who may be gone. First of all on every way out: a reset of a statement reports
// its profile, or commits; a rollback and a close have their hooks too.
inline void take_out_callbacks(sqlite3* db) noexcept {
    sqlite3_busy_handler(db, nullptr, nullptr);
    sqlite3_set_authorizer(db, nullptr, nullptr);
    sqlite3_trace_v2(db, 0, nullptr, nullptr); // sqlite3_trace sets the same one
    sqlite3_update_hook(db, nullptr, nullptr);
    sqlite3_commit_hook(db, nullptr, nullptr);
    sqlite3_rollback_hook(db, nullptr, nullptr);
    sqlite3_wal_hook(db, nullptr, nullptr);
    sqlite3_collation_needed(db, nullptr, nullptr); // sqlite3_collation_needed16 sets the same one
#if SQLITE_VERSION_NUMBER >= 3037000
    sqlite3_autovacuum_pages(db, nullptr, nullptr, nullptr);
#endif
    take_out_optional_callbacks(db);
}

} // namespace detail
} // namespace sqlite
} // namespace lend

#endif // LEND_DRIVERS_SQLITE_CALLBACKS_HPP
