// SPDX-License-Identifier: MIT
/// @file
/// Creates, leases and resets with a clock and a tracer beside them.

#ifndef LEND_DETAIL_MEASURING_HPP
#define LEND_DETAIL_MEASURING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/forking.hpp>
#include <lend/detail/later.hpp>

#include <chrono>

namespace lend::inline v0_1 {
namespace detail {

// Creates are always measured. Leases and resets only where the options or the observer ask for
// it: then no thread remembers its last slot, so that every acquire takes the slow path, and the
// lease's own copy of its slot's word has the mark `attended`, so that its end finds out without
// reading anything. Where nobody asks, an acquire does nothing for it, and the end of a lease tests
// one bit of a word that it has in a register.
//
// `lent` is written by the slot's owner alone.
template <class Core>
struct measuring {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using resource = typename Core::resource;
    using resource_type = typename Core::resource_type;

    // The driver's create, and how long it took. No lock is held.
    static result<resource> create(Core& core,
                                   const resource_type& type,
                                   typename Core::time_point deadline,
                                   std::chrono::nanoseconds& took) noexcept {
        span<platform> traced(core.events, span_kind::create, {.pool = core.options.name});
        const stopwatch<platform> watch;
        result<resource> made = Core::calls::create(core.driver, type, deadline);
        took = watch.elapsed();
        traced.end(core.events, made.code());
        if (!made) return error(made.error()).with_driver_origin();
        return made;
    }

    // A lease begins; its word has the mark already.
    static LEND_NOINLINE void use_begins(Core& core, slot_type& s, span_info info) noexcept {
        s.lent.since = platform::now();
        if (!core.traces_uses) return;
        info.number = static_cast<event_number>(s.number);
        s.lent.traced = {core.events, span_kind::use, info};
    }

    [[nodiscard]] static bool is_attended(lending_word::type word) noexcept {
        return lending_word::has(word, lending_word::attended);
    }

    // An attended lease ends, and its reset begins if there is one. `code`: s_false if the resource
    // will be destroyed.
    static LEND_NOINLINE void use_ends(Core& core, slot_type& s, hresult code) noexcept {
        if (forking<Core>::is_inherited(s) || !core.measures_uses) return;
        const auto now = platform::now();
        if (auto* const uses = core.times.uses()) uses->use.record(between(s.lent.since, now));
        s.lent.since = now;
        s.lent.traced.end(core.events, code);
    }

    // Where it does not follow at once: without the time until somebody came to it.
    static void reset_begins(slot_type& s) noexcept { s.lent.since = platform::now(); }

    static LEND_NOINLINE void reset_ended(Core& core, slot_type& s, bool clean) noexcept {
        auto* const uses = core.times.uses();
        if (uses == nullptr || forking<Core>::is_inherited(s)) return;
        (clean ? uses->reset : uses->reset_failed).record(between(s.lent.since, platform::now()));
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_MEASURING_HPP
