// SPDX-License-Identifier: MIT
/// @file
/// Pools that record their holders, under random schedules: what is said of holders belongs
/// together, leaks are reported in time, and what is reclaimed comes on top of the maximum and is
/// destroyed once.

#include "support/holding_user.hpp"
#include "support/pool_watch.hpp"
#include "support/pool_world.hpp"
#include "support/sim_platform.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pool_holders_sim_test {

using namespace std::chrono_literals;
using namespace lend_test;
using std::chrono::nanoseconds;

struct family {
    bool faults = false;
    bool reclaims = false;
    bool closes = false;
    bool own_thread = false;
    bool refuses = false; ///< a thread may not hold two
    bool hangs = false;
};

template <class... Times>
nanoseconds one_of(Times... times) {
    const nanoseconds all[] = {times...};
    return all[sim::choose(static_cast<unsigned>(sizeof...(times)))];
}

template <class Driver>
class scenario {
    using pool_type = lend::pool<Driver, sim::platform>;
    using lease_type = typename pool_type::lease_type;
    using user = holding_user<Driver>;

public:
    explicit scenario(const family& f) : family_(f) {}

    void operator()() {
        if (family_.faults) world_.faults = {.create = 4, .reset = 6, .check = 6, .destroy = 6};
        if (family_.hangs) world_.faults.hang = 4;
        const lend::pool_options options = draw_options();
        world_.max_size = options.max_size;
        world_.records = true;
        world_.multiple = options.multiple_acquire;
        {
            std::optional<pool_type> pool(*pool_type::make(Driver(world_), options));
            pool_watch<Driver> watch(world_, core_of(*pool));
            const sim::after_step hook([&] { watch(); });
            use(*pool, options);
            finish(pool);
            sim::join_all();
        }
        SIM_CHECK(world_.drivers_ended == 1);
        SIM_CHECK(world_.live == 0 && world_.creating == 0 && world_.calls == 0);
        SIM_CHECK(world_.created == world_.destroyed + world_.detached);
    }

private:
    lend::pool_options draw_options() {
        lend::pool_options o;
        o.max_size = 1 + sim::choose(3);
        o.acquire_timeout = one_of(0ns, 1'000'000ns, 30'000'000ns);
        o.creation = sim::one_in(2) ? lend::creation_mode::worker : lend::creation_mode::inline_;
        o.fairness = sim::one_in(2) ? lend::fairness_mode::strict : lend::fairness_mode::adaptive;
        o.housekeeping = family_.own_thread ? lend::housekeeping_mode::own_thread
                                            : lend::housekeeping_mode::manual;
        o.leak_after = one_of(1ms, 20ms, 1s);
        if (family_.reclaims) o.leak_action = lend::leak_mode::reclaim;
        if (family_.refuses) o.multiple_acquire = lend::multiple_acquire_mode::refuse;
        if (!family_.refuses && sim::one_in(3))
            o.multiple_acquire = lend::multiple_acquire_mode::warn;
        o.poison_on_unwind = true;
        o.observer = std::make_shared<leak_observer>(o.leak_after);
        return o;
    }

    void use(pool_type& pool, const lend::pool_options& options) {
        const unsigned users = 2 + sim::choose(3);
        const unsigned closer = family_.closes ? sim::choose(users) : users;
        std::vector<sim::fiber_ref> fibers;
        for (unsigned at = 0; at < users; ++at) {
            fibers.push_back(sim::spawn(
                [this, &pool, timeout = options.acquire_timeout, closes = at == closer] {
                    user someone(world_, pool, timeout, true);
                    const unsigned operations = 2 + sim::choose(6);
                    const unsigned close_at = sim::choose(operations);
                    for (unsigned done = 0; done < operations; ++done) {
                        if (closes && done == close_at) someone.close(one_of(0ns, 1'000'000ns, 9s));
                        step(someone);
                    }
                    // The next fiber may have the number of this one.
                    if (someone.holds() && !family_.refuses && sim::one_in(3))
                        kept_.push_back(someone.hand_out());
                },
                "holder"));
        }
        for (const sim::fiber_ref each : fibers) sim::join(each);
    }

    void step(user& someone) {
        switch (sim::choose(14)) {
        case 0:
        case 1:
        case 2:
        case 3:
            if (someone.count() < 2) {
                const int kind = static_cast<int>(sim::choose(Driver::kinds));
                sim::one_in(3) ? someone.acquire(kind) : someone.acquire_by_name(kind);
            }
            break;
        case 4:
        case 5:
            if (someone.holds()) someone.end(draw_ending());
            break;
        case 6:
            someone.say_something();
            break;
        case 7:
            someone.look_at_holders();
            break;
        case 8:
            sim::sleep(one_of(1us, 2ms, 30ms));
            break;
        case 9:
        case 10:
            someone.sweep(one_of(0ns, 10'000'000ns, 2s));
            break;
        case 11:
            someone.report_an_error();
            break;
        case 12:
            if (someone.holds() && sim::one_in(3)) someone.destroy_own();
            break;
        default:
            someone.look_at_stats();
            break;
        }
    }

    static ending draw_ending() {
        constexpr ending all[] = {ending::release, ending::release,   ending::release,
                                  ending::discard, ending::detach,    ending::unwind,
                                  ending::release, ending::destructor};
        return all[sim::choose(8)];
    }

    void finish(std::optional<pool_type>& pool) {
        world_.pool_is_there = false;
        for (lease_type& each : kept_) {
            sim::spawn(
                [this, &each] {
                    world_.here() = {};
                    world_.here().is_user = true;
                    if (sim::one_in(2)) sim::sleep(one_of(1us, 1ms, 6s));
                    lease_type lease = std::move(each);
                    world_.given_back(lease->serial);
                    (void)lease.release();
                    world_.here() = {};
                },
                "late lease");
        }
        world_.close_begun = true;
        pool.reset();
    }

    family family_;
    pool_world world_;
    std::vector<lease_type> kept_;
};

template <class Driver>
std::string explore(const char* name, std::uint64_t runs, const family& f) {
    sim::options how{.name = name};
    how.early_jump_one_in = 0;
    how.thread_failure_one_in = f.faults ? 8 : 0;
    // A forced drain waits a second, in which the housekeeper looks for leaks.
    how.max_steps *= 8;
    return sim::explore(1, runs, how, [&] { scenario<Driver>{f}(); }).message;
}

constexpr std::uint64_t runs = 20'000;

TEST(PoolHoldersSim, what_is_said_of_holders_belongs_together) {
    EXPECT_EQ(explore<plain_driver>("holders", runs, {}), "");
    EXPECT_EQ(explore<checked_driver>("holders, faults", runs, {.faults = true}), "");
}

TEST(PoolHoldersSim, reported_errors_condemn_and_nothing_else) {
    EXPECT_EQ(explore<classifying_driver>("classified", runs, {.faults = true}), "");
    EXPECT_EQ(
        explore<classifying_driver>("classified, closed", runs, {.faults = true, .closes = true}),
        "");
}

TEST(PoolHoldersSim, what_is_reclaimed_comes_on_top_and_is_destroyed_once) {
    EXPECT_EQ(explore<interruptible_driver>("reclaimed", runs, {.reclaims = true, .hangs = true}),
              "");
    EXPECT_EQ(explore<plain_driver>("reclaimed, faults", runs,
                                    {.faults = true, .reclaims = true, .own_thread = true}),
              "");
    EXPECT_EQ(explore<typed_driver>("reclaimed, typed", runs, {.faults = true, .reclaims = true}),
              "");
}

TEST(PoolHoldersSim, reclaim_and_close_meet) {
    EXPECT_EQ(explore<plain_driver>("reclaimed, closed", runs,
                                    {.faults = true, .reclaims = true, .closes = true}),
              "");
    EXPECT_EQ(explore<interruptible_driver>("reclaimed, closed, hangs", runs,
                                            {.reclaims = true, .closes = true, .hangs = true}),
              "");
    EXPECT_EQ(explore<rated_driver>(
                  "reclaimed, closed, rated", runs,
                  {.faults = true, .reclaims = true, .closes = true, .own_thread = true}),
              "");
}

// 1: double release hands one resource to two borrowers. Every lease is ended twice.
TEST(FailureMode, 01_in_no_schedule_do_two_borrowers_have_one_resource) {
    EXPECT_EQ(explore<plain_driver>("one borrower at a time", runs, {.closes = true}), "");
    EXPECT_EQ(explore<checked_driver>("one borrower, reclaim", runs,
                                      {.faults = true, .reclaims = true, .own_thread = true}),
              "");
}

// A sweep that would reclaim what is given back, and lent again, at that very moment.
TEST(PoolHoldersSim, what_is_lent_anew_is_never_reclaimed_in_place_of_what_was_lent) {
    const sim::options how{.name = "reclaim meets release", .max_preemptions = 3};
    const auto found = sim::explore_all(how, 400'000, [] {
        pool_world world;
        world.max_size = 1;
        world.records = true;
        lend::pool_options o;
        o.max_size = 1;
        o.creation = lend::creation_mode::inline_;
        o.housekeeping = lend::housekeeping_mode::manual;
        o.leak_after = 1s;
        o.leak_action = lend::leak_mode::reclaim;
        {
            lend::pool<plain_driver, sim::platform> pool(plain_driver(world), o);
            pool_watch<plain_driver> watch(world, core_of(pool));
            const sim::after_step hook([&] { watch(); });
            auto first = *pool.acquire();
            (void)pool.sweep(sim::platform::now());
            const auto sweeper =
                sim::spawn([&] { (void)pool.sweep(sim::platform::now() + 1s); }, "sweeper");
            (void)first.release();
            auto second = *pool.acquire();
            SIM_CHECK(second.release() == lend::hr::s_ok);
            sim::join(sweeper);
            world.close_begun = true;
        }
        sim::join_all();
        SIM_CHECK(world.live == 0 && world.created == world.destroyed);
    });
    EXPECT_EQ(found.message, "");
    EXPECT_TRUE(found.complete);
}

// 15: hold one, wait for another.
TEST(PoolHoldersSim, who_holds_one_is_refused_another_in_every_schedule) {
    EXPECT_EQ(explore<plain_driver>("refused", runs, {.refuses = true}), "");
    EXPECT_EQ(explore<checked_driver>("refused, reclaimed", runs,
                                      {.faults = true, .reclaims = true, .refuses = true}),
              "");
}

} // namespace pool_holders_sim_test
