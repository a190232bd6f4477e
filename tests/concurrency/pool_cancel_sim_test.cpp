// SPDX-License-Identifier: MIT
/// @file
/// Waits that are called off, or whose wake-ups are stolen, at any instruction: nothing is lost,
/// and a deadline is kept exactly.

#include "support/pool_user.hpp"
#include "support/pool_watch.hpp"
#include "support/pool_world.hpp"
#include "support/sim_platform.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pool_cancel_sim_test {

using namespace std::chrono_literals;
using namespace lend_test;
using std::chrono::nanoseconds;

constexpr unsigned users = 3;
constexpr unsigned acquires_each = 8;

nanoseconds moment() { return nanoseconds(sim::choose(4) * 500); }

// A few users of one or two resources; each acquires again and again, as `take` says.
template <class Take>
void use_and_compare(const Take& take) {
    pool_world world;
    lend::pool_options options;
    options.max_size = 1 + sim::choose(2);
    options.acquire_timeout = 10us;
    options.creation = sim::one_in(2) ? lend::creation_mode::worker : lend::creation_mode::inline_;
    options.fairness = sim::one_in(2) ? lend::fairness_mode::strict : lend::fairness_mode::adaptive;
    options.housekeeping = lend::housekeeping_mode::manual;
    world.max_size = options.max_size;
    {
        lend::pool<plain_driver, sim::platform> pool(plain_driver(world), options);
        pool_watch<plain_driver> watch(world, core_of(pool));
        const sim::after_step hook([&] { watch(); });
        std::vector<sim::fiber_ref> fibers;
        for (unsigned at = 0; at < users; ++at) {
            fibers.push_back(sim::spawn([&] {
                pool_user<plain_driver> user(world, pool, options.acquire_timeout, true);
                for (unsigned done = 0; done < acquires_each; ++done) {
                    take(user);
                    if (!user.holds()) continue;
                    if (sim::one_in(2)) sim::sleep(moment());
                    user.end(ending::release);
                }
            }));
        }
        for (const sim::fiber_ref each : fibers) sim::join(each);
        sim::join_all();
        // To the last one: idle, and as many as were made.
        const lend::pool_stats s = pool.stats();
        SIM_CHECK(s.size == s.idle && s.size == world.live && s.waiting == 0);
        SIM_CHECK(s.returned == world.leases);
        world.close_begun = true;
    }
    SIM_CHECK(world.drivers_ended == 1);
    SIM_CHECK(world.live == 0 && world.created == world.destroyed);
}

TEST(FailureMode, 12_a_million_acquires_are_called_off_at_any_instruction_and_nothing_is_lost) {
    constexpr std::uint64_t runs =
        2'000'000 / (users * acquires_each) + 2; // tests/run.sh: half of it
    std::uint64_t acquires = 0;
    sim::options how{.name = "called off"};
    how.early_jump_one_in = 0;

    const sim::findings found = sim::explore(1, runs, how, [&] {
        use_and_compare([&](pool_user<plain_driver>& user) {
            ++acquires;
            user.acquire_unless_stopped(moment());
        });
    });

    EXPECT_EQ(found.message, "");
    EXPECT_GE(acquires, found.runs * users * acquires_each); // see runs
}

TEST(FailureMode, 13_deadline_is_kept_exactly_whoever_steals_the_wake_ups) {
    sim::options how{.name = "stolen"};
    how.early_jump_one_in = 0; // the clock moves only when nobody can run
    how.spurious_wake_one_in = 16;

    const sim::findings found = sim::explore(1, 10'000, how, [&] {
        use_and_compare([](pool_user<plain_driver>& user) {
            // pool_user checks that it takes exactly as long, at most.
            if (sim::one_in(3)) {
                user.try_acquire(); // takes what was left idle for who was woken
            } else {
                user.try_acquire_for(moment() + 1us);
            }
        });
    });

    EXPECT_EQ(found.message, "");
}

} // namespace pool_cancel_sim_test
