// SPDX-License-Identifier: MIT
/// @file
/// A check, or a borrower, said that what stands behind a resource is gone: then so is what stands
/// behind those that were made before it, and none of them is tried one after the other.

#ifndef LEND_DETAIL_OUTAGE_HPP
#define LEND_DETAIL_OUTAGE_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/sending_away.hpp>

#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// An outage is counted once: by the first check that reports it. Others that report the same, for
// what was made before that, add nothing.
template <class Core>
struct outage {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using away = sending_away<Core>;

    // By whoever is about to check a resource that it owns: which ones were begun before.
    static std::uint64_t elders(const Core& core) noexcept {
        // Relaxed: a number to compare with others; what was made after it is not concerned.
        return core.births.load(std::memory_order_relaxed);
    }

    // The check of `found`, or its borrower, said so; its owner destroys that one.
    static void reported(Core& core, const slot_type& found, std::uint64_t elders) noexcept {
        slot_type* idle = nullptr;
        bool is_new = false;
        {
            const lock_type lock(core.mutex);
            if (core.closing) return;
            // Relaxed: written under the lock.
            const std::uint64_t births = core.births.load(std::memory_order_relaxed);
            if (elders > core.outage_births) {
                is_new = true;
                core.outage_births = births;
                ++core.counted.outages;
            }
            core.slots.for_each([&](slot_type& s) {
                if (&s == &found || s.birth > elders) return;
                away::send(core, s, destroy_reason::backend_gone, idle);
            });
        }
        if (is_new) core.events.backend_gone(static_cast<event_number>(found.number));
        // To destroy many that are dead takes time, and the caller's is running.
        (void)away::destroy_aside(core, idle);
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_OUTAGE_HPP
