// SPDX-License-Identifier: MIT
/// @file
/// Which idle resource of another kind makes room at the maximum: the one that has not been used
/// for longest, of those for which nobody waits.

#ifndef LEND_DETAIL_MAKING_ROOM_HPP
#define LEND_DETAIL_MAKING_ROOM_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/looking.hpp>
#include <lend/detail/quota.hpp>
#include <lend/detail/recency.hpp>
#include <lend/detail/same_kind.hpp>

#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// All members are called under the lock.
template <class Core>
struct making_room {
    using slot_type = typename Core::slot_type;
    using resource_type = typename Core::resource_type;
    using look = looking<Core>;
    using held = holding<Core>;
    using manner = typename look::manner;

    // Whether a caller may have something destroyed to have one made of this kind. Room that is
    // made while a waiter could use it is that waiter's.
    static bool may(const Core& core, const resource_type& wanted) noexcept {
        if (core.closing || core.paused || core.room() != 0) return false;
        return quota<Core>::has_room(wanted);
    }
    static bool is_for_a_waiter(const Core& core) noexcept {
        if constexpr (!Core::comparable) return !core.waiters.empty();
        return core.creates.size() + core.room_to_come() < core.demand();
    }

    // Where lend compares kinds: takes the one that goes. None if there is none, or if one of the
    // kind that is asked for is only looked at by another caller. A waiter is told of each that is
    // in use when it comes back. `spared`, if any, becomes true where one was left for another
    // waiter.
    static held
    take(Core& core, const resource_type& wanted, manner how, bool* spared = nullptr) noexcept {
        if constexpr (Core::comparable) {
            if (look::may_find(core, wanted) != nullptr) return {};
            for (;;) {
                lending_word::type word = 0;
                slot_type* const s = oldest(core, wanted, how, word, spared);
                if (s == nullptr) return {};
                if (Core::take_idle(*s, word)) return {s, lending_word::taken(word)};
            }
        }
        return {};
    }

    // Whether `take` would find one for a waiter.
    static bool is_there(Core& core, const resource_type& wanted) noexcept {
        if constexpr (Core::comparable) {
            lending_word::type word = 0;
            return oldest(core, wanted, manner::as_a_waiter, word, nullptr) != nullptr;
        }
        return false;
    }

private:
    static slot_type* oldest(Core& core,
                             const resource_type& wanted,
                             manner how,
                             lending_word::type& word,
                             bool* spared) noexcept {
        slot_type* found = nullptr;
        std::uint64_t age = 0;
        core.slots.for_each([&](slot_type& s) {
            const lending_word::type seen =
                how == manner::as_a_waiter ? viewing<Core>::ask_for(core, s) : s.word.see();
            if (!look::is_free(seen)) return;
            const std::uint64_t stamp = recency<Core>::seen(core, s, seen);
            if (found != nullptr && stamp >= age) return;
            if (look::is_kind(s, wanted)) return;
            if (is_waited_for(core, s)) {
                if (spared != nullptr) *spared = true;
                return;
            }
            found = &s;
            age = stamp;
            word = seen;
        });
        return found;
    }

    // By a waiter for whom nothing is being checked.
    static bool is_waited_for(Core& core, const slot_type& s) noexcept {
        if constexpr (quota<Core>::on) {
            return s.charge.to->uncovered() > 0;
        } else {
            return core.waiters.first([&](const auto& w) {
                return !w.covered && same_kind(*w.wanted, *s.type);
            }) != nullptr;
        }
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_MAKING_ROOM_HPP
