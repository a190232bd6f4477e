// SPDX-License-Identifier: MIT
/// @file
/// Which cache of a handle table belongs to which thread. Pages of pointers, made on demand, by
/// the dense numbers that the platform gives to threads.

#ifndef LEND_DETAIL_TABLE_THREADS_HPP
#define LEND_DETAIL_TABLE_THREADS_HPP

#include <lend/detail/atomic_pointer.hpp>
#include <lend/detail/config.hpp>
#include <lend/detail/table_cache.hpp>
#include <lend/detail/table_traits.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

namespace lend::inline v0_1 {
namespace detail {

// Invariant: a cache is used by the holder of its thread number only; its depot by everybody.
// A number passes from a thread that has ended to a later one with synchronization (the platform
// sees to it), and the cache with it: nothing that a dead thread had freed is lost.
template <class Platform>
class table_threads {
    using orders = typename table_orders_of<Platform>::type;
    using tuning = typename table_tuning_of<Platform>::type;
    using hand = table_hand<Platform>;
    using cache = table_cache<Platform>;
    template <class U>
    using atomic = typename Platform::template atomic<U>;

    static constexpr std::uint32_t page_size = tuning::threads_per_page;
    static constexpr std::uint32_t page_count = (Platform::max_threads + page_size - 1) / page_size;
    // Never null: the hand of nobody where there is no cache.
    struct entry_type : atomic_pointer<hand, Platform> {
        entry_type() noexcept : atomic_pointer<hand, Platform>(&hand::of_nobody()) {}
    };
    using page = std::array<entry_type, page_size>;

public:
    table_threads() noexcept = default;
    table_threads(const table_threads&) = delete;
    table_threads& operator=(const table_threads&) = delete;
    ~table_threads() {
        for (std::uint32_t thread = 0; thread < Platform::max_threads; ++thread) delete at(thread);
        for (auto& entry : far_pages_) {
            // Relaxed: nobody else is left.
            delete entry.load(std::memory_order_relaxed);
        }
    }

    // The hand of the calling thread's cache; nobody's if it has none yet, or has no number.
    LEND_ALWAYS_INLINE hand& own(std::uint32_t thread) noexcept {
        if (thread < page_size) [[likely]] {
            // Relaxed: written by this thread, or by an earlier holder of its number.
            return *first_page_[thread].load(std::memory_order_relaxed);
        }
        return own_far(thread);
    }

    // The calling thread's cache, made if need be; null if it has no number or memory is out.
    LEND_NOINLINE cache* own_or_make(std::uint32_t thread) noexcept {
        if (thread >= Platform::max_threads) return nullptr;
        page* const where = page_or_make(thread / page_size);
        if (where == nullptr) return nullptr;
        entry_type& entry = (*where)[thread % page_size];
        // Relaxed: written by this thread, or by an earlier holder of its number.
        cache* mine = cache_of(*entry.load(std::memory_order_relaxed));
        if (mine == nullptr) {
            mine = new (std::nothrow) cache(thread);
            if (mine == nullptr) return nullptr;
            // (19) release-store synchronizes-with the acquire-load (20)
            entry.store(mine, orders::at(19, std::memory_order_release));
        }
        return mine;
    }

    // Somebody's cache, for its depot; null if there is none.
    cache* at(std::uint32_t thread) noexcept {
        page* const where = find_page(thread / page_size);
        if (where == nullptr) return nullptr;
        // (20) acquire-load synchronizes-with the release-store (19)
        return cache_of(
            *(*where)[thread % page_size].load(orders::at(20, std::memory_order_acquire)));
    }

private:
    static cache* cache_of(hand& of) noexcept {
        return of.is_nobodys() ? nullptr : static_cast<cache*>(&of);
    }

    LEND_NOINLINE hand& own_far(std::uint32_t thread) noexcept {
        if (thread >= Platform::max_threads) return hand::of_nobody();
        page* const where = find_page(thread / page_size);
        if (where == nullptr) return hand::of_nobody();
        // Relaxed: written by this thread, or by an earlier holder of its number.
        return *(*where)[thread % page_size].load(std::memory_order_relaxed);
    }

    page* find_page(std::uint32_t number) noexcept {
        if (number == 0) return &first_page_;
        // (18) acquire-load synchronizes-with the release-CAS (17)
        return far_pages_[number].load(orders::at(18, std::memory_order_acquire));
    }

    page* page_or_make(std::uint32_t number) noexcept {
        page* const present = find_page(number);
        if (present != nullptr) return present;
        page* const made = new (std::nothrow) page{};
        if (made == nullptr) return nullptr;
        page* other = nullptr;
        // (17) release-CAS synchronizes-with the acquire-load (18); relaxed on failure, after
        // which the load is done again.
        if (far_pages_[number].compare_exchange_strong(other, made,
                                                       orders::at(17, std::memory_order_release),
                                                       std::memory_order_relaxed)) {
            return made;
        }
        delete made;
        return find_page(number);
    }

    page first_page_{};
    std::array<atomic<page*>, page_count> far_pages_{}; // entry 0 is not used
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_TABLE_THREADS_HPP
