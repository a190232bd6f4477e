// SPDX-License-Identifier: MIT
/// @file
/// The creates of a pool that are under way for whoever waits: queued for a worker, then running
/// on one. A create that takes too long is given up here; its worker finds that out when it ends.

#ifndef LEND_DETAIL_CREATES_IN_FLIGHT_HPP
#define LEND_DETAIL_CREATES_IN_FLIGHT_HPP

#include <lend/detail/cpp20.hpp>
#include <lend/detail/slot_queue.hpp>

#include <cstddef>

namespace lend::inline v0_1 {
namespace detail {

// A create that a worker runs. Lives on the worker's stack, with the worker's own copy of the type,
// since the slot may be another's by the time the driver answers.
//
//   running -> claimed    the driver has answered, the slot will get the result
//   running -> given up   it took too long: the slot was taken away, the result will be destroyed
template <class Slot>
struct running_create {
    using time_point = typename Slot::time_point;

    time_point began{};
    Slot* slot = nullptr;                               // null: given up
    const typename Slot::resource_type* type = nullptr; // the worker's copy
    bool in_advance = false;      // of a type that was asked for before anyone waited
    bool claimed = false;         // it cannot be given up any more
    unsigned given_up_before = 0; // in a row, when it began
    running_create* older = nullptr;
    running_create* newer = nullptr;
};

// Invariant: each slot in it is in creation, counts in the pool's size, and is in one place: in the
// queue, or in one running create. All members are called under the pool's lock.
template <class Slot>
class creates_in_flight {
public:
    using time_point = typename Slot::time_point;
    using record = running_create<Slot>;

    [[nodiscard]] std::size_t size() const noexcept { return queued_ + running_; }
    [[nodiscard]] std::size_t queued() const noexcept { return queued_; }
    [[nodiscard]] std::size_t running() const noexcept { return running_; }
    // Of those queued, how many are to make something of a given type.
    [[nodiscard]] std::size_t named() const noexcept { return named_; }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    // With those that callers make for themselves on their own threads, of which no other caller
    // will have anything: how many there are for the bound on creates at one time.
    [[nodiscard]] std::size_t at_once() const noexcept { return size() + by_callers_; }

    void caller_begins() noexcept { ++by_callers_; }
    void caller_ends() noexcept { --by_callers_; }

    // When each began, the oldest first. What is queued counts as begun when it was queued.
    template <class Visit>
    void for_each(const Visit& visit) const {
        for (const record* r = oldest_; r != nullptr; r = r->newer) visit(r->began);
        for (const Slot* s = line_.first(); s != nullptr; s = s->next) visit(s->idle_since);
    }

    // Since when the one that is next has been queued; max() for none.
    [[nodiscard]] time_point queued_since() const noexcept {
        return line_.empty() ? (time_point::max)() : line_.first()->idle_since;
    }
    // How many are, since `then` or longer. They count as queued now from here on.
    [[nodiscard]] std::size_t requeue(time_point then, time_point now) noexcept {
        std::size_t count = 0;
        for (Slot* s = line_.first(); s != nullptr; s = s->next) {
            if (s->idle_since > then) continue;
            s->idle_since = now;
            ++count;
        }
        return count;
    }

    // How many are under way in advance, of a type for which `fits` is true.
    template <class Fits>
    [[nodiscard]] std::size_t in_advance(const Fits& fits) const {
        std::size_t count = 0;
        for (const Slot* s = line_.first(); s != nullptr; s = s->next)
            count += s->type.has_value() && fits(*s->type) ? 1U : 0U;
        for (const record* r = oldest_; r != nullptr; r = r->newer)
            count += r->in_advance && r->type != nullptr && fits(*r->type) ? 1U : 0U;
        return count;
    }

    // The first running one that can still be given up and for which `is_late` is true.
    template <class IsLate>
    [[nodiscard]] record* find(const IsLate& is_late) const {
        for (record* r = oldest_; r != nullptr; r = r->newer) {
            if (!r->claimed && is_late(*r)) return r;
        }
        return nullptr;
    }

    // The slot's type, if it has one, is that to be made; it stays until the slot is taken out.
    void queue(Slot& s, time_point now) noexcept {
        named_ += s.type.has_value() ? 1U : 0U;
        line_.push(s);
        s.idle_since = now; // since when it waits for a worker
        ++queued_;
    }

    // Out of the queue and into the caller's hands; null if none is queued.
    [[nodiscard]] Slot* next_queued() noexcept {
        Slot* const s = line_.pop();
        if (s == nullptr) return nullptr;
        --queued_;
        named_ -= s->type.has_value() ? 1U : 0U;
        return s;
    }

    // The same for the first that is to make whatever is asked for by then.
    [[nodiscard]] Slot* next_unnamed() noexcept {
        Slot* const s = line_.take([](const Slot& each) { return !each.type.has_value(); });
        queued_ -= s != nullptr ? 1U : 0U;
        return s;
    }

    void begin(record& r) noexcept {
        r.older = newest_;
        (newest_ == nullptr ? oldest_ : newest_->newer) = &r;
        newest_ = &r;
        ++running_;
    }

    void end(record& r) noexcept {
        (r.older == nullptr ? oldest_ : r.older->newer) = r.newer;
        (r.newer == nullptr ? newest_ : r.newer->older) = r.older;
        r.older = r.newer = nullptr;
        --running_;
    }

    // Takes the slot away from a create that runs.
    [[nodiscard]] Slot& give_up(record& r) noexcept {
        end(r);
        Slot& s = *r.slot;
        r.slot = nullptr;
        return s;
    }

private:
    slot_queue<Slot> line_; // queued
    std::size_t queued_ = 0;
    std::size_t named_ = 0;
    record* oldest_ = nullptr;
    record* newest_ = nullptr;
    std::size_t running_ = 0;
    std::size_t by_callers_ = 0;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_CREATES_IN_FLIGHT_HPP
