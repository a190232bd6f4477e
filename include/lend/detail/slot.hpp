// SPDX-License-Identifier: MIT
/// @file
/// One place of a pool: a word, a resource, and what is known of it; and the segments in which
/// places are kept, which grow and never move.

#ifndef LEND_DETAIL_SLOT_HPP
#define LEND_DETAIL_SLOT_HPP

#include <lend/destroy_reason.hpp>
#include <lend/detail/config.hpp>
#include <lend/detail/holder_record.hpp>
#include <lend/detail/kept_note.hpp>
#include <lend/detail/lending_word.hpp>
#include <lend/detail/quota.hpp>
#include <lend/detail/shelves.hpp>
#include <lend/driver.hpp>
#include <lend/events.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <new>
#include <optional>

namespace lend::inline v0_1 {
namespace detail {

// What checked builds remember of a resource beside what is needed.
template <class Slot, class Platform>
struct waiter;

template <bool Checks>
struct slot_checks {};
template <>
struct slot_checks<true> {
    bool clean = false; // reset with success since it was last lent, or new
};

// When the pool first saw the lending with this count; see holders.hpp.
template <class TimePoint>
struct watched_lending {
    lending_word::type count = lending_word::impossible;
    TimePoint since{};
};

// A lease whose use is measured: when it began, or its reset; and its span.
template <class Platform>
struct measured_use {
    typename Platform::time_point since{};
    span<Platform> traced;
};

// Fields and who may touch them. "Owner" is whoever brought the word to in_use, creating or
// destroying; "lock" is the pool's mutex.
//   word        everyone, atomically
//   phase       written by the owner, read by observers
//   home, index written once before the slot is published
//   birth       lock; read by the owner as well
//   in_doubt, alive_at  written by the owner; read by the owner, or under the lock while idle
//   made_at, expires_at, lendings_before  lock; read by the owner as well
//   why         lock; what the resource is to be destroyed for, when its time has come or it is
//               condemned; once it is destroying, read by the owner
//   lent        written and read by the owner, where uses are measured
//   number      written by the owner while creating; read by the owner, or under the lock
//   type        written by the owner while creating; read by the owner, or under the lock
//   borrower    see holder_record.hpp
//   watched     lock
//   leaked      written under the lock, read by observers: the count of the lending that was
//               reported as a leak
//   stamp       written by the owner; read by whoever sees the slot idle; see recency.hpp
//   held_since  whoever flags the slot as wanted, and releases; a time, exact enough for a choice
//   the rest    lock
template <class Driver, class Platform>
struct slot {
    using traits = driver_traits<Driver>;
    using resource = typename traits::resource;
    using resource_type = typename traits::resource_type;
    using time_point = typename Platform::time_point;
    using duration = typename Platform::duration;

    // A cache line of its own, or more where a resource asks for more.
    alignas(64) lending_cell<Platform> word;
    typename Platform::template atomic<slot_phase> phase{slot_phase::none};
    std::uint32_t index = 0;
    void* home = nullptr;
    typename Platform::handle_word number = 0;

    typename Platform::template atomic<std::int64_t> held_since{0};
    typename Platform::template atomic<std::uint64_t> stamp{0};
    typename Platform::template atomic<lending_word::type> stamped_at{lending_word::impossible};
    time_point made_at{};
    time_point expires_at = (time_point::max)(); // no resource grows older
    std::uint64_t birth = 0;                     // of core.births, when its create began
    lending_word::type lendings_before = 0;      // the word's count when the resource was made
    destroy_reason why = destroy_reason::lifetime;
    bool in_doubt = false; // idle for so long that an active check comes before the next use
    time_point alive_at{}; // of the last active check that it passed while idle
    time_point idle_since{};
    lending_word::type idle_word = lending_word::impossible;
    duration idle_limit = (duration::max)();
    holder_record<Platform> borrower;
    watched_lending<time_point> watched;
    typename Platform::template atomic<lending_word::type> leaked{lending_word::impossible};
    [[no_unique_address]] slot_checks<Platform::checks> state;
    measured_use<Platform> lent;
    slot* next = nullptr; // in whichever chain the slot is: vacant, jobs, expired
    waiter<slot, Platform>* checked_for = nullptr; // see verifying.hpp
    [[no_unique_address]] place_of<slot, Platform, traits::orders_inventory>
        place; // see shelves.hpp

    [[no_unique_address]] std::optional<resource_type> type;
    [[no_unique_address]] slot_charge<traits::has_quota> charge; // lock; see quota.hpp
    union {
        resource object;
    };

    slot() noexcept {}
    ~slot() {}
    slot(const slot&) = delete;
    slot& operator=(const slot&) = delete;
};

// Segments of slots in a list that only grows; a slot's address is good until the list dies. Where
// borrowers are recorded, room for what they say stands behind the slots, a note for each.
//
// The memory comes from a memory_resource, or, where that is null, from operator new. The resource
// is asked under the pool's lock, and gets everything back at the end.
//
// Thread safety: grow under the pool's lock; everything else from any thread.
template <class Slot, class Platform>
class slot_list {
    static constexpr std::size_t slots_per_segment = 64; // a page or two of small resources

    struct segment {
        typename Platform::template atomic<segment*> next{nullptr};
        std::size_t count = 0;

        Slot* slots() noexcept {
            return std::launder(
                reinterpret_cast<Slot*>(reinterpret_cast<std::byte*>(this) + first_slot));
        }
    };

    static constexpr std::align_val_t alignment{(std::max)(alignof(segment), alignof(Slot))};
    static constexpr std::size_t first_slot =
        (sizeof(segment) + alignof(Slot) - 1) / alignof(Slot) * alignof(Slot);

public:
    slot_list() = default;
    explicit slot_list(std::pmr::memory_resource* memory, bool with_notes) noexcept
        : memory_(memory), with_notes_(with_notes) {}
    slot_list(const slot_list&) = delete;
    slot_list& operator=(const slot_list&) = delete;

    ~slot_list() {
        segment* at = head_.load(std::memory_order_relaxed); // the last owner: nobody else is left
        while (at != nullptr) {
            segment* next = at->next.load(std::memory_order_relaxed); // as above
            std::destroy_n(at->slots(), at->count);
            if (with_notes_) std::destroy_n(notes_of(*at), at->count);
            const std::size_t bytes = bytes_for(at->count);
            at->~segment();
            give_back(static_cast<void*>(at), bytes);
            at = next;
        }
    }

    // Adds at most `wanted` slots, at least one. Returns the first of the new ones, or null if
    // memory is out; `added` says how many stand behind it.
    Slot* grow(std::size_t wanted, void* home, std::size_t& added) noexcept {
        added = (std::min)(wanted, slots_per_segment);
        void* memory = take(bytes_for(added));
        if (memory == nullptr) return nullptr;
        auto* fresh = ::new (memory) segment;
        fresh->count = added;
        for (std::size_t at = 0; at < added; ++at) {
            auto* made = ::new (static_cast<void*>(fresh->slots() + at)) Slot;
            made->index = static_cast<std::uint32_t>(size_ + at);
            made->home = home;
            if (with_notes_) {
                void* const room = reinterpret_cast<note*>(fresh->slots() + added) + at;
                made->borrower.keep_notes_in(*::new (room) note);
            }
        }
        size_ += added;
        // (1) release-store synchronizes-with the acquire-load (2), (3)
        (tail_ == nullptr ? head_ : tail_->next).store(fresh, std::memory_order_release);
        tail_ = fresh;
        return fresh->slots();
    }

    // Calls `visit(slot)` for each slot, in the order of their making, until it returns true.
    // Returns the slot at which it stopped, or null.
    template <class Visit>
    Slot* find(const Visit& visit) {
        // (2) acquire-load synchronizes-with the release-store (1)
        segment* at = head_.load(std::memory_order_acquire);
        while (at != nullptr) {
            Slot* const first = at->slots();
            for (std::size_t i = 0; i < at->count; ++i) {
                if (visit(first[i])) return first + i;
            }
            // (3) acquire-load synchronizes-with the release-store (1)
            at = at->next.load(std::memory_order_acquire);
        }
        return nullptr;
    }

    template <class Visit>
    void for_each(const Visit& visit) {
        find([&](Slot& s) {
            visit(s);
            return false;
        });
    }

    // In a forked child: the slots of a list that nobody uses any more, to be looked at and leaked.
    void inherit(const slot_list& parents) noexcept {
        // (4) acquire-load synchronizes-with the release-store (1)
        segment* const first = parents.head_.load(std::memory_order_acquire);
        // Relaxed: this list is the calling thread's own.
        head_.store(first, std::memory_order_relaxed);
    }
    void leak() noexcept {
        // Relaxed: this list is the calling thread's own.
        head_.store(nullptr, std::memory_order_relaxed);
    }

    // How many slots there are; under the lock.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    using note = kept_note<Platform>;
    static_assert(alignof(note) <= alignof(Slot));

    [[nodiscard]] std::size_t bytes_for(std::size_t count) const noexcept {
        return first_slot + count * (sizeof(Slot) + (with_notes_ ? sizeof(note) : 0));
    }
    static note* notes_of(segment& s) noexcept {
        return std::launder(reinterpret_cast<note*>(s.slots() + s.count));
    }

    void* take(std::size_t bytes) noexcept {
        if (memory_ == nullptr) return ::operator new(bytes, alignment, std::nothrow);
        LEND_TRY { return memory_->allocate(bytes, static_cast<std::size_t>(alignment)); }
        LEND_CATCH_ALL { return nullptr; }
        return nullptr;
    }
    void give_back(void* memory, std::size_t bytes) noexcept {
        if (memory_ == nullptr) return ::operator delete(memory, alignment);
        memory_->deallocate(memory, bytes, static_cast<std::size_t>(alignment));
    }

    typename Platform::template atomic<segment*> head_{nullptr};
    segment* tail_ = nullptr;
    std::size_t size_ = 0;
    std::pmr::memory_resource* memory_ = nullptr;
    bool with_notes_ = false;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_SLOT_HPP
