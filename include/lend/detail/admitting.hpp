// SPDX-License-Identifier: MIT
/// @file
/// From a slot that the caller owns to a resource that it may use: the passive check, and the
/// memory of the thread.

#ifndef LEND_DETAIL_ADMITTING_HPP
#define LEND_DETAIL_ADMITTING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/giving_back.hpp>
#include <lend/detail/looking.hpp>
#include <lend/detail/making.hpp>
#include <lend/detail/phases.hpp>

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
    using back = giving_back<Core>;
    using make = making<Core>;
    using held = holding<Core>;

    // The driver's passive check, where it has one. False: the resource was unfit and is gone.
    LEND_ALWAYS_INLINE static bool passes_check(Core& core, slot_type& s, bool& closed) noexcept {
        if constexpr (!Core::traits::has_check) {
            return true;
        } else {
            health state = health::good;
            closed = !phases<Core>::during(s, slot_phase::checking, [&] {
                state = calls::check(core.driver, s.object, check_kind::passive);
            });
            return !closed && state == health::good;
        }
    }

    // Out of line: the resource failed its check, or the pool was closed under it.
    static LEND_NOINLINE void reject(Core& core, slot_type& s, bool closed) noexcept {
        (void)back::destroy(core, s, back::use::look,
                            closed ? destroy_reason::closed : destroy_reason::unfit);
    }

    // Nothing if the resource was unfit, so that the caller tries again.
    static std::optional<result<held>> admit(Core& core, const held& h) noexcept {
        bool closed = false;
        if (passes_check(core, *h.slot, closed)) {
            core.remember(*h.slot);
            return h;
        }
        reject(core, *h.slot, closed);
        if (closed) return result<held>(hr::lend_e_closed);
        return std::nullopt;
    }

    // Has a resource made in a reserved place, on the calling thread and for the caller.
    static result<held> made(Core& core, slot_type& place, const resource_type& wanted) noexcept {
        auto word = make::make_for_caller(core, place, &wanted);
        if (!word) return std::move(word).error();
        core.remember(place);
        return held{&place, *word};
    }

    // Under the lock: somebody who does not wait took room. If it was the last, the first waiter
    // may have to make room.
    static void tell_of_room_taken(Core& core, wakes& wake) noexcept {
        if (Core::typed && core.room() == 0) core.waiters.poke(core.waiters.head(), wake);
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_ADMITTING_HPP
