// SPDX-License-Identifier: MIT
/// @file
/// Model check of calls into a holder that meet a closer or the end of the last reference. The code
/// is that of include/lend/com/call_gate.hpp; each scenario must hold, and each mutant (one order
/// weakened, one fence left out) must be caught by its scenario, or is said to be equivalent. The
/// numbers are those of the comments there.

#include <lend/com/call_gate.hpp>
#include <lend/platform.hpp>

#include <support/checked_fences.hpp>
#include <support/checker.hpp>
#include <support/one_sleeper.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <type_traits>

namespace {

namespace mc = lend_test::mc;
using mc::expect;
using order = std::memory_order;

// A step of the gate, by the number of its comment there.
enum class step : std::uint8_t {
    none,
    close = 1,
    see_word = 2,
    enter = 3,
    leave = 4,
    gathered = 5,
    begin_hand_over = 6,
    hand_over = 7,
    see_page = 8, // and 12
    make_page = 9,
    heavy_fence = 10,
    light_fence = 11,
    see_counter = 13,
    counter = 14,
    all_of_hand_over, // 5, 6 and 7
};

// What is weakened, and to what.
struct mutant {
    step what = step::none;
    order to = order::relaxed;

    constexpr order of(step here, order shipped) const {
        const bool hands_over =
            here == step::gathered || here == step::begin_hand_over || here == step::hand_over;
        return what == here || (what == step::all_of_hand_over && hands_over) ? to : shipped;
    }
};

// What all threads of one execution share beside the gate.
struct world {
    mc::checked_fences fences;
    const void* gate = nullptr; // where its word is
    mc::one_sleeper sleeper;
    bool naps = false; // for a while; so nothing that ends a move may go unseen
    int moves = 0;     // of counters, that have ended
    std::array<int, mc::thread_count> seen{}; // of these, when a thread last looked at a counter
    bool is_outside = true;
    mc::variable call;   // written by calls, and by whoever knows that none can run
    mc::variable beside; // written before the last reference is handed over
    int ends = 0;
};
world* the_world = nullptr;

// Each access of the gate is known by the type, the operation, and the value or the place.
template <class T, mutant M>
class atomic : public mc::atomic<T> {
    using base = mc::atomic<T>;
    static constexpr bool is_number = std::is_same_v<T, std::uint32_t>;

public:
    using base::base;

    T load(order o) const noexcept {
        if (o != order::acquire) return base::load(o);
        if constexpr (is_number) {
            const bool is_word = the_world->gate == static_cast<const void*>(this);
            // The newest value: who naps or sleeps on it does not read an old one for ever.
            auto& self = const_cast<atomic&>(*this);
            const T value =
                self.base::fetch_or(0, M.of(is_word ? step::see_word : step::see_counter, o));
            the_world->seen[mc::engine::instance().current()] = the_world->moves;
            return value;
        } else {
            return base::load(M.of(step::see_page, o));
        }
    }
    void store(T value, order o) noexcept {
        const bool ends_a_move = is_number && o == order::release;
        base::store(value, ends_a_move ? M.of(step::counter, o) : o);
        if (!ends_a_move) return;
        ++the_world->moves;
        the_world->naps = false;
    }
    T fetch_add(T by, order o) noexcept {
        const bool is_one_call = by == one_call;
        return base::fetch_sub(static_cast<T>(T{0} - by),
                               M.of(is_one_call ? step::enter : step::gathered, o));
    }
    T fetch_or(T more, order o) noexcept {
        const bool closes = (more & 1U) != 0;
        return base::fetch_or(more, M.of(closes ? step::close : step::begin_hand_over, o));
    }
    bool compare_exchange_strong(T& expected, T desired, order success, order failure) noexcept {
        success = M.of(step::make_page, success);
        if (success == order::relaxed) failure = order::relaxed;
        return base::compare_exchange_strong(expected, desired, success, failure);
    }
    bool compare_exchange_weak(T& expected, T desired, order success, order failure) noexcept {
        const bool leaves = desired / one_call != expected / one_call;
        success = M.of(leaves ? step::leave : step::hand_over, success);
        return base::compare_exchange_weak(expected, desired, success, failure);
    }

private:
    static constexpr std::uint32_t one_call = 16; // in the gate's word
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
        if (M.what != step::heavy_fence) the_world->fences.heavy();
    }
    static void light_fence() noexcept {
        if (M.what != step::light_fence) the_world->fences.light();
    }
    static void
    park(atomic<std::uint32_t>& word, std::uint32_t expected, time_point until) noexcept {
        if (until != (time_point::max)()) return nap();
        the_world->sleeper.park(word, expected);
    }
    static void unpark_one(atomic<std::uint32_t>&) noexcept { the_world->sleeper.unpark(); }

private:
    static void nap() noexcept {
        if (the_world->moves != the_world->seen[mc::engine::instance().current()]) return;
        the_world->naps = true;
        mc::engine::instance().wait_while(&the_world->naps);
    }
};

template <mutant M>
using gate_of = lend::com::call_gate<checked_platform<M>>;

template <mutant M>
bool explore(const char* name, void (*scenario)(world&, gate_of<M>&), unsigned threads = 2) {
    return mc::check(name, {.preemptions = 4, .executions = 1'000'000, .threads = threads},
                     [scenario] {
                         world w;
                         the_world = &w;
                         gate_of<M> gate;
                         w.gate = &gate;
                         scenario(w, gate);
                     });
}

// ---- scenarios ----------------------------------------------------------------------------------

// No call is inside once the closer goes on, and the closer is woken.
template <mutant M>
void call_meets_close(world& w, gate_of<M>& gate) {
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

// A call that is refused knows what the closer did before.
template <mutant M>
void refused_call_meets_close(world& w, gate_of<M>& gate) {
    mc::run({[&] {
                 typename gate_of<M>::pass pass(gate);
                 if (!pass.is_inside()) expect(w.call.read() == 1, "refused before the close");
                 expect(!pass.leave(), "nothing was handed over");
             },
             [&] {
                 w.call.write(1);
                 expect(gate.close(), "nobody else closes");
             }});
}

// Two threads whose counters stand in one page call for the first time.
template <mutant M>
void two_calls_make_a_page(world& w, gate_of<M>& gate) {
    const auto call = [&] {
        typename gate_of<M>::pass pass(gate);
        if (pass.is_inside()) ++w.ends;
        expect(!pass.leave(), "nothing was handed over");
    };
    mc::run({call, call});
    expect(w.ends == 2, "nobody has closed");
}

// The last reference ends once, and after the call and the handing over.
template <mutant M>
void call_meets_the_last_reference(world& w, gate_of<M>& gate) {
    mc::run({[&] {
                 typename gate_of<M>::pass pass(gate);
                 w.call.write(1);
                 w.is_outside = false; // from here on others may give their references back
                 if (!pass.leave()) return;
                 expect(w.beside.read() == 1, "the last reference ends too early");
                 w.call.write(2);
                 ++w.ends;
             },
             [&] {
                 w.beside.write(1);
                 mc::engine::instance().wait_while(&w.is_outside);
                 if (gate.hand_over()) return;
                 w.call.write(3);
                 ++w.ends;
             }});
    expect(w.ends == 1, "the last reference is given back once");
}

// A call closes while another thread hands its reference over: all who are inside are waited for.
template <mutant M>
void close_within_a_call_meets_the_last_reference(world& w, gate_of<M>& gate) {
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

} // namespace

int main() {
    constexpr mutant shipped{};
    constexpr auto acquire = order::acquire;
    constexpr auto release = order::release;
    mc::verdict verdict;
    verdict.must_hold(explore<shipped>("call meets close", &call_meets_close));
    verdict.must_hold(explore<shipped>("refused call meets close", &refused_call_meets_close));
    verdict.must_hold(explore<shipped>("two calls make a page", &two_calls_make_a_page));
    verdict.must_hold(
        explore<shipped>("call meets the last reference", &call_meets_the_last_reference));
    verdict.must_hold(explore<shipped>("close within a call meets the last reference",
                                       &close_within_a_call_meets_the_last_reference, 3));

    using enum step;
    verdict.must_fail(explore<mutant{close}>("(1) close relaxed", &refused_call_meets_close));
    verdict.must_fail(
        explore<mutant{close, acquire}>("(1) close acquire only", &refused_call_meets_close));
    verdict.must_fail(explore<mutant{see_word}>("(2) look relaxed", &call_meets_close));
    verdict.must_fail(explore<mutant{enter}>("(3) enter relaxed", &refused_call_meets_close));
    verdict.must_fail(
        explore<mutant{enter, release}>("(3) enter release only", &refused_call_meets_close));
    verdict.must_fail(explore<mutant{leave}>("(4) leave relaxed", &call_meets_close));
    verdict.must_fail(explore<mutant{leave, acquire}>("(4) leave acquire only", &call_meets_close));
    verdict.must_fail(
        explore<mutant{leave, release}>("(4) leave release only", &call_meets_the_last_reference));
    verdict.must_fail(explore<mutant{gathered}>("(5) gather relaxed",
                                                &close_within_a_call_meets_the_last_reference, 3));
    verdict.must_fail(explore<mutant{gathered, acquire}>(
        "(5) gather acquire only", &close_within_a_call_meets_the_last_reference, 3));
    verdict.must_fail(
        explore<mutant{hand_over}>("(7) hand over relaxed", &call_meets_the_last_reference));
    verdict.must_fail(explore<mutant{all_of_hand_over, acquire}>("(5), (6), (7) acquire only",
                                                                 &call_meets_the_last_reference));
    verdict.must_fail(explore<mutant{hand_over, release}>("(7) hand over release only",
                                                          &call_meets_the_last_reference));
    verdict.must_fail(explore<mutant{see_page}>("(8) page load relaxed", &two_calls_make_a_page));
    verdict.must_fail(explore<mutant{see_page}>("(12) page load relaxed", &call_meets_close));
    verdict.must_fail(explore<mutant{make_page}>("(9) page store relaxed", &call_meets_close));
    verdict.must_fail(explore<mutant{heavy_fence}>("(10) no heavy fence", &call_meets_close));
    verdict.must_fail(explore<mutant{light_fence}>("(11) no light fence", &call_meets_close));

    // These live; call_gate.hpp says at each line why.
    std::puts("equivalent:");
    verdict.must_hold(explore<mutant{close, release}>("(1) close release only", &call_meets_close));
    verdict.must_hold(
        explore<mutant{enter, acquire}>("(3) enter acquire only", &refused_call_meets_close));
    verdict.must_hold(explore<mutant{gathered, release}>(
        "(5) gather release only", &close_within_a_call_meets_the_last_reference, 3));
    verdict.must_hold(explore<mutant{begin_hand_over}>("(6) begin to hand over relaxed",
                                                       &call_meets_the_last_reference));
    verdict.must_hold(explore<mutant{hand_over, acquire}>("(7) hand over acquire only",
                                                          &call_meets_the_last_reference));
    verdict.must_hold(explore<mutant{see_counter}>("(13) counter load relaxed", &call_meets_close));
    verdict.must_hold(explore<mutant{counter}>("(14) counter store relaxed", &call_meets_close));
    return verdict.exit_status();
}
