// SPDX-License-Identifier: MIT
/// @file
/// The stop that calls a wait off: what its callback does.

#ifndef LEND_DETAIL_CALLING_OFF_HPP
#define LEND_DETAIL_CALLING_OFF_HPP

#include <lend/detail/forking.hpp>
#include <lend/detail/serving.hpp>
#include <lend/hresult.hpp>

#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// Dismisses a caller who waits, under the lock. So it leaves the queue in the very step in which it
// is told, and is never handed anything afterwards. What it was told to look for it passes on to
// the next itself. If an answer was there before, that one stands.
//
// A caller that is not in the queue is looking at something that it was given, and asks for itself
// whether a stop was requested before it joins again.
//
// The callback's destructor waits for a call that runs on another thread. That call takes the lock:
// never end the callback under the lock. And it waits for nobody, so it runs no other caller: that
// one's callback may be running on a thread that is about to end this one.
template <class Core>
struct calling_off {
    Core& core;
    typename Core::waiter_type& caller;
    std::uint64_t nonce = core.nonce;

    void operator()() const noexcept {
        // In a forked child the queue is not the one that this stood in.
        if (!forking<Core>::enter(core) || core.nonce != nonce) return;
        typename Core::wakes wake;
        bool mine = false;
        {
            const typename Core::lock_type lock(core.mutex);
            if (!caller.queued) return;
            const bool has_thread = caller.resumed.list == nullptr;
            mine = take();
            const bool owes_a_look = core.waiters.call_off(caller, has_thread || mine, wake);
            if (owes_a_look) core.waiters.poke(core.waiters.head(), wake);
        }
        if (mine) {
            run_it();
            wake.deliver();
        } else {
            serve::leave_to_others(core, wake);
        }
    }

private:
    using serve = serving<Core>;
    using is = typename resumable<typename Core::waiter_type, typename Core::platform>::is;

    // Under the lock. An asynchronous caller is run by this very thread, and before all others:
    // once it has its outcome, nobody waits for this call any more.
    bool take() const noexcept {
        auto& r = caller.resumed;
        if (r.list == nullptr || r.now == is::running) return false;
        if (core.options.executor != nullptr || serve::here(core)) return false;
        if (r.now == is::due) core.due.remove(caller);
        r.now = is::running;
        core.due.add_server();
        return true;
    }

    // This callback, and whatever holds it, is gone afterwards.
    void run_it() const noexcept {
        Core& pool = core;
        {
            const typename serve::frame here(pool, true);
            caller.resumed.run(caller.resumed.owner);
            serve::run_all(pool);
        }
        serve::leave(pool);
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_CALLING_OFF_HPP
