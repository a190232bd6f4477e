// SPDX-License-Identifier: MIT
/// @file
/// Texts of users and of their libraries as parts of one line.

#ifndef LEND_DETAIL_ONE_LINE_HPP
#define LEND_DETAIL_ONE_LINE_HPP

#include <lend/short_text.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace lend::inline v0_1 {
namespace detail {

[[nodiscard]] constexpr bool is_control(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20U || byte == 0x7FU;
}

// Appends a text without its line breaks: control characters in a row are one blank, and none at
// the end.
inline void append_in_line(std::string& line, std::string_view text) {
    bool gap = false;
    for (const char c : text) {
        if (is_control(c)) {
            gap = true;
            continue;
        }
        if (gap && !line.empty() && line.back() != ' ' && c != ' ') line.push_back(' ');
        gap = false;
        line.push_back(c);
    }
}

// "1700 ms": times as people are told them.
inline void append_time(std::string& line, std::chrono::nanoseconds time) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time);
    line.append(std::to_string(ms.count())).append(" ms");
}

// "pool 'orders': ", in front of what is said of a pool; nothing for a pool without a name.
inline void append_pool(std::string& line, std::string_view name) {
    if (name.empty()) return;
    line.append("pool '");
    append_in_line(line, name);
    line.append("': ");
}

// What a system's tools call a thread of a pool: as much of the pool's name as there is room for,
// "lend" where it has none, and the thread's job, as "orders-create".
class thread_name {
public:
    static constexpr std::size_t most = 15; // of Linux

    thread_name(std::string_view pool, std::string_view job) noexcept {
        if (pool.empty()) pool = "lend";
        pool = pool.substr(0, short_text::fitting(pool, most - 1 - job.size()));
        std::size_t at = 0;
        for (const char c : pool) text_[at++] = c;
        text_[at++] = '-';
        for (const char c : job) text_[at++] = c;
    }

    [[nodiscard]] const char* c_str() const noexcept { return text_.data(); }

private:
    std::array<char, most + 1> text_{};
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_ONE_LINE_HPP
