// SPDX-License-Identifier: MIT
/// @file
/// What the plan of creates means for a pool: places are reserved and creates queued, those that
/// take too long are given up, and who waits in vain is told. All of it under the pool's lock.

#ifndef LEND_DETAIL_PLANNING_HPP
#define LEND_DETAIL_PLANNING_HPP

#include <lend/detail/alarms.hpp>
#include <lend/detail/births.hpp>
#include <lend/detail/core.hpp>
#include <lend/detail/creates_in_flight.hpp>
#include <lend/detail/later.hpp>
#include <lend/detail/same_kind.hpp>
#include <lend/detail/settling_in.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>

namespace lend::inline v0_1 {
namespace detail {

// Invariant: a slot in creation counts in `size` from the reservation to the end, or until the
// create is given up, so what is made never exceeds the maximum, but for what `abandoned` counts.
//
// While somebody waits, and time alone may change what there is to do, one of those who wait keeps
// the time (see waiters.hpp): it plans again when `next_look` says so.
//
// All members are called under the lock. What is left to do afterwards is in the errand, for
// `making::start`.
template <class Core>
struct planning {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using resource_type = typename Core::resource_type;
    using wakes = typename Core::wakes;
    using time_point = typename Core::time_point;
    using duration = typename Core::duration;
    using record = running_create<slot_type>;
    using settled = settling_in<Core>;
    using demand = typename creation_plan<platform>::demand;

    // What is left to do once the lock is let go.
    struct errand {
        std::size_t workers = 0;  // to be started
        std::size_t own = 0;      // of these, not on the user's executor
        std::size_t given_up = 0; // creates of which is to be told that
        std::optional<error> why;
    };

    // Takes a vacant slot for a create; null if the maximum is reached or memory is out.
    static slot_type* reserve(Core& core) noexcept {
        if (core.closing || core.room() == 0) return nullptr;
        if (core.is_draining() && core.waiters.empty()) return nullptr; // for nobody
        if (core.vacant == nullptr) {
            std::size_t added = 0;
            slot_type* fresh = core.slots.grow(
                core.limits.max_size + core.reclaimed - core.slots.size(), &core, added);
            core.cannot_grow = fresh == nullptr;
            if (core.cannot_grow) return nullptr;
            for (std::size_t at = added; at-- > 0;) {
                fresh[at].next = core.vacant;
                core.vacant = fresh + at;
            }
        }
        slot_type* const s = core.vacant;
        core.vacant = s->next;
        s->next = nullptr;
        checks<Core>::size_may_grow(core);
        ++core.size;
        births<Core>::begin(core, *s);
        checks<Core>::size_is_right(core);
        return s;
    }

    // Queues creates for workers, of the given type or, without one, of what is waited for by then;
    // fewer than `count` if memory is out, which counts as a failure. Each has a share for whoever
    // works on it. The caller lets the lock go and calls `start`.
    static std::size_t
    queue(Core& core, std::size_t count, const resource_type* type = nullptr) noexcept {
        if (count == 0) return 0;
        const time_point now = platform::now();
        std::size_t queued = 0;
        bool out_of_memory = false;
        while (queued < count) {
            if (type != nullptr && !quota<Core>::has_room(*type)) break;
            slot_type* const s = reserve(core);
            if (s == nullptr) {
                out_of_memory = core.lacks_memory() && core.room() > 0;
                break;
            }
            if (type != nullptr) quota<Core>::charge(*s, *type, true);
            if (type != nullptr && !name(*s, *type)) {
                core.make_vacant(*s);
                out_of_memory = true;
                break;
            }
            core.creates.queue(*s, now);
            core.add_share();
            ++queued;
        }
        if (out_of_memory) core.plan.failed(now, now);
        return queued;
    }

    // For callers that wait. With inline creation they create for themselves, so they are told to
    // look. One of them keeps the time from now on, if time alone may change something.
    static errand plan_for_waiters(Core& core, wakes& wake) noexcept {
        errand todo = plan_as_waiter(core, wake);
        see_to_the_time(core, wake);
        return todo;
    }

    // By whoever changes what time alone may change.
    static void see_to_the_time(Core& core, wakes& wake) noexcept {
        core.waiters.expect(next_look(core), wake);
    }

    // The same by one of them, who asks `next_look` afterwards.
    static errand plan_as_waiter(Core& core, wakes& wake) noexcept {
        errand todo;
        without_keeper<Core>::help(core, wake);
        if (core.waiters.empty() || core.demand() == 0) return todo;
        if (core.options.creation == creation_mode::inline_) {
            // Where memory for a place is out, another look would find none either; when a create
            // has ended that the option's bound counts, it is planned again.
            if (core.room() > 0 && !core.lacks_memory() && core.plan.lets_begin(core.creates))
                core.waiters.poke(quota<Core>::first_served(core), wake);
            return todo;
        }
        const time_point now = platform::now();
        give_up_late(core, now, todo);
        help_executor(core, now, todo);
        if (!quota<Core>::may_serve(core)) return todo;
        todo.workers += queue(core, core.plan.for_waiters(now, asked(core), core.creates));
        // Who gets none of these may find that something unwanted makes room.
        const bool full = core.room() == 0 && core.creates.size() < core.demand();
        if (Core::typed && todo.workers > 0 && full)
            core.waiters.poke(quota<Core>::first_served(core), wake);
        return todo;
    }

    // So that `missing` more are idle. For a time when nobody waits and nothing is drained.
    static errand plan_for_stock(Core& core, std::size_t missing) noexcept {
        errand todo;
        const time_point now = platform::now();
        give_up_late(core, now, todo);
        give_up_queued(core, now);
        const std::size_t count = core.plan.for_stock(now, missing, core.room(), core.creates);
        if constexpr (!Core::traits::has_resource_type) {
            const resource_type only{};
            todo.workers = queue(core, count, &only);
        } else {
            if (core.usual_type) todo.workers = queue(core, count, &*core.usual_type);
        }
        return todo;
    }

    // A place in which a caller may have a resource made for itself. None if the pool is paused, if
    // there is no room, if as many are made as the option allows, or if creates fail and it is not
    // the time to try again. With inline creation every caller may try. The create counts as one of
    // the caller's from here on, until make_for_caller has its end.
    static slot_type* reserve_for_caller(Core& core, const resource_type& wanted) noexcept {
        if (core.paused || !quota<Core>::has_room(wanted)) return nullptr;
        if (core.plan.failing() && core.options.creation == creation_mode::worker) {
            if (core.room() == 0 || !core.plan.for_caller(platform::now(), core.creates))
                return nullptr;
        }
        slot_type* s = core.plan.lets_begin(core.creates) ? reserve(core) : nullptr;
        // What is queued on the user's executor for callers that have gone is no reason to refuse.
        if (s == nullptr && core.options.executor != nullptr && core.waiters.empty())
            s = core.creates.next_unnamed();
        if (s != nullptr) is_the_callers(core, *s, wanted);
        return s;
    }

    // The place of a create that is queued for nobody in particular, for a caller who makes this
    // itself, since no thread can be had; null for none.
    static slot_type* take_over(Core& core, const resource_type& wanted) noexcept {
        if (!quota<Core>::has_room(wanted)) return nullptr;
        slot_type* const s = core.creates.next_unnamed();
        if (s != nullptr) is_the_callers(core, *s, wanted);
        return s;
    }

    // By a waiter that is about to join those who wait.
    static void comes(Core& core) noexcept {
        if (core.options.creation != creation_mode::worker) return;
        const time_point now = platform::now();
        if (!core.waiters.empty()) return core.plan.arrived(now, out_of(core));
        core.plan.begin(now, core.room() == 0 ? now : last_lent(core, now), out_of(core));
    }

    // When something was lent at the latest; a look for the next time, too.
    static time_point last_lent(Core& core, time_point now) noexcept {
        return core.last_lent.before(core.slots, now, core.plan.period());
    }

    // A lease has ended while others wait: what comes back at this rate need not be made.
    static void note_return(Core& core, const slot_type& s) noexcept {
        if (core.options.creation != creation_mode::worker) return;
        if (core.waiters.empty() || core.room() == 0) return;
        if constexpr (!Core::typed) {
            core.plan.returned(platform::now(), out_of(core));
        } else if constexpr (Core::comparable) {
            if (is_kind(*core.waiters.head()->wanted, *s.type))
                core.plan.returned(platform::now(), out_of(core));
        }
    }

    // When those who wait should plan again if nothing else happens.
    static time_point next_look(Core& core) noexcept {
        time_point at = (time_point::max)();
        if (core.waiters.empty() || core.demand() == 0) return at;
        if (core.room_to_come() > 0) at = core.room_is_due;
        if (core.options.creation == creation_mode::inline_) return at;
        if (core.room() > 0 && quota<Core>::may_serve(core))
            at = (std::min)(at, core.plan.look_at(platform::now(), core.creates));
        return (std::min)({at, next_give_up(core), next_help(core)});
    }

    // When the first create that runs will have taken too long.
    static time_point next_give_up(Core& core) noexcept {
        time_point at = (time_point::max)();
        (void)core.creates.find([&](const record& r) {
            at = (std::min)(at, deadline_of(core, r));
            return false;
        });
        return at;
    }

    // What the user's executor has not begun after a while is begun by threads of the pool: it may
    // be busy, even with callers who wait for these very creates.
    static void help_executor(Core& core, time_point now, errand& todo) noexcept {
        if (now < next_help(core)) return;
        todo.own = core.creates.requeue(later(now, -executor_time), now);
        todo.workers += todo.own;
        for (std::size_t at = 0; at < todo.own; ++at) core.add_share();
    }
    // When that will be; max() if nothing is queued there.
    static time_point next_help(const Core& core) noexcept {
        if (core.options.executor == nullptr) return (time_point::max)();
        return later(core.creates.queued_since(), executor_time);
    }

    // Where nobody waits any more, what the executor has not begun gives its place back.
    static void give_up_queued(Core& core, time_point now) noexcept {
        while (core.waiters.empty() && now >= next_help(core)) {
            slot_type* const s = core.creates.next_unnamed();
            if (s == nullptr) return;
            core.make_vacant(*s);
        }
    }

    // The housekeeper tries again while creates fail, if there is something to be kept ready.
    static void expect_probe(Core& core) noexcept {
        if (core.limits.min_idle != 0 && core.plan.failing())
            core.expect_chore(core.plan.look_at(platform::now(), core.creates));
    }

    // Gives up what has taken too long: its slot is free again, and what comes of it will be
    // destroyed. Those who wait go on waiting: nobody has refused them anything.
    static void give_up_late(Core& core, time_point now, errand& todo) noexcept {
        const auto is_late = [&](const record& r) { return deadline_of(core, r) <= now; };
        while (record* const r = core.creates.find(is_late)) {
            todo.why = settled::took_too_long(between(r->began, now));
            ++todo.given_up;
            core.make_vacant(core.creates.give_up(*r));
            ++core.counted.abandoned;
            core.times.created(false, between(r->began, now));
            settled::note_failure(core, r->began, now, *todo.why);
            core.plan.gave_up(r->given_up_before);
            tell_warm_ups(core, *r->type, *todo.why, false);
        }
    }

    // Whether those who wait in vain are told that a create has failed, that began then; asked
    // before the failure is noted. One failure may be a hiccup: if a try after it fails too, it is
    // none. With inline creation each tries for itself.
    static bool tells(const Core& core, time_point began) noexcept {
        if (core.options.on_create_failure == create_failure_mode::wait) return false;
        return core.options.creation == creation_mode::inline_ || core.plan.is_probe(began);
    }

    // A create of this kind failed: tells those who wait for one and have nothing to hope for.
    static void
    refuse_hopeless(Core& core, const resource_type& kind, const error& why, wakes& wake) noexcept {
        if (core.size != 0 && (!Core::comparable || !core.creates.empty() || exists(core, kind)))
            return;
        for (auto* w = core.waiters.head(); w != nullptr;) {
            auto* const next = w->next;
            if (core.size == 0 || is_kind(*w->wanted, kind)) {
                core.waiters.refuse(*w, why, wake);
            }
            w = next;
        }
    }

    // Those who warm up are told of a failed create, too. `for_good`: a try after a failure was
    // one.
    static void
    tell_warm_ups(Core& core, const resource_type& type, const error& why, bool for_good) noexcept {
        core.warm_ups.failed([&](const resource_type& t) { return is_kind(t, type); }, why,
                             for_good);
    }

    // Whether two types are known to be the same; true where only the driver can tell.
    static bool is_kind(const resource_type& a, const resource_type& b) {
        if constexpr (Core::comparable) {
            return same_kind(a, b);
        }
        return true;
    }

private:
    static void is_the_callers(Core& core, slot_type& s, const resource_type& wanted) noexcept {
        quota<Core>::charge(s, wanted, false);
        core.creates.caller_begins();
    }

    // How long a user's executor may let a create wait that callers wait for.
    static constexpr duration executor_time = std::chrono::milliseconds(100);

    // How many are lent; where types differ, how many of the type that was last asked for were.
    static std::size_t out_of(const Core& core) noexcept {
        return Core::typed ? core.plan.busy() : core.size - core.creates.size();
    }

    // Whether there is a resource of this kind, free or lent.
    static bool exists(Core& core, const resource_type& kind) noexcept {
        return core.slots.find([&](slot_type& s) {
            const lending_word::type word = s.word.see();
            const bool lives = lending_word::is(word, lending_word::idle) ||
                               lending_word::is(word, lending_word::in_use);
            return lives && is_kind(*s.type, kind);
        }) != nullptr;
    }

    // What those who wait ask for. Where they want different types, or only the driver can tell
    // what fits whom, nothing is known of what would come back for them.
    static demand asked(Core& core) noexcept {
        demand d;
        d.waiting = core.demand();
        d.room = core.room();
        if constexpr (!Core::typed) {
            d.busy = out_of(core);
        } else if constexpr (Core::comparable) {
            const resource_type& kind = *core.waiters.head()->wanted;
            d.helps =
                core.waiters.first([&](auto& w) { return !is_kind(*w.wanted, kind); }) == nullptr;
            if (d.helps) d.busy = lent_of(core, kind);
        } else {
            d.helps = false;
        }
        return d;
    }

    static std::size_t lent_of(Core& core, const resource_type& kind) noexcept {
        std::size_t lent = 0;
        core.slots.for_each([&](slot_type& s) {
            const bool used = lending_word::is(s.word.see(), lending_word::in_use);
            lent += used && is_kind(*s.type, kind) ? 1U : 0U;
        });
        return lent;
    }

    static time_point deadline_of(const Core& core, const record& r) noexcept {
        if (core.options.creation == creation_mode::inline_) return (time_point::max)();
        const duration longest = core.plan.patience(r.given_up_before);
        return later(r.began, longest);
    }

    static bool name(slot_type& s, const resource_type& type) noexcept {
        LEND_TRY {
            s.type.emplace(type);
            return true;
        }
        LEND_CATCH_ALL { return false; } // the type could not be copied
        return false;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_PLANNING_HPP
