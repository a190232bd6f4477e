// SPDX-License-Identifier: MIT
/// @file
/// Counts the calls that are inside an object, refuses new ones once it is closed, and lets the
/// closing thread wait for the others. Knows nothing of what the calls do.

#ifndef LEND_COM_CALL_GATE_HPP
#define LEND_COM_CALL_GATE_HPP

#include <lend/detail/config.hpp>
#include <lend/platform.hpp>

#include <atomic>
#include <cstdint>

namespace lend::inline v0_1::com {

/// Lets calls in until it is closed.
///
/// Invariant: the word is twice the number of calls inside, plus one once closed. A call that
/// stands lower on the closing thread's own stack is not waited for, so that a callback may close
/// the object that called it; such calls are found in a list that runs through their stack frames.
/// @par Thread safety
///   Shared objects: safe. Entering and leaving: lock-free. Closing: blocks on the calls inside.
template <class Platform>
class call_gate {
public:
    class pass;

    /// Closes the gate and waits until no other thread is inside. False if it was closed before;
    /// then it waits for nothing.
    /// @par Errors None.
    bool close() noexcept {
        // (1) acq-rel-fetch-or synchronizes-with the acq-rel-fetch-add (3)
        if ((word_.fetch_or(closed, std::memory_order_acq_rel) & closed) != 0) return false;
        const std::uint32_t mine = one_call * passes_of_this_thread();
        for (;;) {
            // (2) acquire-load synchronizes-with the acq-rel-fetch-sub (4)
            const std::uint32_t word = word_.load(std::memory_order_acquire);
            if (word - closed <= mine) return true;
            Platform::park(word_, word, (Platform::time_point::max)());
        }
    }

private:
    static constexpr std::uint32_t closed = 1;
    static constexpr std::uint32_t one_call = 2;

    struct stack {
        pass* top = nullptr;
    };

    [[nodiscard]] std::uint32_t passes_of_this_thread() const noexcept {
        std::uint32_t count = 0;
        for (pass* at = Platform::template local<stack>().top; at != nullptr; at = at->below_) {
            if (&at->gate_ == this) ++count;
        }
        return count;
    }

    typename Platform::template atomic<std::uint32_t> word_{0};
};

/// One call inside, for as long as this object lives on the caller's stack.
/// @par Thread safety Ends on the thread that made it, in reverse order.
template <class Platform>
class call_gate<Platform>::pass {
public:
    explicit pass(call_gate& gate) noexcept : gate_(gate) {
        // (3) acq-rel-fetch-add synchronizes-with the acq-rel-fetch-or (1)
        const auto before = gate.word_.fetch_add(one_call, std::memory_order_acq_rel);
        is_inside_ = (before & closed) == 0;
        if (!is_inside_) {
            leave();
            return;
        }
        stack& mine = Platform::template local<stack>();
        below_ = mine.top;
        mine.top = this;
    }

    pass(const pass&) = delete;
    pass& operator=(const pass&) = delete;

    ~pass() {
        if (!is_inside_) return;
        Platform::template local<stack>().top = below_;
        leave();
    }

    /// False if the gate was closed already.
    [[nodiscard]] bool is_inside() const noexcept { return is_inside_; }

private:
    friend class call_gate;

    void leave() noexcept {
        auto& word = gate_.word_;
        // (4) acq-rel-fetch-sub synchronizes-with the acquire-load (2)
        const auto before = word.fetch_sub(one_call, std::memory_order_acq_rel);
        // Only one thread waits: the one that closed. The gate may be gone by now, its address
        // is all that is used.
        if ((before & closed) != 0) Platform::unpark_one(word);
    }

    call_gate& gate_;
    pass* below_ = nullptr;
    bool is_inside_ = false;
};

} // namespace lend

#endif // LEND_COM_CALL_GATE_HPP
