// SPDX-License-Identifier: MIT
/// @file
/// What an error that a borrower met says of its resource, and what is done about it.

#ifndef LEND_DETAIL_POISONING_HPP
#define LEND_DETAIL_POISONING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/forking.hpp>
#include <lend/detail/outage.hpp>
#include <lend/detail/phases.hpp>
#include <lend/driver.hpp>
#include <lend/error.hpp>

namespace lend::inline v0_1 {
namespace detail {

// A poisoned resource is condemned: its borrower goes on with it, and the end of the lease, however
// it ends, finds the flag and destroys.
template <class Core>
struct poisoning {
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using calls = typename Core::calls;

    // By the owner of a lent slot; no lock is held.
    static LEND_NOINLINE health report(Core& core, slot_type& s, const error& met) noexcept {
        if (forking<Core>::is_inherited(s)) return health::broken;
        health found = health::broken; // of a closed pool, whose driver is asked nothing any more
        const bool open = phases<Core>::during(s, slot_phase::classifying,
                                               [&] { found = calls::classify(core.driver, met); });
        if (!open) return health::broken;
        if (found == health::good) return found;
        poison(core, s);
        // Who is younger may have been made after what was met.
        if (found == health::backend_gone) outage<Core>::reported(core, s, s.birth);
        return found;
    }

private:
    static void poison(Core& core, slot_type& s) noexcept {
        const lock_type lock(core.mutex);
        lending_word::type seen = s.word.peek();
        while (!lending_word::has(seen, lending_word::condemned)) {
            if (!s.word.condemn(seen)) continue;
            s.why = destroy_reason::poisoned;
            ++core.counted.condemned;
            return;
        }
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_POISONING_HPP
