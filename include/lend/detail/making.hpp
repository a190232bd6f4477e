// SPDX-License-Identifier: MIT
/// @file
/// How a resource comes into being: a place is reserved under the lock, the driver creates with no
/// lock held, on the caller's thread or a worker's, and the result goes to whoever waits. A create
/// that takes too long is given up.

#ifndef LEND_DETAIL_MAKING_HPP
#define LEND_DETAIL_MAKING_HPP

#include <lend/detail/births.hpp>
#include <lend/detail/core.hpp>
#include <lend/detail/creates_in_flight.hpp>
#include <lend/detail/handing.hpp>
#include <lend/detail/planning.hpp>
#include <lend/detail/settling_in.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// A create is nobody's: whoever asked for it may be served by a resource that came back, or leave,
// and the result goes to the first whom it fits, or to the inventory. One that a worker finds
// nobody waiting for is not begun.
template <class Core>
struct making : planning<Core> {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using resource = typename Core::resource;
    using resource_type = typename Core::resource_type;
    using calls = typename Core::calls;
    using wakes = typename Core::wakes;
    using time_point = typename Core::time_point;
    using duration = typename Core::duration;
    using plan = planning<Core>;
    using errand = typename plan::errand;
    using record = running_create<slot_type>;
    using settled = settling_in<Core>;

    // Starts the workers that were planned. Where no thread can be had, the rest is left undone:
    // the first of those who wait tries again, and makes one itself if that fails, too.
    static void start(Core& core, const errand& todo) noexcept {
        if (const std::size_t refused = try_start(core, todo)) withdraw(core, refused, refused);
    }

    // The same; returns how many could not be started, for which the caller calls `withdraw` or
    // `work_instead`.
    [[nodiscard]] static std::size_t try_start(Core& core, const errand& todo) noexcept {
        for (std::size_t at = 0; at < todo.given_up; ++at) core.events.create_failed(*todo.why);
        lend::executor* const executor = core.options.executor.get();
        std::size_t refused = 0;
        for (std::size_t at = 0; at < todo.workers; ++at) {
            if (at >= todo.own && executor != nullptr && executor->execute(&work_when_run, &core))
                continue;
            count_workers(core, 1);
            refused += core.start_thread("create", &work) ? 0U : 1U;
        }
        return refused;
    }

    // For workers that could not be started: takes back what they were to do, up to `jobs` creates,
    // and then their shares.
    static void withdraw(Core& core, std::size_t workers, std::size_t jobs) noexcept {
        wakes wake;
        lock_type lock(core.mutex);
        for (; jobs > 0; --jobs) {
            slot_type* const s = core.creates.next_queued();
            if (s == nullptr) break;
            core.end_type(*s);
            if (!core.vacate(lock, *s)) lock.lock(); // the workers' shares keep the core
            core.warm_ups.tell_all();
            core.waiters.poke(quota<Core>::first_served(core), wake);
        }
        core.workers -= workers;
        for (std::size_t at = 1; at < workers; ++at) {
            // Relaxed: the last one is given back in order.
            core.shares.fetch_sub(1, std::memory_order_relaxed);
        }
        core.leave_closed(lock);
        wake.deliver();
    }

    // Creates in a reserved slot on the calling thread, once, and keeps the resource for the
    // caller. On failure the slot is vacant again; with a closed pool, the core may be gone. An
    // empty word: the pool was paused meanwhile, so the resource stays there; or the resource was
    // condemned while it was made, and is gone. Whether there is time for another is the caller's
    // business. `until`: its deadline, for a driver that takes one.
    static result<lending_word::type>
    make_for_caller(Core& core,
                    slot_type& s,
                    const resource_type* wanted,
                    time_point until = (time_point::max)()) noexcept {
        const own_calls<platform> here(&core, &s);
        const time_point began = platform::now();
        std::chrono::nanoseconds took{0};
        result<resource> made = settled::create(
            core, *wanted, (std::min)(until, settled::deadline_of_create(core)), took);
        core.times.created(made.has_value(), took);
        const time_point ended = platform::now();
        if (const std::optional<error> failure = settled::settle(core, s, *wanted, made)) {
            give_up(core, s, wanted, &*failure, began, nullptr);
            return *failure;
        }
        lock_type lock(core.mutex);
        core.creates.caller_ends();
        const bool outdated = is_condemned(s);
        const destroy_reason why = core.closing ? destroy_reason::closed : s.why;
        (void)settled::note_success(core, s, began, ended);
        if (core.closing || outdated) {
            const bool closed = core.closing;
            discard_unwanted(core, lock, s, why);
            if (closed) return hr::lend_e_closed;
            return lending_word::type{lending_word::empty};
        }
        if (core.paused) {
            leave_in_paused(core, lock, s);
            return lending_word::type{lending_word::empty};
        }
        return take_out(core, lock, s);
    }

    // A resource has left a slot; its place serves the waiters. Lets the lock go. The core may be
    // gone afterwards.
    static void leave_vacant(Core& core, lock_type& lock, slot_type& s) noexcept {
        if (!core.vacate(lock, s)) return;
        wakes wake;
        const errand todo = plan::plan_for_waiters(core, wake);
        handing<Core>::place_left(core, wake);
        lock.unlock();
        wake.deliver();
        start(core, todo);
    }

    // Runs queued creates on the calling thread, in the place of so many workers.
    static void work_here(Core& core, std::size_t workers) noexcept {
        count_workers(core, workers);
        work_instead(core, workers);
    }
    // The same for workers that could not be started.
    static void work_instead(Core& core, std::size_t workers) noexcept {
        for (std::size_t at = 0; at < workers; ++at) work(&core);
    }

private:
    static void count_workers(Core& core, std::size_t count) noexcept {
        const lock_type lock(core.mutex);
        core.workers += count;
    }

    // On a thread of the user's, who knows when; until then the closer need not wait for it.
    static void work_when_run(void* raw) {
        count_workers(*static_cast<Core*>(raw), 1);
        work(raw);
    }

    // A worker: takes one queued create after the other, then ends.
    static void work(void* raw) {
        Core& core = *static_cast<Core*>(raw);
        const own_calls<platform> here(&core, nullptr, 1);
        lock_type lock(core.mutex);
        while (slot_type* const s = core.creates.next_queued()) make_next(core, lock, *s);
        --core.workers;
        core.leave_closed(lock);
    }

    // With the lock, which is let go while the driver works.
    static void make_next(Core& core, lock_type& lock, slot_type& s) noexcept {
        record r;
        r.slot = &s;
        start_clock(core, r);
        if (!core.closing)
            births<Core>::begin(core, s); // nothing was made of what is condemned by now
        const std::size_t counted = core.plan.counted_on(r.began, core.creates);
        const std::size_t ahead = counted - (std::min)(counted, core.creates.queued());
        r.in_advance = s.type.has_value();
        const bool asked_for =
            r.in_advance || (!core.paused && ahead < quota<Core>::to_be_run(core));
        const bool skip = core.closing || core.surplus() > 0 || !asked_for;
        const std::optional<resource_type> wanted = type_for(core, s, ahead);
        s.type.reset();
        if (wanted) {
            quota<Core>::charge(s, *wanted, true);
            r.type = &*wanted;
        }
        r.claimed = skip || !wanted;
        wakes wake;
        enter(core, r, wake);
        lock.unlock();
        wake.deliver();
        if (r.claimed) {
            const error no_memory(hr::e_outofmemory);
            const bool silent = skip || quota<Core>::on; // a key may have enough by now
            give_up(core, s, nullptr, silent ? nullptr : &no_memory, r.began, &r);
        } else {
            make_for_anyone(core, r, s);
        }
        lock.lock();
    }

    // What a queued create is to make: what it was queued for, else the type of the first waiter
    // for whom none is made yet, if those in the making come to those who came first. Who gets
    // nothing after all is planned for again. Where nobody waits, the type that was made last, for
    // the idle ones that are kept ready.
    static std::optional<resource_type>
    type_for(Core& core, const slot_type& s, std::size_t ahead) noexcept {
        if constexpr (!Core::traits::has_resource_type) {
            return resource_type{};
        } else {
            LEND_TRY {
                if (s.type) return s.type;
                if constexpr (quota<Core>::on) return key_for(core);
                for (auto* w = core.waiters.head(); w != nullptr; w = w->next) {
                    if (w->checked != nullptr && w->next != nullptr) continue;
                    if (ahead-- == 0 || w->next == nullptr) return *w->wanted;
                }
                return core.usual_type;
            }
            LEND_CATCH_ALL { return std::nullopt; } // the type could not be copied
        }
        return std::nullopt;
    }

    // Where types have a maximum each: that of the first waiter whose type may have one more, and
    // for whom none is made yet; if one is being made for each, but is not counted on any more,
    // that of the first whose type may have another.
    static std::optional<resource_type> key_for(Core& core) noexcept {
        if constexpr (quota<Core>::on) {
            const auto* w = quota<Core>::first_served(core);
            if (w == nullptr) w = quota<Core>::first_with_room(core);
            if (w != nullptr) return *w->wanted;
        }
        return std::nullopt;
    }

    static void start_clock(const Core& core, record& r) noexcept {
        r.began = platform::now();
        r.given_up_before = core.plan.given_up();
    }

    // Somebody looks after it from now on: one of those who wait, and the housekeeper.
    static void enter(Core& core, record& r, wakes& wake) noexcept {
        core.creates.begin(r);
        core.expect_chore(plan::next_give_up(core));
        plan::see_to_the_time(core, wake);
    }

    // `s`: the record's slot as it was; it is taken out of the record if the create is given up.
    static void make_for_anyone(Core& core, record& r, const slot_type& s) noexcept {
        const own_calls<platform> here(&core, &s);
        for (;;) {
            std::chrono::nanoseconds took{0};
            result<resource> made =
                settled::create(core, *r.type, settled::deadline_of_create(core), took);
            const time_point ended = platform::now();
            slot_type* const mine = claim(core, r);
            if (mine == nullptr) return bury(core, made, r.began, ended, took);
            core.times.created(made.has_value(), took);
            if (const auto failure = settled::settle(core, *mine, *r.type, made))
                return give_up(core, *mine, r.type, &*failure, r.began, &r);
            lock_type lock(core.mutex);
            const bool outdated = !core.closing && is_condemned(*mine);
            if (outdated && !is_wanted(core, r)) {
                const destroy_reason why = mine->why;
                core.creates.end(r);
                (void)settled::note_success(core, *mine, r.began, ended);
                return discard_unwanted(core, lock, *mine, why);
            }
            const bool again = outdated && start_over(core, lock, *mine);
            core.creates.end(r);
            if (again) {
                wakes wake;
                r.claimed = false;
                start_clock(core, r);
                enter(core, r, wake);
                lock.unlock();
                wake.deliver();
            } else if (outdated) {
                core.warm_ups.tell_all();
                (void)core.vacate(lock, *mine);
                return;
            } else {
                return give_to_anyone(core, lock, r, ended);
            }
        }
    }

    // Whether there is still a caller, or a warm-up, for whom to try once more.
    static bool is_wanted(const Core& core, const record& r) noexcept {
        return r.in_advance || core.demand() > 0;
    }

    // With the lock, which is let go. The worker's share keeps the core.
    static void
    give_to_anyone(Core& core, lock_type& lock, const record& r, time_point ended) noexcept {
        slot_type& s = *r.slot;
        const bool news = settled::note_success(core, s, r.began, ended);
        core.warm_ups.came_up(
            [&](const resource_type& t) { return r.in_advance && plan::is_kind(t, *r.type); });
        quota<Core>::made(s);
        if (core.closing) return discard_unwanted(core, lock, s, destroy_reason::closed);
        if (core.surplus() > 0) return discard_unwanted(core, lock, s, destroy_reason::shrunk);
        if (core.is_draining() && core.waiters.empty())
            return discard_unwanted(core, lock, s, destroy_reason::closed);
        if (core.fate() != 0 && (core.waiters.empty() || core.paused))
            return discard_unwanted(core, lock, s, destroy_reason::unpooled);
        wakes wake;
        const auto count = lending_word::count_of(s.word.peek());
        handing<Core>::give_away(core, s, count, handing<Core>::how::directly, wake,
                                 settled::check_when_new(core));
        // It may have been of no use to those who wait, or the first after failures.
        const errand todo = plan::plan_for_waiters(core, wake);
        if (news && core.limits.min_idle != 0) core.call_housekeeper();
        lock.unlock();
        wake.deliver();
        start(core, todo);
    }

    // A caller made it for itself. With the lock, which is let go.
    static lending_word::type take_out(Core& core, lock_type& lock, slot_type& s) noexcept {
        wakes wake;
        const bool more = !core.waiters.empty() || core.watches_returns();
        const lending_word::type word = lending_word::count_of(s.word.peek()) |
                                        lending_word::in_use | core.fate() |
                                        (more ? lending_word::wanted : lending_word::empty);
        s.word.become(word);
        // It may be the first after failures, or tell how long the others may take.
        const errand todo = plan::plan_for_waiters(core, wake);
        lock.unlock();
        wake.deliver();
        start(core, todo);
        return word;
    }

    // The same if nobody may take it for now.
    static void leave_in_paused(Core& core, lock_type& lock, slot_type& s) noexcept {
        if (core.fate() != 0) {
            discard_unwanted(core, lock, s, destroy_reason::unpooled);
        } else if (core.surplus() > 0) {
            discard_unwanted(core, lock, s, destroy_reason::shrunk);
        } else {
            s.word.become(core.idle_word(s, lending_word::count_of(s.word.peek())));
        }
    }

    static bool is_condemned(const slot_type& s) noexcept {
        return lending_word::has(s.word.peek(), lending_word::condemned);
    }

    // What was made is of an older generation than what is wanted by now. It goes, and the slot is
    // as it was before the create. With the lock, which is let go meanwhile; false if the pool was
    // closed then.
    static bool start_over(Core& core, lock_type& lock, slot_type& s) noexcept {
        const destroy_reason why = s.why; // the slot stays in creation, so it counts as staying
        ++core.counted.created;
        core.count_closed(why);
        lock.unlock();
        (void)core.destroy_in(s, why);
        lock.lock();
        ++core.counted.destroyed;
        if (core.closing) return false;
        births<Core>::begin(core, s);
        return true;
    }

    // By the worker, when the driver has answered. Null if the create was given up.
    static slot_type* claim(Core& core, record& r) noexcept {
        const lock_type lock(core.mutex);
        r.claimed = true;
        return r.slot;
    }

    static void bury(Core& core,
                     result<resource>& made,
                     time_point began,
                     time_point ended,
                     std::chrono::nanoseconds took) noexcept {
        settled::bury(core, made, began, ended, took);
        wakes wake;
        errand todo;
        {
            const lock_type lock(core.mutex);
            if (!core.closing) todo = plan::plan_for_waiters(core, wake);
        }
        wake.deliver();
        start(core, todo);
    }

    // A resource that was made and is not to be kept, because the pool was closed or shrunk
    // meanwhile. Lets the lock go. The core may be gone afterwards.
    static void
    discard_unwanted(Core& core, lock_type& lock, slot_type& s, destroy_reason why) noexcept {
        const lending_word::type seen = s.word.peek();
        s.word.become(lending_word::count_of(seen) | (seen & lending_word::closing) |
                      lending_word::destroying);
        core.count_closed(why);
        {
            wakes wake;
            const errand todo = plan::plan_for_waiters(core, wake); // one create fewer is in flight
            lock.unlock();
            wake.deliver();
            start(core, todo);
        }
        (void)core.destroy_in(s, why);
        lock.lock();
        ++core.counted.destroyed;
        leave_vacant(core, lock, s);
    }

    // A create failed, or was not tried (no `why`). If nothing that exists or is being made can
    // serve those who wait, they are told now; otherwise they go on waiting, and one of them tries
    // again later. `r`: the record of a worker's create; null for a caller's. The core may be gone
    // afterwards.
    static void give_up(Core& core,
                        slot_type& s,
                        const resource_type* wanted,
                        const error* why,
                        time_point began,
                        record* r) noexcept {
        if (why != nullptr) core.events.create_failed(*why);
        wakes wake;
        errand todo;
        {
            lock_type lock(core.mutex);
            r != nullptr ? core.creates.end(*r) : core.creates.caller_ends();
            const bool is_told = why != nullptr && wanted != nullptr && plan::tells(core, began);
            if (wanted != nullptr && why != nullptr) {
                // On their own thread they would not pause.
                const bool for_good = is_told || core.options.creation == creation_mode::inline_;
                plan::tell_warm_ups(core, *wanted, *why, for_good);
            } else {
                core.warm_ups.tell_all();
            }
            if (why != nullptr) settled::note_failure(core, began, platform::now(), *why);
            if (!core.vacate(lock, s)) return;
            plan::expect_probe(core);
            if (is_told) plan::refuse_hopeless(core, *wanted, *why, wake);
            todo = plan::plan_for_waiters(core, wake);
            handing<Core>::place_left(core, wake);
        }
        wake.deliver();
        start(core, todo);
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_MAKING_HPP
