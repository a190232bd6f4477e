// SPDX-License-Identifier: MIT
/// @file
/// Who holds a resource: where and by which thread it was acquired, for how long it has been held
/// at least, and what its holder says it is doing now.

#ifndef LEND_HOLDER_INFO_HPP
#define LEND_HOLDER_INFO_HPP

#include <lend/detail/one_line.hpp>
#include <lend/short_text.hpp>
#include <lend/source_site.hpp>

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace lend::inline v0_1 {

/// One lending that is under way, as `pool::holders`, the event `leaked` and errors show it.
///
/// A pool that does not record its holders knows the number alone; the rest is then as here.
/// @par Thread safety A plain value. The strings of the site are literals of the program.
struct holder_info {
    std::uint64_t id = 0; ///< the resource's number
    source_site site;     ///< where it was acquired; line 0: not recorded
    std::uint64_t thread =
        0; ///< the system's number of the thread that acquired it; 0: not recorded
    /// At least so long: counted from when the pool first saw this lending, in a sweep or because
    /// somebody began to wait. The fast path of acquire stores no time.
    std::chrono::nanoseconds held_for{0};
    short_text note{}; ///< what the holder said last of what it does; empty: nothing
    short_text pool{}; ///< the pool's name; empty: it has none

    /// Whether the pool recorded who this is.
    [[nodiscard]] constexpr bool is_recorded() const noexcept { return thread != 0; }
};

namespace detail {

inline std::string describe(const holder_info& h, bool with_pool) {
    std::string line = "resource " + std::to_string(h.id);
    if (with_pool && !h.pool.empty()) line.append(" of pool '").append(h.pool).append("'");
    if (h.is_recorded()) {
        line.append(", acquired at ").append(h.site.file).append(":");
        line.append(std::to_string(h.site.line)).append(" (").append(h.site.function);
        line.append(") by thread ").append(std::to_string(h.thread));
    } else {
        line.append(", holder not recorded");
    }
    if (h.held_for.count() > 0) {
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(h.held_for);
        line.append(", held for at least ").append(std::to_string(ms.count())).append(" ms");
    }
    if (!h.note.empty()) append_in_line(line.append(", says: "), h.note);
    return line;
}

} // namespace detail

/// One line for a log: "resource 5 of pool 'orders', acquired at a.cpp:12 (serve) by thread 4711,
/// held for at least 30000 ms, says: copying".
/// @par Errors None; throws bad_alloc when memory is out. @par Thread safety Safe.
[[nodiscard]] inline std::string to_string(const holder_info& h) {
    return detail::describe(h, true);
}

/// Writes to_string().
template <class Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out,
                                             const holder_info& h) {
    return out << std::string_view(to_string(h));
}

} // namespace lend

#endif // LEND_HOLDER_INFO_HPP
