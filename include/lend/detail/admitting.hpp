// SPDX-License-Identifier: MIT
/// @file
/// From a slot that the caller owns to a resource that it may use: the check, and the memory of the
/// thread.

#ifndef LEND_DETAIL_ADMITTING_HPP
#define LEND_DETAIL_ADMITTING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/doubting.hpp>
#include <lend/detail/giving_back.hpp>
#include <lend/detail/looking.hpp>
#include <lend/detail/making.hpp>
#include <lend/detail/ordering.hpp>
#include <lend/detail/outage.hpp>
#include <lend/detail/own_calls.hpp>
#include <lend/detail/pausing.hpp>
#include <lend/detail/phases.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// The last steps before a resource is lent, the same for whoever found it, was given it or had it
// made.
template <class Core>
struct admitting {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using resource_type = typename Core::resource_type;
    using wakes = typename Core::wakes;
    using calls = typename Core::calls;
    using time_point = typename Core::time_point;
    using back = giving_back<Core>;
    using on = typename back::on;
    using make = making<Core>;
    using held = holding<Core>;

    // On whose thread a caller's unfit candidate is destroyed: not its own, unless it has no time
    // to wait, for then it needs the place at once. No asynchronous caller does.
    static on where(bool waits) noexcept {
        return waits ? on::another_thread : on::thread_of_the_options;
    }

    // The driver's check, where it has one, of a resource that the caller owns. False: it failed,
    // or the pool was closed under it; then the resource is gone, and if what stands behind it is
    // gone, so are its elders. `where()` says on whose thread it is destroyed then, and is asked
    // only if that is so. `words`: becomes why it is unfit, where that is new.
    template <class Where>
    LEND_ALWAYS_INLINE static bool passes_check(Core& core,
                                                slot_type& s,
                                                check_kind kind,
                                                bool& closed,
                                                const Where& where,
                                                error* words = nullptr) noexcept {
        if constexpr (!Core::traits::has_check) {
            return true;
        } else {
            const std::uint64_t elders = outage<Core>::elders(core);
            health state = health::good;
            const auto on_error = [&](const error& why) { unfit(core, s, why, words); };
            closed = !phases<Core>::during(s, slot_phase::checking, [&] {
                state = kind == check_kind::passive
                            ? calls::check_passively(core.driver, s.object, on_error)
                            : calls::ask_health(core.driver, s.object, kind,
                                                calls::until(core.options.check_timeout), on_error);
            });
            if (!closed && state == health::good) [[likely]]
                return true;
            reject(core, s, closed, state, elders, where());
            return false;
        }
    }

    // Nothing if the resource was unfit, or the pool was paused, so that the caller tries again.
    // What is in doubt is checked actively, on this thread: a caller that has none to spare leaves
    // that to a worker before (verifying.hpp). `due`: what is left to be checked.
    static std::optional<result<held>>
    admit(Core& core, const held& h, on where, check_due due = check_due::usual) noexcept {
        const bool active = due == check_due::usual && doubting<Core>::is_in_doubt(core, *h.slot);
        bool closed = false;
        if (due == check_due::none ||
            passes_check(core, *h.slot, active ? check_kind::active : check_kind::passive, closed,
                         [where] { return where; })) {
            if (active) doubting<Core>::settled(core, *h.slot);
            if (pausing<Core>::holds_back(core, *h.slot)) {
                back::clean(core, *h.slot, h.word, back::use::look);
                return std::nullopt;
            }
            return begin_use(core, h);
        }
        if (closed) return result<held>(hr::lend_e_closed);
        return std::nullopt;
    }

    // Has a resource made in a reserved place, on the calling thread and for the caller. Nothing if
    // the pool was paused meanwhile, or what was made was cleared at once, so that the caller tries
    // again if it has time.
    static std::optional<result<held>> made(Core& core,
                                            slot_type& place,
                                            const resource_type& wanted,
                                            on where,
                                            time_point until = (time_point::max)()) noexcept {
        auto word = make::make_for_caller(core, place, &wanted, until);
        if (!word) return result<held>(std::move(word).error());
        if (*word == lending_word::empty) return std::nullopt;
        bool closed = false;
        error why = hr::lend_e_condemned;
        if (check_when_new(core) == check_due::none ||
            passes_check(
                core, place, check_kind::passive, closed, [where] { return where; }, &why)) {
            return begin_use(core, {&place, *word});
        }
        if (closed) return result<held>(hr::lend_e_closed);
        return result<held>(std::move(why));
    }

    // What is left to be checked of a resource that was made just now, whoever made it.
    static check_due check_when_new(const Core& core) noexcept {
        return settling_in<Core>::check_when_new(core);
    }

    // Under the lock: somebody who does not wait took room. If it was the last, the first waiter
    // may have to make room.
    static void tell_of_room_taken(Core& core, wakes& wake) noexcept {
        if (Core::typed && core.room() == 0)
            core.waiters.poke(quota<Core>::first_served(core), wake);
    }

    // A check has failed of a resource that the caller owns; while it counts as being checked.
    static LEND_NOINLINE void
    unfit(Core& core, slot_type& s, const error& why, error* words = nullptr) noexcept {
        const own_calls<platform> here(&core, &s);
        if (is_new(s)) {
            const error unmade = settling_in<Core>::unfit_when_new(why);
            if (words != nullptr) *words = unmade;
            count_as_failed(core, s, unmade);
        }
        core.events.check_failed(s.number, why);
    }

    // The end of a resource that has failed its check.
    static LEND_NOINLINE void reject(Core& core,
                                     slot_type& s,
                                     bool closed,
                                     health state,
                                     std::uint64_t elders,
                                     on where) noexcept {
        if (!closed && state == health::backend_gone) outage<Core>::reported(core, s, elders);
        (void)back::destroy(core, s, back::use::look,
                            closed ? destroy_reason::closed : destroy_reason::unfit, where);
    }

private:
    // Whether it has never been lent. By its owner.
    static bool is_new(const slot_type& s) noexcept {
        return lending_word::count_of(s.word.peek()) == s.lendings_before;
    }

    // What was made to no use was not made: or callers would make and destroy without a pause until
    // their deadlines. Before the place is free for the next create. What a sweep has found idle
    // has lived for a while, and its end is no reason to wait.
    static void count_as_failed(Core& core, const slot_type& s, const error& why) noexcept {
        const auto now = platform::now();
        const lock_type lock(core.mutex);
        const lending_word::type idle = lending_word::count_of(s.word.peek()) | lending_word::idle;
        if (s.idle_word == idle) return;
        core.plan.failed(now, now);
        core.last_create_error = why;
    }

    // Not remembered is what may not be taken on the fast path the next time.
    static held begin_use(Core& core, const held& h) noexcept {
        const bool in_order = ordering<Core>::is_kept(core);
        if (in_order) [[unlikely]]
            ordering<Core>::lent(core, *h.slot);
        if (core.attends_ends) [[unlikely]]
            return {h.slot, h.word | lending_word::attended};
        if (!in_order && !doubting<Core>::always(core)) core.remember(*h.slot);
        return h;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_ADMITTING_HPP
