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
#include <lend/detail/verifying.hpp>
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
    using verify = verifying<Core>;
    using time_point = typename Core::time_point;
    using held = holding<Core>;

    // What a caller found in passing, and owns.
    struct in_hand {
        held unfit;               // of no use to the caller
        held doubtful;            // of use once a worker has checked it
        bool has_checked = false; // one actively, and no more
    };

    // A resource for what is asked, checked and remembered as the thread's last; or why there is
    // none.
    static LEND_NOINLINE result<held> slowly(Core& core, const request_type& asked) noexcept {
        in_hand mine;
        if (auto done = in_passing(core, asked, mine)) return *std::move(done);
        if (!asked.limit.waits()) return without_waiting(core, asked, mine);
        const waits_in_person<Core> here(core);
        return sleeping<Core>::wait(core, asked, mine.unfit, mine.doubtful);
    }

    // Looks for something that is free. If there is nothing, `mine` may be what the caller cannot
    // use, or not yet.
    //
    // A caller that has no time to wait has one candidate checked actively, on its own thread. If
    // that fails, it looks at what needs no such check.
    static std::optional<result<held>>
    in_passing(Core& core, const request_type& asked, in_hand& mine) noexcept {
        if (const auto refused = multiple_acquires<Core>::refusal(core, asked.site))
            return counted(core, *refused);
        if (core.is_draining()) return counted(core, hr::lend_e_closed);
        without_keeper<Core>::help(core);
        using manner = typename look::manner;
        const bool waits = asked.limit.waits();
        const manner how = waits ? manner::in_passing : manner::at_once;
        if (asked.is_asynchronous() && !waits) mine.has_checked = true; // it has no time for that
        const auto where = steps::where(waits || asked.is_asynchronous());
        for (;;) {
            const auto doubts = doubts_of(mine);
            const auto found = look::look(core, asked.wanted, how, doubts);
            mine.unfit = found.unfit;
            if (!found.best) return std::nullopt;
            const bool in_doubt = doubting<Core>::is_in_doubt(core, *found.best.slot);
            if (waits && verify::is_called_for(core, *found.best.slot, asked)) {
                mine.doubtful = found.best;
                return std::nullopt;
            }
            if (in_doubt && doubts == look::doubtful::is_left) {
                look::put_back(core, found.best);
                return std::nullopt;
            }
            if (auto done = steps::admit(core, found.best, where))
                return counted(core, *std::move(done));
            if (in_doubt && !waits) mine.has_checked = true;
        }
    }

    // For a caller with no time: makes a resource on its own thread if there is room, or if there
    // is one of another type that can make room. What became free meanwhile, or is only looked at
    // by another caller, is looked at first. An asynchronous caller, which must not be kept, gets
    // what is there, or nothing.
    static result<held>
    without_waiting(Core& core, const request_type& asked, in_hand& mine) noexcept {
        if (asked.is_asynchronous() && core.options.creation == creation_mode::worker) {
            look::put_back(core, mine.unfit);
            return counted(core, nothing_left(core, asked.wanted));
        }
        std::optional<time_point> until;
        for (unsigned round = 0;; ++round) {
            slot_type* missed = nullptr;
            slot_type** const may_miss = round < most_rounds ? &missed : nullptr;
            result<held> done = made_at_once(core, asked.wanted, mine, may_miss);
            if (missed == nullptr) return counted(core, std::move(done));
            if (!until) until = viewing<Core>::patience();
            if (!serving<Core>::here(core)) viewing<Core>::wait_until_seen(core, *missed, *until);
            if (auto found = in_passing(core, asked, mine)) return *std::move(found);
        }
    }

private:
    // Each round follows a change that another caller made.
    static constexpr unsigned most_rounds = 16;

    static typename look::doubtful doubts_of(const in_hand& mine) noexcept {
        return mine.has_checked ? look::doubtful::is_left : look::doubtful::is_taken;
    }

    static result<held> counted(Core& core, result<held> outcome) noexcept {
        if (outcome) return outcome;
        error why = outcome.error();
        outcomes<Core>::failed_after(core, why, {});
        return why;
    }

    // `missed`: something that may be free by now; null, if it does not matter.
    static result<held> made_at_once(Core& core,
                                     const resource_type& wanted,
                                     in_hand& mine,
                                     slot_type** missed) noexcept {
        const held unfit = std::exchange(mine.unfit, held{});
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
                *missed = look::may_find(core, wanted, doubts_of(mine));
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
        if (auto made = steps::made(core, *place, wanted, back::on::thread_of_the_options))
            return *std::move(made);
        return is_paused(core) ? error(hr::lend_e_paused) : cleared_at_once();
    }

    static bool is_paused(Core& core) noexcept {
        const lock_type lock(core.mutex);
        return core.paused.has_value();
    }

    static error cleared_at_once() noexcept {
        LEND_TRY {
            return {hr::lend_e_condemned,
                    "the pool was cleared while this resource was made, so it "
                    "is not lent; ask again, or give a time to wait"};
        }
        LEND_CATCH_ALL { return hr::lend_e_condemned; } // no memory for the words
        return hr::e_unexpected;
    }

    // Under the lock: what makes room, if anything may; the caller's.
    static held victim_for(Core& core, const resource_type& wanted, const held& unfit) noexcept {
        if (!room::may(core, wanted) || room::is_for_a_waiter(core)) return {};
        if (!core.plan.lets_begin(core.creates)) return {}; // it would be destroyed for nothing
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
                handing<Core>::place_left(core, wake);
            }
        }
        wake.deliver();
        make::start(core, todo);
        return place;
    }

    static error nothing_left(Core& core, const resource_type& wanted) noexcept {
        const lock_type lock(core.mutex);
        if (core.closing || core.is_draining()) return hr::lend_e_closed;
        return refusing<Core>::nothing_free(core, wanted);
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_TAKING_HPP
