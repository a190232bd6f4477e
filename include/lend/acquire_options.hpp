// SPDX-License-Identifier: MIT
/// @file
/// What one acquire may say beside the type it wants: how long, how urgent, from where, and what
/// can call it off.

#ifndef LEND_ACQUIRE_OPTIONS_HPP
#define LEND_ACQUIRE_OPTIONS_HPP

#include <lend/platform.hpp>
#include <lend/source_site.hpp>

#include <cstdint>
#include <optional>

namespace lend::inline v0_1 {

/// The options of one acquire. `acquire_options` is that of the default platform:
/// ```
/// pool.acquire({.stop = token, .priority = 7, .note = "nightly report"});
/// ```
/// @par Thread safety A plain value.
template <class Platform>
struct basic_acquire_options {
    /// The priority of who says nothing.
    static constexpr std::uint8_t usual_priority = 3;
    /// The most urgent one.
    static constexpr std::uint8_t highest_priority = 7;

    /// When to give up, one absolute time for waiting, checking and creating. Empty: the pool's
    /// acquire_timeout from now. In the past: looks once, and does not wait.
    std::optional<typename Platform::time_point> deadline{};

    /// Ends the wait with lend_e_cancelled. An empty token never does.
    typename Platform::stop_token stop{};

    /// 0 to 7; those with a higher one are served first, equal ones first come, first served. More
    /// than 7 is refused. Steady work of a high priority can keep lower ones waiting to their
    /// deadlines.
    std::uint8_t priority = usual_priority;

    /// Where the resource is asked for; shown in reports of leaks and time-outs where the pool
    /// records holders. Empty: the place of the call that is given these options.
    source_site site{};

    /// What the borrower is about to do, shown in the same reports. Copied by the call, up to 46
    /// bytes of it, so that a request's number on the stack will do; null: nothing to say.
    /// `lease::note` changes it.
    const char* note = nullptr;

    /// False: this lease is never reported or reclaimed as a leak, however long it lasts.
    bool detect_leak = true;
};

using acquire_options = basic_acquire_options<default_platform>;

} // namespace lend

#endif // LEND_ACQUIRE_OPTIONS_HPP
