// SPDX-License-Identifier: MIT
/// @file
/// A pool ceases to count on what somebody keeps: its place is free for another, and the resource
/// is destroyed when its lease ends one day.

#ifndef LEND_DETAIL_RECLAIMING_HPP
#define LEND_DETAIL_RECLAIMING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/making.hpp>
#include <lend/detail/quota.hpp>

#include <cstddef>

namespace lend::inline v0_1 {
namespace detail {

// Nothing is taken from the borrower. The slot stays its own, in a state that does not count in the
// size, so at most max_size resources are lent that count, and those reclaimed come on top. The
// release of the lease finds another state than the one it expects, comes to the desk, and destroys
// without a reset. It cannot be detached any more.
template <class Core>
struct reclaiming {
    using slot_type = typename Core::slot_type;
    using wakes = typename Core::wakes;

    // Under the lock of a pool that is not closed. False if that lending is over. The caller lets
    // the lock go, delivers `wake` and starts as many workers as `starts` says.
    static bool reclaim(Core& core,
                        slot_type& s,
                        lending_word::type count,
                        wakes& wake,
                        typename making<Core>::errand& todo) noexcept {
        lending_word::type seen = s.word.peek();
        do {
            if (!lending_word::is(seen, lending_word::in_use)) return false;
            if (lending_word::count_of(seen) != count) return false;
        } while (!s.word.reclaim(seen));
        if (!lending_word::has(seen, lending_word::condemned)) {
            s.why = destroy_reason::reclaimed;
            ++core.counted.condemned;
        }
        quota<Core>::discharge(s);
        --core.size;
        ++core.reclaimed;
        checks<Core>::size_is_right(core);
        todo = making<Core>::plan_for_waiters(core, wake);
        return true;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_RECLAIMING_HPP
