// SPDX-License-Identifier: MIT
/// @file
/// An SQLite connection as an owned object. What is to be opened is in sqlite_database.hpp, how
/// that is done in sqlite_opening.hpp, statements are in sqlite_statement.hpp, the driver is in
/// sqlite.hpp.

#ifndef LEND_DRIVERS_SQLITE_CONNECTION_HPP
#define LEND_DRIVERS_SQLITE_CONNECTION_HPP

#include <lend/driver.hpp>
#include <lend/drivers/sqlite_database.hpp>
#include <lend/drivers/sqlite_handle.hpp>
#include <lend/drivers/sqlite_opening.hpp>
#include <lend/drivers/sqlite_settings.hpp>
#include <lend/drivers/sqlite_statement.hpp>
#include <lend/error.hpp>
#include <lend/hresult.hpp>
#include <lend/result.hpp>

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lend::inline v0_1 {
namespace sqlite {

/// A connection to an SQLite database, used by one thread at a time.
///
/// Opened without SQLite's own mutex (SQLITE_OPEN_NOMUTEX): whoever has the lease is alone.
/// Not for sharing between threads; a pool gives each its own.
///
/// Invariant: open, or empty after a move or `close`. Size: two pointers.
/// @par Thread safety Distinct objects: safe. Shared objects: only `interrupt`, against anything
///      but a move and the destructor.
/// @par Ownership Owns the sqlite3*; closes it at the end if nobody has.
class connection {
public:
    connection(connection&& other) noexcept
        : db_(std::exchange(other.db_, nullptr)), kept_(std::move(other.kept_)) {}
    connection& operator=(connection&& other) noexcept {
        if (this != &other) {
            close();
            db_ = std::exchange(other.db_, nullptr);
            kept_ = std::move(other.kept_);
        }
        return *this;
    }
    ~connection() { close(); }

    /// Opens a database and reads from it once, so that what is wrong with it is known here.
    ///
    /// Order: open, busy timeout, `added.install`, pragmas, set-up statements, first read,
    /// `added.watch`.
    /// @par Errors
    ///   e_invalidarg      a field of the description has no meaning; the text names it.
    ///   e_accessdenied    the user may not open the file, or may only read it.
    ///   lend_e_timed_out  another connection kept it locked for the busy timeout.
    ///   e_outofmemory     SQLite had no memory.
    ///   e_fail            missing, a directory, not a database, damaged, replaced while it was
    ///                     being opened, or any other reason.
    ///   Any failure of a function of `added`.
    ///   `driver_code()` is SQLite's extended code; the text names the path. Throws bad_alloc, and
    ///   what a function of `added` throws.
    /// @par Thread safety Distinct objects: safe. Blocking on the file and its locks.
    /// @par Ownership A failed open leaves nothing open.
    [[nodiscard]] static result<connection> open(const database& source,
                                                 const additions& added = {});

    /// SQLite's own handle, for everything that is not here; null if empty. Not to be closed.
    [[nodiscard]] sqlite3* native() const noexcept { return db_; }

    /// What it was opened from. @pre Not moved from.
    [[nodiscard]] const database& source() const noexcept { return kept_->source; }

    /// Compiles one statement; text after it is ignored.
    /// @par Errors e_fail: not SQL, no such table; any other of SQLite's. Throws bad_alloc.
    /// @par Thread safety See the class.
    [[nodiscard]] result<statement> prepare(std::string_view sql) {
        sqlite3_stmt* made = nullptr;
        std::string_view rest;
        const int code = detail::compile(db_, sql, &made, rest);
        if (code != SQLITE_OK) return detail::last_error(db_, code, sql);
        return statement(made);
    }

    /// Runs all statements of a text; rows are dropped. Stops at the first that fails.
    /// @par Errors As `prepare` and `statement::step`. @par Thread safety As `statement::step`.
    [[nodiscard]] result<void> exec(std::string_view sql);

    /// The first column of the first row: `T` is std::int64_t, double or std::string.
    /// @par Errors As `prepare`, `statement::bind` and `step`; e_fail if there is no row.
    /// @par Thread safety As `statement::step`.
    template <class T, class... Values>
    [[nodiscard]] result<T> query(std::string_view sql, const Values&... values);

    /// Ends the transaction that `driver::enlist` began and keeps its work.
    ///
    /// Called once, last: what follows in the same transaction runs outside any.
    /// @par Errors e_unexpected: in no transaction; any of COMMIT's, and the transaction is open
    ///      still if SQLite left it so (lend_e_timed_out), otherwise undone.
    /// @par Thread safety As `statement::step`.
    [[nodiscard]] result<void> commit();

    /// Makes the statement that runs now stop with SQLITE_INTERRUPT; later ones are not affected.
    /// @par Errors None. @par Thread safety Safe from any thread, while the owner resets or
    ///      closes it too; blocking on a lock held for a few instructions.
    void interrupt() noexcept {
        if (!kept_) return;
        const std::lock_guard hold(kept_->gate);
        if (db_ != nullptr) sqlite3_interrupt(db_);
    }

    /// Takes every callback out, finalises every statement and closes. s_ok if it was closed
    /// already.
    /// @par Errors e_fail: a backup or blob handle is still open, or SQLite could not say which
    ///      statements are those of virtual tables, which finalise them themselves, for want of
    ///      memory say; SQLite frees the connection when the last of these ends, if it ever does.
    /// @par Thread safety See the class. May write a WAL back to its database.
    hresult close() noexcept;

    /// Forgets the connection without closing it: for the child after a fork. Closing there would
    /// roll back what the parent has not committed, in the parent's files. The memory is lost.
    /// @par Errors None. @par Thread safety See the class.
    void abandon() noexcept { db_ = nullptr; }

private:
    friend class driver;

    struct kept {
        explicit kept(const database& d) : source(d) {}

        database source;
        detail::settings as_opened;
        detail::contents reads;
        std::mutex gate; // between interrupt and a change of db_
        transaction_id enlisted;
        bool committed = false;
    };

    connection(sqlite3* db, std::unique_ptr<kept> k) noexcept : db_(db), kept_(std::move(k)) {}

    sqlite3* db_;
    std::unique_ptr<kept> kept_;
};

inline hresult connection::close() noexcept {
    if (!kept_) return hr::s_ok;
    sqlite3* db = nullptr;
    {
        const std::lock_guard hold(kept_->gate);
        db = std::exchange(db_, nullptr);
    }
    return db != nullptr ? detail::close(db) : hr::s_ok;
}

inline result<void> connection::exec(std::string_view sql) {
    const int code = detail::run(db_, sql);
    if (code != SQLITE_OK) return detail::last_error(db_, code, sql);
    return {};
}

template <class T, class... Values>
result<T> connection::query(std::string_view sql, const Values&... values) {
    auto made = prepare(sql);
    if (!made) return made.error();
    if (auto bound = made->bind(values...); !bound) return bound.error();
    const auto row = made->step();
    if (!row) return row.error();
    if (!*row) return error(hr::e_fail, "no row (in: " + std::string(sql) + ")", SQLITE_DONE);
    if constexpr (std::is_same_v<T, std::string>) {
        return std::string(made->text(0));
    } else if constexpr (std::is_floating_point_v<T>) {
        return static_cast<T>(made->real(0));
    } else {
        static_assert(std::is_same_v<T, std::int64_t>, "std::int64_t, double or std::string");
        return made->integer(0);
    }
}

inline result<void> connection::commit() {
    if (db_ == nullptr || !kept_->enlisted || kept_->committed || sqlite3_get_autocommit(db_) != 0)
        return error(hr::e_unexpected, "commit: the connection is in no transaction of lend's");
    auto done = exec("COMMIT");
    kept_->committed = done.has_value();
    return done;
}

inline result<connection> connection::open(const database& source, const additions& added) {
    auto own = std::make_unique<kept>(source);
    auto made = detail::opening(own->source, added).run();
    if (!made) return made.error();
    own->as_opened = made->as_opened;
    own->reads = std::move(made->reads);
    return connection(made->db.release(), std::move(own));
}

} // namespace sqlite
} // namespace lend

#endif // LEND_DRIVERS_SQLITE_CONNECTION_HPP
