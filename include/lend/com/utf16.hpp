// SPDX-License-Identifier: MIT
/// @file
/// Between the contract's UTF-16 strings and lend's UTF-8. Strict both ways: what is not a text in
/// the one encoding, or holds a zero, is refused and never replaced.

#ifndef LEND_COM_UTF16_HPP
#define LEND_COM_UTF16_HPP

#include <lend/com/types.hpp>
#include <lend/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lend::inline v0_1 {
namespace detail {

inline constexpr std::uint32_t not_a_character = 0xFFFFFFFFU;
inline constexpr std::uint32_t last_character = 0x10FFFFU;

[[nodiscard]] constexpr bool is_surrogate(std::uint32_t c) noexcept {
    return c >= 0xD800U && c <= 0xDFFFU;
}

// Takes one character off the front; not_a_character if there is none that is well formed.
[[nodiscard]] constexpr std::uint32_t take_utf8(std::string_view& text) noexcept {
    const auto first = static_cast<unsigned char>(text.front());
    text.remove_prefix(1);
    if (first < 0x80U) return first;
    // The lead byte says how many follow; the smallest character that needs as many rules out
    // longer spellings than necessary.
    const std::size_t more = first >= 0xF0U ? 3 : first >= 0xE0U ? 2 : 1;
    if (first < 0xC2U || first > 0xF4U || text.size() < more) return not_a_character;
    std::uint32_t c = first & (0x3FU >> more);
    for (std::size_t at = 0; at < more; ++at) {
        const auto next = static_cast<unsigned char>(text[at]);
        if ((next & 0xC0U) != 0x80U) return not_a_character;
        c = (c << 6U) | (next & 0x3FU);
    }
    text.remove_prefix(more);
    const std::uint32_t least = more == 3 ? 0x10000U : more == 2 ? 0x800U : 0x80U;
    return c < least || c > last_character || is_surrogate(c) ? not_a_character : c;
}

// The same of what ends with a zero, which is left where it is: then 0.
[[nodiscard]] constexpr std::uint32_t take_utf16(const com::OLECHAR*& text) noexcept {
    std::uint32_t c = static_cast<std::uint16_t>(*text);
    if (c == 0) return 0;
    ++text;
    if (!is_surrogate(c)) return c;
    const std::uint32_t low = static_cast<std::uint16_t>(*text);
    if (c >= 0xDC00U || low < 0xDC00U || low > 0xDFFFU) return not_a_character;
    c = 0x10000U + ((c - 0xD800U) << 10U) + (low - 0xDC00U);
    ++text;
    return c;
}

[[nodiscard]] constexpr bool is_utf16(const com::OLECHAR* text) noexcept {
    std::uint32_t c = 0;
    do {
        c = take_utf16(text);
    } while (c != 0 && c != not_a_character);
    return c == 0;
}

// Less than 0, 0, or more, as one text in UTF-8 stands to another in UTF-16 in the order of their
// characters, which is that of UTF-8's bytes. Both are well formed, and hold no zero.
[[nodiscard]] constexpr int compare_texts(std::string_view utf8,
                                          const com::OLECHAR* utf16) noexcept {
    for (;;) {
        const std::uint32_t left = utf8.empty() ? 0 : take_utf8(utf8);
        const std::uint32_t right = take_utf16(utf16);
        if (left != right) return left < right ? -1 : 1;
        if (left == 0) return 0;
    }
}

inline void put_utf8(std::string& text, std::uint32_t c) {
    const auto put = [&](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
    if (c < 0x80U) {
        put(c);
        return;
    }
    const unsigned more = c < 0x800U ? 1 : c < 0x10000U ? 2 : 3;
    constexpr std::uint32_t lead[] = {0, 0xC0U, 0xE0U, 0xF0U};
    put(lead[more] | (c >> (6U * more)));
    for (unsigned at = more; at-- > 0;) put(0x80U | ((c >> (6U * at)) & 0x3FU));
}

} // namespace detail
} // namespace lend

namespace lend::inline v0_1::com {

/// A string of the contract that owns its characters.
using ole_string = std::basic_string<OLECHAR>;

/// UTF-8 as UTF-16.
/// @par Errors
///   e_invalidarg   not well-formed UTF-8, or it holds a zero.
///   e_outofmemory  never returned: bad_alloc is thrown, as by every string.
/// @par Thread safety Distinct objects: safe.
[[nodiscard]] inline result<ole_string> to_utf16(std::string_view text) {
    ole_string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::uint32_t c = lend::detail::take_utf8(text);
        if (c == 0 || c == lend::detail::not_a_character) return hr::e_invalidarg;
        if (c < 0x10000U) {
            out.push_back(static_cast<OLECHAR>(c));
        } else {
            out.push_back(static_cast<OLECHAR>(0xD800U + ((c - 0x10000U) >> 10U)));
            out.push_back(static_cast<OLECHAR>(0xDC00U + ((c - 0x10000U) & 0x3FFU)));
        }
    }
    return out;
}

/// UTF-16 up to its zero, as UTF-8.
/// @par Errors
///   e_invalidarg   null, or half a surrogate pair.
///   e_outofmemory  never returned: bad_alloc is thrown, as by every string.
/// @par Thread safety Distinct objects: safe.
[[nodiscard]] inline result<std::string> to_utf8(LPCOLESTR text) {
    if (text == nullptr) return hr::e_invalidarg;
    std::string out;
    while (const std::uint32_t c = lend::detail::take_utf16(text)) {
        if (c == lend::detail::not_a_character) return hr::e_invalidarg;
        lend::detail::put_utf8(out, c);
    }
    return out;
}

} // namespace lend

#endif // LEND_COM_UTF16_HPP
