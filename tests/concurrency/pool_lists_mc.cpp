// SPDX-License-Identifier: MIT
/// @file
/// Model check of what a pool's threads read of its lists without the lock: the list of slots, and
/// what is said to those who wait. The code is that of include/lend/detail/slot.hpp and
/// waiters.hpp; each scenario must hold, and each mutant (one order weakened) must be caught by its
/// scenario, or is said to be equivalent. The numbers are those of the comments there.

#include <lend/detail/slot.hpp>
#include <lend/detail/waiters.hpp>
#include <lend/platform.hpp>

#include <support/checker.hpp>
#include <support/one_sleeper.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <type_traits>

namespace {

namespace mc = lend_test::mc;
using lend::detail::waiter_state;
using mc::expect;
using order = std::memory_order;

enum class mutant : std::uint8_t {
    none,
    slots_added, // (1) of slot.hpp
    first_seen,  // (2)
    next_seen,   // (3)
    poke,        // (1) of waiters.hpp
    answer,      // (2)
    hear,        // (3)
    remind,      // (4)
};

struct world {
    mc::one_sleeper sleeper;
    int looks = 0; // at the list of slots
};
world* the_world = nullptr;

template <class T, mutant M>
class atomic : public mc::atomic<T> {
    using base = mc::atomic<T>;

    static constexpr mutant said(T value) {
        if constexpr (std::is_same_v<T, std::uint32_t>) {
            return value == waiter_state::poked      ? mutant::poke
                   : value == waiter_state::answered ? mutant::answer
                                                     : mutant::remind;
        } else {
            return mutant::slots_added;
        }
    }

public:
    using base::base;

    T load(order o) const noexcept {
        if (o != order::acquire) return base::load(o);
        mutant here = mutant::hear;
        if (!std::is_same_v<T, std::uint32_t>)
            here = the_world->looks++ == 0 ? mutant::first_seen : mutant::next_seen;
        return base::load(M == here ? order::relaxed : o);
    }
    void store(T value, order o) noexcept {
        base::store(value, o == order::release && M == said(value) ? order::relaxed : o);
    }
};

template <mutant M>
struct checked_platform {
    static constexpr bool checks = false;
    template <class T>
    using atomic = ::atomic<T, M>;
    using mutex = mc::mutex;
    using time_point = lend::default_platform::time_point;
    using duration = lend::default_platform::duration;
    using stop_token = lend::default_platform::stop_token;

    static void park(atomic<std::uint32_t>& word, std::uint32_t expected, time_point) noexcept {
        the_world->sleeper.park(word, expected);
    }
    static void unpark_one(atomic<std::uint32_t>&) noexcept { the_world->sleeper.unpark(); }
};

template <mutant M>
struct mini_slot {
    using resource_type = int;

    mini_slot() { resource.write(1); }

    std::uint32_t index = 0;
    void* home = nullptr;
    lend::detail::waiter<mini_slot, checked_platform<M>>* checked_for = nullptr;
    lend::detail::holder_record<checked_platform<M>> borrower;
    mc::variable resource;
};

template <mutant M>
bool explore(const char* name, void (*scenario)()) {
    return mc::check(name, {.preemptions = 3, .executions = 200'000}, [scenario] {
        world w;
        the_world = &w;
        scenario();
    });
}

// ---- scenarios ----------------------------------------------------------------------------------

// Slots are added, two times, while somebody looks at all that there are.
template <mutant M>
void slots_are_added() {
    lend::detail::slot_list<mini_slot<M>, checked_platform<M>> list;
    mc::run({[&] {
                 std::size_t added = 0;
                 expect(list.grow(1, nullptr, added) != nullptr, "there is memory");
                 expect(list.grow(1, nullptr, added) != nullptr, "there is memory");
             },
             [&] {
                 list.for_each(
                     [](mini_slot<M>& s) { expect(s.resource.read() == 1, "half made"); });
             }});
    expect(list.size() == 2, "both are there");
}

template <mutant M>
struct desk {
    using slot = mini_slot<M>;
    using platform = checked_platform<M>;
    using waiter = lend::detail::waiter<slot, platform>;

    lend::detail::waiter_queue<slot, platform, false> queue;
    mc::mutex lock;
    bool is_free = false; // under the lock
    slot place;

    // Until it is answered, or finds the slot free.
    void wait() {
        waiter mine;
        lend::detail::wake_ups<slot, platform> wake;
        lock.lock();
        if (!is_free) {
            queue.push(mine);
            for (;;) {
                queue.awake(mine);
                lock.unlock();
                std::uint32_t told = lend::detail::heard(mine);
                while (told == waiter_state::waiting) {
                    platform::park(mine.state, told, (platform::time_point::max)());
                    told = lend::detail::heard(mine);
                }
                if (told == waiter_state::answered) break;
                lock.lock();
                if (is_free) {
                    queue.leave(mine, true, wake);
                    break;
                }
            }
        }
        if (mine.slot == nullptr) {
            expect(is_free && place.resource.read() == 2, "not free yet");
            lock.unlock();
        } else {
            expect(mine.slot->resource.read() == 2, "handed over too early");
        }
    }

    // Calls `tell(waiter, wake)` under the lock, once the resource is ready. The waiter may be gone
    // afterwards if that answers it.
    template <class Tell>
    void serve(const Tell& tell) {
        lend::detail::wake_ups<slot, platform> wake;
        place.resource.write(2);
        lock.lock();
        is_free = true;
        if (waiter* const first = queue.head(); first != nullptr) tell(*first, wake);
        lock.unlock();
        wake.deliver();
    }
};

// Whoever waits is handed a slot.
template <mutant M>
void waiter_is_answered() {
    desk<M> d;
    mc::run({[&] { d.wait(); },
             [&] {
                 d.serve([&](auto& first, auto& wake) { d.queue.answer(first, d.place, 0, wake); });
             }});
}

// Whoever waits is told to look.
template <mutant M>
void waiter_is_poked() {
    desk<M> d;
    mc::run({[&] { d.wait(); },
             [&] { d.serve([&](auto& first, auto& wake) { d.queue.poke(&first, wake); }); }});
}

// Whoever waits is told to keep the time.
template <mutant M>
void waiter_is_reminded() {
    desk<M> d;
    mc::run({[&] { d.wait(); },
             [&] {
                 d.serve([&](auto&, auto& wake) {
                     d.queue.expect(typename checked_platform<M>::time_point{}, wake);
                 });
             }});
}

} // namespace

int main() {
    using enum mutant;
    mc::verdict verdict;
    verdict.must_hold(explore<none>("slots are added", &slots_are_added<none>));
    verdict.must_hold(explore<none>("a waiter is answered", &waiter_is_answered<none>));
    verdict.must_hold(explore<none>("a waiter is poked", &waiter_is_poked<none>));
    verdict.must_hold(explore<none>("a waiter is reminded", &waiter_is_reminded<none>));

    verdict.must_fail(explore<slots_added>("slot (1) add relaxed", &slots_are_added<slots_added>));
    verdict.must_fail(
        explore<first_seen>("slot (2) first look relaxed", &slots_are_added<first_seen>));
    verdict.must_fail(
        explore<next_seen>("slot (3) next look relaxed", &slots_are_added<next_seen>));
    verdict.must_fail(explore<answer>("(2) answer relaxed", &waiter_is_answered<answer>));
    verdict.must_fail(explore<hear>("(3) hear relaxed", &waiter_is_answered<hear>));

    // These live, because who is told to look, or to plan, takes the lock first: see waiters.hpp.
    std::puts("equivalent:");
    verdict.must_hold(explore<poke>("(1) poke relaxed", &waiter_is_poked<poke>));
    verdict.must_hold(explore<remind>("(4) remind relaxed", &waiter_is_reminded<remind>));
    return verdict.exit_status();
}
