// SPDX-License-Identifier: MIT
/// @file
/// A place in a program's source: file, line and function of a call.

#ifndef LEND_SOURCE_SITE_HPP
#define LEND_SOURCE_SITE_HPP

#include <lend/detail/cpp20.hpp>

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

/// The place of a call, as the last argument that a call fills in by itself:
/// ```
/// void serve(call_site at = call_site::current());
/// ```
/// Unlike a source_site it is not made from empty braces, so that these stay free for other
/// arguments.
/// @par Thread safety As source_site.
class call_site {
public:
    constexpr call_site(const source_site& at) noexcept : at_(at) {}

    /// The place of the call in whose default argument this stands.
    [[nodiscard]] static constexpr call_site
    current(const char* file = __builtin_FILE(),
            const char* function = __builtin_FUNCTION(),
            std::uint32_t line = __builtin_LINE()) noexcept {
        return source_site{file, function, line};
    }

    [[nodiscard]] constexpr const source_site& site() const noexcept { return at_; }

private:
    source_site at_;
};

/// Writes "file:line (function)".
template <class Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out,
                                             const source_site& site) {
    return out << site.file << ':' << site.line << " (" << site.function << ')';
}

} // namespace lend

#endif // LEND_SOURCE_SITE_HPP
