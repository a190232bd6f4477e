// SPDX-License-Identifier: MIT
/// @file
/// Databases that are gone when their last connection is closed, and how a driver keeps them.

#ifndef LEND_DRIVERS_SQLITE_MEMORY_HPP
#define LEND_DRIVERS_SQLITE_MEMORY_HPP

#include <lend/detail/fork_watch.hpp>
#include <lend/drivers/sqlite_database.hpp>
#include <lend/drivers/sqlite_handle.hpp>
#include <lend/drivers/sqlite_opening.hpp>
#include <lend/drivers/sqlite_statement.hpp>
#include <lend/error.hpp>
#include <lend/hresult.hpp>
#include <lend/result.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace lend::inline v0_1 {
namespace sqlite {
namespace detail {

// Whether the contents of an open database are in memory, by SQLite's own word.
inline bool is_in_memory(sqlite3* db) noexcept {
    const char* const file = sqlite3_db_filename(db, "main");
    if (file == nullptr || *file == '\0') return true;
    sqlite3_vfs* uses = nullptr; // "memdb" gives names to what it has in memory
    const int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_VFS_POINTER, &uses);
    return code == SQLITE_OK && uses != nullptr && uses == sqlite3_vfs_find("memdb");
}

// Refuses a database that would be another one for each borrower, unless that was asked for.
inline result<void> may_be_pooled(const database& wanted) {
    if (wanted.memory == memory_life::connection || wanted.path.empty()) return {};
    if (!is_private(locate(wanted.path))) return {};
    return error(hr::e_invalidarg,
                 "cannot pool SQLite database \"" + wanted.path +
                     "\": each connection would have a database of its own, and lose it when the "
                     "pool closes the connection. \"file:/name?vfs=memdb\" is in memory, one for "
                     "all connections, and kept as long as the pool; if each connection is to "
                     "have its own, say memory_life::connection");
}

// One open connection for each database in memory that a driver has opened, so that they stay
// though the pool closes its own connections. Nothing is read or written on these.
// Thread safety: safe. Databases are opened and closed without the lock.
class keepers {
public:
    keepers() = default;
    keepers(const keepers&) = delete;
    keepers& operator=(const keepers&) = delete;
    // In a forked child the parent's are left as they are: a thread that is not there may have had
    // SQLite's locks.
    ~keepers() {
        for (kept& each : all_) {
            if (each.process != lend::detail::fork_watch::process())
                static_cast<void>(each.db.release());
        }
    }

    // Keeps the database, which the caller has open. Does nothing if it is kept already.
    result<void> keep(const database& wanted) {
        if (has(wanted.path)) return {};
        handle made;
        if (const int code = open_handle(wanted, made); code != SQLITE_OK)
            return last_error(made.get(), code, "keeping \"" + wanted.path + "\" in memory");
        kept one{wanted.path, std::move(made), lend::detail::fork_watch::process()};
        const std::lock_guard hold(gate_);
        if (find(wanted.path) == all_.end()) all_.push_back(std::move(one));
        return {}; // of two that came at once the later is closed, without the lock: `one` is older
    }

private:
    struct kept {
        std::string path;
        handle db;
        std::uint64_t process;
    };

    bool has(const std::string& path) {
        const std::lock_guard hold(gate_);
        return find(path) != all_.end();
    }

    std::vector<kept>::iterator find(const std::string& path) {
        return std::find_if(all_.begin(), all_.end(),
                            [&](const kept& each) { return each.path == path; });
    }

    std::mutex gate_;
    std::vector<kept> all_;
};

} // namespace detail
} // namespace sqlite
} // namespace lend

#endif // LEND_DRIVERS_SQLITE_MEMORY_HPP
