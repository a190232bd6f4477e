// SPDX-License-Identifier: MIT
/// @file
/// Model check of what a pool does without its lock: fast release, take, close, and the meeting of
/// a driver call with a closer. The code is that of include/lend/detail/lending_word.hpp and
/// phases.hpp; each scenario must hold, and each mutant (one order weakened, one fence left out)
/// must be caught by its scenario. The numbers are those of the comments there.

#include <lend/detail/lending_word.hpp>
#include <lend/detail/phases.hpp>
#include <lend/platform.hpp>

#include <support/checked_fences.hpp>
#include <support/checker.hpp>
#include <support/one_sleeper.hpp>

#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>

namespace {

namespace mc = lend_test::mc;
using lend::detail::lending_word;
using lend::detail::slot_phase;
using mc::expect;
using order = std::memory_order;

// What is left out.
enum class mutant : std::uint8_t {
    none,
    word_see,     // (1) of lending_word.hpp
    word_leave,   // (2)
    word_become,  // (3)
    word_take,    // (4)
    word_close,   // (5)
    count_change, // (6)
    count_see,    // (7)
    heavy_fence,  // (1) of phases.hpp
    first_light,  // (2)
    second_light, // (3)
    phase_store,  // (4)
    phase_load,   // (5)
};

constexpr order weak_if(bool mutated, order shipped) { return mutated ? order::relaxed : shipped; }

// Each access of the kernel is known by its type and operation.
template <class T, mutant M>
class atomic : public mc::atomic<T> {
    using base = mc::atomic<T>;
    static constexpr bool is_word = sizeof(T) == 8;
    static constexpr bool is_count = sizeof(T) == 4;
    static constexpr bool is_phase = sizeof(T) == 1;

    static constexpr order of(mutant here, order shipped) { return weak_if(M == here, shipped); }

public:
    using base::base;

    T load(order o) const noexcept {
        if (o == order::acquire) {
            o = of(is_word    ? mutant::word_see
                   : is_count ? mutant::count_see
                              : mutant::phase_load,
                   o);
        }
        return base::load(o);
    }
    void store(T value, order o) noexcept {
        if (is_phase && o == order::release) o = of(mutant::phase_store, o);
        base::store(value, o);
    }
    T fetch_add(T by, order o) noexcept {
        return base::fetch_sub(static_cast<T>(T{0} - by), of(mutant::count_change, o));
    }
    T fetch_or(T bits, order o) noexcept { return base::fetch_or(bits, of(mutant::word_close, o)); }
    bool compare_exchange_strong(T& expected, T desired, order success, order failure) noexcept {
        if (success == order::acquire) success = of(mutant::word_take, success);
        if (success == order::release) success = of(mutant::word_leave, success);
        return base::compare_exchange_strong(expected, desired, success, failure);
    }
    bool compare_exchange_weak(T& expected, T desired, order success, order failure) noexcept {
        if (success == order::release) success = of(mutant::word_become, success);
        return base::compare_exchange_weak(expected, desired, success, failure);
    }
};

// What all threads of one execution share beside the slot.
struct world {
    mc::checked_fences fences;
    mc::one_sleeper sleeper;
    int lights = 0; // light fences so far
};
world* the_world = nullptr;

template <mutant M>
struct checked_platform {
    static constexpr mutant what = M;
    static constexpr bool checks = false;
    template <class T>
    using atomic = ::atomic<T, M>;
    using time_point = lend::default_platform::time_point;

    static void heavy_fence() noexcept {
        if (M != mutant::heavy_fence) the_world->fences.heavy();
    }
    static void light_fence() noexcept {
        const mutant which =
            the_world->lights++ % 2 == 0 ? mutant::first_light : mutant::second_light;
        if (M != which) the_world->fences.light();
    }
    static void park(atomic<std::uint32_t>& word, std::uint32_t expected, time_point) noexcept {
        the_world->sleeper.park(word, expected);
    }
    static void unpark_one(atomic<std::uint32_t>&) noexcept { the_world->sleeper.unpark(); }
};

template <mutant M>
struct mini_core {
    using platform = checked_platform<M>;
    using time_point = typename platform::time_point;
    struct waiter_type {};
    struct slot_type {
        lend::detail::lending_cell<platform> word;
        typename platform::template atomic<slot_phase> phase{slot_phase::none};
        typename platform::template atomic<std::uint64_t> stamp{0};
        mini_core* home = nullptr;
        mc::variable resource;
    };

    mini_core() { slot.home = this; }
    static mini_core& of(slot_type& s) { return *s.home; }

    slot_type slot;
    lend::detail::event_count<platform> settled;
    mc::mutex mutex;
    mc::variable call;   // written by driver calls, and by whoever knows that none can run
    bool queued = false; // under the mutex
    bool handed = false; // likewise
    int owners = 0;
};

constexpr lending_word::type lent = lending_word::in_use;

template <mutant M>
bool explore(const char* name, void (*scenario)(mini_core<M>&), unsigned threads = 2) {
    return mc::check(name, {.preemptions = 4, .executions = 300'000, .threads = threads},
                     [scenario] {
                         world w;
                         the_world = &w;
                         mini_core<M> core;
                         core.slot.word.become(lent);
                         scenario(core);
                     });
}

// ---- scenarios ----------------------------------------------------------------------------------

// What one borrower wrote, the next may read and write, after a fast release or a slow one.
template <mutant M>
void next_owner_knows_what_the_last_did(mini_core<M>& c, bool fast) {
    const auto idle = fast ? lending_word::one_lending | lending_word::idle : lending_word::idle;
    mc::run({[&] {
                 c.slot.resource.write(1);
                 if (fast) {
                     expect(c.slot.word.leave(lent, lending_word::one_lending), "no flag was set");
                 } else {
                     c.slot.word.become(idle);
                 }
             },
             [&] {
                 if (c.slot.word.take(idle)) c.slot.resource.write(c.slot.resource.read() + 1);
             },
             [&] {
                 if (c.slot.word.take(idle)) c.slot.resource.write(c.slot.resource.read() + 1);
             }});
    expect(c.slot.resource.read() <= 2, "two owners");
}
template <mutant M>
void fast_release_then_take(mini_core<M>& c) {
    next_owner_knows_what_the_last_did(c, true);
}
template <mutant M>
void slow_release_then_take(mini_core<M>& c) {
    next_owner_knows_what_the_last_did(c, false);
}

// Either the closer finds the slot idle and destroys it, or the owner finds the pool closed.
template <mutant M>
void release_meets_close(mini_core<M>& c) {
    mc::run({[&] {
                 c.slot.resource.write(1);
                 if (c.slot.word.leave(lent, lending_word::one_lending)) return;
                 expect(lending_word::has(c.slot.word.peek(), lending_word::closing), "what else");
                 c.slot.resource.write(2);
                 ++c.owners;
             },
             [&] {
                 const auto was = c.slot.word.close();
                 if (!lending_word::is(was, lending_word::idle)) return;
                 c.slot.resource.write(3);
                 ++c.owners;
             }});
    expect(c.owners == 1, "nobody destroys it, or two do");
}

// Either the waiter finds the slot idle, or the owner finds its flag and hands over.
template <mutant M>
void release_meets_waiter(mini_core<M>& c) {
    mc::run({[&] {
                 c.slot.resource.write(1);
                 if (c.slot.word.leave(lent, lending_word::one_lending)) return;
                 c.mutex.lock();
                 expect(c.queued, "a flag, and nobody in the queue");
                 c.slot.word.become(lending_word::one_lending | lending_word::in_use);
                 c.handed = true;
                 ++c.owners;
                 c.mutex.unlock();
             },
             [&] {
                 c.mutex.lock();
                 c.queued = true;
                 c.mutex.unlock();
                 auto seen = c.slot.word.peek();
                 for (;;) {
                     if (lending_word::is(seen, lending_word::idle)) {
                         if (c.slot.word.take(seen)) {
                             c.slot.resource.write(2);
                             ++c.owners;
                             return;
                         }
                     } else if (c.slot.word.want(seen)) {
                         return; // would sleep now
                     }
                     seen = c.slot.word.peek();
                 }
             }});
    expect(c.owners == 1, "a lost wake-up, or two owners");
}

// No call begins once the closer knows that none runs; and the closer is woken when one ends.
template <mutant M>
void call_meets_close(mini_core<M>& c) {
    using meeting = lend::detail::phases<mini_core<M>>;
    mc::run(
        {[&] { (void)meeting::during(c.slot, slot_phase::resetting, [&] { c.call.write(1); }); },
         [&] {
             (void)c.slot.word.close();
             meeting::after_marking();
             for (;;) {
                 const auto seen = c.settled.see();
                 if (meeting::quiet(c.slot)) break;
                 c.settled.sleep(seen, {});
             }
             c.call.write(2);
         }});
}

// A number's holder asks, under the lock, for a slot that was made under the lock.
template <mutant M>
void lookup_under_the_lock(mini_core<M>& c) {
    mc::run({[&] {
                 c.slot.resource.write(7);
                 c.mutex.lock();
                 c.slot.word.become(lending_word::one_lending | lending_word::idle);
                 c.mutex.unlock();
             },
             [&] {
                 c.mutex.lock();
                 if (lending_word::is(c.slot.word.see(), lending_word::idle)) {
                     expect(c.slot.resource.read() == 7, "half made");
                 }
                 c.mutex.unlock();
             }});
}

// Who looks without the lock for what came back in which order finds the order of what is idle.
template <mutant M>
void look_without_the_lock(mini_core<M>& c) {
    mc::run({[&] {
                 c.slot.stamp.store(7, order::relaxed);
                 c.slot.word.become(lending_word::one_lending | lending_word::idle);
             },
             [&] {
                 if (!lending_word::is(c.slot.word.see(), lending_word::idle)) return;
                 expect(c.slot.stamp.load(order::relaxed) == 7, "the order of an earlier return");
             }});
}

} // namespace

int main() {
    using enum mutant;
    mc::verdict verdict;
    verdict.must_hold(explore<none>("fast release, then take", &fast_release_then_take, 3));
    verdict.must_hold(explore<none>("slow release, then take", &slow_release_then_take, 3));
    verdict.must_hold(explore<none>("release meets close", &release_meets_close));
    verdict.must_hold(explore<none>("release meets waiter", &release_meets_waiter));
    verdict.must_hold(explore<none>("call meets close", &call_meets_close));
    verdict.must_hold(explore<none>("look-up under the lock", &lookup_under_the_lock));
    verdict.must_hold(explore<none>("look without the lock", &look_without_the_lock));

    verdict.must_fail(explore<word_see>("(1) acquire-load relaxed", &look_without_the_lock));
    verdict.must_fail(explore<word_leave>("(2) release-CAS relaxed", &fast_release_then_take, 3));
    verdict.must_fail(explore<word_become>("(3) release-CAS relaxed", &slow_release_then_take, 3));
    verdict.must_fail(explore<word_take>("(4) acquire-CAS relaxed", &fast_release_then_take, 3));
    verdict.must_fail(explore<word_close>("(5) acquire-fetch-or relaxed", &release_meets_close));
    verdict.must_fail(explore<count_change>("(6) release-fetch-add relaxed", &call_meets_close));
    verdict.must_fail(explore<count_see>("(7) acquire-load relaxed", &call_meets_close));
    verdict.must_fail(explore<heavy_fence>("phases (1) no heavy fence", &call_meets_close));
    verdict.must_fail(explore<first_light>("phases (2) no light fence", &call_meets_close));
    verdict.must_fail(explore<second_light>("phases (3) no light fence", &call_meets_close));
    verdict.must_fail(explore<phase_store>("phases (4) release-store relaxed", &call_meets_close));
    verdict.must_fail(explore<phase_load>("phases (5) acquire-load relaxed", &call_meets_close));

    // Lives, because who calls `see` here holds the lock under which the slot was made.
    verdict.must_hold(
        explore<word_see>("(1) acquire-load relaxed, under the lock", &lookup_under_the_lock));
    return verdict.exit_status();
}
