// SPDX-License-Identifier: MIT
/// @file
/// The pool under random schedules: several users at once, drivers that fail, throw and hang, and
/// after every step the invariants of docs/design.md.

#include "support/pool_letters.hpp"
#include "support/pool_user.hpp"
#include "support/pool_watch.hpp"
#include "support/pool_world.hpp"
#include "support/sim_platform.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace pool_sim_test {

using namespace std::chrono_literals;
using namespace lend_test;
using std::chrono::nanoseconds;

// What a family of runs may contain. The rest is drawn run by run.
struct family {
    unsigned faults = 0; ///< 0: none; else calls go wrong up to once in so many
    bool hangs = false;
    bool closes = false;     ///< somebody closes the pool while others use it
    bool own_thread = false; ///< housekeeping by the pool's thread
    bool exact = true;       ///< the clock moves only when nobody can run
    bool tries = false;      ///< nobody waits, but for another caller's look
    bool waits_for_ever = false;
    bool warms_up = false;
    bool background = false; ///< resets and destroys off the borrower's path
    bool unpooled = false;
    bool drains = false;  ///< somebody drains the pool while others use it
    bool resizes = false; ///< users change the sizes
    bool letters = false; ///< some acquire without a thread that waits
    bool stops = false;   ///< some are called off while they wait
    bool queued = false;  ///< priorities, and a bound on how many wait
    bool orders = false;  ///< what is idle is lent in the order in which it came back
    bool pauses = false;  ///< users pause the pool for a while
    bool ages = false;    ///< lives end by age, clear, retain and checks of the housekeeper
    bool crowded = false; ///< one or two resources, short holds, deadlines that are as short
};

template <class... Times>
nanoseconds one_of(Times... times) {
    const nanoseconds all[] = {times...};
    return all[sim::choose(static_cast<unsigned>(sizeof...(times)))];
}

nanoseconds short_span() { return one_of(0ns, 1ns, 1000ns, 50'000ns, 1'000'000ns, 20'000'000ns); }

template <class Driver>
class scenario {
    using pool_type = lend::pool<Driver, sim::platform>;
    using lease_type = typename pool_type::lease_type;
    using user = pool_user<Driver>;

public:
    explicit scenario(const family& f) : family_(f) {}

    void operator()() {
        draw_faults();
        const lend::pool_options options = draw_options();
        world_.max_size = options.max_size;
        world_.priorities = family_.queued;
        world_.sheds = options.queue_target != 0ns;
        world_.turns_away = options.max_waiters != lend::pool_options::unlimited;
        world_.has_workers = options.creation == lend::creation_mode::worker;
        world_.has_threads = world_.has_workers || family_.own_thread;
        world_.calls_back = family_.letters;
        {
            auto made = pool_type::make(Driver(world_), options);
            SIM_CHECK(made.has_value());
            std::optional<pool_type> pool(*std::move(made));
            pool_watch<Driver> watch(world_, core_of(*pool));
            const sim::after_step hook([&] { watch(); });
            letters_.emplace(world_, *pool, options.acquire_timeout,
                             family_.exact && family_.own_thread && !family_.hangs &&
                                 family_.faults == 0 && executor_ == nullptr);
            use(*pool, options);
            finish(pool);
            sim::join_all();
        }
        SIM_CHECK(world_.drivers_ended == 1);
        SIM_CHECK(world_.live == 0 && world_.creating == 0 && world_.calls == 0);
        SIM_CHECK(world_.created == world_.destroyed + world_.detached);
    }

private:
    void draw_faults() {
        if (family_.faults != 0) {
            const auto chance = [&] { return sim::choose(2) * (1 + sim::choose(family_.faults)); };
            // Creates that always fail are where pools get stuck. Checks that always fail, at no
            // cost in time, are no use: then nobody comes to an end before his deadline.
            world_.faults = {.create = chance(),
                             .reset = chance(),
                             .check = 2 * chance(),
                             .rate = 2 * chance(),
                             .destroy = chance()};
        }
        if (family_.hangs) {
            world_.faults.hang = sim::one_in(4) ? 0 : 2U << sim::choose(4);
            world_.faults.longest_hang = one_of(100us, 5ms, 30ms, 7s);
        }
        world_.idle_limit = one_of(-1ns, 0ns, 1'000'000ns, 1'000'000'000ns);
    }

    lend::pool_options draw_options() {
        lend::pool_options o;
        o.max_size = 1 + sim::choose(family_.crowded ? 2 : 4);
        o.min_idle = sim::one_in(3) ? sim::choose(static_cast<unsigned>(o.max_size) + 1) : 0;
        o.acquire_timeout = one_of(0ns, 1'000'000ns, 30'000'000ns, 30'000'000'000ns);
        if (family_.waits_for_ever) o.acquire_timeout = nanoseconds::max();
        o.idle_timeout = one_of(family_.own_thread ? 1s : 1ms, 10min, nanoseconds::max());
        if (family_.background) {
            world_.background = true;
            o.reset_on = sim::one_in(3) ? lend::reset_mode::release : lend::reset_mode::background;
            o.destroy_on =
                sim::one_in(3) ? lend::destroy_mode::caller : lend::destroy_mode::background;
        }
        if (family_.unpooled) {
            o.pooling = lend::pooling_mode::unpooled;
            o.min_idle = 0;
        }
        if (family_.hangs && sim::one_in(2)) o.create_timeout = one_of(1us, 300us, 2ms, 1s);
        o.max_parallel_creates = world_.most_parallel = sim::choose(3);
        if (family_.warms_up) o.start_jitter = one_of(0ns, 1000ns, 1'000'000ns);
        o.creation = sim::one_in(2) ? lend::creation_mode::worker : lend::creation_mode::inline_;
        o.fairness = sim::one_in(2) ? lend::fairness_mode::strict : lend::fairness_mode::adaptive;
        o.housekeeping = family_.own_thread ? lend::housekeeping_mode::own_thread
                                            : lend::housekeeping_mode::manual;
        if (family_.orders)
            o.order = sim::one_in(2) ? lend::order_mode::lifo : lend::order_mode::fifo;
        if (family_.ages) draw_lives(o);
        if (family_.queued && sim::one_in(2)) o.max_waiters = sim::choose(4);
        if (family_.letters && sim::one_in(3)) {
            executor_ = std::make_shared<sim_executor>();
            o.executor = executor_;
        }
        if (family_.queued && sim::one_in(2)) {
            o.queue_target = 1us;
            o.queue_interval = 3us;
        }
        return o;
    }

    void draw_lives(lend::pool_options& o) {
        o.max_lifetime = one_of(1'000'000ns, 1s, 30min, nanoseconds::max());
        o.lifetime_jitter = sim::one_in(2) ? 0.5 : 0;
        o.alive_bypass = one_of(0ns, 1'000'000ns, 500ms, nanoseconds::max());
        o.keep_alive = one_of(0ns, 500ms, 10s);
        o.prune_window = one_of(0ns, 5s, 60s);
        // A housekeeper that always comes in time lets nothing grow too old. Its sweeps are met by
        // those of users, who look ahead.
        const bool in_time =
            family_.own_thread && family_.exact && family_.faults == 0 && !family_.hangs;
        if (in_time) world_.oldest = o.max_lifetime;
    }

    // What ends lives from outside.
    void end_lives(user& someone) {
        switch (sim::choose(4)) {
        case 0:
            if (lend::driver_traits<Driver>::has_quota && sim::one_in(2))
                return someone.clear(static_cast<int>(sim::choose(Driver::kinds)));
            return someone.clear();
        case 1:
            return someone.clear_over(one_of(0ns, 1'000'000ns, 10s));
        case 2:
            return someone.retain(true);
        default:
            return someone.retain(false);
        }
    }

    void use(pool_type& pool, const lend::pool_options& options) {
        const unsigned users = 2 + sim::choose(4) + (sim::one_in(4) ? 1 : 0);
        const unsigned closer = family_.closes ? sim::choose(users) : users;
        std::vector<sim::fiber_ref> fibers;
        for (unsigned at = 0; at < users; ++at) {
            fibers.push_back(sim::spawn(
                [this, &pool, timeout = options.acquire_timeout, closes = at == closer] {
                    user someone(world_, pool, timeout, family_.exact);
                    const unsigned operations = 1 + sim::choose(6);
                    const unsigned close_at = sim::choose(operations);
                    for (unsigned done = 0; done < operations; ++done) {
                        if (family_.drains && closes && done == close_at)
                            drain(someone);
                        else if (closes && done == close_at)
                            someone.close(one_of(0ns, 1'000'000ns, 9s));
                        step(someone, pool);
                    }
                    if (!family_.waits_for_ever && someone.holds() && sim::one_in(3)) {
                        kept_.push_back(someone.hand_out());
                    }
                },
                "user"));
        }
        for (const sim::fiber_ref each : fibers) sim::join(each);
    }

    static void drain(user& someone) {
        someone.drain(one_of(0ns, 1'000'000ns, 30'000'000ns, 9s),
                      sim::one_in(2) ? lend::drain_mode::soft : lend::drain_mode::forced,
                      sim::one_in(2) ? lend::queued_mode::serve : lend::queued_mode::refuse);
    }

    // Deadlines that fall together with returns.
    void step_in_a_crowd(user& someone) {
        if (!someone.holds()) {
            const auto kind = static_cast<int>(sim::choose(Driver::kinds));
            if (family_.stops && sim::one_in(2)) {
                someone.acquire_unless_stopped(one_of(0us, 1us, 2us), kind);
            } else {
                someone.try_acquire_for(one_of(1us, 2us, 3us), kind);
            }
        } else {
            sim::sleep(one_of(0us, 1us, 2us));
            someone.end(sim::one_in(6) ? draw_ending() : ending::release);
        }
    }

    void step_by_letter() {
        const auto kind = static_cast<int>(sim::choose(Driver::kinds));
        std::optional<nanoseconds> span;
        if (sim::one_in(2)) span = family_.crowded ? one_of(1us, 2us, 3us) : short_span();
        switch (sim::choose(8)) {
        case 0:
        case 1:
            if (letters_->open() < 8) letters_->await(kind, span);
            break;
        case 2:
            letters_->call_off();
            break;
        case 3:
        case 4:
            letters_->end_one();
            break;
        default:
            if (letters_->open() < 8) letters_->write(kind, span);
            break;
        }
    }

    void step(user& someone, pool_type& pool) {
        if (family_.pauses && sim::one_in(6)) {
            return someone.pause_for(one_of(0ns, 1ns, 1000ns, 20'000'000ns),
                                     sim::one_in(3) ? lend::pause_mode::fail
                                                    : lend::pause_mode::block);
        }
        if (executor_ != nullptr && sim::one_in(2)) (void)executor_->run_one();
        if (family_.letters && sim::one_in(2)) return step_by_letter();
        if (family_.crowded) return step_in_a_crowd(someone);
        if (family_.warms_up && sim::one_in(5)) {
            return someone.warm_up(1 + sim::choose(4), short_span(),
                                   static_cast<int>(sim::choose(Driver::kinds)));
        }
        if (family_.ages && sim::one_in(5)) return end_lives(someone);
        if (family_.resizes && sim::one_in(5)) {
            const unsigned most = 1 + sim::choose(4);
            return someone.resize(most, sim::one_in(3) ? sim::choose(most + 1) : 0);
        }
        switch (sim::choose(16)) {
        case 0:
        case 1:
        case 2:
        case 3:
        case 4:
        case 5:
        case 6:
            take(someone);
            break;
        case 7:
        case 8:
        case 9:
        case 10:
            if (someone.holds())
                someone.end(draw_ending());
            else
                take(someone);
            break;
        case 11:
            sim::sleep(one_of(1us, 30us, 2000us));
            break;
        case 12:
            if (someone.holds()) someone.destroy_own();
            break;
        case 13:
            if (sim::one_in(4))
                someone.destroy_forged();
            else
                someone.destroy_any();
            break;
        case 14:
            (void)pool.sweep(sim::platform::now() + one_of(0ns, 10'000'000ns, 700s));
            break;
        default:
            someone.look_at_stats();
            break;
        }
    }

    void take(user& someone) {
        const int kind = static_cast<int>(sim::choose(Driver::kinds));
        if (family_.waits_for_ever) {
            if (someone.holds()) return;
            if (family_.stops && sim::one_in(2))
                someone.acquire_unless_stopped(short_span(), kind);
            else
                someone.acquire(kind);
            return;
        }
        if (someone.count() == 2) return;
        if (family_.tries) return someone.try_acquire(kind);
        switch (sim::choose(family_.stops ? 7 : 5)) {
        case 0:
            someone.try_acquire(kind);
            break;
        case 5:
        case 6:
            someone.acquire_unless_stopped(short_span(), kind);
            break;
        case 1:
            someone.try_acquire_for(short_span(), kind);
            break;
        case 2:
            someone.try_acquire_until(short_span() - 10ns, kind);
            break;
        default:
            someone.acquire(kind);
            break;
        }
    }

    static ending draw_ending() {
        switch (sim::choose(8)) {
        case 0:
            return ending::discard;
        case 1:
            return ending::detach;
        case 2:
            return ending::unwind;
        case 3:
            return ending::destructor;
        default:
            return ending::release;
        }
    }

    // The pool goes; leases that are still out end before, meanwhile and after.
    void finish(std::optional<pool_type>& pool) {
        if (family_.letters) return finish_letters(pool);
        const bool serves = kept_.empty() && !world_.close_begun && !world_.turns_away;
        if (serves && sim::one_in(2)) serve_again(*pool);
        if (sim::one_in(2) && kept_.empty() && !world_.close_begun) {
            compare_counters(*pool);
        }
        world_.pool_is_there = false;
        for (lease_type& each : kept_) {
            sim::spawn(
                [this, &each, how = draw_ending()] {
                    world_.here() = {};
                    world_.here().is_user = true;
                    if (sim::one_in(2)) sim::sleep(one_of(1us, 1ms, 6s));
                    lease_type lease = std::move(each);
                    end_kept(std::move(lease), how);
                    world_.here() = {};
                },
                "late lease");
        }
        world_.close_begun = true;
        const bool quiet = kept_.empty() && pool->close() == lend::hr::s_ok;
        pool.reset();
        // No thread of the pool is the one who destroys the driver, behind the user's back.
        if (quiet) SIM_CHECK(world_.drivers_ended == 1);
    }

    // When nothing goes wrong any more and everything is back, everybody is served: whatever
    // failed, hung or was paused before, the pool gets over it by itself. Creates that were on
    // their way may fail yet, each once.
    void serve_again(pool_type& pool) {
        world_.faults = {};
        user someone(world_, pool, 100s, family_.exact);
        for (unsigned kind = 0; kind < Driver::kinds; ++kind) {
            for (unsigned tries = 0; tries < 5 && !someone.holds(); ++tries)
                someone.try_acquire_for(100s, static_cast<int>(kind));
            SIM_CHECK(someone.holds());
            someone.end(ending::release);
        }
    }

    // Whoever has not been answered is answered by close.
    void finish_letters(std::optional<pool_type>& pool) {
        world_.here() = {};
        world_.here().is_user = true;
        for (lease_type& each : kept_) end_kept(std::move(each), ending::release);
        const bool compare = kept_.empty() && sim::one_in(2) && !world_.close_begun;
        if (compare) letters_->end_all();
        world_.close_begun = true;
        const bool all = pool->close(100s) == lend::hr::s_ok;
        SIM_CHECK(all && letters_->open() == 0);
        world_.closed = true;
        const lend::pool_stats s = pool->stats();
        SIM_CHECK(s.waiting == 0 && s.idle == 0 && s.creating == 0);
        while (executor_ != nullptr && executor_->run_one()) {
        }
        letters_->end_all();
        if (compare) SIM_CHECK(pool->stats().returned == world_.leases);
        world_.pool_is_there = false;
        pool.reset();
        SIM_CHECK(world_.drivers_ended == 1);
    }

    void end_kept(lease_type lease, ending how) {
        const int serial = lease->serial;
        world_.given_back(serial);
        if (how == ending::detach) {
            world_.left_alive(serial);
            (void)lease.detach().has_value();
        } else if (how == ending::discard) {
            (void)lease.discard();
        } else {
            (void)lease.release();
        }
    }

    void compare_counters(pool_type& pool) {
        if (pool.close(100s) != lend::hr::s_ok) return;
        const lend::pool_stats s = pool.stats();
        SIM_CHECK(s.size == 0 && s.waiting == 0);
        SIM_CHECK(s.returned == world_.leases);
        SIM_CHECK(s.acquired >= s.returned);
        SIM_CHECK(s.created == world_.created);
        // What was given up has failed, whatever came of it.
        SIM_CHECK(s.abandoned == 0);
        SIM_CHECK(s.create_failed ==
                  world_.create_failed + s.closed_for(lend::destroy_reason::late));
        SIM_CHECK(s.destroyed == world_.destroyed);
        SIM_CHECK(s.detached == world_.detached);
        SIM_CHECK(s.outages <= world_.gone_reports);
        if (!sim::one_in(8)) return;
        // 39: each acquire is in one histogram, each create and each destroy as well.
        const lend::pool_timings t = pool.timings();
        const auto waits = [&](lend::acquire_outcome how) { return t.wait_of(how).count(); };
        SIM_CHECK(waits(lend::acquire_outcome::served) == s.acquired);
        SIM_CHECK(waits(lend::acquire_outcome::timed_out) == s.timed_out);
        SIM_CHECK(waits(lend::acquire_outcome::cancelled) == s.cancelled);
        SIM_CHECK(waits(lend::acquire_outcome::shed) == s.shed);
        SIM_CHECK(waits(lend::acquire_outcome::refused) == s.refused);
        // What was given up and ended well is in both counts.
        const std::uint64_t late = s.closed_for(lend::destroy_reason::late);
        SIM_CHECK(t.create.count() + t.create_failed.count() >= s.created + s.create_failed - late);
        SIM_CHECK(t.destroy.count() + t.destroy_failed.count() == s.destroyed);
    }

    family family_;
    pool_world world_;
    std::shared_ptr<sim_executor> executor_;
    std::optional<pool_letters<Driver>> letters_;
    std::vector<lease_type> kept_;
};

template <class Driver>
std::string explore(const char* name, std::uint64_t runs, const family& f) {
    sim::options how{.name = name};
    if (f.exact) how.early_jump_one_in = 0;
    // A housekeeper looks up to ten times a second while others wait for half a minute.
    if (f.own_thread) how.max_steps *= 8;
    // While a create hangs for seconds, a waiter looks each millisecond or so.
    if (f.hangs && f.ages) how.max_steps *= 8;
    how.thread_failure_one_in = f.faults != 0 ? 8 : 0;
    return sim::explore(1, runs, how, [&] { scenario<Driver>{f}(); }).message;
}

constexpr std::uint64_t runs = 20'000;

TEST(PoolSim, keeps_its_invariants_while_the_driver_behaves) {
    EXPECT_EQ(explore<plain_driver>("plain", runs, {}), "");
}

TEST(PoolSim, keeps_its_invariants_with_faults) {
    EXPECT_EQ(explore<plain_driver>("plain, faults", runs, {.faults = 6}), "");
}

TEST(PoolSim, keeps_its_invariants_with_faults_and_hangs) {
    EXPECT_EQ(explore<plain_driver>("plain, hangs", runs, {.faults = 6, .hangs = true}), "");
}

TEST(PoolSim, keeps_its_invariants_when_closed_under_its_users) {
    EXPECT_EQ(
        explore<plain_driver>("plain, closed", runs, {.faults = 6, .hangs = true, .closes = true}),
        "");
}

TEST(PoolSim, serves_everyone_who_waits_for_ever) {
    EXPECT_EQ(explore<plain_driver>("plain, for ever", runs,
                                    {.faults = 6, .hangs = true, .waits_for_ever = true}),
              "");
}

TEST(PoolSim, keeps_its_invariants_with_checks_and_idle_limits) {
    EXPECT_EQ(
        explore<checked_driver>("checked", runs, {.faults = 6, .hangs = true, .closes = true}), "");
}

TEST(PoolSim, keeps_its_invariants_with_its_own_housekeeper) {
    EXPECT_EQ(
        explore<checked_driver>("housekeeper", runs,
                                {.faults = 6, .hangs = true, .closes = true, .own_thread = true}),
        "");
}

TEST(PoolSim, lets_nothing_grow_too_old_while_its_housekeeper_comes_in_time) {
    EXPECT_EQ(explore<checked_driver>("ages, in time", runs, {.own_thread = true, .ages = true}),
              "");
}

TEST(PoolSim, keeps_its_invariants_while_lives_end_in_every_way) {
    EXPECT_EQ(explore<checked_driver>(
                  "ages, checked", runs,
                  {.faults = 6, .hangs = true, .closes = true, .own_thread = true, .ages = true}),
              "");
    EXPECT_EQ(explore<rated_driver>("ages, rated", runs,
                                    {.faults = 6, .hangs = true, .closes = true, .ages = true}),
              "");
    EXPECT_EQ(
        explore<plain_driver>(
            "ages, for ever", runs,
            {.faults = 6, .hangs = true, .own_thread = true, .waits_for_ever = true, .ages = true}),
        "");
    EXPECT_EQ(explore<rated_driver>("ages, for ever", runs,
                                    {.hangs = true, .waits_for_ever = true, .ages = true}),
              "");
}

// Active checks, which workers make: the deadline is exact whatever hangs.
TEST(FailureMode, 47_deadlines_are_kept_whatever_the_driver_does) {
    const family f{.faults = 6, .hangs = true, .ages = true};
    EXPECT_EQ(explore<checked_driver>("doubts, checked", runs, f), "");
    EXPECT_EQ(explore<typed_checked_driver>("doubts, typed", runs, f), "");
    EXPECT_EQ(explore<rated_driver>("doubts, rated", runs, f), "");
    EXPECT_EQ(
        explore<checked_driver>("doubts, crowd", runs,
                                {.hangs = true, .stops = true, .ages = true, .crowded = true}),
        "");
    EXPECT_EQ(explore<checked_driver>("doubts, letters", runs,
                                      {.faults = 6,
                                       .hangs = true,
                                       .own_thread = true,
                                       .letters = true,
                                       .stops = true,
                                       .ages = true}),
              "");
    EXPECT_EQ(explore<typed_checked_driver>(
                  "doubts, closed", runs,
                  {.faults = 6, .hangs = true, .closes = true, .pauses = true, .ages = true}),
              "");
}

TEST(PoolSim, keeps_its_invariants_with_kinds_that_lend_compares) {
    EXPECT_EQ(explore<typed_driver>("typed", runs, {}), "");
    EXPECT_EQ(
        explore<typed_driver>("typed, faults", runs, {.faults = 6, .hangs = true, .closes = true}),
        "");
}

TEST(PoolSim, keeps_its_invariants_with_kinds_that_the_driver_rates) {
    EXPECT_EQ(explore<rated_driver>("rated", runs, {}), "");
    EXPECT_EQ(
        explore<rated_driver>("rated, faults", runs, {.faults = 6, .hangs = true, .closes = true}),
        "");
}

TEST(PoolSim, forgets_nobody_when_deadlines_and_returns_fall_together) {
    EXPECT_EQ(explore<plain_driver>("crowd", runs, {.crowded = true}), "");
    EXPECT_EQ(explore<plain_driver>("crowd, early", runs, {.exact = false, .crowded = true}), "");
    EXPECT_EQ(explore<typed_driver>("crowd, typed", runs, {.crowded = true}), "");
}

TEST(PoolSim, keeps_the_order_of_priorities_and_the_bound_of_the_queue) {
    EXPECT_EQ(explore<plain_driver>("queued", runs, {.queued = true}), "");
    EXPECT_EQ(explore<plain_driver>("queued, crowd", runs, {.queued = true, .crowded = true}), "");
    EXPECT_EQ(explore<rated_driver>("queued, crowd, rated", runs,
                                    {.queued = true, .pauses = true, .crowded = true}),
              "");
    EXPECT_EQ(explore<plain_driver>(
                  "queued, faults", runs,
                  {.faults = 6, .hangs = true, .closes = true, .exact = false, .queued = true}),
              "");
    EXPECT_EQ(
        explore<typed_driver>("queued, typed", runs,
                              {.faults = 6, .hangs = true, .waits_for_ever = true, .queued = true}),
        "");
    EXPECT_EQ(explore<rated_driver>("queued, rated", runs,
                                    {.faults = 6, .waits_for_ever = true, .queued = true}),
              "");
}

TEST(PoolSim, keeps_its_invariants_with_resources_in_order) {
    EXPECT_EQ(explore<plain_driver>("ordered", runs, {.orders = true}), "");
    EXPECT_EQ(explore<plain_driver>("ordered, crowd", runs, {.orders = true, .crowded = true}), "");
    EXPECT_EQ(explore<checked_driver>(
                  "ordered, faults", runs,
                  {.faults = 6, .hangs = true, .closes = true, .own_thread = true, .orders = true}),
              "");
    EXPECT_EQ(explore<typed_driver>("ordered, typed", runs,
                                    {.faults = 6, .waits_for_ever = true, .orders = true}),
              "");
    EXPECT_EQ(explore<rated_driver>(
                  "ordered, rated", runs,
                  {.faults = 6, .waits_for_ever = true, .orders = true, .pauses = true}),
              "");
}

// What could have been lent for a whole call is not refused to it; see
// pool_world::nothing_was_free, which every other run calls as well.
TEST(FailureMode, 70_look_at_another_kind_refuses_nothing_and_makes_no_room) {
    EXPECT_EQ(explore<typed_driver>("tries, typed", runs, {.tries = true}), "");
    EXPECT_EQ(explore<quota_driver>("tries, keys", runs, {.tries = true, .orders = true}), "");
    EXPECT_EQ(explore<rated_driver>("tries, rated", runs, {.tries = true}), "");
    EXPECT_EQ(explore<rated_driver>("tries, rated, lives", runs,
                                    {.faults = 6, .tries = true, .orders = true, .ages = true}),
              "");
    EXPECT_EQ(explore<plain_driver>("tries, retained", runs, {.tries = true, .ages = true}), "");
}

TEST(FailureMode, 35_paused_pool_lends_nothing_and_forgets_nobody) {
    EXPECT_EQ(explore<plain_driver>("paused", runs, {.pauses = true}), "");
    EXPECT_EQ(explore<plain_driver>("paused, crowd", runs, {.pauses = true, .crowded = true}), "");
    EXPECT_EQ(explore<checked_driver>(
                  "paused, faults", runs,
                  {.faults = 6, .hangs = true, .closes = true, .own_thread = true, .pauses = true}),
              "");
    EXPECT_EQ(
        explore<plain_driver>("paused, for ever", runs,
                              {.faults = 6, .hangs = true, .waits_for_ever = true, .pauses = true}),
        "");
    EXPECT_EQ(explore<typed_driver>(
                  "paused, typed", runs,
                  {.faults = 6, .waits_for_ever = true, .queued = true, .pauses = true}),
              "");
    EXPECT_EQ(explore<rated_driver>(
                  "paused, rated", runs,
                  {.faults = 6, .waits_for_ever = true, .queued = true, .pauses = true}),
              "");
    EXPECT_EQ(explore<plain_driver>("paused, early", runs,
                                    {.faults = 6,
                                     .hangs = true,
                                     .closes = true,
                                     .exact = false,
                                     .resizes = true,
                                     .pauses = true}),
              "");
}

TEST(PoolSim, serves_everyone_of_every_kind_who_waits_for_ever) {
    EXPECT_EQ(explore<typed_driver>("typed, for ever", runs, {.waits_for_ever = true}), "");
    EXPECT_EQ(explore<rated_driver>("rated, for ever", runs,
                                    {.faults = 6, .hangs = true, .waits_for_ever = true}),
              "");
}

TEST(PoolSim, keeps_its_invariants_when_the_clock_jumps_early) {
    EXPECT_EQ(explore<plain_driver>("early", runs,
                                    {.faults = 6, .hangs = true, .closes = true, .exact = false}),
              "");
    EXPECT_EQ(explore<rated_driver>("early, rated", runs,
                                    {.faults = 6, .hangs = true, .closes = true, .exact = false}),
              "");
}

TEST(FailureMode, 42_pool_keeps_its_invariants_in_a_storm_of_resizes) {
    EXPECT_EQ(explore<plain_driver>("resized", runs, {.resizes = true}), "");
    EXPECT_EQ(explore<plain_driver>("resized, faults", runs,
                                    {.faults = 6, .hangs = true, .closes = true, .resizes = true}),
              "");
    EXPECT_EQ(
        explore<checked_driver>("resized, housekeeper", runs,
                                {.faults = 6, .hangs = true, .own_thread = true, .resizes = true}),
        "");
    EXPECT_EQ(explore<typed_driver>("resized, typed", runs, {.faults = 6, .resizes = true}), "");
    EXPECT_EQ(explore<rated_driver>("resized, rated", runs, {.faults = 6, .resizes = true}), "");
    EXPECT_EQ(
        explore<plain_driver>("resized, for ever", runs, {.waits_for_ever = true, .resizes = true}),
        "");
}

TEST(PoolSim, loses_nothing_when_waits_are_called_off) {
    EXPECT_EQ(explore<plain_driver>("stops", runs, {.stops = true}), "");
    EXPECT_EQ(explore<plain_driver>("stops, crowd", runs, {.stops = true, .crowded = true}), "");
    EXPECT_EQ(explore<checked_driver>(
                  "stops, faults", runs,
                  {.faults = 6, .hangs = true, .closes = true, .own_thread = true, .stops = true}),
              "");
    EXPECT_EQ(
        explore<plain_driver>("stops, for ever", runs,
                              {.faults = 6, .hangs = true, .waits_for_ever = true, .stops = true}),
        "");
    EXPECT_EQ(explore<typed_driver>("stops, typed", runs, {.stops = true, .crowded = true}), "");
    EXPECT_EQ(explore<rated_driver>("stops, rated", runs,
                                    {.faults = 6, .hangs = true, .closes = true, .stops = true}),
              "");
}

TEST(PoolSim, keeps_its_invariants_while_it_is_warmed_up) {
    EXPECT_EQ(explore<plain_driver>("warm", runs, {.warms_up = true}), "");
    EXPECT_EQ(explore<plain_driver>("warm, faults", runs,
                                    {.faults = 6,
                                     .hangs = true,
                                     .closes = true,
                                     .own_thread = true,
                                     .warms_up = true,
                                     .resizes = true}),
              "");
    EXPECT_EQ(explore<typed_driver>("warm, typed", runs,
                                    {.faults = 6, .hangs = true, .closes = true, .warms_up = true}),
              "");
}

TEST(PoolSim, keeps_its_invariants_while_it_is_drained) {
    EXPECT_EQ(explore<interruptible_driver>("drained", runs, {.closes = true, .drains = true}), "");
    EXPECT_EQ(explore<interruptible_driver>("drained, faults", runs,
                                            {.faults = 6,
                                             .hangs = true,
                                             .closes = true,
                                             .own_thread = true,
                                             .warms_up = true,
                                             .drains = true,
                                             .resizes = true}),
              "");
    EXPECT_EQ(explore<typed_driver>("drained, typed", runs,
                                    {.faults = 6, .hangs = true, .closes = true, .drains = true}),
              "");
    EXPECT_EQ(explore<rated_driver>("drained, rated", runs,
                                    {.faults = 6, .hangs = true, .closes = true, .drains = true}),
              "");
}

TEST(PoolSim, keeps_queue_order_and_pause_for_those_without_a_thread) {
    EXPECT_EQ(
        explore<plain_driver>(
            "letters, queued, crowd", runs,
            {.own_thread = true, .letters = true, .queued = true, .pauses = true, .crowded = true}),
        "");
    EXPECT_EQ(explore<checked_driver>("letters, queued", runs,
                                      {.faults = 6,
                                       .hangs = true,
                                       .closes = true,
                                       .own_thread = true,
                                       .letters = true,
                                       .stops = true,
                                       .queued = true,
                                       .orders = true,
                                       .pauses = true}),
              "");
    EXPECT_EQ(
        explore<rated_driver>(
            "letters, queued, rated", runs,
            {.faults = 6, .own_thread = true, .letters = true, .queued = true, .pauses = true}),
        "");
}

TEST(PoolSim, answers_everyone_who_waits_without_a_thread) {
    EXPECT_EQ(explore<plain_driver>("letters", runs, {.own_thread = true, .letters = true}), "");
    EXPECT_EQ(explore<plain_driver>("letters, crowd", runs,
                                    {.own_thread = true, .letters = true, .crowded = true}),
              "");
    EXPECT_EQ(explore<plain_driver>("letters, closed", runs,
                                    {.closes = true, .letters = true, .stops = true}),
              "");
    EXPECT_EQ(explore<checked_driver>(
                  "letters, faults", runs,
                  {.faults = 6, .hangs = true, .own_thread = true, .letters = true, .stops = true}),
              "");
    EXPECT_EQ(explore<typed_driver>("letters, typed", runs,
                                    {.own_thread = true, .letters = true, .stops = true}),
              "");
    EXPECT_EQ(explore<rated_driver>(
                  "letters, rated", runs,
                  {.faults = 6, .hangs = true, .closes = true, .letters = true, .stops = true}),
              "");
}

TEST(PoolSim, keeps_its_invariants_with_resets_and_destroys_in_the_background) {
    EXPECT_EQ(explore<plain_driver>("background", runs, {.background = true}), "");
    EXPECT_EQ(explore<interruptible_driver>(
                  "background, drained", runs,
                  {.faults = 6, .hangs = true, .closes = true, .background = true, .drains = true}),
              "");
    EXPECT_EQ(explore<checked_driver>("background, housekeeper", runs,
                                      {.faults = 6,
                                       .hangs = true,
                                       .closes = true,
                                       .own_thread = true,
                                       .background = true,
                                       .resizes = true}),
              "");
    EXPECT_EQ(explore<typed_driver>("background, typed", runs,
                                    {.faults = 6, .waits_for_ever = true, .background = true}),
              "");
}

TEST(PoolSim, keeps_its_invariants_without_pooling) {
    EXPECT_EQ(explore<plain_driver>("unpooled", runs, {.unpooled = true}), "");
    EXPECT_EQ(explore<plain_driver>("unpooled, faults", runs,
                                    {.faults = 6,
                                     .hangs = true,
                                     .closes = true,
                                     .own_thread = true,
                                     .warms_up = true,
                                     .unpooled = true}),
              "");
    EXPECT_EQ(explore<typed_driver>("unpooled, typed", runs,
                                    {.faults = 6, .waits_for_ever = true, .unpooled = true}),
              "");
}

TEST(PoolSim, keeps_its_invariants_with_a_maximum_for_each_kind) {
    EXPECT_EQ(explore<quota_driver>("quota", runs, {}), "");
    EXPECT_EQ(explore<quota_driver>("quota, faults", runs,
                                    {.faults = 6,
                                     .hangs = true,
                                     .closes = true,
                                     .own_thread = true,
                                     .warms_up = true,
                                     .drains = true}),
              "");
    EXPECT_EQ(explore<quota_driver>("quota, crowded", runs, {.crowded = true}), "");
    EXPECT_EQ(explore<quota_driver>("quota, warmed", runs, {.hangs = true, .warms_up = true}), "");
    EXPECT_EQ(explore<quota_driver>("quota, for ever", runs, {.waits_for_ever = true}), "");
    EXPECT_EQ(explore<quota_driver>("quota, cleared", runs,
                                    {.faults = 6, .hangs = true, .closes = true, .ages = true}),
              "");
    EXPECT_EQ(explore<quota_driver>("quota, resized", runs, {.faults = 6, .resizes = true}), "");
}

} // namespace pool_sim_test
