// SPDX-License-Identifier: MIT
/// @file
/// Callers that wait for a resource, by priority and then in the order in which they came. The
/// nodes live on their callers' stacks; nothing here allocates.

#ifndef LEND_DETAIL_WAITERS_HPP
#define LEND_DETAIL_WAITERS_HPP

#include <lend/acquire_options.hpp>
#include <lend/detail/due_list.hpp>
#include <lend/detail/lending_word.hpp>
#include <lend/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// What a waiter's word says. Written under the pool's lock, read by the waiter without it.
//   waiting -> poked     look again: something may be free
//   waiting -> reminded  it keeps the time from now on: plan again
//   reminded -> poked    as from waiting; who looks plans as well
//   any -> answered      the answer is in the node; nobody touches the node any more
//   poked, reminded -> waiting    by the waiter itself, under the lock, before it does so
struct waiter_state {
    static constexpr std::uint32_t waiting = 0;
    static constexpr std::uint32_t poked = 1;
    static constexpr std::uint32_t answered = 2;
    static constexpr std::uint32_t reminded = 3;
};

// Which check is left for the receiver of a resource that is handed over.
enum class check_due : std::uint8_t {
    usual,   // as for what is found idle
    passive, // it was made for a waiter just now
    none,    // the same, or it has just passed an active check
};

template <class Slot, class Platform>
struct waiter {
    typename Platform::template atomic<std::uint32_t> state{waiter_state::waiting};
    waiter* previous = nullptr;
    waiter* next = nullptr;
    const typename Slot::resource_type* wanted = nullptr;
    std::uint8_t priority = basic_acquire_options<Platform>::usual_priority;
    typename Platform::time_point since{};                                  // of its first coming
    typename Platform::time_point deadline = (Platform::time_point::max)(); // and its sleep's
    bool queued = false; // in the queue; under the lock
    // Has looked at every slot since it came or was woken, so a release may hand over to it.
    bool looked = false;
    bool looks = false; // and may own a slot that it has found; under the lock
    Slot* slot = nullptr;
    lending_word::type word = 0;
    std::optional<error> refusal; // an answer without a slot
    bool dismissed = false;       // the refusal is a bare code; the rest is for the waiter to say
    bool owes_a_look = false;     // and it passes on what it was told to look for
    // Nothing need be made for it: a resource is being checked for it, or was, and it is on its way
    // to look for another. Under the lock.
    bool covered = false;
    Slot* checked = nullptr;             // while it is
    check_due due = check_due::usual;    // of the slot in the answer
    resumable<waiter, Platform> resumed; // for one that has no thread
};

// Those to be woken once the lock is let go: threads, at most the one who got an answer and the one
// who is to look again, and asynchronous waiters, any number. Holds addresses only; the nodes may
// be gone by then. Delivered with no lock held, for callbacks run there.
template <class Slot, class Platform>
class wake_ups {
public:
    using node = waiter<Slot, Platform>;
    using word = typename Platform::template atomic<std::uint32_t>;

    // Under the lock.
    void add(node& w) noexcept {
        if (w.resumed.list == nullptr) return add(w.state);
        if (!w.resumed.list->put(w)) return;
        ++due_count_;
        if (due_ != nullptr) return;
        due_ = w.resumed.list;
        due_->add_server();
    }

    // Those who are due already, and were left to whoever has time. Under the lock.
    void add_all(due_list<node, Platform>& due) noexcept {
        ++due_count_;
        if (due_ != nullptr) return;
        due_ = &due;
        due_->add_server();
    }

    void deliver() noexcept {
        if (first_ != nullptr) Platform::unpark_one(*first_);
        if (second_ != nullptr) Platform::unpark_one(*second_);
        first_ = second_ = nullptr;
        if (due_ != nullptr) {
            std::exchange(due_, nullptr)->serve(std::exchange(due_count_, std::size_t{0}));
        }
    }

    // A thread that sleeps on this, once there is a reason not to.
    void add(word& at) noexcept {
        if (first_ == nullptr) {
            first_ = &at;
        } else if (second_ == nullptr) {
            second_ = &at;
        } else {
            Platform::unpark_one(at); // more than expected: sooner, but not lost
        }
    }

private:
    word* first_ = nullptr;
    word* second_ = nullptr;
    due_list<node, Platform>* due_ = nullptr;
    std::size_t due_count_ = 0;
};

// Higher priorities first; within one, first come, first served. All members are called under the
// pool's lock.
//
// One list in that order, and the last waiter of each priority: to find a place takes as many steps
// as there are priorities, however many wait.
//
// InTurns: where only the driver can tell what fits whom, waiters look one after the other, from
// the first to the last, because each takes what it looks at into its hands: looking all at once,
// they would keep each other looking. A round that is asked for during a round follows it.
//
// One waiter keeps the time where time alone may change something: it wakes up by itself, and plans
// again. If it leaves, the last in the queue takes over, which is the one that stays the longest.
template <class Slot, class Platform, bool InTurns>
class waiter_queue {
public:
    using node = waiter<Slot, Platform>;
    using wakes = wake_ups<Slot, Platform>;
    using time_point = typename Platform::time_point;

    [[nodiscard]] bool empty() const noexcept { return head_ == nullptr; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    // Of these, those that are not covered by a check.
    [[nodiscard]] std::size_t uncovered() const noexcept { return size_ - covered_; }
    [[nodiscard]] node* head() const noexcept { return head_; }

    // Behind all of its priority.
    void push(node& w) noexcept { link(w, last_of(w.priority)); }

    // Before all of its priority: for a waiter that was given something unfit, whose turn is not
    // over.
    void push_front(node& w) noexcept { link(w, last_of(w.priority + 1U)); }

    // How many own no slot for sure: those in the queue that are not looking. Linear.
    [[nodiscard]] std::size_t asleep() const noexcept {
        std::size_t count = 0;
        (void)first([&](const node& w) {
            count += w.looks ? 0U : 1U;
            return false;
        });
        return count;
    }

    // The first waiter for whom `fits` is true.
    template <class Fits>
    [[nodiscard]] node* first(const Fits& fits) const {
        for (node* w = head_; w != nullptr; w = w->next) {
            if (fits(*w)) return w;
        }
        return nullptr;
    }

    // A resource is being checked for this waiter, so nothing need be made for it.
    void cover(node& w, Slot& checked) noexcept {
        check_ends(w);
        w.checked = &checked;
        checked.checked_for = &w;
        if (std::exchange(w.covered, true)) return;
        ++covered_;
        if constexpr (requires { w.wanted->counts(); }) w.wanted->counts().is_covered();
    }

    // The check is over, and the waiter is told to look for another resource.
    void check_ends(node& w) noexcept {
        if (w.checked != nullptr) std::exchange(w.checked, nullptr)->checked_for = nullptr;
    }

    // It found none, or does not count on the check any more.
    void uncover(node& w) noexcept {
        check_ends(w);
        if (!std::exchange(w.covered, false)) return;
        --covered_;
        if constexpr (requires { w.wanted->counts(); }) w.wanted->counts().is_uncovered();
    }

    // Takes the waiter out and gives it a slot that is already in_use for it.
    void answer(node& w, Slot& slot, lending_word::type word, wakes& wake) noexcept {
        w.slot = &slot;
        w.word = word;
        settle(w, wake);
    }

    // Takes the waiter out and tells it why it gets nothing.
    void refuse(node& w, const error& why, wakes& wake) noexcept {
        w.refusal = why;
        settle(w, wake);
    }

    // Takes the waiter out with a bare code that it will explain to its caller itself, since that
    // allocates. Passes no duty on: true if the caller has to, by a poke, when it is done with all.
    //
    // Wakes no thread: who is late wakes by itself, since its sleep ends at its deadline.
    [[nodiscard]] bool dismiss_late(node& w, wakes& wake) noexcept {
        w.refusal.emplace(hr::lend_e_timed_out);
        w.dismissed = true;
        const bool kept_time = timekeeper_ == &w;
        return take_out(w, wake, false) || kept_time; // who looks plans, and keeps the time
    }
    [[nodiscard]] bool dismiss(node& w, hresult code, wakes& wake) noexcept {
        w.refusal.emplace(code);
        w.dismissed = true;
        const bool kept_time = timekeeper_ == &w;
        return take_out(w, wake) || kept_time;
    }

    // The same for one that is called off. `itself`: it passes its duty on, for it is on its way;
    // otherwise true is returned if the caller has to.
    [[nodiscard]] bool call_off(node& w, bool itself, wakes& wake) noexcept {
        // Relaxed: every writer of the state holds the lock.
        bool owes_a_look = w.state.load(std::memory_order_relaxed) == waiter_state::poked;
        owes_a_look |= turn_ == &w || timekeeper_ == &w;
        w.owes_a_look = owes_a_look && itself;
        (void)dismiss(w, hr::lend_e_cancelled, wake);
        return owes_a_look && !itself;
    }

    // Takes the waiter out at its own wish. `owes_a_look`: it was told to look, or has looked at
    // some slots only; then the first of those who stay looks in its place.
    void leave(node& w, bool owes_a_look, wakes& wake) noexcept {
        // Relaxed: every writer of the state holds the lock.
        owes_a_look |= w.state.load(std::memory_order_relaxed) == waiter_state::poked;
        const bool kept_time = timekeeper_ == &w;
        owes_a_look |= unlink(w);
        if (owes_a_look) poke(head_, wake);
        if (kept_time) remind(wake);
    }

    // Tells a waiter to look again; does nothing where one is already told, or for none.
    void poke(node* w, wakes& wake) noexcept {
        if (w == nullptr) return;
        if constexpr (InTurns) {
            if (turn_ != nullptr) {
                another_round_ = true;
                return;
            }
            w = turn_ = head_;
        }
        tell(*w, wake);
    }

    // By a waiter that has come, or wants to look again: may it look now? If not, its turn comes.
    [[nodiscard]] bool may_look(node& w) noexcept {
        if constexpr (InTurns) {
            another_round_ |= turn_ != nullptr && w.next != nullptr;
            if (turn_ != nullptr) return turn_ == &w;
            turn_ = &w;
        }
        return true;
    }

    // By a waiter that has looked and stays: the next one's turn.
    void looked(node& w, wakes& wake) noexcept {
        if constexpr (InTurns) {
            if (turn_ != &w) return;
            turn_ = w.next;
            if (turn_ != nullptr) return tell(*turn_, wake);
            if (std::exchange(another_round_, false)) poke(head_, wake);
        } else {
            poke(w.next, wake);
        }
    }

    // Everyone before this waiter has looked, and nobody is to look after it.
    [[nodiscard]] bool ends_the_round(const node& w) const noexcept {
        return w.next == nullptr && !another_round_;
    }

    // When the one who keeps the time wakes up by itself; max() if nobody has to.
    [[nodiscard]] time_point alarm() const noexcept { return alarm_; }

    // Time alone may change something at `when`: somebody is to be awake by then.
    void expect(time_point when, wakes& wake) noexcept {
        if (when >= alarm_) return;
        alarm_ = when;
        remind(wake);
    }

    // By a waiter that has planned, and knows when time alone may change something; max(): never.
    // Returns when it has to wake up for that.
    [[nodiscard]] time_point keep_time(node& w, time_point when) noexcept {
        constexpr time_point never = (time_point::max)();
        // It takes over if it has to be sooner, since it is awake anyway.
        if (timekeeper_ != nullptr && timekeeper_ != &w && when >= alarm_) return never;
        timekeeper_ = when == never ? nullptr : &w;
        alarm_ = when;
        return when;
    }

    // By the waiter itself: I am about to plan.
    void remembers(node& w) noexcept {
        // Relaxed: as in `awake`.
        w.state.store(waiter_state::waiting, std::memory_order_relaxed);
    }

    // By the waiter itself: I am about to look.
    void awake(node& w) noexcept {
        w.looks = true;
        // Relaxed: read only by holders of the lock and by the waiter itself.
        w.state.store(waiter_state::waiting, std::memory_order_relaxed);
        w.looked = true;
    }

private:
    void tell(node& told, wakes& wake) noexcept {
        node* const w = &told;
        // Relaxed: every writer of the state holds the lock.
        const std::uint32_t said = w->state.load(std::memory_order_relaxed);
        if (said != waiter_state::waiting && said != waiter_state::reminded) return;
        w->looked = false;
        // (1) release-store synchronizes-with the acquire-load (3)
        w->state.store(waiter_state::poked, std::memory_order_release);
        wake.add(*w);
    }

    // A waiter that is answered before it could look passes the duty to look on.
    void settle(node& w, wakes& wake) noexcept {
        const bool kept_time = timekeeper_ == &w;
        if (take_out(w, wake)) poke(head_, wake);
        if (kept_time) remind(wake);
    }

    // Tells the one who keeps the time, or the last one, who does from now on, to plan.
    void remind(wakes& wake) noexcept {
        if (timekeeper_ == nullptr) timekeeper_ = last_of(0);
        node* const w = timekeeper_;
        // Relaxed: every writer of the state holds the lock. Who is told to look will plan, too.
        if (w == nullptr || w->state.load(std::memory_order_relaxed) != waiter_state::waiting)
            return;
        // (4) release-store synchronizes-with the acquire-load (3)
        w->state.store(waiter_state::reminded, std::memory_order_release);
        wake.add(*w);
    }

    // With the answer in the node, which may be gone as soon as that can be seen: by then it is due
    // if it has no thread, and if it has one, that is woken by address. True if it owed a look.
    bool take_out(node& w, wakes& wake, bool unparked = true) noexcept {
        auto& word = w.state;
        const bool has_thread = w.resumed.list == nullptr;
        // Relaxed: every writer of the state holds the lock.
        bool owes = word.load(std::memory_order_relaxed) == waiter_state::poked;
        owes |= unlink(w);
        if (!has_thread) wake.add(w);
        // (2) release-store synchronizes-with the acquire-load (3)
        word.store(waiter_state::answered, std::memory_order_release);
        if (has_thread && unparked) wake.add(word);
        return owes;
    }

    // The last waiter of this priority or a higher one.
    [[nodiscard]] node* last_of(std::size_t priority) const noexcept {
        for (std::size_t at = priority; at < levels; ++at) {
            if (last_[at] != nullptr) return last_[at];
        }
        return nullptr;
    }

    void link(node& w, node* before) noexcept {
        node* const after = before == nullptr ? head_ : before->next;
        w.previous = before;
        w.next = after;
        (before == nullptr ? head_ : before->next) = &w;
        if (after != nullptr) after->previous = &w;
        if (after == nullptr || after->priority != w.priority) last_[w.priority] = &w;
        w.queued = true;
        ++size_;
        if constexpr (requires { w.wanted->counts(); }) w.wanted->counts().comes();
    }

    // True if it was this waiter's turn.
    bool unlink(node& w) noexcept {
        uncover(w);
        // With the last one a round loses its end, at which things are decided.
        another_round_ |= InTurns && turn_ != nullptr && w.next == nullptr;
        if (last_[w.priority] == &w) {
            const bool shared = w.previous != nullptr && w.previous->priority == w.priority;
            last_[w.priority] = shared ? w.previous : nullptr;
        }
        (w.previous == nullptr ? head_ : w.previous->next) = w.next;
        if (w.next != nullptr) w.next->previous = w.previous;
        w.previous = w.next = nullptr;
        w.queued = false;
        --size_;
        if constexpr (requires { w.wanted->counts(); }) w.wanted->counts().goes();
        if (timekeeper_ == &w) timekeeper_ = nullptr;
        if (size_ == 0) alarm_ = (time_point::max)();
        if (turn_ != &w) return false;
        turn_ = nullptr;
        return true;
    }

    static constexpr std::size_t levels = basic_acquire_options<Platform>::highest_priority + 1;

    node* head_ = nullptr;
    std::array<node*, levels> last_{}; // by priority
    std::size_t size_ = 0;
    std::size_t covered_ = 0;
    node* turn_ = nullptr; // whoever looks, or is told to; InTurns only
    bool another_round_ = false;
    node* timekeeper_ = nullptr; // null while alarm_ is max(), or nobody waits
    time_point alarm_ = (time_point::max)();
};

// By the waiter, without the lock: what has been said to it so far.
template <class Slot, class Platform>
[[nodiscard]] std::uint32_t heard(const waiter<Slot, Platform>& w) noexcept {
    // (3) acquire-load synchronizes-with the release-store (1), (2), (4)
    return w.state.load(std::memory_order_acquire);
}

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_WAITERS_HPP
