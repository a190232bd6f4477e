// SPDX-License-Identifier: MIT
/// @file
/// A caller's stay in the queue: it joins, looks, and leaves with a resource, an error, or because
/// time is up.

#ifndef LEND_DETAIL_WAITING_HPP
#define LEND_DETAIL_WAITING_HPP

#include <lend/detail/admitting.hpp>
#include <lend/detail/awaited_check.hpp>
#include <lend/detail/checks.hpp>
#include <lend/detail/core.hpp>
#include <lend/detail/giving_back.hpp>
#include <lend/detail/later.hpp>
#include <lend/detail/looking.hpp>
#include <lend/detail/making.hpp>
#include <lend/detail/making_room.hpp>
#include <lend/detail/outcomes.hpp>
#include <lend/detail/refusing.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// The stay is made of steps that whoever runs it takes one after the other: join, look, listen,
// admit. None of them sleeps. A caller that blocks runs it itself and sleeps between the steps
// (sleeping.hpp); an asynchronous one is run by whoever has something to say to it
// (async_waiting.hpp).
//
// It is on the way to a resource as long as it is looking, or told to look; asleep, it is in the
// queue, with a flag in every slot in use, so that whoever gives one back comes to the queue.
template <class Core>
class waiting {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using request_type = typename Core::request_type;
    using waiter_type = typename Core::waiter_type;
    using wakes = typename Core::wakes;
    using time_point = typename Core::time_point;
    using back = giving_back<Core>;
    using look = looking<Core>;
    using make = making<Core>;
    using errand = typename make::errand;
    using steps = admitting<Core>;
    using held = holding<Core>;

public:
    // What was found in passing, see `bring`.
    waiting(Core& core,
            const request_type& asked,
            const held& unfit = {},
            const held& doubtful = {}) noexcept
        : core_(core), asked_(asked), unfit_(unfit), began_(platform::now()),
          deadline_(asked.limit.deadline(began_)), check_(core, asked, me_, doubtful) {
        me_.wanted = &asked.wanted;
        me_.priority = asked.priority;
        me_.since = began_;
        me_.deadline = deadline_;
    }

    // Goes on until there is an outcome, or nothing to do before somebody says something or the
    // time of `wake_at` comes. `awake`: one of the two may have happened since it was called last.
    //
    // A resource that turns out to be unfit costs its receiver no place: it joins at the front.
    std::optional<result<held>> go_on(bool awake) noexcept {
        std::optional<result<held>> outcome;
        if (awake) outcome = listen();
        while (!outcome) {
            if (got_) {
                outcome = admit();
            } else if (!joined_) {
                outcome = join();
            } else if (must_look_) {
                outcome = look_around();
            } else {
                break;
            }
        }
        if (outcome) report(*outcome);
        return outcome;
    }

    // Before the first step: resources that the caller owns and cannot use, or not before a check.
    void bring(const held& unfit, const held& doubtful) noexcept {
        unfit_ = unfit;
        check_.bring(doubtful);
    }

    // Instead of the first step: there was an outcome without it.
    void not_needed(const result<held>& outcome) noexcept {
        traced_.end(core_.events, outcome.code());
    }
    // After `leave`, without the lock.
    void gave_up() noexcept {
        result<held> outcome = hr::lend_e_cancelled;
        report(outcome);
    }

    // Out of the queue, at the caller's wish; with what it had been answered, which the caller
    // puts back. Under the lock, by whoever runs it.
    held leave(wakes& wake) noexcept {
        joined_ = false;
        if (me_.queued) {
            core_.waiters.leave(me_, false, wake);
            return {};
        }
        if (me_.owes_a_look) core_.waiters.poke(core_.waiters.head(), wake);
        return heard(me_) == waiter_state::answered ? held{me_.slot, me_.word} : held{};
    }

    [[nodiscard]] time_point wake_at() const noexcept {
        return (std::min)({deadline_, retry_at_, check_.until()});
    }
    [[nodiscard]] waiter_type& node() noexcept { return me_; }

private:
    void report(result<held>& outcome) noexcept {
        core_.note_progress();
        const std::chrono::nanoseconds waited = between(began_, platform::now());
        if (!outcome) {
            error why = outcome.error();
            outcomes<Core>::failed_after(core_, why, waited);
            outcome = std::move(why);
        } else if (was_in_) {
            outcomes<Core>::served_after(core_, waited);
        }
        if (was_in_) core_.times.left();
        traced_.end(core_.events, outcome.code());
    }

    // What it got is lent, or was unfit, or is to be checked by a worker; then it joins again,
    // unless time is up.
    std::optional<result<held>> admit() noexcept {
        joined_ = false;
        const held h = std::exchange(got_, held{});
        const check_due due = std::exchange(me_.due, check_due::usual);
        if (check_.is_called_for(*h.slot, due)) {
            check_.bring(h);
            return std::nullopt;
        }
        return steps::admit(core_, h, back::on::another_thread, due);
    }

    // Time is up, and this one is in the queue no more.
    result<held> late() noexcept {
        const time_point now = platform::now();
        checks<Core>::is_late(now, deadline_);
        return refusing<Core>::after_waiting(core_, hr::lend_e_timed_out, between(began_, now));
    }

    // Enters the queue, and starts what creates the queue now calls for. An answer only if the
    // caller may not wait, or made a resource itself.
    std::optional<result<held>> join() noexcept {
        if (std::exchange(has_tried_, true) && platform::now() >= deadline_) {
            put_back_all();
            return late();
        }
        wakes wake;
        errand todo;
        slot_type* sent = nullptr;
        {
            lock_type lock(core_.mutex);
            if (const auto reason = reason_to_leave()) {
                step_out(lock, wake);
                return *reason == hr::lend_e_closed ? result<held>(*reason) : dismissed(*reason);
            }
            if (core_.options.creation == creation_mode::inline_ && !check_.has_candidate()) {
                if (slot_type* const place = make::reserve_for_caller(core_, asked_.wanted)) {
                    steps::tell_of_room_taken(core_, wake);
                    step_out(lock, wake);
                    return made_in(*place);
                }
                if (is_hopeless()) {
                    step_out(lock, wake);
                    return result<held>(hr::e_outofmemory);
                }
            }
            // Whoever was in already, and was given something unfit, is in.
            if (!was_in_ && !check_.has_candidate() && refusing<Core>::is_full(core_)) {
                const error full = refusing<Core>::at_the_door(core_);
                step_out(lock, wake);
                return result<held>(full);
            }
            enter_the_queue();
            sent = check_.send();
            todo = make::plan_as_waiter(core_, wake);
            retry_at_ = next_try();
        }
        wake.deliver();
        put_back_all();
        return start(todo, sent);
    }

    // Under the lock: why the caller may not wait, if it may not.
    [[nodiscard]] std::optional<hresult> reason_to_leave() const noexcept {
        if (core_.closing || (core_.is_draining() && !was_in_)) return hr::lend_e_closed;
        if (asked_.stop != nullptr && asked_.stop->stop_requested()) return hr::lend_e_cancelled;
        if (core_.paused == pause_mode::fail) return hr::lend_e_paused;
        return std::nullopt;
    }

    // Under the lock.
    void enter_the_queue() noexcept {
        // Relaxed: the node is not in the queue, no other thread sees it.
        me_.state.store(waiter_state::waiting, std::memory_order_relaxed);
        me_.slot = nullptr;
        me_.refusal.reset();
        me_.dismissed = me_.owes_a_look = false;
        me_.due = check_due::usual;
        check_.is_over();
        make::comes(core_);
        if (was_in_) {
            core_.waiters.push_front(me_);
        } else {
            if (core_.delay.is_on()) core_.delay.arrival(began_, core_.waiters.empty());
            core_.waiters.push(me_);
            ++core_.counted.waited;
            core_.times.joined();
        }
        joined_ = was_in_ = true;
        // Behind a waiter that is covered, something in doubt may be idle.
        const bool others_are_covered = core_.waiters.uncovered() < core_.waiters.size();
        me_.looked = Core::typed || core_.waiters.head() == &me_ || others_are_covered;
        me_.looks = must_look_ = me_.looked && core_.waiters.may_look(me_);
    }

    std::optional<result<held>> made_in(slot_type& place) noexcept {
        return steps::made(core_, place, asked_.wanted, back::on::another_thread, deadline_);
    }

    // Looks at every slot and leaves a flag in those in use.
    std::optional<result<held>> look_around() noexcept {
        must_look_ = false;
        const auto doubts = check_.is_on() ? look::doubtful::is_left : look::doubtful::is_taken;
        if constexpr (!Core::comparable) {
            auto found = look::look(core_, asked_.wanted, look::manner::as_a_waiter, doubts);
            if (found.best) {
                if (!check_.is_called_for(*found.best.slot, check_due::usual))
                    return leave_with(found.best);
                look::keep(core_, found.best);
                check_.bring(found.best);
            }
            unfit_ = found.unfit;
            missed_one_ = found.missed_one;
        }
        wakes wake;
        errand todo;
        slot_type* sent = nullptr;
        held victim;
        {
            lock_type lock(core_.mutex);
            if (heard(me_) == waiter_state::answered) {
                // What this one was told to look for is still there for the next.
                core_.waiters.poke(core_.waiters.head(), wake);
                step_out(lock, wake);
                return std::nullopt;
            }
            if (take_kind(doubts, wake)) {
                step_out(lock, wake);
                return std::nullopt;
            }
            sent = check_.send();
            if (core_.options.creation == creation_mode::inline_ && !check_.is_on()) {
                if (slot_type* const place = make::reserve_for_caller(core_, asked_.wanted)) {
                    // One place is taken. If there is another, it is for the next; if not, the next
                    // may have to make room.
                    core_.waiters.leave(me_, Core::typed || core_.room() > 0, wake);
                    joined_ = false;
                    step_out(lock, wake);
                    return made_in(*place);
                }
                if (is_hopeless()) {
                    core_.waiters.leave(me_, false, wake);
                    joined_ = false;
                    step_out(lock, wake);
                    return result<held>(hr::e_outofmemory);
                }
            }
            todo = make::plan_as_waiter(core_, wake);
            me_.looks = false;
            // Of two that came back it was told of, it has one checked; the other is for the next.
            if (!Core::typed && check_.is_on())
                core_.waiters.poke(quota<Core>::first_served(core_), wake);
            // In one step with the plan, or somebody might take the room between the two.
            victim = victim_for_room();
            retry_at_ = next_try();
        }
        wake.deliver();
        make_room(victim);
        must_look_ = sent != nullptr; // what is not in doubt may be behind what is
        if constexpr (Core::typed) pass_on();
        return start(todo, sent);
    }

    // Where lend compares kinds, this is the look; under the lock. True if it got one.
    bool take_kind(typename look::doubtful doubts, wakes& wake) noexcept {
        if constexpr (Core::comparable) {
            const held found =
                look::take_kind(core_, asked_.wanted, look::manner::as_a_waiter, doubts);
            if (!found) return false;
            if (check_.is_called_for(*found.slot, check_due::usual)) {
                check_.bring(found);
                return false;
            }
            got_ = found;
            leave_for(got_, wake);
        }
        return static_cast<bool>(got_);
    }

    // Under the lock: out of the queue, with what was found idle.
    void leave_for(const held& found, wakes& wake) noexcept {
        core_.waiters.leave(me_, true, wake);
        if (core_.watches_returns()) found.slot->word.call_in();
    }

    // Lets the lock go for good: wakes whom something is for, and gives back what was unfit.
    void step_out(lock_type& lock, wakes& wake) noexcept {
        lock.unlock();
        wake.deliver();
        put_back_all();
    }

    void put_back_all() noexcept {
        look::put_back(core_, std::exchange(unfit_, held{}));
        look::put_back(core_, check_.take_candidate());
    }

    // Nothing can be made for want of memory, and nothing is there that could come back. Under the
    // lock.
    [[nodiscard]] bool is_hopeless() const noexcept {
        return core_.lacks_memory() && core_.size == 0;
    }

    // Starts the workers that were planned, and the one for the slot that was sent. Where no thread
    // can be had, this caller leaves the queue, and checks or makes one itself, as with inline
    // creation.
    std::optional<result<held>> start(const errand& todo, slot_type* sent = nullptr) noexcept {
        if (!check_.start(sent)) {
            make::start(core_, todo);
            return leave_with({sent, sent->word.peek()});
        }
        const std::size_t refused = make::try_start(core_, todo);
        if (refused == 0) return std::nullopt;
        wakes wake;
        slot_type* place = nullptr;
        {
            const lock_type lock(core_.mutex);
            if (!core_.closing && heard(me_) != waiter_state::answered)
                place = make::take_over(core_, asked_.wanted);
            if (place != nullptr) {
                core_.waiters.leave(me_, Core::typed || core_.room() > 0, wake);
                joined_ = false;
            }
        }
        wake.deliver();
        make::withdraw(core_, refused, place == nullptr ? refused : refused - 1);
        if (place == nullptr) return std::nullopt;
        return made_in(*place);
    }

    // Where each waiter tries for itself, what does not fit this one may fit the next. Not before
    // it is put back: the next would find it in use and ask for it, and so on in turns.
    void pass_on() noexcept {
        wakes wake;
        {
            const lock_type lock(core_.mutex);
            if (heard(me_) == waiter_state::answered) {
                core_.waiters.poke(core_.waiters.head(), wake);
            } else {
                // The waiter for whom one was spared may have been served otherwise before its turn
                // to look came.
                must_look_ |= spared_one_ && may_make_room() &&
                              making_room<Core>::is_there(core_, asked_.wanted);
                core_.waiters.looked(me_, wake);
            }
        }
        wake.deliver();
    }

    // Out of the queue with a resource that was found idle. If an answer came meanwhile, one of
    // the two goes back.
    std::optional<result<held>> leave_with(held found) noexcept {
        wakes wake;
        bool answered = false;
        {
            lock_type lock(core_.mutex);
            answered = heard(me_) == waiter_state::answered;
            if (answered) {
                core_.waiters.poke(core_.waiters.head(), wake); // not every slot was looked at
            } else {
                leave_for(found, wake);
            }
        }
        if (answered && me_.slot != nullptr) {
            look::put_back(core_, found);
            wake.deliver();
            return answer();
        }
        look::keep(core_, found);
        wake.deliver();
        got_ = found;
        return std::nullopt;
    }

    // Has been told something, or has slept for long enough, or neither.
    std::optional<result<held>> listen() noexcept {
        if (heard(me_) == waiter_state::answered) return answer();
        const time_point now = platform::now();
        wakes wake;
        errand todo;
        {
            lock_type lock(core_.mutex);
            // What was said may have changed before the lock was had.
            const std::uint32_t said = heard(me_);
            if (said == waiter_state::answered) {
                lock.unlock();
                return answer();
            }
            if (now >= deadline_) {
                core_.waiters.leave(me_, false, wake);
                lock.unlock();
                wake.deliver();
                return late();
            }
            const bool tries_another = check_.gives_up_on(now);
            if (said == waiter_state::poked || (tries_another && core_.waiters.may_look(me_))) {
                core_.waiters.awake(me_);
                must_look_ = true;
                return std::nullopt;
            }
            if (said == waiter_state::reminded) core_.waiters.remembers(me_);
            if constexpr (Core::typed) {
                // Others may have taken the room that was there; then something must make room.
                const bool no_room = core_.room() == 0;
                if (now >= retry_at_ && no_room && core_.waiters.may_look(me_)) {
                    core_.waiters.awake(me_);
                    must_look_ = true;
                    return std::nullopt;
                }
            }
            todo = make::plan_as_waiter(core_, wake);
            retry_at_ = next_try();
        }
        wake.deliver();
        return start(todo);
    }

    std::optional<result<held>> answer() noexcept {
        check_.is_over();
        if (me_.dismissed) {
            if (me_.owes_a_look) pass_the_poke();
            return dismissed(me_.refusal->code());
        }
        if (me_.slot == nullptr) return result<held>(*me_.refusal);
        got_ = {me_.slot, me_.word};
        return std::nullopt;
    }

    void pass_the_poke() noexcept {
        wakes wake;
        {
            const lock_type lock(core_.mutex);
            core_.waiters.poke(core_.waiters.head(), wake);
        }
        wake.deliver();
    }

    // Somebody else found the reason.
    result<held> dismissed(hresult code) noexcept {
        if (code == hr::lend_e_timed_out) return late();
        return refusing<Core>::after_waiting(core_, code, between(began_, platform::now()));
    }

    // Under the lock, after planning: when to plan again, if this is the one who keeps the time.
    [[nodiscard]] time_point next_try() noexcept {
        if (heard(me_) == waiter_state::answered) return (time_point::max)(); // by the plan
        return core_.waiters.keep_time(me_, make::next_look(core_));
    }

    // Under the lock, at the end of a look: at the maximum, with nothing under way for this caller,
    // a resource of another type that nobody waits for makes room. Where only the driver can tell,
    // it is unwanted when the last of a round has looked, and at each of them.
    held victim_for_room() noexcept {
        using room = making_room<Core>;
        spared_one_ = false;
        if (!may_make_room()) return {};
        if constexpr (Core::comparable)
            return room::take(core_, asked_.wanted, look::manner::as_a_waiter, &spared_one_);
        if (missed_one_ || !core_.waiters.ends_the_round(me_)) return {};
        return std::exchange(unfit_, held{});
    }

    [[nodiscard]] bool may_make_room() const noexcept {
        const std::size_t to_come = core_.creates.size() + core_.room_to_come();
        return making_room<Core>::may(core_, asked_.wanted) && to_come < core_.demand();
    }

    void make_room(const held& victim) noexcept {
        put_back_all();
        if (!victim) return;
        const bool viewed = lending_word::has(victim.word, lending_word::viewed);
        (void)back::destroy(core_, *victim.slot, viewed ? back::use::view : back::use::look,
                            destroy_reason::made_room, back::on::another_thread);
    }

    Core& core_;
    const request_type& asked_;
    held unfit_;
    time_point began_;
    time_point deadline_;
    time_point retry_at_ = (time_point::max)();
    span<platform> traced_{core_.events, span_kind::wait, asked_.traced(core_.options.name)};
    waiter_type me_;
    awaited_check<Core> check_;
    held got_;
    bool joined_ = false;     // and has not heard an answer yet
    bool was_in_ = false;     // has joined at least once
    bool has_tried_ = false;  // to join, at least once
    bool must_look_ = false;  // before it may sleep
    bool missed_one_ = false; // in its last look: another caller looked at it
    bool spared_one_ = false; // in its last look: another waiter may have a use for it
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_WAITING_HPP
