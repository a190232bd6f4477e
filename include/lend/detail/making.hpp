// SPDX-License-Identifier: MIT
/// @file
/// How a resource comes into being: a place is reserved under the lock, the driver creates with no
/// lock held, on the caller's thread or a worker's, and the result goes to whoever waits.

#ifndef LEND_DETAIL_MAKING_HPP
#define LEND_DETAIL_MAKING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/handing.hpp>
#include <lend/detail/measuring.hpp>
#include <lend/detail/ordering.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// Invariant: a slot in creation counts in `size` from the reservation to the end, so creates that
// run at the same time can never exceed the maximum together.
template <class Core>
struct making {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using resource = typename Core::resource;
    using resource_type = typename Core::resource_type;
    using calls = typename Core::calls;
    using wakes = typename Core::wakes;

    // ---- under the lock -------------------------------------------------------------------

    // Takes a vacant slot for a create; null if the maximum is reached or memory is out.
    static slot_type* reserve(Core& core) noexcept {
        if (core.closing || core.room() == 0) return nullptr;
        if (core.is_draining() && core.waiters.empty()) return nullptr; // for nobody
        if (core.vacant == nullptr) {
            std::size_t added = 0;
            slot_type* fresh = core.slots.grow(
                core.limits.max_size + core.reclaimed - core.slots.size(), &core, added);
            if (fresh == nullptr) return nullptr;
            for (std::size_t at = added; at-- > 0;) {
                fresh[at].next = core.vacant;
                core.vacant = fresh + at;
            }
        }
        slot_type* const s = core.vacant;
        core.vacant = s->next;
        s->next = nullptr;
        checks<Core>::size_may_grow(core);
        ++core.size;
        core.begin_birth(*s);
        checks<Core>::size_is_right(core);
        return s;
    }

    // The same for a caller who is to have what is made, now.
    static slot_type* reserve_for_caller(Core& core, const resource_type& wanted) noexcept {
        if (core.paused || !quota<Core>::has_room(wanted)) return nullptr;
        slot_type* const s = reserve(core);
        if (s != nullptr) quota<Core>::charge(*s, wanted, false);
        return s;
    }

    // Queues as many creates as `demand` asks for. The caller lets the lock go and calls
    // `start_workers` with what this returns.
    static std::size_t plan(Core& core, std::size_t demand) noexcept {
        if (core.is_draining() && core.waiters.empty()) return 0;
        const std::size_t starts = core.plan.starts(demand, core.creating, core.room());
        const std::size_t queued = queue(core, starts);
        if (queued < starts) core.plan.failed(); // memory is out: as after a create that failed
        return queued;
    }

    // Queues up to `count` creates, of the given type or, without one, of what is waited for by
    // then; fewer if there is no room or no memory.
    static std::size_t
    queue(Core& core, std::size_t count, const resource_type* type = nullptr) noexcept {
        std::size_t queued = 0;
        while (queued < count) {
            if (type != nullptr && !quota<Core>::has_room(*type)) break;
            slot_type* const s = reserve(core);
            if (s == nullptr) break;
            if (type != nullptr) quota<Core>::charge(*s, *type, true);
            if (type != nullptr && !name(*s, *type)) {
                core.empty(*s);
                s->next = core.vacant;
                core.vacant = s;
                break;
            }
            (core.jobs == nullptr ? core.jobs : core.last_job->next) = s;
            core.last_job = s;
            ++queued;
        }
        core.creating += queued;
        core.workers += queued;
        for (std::size_t at = 0; at < queued; ++at) core.add_share();
        return queued;
    }

    // For callers that wait: one create for each of them. With inline creation they create for
    // themselves, so they are told to look.
    static std::size_t plan_for_waiters(Core& core, wakes& wake) noexcept {
        if (core.demand() == 0) return 0;
        if (core.options.creation == creation_mode::worker) {
            const std::size_t queued = plan(core, core.demand());
            // Who gets none of these may find that something unwanted makes room.
            const bool full = core.room() == 0 && core.creating < core.demand();
            if (Core::typed && queued > 0 && full)
                core.waiters.poke(quota<Core>::first_served(core), wake);
            return queued;
        }
        if (core.room() > 0) core.waiters.poke(quota<Core>::first_served(core), wake);
        return 0;
    }

    // ---- without the lock -----------------------------------------------------------------

    // Starts a worker for each queued create. Where no thread can be had, the caller works.
    static void start_workers(Core& core, std::size_t count) noexcept {
        for (std::size_t at = 0; at < count; ++at) {
            if (!platform::start_thread("lend-create", &work, &core)) work(&core);
        }
    }

    // Creates in a reserved slot on the calling thread and keeps the resource for the caller.
    // On failure the slot is vacant again; with a closed pool, the core may be gone. An empty word:
    // the pool was paused meanwhile, so the resource stays there.
    static result<lending_word::type>
    make_for_caller(Core& core, slot_type& s, const resource_type* wanted) noexcept {
        for (;;) {
            if (const std::optional<error> failure = create_in(core, s, *wanted)) {
                give_up(core, s, wanted, &*failure, whose::callers);
                return *failure;
            }
            lock_type lock(core.mutex);
            if (!core.closing && is_condemned(s)) {
                if (start_over(core, lock, s)) continue;
                (void)core.vacate(lock, s);
                return hr::lend_e_closed;
            }
            const bool recovered = succeeded(core, s);
            if (core.closing) {
                discard_unwanted(core, lock, s, destroy_reason::closed);
                return hr::lend_e_closed;
            }
            const auto count = lending_word::count_of(s.word.peek());
            if (core.paused) {
                if (core.fate() != 0) {
                    discard_unwanted(core, lock, s, destroy_reason::unpooled);
                } else if (core.surplus() > 0) {
                    discard_unwanted(core, lock, s, destroy_reason::shrunk);
                } else {
                    s.word.become(core.idle_word(s, count));
                }
                return lending_word::type{lending_word::empty};
            }
            wakes wake;
            const bool more = !core.waiters.empty() || core.watches_returns();
            const lending_word::type word = count | lending_word::in_use | core.fate() |
                                            (more ? lending_word::wanted : lending_word::empty);
            s.word.become(word);
            const std::size_t starts = recovered ? plan_for_waiters(core, wake) : 0;
            lock.unlock();
            wake.deliver();
            start_workers(core, starts);
            return word;
        }
    }

    // Runs queued creates on the calling thread.
    static void work_here(Core& core, std::size_t count) noexcept {
        for (std::size_t at = 0; at < count; ++at) work(&core);
    }

    // Whether two types are known to be the same; true where only the driver can tell.
    static bool is_kind(const resource_type& a, const resource_type& b) {
        if constexpr (Core::comparable) {
            return a == b;
        }
        return true;
    }

private:
    // To whom the result of a create belongs.
    enum class whose : std::uint8_t { callers, anyones };

    // A worker: takes one queued create after the other, then ends.
    static void work(void* raw) {
        Core& core = *static_cast<Core*>(raw);
        lock_type lock(core.mutex);
        while (slot_type* const s = next_job(core)) {
            const std::optional<resource_type> wanted = type_for(core, *s);
            ++core.begun;
            if (!core.closing) core.begin_birth(*s); // nothing was made of what is condemned by now
            const bool skip = core.closing || core.surplus() > 0;
            const bool no_memory = !wanted && !core.waiters.empty() && !quota<Core>::on;
            if (wanted) quota<Core>::charge(*s, *wanted, true);
            lock.unlock();
            if (skip || !wanted) {
                s->type.reset();
                const error why(hr::e_outofmemory);
                give_up(core, *s, nullptr, no_memory && !skip ? &why : nullptr, whose::anyones);
            } else {
                make_for_anyone(core, *s, *wanted);
            }
            lock.lock();
        }
        --core.workers;
        core.leave_closed(lock);
    }

    static bool name(slot_type& s, const resource_type& type) noexcept {
        LEND_TRY {
            s.type.emplace(type);
            return true;
        }
        LEND_CATCH_ALL { return false; } // the type could not be copied
        return false;
    }

    static slot_type* next_job(Core& core) noexcept {
        slot_type* const s = core.jobs;
        if (s != nullptr) {
            core.jobs = s->next;
            s->next = nullptr;
        }
        return s;
    }

    // What a queued create is to make: what it was queued for, else the type of the first waiter
    // for whom none is made yet, if those in the making come to those who came first. Who gets
    // nothing after all is planned for again. Where nobody waits, the type that was made last, for
    // the idle ones that are kept ready.
    static std::optional<resource_type> type_for(Core& core, const slot_type& s) noexcept {
        if constexpr (!Core::traits::has_resource_type) {
            return resource_type{};
        } else {
            LEND_TRY {
                if (s.type) return s.type;
                if constexpr (quota<Core>::on) return key_for(core);
                std::size_t ahead = core.begun;
                for (auto* w = core.waiters.head(); w != nullptr; w = w->next) {
                    if (ahead-- == 0 || w->next == nullptr) return *w->wanted;
                }
                return core.usual_type;
            }
            LEND_CATCH_ALL { return std::nullopt; } // the type could not be copied
        }
        return std::nullopt;
    }

    // Where types have a maximum each: that of the first waiter whose type may have one more, and
    // for whom none is made yet.
    static std::optional<resource_type> key_for(Core& core) noexcept {
        if constexpr (quota<Core>::on) {
            for (auto* w = core.waiters.head(); w != nullptr; w = w->next) {
                if (quota<Core>::calls_for(*w->wanted)) return *w->wanted;
            }
            if (core.usual_type && quota<Core>::has_room(*core.usual_type)) return core.usual_type;
        }
        return std::nullopt;
    }

    static void make_for_anyone(Core& core, slot_type& s, const resource_type& wanted) noexcept {
        for (;;) {
            if (const std::optional<error> failure = create_in(core, s, wanted)) {
                give_up(core, s, &wanted, &*failure, whose::anyones);
                return;
            }
            lock_type lock(core.mutex);
            const bool outdated = !core.closing && is_condemned(s);
            if (outdated && start_over(core, lock, s)) continue;
            --core.creating;
            --core.begun;
            if (outdated) {
                core.warm_ups.failed(nullptr);
                (void)core.vacate(lock, s);
                return;
            }
            (void)succeeded(core, s);
            core.warm_ups.came_up();
            quota<Core>::made(s);
            if (core.closing) return discard_unwanted(core, lock, s, destroy_reason::closed);
            if (core.surplus() > 0) return discard_unwanted(core, lock, s, destroy_reason::shrunk);
            if (core.is_draining() && core.waiters.empty())
                return discard_unwanted(core, lock, s, destroy_reason::closed);
            if (core.fate() != 0 && (core.waiters.empty() || core.paused))
                return discard_unwanted(core, lock, s, destroy_reason::unpooled);
            wakes wake;
            const auto count = lending_word::count_of(s.word.peek());
            handing<Core>::give_away(core, s, count, handing<Core>::how::directly, wake);
            // It may have been of no use to those who wait, or the first after failures.
            const std::size_t starts = plan_for_waiters(core, wake);
            lock.unlock();
            wake.deliver();
            start_workers(core, starts);
            return;
        }
    }

    static bool is_condemned(const slot_type& s) noexcept {
        return lending_word::has(s.word.peek(), lending_word::condemned);
    }

    // What was made is of an older generation than what is wanted by now. It goes, and the slot is
    // as it was before the create. With the lock, which is let go meanwhile; false if the pool was
    // closed then.
    static bool start_over(Core& core, lock_type& lock, slot_type& s) noexcept {
        const destroy_reason why =
            s.why; // the slot stays in creation, so that it counts as staying
        ++core.counted.created;
        core.count_closed(why);
        lock.unlock();
        (void)core.destroy_in(s, why);
        lock.lock();
        ++core.counted.destroyed;
        if (core.closing) return false;
        core.begin_birth(s);
        return true;
    }

    // The driver's create, the number, and the idle limit. Nothing is left behind on failure.
    static std::optional<error>
    create_in(Core& core, slot_type& s, const resource_type& wanted) noexcept {
        s.number = 0;
        LEND_TRY {
            s.type.emplace(wanted);
            checks<Core>::is_open(core);
            result<resource> made = measuring<Core>::create(core, *s.type);
            if (!made) {
                s.type.reset();
                return std::move(made).error();
            }
            auto number = core.numbers.insert({&s, 0});
            if (!number) {
                destroy_stray(core, *made);
                s.type.reset();
                return std::move(number).error();
            }
            s.number = *number;
            std::construct_at(std::addressof(s.object), std::move(*made));
            s.idle_limit = calls::idle_limit(core.driver, s.object, core.options.idle_timeout);
            checks<Core>::note_clean(s, true);
            core.events.created(s.number);
            return std::nullopt;
        }
        LEND_CATCH_ALL {
            // The type could not be copied.
            s.type.reset();
            return current_exception_as_error<platform>();
        }
        return error(hr::e_unexpected);
    }

    // A resource that was made but cannot be kept.
    static void destroy_stray(Core& core, resource& r) noexcept {
        (void)calls::destroy(core.driver, r,
                             [&](const error& e) { core.events.destroy_failed(0, e); });
    }

    // Under the lock. True if creates failed until now: then those who wait for the time of the
    // next try need not wait any longer.
    static bool succeeded(Core& core, slot_type& s) noexcept {
        const bool recovered = core.plan.failing();
        ++core.counted.created;
        core.plan.succeeded();
        core.last_create_error.reset();
        core.begin_life(s);
        ordering<Core>::came_back(core, s);
        if constexpr (Core::traits::has_resource_type) {
            LEND_TRY { core.usual_type = s.type; }
            LEND_CATCH_ALL { core.usual_type.reset(); }
        }
        core.start_housekeeper_if_needed();
        return recovered;
    }

    // A resource that was made and is not to be kept, because the pool was closed or shrunk
    // meanwhile. Lets the lock go. The core may be gone afterwards.
    static void
    discard_unwanted(Core& core, lock_type& lock, slot_type& s, destroy_reason why) noexcept {
        const lending_word::type seen = s.word.peek();
        s.word.become(lending_word::count_of(seen) | (seen & lending_word::closing) |
                      lending_word::destroying);
        core.count_closed(why);
        lock.unlock();
        (void)core.destroy_in(s, why);
        lock.lock();
        ++core.counted.destroyed;
        if (!core.vacate(lock, s)) return;
        wakes wake;
        const std::size_t starts = plan_for_waiters(core, wake);
        quota<Core>::place_left(core, wake);
        lock.unlock();
        wake.deliver();
        start_workers(core, starts);
    }

    // A create of this kind failed: tells those who wait for one and have nothing to hope for.
    static void
    refuse_hopeless(Core& core, const resource_type& kind, const error& why, wakes& wake) noexcept {
        if (core.size != 0 && (!Core::comparable || core.creating != 0 || exists(core, kind)))
            return;
        for (auto* w = core.waiters.head(); w != nullptr;) {
            auto* const next = w->next;
            if (core.size == 0 || is_kind(*w->wanted, kind)) {
                core.waiters.refuse(*w, why, wake);
            }
            w = next;
        }
    }

    // Whether there is a resource of this kind, free or lent.
    static bool exists(Core& core, const resource_type& kind) noexcept {
        return core.slots.find([&](slot_type& s) {
            const lending_word::type word = s.word.see();
            const bool lives = lending_word::is(word, lending_word::idle) ||
                               lending_word::is(word, lending_word::in_use);
            return lives && is_kind(*s.type, kind);
        }) != nullptr;
    }

    // A create failed, or was not tried (no `why`). If nothing that exists or is being made can
    // serve those who wait, they are told now; otherwise they go on waiting, and one of them tries
    // again later. The core may be gone afterwards.
    static void give_up(Core& core,
                        slot_type& s,
                        const resource_type* wanted,
                        const error* why,
                        whose create) noexcept {
        if (why != nullptr) core.events.create_failed(*why);
        wakes wake;
        std::size_t starts = 0;
        {
            lock_type lock(core.mutex);
            if (create == whose::anyones) {
                --core.creating;
                --core.begun;
                core.warm_ups.failed(why);
            }
            if (why != nullptr) {
                core.count_create_failed(*why);
                core.plan.failed();
            }
            if (!core.vacate(lock, s)) return;
            if (why != nullptr && wanted != nullptr) refuse_hopeless(core, *wanted, *why, wake);
            starts = plan_for_waiters(core, wake);
            quota<Core>::place_left(core, wake);
            // It finds out when to try again.
            if (core.plan.failing()) core.waiters.poke(quota<Core>::first_served(core), wake);
        }
        wake.deliver();
        start_workers(core, starts);
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_MAKING_HPP
