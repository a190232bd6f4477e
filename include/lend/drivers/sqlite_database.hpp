// SPDX-License-Identifier: MIT
/// @file
/// Which SQLite database is to be opened and how, and what is wrong with one that cannot be, in
/// words.

#ifndef LEND_DRIVERS_SQLITE_DATABASE_HPP
#define LEND_DRIVERS_SQLITE_DATABASE_HPP

#include <lend/detail/words.hpp>
#include <lend/drivers/sqlite_uri.hpp>
#include <lend/result.hpp>

#include <sqlite3.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace lend::inline v0_1 {
namespace sqlite {

/// What may be done to the file when it is opened.
enum class open_mode : std::uint8_t {
    read_only,  ///< nothing is written; the file must exist
    read_write, ///< the file must exist and be writable
    create,     ///< a missing file is made, empty
};

/// What is done to a connection between two uses.
enum class reset_depth : std::uint8_t {
    light,  ///< callbacks, settings, statements and a transaction go; tables and functions stay
    reopen, ///< the connection is closed and opened again: nothing stays
};

/// How long a database lives that is in memory, or in a temporary file, and so is gone when the
/// last connection to it is closed. For a file it says nothing.
enum class memory_life : std::uint8_t {
    /// As long as the driver, and so as long as its pool: the driver keeps one connection more
    /// open.
    /// Refused for a database that each connection has for itself, as ":memory:" is.
    pool,
    /// As long as one of its connections. A pool closes them when it sees fit: for their idle time,
    /// their age, an exception, a check. For contents that may go, as a scratch area.
    connection,
};

} // namespace sqlite

namespace detail {

template <>
struct words_of<sqlite::open_mode> {
    static constexpr std::array<std::string_view, 3> list{"read_only", "read_write", "create"};
};
template <>
struct words_of<sqlite::reset_depth> {
    static constexpr std::array<std::string_view, 2> list{"light", "reopen"};
};

template <>
struct words_of<sqlite::memory_life> {
    static constexpr std::array<std::string_view, 2> list{"pool", "connection"};
};

} // namespace detail

namespace sqlite {

using lend::to_string;

/// One `PRAGMA name = value`. The value is written as SQL would have it: "WAL", "-8000", "'x'".
struct pragma {
    std::string name;
    std::string value{};

    [[nodiscard]] friend bool operator==(const pragma&, const pragma&) = default;
};

/// Which database, and how each connection to it is opened and cleaned.
///
/// Two descriptions that are equal are served by the same connections.
/// @par Thread safety Distinct objects: safe. Shared objects: safe while none is written.
struct database {
    /// A file's path, or a URI. "file:/name?vfs=memdb" is in memory, one for the connections of the
    /// process. ":memory:" is in memory too, another one for each connection: see memory_life.
    std::string path;
    open_mode mode = open_mode::read_write;
    /// How long a statement waits for another connection's lock; 0: not at all. At most 24 days.
    std::chrono::milliseconds busy_timeout{5000};
    /// Set on each new connection, in this order. A name that SQLite does not know is an error,
    /// and so is a journal mode that SQLite did not take.
    std::vector<pragma> pragmas{};
    /// SQL run on each new connection after the pragmas, as "ATTACH 'archive.db' AS archive".
    std::vector<std::string> set_up{};
    reset_depth deep_reset = reset_depth::light;
    /// Looked at by the driver, and not by `connection::open`.
    memory_life memory = memory_life::pool;

    [[nodiscard]] friend bool operator==(const database&, const database&) = default;
};

/// What a program does with each connection by SQLite's C functions.
///
/// Either may be empty. A failure is the failure of the open or of the reset that called it.
/// @par Thread safety Called from several threads at once, for distinct connections: on the thread
///      that creates or resets.
struct additions {
    /// Adds functions, collations, modules and extensions. Called when a connection is opened and
    /// when it is opened again, before its pragmas and its set-up, with nothing read from the file.
    std::function<result<void>(sqlite3*)> install{};
    /// Sets callbacks and limits, an authorizer or a trace say. Called at the end of each open and,
    /// since a reset takes all callbacks out, at the end of each reset.
    std::function<result<void>(sqlite3*)> watch{};
};

namespace detail {

// What a path that could not be opened looks like from outside; empty if there is nothing to say.
inline std::string look_at(const database& source) {
    namespace fs = std::filesystem;
    const location at = locate(source.path);
    if (at.in_memory || at.file.empty() || at.vfs == "memdb") return {};
    std::error_code failed;
    const fs::file_status found = fs::status(at.file, failed);
    if (fs::is_directory(found)) return "this is a directory; name a file";
    if (found.type() == fs::file_type::none) { // not to be seen, which is not missing
        return failed == std::errc::permission_denied ? "this user may not enter its directory"
                                                      : failed.message();
    }
    if (fs::exists(found)) return {};
    const fs::path folder = fs::path(at.file).parent_path();
    if (!folder.empty() && !fs::exists(folder, failed)) return "its directory does not exist";
    if (source.mode != open_mode::create) {
        return "there is no such file; open_mode::create would make an empty one";
    }
    return "it cannot be made here; check the permissions of its directory";
}

// Whether a code says that SQLite may not write to the directory of a file.
inline bool is_about_directory(int code) noexcept {
    return code == SQLITE_READONLY_DIRECTORY || code == SQLITE_READONLY_CANTINIT ||
           code == SQLITE_READONLY_RECOVERY;
}

inline std::string beside_any_file() {
    return "it needs a file in a directory that this user may not write to, where SQLite keeps a "
           "journal beside a file that is written, and a \"-wal\" and a \"-shm\" beside one that "
           "is "
           "read in WAL mode";
}

inline std::string beside_this_file(bool in_wal_mode) {
    if (!in_wal_mode) {
        return "this user may not write to its directory, and SQLite keeps a journal beside a file "
               "that it writes; check the permissions of the directory";
    }
    return "it is in WAL mode, and so needs its \"-wal\" and \"-shm\" beside it, in a directory "
           "that "
           "this user may write to; a file that is not written by anyone can be read as "
           "\"file:...?immutable=1\"";
}

// Why a database could not be opened, in words that say what would be right; empty if SQLite's
// own words have to do.
inline std::string why_not(const database& source, int code, int system_code) {
    switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another connection has it locked, and kept it so for the busy_timeout of " +
               std::to_string(source.busy_timeout.count()) +
               " ms; find the transaction that is open for so long, or wait longer";
    case SQLITE_NOTADB:
        return "the file is not an SQLite database, or it is encrypted";
    case SQLITE_CORRUPT:
        return "the file is damaged; PRAGMA integrity_check says where";
    case SQLITE_READONLY:
        if (source.mode != open_mode::read_only) return {};
        return "open_mode::read_only allows no writing; ask for open_mode::read_write";
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_IOERR:
        if (std::string seen = look_at(source); !seen.empty()) return seen;
        if (system_code == EACCES) {
            return "this user may not open it; check its permissions and its directory's";
        }
        return system_code != 0 ? std::generic_category().message(system_code) : std::string{};
    default:
        return {};
    }
}

} // namespace detail

} // namespace sqlite
} // namespace lend

#endif // LEND_DRIVERS_SQLITE_DATABASE_HPP
