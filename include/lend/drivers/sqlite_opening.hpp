// SPDX-License-Identifier: MIT
/// @file
/// The steps in which a database is opened, and the words for the step that fails.

#ifndef LEND_DRIVERS_SQLITE_OPENING_HPP
#define LEND_DRIVERS_SQLITE_OPENING_HPP

#include <lend/detail/later.hpp>
#include <lend/detail/words.hpp>
#include <lend/drivers/sqlite_database.hpp>
#include <lend/drivers/sqlite_handle.hpp>
#include <lend/drivers/sqlite_settings.hpp>
#include <lend/drivers/sqlite_statement.hpp>
#include <lend/error.hpp>
#include <lend/hresult.hpp>
#include <lend/result.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace lend::inline v0_1 {
namespace sqlite {
namespace detail {

// A database that is open, and how it was set then.
struct opened {
    handle db;
    settings as_opened;
    contents reads;
};

// Opens without a word of anything; the handle may be there even if it fails. SQLite's code.
inline int open_handle(const database& wanted, handle& db) noexcept {
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
    flags |= wanted.mode == open_mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (wanted.mode == open_mode::create) flags |= SQLITE_OPEN_CREATE;
    sqlite3* made = nullptr;
    const int code = sqlite3_open_v2(wanted.path.c_str(), &made, flags, nullptr);
    db.reset(made);
    return code;
}

// One attempt to open a database: its steps, and the words for the step that fails.
class opening {
public:
    opening(const database& wanted, const additions& added) : wanted_(wanted), added_(added) {}

    result<opened> run() {
        if (auto valid = validate(); !valid) return valid.error();
        if (auto done = open_file(); !done) return done.error();
        if (auto done = add(added_.install, "install"); !done) return done.error();
        for (const pragma& each : wanted_.pragmas) {
            if (auto done = set(each); !done) return done.error();
        }
        for (const std::string& sql : wanted_.set_up) {
            const int code = patiently(sql);
            if (code != SQLITE_OK) return refusal(code, sql, whose::any_files);
        }
        constexpr std::string_view first_read = "SELECT 1 FROM sqlite_master LIMIT 1";
        if (const int code = patiently(first_read); code != SQLITE_OK)
            return refusal(code, "the first read");
        if (has_moved(db())) return moved();
        settings now;
        if (const int code = now.read(db()); code != SQLITE_OK)
            return refusal(code, "its settings");
        if (auto done = add(added_.watch, "watch"); !done) return done.error();
        contents reads(db());
        return opened{std::move(db_), now, std::move(reads)};
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
        for (const auto& made : {lend::detail::choice_of("mode", wanted_.mode),
                                 lend::detail::choice_of("deep_reset", wanted_.deep_reset),
                                 lend::detail::choice_of("memory", wanted_.memory)}) {
            if (made.is_one()) continue;
            return error(hr::e_invalidarg, "database." + std::string(made.field) + " is " +
                                               std::to_string(made.value) +
                                               ", which is none of its values; " + made.advice());
        }
        if (sqlite3_threadsafe() == 0) {
            return error(hr::e_unexpected, "this SQLite was built for one thread "
                                           "(SQLITE_THREADSAFE=0); a pool has several");
        }
        return {};
    }

    result<void> open_file() {
        deadline_ = lend::detail::later(std::chrono::steady_clock::now(), wanted_.busy_timeout);
        const int code = open_handle(wanted_, db_);
        if (code != SQLITE_OK) return refusal(code, "opening the file");
        sqlite3_extended_result_codes(db(), 1);
        sqlite3_busy_timeout(db(), static_cast<int>(wanted_.busy_timeout.count()));
        // A file that may only be read is opened for reading by SQLite without a word.
        if (wanted_.mode != open_mode::read_only && sqlite3_db_readonly(db(), "main") == 1) {
            return error(hr::e_accessdenied,
                         opening_failed() + "this user may only read it; "
                                            "open_mode::read_only asks for no more",
                         SQLITE_READONLY);
        }
        return {};
    }

    // What the program adds by itself; its words are kept.
    result<void> add(const std::function<result<void>(sqlite3*)>& call, std::string_view name) {
        if (!call) return {};
        const result<void> done = call(db());
        if (done) return {};
        return error(done.error().code(),
                     opening_failed().append("additions::").append(name).append(" failed: "),
                     done.error());
    }

    static constexpr std::string_view word_letters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";

    result<void> set(const pragma& wanted) {
        const std::string& name = wanted.name;
        const bool is_word = !name.empty() && name.find_first_not_of(word_letters) == name.npos;
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
            return confirm_journal_mode("PRAGMA " + name, wanted.value);
        }
        return {};
    }

    // SQLite goes on in the mode it has where it can't have the one that is wanted.
    result<void> confirm_journal_mode(const std::string& ask, const std::string& wanted) {
        const statement asked = prepared(ask);
        if (asked.native() == nullptr) return refusal(sqlite3_extended_errcode(db()), ask);
        if (const int code = sqlite3_step(asked.native()); code != SQLITE_ROW)
            return refusal(code, ask);
        const std::string is(asked.text(0));
        if (names(wanted, is)) return {};
        return error(hr::e_fail, opening_failed() + "its journal mode is " + is +
                                     " and could not be made " + wanted);
    }

    // Whether a value, which SQL may have in quotes or brackets, names the mode: "'WAL'" is "wal".
    // SQLite is content with the beginning of the name, and with none for "delete".
    static bool names(std::string_view value, std::string_view mode) {
        const auto in_word = [](char c) { return word_letters.find(c) != word_letters.npos; };
        const auto from = std::find_if(value.begin(), value.end(), in_word);
        const std::string word = bare({from, std::find_if_not(from, value.end(), in_word)});
        return word.empty() ? mode == "delete" : mode.starts_with(word);
    }

    statement prepared(std::string_view sql) const noexcept {
        sqlite3_stmt* made = nullptr;
        std::string_view rest;
        return statement(compile(db(), sql, &made, rest) == SQLITE_OK ? made : nullptr);
    }

    // A misspelt pragma does nothing and is no error to SQLite.
    [[nodiscard]] result<bool> knows(std::string_view name) {
        constexpr std::string_view all = "PRAGMA pragma_list";
        const statement list = prepared(all);
        if (list.native() == nullptr) return refusal(sqlite3_extended_errcode(db()), all);
        const std::string wanted = bare(name);
        for (bool any = false;; any = true) {
            const int code = sqlite3_step(list.native());
            if (code == SQLITE_DONE) return !any; // a build of SQLite without the list
            if (code != SQLITE_ROW) return refusal(code, all);
            if (list.text(0) == wanted) return true;
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
            if (has_moved(db())) return SQLITE_READONLY_DBMOVED;
            const int code = sqlite::detail::run(db(), sql); // `run` alone is this class's
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

    // Which file an error speaks of: a set-up can attach others, of which nothing is known here.
    enum class whose : bool { this_files, any_files };

    error refusal(int code, std::string_view doing, whose file = whose::this_files) const {
        if (code == SQLITE_READONLY_DBMOVED) return moved();
        const error said = last_error(db(), code, doing);
        // Without memory for its words an error has no code of SQLite's.
        const int best = said.driver_code() != 0 ? static_cast<int>(said.driver_code()) : code;
        std::string text = opening_failed();
        const bool with_file = (best & 0xFF) == SQLITE_CANTOPEN || (best & 0xFF) == SQLITE_IOERR;
        const int system = with_file && db() != nullptr ? sqlite3_system_errno(db()) : 0;
        if (const std::string why = why_it_failed(best, system, file); !why.empty()) {
            text.append(why).append("; SQLite says: ");
        }
        const bool denied = system == EACCES;
        return {denied ? hr::e_accessdenied : said.code(), text.append(said.words()), best};
    }

    [[nodiscard]] std::string why_it_failed(int code, int system, whose file) const {
        if (is_about_directory(code)) {
            return file == whose::this_files ? beside_this_file(is_in_wal_mode(db()))
                                             : beside_any_file();
        }
        return why_not(wanted_, code, system);
    }

    [[nodiscard]] sqlite3* db() const noexcept { return db_.get(); }

    const database& wanted_;
    const additions& added_;
    handle db_;
    std::chrono::steady_clock::time_point deadline_;
};

} // namespace detail
} // namespace sqlite
} // namespace lend

#endif // LEND_DRIVERS_SQLITE_OPENING_HPP
