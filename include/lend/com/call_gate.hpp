// SPDX-License-Identifier: MIT
/// @file
/// Counts the calls that are inside an object, refuses new ones once it is closed, and lets the
/// closing thread wait for the others. Knows nothing of what the calls do.

#ifndef LEND_COM_CALL_GATE_HPP
#define LEND_COM_CALL_GATE_HPP

#include <lend/detail/config.hpp>
#include <lend/detail/later.hpp>
#include <lend/platform.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <new>

namespace lend::inline v0_1::com {

/// Lets calls in until it is closed.
///
/// While the gate is open each thread counts its calls in a counter of its own, without a
/// read-modify-write. Whoever has to know how many are inside gathers them: from then on all calls
/// count in one word.
///
///   a call:    counter = moving, light fence, read the word: shared? then the counter stays as it
///              was, and the call counts in the word; else counter = one more or less
///   gatherer:  word |= shared, heavy fence, wait until no counter is moving, add all to the word
///
/// One of the two sees the other: a counter that is not moving changes no more once the gatherer
/// has looked. A call that leaves touches nothing of the gate after it has counted itself out.
///
/// The gate does not know what it belongs to, but whoever gives the last reference to that back
/// can hand it over to the calls inside: the last one out gives it back.
///
/// A call that stands lower on the closing thread's own stack is not waited for, so that a callback
/// may close the object that called it; such calls are found in a list that runs through their
/// stack frames.
/// @par Thread safety
///   Shared objects: safe. Entering and leaving: lock-free; a thread's first call allocates, and a
///   thread that has no number, or for which memory is out, counts in the word. Closing: blocks on
///   the calls inside.
template <class Platform>
class call_gate {
public:
    class pass;

    call_gate() = default;
    call_gate(const call_gate&) = delete;
    call_gate& operator=(const call_gate&) = delete;
    ~call_gate() {
        for (auto& each : pages_) {
            // Relaxed: nobody else is left.
            delete each.load(std::memory_order_relaxed);
        }
    }

    /// Closes the gate and waits until no other thread is inside. False if it was closed before;
    /// then it waits for nothing.
    /// @par Errors None.
    bool close() noexcept {
        // (1) acq-rel-fetch-or synchronizes-with the acq-rel-fetch-add (3): who is refused knows
        // what the closer did. Its acquire is redundant, since (2) comes later.
        const auto before = word_.fetch_or(closed | shared, std::memory_order_acq_rel);
        if ((before & closed) != 0) return false;
        if ((before & shared) == 0) gather();
        const std::uint32_t mine = passes_of_this_thread();
        for (;;) {
            // (2) acquire-load synchronizes-with the acq-rel-CAS (4) and the acq-rel-fetch-add (5)
            const std::uint32_t word = word_.load(std::memory_order_acquire);
            if ((word & gathered) != 0 && calls_in(word) <= mine) return true;
            Platform::park(word_, word, (Platform::time_point::max)());
        }
    }

    /// Hands a reference to what the gate belongs to over to the calls inside; the last of them is
    /// told so when it leaves. False if there is none, and then nothing is handed over.
    /// @pre The reference is the only one, and only calls inside could make another.
    /// @par Errors None.
    [[nodiscard]] bool hand_over() noexcept {
        // (6) acq-rel-fetch-or synchronizes-with the acq-rel-fetch-add (3): nobody is refused for
        // it, but the last call out knows what came before; once more by (7), and by (5) of who
        // gathers here.
        const auto before = word_.fetch_or(shared, std::memory_order_acq_rel);
        if ((before & shared) == 0) gather();
        // Relaxed: the exchange decides.
        std::uint32_t word = word_.load(std::memory_order_relaxed);
        for (;;) {
            if ((word & gathered) == 0) {
                Platform::park(word_, word, (Platform::time_point::max)());
                // Relaxed: as above.
                word = word_.load(std::memory_order_relaxed);
                continue;
            }
            // (7) acq-rel-CAS synchronizes-with the acq-rel-CAS (4). Also without a call inside,
            // for then what the last one did is to be seen.
            if (word_.compare_exchange_weak(word, calls_in(word) != 0 ? word | owed : word,
                                            std::memory_order_acq_rel, std::memory_order_relaxed)) {
                return calls_in(word) != 0;
            }
        }
    }

private:
    // Layout of the word: calls 28 bits | flags. Before all are gathered the calls may be less than
    // none, for what is inside by a counter may leave by the word.
    static constexpr std::uint32_t closed = 1;
    static constexpr std::uint32_t shared = 2;   // calls count in the word, and no longer elsewhere
    static constexpr std::uint32_t gathered = 4; // what stood in counters is in the word
    static constexpr std::uint32_t owed = 8;     // the last one out has a reference to give back
    static constexpr std::uint32_t one_call = 16;

    [[nodiscard]] static constexpr std::uint32_t calls_in(std::uint32_t word) noexcept {
        return word / one_call;
    }

    // Layout of a counter: calls | moving.
    static constexpr std::uint32_t moving = 1;
    static constexpr std::uint32_t one_inside = 2;

    // Written by the thread that has the number. A cache line each.
    struct alignas(64) counter {
        typename Platform::template atomic<std::uint32_t> value{0};
    };
    static constexpr std::uint32_t page_size = 8;
    static constexpr std::uint32_t page_count = (Platform::max_threads + page_size - 1) / page_size;
    using page = std::array<counter, page_size>;

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

    // The calling thread's counter; null if it has none.
    [[nodiscard]] LEND_ALWAYS_INLINE counter* own_counter() noexcept {
        const std::uint32_t thread = Platform::thread_slot();
        if (thread >= Platform::max_threads) [[unlikely]]
            return nullptr;
        // (8) acquire-load synchronizes-with the acq-rel-CAS (9)
        page* at = pages_[thread / page_size].load(std::memory_order_acquire);
        if (at == nullptr) [[unlikely]] {
            at = make_page(pages_[thread / page_size]);
            if (at == nullptr) return nullptr;
        }
        return &(*at)[thread % page_size];
    }

    using page_pointer = typename Platform::template atomic<page*>;
    [[nodiscard]] LEND_NOINLINE static page* make_page(page_pointer& entry) noexcept {
        page* const made = new (std::nothrow) page{};
        if (made == nullptr) return nullptr;
        page* other = nullptr;
        // (9) acq-rel-CAS synchronizes-with the acquire-load (8)
        if (entry.compare_exchange_strong(other, made, std::memory_order_acq_rel,
                                          std::memory_order_acquire)) {
            return made;
        }
        delete made;
        return other;
    }

    // Makes the word the only count. By whoever has set `shared`.
    void gather() noexcept {
        // (10) heavy-fence is totally ordered with the light-fence (11)
        Platform::heavy_fence();
        std::uint32_t inside = 0;
        for (auto& each : pages_) {
            // (12) acquire-load synchronizes-with the acq-rel-CAS (9)
            page* const at = each.load(std::memory_order_acquire);
            if (at == nullptr) continue;
            for (counter& one : *at) inside += settled(one);
        }
        // (5) acq-rel-fetch-add synchronizes-with the acquire-load (2): another thread that closes
        // knows what (13) said. Its acquire is redundant, since (2) or (7) comes later.
        word_.fetch_add(inside * one_call + gathered, std::memory_order_acq_rel);
        Platform::unpark_one(word_);
    }

    // The calls in a counter, once it is not moving. It moves for a few instructions, without a
    // call of anybody's in between, and there is nobody to wake the gatherer at their end.
    [[nodiscard]] std::uint32_t settled(counter& one) noexcept {
        constexpr auto a_while = std::chrono::microseconds(50); // longer if its thread was stopped
        for (;;) {
            // (13) acquire-load synchronizes-with the release-store (14). Redundant: a call that
            // leaves by its counter passed its fence (11) before the fence (10), and that orders
            // all that it did.
            const std::uint32_t value = one.value.load(std::memory_order_acquire);
            if ((value & moving) == 0) return value / one_inside;
            // Relaxed: only to sleep on.
            const std::uint32_t word = word_.load(std::memory_order_relaxed);
            Platform::park(word_, word, detail::later(Platform::now(), a_while));
        }
    }

    alignas(64) typename Platform::template atomic<std::uint32_t> word_{0};
    std::array<page_pointer, page_count> pages_{};
};

/// One call inside, from its making to `leave`.
/// @par Thread safety Leaves on the thread that made it, in reverse order.
template <class Platform>
class call_gate<Platform>::pass {
public:
    LEND_ALWAYS_INLINE explicit pass(call_gate& gate) noexcept
        : gate_(gate), mine_(gate.own_counter()) {
        if (!enter_by_counter()) [[unlikely]] {
            mine_ = nullptr;
            if (!enter_by_word()) return;
        }
        stack& here = Platform::template local<stack>();
        below_ = here.top;
        here.top = this;
    }

    pass(const pass&) = delete;
    pass& operator=(const pass&) = delete;
    ~pass() = default;

    /// False if the gate was closed already.
    [[nodiscard]] bool is_inside() const noexcept { return is_inside_; }

    /// Ends the call, once, whether it was inside or not. True if the caller has a reference to
    /// give back to what the gate belongs to. Else that may be gone.
    [[nodiscard]] LEND_ALWAYS_INLINE bool leave() noexcept {
        if (is_inside_) [[likely]]
            Platform::template local<stack>().top = below_;
        return !leave_by_counter() && leave_by_word();
    }

private:
    friend class call_gate;

    // False if the gate is shared, or the thread has no counter.
    [[nodiscard]] LEND_ALWAYS_INLINE bool enter_by_counter() noexcept {
        if (mine_ == nullptr) [[unlikely]]
            return false;
        is_inside_ = move(0, one_inside);
        return is_inside_;
    }

    [[nodiscard]] LEND_ALWAYS_INLINE bool leave_by_counter() noexcept {
        return mine_ != nullptr && move(one_inside, 0);
    }

    // Changes the counter unless the gate is shared. Nothing of the gate is touched afterwards.
    [[nodiscard]] LEND_ALWAYS_INLINE bool move(std::uint32_t less, std::uint32_t more) noexcept {
        // Relaxed: written by this thread, or by an earlier holder of its number.
        const std::uint32_t value = mine_->value.load(std::memory_order_relaxed);
        // Relaxed: the fences order it against the gatherer.
        mine_->value.store(value | moving, std::memory_order_relaxed);
        // (11) light-fence is totally ordered with the heavy-fence (10)
        Platform::light_fence();
        // Relaxed: a call that finds the flag goes by the word.
        const bool alone = (gate_.word_.load(std::memory_order_relaxed) & shared) == 0;
        // (14) release-store synchronizes-with the acquire-load (13). Redundant as that is; it
        // costs nothing where the fence is free, and says what the gatherer's look relies on.
        mine_->value.store(alone ? value - less + more : value, std::memory_order_release);
        return alone;
    }

    // False if the gate is closed. The call counts in any case.
    [[nodiscard]] LEND_NOINLINE bool enter_by_word() noexcept {
        // (3) acq-rel-fetch-add synchronizes-with the acq-rel-fetch-or (1), (6). Its release is
        // redundant: nothing was done in the call yet.
        const auto before = gate_.word_.fetch_add(one_call, std::memory_order_acq_rel);
        is_inside_ = (before & closed) == 0;
        return is_inside_;
    }

    [[nodiscard]] LEND_NOINLINE bool leave_by_word() noexcept {
        auto& word = gate_.word_;
        // Relaxed: the exchange decides.
        std::uint32_t before = word.load(std::memory_order_relaxed);
        std::uint32_t after = 0;
        do {
            after = before - one_call;
            if (calls_in(after) == 0) after &= ~owed;
            // (4) acq-rel-CAS synchronizes-with the acquire-load (2) and the acq-rel-CAS (7)
        } while (!word.compare_exchange_weak(before, after, std::memory_order_acq_rel,
                                             std::memory_order_relaxed));
        // Only one thread waits: the one that closed. The gate may be gone by now, its address
        // is all that is used.
        if ((before & closed) != 0) Platform::unpark_one(word);
        return (before & owed) != 0 && (after & owed) == 0;
    }

    call_gate& gate_;
    counter* mine_;
    pass* below_ = nullptr;
    bool is_inside_ = false;
};

} // namespace lend

#endif // LEND_COM_CALL_GATE_HPP
