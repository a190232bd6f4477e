// SPDX-License-Identifier: MIT
/// @file
/// An SQLite connection as an owned object. What is to be opened is in sqlite_database.hpp, how
/// that is done in sqlite_opening.hpp, statements are in sqlite_statement.hpp, the driver is in
/// sqlite.hpp.

#ifndef LEND_DRIVERS_SQLITE_CONNECTION_HPP
#define LEND_DRIVERS_SQLITE_CONNECTION_HPP

#include <lend/detail/later.hpp>
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
    /// @pre No statement of `native()` is left that reads or writes a virtual table, as FTS5's.
    /// @par Errors e_fail: a backup or blob handle is still open; SQLite frees the connection
    ///      when that ends, if it ever does.
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
    return connection(made->db.release(), std::move(own));
}
// One attempt to open a database: its steps, and the words for the step that fails.
class connection::opening {
public:
    explicit opening(const database& wanted)
        : wanted_(wanted), made_(std::make_unique<kept>(wanted)) {}

    result<connection> run() {
        if (auto valid = validate(); !valid) return valid.error();
        if (auto opened = open_file(); !opened) return opened.error();
        for (const pragma& each : wanted_.pragmas) {
            if (auto done = set(each); !done) return done.error();
        }
        for (const std::string& sql : wanted_.set_up) {
            if (const int code = patiently(sql); code != SQLITE_OK) return refusal(code, sql);
        }
        constexpr std::string_view first_read = "SELECT 1 FROM sqlite_master LIMIT 1";
        if (const int code = patiently(first_read); code != SQLITE_OK)
            return refusal(code, "the first read");
        if (detail::has_moved(made_.db_)) return moved();
        return std::move(made_);
    }

private:
    result<void> validate() const {
        const std::string_view path = wanted_.path;
        if (path.empty()) {
            return error(hr::e_invalidarg, "database.path is empty; name a file, or \":memory:\"");
        }
        if (path.find('\0') != path.npos) {
            return error(hr::e_invalidarg, "database.path has a null character in it");
        }
        const auto wait = wanted_.busy_timeout.count();
        if (wait < 0 || wait > (std::numeric_limits<int>::max)()) {
            return error(hr::e_invalidarg, "database.busy_timeout is " + std::to_string(wait) +
                                               " ms; it must be from 0 to 2147483647 ms");
        }
        if (sqlite3_threadsafe() == 0) {
            return error(hr::e_unexpected, "this SQLite was built for one thread "
                                           "(SQLITE_THREADSAFE=0); a pool has several");
        }
        return {};
    }

    result<void> open_file() {
        deadline_ = lend::detail::later(std::chrono::steady_clock::now(), wanted_.busy_timeout);
        int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
        flags |=
            wanted_.mode == open_mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
        if (wanted_.mode == open_mode::create) flags |= SQLITE_OPEN_CREATE;
        int code = sqlite3_open_v2(wanted_.path.c_str(), &made_.db_, flags, nullptr);
        if (code != SQLITE_OK) return refusal(code, "opening the file");
        sqlite3_extended_result_codes(made_.db_, 1);
        sqlite3_busy_timeout(made_.db_, static_cast<int>(wanted_.busy_timeout.count()));
        // A file that may only be read is opened for reading by SQLite without a word.
        if (wanted_.mode != open_mode::read_only && sqlite3_db_readonly(made_.db_, "main") == 1) {
            return error(hr::e_accessdenied,
                         opening_failed() + "this user may only read it; "
                                            "open_mode::read_only asks for no more",
                         SQLITE_READONLY);
        }
        return {};
    }

    result<void> set(const pragma& wanted) {
        constexpr std::string_view letters =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
        const std::string& name = wanted.name;
        const bool is_word = !name.empty() && name.find_first_not_of(letters) == name.npos;
        const result<bool> known = is_word ? knows(name) : result<bool>(false);
        if (!known) return known.error();
        if (!*known) {
            return error(hr::e_invalidarg,
                         opening_failed() + "SQLite knows no pragma \"" + name + "\"");
        }
        std::string sql = "PRAGMA " + name;
        if (!wanted.value.empty()) sql += " = " + wanted.value;
        if (const int code = patiently(sql); code != SQLITE_OK) return refusal(code, sql);
        if (bare(name) == "journal_mode" && !wanted.value.empty()) {
            const auto is = made_.query<std::string>("PRAGMA " + name);
            if (!is) return refusal(static_cast<int>(is.error().driver_code()), sql);
            if (sqlite3_stricmp(is->c_str(), wanted.value.c_str()) != 0) {
                return error(hr::e_fail, opening_failed() + "its journal mode is " + *is +
                                             " and could not be made " + wanted.value);
            }
        }
        return {};
    }

    // A misspelt pragma does nothing and is no error to SQLite.
    [[nodiscard]] result<bool> knows(std::string_view name) {
        constexpr std::string_view all = "PRAGMA pragma_list";
        auto list = made_.prepare(all);
        if (!list) return refusal(static_cast<int>(list.error().driver_code()), all);
        const std::string wanted = bare(name);
        for (bool any = false;; any = true) {
            const auto row = list->step();
            if (!row) return refusal(static_cast<int>(row.error().driver_code()), all);
            if (!*row) return !any; // a build of SQLite without the list
            if (list->text(0) == wanted) return true;
        }
    }

    static std::string bare(std::string_view name) { // "Main.Journal_Mode" -> "journal_mode"
        std::string lower(name.substr(name.rfind('.') + 1));
        for (char& c : lower) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        }
        return lower;
    }

    // Runs SQL, again and again while the database is locked and the busy timeout lasts. SQLite
    // itself does not wait everywhere: of eight connections that switch a new file to WAL at the
    // same time, some get SQLITE_BUSY at once (7 of 2400 on two cores). In a shared cache nobody
    // waits: SQLITE_LOCKED comes at once.
    int patiently(std::string_view sql) {
        for (;;) {
            // The first read opens the -wal and the -shm by their names, and they may be another
            // file's by now. Looked at before and, at the end of all, after that.
            if (detail::has_moved(made_.db_)) return SQLITE_READONLY_DBMOVED;
            const int code = made_.run(sql);
            const bool locked = (code & 0xFF) == SQLITE_BUSY || (code & 0xFF) == SQLITE_LOCKED;
            if (!locked || std::chrono::steady_clock::now() >= deadline_) return code;
            sqlite3_sleep(1);
        }
    }

    [[nodiscard]] std::string opening_failed() const {
        return "cannot open SQLite database \"" + wanted_.path + "\": ";
    }

    error moved() const {
        return {hr::e_fail, opening_failed() + "it was moved, deleted or replaced meanwhile",
                SQLITE_READONLY_DBMOVED};
    }

    error refusal(int code, std::string_view doing) const {
        if (code == SQLITE_READONLY_DBMOVED) return moved();
        const error said = detail::last_error(made_.db_, code, doing);
        // Without memory for its words an error has no code of SQLite's.
        const int best = said.driver_code() != 0 ? static_cast<int>(said.driver_code()) : code;
        std::string text = opening_failed();
        const bool with_file = (best & 0xFF) == SQLITE_CANTOPEN || (best & 0xFF) == SQLITE_IOERR;
        const int system = with_file && made_.db_ != nullptr ? sqlite3_system_errno(made_.db_) : 0;
        if (const std::string why = detail::why_not(wanted_, best, system); !why.empty()) {
            text.append(why).append("; SQLite says: ");
        }
        const bool denied = system == EACCES;
        return {denied ? hr::e_accessdenied : said.code(), text.append(said.text()), best};
    }

    const database& wanted_;
    connection made_;
    std::chrono::steady_clock::time_point deadline_;
};

inline result<connection> connection::open(const database& source) { return opening(source).run(); }

} // namespace sqlite
} // namespace lend

#endif // LEND_DRIVERS_SQLITE_CONNECTION_HPP
