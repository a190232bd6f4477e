// SPDX-License-Identifier: MIT
/// @file
/// How a pool behaves: the options, their units, ranges, defaults, and what zero means in each.

#ifndef LEND_POOL_OPTIONS_HPP
#define LEND_POOL_OPTIONS_HPP

#include <lend/hresult.hpp>
#include <lend/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lend::inline v0_1 {

/// Who runs a driver's `create`.
enum class creation_mode : std::uint8_t {
    /// A thread of the pool: the caller waits beside it, takes a returned resource if one comes
    /// first, and leaves at its deadline even if the create hangs. If no thread can be started,
    /// the caller does it.
    worker,
    /// The calling thread. A create that hangs then hangs its caller.
    inline_,
};

/// Who runs `sweep`.
enum class housekeeping_mode : std::uint8_t {
    own_thread, ///< a thread of the pool, started when something can expire or be refilled
    manual,     ///< whoever calls `sweep()`
};

/// Whether a newcomer may pass the first waiter while that one is being woken.
enum class fairness_mode : std::uint8_t {
    /// Holds of 20 microseconds and more are handed over directly; after a shorter one the first
    /// waiter is woken, and a newcomer may use the resource until it is up. Waiters keep their
    /// order among themselves.
    adaptive,
    /// Every resource is handed to the first waiter who can use it.
    strict,
};

/// What `pool::make` is given. Checked there; a bad value is refused with the field's name.
/// @par Thread safety A plain value.
struct pool_options {
    /// The most resources that exist at one time, those being made and destroyed included.
    /// 1 to 16 000 000. 0 is refused: such a pool could serve nobody.
    std::size_t max_size = 16;

    /// How many idle resources the housekeeper keeps ready. 0: none are made in advance.
    /// At most max_size.
    std::size_t min_idle = 0;

    /// How long `acquire` waits. 0: not at all. (duration::max)(): for ever. Negative is refused.
    std::chrono::nanoseconds acquire_timeout = std::chrono::seconds(30);

    /// How long a resource may stay idle before it is destroyed, unless the driver's `idle_limit`
    /// says otherwise. Positive; (duration::max)(): for ever. 0 is refused. Measured in sweeps, so
    /// a resource goes up to one sweep later, never earlier, and never below min_idle.
    std::chrono::nanoseconds idle_timeout = std::chrono::minutes(10);

    creation_mode creation = creation_mode::worker;
    housekeeping_mode housekeeping = housekeeping_mode::own_thread;
    fairness_mode fairness = fairness_mode::adaptive;

    /// The largest max_size: what a number's index can tell apart, with room to spare.
    static constexpr std::size_t largest_size = 16'000'000;

    /// Says which field is wrong, with which value, and what would be right.
    /// @par Errors e_invalidarg with the field's name in the text.
    /// @par Thread safety Safe.
    [[nodiscard]] result<void> validate() const {
        if (max_size == 0) return refuse("max_size", "0", "use 1 or more");
        if (max_size > largest_size) {
            return refuse("max_size", std::to_string(max_size), "use at most 16000000");
        }
        if (min_idle > max_size) {
            return refuse("min_idle", std::to_string(min_idle),
                          "it cannot exceed max_size, which is " + std::to_string(max_size));
        }
        if (acquire_timeout.count() < 0) {
            return refuse("acquire_timeout", spell(acquire_timeout),
                          "use 0 for no waiting or a positive time");
        }
        if (idle_timeout.count() <= 0) {
            return refuse("idle_timeout", spell(idle_timeout),
                          "use a positive time, or nanoseconds::max() for resources that stay");
        }
        return {};
    }

private:
    static std::string spell(std::chrono::nanoseconds time) {
        return std::to_string(time.count()) + " ns";
    }

    static error refuse(std::string_view field, std::string_view value, std::string_view advice) {
        std::string text = "pool_options::";
        text.append(field).append(" is ").append(value).append("; ").append(advice);
        return {hr::e_invalidarg, text};
    }
};

} // namespace lend

#endif // LEND_POOL_OPTIONS_HPP
