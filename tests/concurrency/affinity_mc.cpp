// SPDX-License-Identifier: MIT
/// @file
/// Model check of a resource of an ordered inventory that is doomed while somebody lends it or puts
/// it in front without the lock, and of its word. The code is that of
/// include/lend/detail/affinity.hpp with ordered_slots.hpp, front.hpp and lending_word.hpp; each
/// scenario must hold, and each mutant (one order weakened, one fence left out) must be caught by
/// its scenario, or is said to be equivalent. The numbers are those of the comments there.

#include <lend/detail/affinity.hpp>
#include <lend/platform.hpp>

#include <support/checked_fences.hpp>
#include <support/checker.hpp>

#include <atomic>
#include <cstdint>
#include <cstdio>

namespace {

namespace mc = lend_test::mc;
using lend::detail::lending_word;
using mc::expect;
using order = std::memory_order;

// What is left out.
enum class mutant : std::uint8_t {
    none,
    light_fence, // (1) and (3) of affinity.hpp
    heavy_fence, // (2)
    word_see,    // (1) of lending_word.hpp
    word_lend,   // (8)
    word_back,   // (9)
    both_ends,   // (1) and (9)
};

struct world {
    mc::checked_fences fences;
    const void* word = nullptr; // of the slot
    mc::variable resource;      // written by whoever has it, and by its destruction
    int destroyed = 0;
};
world* the_world = nullptr;

template <class T, mutant M>
class atomic : public mc::atomic<T> {
    using base = mc::atomic<T>;
    static constexpr order weak_if(bool mutated, order shipped) {
        return mutated ? order::relaxed : shipped;
    }
    // The front's word is of the same type as that of a slot.
    bool is_word() const { return the_world->word == static_cast<const void*>(this); }

public:
    using base::base;

    T load(order o) const noexcept {
        constexpr bool mutated = M == mutant::word_see || M == mutant::both_ends;
        return base::load(o == order::acquire ? weak_if(mutated && is_word(), o) : o);
    }
    void store(T value, order o) noexcept {
        base::store(value, o == order::release ? weak_if(M == mutant::word_lend, o) : o);
    }
    bool compare_exchange_strong(T& expected, T desired, order success, order failure) noexcept {
        constexpr bool mutated = M == mutant::word_back || M == mutant::both_ends;
        return base::compare_exchange_strong(expected, desired,
                                             weak_if(mutated && is_word(), success), failure);
    }
};

template <mutant M>
struct checked_platform {
    static constexpr bool checks = false;
    static constexpr std::uint32_t max_threads = mc::max_fibers;
    template <class T>
    using atomic = ::atomic<T, M>;
    using mutex = mc::mutex;
    using time_point = lend::default_platform::time_point;
    using duration = lend::default_platform::duration;

    static time_point now() noexcept { return {}; }
    static void heavy_fence() noexcept {
        if (M != mutant::heavy_fence) the_world->fences.heavy();
    }
    static void light_fence() noexcept {
        if (M != mutant::light_fence) the_world->fences.light();
    }
};

// As much of a pool's core as an inventory of one resource needs.
template <mutant M>
struct mini_core {
    using platform = checked_platform<M>;
    using time_point = typename platform::time_point;
    using duration = typename platform::duration;
    using lock_type = lend::detail::scoped_lock<platform>;
    struct waiter_type {};
    static constexpr bool ordered = true;
    using resource_type = int;
    struct alignas(64) slot_type {
        lend::detail::lending_cell<platform> word;
        lend::detail::shelf_place<slot_type, platform> place;
        int object = 0;
        const int* type = &object;
        duration idle_limit = (duration::max)();
        time_point idle_since{};
        slot_type* next = nullptr;
    };
    struct driver_type {};
    struct calls {
        static lend::rating
        rate(driver_type&, int, int, int /*candidate*/, bool /*needs_enlistment*/) noexcept {
            return lend::rating{lend::rating::perfect};
        }
    };

    void count_closed(lend::destroy_reason) noexcept {}
    lend::hresult destroy_in(slot_type&, lend::destroy_reason) noexcept {
        the_world->resource.write(-1);
        ++the_world->destroyed;
        return lend::hr::s_ok;
    }
    bool vacate(lock_type&, slot_type& s) noexcept {
        s.place.clear();
        s.word.become(lending_word::count_of(s.word.peek()) | lending_word::empty);
        return true;
    }

    driver_type driver;
    typename platform::mutex mutex;
    lend::detail::front<slot_type, platform> front;
    lend::detail::inventory_shelves<slot_type> shelves;
    bool closing = false;
    struct {
        int destroyed = 0;
    } counted;
    slot_type slot;
};

template <mutant M>
using inventory = lend::detail::affinity<mini_core<M>>;

constexpr std::uintptr_t name = 7;

// A resource in the hands of the scenario's beginning.
template <mutant M>
void make(mini_core<M>& core) {
    core.slot.word.become(lending_word::in_use);
    core.slot.place.unbound = true;
    core.slot.place.name.store(name, order::relaxed);
}

// By somebody's wish it is to be destroyed.
template <mutant M>
void request(mini_core<M>& core) {
    typename mini_core<M>::lock_type lock(core.mutex);
    (void)inventory<M>::destroy_on_request(core, lock, core.slot);
}

template <mutant M>
bool explore(const char* name_of_it, void (*scenario)(mini_core<M>&), unsigned threads = 2) {
    return mc::check(name_of_it, {.preemptions = 3, .executions = 200'000, .threads = threads},
                     [scenario] {
                         world w;
                         the_world = &w;
                         mini_core<M> core;
                         w.word = &core.slot.word;
                         make(core);
                         scenario(core);
                     });
}

// Lends what is in front, or looks at the rest, as an acquire does.
template <mutant M>
void lend_from_the_front(mini_core<M>& core) {
    typename inventory<M>::candidate rest;
    auto* const s = inventory<M>::choose_in_front(core, 0, rest);
    if (s == nullptr) {
        if (rest.slot != nullptr) (void)inventory<M>::choose(core, 0, {}, rest);
        return;
    }
    the_world->resource.write(1);
    (void)inventory<M>::lend_from_front(core, *s);
}

// ---- scenarios ----------------------------------------------------------------------------------

// What is in front is chosen and lent while it is doomed.
template <mutant M>
void lent_from_the_front(mini_core<M>& core) {
    expect(inventory<M>::put_away(core, core.slot, false), "it stays");
    mc::run({[&] { lend_from_the_front(core); }, [&] { request(core); }});
    expect(the_world->destroyed == 1, "doomed, and lent or kept for ever");
}

// What is lent comes back while it is doomed.
template <mutant M>
void put_in_front(mini_core<M>& core) {
    core.slot.word.lend(lending_word::in_use | lending_word::lent);
    mc::run({[&] {
                 if (!inventory<M>::take_back(core.slot, name)) return;
                 the_world->resource.write(1);
                 (void)inventory<M>::put_away(core, core.slot, false);
             },
             [&] { request(core); }});
    expect(the_world->destroyed == 1, "doomed, and kept for ever");
}

// One lends what was in front, and another one hears its name and gives it back.
template <mutant M>
void given_back_by_another(mini_core<M>& core) {
    mc::run({[&] {
                 the_world->resource.write(1);
                 (void)inventory<M>::lend_from_front(core, core.slot);
             },
             [&] {
                 if (!inventory<M>::take_back(core.slot, name)) return;
                 the_world->resource.write(the_world->resource.read() + 1);
                 (void)inventory<M>::put_away(core, core.slot, false);
             }});
}

// All at once.
template <mutant M>
void goes_round_while_doomed(mini_core<M>& core) {
    expect(inventory<M>::put_away(core, core.slot, false), "it stays");
    mc::run({[&] { lend_from_the_front(core); },
             [&] {
                 if (!inventory<M>::take_back(core.slot, name)) return;
                 the_world->resource.write(2);
                 (void)inventory<M>::put_away(core, core.slot, false);
             },
             [&] { request(core); }});
    expect(the_world->destroyed == 1, "doomed, and kept for ever");
}

} // namespace

int main() {
    using enum mutant;
    mc::verdict verdict;
    verdict.must_hold(explore<none>("lent from the front while doomed", &lent_from_the_front));
    verdict.must_hold(explore<none>("put in front while doomed", &put_in_front));
    verdict.must_hold(explore<none>("given back by another", &given_back_by_another));
    verdict.must_hold(explore<none>("goes round while doomed", &goes_round_while_doomed, 3));

    verdict.must_fail(explore<light_fence>("(1) no light fence", &lent_from_the_front));
    verdict.must_fail(explore<light_fence>("(3) no light fence", &put_in_front));
    verdict.must_fail(explore<heavy_fence>("(2) no heavy fence, lent", &lent_from_the_front));
    verdict.must_fail(explore<heavy_fence>("(2) no heavy fence, put", &put_in_front));
    verdict.must_fail(explore<word_lend>("word (8) lend relaxed", &given_back_by_another));
    verdict.must_fail(
        explore<both_ends>("word (1) look and (9) take back relaxed", &given_back_by_another));

    // Each lives, because it is the other's second half: see `take_back` in affinity.hpp.
    std::puts("equivalent:");
    verdict.must_hold(explore<word_see>("word (1) look relaxed", &given_back_by_another));
    verdict.must_hold(explore<word_back>("word (9) take back relaxed", &given_back_by_another));
    return verdict.exit_status();
}
