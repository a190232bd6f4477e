// SPDX-License-Identifier: MIT
/// @file
/// The pool under every schedule of something small: two or three users with a few operations each.
/// After every step the invariants of docs/design.md.

#include "support/pool_user.hpp"
#include "support/pool_watch.hpp"
#include "support/pool_world.hpp"
#include "support/sim_platform.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace pool_exhaustive_sim_test {

using namespace std::chrono_literals;
using namespace lend_test;
using std::chrono::nanoseconds;

constexpr std::uint64_t most_runs = sim::most_runs(1'000'000'000);

using user = pool_user<plain_driver>;
using plan = std::function<void(user&)>;

// Users with a few operations each on one or two resources. No housekeeper, which could mend what
// is broken.
void run_users(lend::pool_options options,
               const std::vector<plan>& plans,
               const fault_chances& faults) {
    pool_world world;
    world.max_size = options.max_size;
    world.faults = faults;
    options.housekeeping = lend::housekeeping_mode::manual;
    {
        lend::pool<plain_driver, sim::platform> pool(plain_driver(world), options);
        pool_watch<plain_driver> watch(world, core_of(pool));
        const sim::after_step hook([&] { watch(); });
        std::vector<sim::fiber_ref> fibers;
        for (const plan& each : plans) {
            fibers.push_back(sim::spawn([&] {
                user one(world, pool, options.acquire_timeout, true);
                each(one);
            }));
        }
        for (const sim::fiber_ref each : fibers) sim::join(each);
        world.close_begun = true;
    }
    sim::join_all();
    SIM_CHECK(world.drivers_ended == 1);
    SIM_CHECK(world.live == 0 && world.created == world.destroyed + world.detached);
}

// With every schedule of at most so many pre-emptions.
void explore_users(const lend::pool_options& options,
                   const std::vector<plan>& plans,
                   unsigned preemptions,
                   const fault_chances& faults = {}) {
    const sim::options how{.name = "few users", .max_preemptions = preemptions};
    const sim::findings found =
        sim::explore_all(how, most_runs, [&] { run_users(options, plans, faults); });
    EXPECT_EQ(found.message, "");
    EXPECT_TRUE(found.complete || !sim::searches_all);
}

struct way {
    lend::fairness_mode fairness;
    lend::creation_mode creation;

    // One resource, or so many, lent in this way.
    [[nodiscard]] lend::pool_options options(std::size_t max_size = 1) const {
        lend::pool_options o;
        o.max_size = max_size;
        o.fairness = fairness;
        o.creation = creation;
        return o;
    }
    [[nodiscard]] std::string name() const {
        return std::string(fairness == lend::fairness_mode::strict ? "strict" : "adaptive") +
               (creation == lend::creation_mode::worker ? "_worker" : "_inline");
    }
};

class PoolSimExhaustive : public testing::TestWithParam<way> {};

// Two pre-emptions where the users are alone. Where a worker creates there are three threads, and a
// hundred times as many schedules: one with every change, and two in tests/simulate.sh.
TEST_P(PoolSimExhaustive, two_users_of_three_operations) {
    const lend::pool_options o = GetParam().options();
    const bool are_alone = GetParam().creation == lend::creation_mode::inline_;
    const unsigned bound = are_alone ? 2 : sim::preemptions(1);
    const auto takes_and_returns = [](user& u) {
        u.acquire();
        if (u.holds()) u.end(ending::release);
        u.try_acquire();
    };
    const auto waits_shortly = [](user& u) {
        u.try_acquire_for(1us);
        if (u.holds()) u.end(ending::release);
        u.acquire();
    };
    const auto breaks = [](user& u) {
        u.acquire();
        if (u.holds()) u.destroy_own();
        if (u.holds()) u.end(ending::release);
    };
    const auto sweeps = [](user& u) {
        u.sweep(0s);
        u.sweep(24h);
    };
    const auto uses_twice = [](user& u) {
        u.acquire();
        if (u.holds()) u.end(ending::release);
        u.acquire();
        sim::sleep(1us);
    };
    const auto closes = [](user& u) {
        u.acquire();
        u.close(1s);
        if (u.holds()) u.end(ending::release);
    };

    explore_users(o, {takes_and_returns, waits_shortly}, bound);
    explore_users(o, {takes_and_returns, breaks}, bound);
    explore_users(o, {waits_shortly, breaks}, bound);
    explore_users(o, {uses_twice, sweeps}, bound);
    explore_users(o, {takes_and_returns, closes}, bound);
    explore_users(o, {waits_shortly, closes}, bound);
}

INSTANTIATE_TEST_SUITE_P(
    in,
    PoolSimExhaustive,
    testing::Values(way{lend::fairness_mode::adaptive, lend::creation_mode::inline_},
                    way{lend::fairness_mode::strict, lend::creation_mode::inline_},
                    way{lend::fairness_mode::adaptive, lend::creation_mode::worker},
                    way{lend::fairness_mode::strict, lend::creation_mode::worker}),
    [](const testing::TestParamInfo<way>& each) { return each.param.name(); });

// Every schedule without pre-emption of small models, and random ones of three who wait for two
// resources.
TEST(FailureMode, 07_nothing_is_idle_while_somebody_waits_for_it_and_nobody_is_on_the_way) {
    const plan holds = [](user& u) {
        u.acquire();
        sim::sleep(1us);
        if (u.holds()) u.end(ending::release);
    };
    const plan leaves_early = [](user& u) {
        u.try_acquire_for(1us);
        if (u.holds()) u.end(ending::discard);
    };
    const plan closes = [](user& u) { u.close(1s); };
    const plan holds_both = [=](user& u) {
        u.acquire();
        holds(u);
        while (u.holds()) u.end(ending::release);
    };
    for (const auto fairness : {lend::fairness_mode::adaptive, lend::fairness_mode::strict}) {
        for (const auto creation : {lend::creation_mode::worker, lend::creation_mode::inline_}) {
            const way in{fairness, creation};
            const lend::pool_options one = in.options();
            const lend::pool_options two = in.options(2);
            const fault_chances failing{.create = 2};
            explore_users(one, {holds, holds, holds}, 0);
            explore_users(one, {holds, holds, leaves_early}, 0);
            explore_users(one, {holds, holds, closes}, 0);
            explore_users(one, {holds, holds}, 0, failing);
            explore_users(two, {holds, holds, holds}, 0);
            const sim::options how{.name = "three and two", .early_jump_one_in = 0};
            EXPECT_EQ(sim::explore(1, 5'000, how,
                                   [&] {
                                       run_users(two,
                                                 {holds_both, holds, leaves_early, holds_both,
                                                  sim::one_in(3) ? closes : holds},
                                                 sim::one_in(2) ? failing : fault_chances{});
                                   })
                          .message,
                      "");
        }
    }
}

// The step between "nothing is free" and "I am in the queue" is where the other's release falls in
// some of these schedules. No time passes that could save anybody.
TEST(FailureMode, 08_release_between_looking_and_queueing_is_not_lost) {
    const plan uses_it = [](user& u) {
        u.acquire();
        u.end(ending::release);
    };
    for (const auto fairness : {lend::fairness_mode::adaptive, lend::fairness_mode::strict}) {
        lend::pool_options o = way{fairness, lend::creation_mode::inline_}.options();
        o.acquire_timeout = nanoseconds::max();
        explore_users(o, {uses_it, uses_it}, 3);
    }
}

} // namespace pool_exhaustive_sim_test
