// SPDX-License-Identifier: MIT
/// @file
/// The end of resources that nobody has asked for: what is idle is taken out of the inventory, what
/// is lent or being made is told to its owner.

#ifndef LEND_DETAIL_SENDING_AWAY_HPP
#define LEND_DETAIL_SENDING_AWAY_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/giving_back.hpp>
#include <lend/detail/making.hpp>

#include <cstddef>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// Those that were idle form a chain of slots in destruction, linked by next, each with its reason
// in `why`. They count in the size until their destroy has returned.
template <class Core>
struct sending_away {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using back = giving_back<Core>;

    // ---- under the lock of a pool that is not closed ----------------------------------------

    // Takes an idle slot with exactly this word out of the inventory, into the chain. False if
    // somebody else was faster.
    static bool take_out(Core& core,
                         slot_type& s,
                         lending_word::type idle,
                         destroy_reason why,
                         slot_type*& chain) noexcept {
        if (!s.word.take(idle)) return false;
        s.word.become(lending_word::count_of(idle) | lending_word::destroying);
        s.why = why;
        core.count_closed(why);
        s.next = chain;
        chain = &s;
        return true;
    }

    // Whatever is in the slot goes: now if it is idle, else when its owner is done.
    static void send(Core& core, slot_type& s, destroy_reason why, slot_type*& chain) noexcept {
        lending_word::type seen = s.word.see();
        for (;;) {
            switch (lending_word::state_of(seen)) {
            case lending_word::idle:
                if (take_out(core, s, seen, why, chain)) return;
                seen = s.word.see();
                break;
            case lending_word::in_use:
            case lending_word::creating:
                if (lending_word::has(seen, lending_word::condemned)) return;
                if (!s.word.condemn(seen)) break;
                s.why = why;
                core.counted.condemned += lending_word::is(seen, lending_word::in_use) ? 1U : 0U;
                return;
            default:
                return; // on its way out, or not there
            }
        }
    }

    // ---- without the lock -------------------------------------------------------------------

    // Destroys a chain; returns how many there were. The caller has a share of the core.
    static std::size_t destroy(Core& core, slot_type* chain) noexcept {
        std::size_t destroyed = 0;
        std::size_t left = 0;
        for (const slot_type* s = chain; s != nullptr; s = s->next) ++left;
        while (chain != nullptr) {
            // Those that come after this one are this thread's to destroy, too.
            const own_calls<platform> here(&core, nullptr, 0, --left);
            slot_type& s = *std::exchange(chain, chain->next);
            s.next = nullptr;
            (void)core.destroy_in(s, s.why);
            lock_type lock(core.mutex);
            ++core.counted.destroyed;
            if (s.why == destroy_reason::made_room) --core.making_room;
            making<Core>::leave_vacant(core, lock, s);
            ++destroyed;
        }
        return destroyed;
    }

    // The same on another thread of the pool, where there may be one and one can be had: the
    // calling thread has a deadline, or those of others, to keep. Returns how many it destroyed
    // itself.
    static std::size_t destroy_aside(Core& core, slot_type* chain) noexcept {
        if (chain == nullptr) return 0;
        {
            const lock_type lock(core.mutex);
            if (!core.closing && get_help(core)) {
                while (chain != nullptr) {
                    leave_to_help(core, *std::exchange(chain, chain->next));
                }
                return 0;
            }
        }
        return destroy(core, chain);
    }

    // On whose thread the options say. Returns how many there are.
    static std::size_t destroy_as_chosen(Core& core, slot_type* chain) noexcept {
        if (core.options.destroy_on != destroy_mode::background) return destroy(core, chain);
        std::size_t count = 0;
        for (const slot_type* s = chain; s != nullptr; s = s->next) ++count;
        (void)destroy_aside(core, chain);
        return count;
    }

    // ---- under the lock, after the close as well ---------------------------------------------

    // A thread of the pool that destroys all that is left by the time it comes. False if there is
    // none. One that hangs does not hold up what is left later.
    static bool get_help(Core& core) noexcept {
        if (!core.has_threads() || !core.start_thread("destroy", &work)) return false;
        core.add_share();
        ++core.workers;
        return true;
    }

    // A slot that is being destroyed, with the reason in it.
    static void leave_to_help(Core& core, slot_type& s) noexcept {
        s.next = std::exchange(core.outcasts, &s);
    }

private:
    static void work(void* raw) {
        Core& core = *static_cast<Core*>(raw);
        const own_calls<platform> here(&core, nullptr, 1);
        lock_type lock(core.mutex);
        while (slot_type* const mine = std::exchange(core.outcasts, nullptr)) {
            lock.unlock();
            (void)destroy(core, mine);
            lock.lock();
        }
        --core.workers;
        core.leave_closed(lock);
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_SENDING_AWAY_HPP
