// SPDX-License-Identifier: MIT
/// @file
/// Words for the values of an enumeration, in one list: for texts, logs and metrics, and to tell a
/// value that is one of them from a number that is none.

#ifndef LEND_DETAIL_WORDS_HPP
#define LEND_DETAIL_WORDS_HPP

#include <lend/detail/cpp20.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace lend::inline v0_1 {
namespace detail {

// Specialised for each enumeration that has a list: `list` has the words in the order of the
// values, which count from 0. A check compares the words with the names of the enumerators.
template <class Enum>
struct words_of;

template <class Enum>
concept has_words = std::is_enum_v<Enum> && requires {
    words_of<Enum>::list;
};

// One choice of an option, as a number, with the words that are right there.
struct choice {
    std::string_view field;
    std::size_t value;
    std::span<const std::string_view> words;

    [[nodiscard]] bool is_one() const noexcept { return value < words.size(); }

    // "use a, b or c"
    [[nodiscard]] std::string advice() const {
        std::string text = "use ";
        for (std::size_t at = 0; at < words.size(); ++at) {
            if (at > 0) text += at + 1 == words.size() ? " or " : ", ";
            text += words[at];
        }
        return text;
    }
};

template <has_words Enum>
[[nodiscard]] constexpr choice choice_of(std::string_view field, Enum value) noexcept {
    return {field, static_cast<std::size_t>(value), words_of<Enum>::list};
}

} // namespace detail

/// The word for a value of one of lend's enumerations; "unknown" for what is none.
/// @par Errors None. @par Thread safety Safe; wait-free.
template <detail::has_words Enum>
[[nodiscard]] constexpr std::string_view to_string(Enum value) noexcept {
    constexpr std::size_t count = std::size(detail::words_of<Enum>::list);
    const auto at = static_cast<std::size_t>(value);
    return at < count ? detail::words_of<Enum>::list[at] : std::string_view{"unknown"};
}

} // namespace lend

#endif // LEND_DETAIL_WORDS_HPP
