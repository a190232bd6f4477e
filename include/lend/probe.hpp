// SPDX-License-Identifier: MIT
/// @file
/// How a pool is, for the probe of a service: one word, what is wrong, and the numbers behind it.

#ifndef LEND_PROBE_HPP
#define LEND_PROBE_HPP

#include <lend/detail/config.hpp>
#include <lend/error.hpp>
#include <lend/short_text.hpp>
#include <lend/stats.hpp>

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string_view>

namespace lend::inline v0_1 {

/// How a pool is, from good to over.
enum class health_state : std::uint8_t {
    healthy,  ///< it lends
    degraded, ///< it lends, but something is wrong
    paused,   ///< it was told not to lend for now
    failing,  ///< it has nothing to lend, and creates fail or callers wait for them for long
    closed,   ///< it lends nothing any more
};

/// What may be wrong with a pool.
enum class health_problem : std::uint8_t {
    creates_fail, ///< the last create failed, and none has succeeded since
    creates_hang, ///< creates that were given up still run
    saturated,    ///< nothing is free, no more may be made for now, and callers wait for long
    leaking,      ///< leases last longer than leak_after
    check_failed, ///< the resource that was tried failed its check
    backend_gone, ///< it failed because what stands behind all of them is gone
};

inline constexpr std::size_t health_problems =
    static_cast<std::size_t>(health_problem::backend_gone) + 1;

/// The word for a state, as in logs and in the answer of a probe; "unknown" for what is none.
/// @par Errors None. @par Thread safety Safe; wait-free.
[[nodiscard]] constexpr std::string_view to_string(health_state state) noexcept {
    switch (state) {
    case health_state::healthy:
        return "healthy";
    case health_state::degraded:
        return "degraded";
    case health_state::paused:
        return "paused";
    case health_state::failing:
        return "failing";
    case health_state::closed:
        return "closed";
    }
    return "unknown";
}
/// What is wrong, in a few words.
[[nodiscard]] constexpr std::string_view to_string(health_problem problem) noexcept {
    switch (problem) {
    case health_problem::creates_fail:
        return "creates fail";
    case health_problem::creates_hang:
        return "creates hang";
    case health_problem::saturated:
        return "saturated";
    case health_problem::leaking:
        return "leaking";
    case health_problem::check_failed:
        return "check failed";
    case health_problem::backend_gone:
        return "backend gone";
    }
    return "unknown";
}

/// What `pool::health` says.
/// @par Thread safety A plain value.
struct pool_health {
    short_text pool{}; ///< the pool's name; empty: it has none
    health_state state = health_state::closed;
    /// One bit for each health_problem, the first one lowest; see `has`.
    std::uint32_t problems = 0;
    /// Whether a resource was tried, as with `health(check_kind)`, if one was idle.
    bool tried = false;
    pool_stats stats{};
    /// Why the last create failed, while `creates_fail`.
    std::optional<error> last_create_error{};
    /// Why the resource that was tried failed its check, while `check_failed`.
    std::optional<error> check_error{};

    [[nodiscard]] bool has(health_problem problem) const noexcept {
        return (problems & bit(problem)) != 0;
    }
    void add(health_problem problem) noexcept { problems |= bit(problem); }

    /// Whether callers can expect to be served: healthy or degraded.
    [[nodiscard]] bool serves() const noexcept {
        return state == health_state::healthy || state == health_state::degraded;
    }

private:
    static constexpr std::uint32_t bit(health_problem problem) noexcept {
        return std::uint32_t{1} << static_cast<unsigned>(problem);
    }
};

/// Writes one line: the pool's name, state, problems with the words of the create or the check that
/// failed, then the stats.
template <class Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out,
                                             const pool_health& h) {
    if (!h.pool.empty()) out << "pool '" << h.pool << "': ";
    out << to_string(h.state);
    const char* before = ": ";
    for (std::size_t at = 0; at < health_problems; ++at) {
        const auto problem = static_cast<health_problem>(at);
        if (!h.has(problem)) continue;
        out << before << to_string(problem);
        if (problem == health_problem::creates_fail && h.last_create_error)
            out << " (" << *h.last_create_error << ")";
        if (problem == health_problem::check_failed && h.check_error)
            out << " (" << *h.check_error << ")";
        before = ", ";
    }
    return out << "; " << h.stats;
}

} // namespace lend

#endif // LEND_PROBE_HPP
