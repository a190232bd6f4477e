// SPDX-License-Identifier: MIT
/// @file
/// The slow path of acquire, from top to bottom: look, make, or wait.

#ifndef LEND_DETAIL_TAKING_HPP
#define LEND_DETAIL_TAKING_HPP

#include <lend/detail/admitting.hpp>
#include <lend/detail/alarms.hpp>
#include <lend/detail/core.hpp>
#include <lend/detail/gauges.hpp>
#include <lend/detail/giving_back.hpp>
#include <lend/detail/holders.hpp>
#include <lend/detail/looking.hpp>
#include <lend/detail/making.hpp>
#include <lend/detail/outcomes.hpp>
#include <lend/detail/refusing.hpp>
#include <lend/detail/sleeping.hpp>
#include <lend/detail/waiting_threads.hpp>

#include <optional>

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
    using steps = admitting<Core>;
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
        for (;;) {
            const auto found = look::look(core, asked.wanted, look::manner::in_passing);
            unfit = found.unfit;
            if (!found.best) return std::nullopt;
            if (auto done = steps::admit(core, found.best)) return counted(core, *std::move(done));
        }
    }

    // For a caller with no time: makes a resource on its own thread if there is room, or if there
    // is one of another type that can make room.
    static result<held>
    without_waiting(Core& core, const request_type& asked, const held& unfit) noexcept {
        return counted(core, made_at_once(core, asked.wanted, unfit));
    }

private:
    static result<held> counted(Core& core, result<held> outcome) noexcept {
        if (outcome) return outcome;
        error why = outcome.error();
        outcomes<Core>::failed_after(core, why, {});
        return why;
    }

    static result<held>
    made_at_once(Core& core, const resource_type& wanted, const held& unfit) noexcept {
        slot_type* place = nullptr;
        bool evict = false;
        wakes wake;
        {
            lock_type lock(core.mutex);
            if (core.closing || core.is_draining()) {
                lock.unlock();
                look::put_back(core, unfit);
                return hr::lend_e_closed;
            }
            if (core.paused) {
                lock.unlock();
                look::put_back(core, unfit);
                return hr::lend_e_paused;
            }
            place = make::reserve_for_caller(core, wanted);
            if (place != nullptr) steps::tell_of_room_taken(core, wake);
            // Room that is made while others wait is theirs.
            evict = place == nullptr && unfit && core.room() == 0 && core.waiters.empty() &&
                    quota<Core>::has_room(wanted);
        }
        wake.deliver();
        if (evict) {
            (void)back::destroy(core, *unfit.slot, back::use::look, destroy_reason::made_room);
            lock_type lock(core.mutex);
            place = make::reserve_for_caller(core, wanted);
            if (place != nullptr) steps::tell_of_room_taken(core, wake);
            lock.unlock();
            wake.deliver();
        } else {
            look::put_back(core, unfit);
        }
        if (place == nullptr) {
            lock_type lock(core.mutex);
            return refusing<Core>::nothing_free(core, wanted);
        }
        if (auto made = steps::made(core, *place, wanted)) return *std::move(made);
        return hr::lend_e_paused;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_TAKING_HPP
