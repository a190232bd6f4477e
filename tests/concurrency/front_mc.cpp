// SPDX-License-Identifier: MIT
/// @file
/// Model check of the place for what came back last. The code is that of
/// include/lend/detail/front.hpp; each scenario must hold, and each mutant (one order weakened)
/// must be caught by its scenario, or is said to be equivalent. The numbers are those of the
/// comments there.

#include <lend/detail/front.hpp>
#include <lend/platform.hpp>

#include <support/checker.hpp>

#include <atomic>
#include <cstdint>
#include <cstdio>

namespace {

namespace mc = lend_test::mc;
using mc::expect;
using order = std::memory_order;

// A step, by the number of its comment there.
enum class step : std::uint8_t {
    none,
    see_to_take = 1,
    take = 2,
    put = 3,
    take_back = 4,
    flush = 5,
    renew = 6,
    see_to_put = 7,
    both_of_take, // 1 and 2
};
struct mutant {
    step what = step::none;
    order to = order::relaxed;

    constexpr order of(step here, order shipped) const {
        const bool of_take = here == step::see_to_take || here == step::take;
        return what == here || (what == step::both_of_take && of_take) ? to : shipped;
    }
};

// What a scenario's thread is doing, where the operation does not tell.
step doing[mc::thread_count];
step& doing_now() { return doing[mc::engine::instance().current()]; }

template <class T, mutant M>
class atomic : public mc::atomic<T> {
    using base = mc::atomic<T>;

public:
    using base::base;

    T load(order o) const noexcept {
        if (o == order::acquire)
            o = M.of(doing_now() == step::put ? step::see_to_put : step::see_to_take, o);
        return base::load(o);
    }
    void store(T value, order o) noexcept {
        base::store(value, o == order::release ? M.of(step::renew, o) : o);
    }
    bool compare_exchange_strong(T& expected, T desired, order success, order failure) noexcept {
        if (success != order::relaxed) success = M.of(doing_now(), success);
        return base::compare_exchange_strong(expected, desired, success, failure);
    }
    bool compare_exchange_weak(T& expected, T desired, order success, order failure) noexcept {
        if (success != order::relaxed) success = M.of(step::flush, success);
        return base::compare_exchange_weak(expected, desired, success, failure);
    }
};

template <mutant M>
struct checked_platform {
    static constexpr unsigned front_order_bits = 2;
    template <class T>
    using atomic = ::atomic<T, M>;
};

template <mutant M>
struct front_slot {
    struct {
        std::uint64_t freed_order = 0;
    } place;
    alignas(64) mc::variable resource;
};

// The front, and what each thread does there.
template <mutant M>
struct stage {
    using slot = front_slot<M>;

    std::uint64_t put(slot& s) {
        doing_now() = step::put;
        return front.put(s);
    }
    slot* take() {
        doing_now() = step::take;
        return front.take();
    }
    bool take_back(slot& s, std::uint64_t place) {
        doing_now() = step::take_back;
        return front.take_back(s, place);
    }
    slot* flush() {
        doing_now() = step::flush;
        return front.flush();
    }
    void use(slot* s) {
        if (s == nullptr) return;
        s->resource.write(s->resource.read() + 1);
        ++uses;
    }

    lend::detail::front<slot, checked_platform<M>> front;
    int uses = 0;
};

template <mutant M>
bool explore(const char* name, void (*scenario)(stage<M>&), unsigned threads = 2) {
    return mc::check(name, {.preemptions = 4, .executions = 200'000, .threads = threads},
                     [scenario] {
                         stage<M> s;
                         scenario(s);
                     });
}

// ---- scenarios ----------------------------------------------------------------------------------

// What is in front has one owner next, who knows what the last one did.
template <mutant M>
void one_takes_what_is_in_front(stage<M>& s) {
    front_slot<M> slot;
    mc::run({[&] {
                 slot.resource.write(1);
                 const std::uint64_t place = s.put(slot);
                 expect(place != 0, "it is empty");
                 if (s.take_back(slot, place)) s.use(&slot);
             },
             [&] { s.use(s.take()); }, [&] { s.use(s.flush()); }});
    expect(s.uses == 1, "two take it, or nobody does");
}

// One takes it and puts it there again; the next owner knows of both.
template <mutant M>
void it_goes_from_hand_to_hand(stage<M>& s) {
    front_slot<M> slot;
    slot.resource.write(1);
    expect(s.put(slot) != 0, "it is empty");
    const auto use = [&] {
        front_slot<M>* const mine = s.take();
        s.use(mine);
        if (mine != nullptr) expect(s.put(*mine) != 0, "it is empty");
    };
    mc::run({use, use});
}

// The count begins anew while somebody puts: no order is given twice, and later ones are larger.
template <mutant M>
void the_count_begins_anew(stage<M>& s) {
    front_slot<M> early;
    front_slot<M> late;
    std::uint64_t last = 0;
    for (int put = 0; put < 3; ++put) {
        last = s.put(early);
        expect(last != 0 && s.take() == &early, "the count is not used up yet");
    }
    mc::run({[&] { s.front.renew(); },
             [&] {
                 const std::uint64_t place = s.put(late);
                 expect(place == 0 || place > last, "an order of the epoch before");
             }});
}

} // namespace

int main() {
    constexpr mutant shipped{};
    constexpr auto acquire = order::acquire;
    constexpr auto release = order::release;
    mc::verdict verdict;
    verdict.must_hold(
        explore<shipped>("one takes what is in front", &one_takes_what_is_in_front, 3));
    verdict.must_hold(explore<shipped>("it goes from hand to hand", &it_goes_from_hand_to_hand));
    verdict.must_hold(explore<shipped>("the count begins anew", &the_count_begins_anew));

    using enum step;
    verdict.must_fail(explore<mutant{both_of_take}>("(1) look and (2) take relaxed",
                                                    &one_takes_what_is_in_front, 3));
    verdict.must_fail(explore<mutant{put}>("(3) put relaxed", &one_takes_what_is_in_front, 3));
    verdict.must_fail(
        explore<mutant{put, acquire}>("(3) put acquire only", &one_takes_what_is_in_front, 3));
    verdict.must_fail(explore<mutant{flush}>("(5) flush relaxed", &one_takes_what_is_in_front, 3));
    verdict.must_fail(explore<mutant{renew}>("(6) new epoch relaxed", &the_count_begins_anew));
    verdict.must_fail(
        explore<mutant{see_to_put}>("(7) look at the count relaxed", &the_count_begins_anew));

    // These live; front.hpp says at each line why.
    std::puts("equivalent:");
    verdict.must_hold(
        explore<mutant{see_to_take}>("(1) look relaxed", &one_takes_what_is_in_front, 3));
    verdict.must_hold(explore<mutant{take}>("(2) take relaxed", &one_takes_what_is_in_front, 3));
    verdict.must_hold(
        explore<mutant{put, release}>("(3) put release only", &it_goes_from_hand_to_hand));
    verdict.must_hold(
        explore<mutant{take_back}>("(4) take back relaxed", &one_takes_what_is_in_front, 3));
    return verdict.exit_status();
}
