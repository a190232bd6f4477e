// SPDX-License-Identifier: MIT
/// @file
/// The members of a pool by which one watches it: they change nothing, and what they return is a
/// copy.

#ifndef LEND_DETAIL_WATCHED_POOL_HPP
#define LEND_DETAIL_WATCHED_POOL_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/forking.hpp>
#include <lend/detail/holders.hpp>
#include <lend/detail/probing.hpp>
#include <lend/detail/reporting.hpp>
#include <lend/driver.hpp>
#include <lend/holder_info.hpp>
#include <lend/probe.hpp>
#include <lend/stats.hpp>

#include <string_view>
#include <vector>

namespace lend::inline v0_1 {
namespace detail {

// The base of `pool`; holds its only member.
template <class Core>
class watched_pool {
public:
    /// What people call the pool: pool_options::name. Empty where it has none, and once moved from.
    /// @par Errors None. @par Thread safety Safe; wait-free. Good as long as the pool.
    [[nodiscard]] std::string_view name() const noexcept {
        return core_ == nullptr ? std::string_view{} : core_->options.name.view();
    }

    /// What the pool is doing and has done.
    ///
    /// The gauges sum to the size, and no counter is lower than in a call that ended before.
    /// All zero once moved from.
    /// @par Errors None. @par Thread safety Blocking on the pool's lock for the counters.
    /// @par Calls None. @par Complexity Linear in the resources. Allocates nothing.
    [[nodiscard]] pool_stats stats() const noexcept {
        if (core_ == nullptr) return {};
        return reporting<Core>::stats(*core_);
    }

    /// How long waits, creates and destroys took, and with `time_uses` leases and resets, since the
    /// pool was made. Failed ones are apart; waits are kept by how they ended.
    /// @par Errors None. @par Thread safety As `stats`.
    /// @par Calls None. @par Complexity Linear in the resources and the buckets. The answer has
    ///   33 KB. Allocates nothing.
    [[nodiscard]] pool_timings timings() const noexcept {
        if (core_ == nullptr) return {};
        return reporting<Core>::timings(*core_);
    }

    /// How the pool is, for the probe of a service: one word, what is wrong, and the numbers.
    ///
    /// healthy, also where all is lent and callers wait for a short time; degraded, where creates
    /// fail or hang, a caller waits for more than half of its time or fifteen seconds because all
    /// is lent, or leases leak;
    /// failing, where creates fail and nothing is left to lend, or a check found the backend gone;
    /// paused; closed, also once moved from.
    /// @par Errors None. @par Thread safety As `stats`.
    /// @par Calls None. @par Complexity As `stats`.
    [[nodiscard]] pool_health health() const noexcept {
        if (core_ == nullptr) return {};
        return probing<Core>::look(*core_);
    }
    /// The same, and one idle resource is tried, if there is one, nobody waits, and the driver has
    /// `check`. One that fails is destroyed, as when it fails for a borrower.
    /// @param kind  `check_kind::active` as a rule. One that was idle for long is always checked
    /// so.
    /// @par Errors None. @par Thread safety As `stats`; and as long as the check takes.
    /// @par Calls check at most once, destroy for what is found unfit; no lock held.
    [[nodiscard]] pool_health health(check_kind kind) noexcept {
        if (core_ == nullptr) return {};
        return probing<Core>::look(*core_, kind);
    }

    /// Who holds resources of the pool now: where each was acquired, by which thread, for how long
    /// at least, and what its holder says. For people who look at a pool that is stuck. Whose lease
    /// has ended holds nothing, even while a reset in the background goes on.
    ///
    /// In a pool that does not record its holders (see pool_options::record_holders), the numbers
    /// of what is lent, and of what somebody looks at for a moment. Empty once moved from.
    /// @par Errors None; where memory is out, as many as there was memory for. @par Thread safety
    /// Blocking on the pool's lock for the pass.
    /// @par Calls None. @par Complexity Linear in the resources; allocates.
    [[nodiscard]] std::vector<holder_info> holders() const noexcept {
        if (core_ == nullptr) return {};
        const auto now = Core::platform::now();
        const typename Core::lock_type lock(core_->mutex);
        return detail::holders<Core>::all(*core_, now);
    }

protected:
    explicit watched_pool(core_ptr<Core> core) noexcept : core_(core) {}
    watched_pool(const watched_pool&) = delete;
    watched_pool& operator=(const watched_pool&) = delete;
    ~watched_pool() = default;

    core_ptr<Core> core_;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_WATCHED_POOL_HPP
