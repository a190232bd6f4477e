// SPDX-License-Identifier: MIT
/// @file
/// What can be done to a pooled resource by its number alone.

#ifndef LEND_DETAIL_BY_NUMBER_HPP
#define LEND_DETAIL_BY_NUMBER_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/giving_back.hpp>

namespace lend::inline v0_1 {
namespace detail {

template <class Core>
struct by_number {
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using back = giving_back<Core>;

    // Destroys an idle resource now, a lent one when its lease ends.
    static hresult destroy(Core& core, typename Core::number number) noexcept {
        const auto found = core.numbers.read(number);
        if (!found) return hr::lend_e_stale;
        slot_type& s = *found->slot;
        lock_type lock(core.mutex);
        if (core.closing) return hr::lend_e_closed;
        lending_word::type seen = s.word.see();
        for (;;) {
            switch (lending_word::state_of(seen)) {
            case lending_word::idle:
                if (Core::take_idle(s, seen)) return destroy_taken(core, lock, s, number, seen);
                seen = s.word.see();
                break;
            case lending_word::in_use:
                // Only a slot in creation gets another number, and none leaves its use for
                // creation while the lock is held.
                if (s.number != number) return hr::lend_e_stale;
                if (lending_word::has(seen, lending_word::condemned)) return hr::s_false;
                if (s.word.condemn(seen)) {
                    s.why = destroy_reason::requested;
                    ++core.counted.condemned;
                    return hr::s_false;
                }
                break;
            case lending_word::reclaimed:
                return s.number == number ? hr::s_false : hr::lend_e_stale;
            default:
                return hr::lend_e_stale; // on its way out already, or something new
            }
        }
    }

private:
    static hresult destroy_taken(Core& core,
                                 lock_type& lock,
                                 slot_type& s,
                                 typename Core::number number,
                                 lending_word::type was) noexcept {
        if (s.number != number) {
            lock.unlock();
            back::clean(core, s, lending_word::taken(was), back::use::look);
            return hr::lend_e_stale;
        }
        const hresult code =
            back::destroy_locked(core, lock, s, back::use::look, destroy_reason::requested);
        return failed(code) ? hr::e_fail : hr::s_ok;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_BY_NUMBER_HPP
