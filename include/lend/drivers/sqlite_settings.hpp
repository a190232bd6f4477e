// SPDX-License-Identifier: MIT
/// @file
/// The settings that a program makes on one connection by SQLite's C functions: limits, switches,
/// leave to load extensions, extended codes, the checkpoint of the WAL, the name of the main
/// database, and what can be asked of its file. Read when the connection has been opened, and set
/// again for each next borrower. docs/sqlite.md lists every such function and file control with
/// what becomes of it; a test compares that list with sqlite3.h and with this file.

#ifndef LEND_DRIVERS_SQLITE_SETTINGS_HPP
#define LEND_DRIVERS_SQLITE_SETTINGS_HPP

#include <lend/detail/cpp20.hpp>

#include <sqlite3.h>

#include <array>
#include <cstddef>
#include <string_view>

// A build of SQLite may lack it: see sqlite_callbacks.hpp.
#if defined(__ELF__)
extern "C" __attribute__((weak)) int sqlite3_enable_load_extension(sqlite3*, int);
#endif

namespace lend::inline v0_1 {
namespace sqlite {
namespace detail {

// Lets the program by sqlite3_load_extension, and SQL by load_extension(), load native code; or
// neither. SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION is the first of the two alone.
inline void let_extensions_load([[maybe_unused]] sqlite3* db, [[maybe_unused]] bool may) noexcept {
#if defined(__ELF__)
    if (&sqlite3_enable_load_extension != nullptr) sqlite3_enable_load_extension(db, may ? 1 : 0);
#elif !defined(SQLITE_OMIT_LOAD_EXTENSION)
    sqlite3_enable_load_extension(db, may ? 1 : 0);
#endif
}

// The controls of a file that can be asked for with -1 and set, at the cost of no system call.
inline constexpr std::array file_controls{SQLITE_FCNTL_PERSIST_WAL,
                                          SQLITE_FCNTL_POWERSAFE_OVERWRITE};

// The switches of sqlite3_db_config, each an int that can be asked for and set. Of the others,
// SQLITE_DBCONFIG_MAINDBNAME is below; the memory that SQLITE_DBCONFIG_LOOKASIDE gives away has to
// live as long as the connection. A test compares this with sqlite3.h.
inline constexpr std::array switches{
    SQLITE_DBCONFIG_ENABLE_FKEY,
    SQLITE_DBCONFIG_ENABLE_TRIGGER,
    SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER,
    SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION,
    SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
    SQLITE_DBCONFIG_ENABLE_QPSG,
    SQLITE_DBCONFIG_TRIGGER_EQP,
    SQLITE_DBCONFIG_RESET_DATABASE,
    SQLITE_DBCONFIG_DEFENSIVE,
    SQLITE_DBCONFIG_WRITABLE_SCHEMA,
    SQLITE_DBCONFIG_LEGACY_ALTER_TABLE,
    SQLITE_DBCONFIG_DQS_DML,
    SQLITE_DBCONFIG_DQS_DDL,
    SQLITE_DBCONFIG_ENABLE_VIEW,
    SQLITE_DBCONFIG_LEGACY_FILE_FORMAT,
    SQLITE_DBCONFIG_TRUSTED_SCHEMA,
#ifdef SQLITE_DBCONFIG_STMT_SCANSTATUS
    SQLITE_DBCONFIG_STMT_SCANSTATUS,
#endif
#ifdef SQLITE_DBCONFIG_REVERSE_SCANORDER
    SQLITE_DBCONFIG_REVERSE_SCANORDER,
#endif
#ifdef SQLITE_DBCONFIG_ENABLE_ATTACH_CREATE
    SQLITE_DBCONFIG_ENABLE_ATTACH_CREATE,
#endif
#ifdef SQLITE_DBCONFIG_ENABLE_ATTACH_WRITE
    SQLITE_DBCONFIG_ENABLE_ATTACH_WRITE,
#endif
#ifdef SQLITE_DBCONFIG_ENABLE_COMMENTS
    SQLITE_DBCONFIG_ENABLE_COMMENTS,
#endif
#ifdef SQLITE_DBCONFIG_FP_DIGITS
    SQLITE_DBCONFIG_FP_DIGITS,
#endif
};

// The settings of one connection.
// Invariant: `restore` comes after a `read` that succeeded.
class settings {
public:
    // Reads them. SQLite's code.
    int read(sqlite3* db) noexcept {
        limits_ = 0;
        while (limits_ < limit_.size()) { // SQLite answers -1 after the last one
            const int is = sqlite3_limit(db, static_cast<int>(limits_), -1);
            if (is < 0) break;
            limit_[limits_++] = is;
        }
        for (std::size_t i = 0; i < switches.size(); ++i) {
            int is = -1;
            const int code = sqlite3_db_config(db, switches[i], -1, &is);
            switch_[i] = code == SQLITE_OK ? is : -1; // -1: this SQLite does not know it
        }
        for (std::size_t i = 0; i < file_controls.size(); ++i) {
            int is = -1; // the file of a database in memory knows none
            const int code = sqlite3_file_control(db, "main", file_controls[i], &is);
            control_[i] = code == SQLITE_OK ? is : -1;
        }
        sql_may_load_ = asks_to_load(db);
#if SQLITE_VERSION_NUMBER >= 3039000
        main_name_ = sqlite3_db_name(db, 0);
#endif
        return read_checkpoint(db);
    }

    // Sets them again. The busy timeout is the driver's affair.
    void restore(sqlite3* db) const noexcept {
        for (std::size_t i = 0; i < limits_; ++i) sqlite3_limit(db, static_cast<int>(i), limit_[i]);
        // Before the switches, one of which is half of it.
        let_extensions_load(db, sql_may_load_);
        for (std::size_t i = 0; i < switches.size(); ++i) {
            if (switch_[i] >= 0)
                sqlite3_db_config(db, switches[i], switch_[i], static_cast<int*>(nullptr));
        }
        // A name is a pointer, which may be gone with the borrower who set it.
        sqlite3_db_config(db, SQLITE_DBCONFIG_MAINDBNAME, main_name_);
        for (std::size_t i = 0; i < file_controls.size(); ++i) {
            int was = control_[i];
            if (was >= 0) sqlite3_file_control(db, "main", file_controls[i], &was);
        }
        sqlite3_extended_result_codes(db, 1);
        sqlite3_wal_autocheckpoint(db, checkpoint_); // by SQLite's own hook for the WAL
    }

private:
    // Whether SQL may load extensions. No function of SQLite's says so, but its load_extension()
    // loads nothing for a null, and fails where it may not load. It is asked only where the program
    // may: SQLite logs what fails.
    static bool asks_to_load(sqlite3* db) noexcept {
        int program_may = 0;
        sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, -1, &program_may);
        if (program_may == 0) return false;
        constexpr std::string_view ask = "SELECT load_extension(NULL)";
        sqlite3_stmt* made = nullptr;
        sqlite3_prepare_v2(db, ask.data(), static_cast<int>(ask.size()), &made, nullptr);
        const bool may = made != nullptr && sqlite3_step(made) == SQLITE_ROW;
        sqlite3_finalize(made);
        return may;
    }

    int read_checkpoint(sqlite3* db) noexcept {
        constexpr std::string_view ask = "PRAGMA wal_autocheckpoint";
        sqlite3_stmt* made = nullptr;
        const int code =
            sqlite3_prepare_v2(db, ask.data(), static_cast<int>(ask.size()), &made, nullptr);
        if (code != SQLITE_OK) return code;
        if (sqlite3_step(made) == SQLITE_ROW) checkpoint_ = sqlite3_column_int(made, 0);
        return sqlite3_finalize(made);
    }

    std::array<int, 32> limit_{};
    std::size_t limits_ = 0;
    std::array<int, switches.size()> switch_{};
    std::array<int, file_controls.size()> control_{};
    bool sql_may_load_ = false;
    const char* main_name_ = "main";
    int checkpoint_ = 0;
};

} // namespace detail
} // namespace sqlite
} // namespace lend

#endif // LEND_DRIVERS_SQLITE_SETTINGS_HPP
