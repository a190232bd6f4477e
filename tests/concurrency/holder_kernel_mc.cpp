// SPDX-License-Identifier: MIT
/// @file
/// Model check of what a holder does without a lock: calls that meet a closer or the end of the
/// last reference, and a resource that goes through the front. The code is that of
/// include/lend/com/call_gate.hpp and include/lend/detail/front.hpp; each scenario must hold, and
/// each mutant (one order weakened, one fence left out) must be caught by its scenario. The
/// numbers are those of the comments there.
///
/// Fences are modelled as read-modify-writes of one location, which orders light fences with each
/// other too; no scenario has two threads whose light fences could help each other.

#include <lend/com/call_gate.hpp>
#include <lend/detail/front.hpp>
#include <lend/platform.hpp>

#include <support/model_checker.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <type_traits>

namespace {

namespace mc = lend_test::mc;
using mc::expect;
using order = std::memory_order;

// What is left out.
enum class mutant : std::uint8_t {
    none,
    gate_see,     // (2) and (13) of call_gate.hpp
    gate_leave,   // (4)
    gate_page,    // (9)
    heavy_fence,  // (10)
    light_fence,  // (11)
    gate_counter, // (14)
    front_take,   // (2) of front.hpp, and (4), (5)
    front_put,    // (3)
};

// What all threads of one execution share beside the gate.
struct world {
    mc::atomic<std::uint64_t> fences{0};
    bool asleep = false;
    bool naps = false; // for a while; so nothing that ends a move may go unseen
    int moves = 0;     // of counters, that have ended
    std::array<int, mc::thread_count> seen{}; // of these, when a thread last looked at a counter
    bool is_outside = true;
    mc::variable call; // written by calls, and by whoever knows that none can run
    int ends = 0;
};
world* the_world = nullptr;

constexpr order weak_if(bool mutated, order shipped) { return mutated ? order::relaxed : shipped; }

template <class T, mutant M>
class atomic : public mc::atomic<T> {
    using base = mc::atomic<T>;
    static constexpr bool is_gate = std::is_same_v<T, std::uint32_t>;
    static constexpr bool is_front = std::is_same_v<T, std::uint64_t>;

public:
    using base::base;

    T load(order o) const noexcept {
        // The newest value: who naps or sleeps on it does not read an old one for ever.
        if constexpr (is_gate) {
            auto& self = const_cast<atomic&>(*this);
            if (o == order::acquire) {
                const T value = self.base::fetch_or(0, weak_if(M == mutant::gate_see, o));
                the_world->seen[mc::engine::instance().current()] = the_world->moves;
                return value;
            }
        }
        return base::load(o);
    }
    void store(T value, order o) noexcept {
        const bool ends_a_move = is_gate && o == order::release;
        base::store(value, ends_a_move ? weak_if(M == mutant::gate_counter, o) : o);
        if (!ends_a_move) return;
        ++the_world->moves;
        the_world->naps = false;
    }
    T fetch_add(T by, order o) noexcept { return base::fetch_sub(static_cast<T>(T{0} - by), o); }
    bool compare_exchange_strong(T& expected, T desired, order success, order failure) noexcept {
        if (is_front && success == order::acquire)
            success = weak_if(M == mutant::front_take, success);
        if (is_front && success == order::acq_rel)
            success = weak_if(M == mutant::front_put, success);
        if (std::is_pointer_v<T> && M == mutant::gate_page) success = failure = order::relaxed;
        return base::compare_exchange_strong(expected, desired, success, failure);
    }
    bool compare_exchange_weak(T& expected, T desired, order success, order failure) noexcept {
        if (is_front) return compare_exchange_strong(expected, desired, success, failure);
        if (is_gate) success = weak_if(M == mutant::gate_leave, success);
        return base::compare_exchange_strong(expected, desired, success, failure);
    }
    T newest() noexcept { return base::fetch_or(T{0}, order::relaxed); }
};

template <mutant M>
struct checked_platform {
    static constexpr bool checks = false;
    static constexpr std::uint32_t max_threads = mc::max_fibers;
    template <class T>
    using atomic = ::atomic<T, M>;
    using time_point = lend::default_platform::time_point;

    static time_point now() noexcept { return {}; }
    static std::uint32_t thread_slot() noexcept { return mc::engine::instance().current(); }
    template <class Tag>
    static Tag& local() noexcept {
        static std::array<Tag, mc::thread_count> all;
        return all[mc::engine::instance().current()];
    }

    static void heavy_fence() noexcept {
        if (M != mutant::heavy_fence) fence();
    }
    static void light_fence() noexcept {
        if (M != mutant::light_fence) fence();
    }
    static void
    park(atomic<std::uint32_t>& word, std::uint32_t expected, time_point until) noexcept {
        if (until != (time_point::max)()) return nap();
        if (word.newest() != expected) return;
        the_world->asleep = true;
        mc::engine::instance().wait_while(&the_world->asleep);
    }
    static void unpark_one(atomic<std::uint32_t>&) noexcept {
        mc::engine::instance().scheduling_point();
        the_world->asleep = false;
    }

private:
    static void fence() noexcept { (void)the_world->fences.fetch_or(0, order::acq_rel); }
    static void nap() noexcept {
        if (the_world->moves != the_world->seen[mc::engine::instance().current()]) return;
        the_world->naps = true;
        mc::engine::instance().wait_while(&the_world->naps);
    }
};

template <mutant M>
using gate_of = lend::com::call_gate<checked_platform<M>>;

template <mutant M>
bool explore(const char* name, void (*scenario)(world&)) {
    return mc::check(name, {.preemptions = 4, .executions = 200'000}, [scenario] {
        world w;
        the_world = &w;
        scenario(w);
    });
}

// ---- scenarios ----------------------------------------------------------------------------------

// No call is inside once the closer goes on, and the closer is woken.
template <mutant M>
void call_meets_close(world& w) {
    gate_of<M> gate;
    mc::run({[&] {
                 typename gate_of<M>::pass pass(gate);
                 if (pass.is_inside()) w.call.write(1);
                 expect(!pass.leave(), "nothing was handed over");
             },
             [&] {
                 expect(gate.close(), "nobody else closes");
                 w.call.write(2);
             }});
}

// The last reference ends once, and after the call.
template <mutant M>
void call_meets_the_last_reference(world& w) {
    gate_of<M> gate;
    mc::run({[&] {
                 typename gate_of<M>::pass pass(gate);
                 w.call.write(1);
                 w.is_outside = false; // from here on others may give their references back
                 if (!pass.leave()) return;
                 w.call.write(2);
                 ++w.ends;
             },
             [&] {
                 mc::engine::instance().wait_while(&w.is_outside);
                 if (gate.hand_over()) return;
                 w.call.write(3);
                 ++w.ends;
             }});
    expect(w.ends == 1, "the last reference is given back once");
}

// A call closes while another thread hands its reference over: all who are inside are waited for.
template <mutant M>
void close_within_a_call_meets_the_last_reference(world& w) {
    gate_of<M> gate;
    int inside = 0;
    bool may_begin = true; // waits while true
    const auto enter = [&](typename gate_of<M>::pass& pass) {
        expect(pass.is_inside(), "nobody has closed yet");
        if (++inside == 2) may_begin = false;
        mc::engine::instance().wait_while(&may_begin);
    };
    const auto leave = [&](typename gate_of<M>::pass& pass) {
        if (pass.leave()) ++w.ends;
    };
    mc::run({[&] {
                 typename gate_of<M>::pass pass(gate);
                 enter(pass);
                 expect(gate.close(), "nobody else closes");
                 w.call.write(2);
                 leave(pass);
             },
             [&] {
                 typename gate_of<M>::pass pass(gate);
                 enter(pass);
                 w.call.write(1);
                 leave(pass);
             },
             [&] {
                 mc::engine::instance().wait_while(&may_begin);
                 if (!gate.hand_over()) ++w.ends;
             }});
    expect(w.ends == 1, "the last reference is given back once");
}

template <mutant M>
struct front_slot {
    struct {
        std::uint64_t freed_order = 0;
    } place;
    alignas(64) mc::variable resource;
};

// What is in front has one owner next, who knows what the last one did.
template <mutant M>
void one_takes_what_is_in_front(world& w) {
    lend::detail::front<front_slot<M>, checked_platform<M>> front;
    front_slot<M> slot;
    const auto use = [&](front_slot<M>* s) {
        if (s == nullptr) return;
        s->resource.write(s->resource.read() + 1);
        ++w.ends;
    };
    mc::run({[&] {
                 slot.resource.write(1);
                 const std::uint64_t place = front.put(slot);
                 expect(place != 0, "it is empty");
                 if (front.take_back(slot, place)) use(&slot);
             },
             [&] { use(front.take()); }, [&] { use(front.flush()); }});
    expect(w.ends == 1, "two take it, or nobody does");
}

} // namespace

int main() {
    using enum mutant;
    mc::verdict verdict;
    verdict.must_hold(explore<none>("call meets close", &call_meets_close<none>));
    verdict.must_hold(
        explore<none>("call meets the last reference", &call_meets_the_last_reference<none>));
    verdict.must_hold(explore<none>("close within a call meets the last reference",
                                    &close_within_a_call_meets_the_last_reference<none>));
    verdict.must_hold(
        explore<none>("one takes what is in front", &one_takes_what_is_in_front<none>));

    verdict.must_fail(
        explore<gate_see>("(2), (13) acquire-load relaxed", &call_meets_close<gate_see>));
    verdict.must_fail(
        explore<gate_leave>("(4) acq-rel-CAS relaxed", &call_meets_close<gate_leave>));
    verdict.must_fail(explore<gate_page>("(9) acq-rel-CAS relaxed", &call_meets_close<gate_page>));
    verdict.must_fail(explore<heavy_fence>("(10) no heavy fence", &call_meets_close<heavy_fence>));
    verdict.must_fail(explore<light_fence>("(11) no light fence", &call_meets_close<light_fence>));
    verdict.must_fail(explore<front_take>("front (2), (4), (5) acquire-CAS relaxed",
                                          &one_takes_what_is_in_front<front_take>));
    verdict.must_fail(explore<front_put>("front (3) acq-rel-CAS relaxed",
                                         &one_takes_what_is_in_front<front_put>));

    // Lives, because the light fence before it orders the call as well. The order costs nothing on
    // machines where that fence is free, and says what the closer's load relies on.
    verdict.must_hold(
        explore<gate_counter>("(14) release-store relaxed", &call_meets_close<gate_counter>));
    return verdict.exit_status();
}
