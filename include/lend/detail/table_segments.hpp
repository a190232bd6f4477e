// SPDX-License-Identifier: MIT
/// @file
/// The slots of a handle table: segments that never move, found through a directory that is
/// replaced by a larger one when it is full. Growing takes a lock; looking never does.

#ifndef LEND_DETAIL_TABLE_SEGMENTS_HPP
#define LEND_DETAIL_TABLE_SEGMENTS_HPP

#include <lend/detail/atomic_pointer.hpp>
#include <lend/detail/config.hpp>
#include <lend/detail/table_traits.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// Invariant: every index below limit_ has a slot, constructed, in a segment that an entry names.
// Old directories live as long as the table, because someone may still be looking; all together
// they are smaller than the newest.
template <class Slot, class Platform>
class table_segments {
    using orders = typename table_orders_of<Platform>::type;
    using tuning = typename table_tuning_of<Platform>::type;
    using numbers = table_numbers<Platform>;
    template <class U>
    using atomic = typename Platform::template atomic<U>;

    static constexpr std::uint32_t wanted_slots = std::clamp(
        std::bit_floor(tuning::segment_bytes / static_cast<std::uint32_t>(sizeof(Slot)) | 1U),
        tuning::segment_slots_min,
        tuning::segment_slots_max);

public:
    static constexpr std::uint32_t segment_slots = (std::min)(wanted_slots, numbers::index_end);

    table_segments() noexcept : entries_(nullptr), limit_(0) {
        static_assert(std::has_single_bit(segment_slots));
    }
    table_segments(const table_segments&) = delete;
    table_segments& operator=(const table_segments&) = delete;
    ~table_segments() {
        for (std::uint32_t at = 0; at < count_; ++at) release_segment(newest_->entry(at));
        while (newest_ != nullptr) release_directory(std::exchange(newest_, newest_->older));
    }

    // How many slots there are. Every index below has one.
    LEND_ALWAYS_INLINE std::uint32_t limit() const noexcept {
        // (2) acquire-load synchronizes-with the release-store (1): the slots are constructed.
        return limit_.load(orders::at(2, std::memory_order_acquire));
    }

    // The slot of an index below the limit.
    LEND_ALWAYS_INLINE Slot& at(std::uint32_t index) const noexcept {
        // (4) acquire-load synchronizes-with the release-store (3): the entries are filled.
        const entry_type* const entries = entries_.load(orders::at(4, std::memory_order_acquire));
        // Relaxed: an entry is written before limit_ or entries_ is, and never changed.
        Slot* const segment = entries[index / segment_slots].load(std::memory_order_relaxed);
        return segment[index % segment_slots];
    }

    // Makes `index` exist. False if memory or indices are out; then nothing has changed.
    LEND_NOINLINE bool grow_to(std::uint32_t index) noexcept {
        const std::lock_guard lock(mutex_);
        while (limit() <= index) {
            if (!add_segment()) return false;
        }
        return true;
    }

    // The memory of all slots and directories, in bytes.
    std::size_t bytes() const noexcept { return std::size_t{limit()} * sizeof(Slot); }

private:
    using entry_type = atomic_pointer<Slot, Platform>;

    struct directory {
        directory* older;
        std::uint32_t capacity;

        // Relaxed: as for `at`.
        Slot* entry(std::uint32_t at) const noexcept {
            return entries()[at].load(std::memory_order_relaxed); // relaxed: as above
        }
        void set_entry(std::uint32_t at, Slot* segment) noexcept {
            entries()[at].store(segment, std::memory_order_relaxed); // relaxed: as above
        }
        // The entries stand behind this head in one allocation.
        entry_type* entries() const noexcept {
            return std::launder(reinterpret_cast<entry_type*>(const_cast<directory*>(this) + 1));
        }
    };
    static_assert(sizeof(directory) % alignof(entry_type) == 0);

    // Cache lines of their own, and 32-byte slots never across two.
    static constexpr std::align_val_t segment_alignment{(std::max<std::size_t>)(64, alignof(Slot))};

    // With the lock held.
    bool add_segment() noexcept {
        if (count_ == numbers::index_end / segment_slots) return false;
        if (newest_ == nullptr || count_ == newest_->capacity) {
            if (!add_directory()) return false;
        }
        void* const memory =
            ::operator new(sizeof(Slot) * segment_slots, segment_alignment, std::nothrow);
        if (memory == nullptr) return false;
        auto* const slots = static_cast<Slot*>(memory);
        for (std::uint32_t at = 0; at < segment_slots; ++at) std::construct_at(slots + at);
        newest_->set_entry(count_, slots);
        ++count_;
        // (1) release-store synchronizes-with the acquire-load (2)
        limit_.store(count_ * segment_slots, orders::at(1, std::memory_order_release));
        return true;
    }

    // With the lock held: a directory with room, in place before any segment is in it only.
    bool add_directory() noexcept {
        const std::uint32_t capacity =
            newest_ == nullptr ? tuning::first_directory : newest_->capacity * 2;
        void* const memory =
            ::operator new(sizeof(directory) + sizeof(entry_type) * capacity, std::nothrow);
        if (memory == nullptr) return false;
        auto* const larger = ::new (memory) directory{newest_, capacity};
        auto* const entries = reinterpret_cast<entry_type*>(larger + 1);
        for (std::uint32_t at = 0; at < capacity; ++at) {
            std::construct_at(entries + at, at < count_ ? newest_->entry(at) : nullptr);
        }
        newest_ = larger;
        // (3) release-store synchronizes-with the acquire-load (4)
        entries_.store(entries, orders::at(3, std::memory_order_release));
        return true;
    }

    static void release_segment(Slot* slots) noexcept {
        std::destroy_n(slots, segment_slots);
        ::operator delete(slots, segment_alignment);
    }
    static void release_directory(directory* gone) noexcept {
        std::destroy_n(gone->entries(), gone->capacity);
        ::operator delete(gone);
    }

    atomic_pointer<const entry_type, Platform> entries_; // of the newest directory
    atomic<std::uint32_t> limit_;
    typename Platform::mutex mutex_;
    directory* newest_ = nullptr; // guarded by mutex_
    std::uint32_t count_ = 0;     // segments, guarded by mutex_
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_TABLE_SEGMENTS_HPP
