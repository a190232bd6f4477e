// SPDX-License-Identifier: MIT
/// @file
/// How a pool is, for a probe; and the check of one idle resource, for a probe that asks for it.

#ifndef LEND_DETAIL_PROBING_HPP
#define LEND_DETAIL_PROBING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/doubting.hpp>
#include <lend/detail/giving_back.hpp>
#include <lend/detail/later.hpp>
#include <lend/detail/outage.hpp>
#include <lend/detail/phases.hpp>
#include <lend/detail/reporting.hpp>
#include <lend/driver.hpp>
#include <lend/probe.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// The word follows from what is wrong now, not from what was: a probe that is asked every few
// seconds sees the rest in the counters.
template <class Core>
struct probing {
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using platform = typename Core::platform;
    using back = giving_back<Core>;

    static pool_health look(Core& core) noexcept {
        pool_health h;
        h.pool = core.options.name;
        h.stats = reporting<Core>::stats(core);
        const pool_stats& s = h.stats;
        bool is_stuck = false;
        {
            const lock_type lock(core.mutex);
            h.state = core.closing  ? health_state::closed
                      : core.paused ? health_state::paused
                                    : health_state::healthy;
            h.last_create_error = core.last_create_error;
            is_stuck = core.room() == 0 && waits_for_long(core);
        }
        if (h.last_create_error) h.add(health_problem::creates_fail);
        if (s.abandoned > 0) h.add(health_problem::creates_hang);
        if (s.idle == 0 && is_stuck) h.add(health_problem::saturated);
        if (s.leaked > 0) h.add(health_problem::leaking);
        judge(h);
        return h;
    }

    // The same, and one idle resource is tried. Not in a pool in which callers wait: then there is
    // none to spare.
    static pool_health look(Core& core, check_kind kind) noexcept {
        std::optional<health> found;
        std::optional<error> why;
        if constexpr (Core::traits::has_check) found = try_one(core, kind, why);
        pool_health h = look(core);
        h.tried = found.has_value();
        if (!found || *found == health::good) return h;
        h.add(health_problem::check_failed);
        h.check_error = std::move(why);
        if (*found == health::backend_gone) h.add(health_problem::backend_gone);
        judge(h);
        return h;
    }

private:
    // Whether a caller has used up half of its time in the queue, or fifteen seconds: a pool in
    // which callers wait and are served is busy, and nothing is wrong with it. Under the lock.
    static bool waits_for_long(const Core& core) noexcept {
        using duration = typename Core::duration;
        const auto now = platform::now();
        constexpr duration longest = std::chrono::seconds(15);
        return core.waiters.first([&](const typename Core::waiter_type& w) {
            const duration half = between(w.since, w.deadline) / 2;
            return between(w.since, now) >= (std::min)(half, longest);
        }) != nullptr;
    }

    static void judge(pool_health& h) noexcept {
        if (h.state != health_state::healthy && h.state != health_state::degraded) return;
        const pool_stats& s = h.stats;
        const bool has_some = s.size > s.creating + s.destroying;
        // With nothing that could come back, callers that wait for long wait for creates that do
        // not end.
        const bool makes_none =
            h.has(health_problem::creates_fail) || h.has(health_problem::saturated);
        const bool cannot_serve = h.has(health_problem::backend_gone) || (makes_none && !has_some);
        h.state = cannot_serve      ? health_state::failing
                  : h.problems != 0 ? health_state::degraded
                                    : health_state::healthy;
    }

    // Nothing if there is none, or the pool was closed under it. One that fails is destroyed, and
    // with it, if what stands behind it is gone, its elders, as when it fails for a borrower.
    // `why` is set then.
    static std::optional<health>
    try_one(Core& core, check_kind kind, std::optional<error>& why) noexcept {
        lending_word::type word = lending_word::impossible;
        slot_type* const s = take_one(core, word);
        if (s == nullptr) return std::nullopt;
        if (s->in_doubt) kind = check_kind::active;
        const std::uint64_t elders = outage<Core>::elders(core);
        const own_calls<typename Core::platform> here(&core, s);
        health found = health::good;
        const auto on_error = [&](const error& e) {
            why = e;
            why->with_pool(core.options.name);
            core.events.check_failed(s->number, e);
        };
        const bool open = phases<Core>::during(*s, slot_phase::checking, [&] {
            found = kind == check_kind::passive
                        ? Core::calls::check_passively(core.driver, s->object, on_error)
                        : Core::calls::ask_health(core.driver, s->object, kind,
                                                  Core::calls::until(core.options.check_timeout),
                                                  on_error);
        });
        if (open && found == health::good) {
            if (s->in_doubt && kind == check_kind::active) doubting<Core>::settled(core, *s);
            back::clean(core, *s, lending_word::taken(word), back::use::look);
            return found;
        }
        if (open && found == health::backend_gone) outage<Core>::reported(core, *s, elders);
        (void)back::destroy(core, *s, back::use::look,
                            open ? destroy_reason::unfit : destroy_reason::closed);
        if (!open) return std::nullopt;
        return found;
    }

    // Under the lock, so that nobody pauses or closes the pool meanwhile.
    static slot_type* take_one(Core& core, lending_word::type& word) noexcept {
        const lock_type lock(core.mutex);
        if (core.closing || core.paused || !core.waiters.empty()) return nullptr;
        return core.slots.find([&](slot_type& s) {
            word = s.word.see();
            return lending_word::is(word, lending_word::idle) && Core::take_idle(s, word);
        });
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_PROBING_HPP
