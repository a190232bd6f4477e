// SPDX-License-Identifier: MIT
/// @file
/// Free resources in the order in which they came back: one shelf for everyone, one for those that
/// are enlisted in an open transaction. Only for inventories that keep an order.

#ifndef LEND_DETAIL_SHELVES_HPP
#define LEND_DETAIL_SHELVES_HPP

#include <lend/driver.hpp>

#include <atomic>
#include <cstdint>
#include <type_traits>

namespace lend::inline v0_1 {
namespace detail {

// What an ordered inventory knows of a slot. All of it under the pool's lock, but for the last
// four, which are also used without it by whoever has the slot in hands.
template <class Slot, class Platform>
struct shelf_place {
    template <class T>
    using atomic = typename Platform::template atomic<T>;

    Slot* newer = nullptr; // neighbours on the shelf
    Slot* older = nullptr;
    bool on_shelf = false;
    bool on_enlisted_shelf = false;
    transaction_id enlisted{}; // the open transaction it is enlisted in
    transaction_id entering{}; // the one that the driver is being asked to enlist it in
    bool must_leave = false;   // was enlisted, and has not been taken out since
    bool queued = false;       // for destruction, by `condemn`
    bool unbound = false;      // in none, and not to leave one: `enlisted` and the like are clear
    std::uint64_t freed_order = 0;  // grows with each free
    atomic<bool> doomed{false};     // to be destroyed, never lent again; set under the lock
    atomic<std::uintptr_t> name{0}; // by which users give it back; 0 for none

    // Once the resource is gone.
    void clear() noexcept {
        newer = older = nullptr;
        on_shelf = on_enlisted_shelf = must_leave = queued = unbound = false;
        enlisted = entering = {};
        freed_order = 0;
        // Relaxed, both: whoever reads them without the lock looks at the word as well.
        doomed.store(false, std::memory_order_relaxed);
        name.store(0, std::memory_order_relaxed);
    }
};

struct no_place {};
template <class Slot, class Platform, bool Ordered>
using place_of = std::conditional_t<Ordered, shelf_place<Slot, Platform>, no_place>;

// One shelf, newest first. A slot that is being rated stays in its place.
template <class Slot>
class shelf {
public:
    [[nodiscard]] Slot* newest() const noexcept { return newest_; }

    // Before the first one that was freed earlier.
    void insert(Slot& s) noexcept {
        Slot* newer = nullptr;
        Slot* older = newest_;
        while (older != nullptr && older->place.freed_order > s.place.freed_order) {
            newer = older;
            older = older->place.older;
        }
        s.place.newer = newer;
        s.place.older = older;
        (newer == nullptr ? newest_ : newer->place.older) = &s;
        if (older != nullptr) older->place.newer = &s;
        s.place.on_shelf = true;
    }

    void remove(Slot& s) noexcept {
        (s.place.newer == nullptr ? newest_ : s.place.newer->place.older) = s.place.older;
        if (s.place.older != nullptr) s.place.older->place.newer = s.place.newer;
        s.place.newer = s.place.older = nullptr;
        s.place.on_shelf = false;
    }

private:
    Slot* newest_ = nullptr;
};

// Both shelves. A slot's `enlisted` says on which it belongs when it is put away.
template <class Slot>
class inventory_shelves {
public:
    void put(Slot& s) noexcept {
        s.place.on_enlisted_shelf = static_cast<bool>(s.place.enlisted);
        which(s).insert(s);
    }

    void take(Slot& s) noexcept {
        if (s.place.on_shelf) which(s).remove(s);
    }

    // Where a slot that is on a shelf belongs now.
    void move(Slot& s) noexcept {
        take(s);
        put(s);
    }

    // Queues a slot for destruction. Whoever works the queue off destroys what others queued, too.
    void condemn(Slot& s) noexcept {
        s.next = nullptr;
        (last_condemned_ == nullptr ? condemned_ : last_condemned_->next) = &s;
        last_condemned_ = &s;
        s.place.queued = true;
    }

    [[nodiscard]] Slot* next_condemned() noexcept {
        Slot* const s = condemned_;
        if (s == nullptr) return nullptr;
        condemned_ = s->next;
        if (condemned_ == nullptr) last_condemned_ = nullptr;
        s->next = nullptr;
        s->place.queued = false;
        return s;
    }

    // The first slot after `at` for which `fits` is true: those of the transaction, then those of
    // everyone. Null for `at` starts.
    template <class Fits>
    [[nodiscard]] Slot* next(Slot* at, transaction_id transaction, const Fits& fits) const {
        bool enlisted =
            at == nullptr ? static_cast<bool>(transaction) : at->place.on_enlisted_shelf;
        Slot* s = at == nullptr ? (enlisted ? enlisted_ : general_).newest() : at->place.older;
        for (;;) {
            for (; s != nullptr; s = s->place.older) {
                if ((!enlisted || s->place.enlisted == transaction) && fits(*s)) return s;
            }
            if (!enlisted) return nullptr;
            enlisted = false;
            s = general_.newest();
        }
    }

private:
    [[nodiscard]] shelf<Slot>& which(Slot& s) noexcept {
        return s.place.on_enlisted_shelf ? enlisted_ : general_;
    }

    shelf<Slot> general_;
    shelf<Slot> enlisted_;
    Slot* condemned_ = nullptr;
    Slot* last_condemned_ = nullptr;
};

struct no_shelves {};
template <class Slot, bool Ordered>
struct shelves_type {
    using type = no_shelves;
};
template <class Slot>
struct shelves_type<Slot, true> {
    using type = inventory_shelves<Slot>;
};
template <class Slot, bool Ordered>
using shelves_of = typename shelves_type<Slot, Ordered>::type;

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_SHELVES_HPP
