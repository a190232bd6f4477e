// SPDX-License-Identifier: MIT
/// @file
/// How an acquire ends, why one is refused, and how a create fails: labels of counters and words in
/// logs.

#ifndef LEND_OUTCOME_HPP
#define LEND_OUTCOME_HPP

#include <lend/error.hpp>
#include <lend/hresult.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lend::inline v0_1 {

/// How an acquire ends. Every one ends in exactly one of these ways.
enum class acquire_outcome : std::uint8_t {
    served,    ///< with a lease
    timed_out, ///< at its deadline
    cancelled, ///< its caller called it off
    shed,      ///< refused because the queue was too slow for too long
    refused,   ///< for another reason; see `refusal`
};

/// Why an acquire was refused, where it is not shed.
enum class refusal : std::uint8_t {
    closed,        ///< the pool was closed
    paused,        ///< the pool was paused and told to fail
    too_many,      ///< as many waited as may wait
    exhausted,     ///< nothing was free, and its caller did not want to wait
    pool_locked,   ///< the pool's resources were held by those who waited for one
    create_failed, ///< no resource could be made, and none was there to be waited for
};

/// How a create fails.
enum class create_failure : std::uint8_t {
    refused,       ///< the driver's create returned an error
    threw,         ///< the driver's create threw an exception
    timed_out,     ///< it was given up at create_timeout; it may end later
    out_of_memory, ///< memory for the resource or its place was out
};

inline constexpr std::size_t acquire_outcomes =
    static_cast<std::size_t>(acquire_outcome::refused) + 1;
inline constexpr std::size_t refusals = static_cast<std::size_t>(refusal::create_failed) + 1;
inline constexpr std::size_t create_failures =
    static_cast<std::size_t>(create_failure::out_of_memory) + 1;

namespace detail {

inline constexpr std::array<std::string_view, acquire_outcomes> acquire_outcome_words{
    "served", "timed_out", "cancelled", "shed", "refused"};
inline constexpr std::array<std::string_view, refusals> refusal_words{
    "closed", "paused", "too_many", "exhausted", "pool_locked", "create_failed"};
inline constexpr std::array<std::string_view, create_failures> create_failure_words{
    "refused", "threw", "timed_out", "out_of_memory"};

template <std::size_t Size, class Enum>
[[nodiscard]] constexpr std::string_view word_of(const std::array<std::string_view, Size>& words,
                                                 Enum value) noexcept {
    const auto at = static_cast<std::size_t>(value);
    return at < Size ? words[at] : std::string_view{"unknown"};
}

} // namespace detail

/// The word for an outcome, as in logs and metrics; "unknown" for what is none.
/// @par Errors None. @par Thread safety Safe; wait-free.
[[nodiscard]] constexpr std::string_view to_string(acquire_outcome outcome) noexcept {
    return detail::word_of(detail::acquire_outcome_words, outcome);
}
[[nodiscard]] constexpr std::string_view to_string(refusal why) noexcept {
    return detail::word_of(detail::refusal_words, why);
}
[[nodiscard]] constexpr std::string_view to_string(create_failure how) noexcept {
    return detail::word_of(detail::create_failure_words, how);
}

/// The outcome that a code of the pool's stands for.
/// @par Errors None. @par Thread safety Safe; wait-free.
[[nodiscard]] constexpr acquire_outcome outcome_of(hresult code) noexcept {
    if (succeeded(code)) return acquire_outcome::served;
    if (code == hr::lend_e_timed_out) return acquire_outcome::timed_out;
    if (code == hr::lend_e_cancelled) return acquire_outcome::cancelled;
    if (code == hr::lend_e_shed) return acquire_outcome::shed;
    return acquire_outcome::refused;
}

/// The outcome of an acquire that ended with this error. What a driver's create failed with is a
/// refusal, whatever its code.
/// @par Errors None. @par Thread safety Safe; wait-free.
[[nodiscard]] inline acquire_outcome outcome_of(const error& why) noexcept {
    return why.from_driver() ? acquire_outcome::refused : outcome_of(why.code());
}

/// The reason that a code of the pool's stands for.
/// @par Errors None. @par Thread safety Safe; wait-free.
[[nodiscard]] constexpr refusal refusal_of(hresult code) noexcept {
    if (code == hr::lend_e_closed) return refusal::closed;
    if (code == hr::lend_e_paused) return refusal::paused;
    if (code == hr::lend_e_too_many_waiters) return refusal::too_many;
    if (code == hr::lend_e_exhausted) return refusal::exhausted;
    if (code == hr::lend_e_pool_locked) return refusal::pool_locked;
    return refusal::create_failed;
}

/// The reason of an acquire that was refused with this error.
/// @par Errors None. @par Thread safety Safe; wait-free.
[[nodiscard]] inline refusal refusal_of(const error& why) noexcept {
    return why.from_driver() ? refusal::create_failed : refusal_of(why.code());
}

/// The way of failing that the error of a create stands for.
/// @par Errors None. @par Thread safety Safe; wait-free.
[[nodiscard]] inline create_failure create_failure_of(const error& why) noexcept {
    if (why.code() == hr::e_outofmemory) return create_failure::out_of_memory;
    if (why.code() == hr::lend_e_timed_out && !why.from_driver()) return create_failure::timed_out;
    return why.thrown() ? create_failure::threw : create_failure::refused;
}

} // namespace lend

#endif // LEND_OUTCOME_HPP
