// SPDX-License-Identifier: MIT
/// @file
/// How a pool is drained, and who held out.

#ifndef LEND_DRAIN_REPORT_HPP
#define LEND_DRAIN_REPORT_HPP

#include <lend/detail/words.hpp>
#include <lend/holder_info.hpp>
#include <lend/hresult.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace lend::inline v0_1 {

/// What happens at a drain's deadline to what is still lent.
enum class drain_mode : std::uint8_t {
    soft,   ///< nothing: it is destroyed when its lease ends
    forced, ///< the driver's `interrupt` is called on each, and up to a second more is waited
};

/// What happens in a drain to those who wait already.
enum class queued_mode : std::uint8_t {
    serve,  ///< they are served as long as the drain lasts
    refuse, ///< they are refused at once
};

namespace detail {

template <>
struct words_of<drain_mode> {
    static constexpr std::array<std::string_view, 2> list{"soft", "forced"};
};
template <>
struct words_of<queued_mode> {
    static constexpr std::array<std::string_view, 2> list{"serve", "refuse"};
};

} // namespace detail

/// How a drain ended.
/// @par Thread safety A plain value.
struct drain_report {
    /// Who held something at the deadline; sites, threads and notes where the pool records holders.
    std::vector<holder_info> hold_outs;

    /// Whether driver calls still ran in the end, as `pool::close` says it: s_ok or s_false.
    hresult closed = hr::s_ok;

    /// How many driver calls ran in the end or were still to be made, which the drain had waited
    /// for: resets, checks, creates, destroys and interrupts, but those of leases that go on.
    std::size_t calls = 0;
};

} // namespace lend

#endif // LEND_DRAIN_REPORT_HPP
