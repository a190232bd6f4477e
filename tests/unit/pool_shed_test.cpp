// SPDX-License-Identifier: MIT
/// @file
/// Shedding: who is refused when the queue has been slow for too long, and who never is.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"
#include "support/step_platform.hpp"
#include "support/waiting_caller.hpp"
#include "support/waiting_crowd.hpp"

#include <lend/detail/shedding.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace pool_shed_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

using counted = pool_with<recording_driver, step_platform>;
using time_point = step_platform::time_point;
using duration = step_platform::duration;
constexpr auto never = (time_point::max)();

constexpr duration target = 50ms;
constexpr duration interval = 1s;

lend::pool_options shedding_options() {
    lend::pool_options options = quiet(1);
    options.fairness = lend::fairness_mode::strict;
    options.queue_target = target;
    options.queue_interval = interval;
    return options;
}

// One resource; each borrower keeps it for `hold`, and somebody comes every `gap`.
class load {
public:
    explicit load(counted& p) : pool_(p.pool), first_(*pool_.acquire()), crowd_(pool_) {
        begun_ = next_arrival_ = step_platform::now();
        free_at_ = begun_ + 10ms;
    }
    load(const load&) = delete;
    load& operator=(const load&) = delete;
    ~load() {
        while (holder_ != nullptr) end_of_a_hold(0ns);
    }

    void run(duration span, duration gap, duration hold) {
        const time_point end = step_platform::now() + span;
        for (;;) {
            const time_point next = (std::min)(next_arrival_, free_at_);
            if (next > end) break;
            step_platform::advance(next - step_platform::now());
            if (next == free_at_) {
                end_of_a_hold(hold);
            } else {
                if (holder_ == nullptr && !first_) {
                    take(hold);
                } else {
                    waiting_.push_back(&crowd_.add(3, never));
                }
                next_arrival_ += gap;
            }
            look_for_refused();
        }
        step_platform::advance(end - step_platform::now());
    }

    // The longest wait of those who were served in the last run, and how many were refused in it.
    duration longest{};
    std::size_t served = 0;
    std::size_t shed = 0;

    void forget() {
        longest = {};
        served = shed = 0;
    }

private:
    using node = crowd::node;

    // A newcomer finds it idle.
    void take(duration hold) {
        first_ = *pool_.try_acquire();
        free_at_ = step_platform::now() + hold;
        ++served;
    }

    void end_of_a_hold(duration hold) {
        free_at_ = never;
        if (holder_ != nullptr) {
            node& done = *std::exchange(holder_, nullptr);
            crowd_.give_back(done);
        } else {
            (void)first_.release();
        }
        for (node* const each : waiting_) {
            if (each->slot == nullptr || !crowd::is_answered(*each)) continue;
            holder_ = each;
            longest = (std::max)(longest, duration(step_platform::now() - each->since));
            ++served;
            free_at_ = step_platform::now() + hold;
            waiting_.erase(std::find(waiting_.begin(), waiting_.end(), each));
            return;
        }
    }

    void look_for_refused() {
        const auto is_gone = [&](const node* each) {
            if (!crowd::is_answered(*each) || each->slot != nullptr) return false;
            EXPECT_EQ(each->refusal->code(), hr::lend_e_shed);
            EXPECT_GT(step_platform::now() - each->since, target);
            ++shed;
            return true;
        };
        std::erase_if(waiting_, is_gone);
    }

    lend::pool<recording_driver, step_platform>& pool_;
    lend::lease<recording_driver, step_platform> first_;
    crowd crowd_;
    std::vector<node*> waiting_;
    node* holder_ = nullptr;
    time_point begun_;
    time_point next_arrival_;
    time_point free_at_;
};

TEST(FailureMode, 28_delay_returns_under_the_target_within_three_intervals) {
    counted p(shedding_options());
    load twice_as_many(p);

    twice_as_many.run(3 * interval, 10ms, 20ms);
    EXPECT_GT(twice_as_many.longest, target);
    twice_as_many.forget();
    twice_as_many.run(10 * interval, 10ms, 20ms);

    EXPECT_LE(twice_as_many.longest, target);
    EXPECT_NEAR(static_cast<double>(twice_as_many.served), 500, 5); // it is kept busy
    EXPECT_NEAR(static_cast<double>(twice_as_many.shed), 500, 5);
}

TEST(PoolShed, is_off_by_default_and_with_a_target_of_0) {
    EXPECT_EQ(lend::pool_options{}.queue_target, 0ns);
    auto options = shedding_options();
    options.queue_target = 0ns;
    counted p(options);
    load twice_as_many(p);

    twice_as_many.run(5 * interval, 10ms, 20ms);

    EXPECT_EQ(twice_as_many.shed, 0U);
    EXPECT_GT(twice_as_many.longest, 2s);
}

TEST(PoolShed, burst_that_drains_within_an_interval_is_served) {
    counted p(shedding_options());
    load bursts(p);

    for (int at = 0; at < 5; ++at) {
        bursts.run(200ms, 10ms, 20ms);
        bursts.run(800ms, 100ms, 20ms);
    }

    EXPECT_GT(bursts.longest, target);
    EXPECT_EQ(bursts.shed, 0U);
}

TEST(PoolShed, ends_when_nobody_had_to_be_refused_for_an_interval) {
    counted p(shedding_options());
    load changing(p);
    changing.run(5 * interval, 10ms, 20ms);
    EXPECT_GT(changing.shed, 0U);
    changing.run(2 * interval, 40ms, 20ms);
    changing.forget();

    changing.run(200ms, 10ms, 20ms); // a burst like those before
    changing.run(800ms, 100ms, 20ms);

    EXPECT_GT(changing.longest, target);
    EXPECT_EQ(changing.shed, 0U);
}

TEST(PoolShed, refusal_says_how_long_was_waited_and_how_the_pool_stood) {
    const manual_clock clock;
    auto options = shedding_options();
    pool_with<recording_driver, manual_clock_platform> p(options);
    finish_line line;
    auto held = p.pool.acquire();
    std::vector<std::unique_ptr<waiting_caller<recording_driver>>> callers;
    for (int at = 0; at < 5; ++at) {
        callers.push_back(std::make_unique<waiting_caller<recording_driver>>(
            p.pool, waiting_caller<recording_driver>::options{}, "one", line));
    }
    // The first of them found nobody waiting, so the first interval is good; the second is not.
    for (std::size_t at = 0; at < 4; ++at) {
        manual_clock::advance(900ms);
        (at == 0 ? *held : callers[at - 1]->lease()).release();
        manual_clock::settle();
        ASSERT_FALSE(callers[at]->is_waiting());
        ASSERT_EQ(callers[at]->holds(), at < 3) << at;
    }

    ASSERT_EQ(callers[3]->code(), hr::lend_e_shed);
    EXPECT_EQ(callers[3]->error().waited(), 3600ms);
    ASSERT_NE(callers[3]->error().snapshot(), nullptr);
    EXPECT_EQ(p.pool.stats().shed, 2U); // the last one as well
    EXPECT_EQ(p.pool.stats().idle, 1U);
}

// ---- what never sheds ---------------------------------------------------------------------------

// A pool that is slow already, so that whoever waited for longer than the target would be refused.
struct slow_pool {
    explicit slow_pool(std::size_t max_size = 1)
        : p([&] {
              auto options = shedding_options();
              options.max_size = max_size;
              return options;
          }()) {
        held = *p.pool.acquire();
        auto& delay = core_of(p.pool).delay;
        for (int at = 0; at < 25; ++at) {
            step_platform::advance(100ms);
            const auto now = step_platform::now();
            if (delay.is_too_late(now, now - 200ms)) delay.refused();
        }
    }

    counted p;
    lend::lease<recording_driver, step_platform> held;
};

TEST(FailureMode, 29_slow_pool_sheds_who_waited_for_longer_than_the_target) {
    slow_pool slow;
    crowd waiting(slow.p.pool);
    crowd::node& late = waiting.add(3, never);
    step_platform::advance(target);
    crowd::node& soon = waiting.add(3, never);
    step_platform::advance(1ns);

    slow.held.release();

    EXPECT_EQ(late.refusal->code(), hr::lend_e_shed);
    ASSERT_NE(soon.slot, nullptr);
    waiting.give_back(soon);
}

TEST(FailureMode, 29_nothing_is_shed_while_something_is_idle) {
    slow_pool slow(2);
    {
        auto other = slow.p.pool.try_acquire();
        ASSERT_TRUE(other);
    }
    EXPECT_EQ(slow.p.pool.stats().idle, 1U);
    crowd waiting(slow.p.pool);
    crowd::node& late = waiting.add(3, never);
    step_platform::advance(2 * target);

    slow.held.release();

    ASSERT_NE(late.slot, nullptr);
    waiting.give_back(late);
}

TEST(FailureMode, 29_delay_of_a_pause_does_not_count) {
    slow_pool slow;
    crowd waiting(slow.p.pool);
    crowd::node& late = waiting.add(3, never);
    EXPECT_EQ(slow.p.pool.pause(), hr::s_ok);
    step_platform::advance(2 * target); // not long enough for a standstill
    slow.held.release();

    EXPECT_EQ(slow.p.pool.resume(), hr::s_ok);

    ASSERT_NE(late.slot, nullptr);
    waiting.give_back(late);
}

TEST(FailureMode, 29_delay_of_a_standstill_does_not_count) {
    slow_pool slow;
    crowd waiting(slow.p.pool);
    std::vector<crowd::node*> many;
    for (int at = 0; at < 100; ++at) many.push_back(&waiting.add(3, never));
    step_platform::advance(interval + 1ns);

    slow.held.release();

    // Nobody is refused after the next interval either, for what they waited before.
    for (crowd::node* const each : many) {
        ASSERT_NE(each->slot, nullptr);
        step_platform::advance(15ms);
        waiting.give_back(*each);
    }
}

// ---- the rule itself ----------------------------------------------------------------------------

using rule = lend::detail::shedding<step_platform>;

TEST(Shedding, one_good_delay_makes_an_interval_good) {
    const time_point start(1000s);
    rule delay(target, interval);
    delay.restart(start);

    for (int tenth = 1; tenth < 40; ++tenth) {
        const time_point now = start + tenth * 100ms;
        EXPECT_FALSE(delay.is_too_late(now, now - (tenth % 5 == 0 ? target : 2 * target)));
    }
}

TEST(Shedding, newcomer_who_finds_nobody_makes_an_interval_good) {
    const time_point start(1000s);
    rule delay(target, interval);
    delay.restart(start);

    for (int tenth = 1; tenth < 40; ++tenth) {
        const time_point now = start + tenth * 100ms;
        delay.arrival(now, tenth % 5 == 0);
        EXPECT_FALSE(delay.is_too_late(now, now - 2 * target));
    }
}

TEST(Shedding, interval_of_bad_delays_makes_it_slow_until_one_without_refusals) {
    const time_point start(1000s);
    rule delay(target, interval);
    delay.restart(start);
    const auto too_late_at = [&](duration at, duration waited) {
        return delay.is_too_late(start + at, start + at - waited);
    };

    for (int tenth = 1; tenth < 10; ++tenth) EXPECT_FALSE(too_late_at(tenth * 100ms, 60ms));
    EXPECT_TRUE(too_late_at(1000ms, 60ms)); // the first turn after the interval
    delay.refused();
    EXPECT_FALSE(too_late_at(1000ms, 50ms));
    EXPECT_TRUE(too_late_at(1900ms, 51ms));
    EXPECT_TRUE(too_late_at(2000ms, 51ms)); // somebody was refused in the interval before
    for (int tenth = 1; tenth < 10; ++tenth) EXPECT_FALSE(too_late_at(2000ms + tenth * 100ms, 5ms));
    EXPECT_FALSE(too_late_at(3000ms, 51ms)); // nobody was
}

TEST(Shedding, gap_of_more_than_an_interval_begins_anew) {
    const time_point start(1000s);
    rule delay(target, interval);
    delay.restart(start);
    for (int tenth = 1; tenth < 10; ++tenth) {
        (void)delay.is_too_late(start + tenth * 100ms, start);
    }

    EXPECT_FALSE(delay.is_too_late(start + 2500ms, start));
    EXPECT_FALSE(delay.is_too_late(start + 2600ms, start));
}

} // namespace pool_shed_test
