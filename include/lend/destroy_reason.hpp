// SPDX-License-Identifier: MIT
/// @file
/// Why a resource was destroyed: the label of a counter, a word in a log, an argument of an event.

#ifndef LEND_DESTROY_REASON_HPP
#define LEND_DESTROY_REASON_HPP

#include <lend/detail/cpp20.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lend::inline v0_1 {

/// Why a resource was destroyed.
enum class destroy_reason : std::uint8_t {
    expired,       ///< idle for longer than its limit
    lifetime,      ///< older than max_lifetime
    unfit,         ///< a check failed
    backend_gone,  ///< a check of another one said that what stands behind all of them is gone
    reset_failed,  ///< the driver could not reset it
    discarded,     ///< its borrower said that it is broken
    poisoned,      ///< an exception, or an error that its borrower reported, ended its lease
    requested,     ///< destroyed by its number
    cleared,       ///< made before a call of clear or clear_over
    evicted,       ///< retain's predicate did not want it
    pruned,        ///< more were idle than were needed lately
    shrunk,        ///< the maximum was lowered
    unpooled,      ///< the pool keeps nothing
    made_room,     ///< of another type than the one that was needed, at the maximum size
    enlist_failed, ///< the driver could not enlist it, or could not take it out of a transaction
    rate_failed,   ///< the driver could not rate it
    late,          ///< its create had been given up when it ended
    reclaimed,     ///< its borrower kept it for so long that the pool counted it as lost
    closed,        ///< the pool was closed
};

/// How many reasons there are.
inline constexpr std::size_t destroy_reasons = static_cast<std::size_t>(destroy_reason::closed) + 1;

namespace detail {

inline constexpr std::array<std::string_view, destroy_reasons> destroy_reason_words{
    "expired",     "lifetime", "unfit",     "backend_gone", "reset_failed",
    "discarded",   "poisoned", "requested", "cleared",      "evicted",
    "pruned",      "shrunk",   "unpooled",  "made_room",    "enlist_failed",
    "rate_failed", "late",     "reclaimed", "closed"};

} // namespace detail

/// The word for a reason, as in logs and metrics; "unknown" for what is none.
/// @par Errors None. @par Thread safety Safe; wait-free.
[[nodiscard]] constexpr std::string_view to_string(destroy_reason reason) noexcept {
    const auto at = static_cast<std::size_t>(reason);
    return at < destroy_reasons ? detail::destroy_reason_words[at] : std::string_view{"unknown"};
}

} // namespace lend

#endif // LEND_DESTROY_REASON_HPP
