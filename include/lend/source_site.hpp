// SPDX-License-Identifier: MIT
/// @file
/// A place in a program's source: file, line and function of a call.

#ifndef LEND_SOURCE_SITE_HPP
#define LEND_SOURCE_SITE_HPP

#include <cstdint>
#include <iosfwd>

namespace lend::inline v0_1 {

/// Where a call stands in the source.
///
/// lend's own type on every compiler, because std::source_location is missing from clang 14 with
/// libstdc++ 12. 24 bytes, trivially copyable; the strings are literals and live for ever.
/// @par Thread safety Distinct objects: safe. Shared objects: safe while none is written.
struct source_site {
    const char* file = "";
    const char* function = "";
    std::uint32_t line = 0;

    /// The place of the call in whose default argument this stands.
    [[nodiscard]] static constexpr source_site
    current(const char* file = __builtin_FILE(),
            const char* function = __builtin_FUNCTION(),
            std::uint32_t line = __builtin_LINE()) noexcept {
        return {file, function, line};
    }
};

/// Writes "file:line (function)".
template <class Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out,
                                             const source_site& site) {
    return out << site.file << ':' << site.line << " (" << site.function << ')';
}

} // namespace lend

#endif // LEND_SOURCE_SITE_HPP
