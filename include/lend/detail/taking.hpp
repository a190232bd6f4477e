// SPDX-License-Identifier: MIT
/// @file
/// The slow path of acquire, from top to bottom: look, make, or wait.

#ifndef LEND_DETAIL_TAKING_HPP
#define LEND_DETAIL_TAKING_HPP

#include <lend/detail/admitting.hpp>
#include <lend/detail/alarms.hpp>
#include <lend/detail/core.hpp>
#include <lend/detail/giving_back.hpp>
#include <lend/detail/holders.hpp>
#include <lend/detail/looking.hpp>
#include <lend/detail/making.hpp>
#include <lend/detail/making_room.hpp>
#include <lend/detail/outcomes.hpp>
#include <lend/detail/refusing.hpp>
#include <lend/detail/serving.hpp>
#include <lend/detail/sleeping.hpp>
#include <lend/detail/viewing.hpp>
#include <lend/detail/waiting_threads.hpp>

#include <optional>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

template <class Core>
struct taking {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using resource_type = typename Core::resource_type;
    using wakes = typename Core::wakes;
    using request_type = typename Core::request_type;
    using back = giving_back<Core>;
    using look = looking<Core>;
    using make = making<Core>;
    using room = making_room<Core>;
    using steps = admitting<Core>;
    using time_point = typename Core::time_point;
    using held = holding<Core>;

    // A resource for what is asked, checked and remembered as the thread's last; or why there is
    // none.
    static LEND_NOINLINE result<held> slowly(Core& core, const request_type& asked) noexcept {
        held unfit;
        if (auto done = in_passing(core, asked, unfit)) return *std::move(done);
        if (!asked.limit.waits()) return without_waiting(core, asked, unfit);
        const waits_in_person<Core> here(core);
        return sleeping<Core>::wait(core, asked, unfit);
    }

    // Looks for something that is free; if there is nothing, `unfit` may be something that is of no
    // use to the caller, who owns it now.
    static std::optional<result<held>>
    in_passing(Core& core, const request_type& asked, held& unfit) noexcept {
        if (const auto refused = multiple_acquires<Core>::refusal(core, asked.site))
            return counted(core, *refused);
        if (core.is_draining()) return counted(core, hr::lend_e_closed);
        without_keeper<Core>::help(core);
        using manner = typename look::manner;
        const manner how = asked.limit.waits() ? manner::in_passing : manner::at_once;
        for (;;) {
            const auto found = look::look(core, asked.wanted, how);
            unfit = found.unfit;
            if (!found.best) return std::nullopt;
            if (auto done = steps::admit(core, found.best)) return counted(core, *std::move(done));
        }
    }

    // For a caller with no time: makes a resource on its own thread if there is room, or if there
    // is one of another type that can make room. What became free meanwhile, or is only looked at
    // by another caller, is looked at first.
    static result<held>
    without_waiting(Core& core, const request_type& asked, held& unfit) noexcept {
        std::optional<time_point> until;
        for (unsigned round = 0;; ++round) {
            slot_type* missed = nullptr;
            slot_type** const may_miss = round < most_rounds ? &missed : nullptr;
            result<held> done =
                made_at_once(core, asked.wanted, std::exchange(unfit, held{}), may_miss);
            if (missed == nullptr) return counted(core, std::move(done));
            if (!until) until = viewing<Core>::patience();
            if (!serving<Core>::here(core)) viewing<Core>::wait_until_seen(core, *missed, *until);
            if (auto found = in_passing(core, asked, unfit)) return *std::move(found);
        }
    }

private:
    // Each round follows a change that another caller made.
    static constexpr unsigned most_rounds = 16;

    static result<held> counted(Core& core, result<held> outcome) noexcept {
        if (outcome) return outcome;
        error why = outcome.error();
        outcomes<Core>::failed_after(core, why, {});
        return why;
    }

    // `missed`: something that may be free by now; null, if it does not matter.
    static result<held> made_at_once(Core& core,
                                     const resource_type& wanted,
                                     const held& unfit,
                                     slot_type** missed) noexcept {
        slot_type* place = nullptr;
        held victim;
        std::optional<hresult> refused;
        wakes wake;
        {
            const lock_type lock(core.mutex);
            if (core.closing || core.is_draining()) {
                refused = hr::lend_e_closed;
            } else if (core.paused) {
                refused = hr::lend_e_paused;
            } else if (missed != nullptr) {
                *missed = look::may_find(core, wanted);
                if (*missed != nullptr) refused = hr::lend_e_exhausted;
            }
            if (!refused) {
                place = make::reserve_for_caller(core, wanted);
                if (place != nullptr) steps::tell_of_room_taken(core, wake);
                if (place == nullptr) victim = victim_for(core, wanted, unfit);
            }
        }
        wake.deliver();
        if (victim.slot != unfit.slot) look::put_back(core, unfit);
        if (refused) return *refused;
        if (victim) place = place_of(core, victim, wanted);
        if (place == nullptr) return nothing_left(core, wanted);
        if (auto made = steps::made(core, *place, wanted)) return *std::move(made);
        return hr::lend_e_paused;
    }

    // Under the lock: what makes room, if anything may; the caller's.
    static held victim_for(Core& core, const resource_type& wanted, const held& unfit) noexcept {
        if (!room::may(core, wanted) || room::is_for_a_waiter(core)) return {};
        return Core::comparable ? room::take(core, wanted, look::manner::at_once) : unfit;
    }

    // Destroys what makes room, and takes its place in one step with that.
    static slot_type*
    place_of(Core& core, const held& victim, const resource_type& wanted) noexcept {
        const bool viewed = lending_word::has(victim.word, lending_word::viewed);
        slot_type* place = nullptr;
        typename make::errand todo;
        wakes wake;
        {
            lock_type lock(core.mutex);
            (void)back::destroy_in_place(core, lock, *victim.slot,
                                         viewed ? back::use::view : back::use::look,
                                         destroy_reason::made_room);
            if (!core.vacate(lock, *victim.slot)) return nullptr;
            place = make::reserve_for_caller(core, wanted);
            if (place != nullptr) {
                steps::tell_of_room_taken(core, wake);
            } else {
                todo = make::plan_for_waiters(core, wake);
                quota<Core>::place_left(core, wake);
            }
        }
        wake.deliver();
        make::start(core, todo);
        return place;
    }

    static error nothing_left(Core& core, const resource_type& wanted) noexcept {
        const lock_type lock(core.mutex);
        if (core.closing) return hr::lend_e_closed;
        return refusing<Core>::nothing_free(core, wanted);
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_TAKING_HPP
