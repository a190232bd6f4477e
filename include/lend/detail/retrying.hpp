// SPDX-License-Identifier: MIT
/// @file
/// The user knows that what stands behind a pool is back: the pause after creates that failed ends.

#ifndef LEND_DETAIL_RETRYING_HPP
#define LEND_DETAIL_RETRYING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/making.hpp>

namespace lend::inline v0_1 {
namespace detail {

template <class Core>
struct retrying {
    using platform = typename Core::platform;
    using lock_type = typename Core::lock_type;
    using make = making<Core>;

    static hresult retry_now(Core& core) noexcept {
        typename Core::wakes wake;
        typename make::errand todo;
        {
            const lock_type lock(core.mutex);
            if (core.closing) return hr::lend_e_closed;
            if (!core.plan.failing()) return hr::s_false;
            core.plan.retry_now(platform::now());
            todo = make::plan_for_waiters(core, wake);
            core.warm_ups.tell_all();
            core.call_housekeeper();
        }
        wake.deliver();
        make::start(core, todo);
        return hr::s_ok;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_RETRYING_HPP
