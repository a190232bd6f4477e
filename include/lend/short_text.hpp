// SPDX-License-Identifier: MIT
/// @file
/// A text of a few words that is kept where it stands, without an allocation: the name of a pool,
/// the note of a borrower.

#ifndef LEND_SHORT_TEXT_HPP
#define LEND_SHORT_TEXT_HPP

#include <lend/detail/cpp20.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>

namespace lend::inline v0_1 {

/// Up to 46 bytes of text. A longer one is cut, in front of the UTF-8 character that does not fit.
///
/// Size: 48 bytes.
/// @par Thread safety A plain value.
class short_text {
public:
    /// The most bytes that are kept.
    static constexpr std::size_t most = 46;

    constexpr short_text() noexcept = default;
    constexpr short_text(std::string_view text) noexcept {
        const std::size_t length = fitting(text);
        for (std::size_t at = 0; at < length; ++at) text_[at] = text[at];
        size_ = static_cast<unsigned char>(length < text.size() ? length | cut : length);
    }
    /// Null is the empty text.
    constexpr short_text(const char* text) noexcept
        : short_text(text == nullptr ? std::string_view{} : std::string_view{text}) {}
    short_text(const std::string& text) noexcept : short_text(std::string_view{text}) {}

    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_ & ~cut; }
    [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
    /// Whether this is the beginning of a longer text.
    [[nodiscard]] constexpr bool is_cut() const noexcept { return (size_ & cut) != 0; }

    /// Good as long as this object.
    [[nodiscard]] constexpr std::string_view view() const noexcept {
        return {text_.data(), size()};
    }
    constexpr operator std::string_view() const noexcept { return view(); }
    /// The same, with a zero behind it.
    [[nodiscard]] constexpr const char* c_str() const noexcept { return text_.data(); }

    [[nodiscard]] friend constexpr bool operator==(const short_text& a,
                                                   const short_text& b) noexcept {
        return a.view() == b.view();
    }
    template <class Text>
    requires(std::convertible_to<const Text&, std::string_view> && !std::same_as<Text, short_text>)
        [[nodiscard]] friend constexpr bool
        operator==(const short_text& a, const Text& b) noexcept {
        return a.view() == std::string_view(b);
    }

    /// How much of a text is kept: all of it, or what stands in front of a character that is cut.
    /// @par Errors None. @par Thread safety Safe; wait-free.
    [[nodiscard]] static constexpr std::size_t fitting(std::string_view text,
                                                       std::size_t room = most) noexcept {
        if (text.size() <= room) return text.size();
        std::size_t length = room;
        while (length > 0 && room - length < 3 && is_continuation(text[length])) --length;
        return is_continuation(text[length]) ? room : length; // room: it is no UTF-8 at all
    }

private:
    static constexpr std::size_t cut = 0x80;

    static constexpr bool is_continuation(char byte) noexcept {
        return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
    }

    std::array<char, most + 1> text_{}; // and a zero
    unsigned char size_ = 0;            // and the mark
};

/// Writes the text.
template <class Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out,
                                             const short_text& text) {
    return out << text.view();
}

} // namespace lend

#endif // LEND_SHORT_TEXT_HPP
