// SPDX-License-Identifier: MIT
/// @file
/// What the handles to a handle table share: slots, caches, and where free numbers come from and
/// go to. The objects themselves are the business of handle_table.hpp.

#ifndef LEND_DETAIL_TABLE_STATE_HPP
#define LEND_DETAIL_TABLE_STATE_HPP

#include <lend/detail/config.hpp>
#include <lend/detail/table_cache.hpp>
#include <lend/detail/table_segments.hpp>
#include <lend/detail/table_slot.hpp>
#include <lend/detail/table_storage.hpp>
#include <lend/detail/table_threads.hpp>
#include <lend/detail/table_traits.hpp>
#include <lend/hresult.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <type_traits>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// In place of a function to call: the object is only to be destroyed.
struct only_destroy {};

// Every index is in exactly one place: live, pinned to death, never claimed, in a thread's fresh
// range, at one thread's hand, on one stack, in one batch, with one thread that makes or destroys
// an object, or retired. One that has used up its generations stays where it is, without a number,
// until it would be taken. It moves from one thread to another only through a depot, with release
// and acquire.
template <class T, class Platform>
class table_state {
    using tuning = typename table_tuning_of<Platform>::type;
    using orders = typename table_orders_of<Platform>::type;
    template <class U>
    using atomic = typename Platform::template atomic<U>;

    using hand = table_hand<Platform>;
    using cache = table_cache<Platform>;

public:
    using numbers = table_numbers<Platform>;
    using handle = typename numbers::handle;
    using slot = table_slot<T, Platform>;

    table_state() noexcept
        : base_(numbers::base_of(next_table_tag<Platform>())), shared_(Platform::max_threads),
          next_(1) {
        static_assert(std::is_nothrow_destructible_v<T>, "a destructor of T must not throw");
        static_assert(table_slot_is_dense<T, Platform>);
    }
    table_state(const table_state&) = delete;
    table_state& operator=(const table_state&) = delete;

    ~table_state() {
        for (std::uint32_t index = 1; index < slots_.limit(); ++index) {
            slot& each = slots_.at(index);
            LEND_ASSERT(Platform, slot_word::pins(each.word()) == 0);
            if constexpr (!enable_table_read<T>) {
                if (slot_word::state(each.word()) == slot_word::live) each.storage().destroy();
            }
        }
    }

    // ---- from a number to its slot -------------------------------------------------------------

    // There is a slot for the index of every number that this table has handed out, and none for
    // that of a number with another table's tag: `has` tells.
    LEND_ALWAYS_INLINE std::uint32_t index_of(handle number) const noexcept {
        return numbers::index_of(number, base_);
    }
    LEND_ALWAYS_INLINE bool has(std::uint32_t index) const noexcept { return index < limit(); }
    LEND_ALWAYS_INLINE slot& at(std::uint32_t index) const noexcept { return slots_.at(index); }

    LEND_ALWAYS_INLINE std::uint32_t limit() const noexcept { return slots_.limit(); }
    handle number_of(std::uint32_t index, std::uint32_t generation) const noexcept {
        return numbers::make(base_, index, generation);
    }

    // ---- free numbers --------------------------------------------------------------------------

    // A number to be published, whose slot belongs to the caller; 0 if none can be had.
    LEND_ALWAYS_INLINE handle take() noexcept {
        hand& mine = threads_.own(Platform::thread_slot());
        const handle first = mine.at_hand;
        if (numbers::is_number(first)) [[likely]] {
            mine.at_hand = 0;
            return first;
        }
        if (first == 0 && mine.count != 0) [[likely]] {
            const handle next = static_cast<cache&>(mine).stack[mine.count - 1];
            if (numbers::is_number(next)) [[likely]] {
                --mine.count;
                return next;
            }
        }
        return take_slow();
    }

    // Takes back what `take` gave, never published.
    LEND_ALWAYS_INLINE void put_back(handle number) noexcept {
        hand& mine = threads_.own(Platform::thread_slot());
        if (mine.at_hand == 0) {
            mine.at_hand = number;
        } else if (mine.count != tuning::stack_numbers) [[likely]] {
            static_cast<cache&>(mine).stack[mine.count++] = number;
        } else {
            put_back_slow(number);
        }
    }

    // The number is over and its slot holds no object any more: the slot is free again. Whether a
    // generation is left is looked at when the next number is taken, which has to look at it
    // anyway.
    LEND_ALWAYS_INLINE void give_back(handle number) noexcept {
        put_back(numbers::successor(number));
    }

    // ---- the end of an object ------------------------------------------------------------------

    // By the one thread that owns the slot of a number that is over: passes the object to `last`,
    // destroys it, frees the slot. In this order also if `last` throws.
    template <class F>
    LEND_ALWAYS_INLINE hresult finish(slot& gone, handle number, F& last) {
        const slot_releaser release{*this, gone, number};
        if constexpr (std::is_same_v<std::remove_cv_t<F>, only_destroy>) {
            return hr::s_ok;
        } else if constexpr (enable_table_read<T>) {
            return call(last, from_bits<T>(gone.storage().load_bits()));
        } else {
            return call(last, std::move(gone.storage().object()));
        }
    }

private:
    struct slot_releaser {
        table_state& owner;
        slot& gone;
        handle number;

        LEND_ALWAYS_INLINE ~slot_releaser() {
            if constexpr (!enable_table_read<T>) gone.storage().destroy();
            owner.give_back(number);
        }
    };

    template <class F>
    LEND_ALWAYS_INLINE static hresult call(F& last, T&& object) {
        using answer = std::invoke_result_t<F&, T&&>;
        static_assert(std::is_void_v<answer> || std::is_same_v<answer, hresult>,
                      "a function that ends an object returns void or lend::hresult");
        if constexpr (std::is_void_v<answer>) {
            std::invoke(last, std::move(object));
            return hr::s_ok;
        } else {
            return std::invoke(last, std::move(object));
        }
    }

    using segments = table_segments<slot, Platform>;
    using batches = table_batches<slot, segments, Platform>;

    LEND_NOINLINE handle take_slow() noexcept {
        cache* const mine = threads_.own_or_make(Platform::thread_slot());
        if (mine != nullptr) return take_from(*mine);
        const std::lock_guard lock(shared_mutex_);
        return take_from(shared_);
    }

    LEND_NOINLINE void put_back_slow(handle number) noexcept {
        cache* const mine = threads_.own_or_make(Platform::thread_slot());
        if (mine != nullptr) return put_into(*mine, number);
        const std::lock_guard lock(shared_mutex_);
        put_into(shared_, number);
    }

    void put_into(cache& mine, handle number) noexcept {
        if (mine.at_hand == 0) {
            mine.at_hand = number;
            return;
        }
        if (mine.count == tuning::stack_numbers) {
            batches::spill(mine, slots_, base_);
            flag(mine.id);
        }
        mine.stack[mine.count++] = number;
    }

    // Nearest first: at hand, own stack, own depot, own fresh range, other depots, a new fresh
    // range.
    handle take_from(cache& mine) noexcept {
        for (;;) {
            while (mine.at_hand != 0 || mine.count != 0) {
                const handle number = mine.at_hand != 0 ? std::exchange(mine.at_hand, handle{0})
                                                        : mine.stack[--mine.count];
                if (numbers::is_number(number)) return number;
                const std::uint32_t used_up = numbers::index_of(number, base_);
                if (!orders::retires_slots) return numbers::make(base_, used_up, 1);
                slots_.at(used_up).retire();
            }
            if (batches::refill(mine, mine.depot, slots_, base_)) continue;
            if (mine.fresh_begin != mine.fresh_end) {
                return numbers::make(base_, mine.fresh_begin++, 1);
            }
            if (steal_flagged(mine) || claim(mine) || steal_any(mine)) continue;
            return 0;
        }
    }

    // Claims never used indices, and makes some if there are none.
    bool claim(cache& mine) noexcept {
        // Relaxed: only a guess for the compare-exchange.
        std::uint32_t begin = next_.load(std::memory_order_relaxed);
        for (;;) {
            const std::uint32_t limit = slots_.limit();
            if (begin >= limit) {
                if (!slots_.grow_to(begin)) return false;
                continue;
            }
            const std::uint32_t end =
                (std::min)(limit, (begin / tuning::chunk_slots + 1) * tuning::chunk_slots);
            // Relaxed: decides who gets the range; that its slots exist is known from the limit.
            if (next_.compare_exchange_weak(begin, end, std::memory_order_relaxed,
                                            std::memory_order_relaxed)) {
                mine.fresh_begin = begin;
                mine.fresh_end = end;
                return true;
            }
        }
    }

    // ---- other threads' depots -----------------------------------------------------------------
    //
    // A bit for each cache whose depot may hold something. Only a hint, so relaxed throughout: a
    // bit too many costs a look; one too few is made good by the owner's next spill, and by
    // steal_any, which looks everywhere before a caller is told that nothing is left.

    void flag(std::uint32_t id) noexcept {
        const std::uint64_t bit = std::uint64_t{1} << (id % 64);
        auto& word = mask_[id / 64];
        if ((word.load(std::memory_order_relaxed) & bit) != 0) return; // relaxed: as above
        word.fetch_or(bit, std::memory_order_relaxed);                 // relaxed: as above
    }

    bool steal_flagged(cache& mine) noexcept {
        for (std::uint32_t at = 0; at < mask_.size(); ++at) {
            std::uint64_t left = mask_[at].load(std::memory_order_relaxed); // relaxed: as above
            for (; left != 0; left &= left - 1) {
                const std::uint64_t bit = left & (~left + 1);
                if (steal_from(mine, at * 64 + static_cast<std::uint32_t>(std::countr_zero(left))))
                    return true;
                mask_[at].fetch_and(~bit, std::memory_order_relaxed); // relaxed: as above
            }
        }
        return false;
    }

    bool steal_any(cache& mine) noexcept {
        if (!orders::searches_everywhere) return false;
        for (std::uint32_t id = 0; id <= Platform::max_threads; ++id) {
            if (steal_from(mine, id)) return true;
        }
        return false;
    }

    bool steal_from(cache& mine, std::uint32_t id) noexcept {
        cache* const other = id == Platform::max_threads ? &shared_ : threads_.at(id);
        return other != nullptr && batches::refill(mine, other->depot, slots_, base_);
    }

    // Read by everybody, written when the table grows.
    const std::uint32_t base_;
    segments slots_;
    table_threads<Platform> threads_;

    // For threads without a number, and for those whose cache could not be allocated.
    typename Platform::mutex shared_mutex_;
    cache shared_; // the stack and the fresh range are guarded by shared_mutex_

    // Written by all threads while the table fills.
    alignas(128) atomic<std::uint32_t> next_; // the first index that nobody has claimed
    std::array<atomic<std::uint64_t>, Platform::max_threads / 64 + 1> mask_{};
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_TABLE_STATE_HPP
