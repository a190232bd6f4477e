// SPDX-License-Identifier: MIT
/// @file
/// SQLite's own handle of a connection: how SQL is run on it, how statements that were left are
/// cleared, and how it is closed whatever was left on it.

#ifndef LEND_DRIVERS_SQLITE_HANDLE_HPP
#define LEND_DRIVERS_SQLITE_HANDLE_HPP

#include <lend/drivers/sqlite_callbacks.hpp>
#include <lend/hresult.hpp>

#include <sqlite3.h>

#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

namespace lend::inline v0_1 {
namespace sqlite {
namespace detail {

// Whether the file that a connection has open has lost its name.
inline bool has_moved(sqlite3* db) noexcept {
    int moved = 0; // in-memory databases answer SQLITE_NOTFOUND
    return sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
           moved != 0;
}

// Whether the header of the file says that it is read by way of a WAL. Read by SQLite's own handle:
// if the process opened the file once more and closed that, the system would let go of the locks
// that all its connections have on it.
inline bool is_in_wal_mode(sqlite3* db) noexcept {
    constexpr int read_version_at = 19;
    constexpr unsigned char by_wal = 2;
    sqlite3_file* file = nullptr;
    unsigned char version = 0;
    return sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK &&
           file != nullptr && file->pMethods != nullptr &&
           file->pMethods->xRead(file, &version, 1, read_version_at) == SQLITE_OK &&
           version == by_wal;
}

// What the main database of a connection is read from. sqlite3_deserialize puts the caller's memory
// in its place, which may be gone with the caller.
class contents {
public:
    contents() = default;
    explicit contents(sqlite3* db) : system_(system_of(db)), file_(file_of(db)) {}

    [[nodiscard]] bool are_those_of(sqlite3* db) const noexcept {
        return system_of(db) == system_ && file_ == file_of(db);
    }

private:
    static sqlite3_vfs* system_of(sqlite3* db) noexcept {
        sqlite3_vfs* found = nullptr;
        sqlite3_file_control(db, "main", SQLITE_FCNTL_VFS_POINTER, &found);
        return found;
    }
    static std::string_view file_of(sqlite3* db) noexcept {
        const char* const name = sqlite3_db_filename(db, "main");
        return name != nullptr ? name : "";
    }

    sqlite3_vfs* system_ = nullptr;
    std::string file_;
};

// A statement that somebody has prepared, or null. A blob handle is a statement without a text,
// which sqlite3_blob_close finalises.
inline sqlite3_stmt* prepared(sqlite3* db) noexcept {
    sqlite3_stmt* s = sqlite3_next_stmt(db, nullptr);
    while (s != nullptr && sqlite3_sql(s) == nullptr) s = sqlite3_next_stmt(db, s);
    return s;
}

// Ends every statement that is being read, and unbinds what was bound to it.
inline void clear_statements(sqlite3* db) noexcept {
    for (sqlite3_stmt* s = sqlite3_next_stmt(db, nullptr); s != nullptr;
         s = sqlite3_next_stmt(db, s)) {
        sqlite3_reset(s);
        sqlite3_clear_bindings(s);
    }
}

// Compiles the first statement of a text; `rest` is what follows it. SQLite's code.
inline int
compile(sqlite3* db, std::string_view sql, sqlite3_stmt** made, std::string_view& rest) noexcept {
    constexpr auto most = static_cast<std::size_t>((std::numeric_limits<int>::max)());
    if (sql.size() > most) return SQLITE_TOOBIG;
    if (sql.empty()) return SQLITE_OK; // its data may be null, which SQLite calls misuse
    const char* tail = nullptr;
    const int code = sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), made, &tail);
    if (tail != nullptr) rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
    return code;
}

// Runs all statements of a text. SQLite's code.
inline int run(sqlite3* db, std::string_view sql) noexcept {
    while (!sql.empty()) {
        sqlite3_stmt* one = nullptr;
        std::string_view rest;
        int code = compile(db, sql, &one, rest);
        if (code != SQLITE_OK) return code;
        while (one != nullptr && (code = sqlite3_step(one)) == SQLITE_ROW) {
        }
        if (one != nullptr && (code = sqlite3_finalize(one)) != SQLITE_OK) return code;
        if (rest.size() == sql.size()) break; // a null character ends the text
        sql = rest;
    }
    return SQLITE_OK;
}

enum class answer { no, yes, unknown };

// Whether the program of a statement has a virtual table open, which it then keeps alive: by
// SQLite's own listing of the program, where such instructions are named VOpen, VUpdate and so on.
inline answer uses_virtual_table(sqlite3* db, sqlite3_stmt* s) noexcept {
    const char* const prefix = sqlite3_stmt_isexplain(s) != 0 ? "" : "EXPLAIN ";
    char* const text = sqlite3_mprintf("%s%s", prefix, sqlite3_sql(s));
    if (text == nullptr) return answer::unknown;
    sqlite3_stmt* listing = nullptr;
    int code = sqlite3_prepare_v2(db, text, -1, &listing, nullptr);
    sqlite3_free(text);
    answer found = answer::no;
    constexpr int name_at = 1;
    while (code == SQLITE_OK && (code = sqlite3_step(listing)) == SQLITE_ROW) {
        const unsigned char* const name = sqlite3_column_text(listing, name_at);
        if (name != nullptr && name[0] == 'V' && name[1] >= 'A' && name[1] <= 'Z')
            found = answer::yes;
        code = name != nullptr ? SQLITE_OK : SQLITE_NOMEM;
    }
    sqlite3_finalize(listing);
    return code == SQLITE_DONE ? found : answer::unknown;
}

// Finalises the statements that keep virtual tables alive. Full-text search and other virtual
// tables have statements of their own in the list, and finalise them when the last of those ends.
// False if a statement is left of which it is not known.
inline bool let_go_of_virtual_tables(sqlite3* db) noexcept {
    constexpr int most =
        (std::numeric_limits<int>::max)(); // a low limit of the user's would hinder
    for (int id = 0; sqlite3_limit(db, id, most) >= 0; ++id) {
    }
    bool all_known = true;
    sqlite3_stmt* s = sqlite3_next_stmt(db, nullptr);
    while (s != nullptr) {
        const answer keeps = sqlite3_sql(s) != nullptr ? uses_virtual_table(db, s) : answer::no;
        if (keeps == answer::yes) {
            sqlite3_finalize(s);
            all_known = true;
            s = nullptr; // others may have gone with it
        } else if (keeps == answer::unknown) {
            all_known = false;
        }
        s = sqlite3_next_stmt(db, s);
    }
    return all_known;
}

// Closes a connection, with its callbacks taken out and its statements finalised first. e_fail if a
// backup or a blob handle is open still, or SQLite can't say whose the statements are:
// SQLite frees the connection when the last of them ends.
inline hresult close(sqlite3* db) noexcept {
    take_out_callbacks(db);
    for (auto* s = sqlite3_next_stmt(db, nullptr); s != nullptr; s = sqlite3_next_stmt(db, s))
        sqlite3_reset(s);
    if (sqlite3_close(db) == SQLITE_OK) return hr::s_ok;
    const bool all_known = let_go_of_virtual_tables(db);
    // Ends the virtual tables, and with them the statements that are theirs.
    if (sqlite3_close(db) == SQLITE_OK) return hr::s_ok;
    if (all_known) {
        while (sqlite3_stmt* left = prepared(db)) sqlite3_finalize(left);
        if (sqlite3_close(db) == SQLITE_OK) return hr::s_ok;
    }
    sqlite3_close_v2(db);
    return hr::e_fail;
}

struct closing {
    void operator()(sqlite3* db) const noexcept { close(db); }
};

// An open connection that nobody has taken yet.
using handle = std::unique_ptr<sqlite3, closing>;

} // namespace detail
} // namespace sqlite
} // namespace lend

#endif // LEND_DRIVERS_SQLITE_HANDLE_HPP
