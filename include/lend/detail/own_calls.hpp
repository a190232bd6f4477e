// SPDX-License-Identifier: MIT
/// @file
/// Calls into a user's code that are under way on the calling thread, so that a close or a drain in
/// one of them does not wait for the thread that it runs on.

#ifndef LEND_DETAIL_OWN_CALLS_HPP
#define LEND_DETAIL_OWN_CALLS_HPP

#include <lend/detail/config.hpp>

#include <cstddef>

namespace lend::inline v0_1 {
namespace detail {

// A closer waits for threads of the pool and for calls on slots. What it counts of these and does
// itself stands in a list on its stack.
struct own_call {
    const void* core;
    const void* slot;    // on whose resource the driver is called; null: on none
    std::size_t threads; // how many of the pool's threads this one is counted as
    std::size_t calls;   // how many calls that are counted apart from slots of its own, or are
                         // still to be made, are this thread's
    own_call* outer;
};
struct own_call_list {
    own_call* innermost = nullptr;
};

// As long as it lives, the calling thread makes such a call. Not made around a reset or a passive
// check on a borrower's thread, which are fast paths.
template <class Platform>
class own_calls {
public:
    own_calls(const void* core,
              const void* slot,
              std::size_t threads = 0,
              std::size_t calls = 0) noexcept
        : entry_{core, slot, threads, calls, innermost()} {
        innermost() = &entry_;
    }
    own_calls(const own_calls&) = delete;
    own_calls& operator=(const own_calls&) = delete;
    ~own_calls() { innermost() = entry_.outer; }

    [[nodiscard]] static std::size_t threads(const void* core) noexcept {
        return sum(core, [](const own_call& each) { return each.threads; });
    }
    [[nodiscard]] static std::size_t calls(const void* core) noexcept {
        return sum(core, [](const own_call& each) { return each.calls; });
    }
    // How many are calls on a slot, which may be another's by now, if a create was given up.
    [[nodiscard]] static std::size_t on_slots(const void* core) noexcept {
        return sum(core, [](const own_call& each) { return each.slot != nullptr ? 1U : 0U; });
    }
    [[nodiscard]] static bool on(const void* slot) noexcept {
        const own_call* at = innermost();
        while (at != nullptr && at->slot != slot) at = at->outer;
        return at != nullptr;
    }

private:
    template <class Part>
    static std::size_t sum(const void* core, const Part& part) noexcept {
        std::size_t count = 0;
        for (const own_call* at = innermost(); at != nullptr; at = at->outer) {
            count += at->core == core ? part(*at) : 0U;
        }
        return count;
    }
    static own_call*& innermost() noexcept {
        return Platform::template local<own_call_list>().innermost;
    }

    own_call entry_;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_OWN_CALLS_HPP
