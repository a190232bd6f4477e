// SPDX-License-Identifier: MIT
/// @file
/// What text is, written out by the letter of Unicode and of Prometheus' format, for options_fuzz
/// to compare lend with. Slow, and another way round than lend's own: it decodes by arithmetic.

#ifndef LEND_TESTS_FUZZ_TEXT_MODELS_HPP
#define LEND_TESTS_FUZZ_TEXT_MODELS_HPP

#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lend_test {

inline bool is_scalar_value(std::uint32_t c) noexcept {
    return c < 0xD800U || (c > 0xDFFFU && c < 0x110000U);
}

/// UTF-8 of one character by definition, without a look at lend's.
inline std::string encode_utf8(std::uint32_t c) {
    std::string bytes;
    const auto put = [&](std::uint32_t byte) { bytes.push_back(static_cast<char>(byte)); };
    if (c < 0x80U) {
        put(c);
    } else if (c < 0x800U) {
        put(0xC0U + c / 64U);
        put(0x80U + c % 64U);
    } else if (c < 0x10000U) {
        put(0xE0U + c / 4096U);
        put(0x80U + c / 64U % 64U);
        put(0x80U + c % 64U);
    } else {
        put(0xF0U + c / 262144U);
        put(0x80U + c / 4096U % 64U);
        put(0x80U + c / 64U % 64U);
        put(0x80U + c % 64U);
    }
    return bytes;
}

/// The character at the start of a text and its length, or nothing: the one character whose
/// encoding stands there. Long spellings are the encoding of none.
inline std::optional<std::pair<char32_t, std::size_t>> first_character(std::string_view text) {
    for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length) {
        static constexpr std::array<std::uint32_t, 5> lead_bits{0, 0x7F, 0x1F, 0x0F, 0x07};
        std::uint32_t c = static_cast<unsigned char>(text[0]) & lead_bits[length];
        for (std::size_t at = 1; at < length; ++at)
            c = c * 64U + (static_cast<unsigned char>(text[at]) & 0x3FU);
        if (is_scalar_value(c) && encode_utf8(c) == text.substr(0, length))
            return std::pair{static_cast<char32_t>(c), length};
    }
    return std::nullopt;
}

inline std::optional<std::u32string> decode_utf8(std::string_view text) {
    std::u32string characters;
    while (!text.empty()) {
        const auto one = first_character(text);
        if (!one) return std::nullopt;
        characters.push_back(one->first);
        text.remove_prefix(one->second);
    }
    return characters;
}

inline std::optional<std::u32string> decode_utf16(std::u16string_view text) {
    std::u32string characters;
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::uint32_t c = text[at];
        if (c >= 0xD800U && c < 0xDC00U && at + 1 < text.size() && text[at + 1] >= 0xDC00U &&
            text[at + 1] < 0xE000U) {
            c = 0x10000U + (c - 0xD800U) * 0x400U + (text[++at] - 0xDC00U);
        }
        if (!is_scalar_value(c)) return std::nullopt;
        characters.push_back(static_cast<char32_t>(c));
    }
    return characters;
}

/// A text in which each byte that belongs to no character, or to a U+FFFD, is a U+FFFD and the
/// byte's two hexadecimal digits.
inline std::string with_bytes_spelt(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string good;
    while (!text.empty()) {
        const auto one = first_character(text);
        const std::size_t length = one ? one->second : 1;
        if (one && one->first != 0xFFFDU) {
            good += text.substr(0, length);
        } else {
            for (const char each : text.substr(0, length)) {
                const auto byte = static_cast<unsigned char>(each);
                good += encode_utf8(0xFFFDU) + digits[byte / 16U] + digits[byte % 16U];
            }
        }
        text.remove_prefix(length);
    }
    return good;
}

/// name{label="value",...} number   or   # HELP/TYPE ...
inline bool is_prometheus_line(std::string_view line) {
    if (line.starts_with("# HELP ") || line.starts_with("# TYPE ")) return true;
    const auto is_name = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
    };
    const auto skip = [&](const auto& belongs) {
        std::size_t count = 0;
        while (count < line.size() && belongs(line[count])) ++count;
        line.remove_prefix(count);
        return count > 0;
    };
    const auto eat = [&](std::string_view text) {
        const bool stands = line.starts_with(text);
        if (stands) line.remove_prefix(text.size());
        return stands;
    };
    if (!skip(is_name) || !eat("{")) return false;
    do {
        if (!skip(is_name) || !eat("=\"")) return false;
        while (!line.empty() && line.front() != '"') {
            const bool escaped = line.front() == '\\';
            if (escaped && (line.size() < 2 ||
                            std::string_view("\\\"n").find(line[1]) == std::string_view::npos))
                return false;
            line.remove_prefix(escaped ? 2 : 1);
        }
        if (!eat("\"")) return false;
    } while (eat(","));
    if (!eat("} ")) return false;
    return skip([](char c) {
               return std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.';
           }) &&
           line.empty();
}

/// The value of the first label on a page, unescaped.
inline std::string first_label_value(std::string_view page) {
    std::string value;
    for (std::size_t at = page.find("=\"") + 2; at < page.size() && page[at] != '"'; ++at) {
        if (page[at] == '\\') {
            ++at;
            value.push_back(page[at] == 'n' ? '\n' : page[at]);
        } else {
            value.push_back(page[at]);
        }
    }
    return value;
}

} // namespace lend_test

#endif // LEND_TESTS_FUZZ_TEXT_MODELS_HPP
