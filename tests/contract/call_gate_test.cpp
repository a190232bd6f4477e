// SPDX-License-Identifier: MIT
/// @file
/// A gate by itself, where two threads meet at its fence or at its sleep: hooks in the platform say
/// when, so that each meeting happens in one order.

#include "support/meeting.hpp"

#include <lend/com/call_gate.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>
#include <utility>

namespace call_gate_test {

// Does something before a thread sleeps, and before the heavy fence; each of it once.
struct hooked_platform : lend::default_platform {
    static inline std::function<void()> before_park;
    static inline std::function<void()> before_fence;

    static void
    park(atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline) noexcept {
        if (before_park) std::exchange(before_park, nullptr)();
        lend::default_platform::park(word, expected, deadline);
    }
    static void heavy_fence() noexcept {
        if (before_fence) std::exchange(before_fence, nullptr)();
        lend::default_platform::heavy_fence();
    }
};

using gate = lend::com::call_gate<hooked_platform>;

TEST(CallGate, a_thread_inside_another_gate_still_waits_for_the_calls_in_this_one) {
    gate outer;
    gate closed;
    lend_test::latch inside(1);
    lend_test::latch parked(1);
    std::atomic<bool> has_left{false};
    std::thread caller([&] {
        gate::pass pass(closed);
        inside.count_down();
        parked.wait();
        has_left = true;
        EXPECT_FALSE(pass.leave());
    });
    inside.wait();
    hooked_platform::before_park = [&] { parked.count_down(); };
    gate::pass mine(outer);

    EXPECT_TRUE(closed.close());
    EXPECT_TRUE(has_left) << "the call in the other gate was taken for one in this";

    if (std::exchange(hooked_platform::before_park, nullptr)) parked.count_down();
    EXPECT_FALSE(mine.leave());
    caller.join();
}

TEST(CallGate, who_closes_while_another_gathers_waits_for_what_that_one_finds) {
    gate g;
    gate::pass mine(g);
    std::atomic<bool> has_slept{false};
    lend_test::latch is_on(1);
    std::thread closer;
    hooked_platform::before_fence = [&] {
        hooked_platform::before_park = [&] {
            has_slept = true;
            is_on.count_down();
        };
        closer = std::thread([&] {
            EXPECT_TRUE(g.close());
            if (!has_slept) is_on.count_down(); // it never slept: let the test say so
        });
        is_on.wait();
    };

    EXPECT_TRUE(g.hand_over()) << "this call is inside";
    EXPECT_TRUE(has_slept) << "nobody knew yet how many calls are inside";

    EXPECT_TRUE(mine.leave()) << "the last one out has the reference";
    closer.join();
}

TEST(CallGate, who_hands_over_while_another_gathers_waits_for_what_that_one_finds) {
    gate g;
    gate::pass mine(g);
    std::atomic<bool> has_slept{false};
    lend_test::latch is_on(1);
    std::thread releaser;
    bool is_handed = false;
    hooked_platform::before_fence = [&] {
        hooked_platform::before_park = [&] {
            has_slept = true;
            is_on.count_down();
        };
        releaser = std::thread([&] {
            is_handed = g.hand_over();
            if (!has_slept) is_on.count_down();
        });
        is_on.wait();
    };

    EXPECT_TRUE(g.close()) << "its own call is not waited for";
    releaser.join();

    EXPECT_TRUE(is_handed) << "the call of the closing thread is inside";
    EXPECT_TRUE(mine.leave()) << "and is the one to release";
}

} // namespace call_gate_test
