// SPDX-License-Identifier: MIT
/// @file
/// Who runs asynchronous waiters that are due: the thread that made them due, once it has let the
/// lock go, or the user's executor.

#ifndef LEND_DETAIL_SERVING_HPP
#define LEND_DETAIL_SERVING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/fresh_stack.hpp>

#include <cstddef>

namespace lend::inline v0_1 {
namespace detail {

// The pools that the calling thread serves right now, the innermost first.
//
// A callback may release, and acquire again, and make others due: these are left to the loop that
// called it, further up on the same stack. So the stack is never deeper than there are pools.
struct serving_frame {
    const void* core;
    bool counted; // among the servers, for whom the closer waits
    serving_frame* outer;
};
struct serving_frames {
    serving_frame* innermost = nullptr;
};

template <class Core>
struct serving {
    using platform = typename Core::platform;
    using lock_type = typename Core::lock_type;
    using waiter_type = typename Core::waiter_type;

    // As long as it lives, the calling thread serves this pool.
    class frame {
    public:
        frame(const Core& core, bool counted) noexcept : entry_{&core, counted, innermost()} {
            innermost() = &entry_;
        }
        frame(const frame&) = delete;
        frame& operator=(const frame&) = delete;
        ~frame() { innermost() = entry_.outer; }

    private:
        serving_frame entry_;
        fresh_stack<platform> stack_;
    };

    // Whether a loop further up on this stack runs what is due.
    [[nodiscard]] static bool here(const Core& core) noexcept {
        for (const serving_frame* at = innermost(); at != nullptr; at = at->outer) {
            if (at->core == &core) return true;
        }
        return false;
    }

    // How many of the pool's servers the calling thread is itself.
    [[nodiscard]] static std::size_t counted_here(const Core& core) noexcept {
        std::size_t count = 0;
        for (const serving_frame* at = innermost(); at != nullptr; at = at->outer) {
            count += at->core == &core && at->counted ? 1U : 0U;
        }
        return count;
    }

    // By a server: sees to it that what is due is run, and is no server any more.
    static void serve(void* raw, std::size_t count) noexcept {
        Core& core = *static_cast<Core*>(raw);
        if (core.options.executor != nullptr && is_due(core)) count -= hand_out(core, count);
        if (count > 0 && !here(core)) {
            const frame mine(core, true);
            run_all(core);
        }
        leave(core);
    }

    // By a thread on which nothing may be run, because somebody may be waiting for it: what is due
    // is left to the executor, or to the housekeeper.
    static void leave_to_others(Core& core, typename Core::wakes& wake) noexcept {
        {
            const frame nobody(core, false);
            wake.deliver();
        }
        const lock_type lock(core.mutex);
        if (core.due.empty()) return;
        core.due.set_alarm(platform::now());
        core.start_housekeeper();
        core.call_housekeeper();
    }

    // Runs what is due, and what becomes due meanwhile. In a frame.
    static void run_all(Core& core) noexcept {
        while (waiter_type* const w = next(core)) w->resumed.run(w->resumed.owner);
    }

    // The closer runs what is left, whatever else is going on on its stack: afterwards nothing is.
    // As a server, for there may be another closer, who waits until this one has run it.
    static void run_rest(Core& core) noexcept {
        {
            const lock_type lock(core.mutex);
            core.due.add_server();
        }
        {
            const frame mine(core, true);
            run_all(core);
        }
        leave(core);
    }

    // Ends a server. The core may be gone afterwards.
    static void leave(Core& core) noexcept {
        lock_type lock(core.mutex);
        core.due.remove_server();
        if (core.closing) {
            core.leave_closed(lock);
        } else {
            // Relaxed: not the last one, for the pool is open and holds one as well.
            core.shares.fetch_sub(1, std::memory_order_relaxed);
        }
    }

private:
    static serving_frame*& innermost() noexcept {
        return platform::template local<serving_frames>().innermost;
    }

    static bool is_due(Core& core) noexcept {
        const lock_type lock(core.mutex);
        return !core.due.empty();
    }

    static waiter_type* next(Core& core) noexcept {
        const lock_type lock(core.mutex);
        return core.due.take();
    }

    // One job for each. A job runs whatever is due, if anything: what it was meant for may have
    // been run by another one or by the closer, or have been taken back.
    static std::size_t hand_out(Core& core, std::size_t count) noexcept {
        std::size_t handed = 0;
        for (std::size_t at = 0; at < count; ++at) {
            core.add_share();
            if (core.options.executor->execute(&job, &core)) {
                ++handed;
            } else {
                core.drop_share();
            }
        }
        return handed;
    }

    static void job(void* raw) {
        Core& core = *static_cast<Core*>(raw);
        {
            const lock_type lock(core.mutex);
            core.due.add_server();
        }
        core.drop_share(); // a server has one
        {
            const frame mine(core, true);
            run_all(core); // who asked in a callback counts on it
        }
        leave(core);
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_SERVING_HPP
