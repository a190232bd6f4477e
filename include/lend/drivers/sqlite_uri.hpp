// SPDX-License-Identifier: MIT
/// @file
/// What the path of a database says to SQLite: which file, or that its contents are in memory, and
/// for whom. The rules are those of SQLite's own page on URI file names.

#ifndef LEND_DRIVERS_SQLITE_URI_HPP
#define LEND_DRIVERS_SQLITE_URI_HPP

#include <lend/detail/cpp20.hpp>

#include <sqlite3.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace lend::inline v0_1 {
namespace sqlite {
namespace detail {

// What a path names, with its escapes undone.
struct location {
    std::string file{};
    std::string vfs{};
    bool is_uri = false;
    bool in_memory = false; // by "mode=memory", or as ":memory:"
    bool shared_cache = false;
};

inline int hexadecimal(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// "%20" is a blank; "%00" ends the text, as it does for SQLite.
inline std::string unescaped(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const int high = text[at] == '%' && at + 2 < text.size() ? hexadecimal(text[at + 1]) : -1;
        const int low = high >= 0 ? hexadecimal(text[at + 2]) : -1;
        if (low < 0) {
            plain += text[at];
            continue;
        }
        if (high == 0 && low == 0) break;
        plain += static_cast<char>(high * 16 + low);
        at += 2;
    }
    return plain;
}

// The parameters that follow the question mark; of those with one name the last one counts.
inline void read_parameters(std::string_view query, location& found) {
    while (!query.empty()) {
        const std::string_view one = query.substr(0, query.find('&'));
        query.remove_prefix(one.size() == query.size() ? one.size() : one.size() + 1);
        const std::size_t equals = one.find('=');
        if (equals == one.npos) continue;
        const std::string name = unescaped(one.substr(0, equals));
        const std::string value = unescaped(one.substr(equals + 1));
        if (name == "vfs") found.vfs = value;
        if (name == "mode") found.in_memory = value == "memory";
        if (name == "cache") found.shared_cache = value == "shared";
    }
}

inline location locate(std::string_view path) {
    constexpr std::string_view scheme = "file:";
    location found;
    found.is_uri = path.starts_with(scheme);
    if (!found.is_uri) {
        found.file = path;
    } else {
        path.remove_prefix(scheme.size());
        path = path.substr(0, path.find('#'));
        if (path.starts_with("//")) { // "file://localhost/x"
            const std::size_t slash = path.find('/', 2);
            path.remove_prefix(slash == path.npos ? path.size() : slash);
        }
        const std::size_t mark = path.find('?');
        found.file = unescaped(path.substr(0, mark));
        if (mark != path.npos) read_parameters(path.substr(mark + 1), found);
    }
    found.in_memory = found.in_memory || found.file == ":memory:";
    return found;
}

// Whether each connection to this path has a database of its own, in memory or in a temporary file,
// that is gone with it.
inline bool is_private(const location& at) {
    if (at.in_memory) return !at.shared_cache;
    if (at.file.empty()) return true; // a temporary file, whatever the cache
    if (at.vfs != "memdb") return false;
    constexpr int memdb_is_shared_since = 3036000;
    return !at.file.starts_with('/') || sqlite3_libversion_number() < memdb_is_shared_since;
}

} // namespace detail
} // namespace sqlite
} // namespace lend

#endif // LEND_DRIVERS_SQLITE_URI_HPP
