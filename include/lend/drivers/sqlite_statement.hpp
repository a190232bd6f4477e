// SPDX-License-Identifier: MIT
/// @file
/// SQLite's result codes as errors for people, and a prepared statement as an owned object.

#ifndef LEND_DRIVERS_SQLITE_STATEMENT_HPP
#define LEND_DRIVERS_SQLITE_STATEMENT_HPP

#include <lend/error.hpp>
#include <lend/hresult.hpp>
#include <lend/result.hpp>

#include <sqlite3.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#if SQLITE_VERSION_NUMBER < 3034000
#error "lend/drivers/sqlite.hpp needs SQLite 3.34 or newer (sqlite3_txn_state)"
#endif

namespace lend::inline v0_1 {
namespace sqlite {

/// The code for one of SQLite's, primary or extended.
///
/// No memory: e_outofmemory. No permission, read-only file: e_accessdenied. Interrupted, aborted,
/// or a snapshot too old to be written from: e_abort. Locked by another connection:
/// lend_e_timed_out. Misuse: e_unexpected. All else: e_fail.
/// @par Errors None. @par Thread safety Safe; wait-free.
[[nodiscard]] constexpr hresult to_hresult(int code) noexcept {
    if (code == SQLITE_BUSY_SNAPSHOT) return hr::e_abort;
    if (code == SQLITE_IOERR_NOMEM) return hr::e_outofmemory;
    switch (code & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return hr::s_ok;
    case SQLITE_NOMEM:
        return hr::e_outofmemory;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
        return hr::e_accessdenied;
    case SQLITE_INTERRUPT:
    case SQLITE_ABORT:
        return hr::e_abort;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return hr::lend_e_timed_out;
    case SQLITE_MISUSE:
        return hr::e_unexpected;
    default:
        return hr::e_fail;
    }
}

namespace detail {

// The error that the last call on `db` left: SQLite's words, and what was being done.
inline error last_error(sqlite3* db, int code, std::string_view doing) {
    const int extended = db != nullptr ? sqlite3_extended_errcode(db) : code;
    const int best = (extended & 0xFF) == (code & 0xFF) ? extended : code;
    constexpr std::size_t enough = 160;
    std::string text =
        db != nullptr && best == extended ? sqlite3_errmsg(db) : sqlite3_errstr(code);
    text.append(" (in: ").append(doing.substr(0, enough));
    text.append(doing.size() > enough ? " ...)" : ")");
    return {to_hresult(best), text, best};
}

inline int bind(sqlite3_stmt* s, int at, std::nullptr_t) { return sqlite3_bind_null(s, at); }

inline int bind(sqlite3_stmt* s, int at, std::string_view text) {
    // A null pointer would bind NULL.
    return sqlite3_bind_text64(s, at, text.data() != nullptr ? text.data() : "", text.size(),
                               SQLITE_TRANSIENT, SQLITE_UTF8);
}

inline int bind(sqlite3_stmt* s, int at, std::floating_point auto value) {
    return sqlite3_bind_double(s, at, static_cast<double>(value));
}

inline int bind(sqlite3_stmt* s, int at, std::integral auto value) {
    if constexpr (std::is_unsigned_v<decltype(value)> && sizeof(value) >= sizeof(sqlite3_int64)) {
        constexpr auto most = (std::numeric_limits<sqlite3_int64>::max)();
        if (value > static_cast<decltype(value)>(most)) return SQLITE_MISMATCH;
    }
    return sqlite3_bind_int64(s, at, static_cast<sqlite3_int64>(value));
}

} // namespace detail

/// A prepared statement: bound, stepped, read, and finalised at the end of its scope.
///
/// For the few calls that a program makes again and again; `native()` for everything else.
///
/// Invariant: owns a statement, or is empty after a move. Size: one pointer.
/// @pre Ends before its connection is given back: the next borrower's thread uses the connection.
/// @par Thread safety Distinct objects: safe if their connections are distinct. Shared: not safe.
/// @par Ownership Finalises its statement.
class statement {
public:
    /// Takes over a statement made by sqlite3_prepare; null makes an empty object.
    explicit statement(sqlite3_stmt* native) noexcept : native_(native) {}
    statement(statement&& other) noexcept : native_(std::exchange(other.native_, nullptr)) {}
    statement& operator=(statement&& other) noexcept {
        statement taken(std::move(other));
        taken.swap(*this);
        return *this;
    }
    ~statement() { sqlite3_finalize(native_); }

    [[nodiscard]] sqlite3_stmt* native() const noexcept { return native_; }

    /// Binds the values to the parameters 1, 2, ... : integers, floating point, text, nullptr.
    /// @par Errors e_fail: more values than parameters, or an integer beyond 63 bits;
    ///      e_unexpected: a row is being read; e_outofmemory.
    /// @par Thread safety See the class. @par Complexity Copies text.
    template <class... Values>
    [[nodiscard]] result<void> bind(const Values&... values) {
        int at = 0;
        int code = SQLITE_OK;
        ((code = code == SQLITE_OK ? detail::bind(native_, ++at, values) : code), ...);
        if (code != SQLITE_OK) return failure(code);
        return {};
    }

    /// Goes to the next row: true if there is one, false at the end.
    /// @par Errors Any of SQLite's, as `to_hresult` says; lend_e_timed_out: still locked after
    ///      the busy timeout.
    /// @par Thread safety See the class. Blocking on the file's lock for the busy timeout.
    [[nodiscard]] result<bool> step() {
        const int code = sqlite3_step(native_);
        if (code == SQLITE_ROW) return true;
        if (code == SQLITE_DONE) return false;
        return failure(code);
    }

    /// Binds the values, runs the statement to its end, and makes it ready to run again.
    /// @par Errors As `bind` and `step`. @par Thread safety As `step`.
    template <class... Values>
    [[nodiscard]] result<void> run(const Values&... values) {
        rewind();
        if (auto bound = bind(values...); !bound) return bound;
        for (;;) {
            const auto row = step();
            if (!row) return row.error();
            if (!*row) break;
        }
        rewind();
        return {};
    }

    /// Back to before the first row, with nothing bound; ends the statement's read transaction.
    /// @par Errors None. @par Thread safety See the class.
    void rewind() noexcept {
        sqlite3_reset(native_);
        sqlite3_clear_bindings(native_);
    }

    /// A column of the current row, counted from 0. Text lives until the next step or rewind.
    /// @pre The last step returned true. @par Errors None. @par Thread safety See the class.
    [[nodiscard]] std::int64_t integer(int column) const noexcept {
        return sqlite3_column_int64(native_, column);
    }
    [[nodiscard]] double real(int column) const noexcept {
        return sqlite3_column_double(native_, column);
    }
    [[nodiscard]] std::string_view text(int column) const noexcept {
        const auto* chars = reinterpret_cast<const char*>(sqlite3_column_text(native_, column));
        if (chars == nullptr) return {};
        return {chars, static_cast<std::size_t>(sqlite3_column_bytes(native_, column))};
    }

private:
    void swap(statement& other) noexcept { std::swap(native_, other.native_); }

    [[nodiscard]] error failure(int code) const {
        const char* sql = sqlite3_sql(native_);
        return detail::last_error(sqlite3_db_handle(native_), code, sql != nullptr ? sql : "");
    }

    sqlite3_stmt* native_;
};

} // namespace sqlite
} // namespace lend

#endif // LEND_DRIVERS_SQLITE_STATEMENT_HPP
