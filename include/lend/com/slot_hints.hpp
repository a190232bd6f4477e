// SPDX-License-Identifier: MIT
/// @file
/// Where the pool probably keeps the resource of a number, found without a lock. The slot that is
/// found says itself whether it is the right one; who finds none asks an id_map.

#ifndef LEND_COM_SLOT_HINTS_HPP
#define LEND_COM_SLOT_HINTS_HPP

#include <lend/com/types.hpp>
#include <lend/detail/as.hpp>
#include <lend/detail/config.hpp>
#include <lend/platform.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

namespace lend::inline v0_1::com {

/// Number to slot, in tables of pointers that only grow.
///
/// A hint may be missing or lead to a slot of something else, so nothing is ever removed: a slot
/// whose resource is gone has no name, and its entry is used again. Slots outlive the hints.
/// @par Thread safety `find`: safe, wait-free. `note`: under the pool's lock.
template <class Platform, class Slot>
class slot_hints {
public:
    slot_hints() = default;
    slot_hints(const slot_hints&) = delete;
    slot_hints& operator=(const slot_hints&) = delete;
    ~slot_hints() {
        // Relaxed: nobody else is left.
        for (table* at = table_.load(std::memory_order_relaxed); at != nullptr;) {
            table* const before = at->before;
            delete[] at->entries;
            delete at;
            at = before;
        }
    }

    /// The slot that has this name, or null.
    [[nodiscard]] LEND_ALWAYS_INLINE Slot* find(RESID id) const noexcept {
        // (1) acquire-load synchronizes-with the release-store (2)
        const table* const all = table_.load(std::memory_order_acquire);
        if (all == nullptr) return nullptr;
        for (std::size_t step = 0; step < steps; ++step) {
            // (3) acquire-load synchronizes-with the release-store (4)
            Slot* const s = all->at(id, step).load(std::memory_order_acquire);
            if (s == nullptr) return nullptr;
            // Relaxed: whoever takes the slot looks at its word first, and then once more.
            if (s->place.name.load(std::memory_order_relaxed) == id) return s;
        }
        return nullptr;
    }

    /// Notes where a number leads. `count`: how many are known. Does nothing if memory is out.
    void note(RESID id, Slot& s, std::size_t count) noexcept {
        // Relaxed: written under the lock.
        const table* const all = table_.load(std::memory_order_relaxed);
        if (all == nullptr || all->mask + 1 < count * room_for_each) grow(count);
        // Relaxed: as above.
        if (table* const now = table_.load(std::memory_order_relaxed)) enter(*now, id, s);
    }

private:
    static constexpr std::size_t steps = 4;
    static constexpr std::size_t room_for_each = 4; // then most are found at the first step
    static constexpr std::size_t smallest = 64;

    using entry = typename Platform::template atomic<Slot*>;

    struct table {
        std::size_t mask;
        unsigned shift;
        entry* entries;
        table* before;

        // Numbers are often addresses, whose low bits are equal: take the high bits of a product.
        [[nodiscard]] entry& at(RESID id, std::size_t step) const noexcept {
            const std::uint64_t mixed = lend::detail::as<std::uint64_t>(id) * 0x9E3779B97F4A7C15U;
            return entries[(lend::detail::as<std::size_t>(mixed >> shift) + step) & mask];
        }
    };

    void grow(std::size_t count) noexcept {
        std::size_t size = smallest;
        unsigned shift = 64 - 6;
        while (size < count * room_for_each * 2) {
            size *= 2;
            --shift;
        }
        auto* const entries = new (std::nothrow) entry[size]{};
        if (entries == nullptr) return;
        // Relaxed: written under the lock.
        table* const before = table_.load(std::memory_order_relaxed);
        auto* const made = new (std::nothrow) table{size - 1, shift, entries, before};
        if (made == nullptr) {
            delete[] entries;
            return;
        }
        for (std::size_t at = 0; before != nullptr && at <= before->mask; ++at) {
            // Relaxed: written under the lock.
            Slot* const s = before->entries[at].load(std::memory_order_relaxed);
            if (s == nullptr) continue;
            // Relaxed: as above.
            const RESID name = s->place.name.load(std::memory_order_relaxed);
            if (name != 0) enter(*made, name, *s);
        }
        // (2) release-store synchronizes-with the acquire-load (1)
        table_.store(made, std::memory_order_release);
    }

    // In the first entry that leads to nothing, else in the first.
    static void enter(table& all, RESID id, Slot& s) noexcept {
        std::size_t where = 0;
        for (std::size_t step = 0; step < steps; ++step) {
            // Relaxed: written under the lock.
            Slot* const there = all.at(id, step).load(std::memory_order_relaxed);
            // Relaxed: as above.
            if (there == nullptr || there == &s ||
                there->place.name.load(std::memory_order_relaxed) == 0) {
                where = step;
                break;
            }
        }
        // (4) release-store synchronizes-with the acquire-load (3)
        all.at(id, where).store(&s, std::memory_order_release);
    }

    typename Platform::template atomic<table*> table_{nullptr};
};

} // namespace lend

#endif // LEND_COM_SLOT_HINTS_HPP
