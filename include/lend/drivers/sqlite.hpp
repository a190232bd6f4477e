// SPDX-License-Identifier: MIT
/// @file
/// The driver for SQLite: what a pool needs to lend connections to database files. Connections
/// themselves are in sqlite_connection.hpp. Needs SQLite 3.34 and its library.

#ifndef LEND_DRIVERS_SQLITE_HPP
#define LEND_DRIVERS_SQLITE_HPP

#include <lend/driver.hpp>
#include <lend/drivers/sqlite_connection.hpp>
#include <lend/drivers/sqlite_database.hpp>
#include <lend/drivers/sqlite_handle.hpp>
#include <lend/drivers/sqlite_memory.hpp>
#include <lend/drivers/sqlite_opening.hpp>
#include <lend/error.hpp>
#include <lend/hresult.hpp>
#include <lend/result.hpp>

#include <sqlite3.h>

#include <memory>
#include <mutex>
#include <utility>

namespace lend::inline v0_1 {
namespace sqlite {

/// Makes, cleans, checks and closes SQLite connections for a pool.
///
/// A database's description is the resource type, so one pool may serve several files. SQLite
/// lets one connection write at a time per file: a pool of more than one helps readers (in WAL
/// mode beside the writer); more writers only queue. Not for one thread that needs one
/// connection: hold a `connection` instead.
///
/// What a connection is between two calls, and what each call makes of it:
///
/// | state                | enlist(t)        | enlist(none)    | reset            | check   |
/// |----------------------|------------------|-----------------|------------------|---------|
/// | clean                | BEGIN: enlisted  | clean           | clean            | good    |
/// | used, dirty          | refused          | refused         | clean, or fails  | broken  |
/// | enlisted in t        | enlisted         | rolled back     | enlisted         | good    |
/// | enlisted, committed  | refused          | clean           | enlisted, comm.  | good    |
/// | enlisted, undone     | refused          | clean           | fails            | broken  |
/// | closed               | refused          | refused         | fails            | broken  |
///
/// "Undone" is a transaction that SQLite rolled back by itself (full disk, interrupt of a write)
/// or that was ended by SQL text instead of `connection::commit`.
/// A database in memory would be gone with its last connection: the driver keeps one more open to
/// each that it has opened, for as long as it or a copy of it lives. See memory_life.
/// Example: examples/ledger.cpp.
/// @par Thread safety Distinct connections: safe. One connection: only `interrupt` may overlap
///      with another call for it.
class driver {
public:
    using resource = connection;
    using resource_type = database;

    driver() : driver(additions{}) {}

    /// A driver that does something of the program's with each connection.
    explicit driver(additions added)
        : added_(std::move(added)), keepers_(std::make_shared<detail::keepers>()) {}

    /// Opens a connection: see connection::open.
    /// @par Errors As connection::open; e_invalidarg: a database that each connection has for
    /// itself,
    ///      as ":memory:", without memory_life::connection.
    /// @par Thread safety See the class; blocking on file locks for the busy timeout at most twice.
    [[nodiscard]] result<connection> create(const database& wanted) {
        if (auto may = detail::may_be_pooled(wanted); !may) return may.error();
        auto made = connection::open(wanted, added_);
        const bool stays = wanted.memory == memory_life::pool;
        if (!made || !stays || !detail::is_in_memory(made->native())) return made;
        if (auto kept = keepers_->keep(wanted); !kept) return kept.error();
        return made;
    }

    /// Puts the connection into a transaction by BEGIN IMMEDIATE, or takes it out of one.
    ///
    /// BEGIN IMMEDIATE and not BEGIN, because a read transaction that wants to write later fails
    /// at once with SQLITE_BUSY_SNAPSHOT, whatever the busy timeout. Leaving rolls back what
    /// `connection::commit` has not kept.
    /// @par Errors e_unexpected: in another transaction, or used and not reset;
    ///      lend_e_timed_out: another writer kept the file for the busy timeout; any of BEGIN's.
    /// @par Thread safety See the class. Blocking for the busy timeout.
    [[nodiscard]] enlistment enlist(connection& r, transaction_id tx) noexcept {
        if (r.native() == nullptr) return hr::e_unexpected;
        auto& state = *r.kept_;
        if (!tx) return leave(r);
        const bool open = sqlite3_get_autocommit(r.native()) == 0;
        if (state.enlisted) {
            return state.enlisted == tx && open ? hr::s_ok : hr::e_unexpected;
        }
        if (open) return hr::e_unexpected;
        const int code = detail::run(r.native(), "BEGIN IMMEDIATE");
        if (code != SQLITE_OK) return to_hresult(code);
        state.enlisted = tx;
        state.committed = false;
        return hr::s_ok;
    }

    /// Makes the connection fit for the next user.
    ///
    /// In this order: every callback of the borrower's is taken out, limits, switches, leave to
    /// load extensions and the busy timeout are set again, every statement is reset and its
    /// bindings are cleared, an open transaction is rolled back, and `additions::watch` is called.
    /// Attached databases, temporary tables, most pragmas and functions stay, unless the database
    /// asks for reset_depth::reopen. In a transaction that lend began, the transaction stays open
    /// and nothing is reopened.
    /// @par Errors e_fail: a transaction could not be ended, or the one enlisted in was undone, or
    ///      sqlite3_deserialize has put other contents in the database's place; any failure of
    ///      `additions::watch`; with reset_depth::reopen also as connection::open, and the
    ///      connection is closed then. The pool destroys what could not be reset.
    /// @par Thread safety See the class. @par Complexity Linear in the prepared statements; 37 us
    ///      more for reopen (open, read, close of a small file; two cores of a shared machine).
    [[nodiscard]] hresult reset(connection& r) {
        sqlite3* const db = r.native();
        if (db == nullptr) return hr::e_unexpected;
        take_back(r);
        const auto& state = *r.kept_;
        if (state.enlisted) {
            const bool open = sqlite3_get_autocommit(db) == 0;
            return open != state.committed && state.reads.are_those_of(db) ? watch(r) : hr::e_fail;
        }
        if (sqlite3_get_autocommit(db) == 0) {
            if (const int code = detail::run(db, "ROLLBACK"); code != SQLITE_OK)
                return to_hresult(code);
        }
        if (!is_clean(db)) return hr::e_fail;
        if (state.source.deep_reset == reset_depth::reopen) return reopen(r);
        return state.reads.are_those_of(db) ? watch(r) : hr::e_fail;
    }

    /// Finds out whether the connection may be lent.
    ///
    /// Passive: it is clean, and its file still has its name. A file that was moved, deleted or
    /// replaced is `backend_gone`, because every connection opened before has the old file too:
    /// reads would go on and see old data, writes would fail or be lost with the file. In a pool
    /// of several files the connections to the others are dropped with it, which costs their
    /// opening. Active: reads from the file as well (`SELECT 1` alone would not). A file that
    /// another connection has locked at that moment is good.
    /// Active takes the callbacks of `additions::watch` out for its reading, and calls that again.
    /// @par Errors None; throws what `additions::watch` throws. @par Thread safety See the class.
    ///      Passive does not block.
    [[nodiscard]] health(check)(connection& r, check_kind kind) {
        sqlite3* const db = r.native();
        if (db == nullptr) return health::broken;
        const auto& state = *r.kept_;
        if (state.enlisted) {
            if ((sqlite3_get_autocommit(db) == 0) == state.committed) return health::broken;
        } else if (!is_clean(db)) {
            return health::broken;
        }
        if (detail::has_moved(db)) return health::backend_gone;
        return kind == check_kind::active ? read_something(r) : health::good;
    }

    /// Finds out what an error says of the connection that it came from: see lease::report.
    ///
    /// Goes by SQLite's own code, `error::driver_code()`. Good is what tells of a statement, of
    /// other users or of the caller, and what `reset` clears up: ERROR, ABORT, BUSY, LOCKED, NOMEM,
    /// READONLY, INTERRUPT, NOTFOUND, FULL, EMPTY, SCHEMA, TOOBIG, CONSTRAINT, MISMATCH, AUTH,
    /// RANGE. `backend_gone` is READONLY_DBMOVED, because every connection has the old file.
    /// Anything else is broken: CORRUPT, NOTADB, IOERR, CANTOPEN, PROTOCOL, MISUSE, INTERNAL and
    /// whatever SQLite adds one day. Without a code of SQLite's: good if the error is lend's own,
    /// a time-out say, or a bad argument; else broken.
    /// @par Errors None. @par Thread safety Safe. @par Complexity Constant.
    [[nodiscard]] health classify(const error& e) noexcept {
        if (e.driver_code() == 0) {
            const bool is_callers = e == hr::e_invalidarg || e == hr::lend_e_timed_out ||
                                    e == hr::lend_e_cancelled || e == hr::lend_e_stale;
            return is_callers ? health::good : health::broken;
        }
        if (e.driver_code() == SQLITE_READONLY_DBMOVED) return health::backend_gone;
        switch (e.driver_code() & 0xFF) {
        case SQLITE_ERROR:
        case SQLITE_ABORT:
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_NOMEM:
        case SQLITE_READONLY:
        case SQLITE_INTERRUPT:
        case SQLITE_NOTFOUND:
        case SQLITE_FULL:
        case SQLITE_EMPTY:
        case SQLITE_SCHEMA:
        case SQLITE_TOOBIG:
        case SQLITE_CONSTRAINT:
        case SQLITE_MISMATCH:
        case SQLITE_AUTH:
        case SQLITE_RANGE:
            return health::good;
        default:
            return health::broken;
        }
    }

    /// Finalises all statements and closes; an open transaction is rolled back by that.
    /// @par Errors e_fail: see connection::close. @par Thread safety See the class.
    hresult destroy(connection&& r) noexcept { return r.close(); }

    /// Forgets the connection in a forked child: see connection::abandon.
    /// @par Errors None. @par Thread safety See the class. @par Ownership Leaks on purpose.
    void abandon(connection&& r) noexcept { r.abandon(); }

    /// Stops the statement that runs now: see connection::interrupt.
    /// @par Errors None. @par Thread safety Safe from any thread until destroy returned.
    void interrupt(connection& r) noexcept { r.interrupt(); }

private:
    static enlistment leave(connection& r) noexcept {
        auto& state = *r.kept_;
        const bool open = sqlite3_get_autocommit(r.native()) == 0;
        if (!state.enlisted) return open ? hr::e_unexpected : hr::s_ok;
        if (open) {
            detail::clear_statements(r.native());
            const int code = detail::run(r.native(), "ROLLBACK");
            if (code != SQLITE_OK) return to_hresult(code);
        }
        state.enlisted = {};
        state.committed = false;
        return hr::s_ok;
    }

    // What the borrower has put on the connection goes before anything is done to it: the context
    // of a callback may be gone, and a low limit would keep a ROLLBACK from being compiled.
    static void take_back(connection& r) noexcept {
        sqlite3* const db = r.native();
        detail::take_out_callbacks(db);
        r.kept_->as_opened.restore(db);
        sqlite3_busy_timeout(db, static_cast<int>(r.source().busy_timeout.count()));
        detail::clear_statements(db);
    }

    [[nodiscard]] hresult watch(connection& r) const {
        return added_.watch ? added_.watch(r.native()).code() : hr::s_ok;
    }

    // Autocommit alone does not tell: a SELECT that was stepped and not reset holds a read
    // transaction in autocommit mode, and keeps the WAL from being truncated.
    static bool is_clean(sqlite3* db) noexcept {
        for (sqlite3_stmt* s = sqlite3_next_stmt(db, nullptr); s != nullptr;
             s = sqlite3_next_stmt(db, s)) {
            if (sqlite3_stmt_busy(s) != 0) return false;
        }
        return sqlite3_get_autocommit(db) != 0 && sqlite3_txn_state(db, nullptr) == SQLITE_TXN_NONE;
    }

    // Without the program's callbacks, which may forbid to read, or have a word when it is locked.
    [[nodiscard]] health read_something(connection& r) const {
        sqlite3* const db = r.native();
        if (added_.watch) {
            detail::take_out_callbacks(db);
            r.kept_->as_opened.restore(db);
        }
        sqlite3_busy_timeout(db, 0);
        const int code = detail::run(db, "SELECT 1 FROM sqlite_master LIMIT 1") & 0xFF;
        sqlite3_busy_timeout(db, static_cast<int>(r.source().busy_timeout.count()));
        const bool answered = code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED;
        return answered && succeeded(watch(r)) ? health::good : health::broken;
    }

    // Closes first: a connection in exclusive locking mode would keep the new one out.
    [[nodiscard]] hresult reopen(connection& r) const {
        if (const hresult closed = r.close(); failed(closed)) return closed;
        auto fresh = detail::opening(r.source(), added_).run();
        if (!fresh) return fresh.code();
        r.kept_->as_opened = fresh->as_opened;
        r.kept_->reads = std::move(fresh->reads);
        const std::lock_guard hold(r.kept_->gate);
        r.db_ = fresh->db.release();
        return hr::s_ok;
    }

    additions added_;
    std::shared_ptr<detail::keepers> keepers_;
};

static_assert(resource_driver<driver>);

} // namespace sqlite
} // namespace lend

#endif // LEND_DRIVERS_SQLITE_HPP
