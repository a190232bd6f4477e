// SPDX-License-Identifier: MIT
/// @file
/// How many creates start: the rule alone, in a pool of counts and times. What real pools make of
/// it is in pool_creation_test.cpp.

#include "support/creation_model.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pool_creation_rule_test {

using namespace std::chrono_literals;
using namespace lend_test;

constexpr auto always(model_span span) {
    return [span] { return span; };
}

using plain_rule = lend::detail::creation_rule<model_time>;

// None in flight.
struct no_creates {
    [[nodiscard]] static std::size_t size() { return 0; }
    template <class Visit>
    void for_each(const Visit&) const {}
};

TEST(CreationRule, starts_none_for_nobody_and_where_there_is_no_room) {
    const model_time now(1h);
    const auto starts = [&](std::size_t waiting, std::size_t room) {
        plain_rule r;
        r.begin(now, now, 0);
        return r.starts(now + 1s, {.waiting = waiting, .room = room}, no_creates{});
    };

    EXPECT_EQ(starts(1, 1), 1U);
    EXPECT_EQ(starts(0, 1), 0U);
    EXPECT_EQ(starts(1, 0), 0U);
}

// Creates in flight that began then, the oldest first.
struct begun {
    std::vector<model_time> at;
    [[nodiscard]] std::size_t size() const { return at.size(); }
    template <class Visit>
    void for_each(const Visit& visit) const {
        for (const model_time began : at) visit(began);
    }
};

TEST(CreationRule, counts_on_no_old_create_that_any_younger_one_has_overtaken) {
    plain_rule r;
    const model_time now(1h);
    r.created(now + 30ms, now + 40ms);
    r.created(now + 10ms, now + 45ms); // it began first

    EXPECT_EQ(r.counted_on(now + 50ms, begun{{now + 20ms}}), 1U) << "it is not old yet";
    EXPECT_EQ(r.counted_on(now + 10s, begun{{now + 20ms}}), 0U);
    EXPECT_EQ(r.counted_on(now + 10s, begun{{now + 31ms}}), 1U) << "nothing overtook this one";
}

TEST(CreationRule, starts_no_more_than_may_exist_and_one_at_first_after_a_recovery) {
    plain_rule r;
    model_time now(1h);
    r.begin(now, now, 0);
    EXPECT_EQ(r.starts(now, {.waiting = 100, .room = 100}, no_creates{}), 1U);
    now = r.look_at();
    EXPECT_EQ(r.starts(now, {.waiting = 100, .room = 2}, no_creates{}), 2U);
    now = r.look_at();
    EXPECT_EQ(r.starts(now, {.waiting = 100, .room = 100}, no_creates{}), 16U);

    r.recovered();

    EXPECT_EQ(r.starts(r.look_at(), {.waiting = 100, .room = 100}, no_creates{}), 1U);
}

// C is 100 ms before anything is known, or the age of the middle one in flight if that is more.
TEST(CreationRule, looks_as_often_as_the_age_of_the_middle_create_says_before_one_succeeded) {
    plain_rule r;
    const model_time now(1h);
    r.begin(now, now, 0);
    (void)r.starts(now, {.waiting = 9, .room = 9}, begun{{now - 10s, now - 320ms, now - 1ms}});

    EXPECT_EQ(r.look_at(), now + 20ms);
}

TEST(BackingOff, next_start_is_when_a_token_comes_while_nothing_fails) {
    lend::detail::backing_off<model_platform> pause;
    const model_time now(1h);

    EXPECT_EQ(pause.allow(20, 0, now, 0ms), 10U) << "all tokens";

    EXPECT_EQ(pause.next_start(), now + 100ms);
    EXPECT_EQ(pause.allow(1, 0, now + 100ms - 1ns, 0ms), 0U);
    EXPECT_EQ(pause.allow(1, 0, now + 100ms, 0ms), 1U);
}

TEST(CreationRule, burst_that_returns_will_serve_starts_no_create) {
    creation_model p;
    p.idle = 5;
    p.hold = always(2ms);
    p.arrive(0ms, 50);

    p.run(1min);

    EXPECT_EQ(p.last_end, 20ms);
    EXPECT_EQ(p.size(), 5U);
}

TEST(CreationRule, burst_of_uses_of_any_length_ends_soon_with_few_resources) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        creation_model p(seed);
        p.idle = 5;
        p.hold = [] { return exponential(2ms); };
        p.arrive(0ms, 50);

        p.run(1min);

        EXPECT_LE(p.last_served(), 30ms) << "seed " << seed;
        EXPECT_LE(p.size(), 8U) << "seed " << seed;
    }
}

TEST(CreationRule, empty_pool_serves_fifty_long_holders_within_three_creates) {
    creation_model p;
    p.arrive(0ms, 50);

    p.run(1min);

    ASSERT_EQ(p.served.size(), 50U);
    EXPECT_EQ(p.waits.front(), 150ms);
    EXPECT_LE(p.last_served(), 450ms);
}

TEST(CreationRule, long_holders_behind_a_few_idle_ones_are_served_within_three_creates) {
    creation_model p;
    p.idle = 5;
    p.arrive(0ms, 50);

    p.run(1min);

    ASSERT_EQ(p.served.size(), 50U);
    EXPECT_LE(p.last_served(), 450ms);
}

TEST(CreationRule, burst_and_ramp_are_served_whatever_a_create_and_a_use_cost) {
    for (const model_span create : {5ms, 50ms, 150ms, 500ms, 2000ms}) {
        for (const model_span hold : {500us, 2000us, 10'000us, 100'000us, 500'000us}) {
            creation_model p;
            p.idle = 5;
            p.hold = always(hold);
            p.create = always(create);
            p.arrive(0ms, 50);
            p.run(10min);

            // The better of two ways that know the future: never create, create all at once.
            const model_span best = std::min(9 * hold, create);
            ASSERT_EQ(p.served.size(), 50U);
            // Before the first create the time it takes is a guess, of 100 ms.
            EXPECT_LE(p.last_served(), 3 * best + 2 * 100ms)
                << create.count() << ' ' << hold.count();
        }
    }
}

TEST(CreationRule, steady_load_that_the_resources_carry_makes_no_more_of_them) {
    creation_model p;
    p.idle = 5;
    p.hold = [] { return exponential(10ms); };
    for (model_span when = 0ms; when < 20s; when += exponential(2500us)) p.arrive(when);

    p.run(20s);

    EXPECT_LE(p.size(), 6U);
}

TEST(CreationRule, long_holders_after_a_past_of_short_uses_are_served_in_time) {
    creation_model p;
    p.idle = 5;
    bool is_long = false;
    p.hold = [&] { return is_long ? for_ever : 2ms; };
    for (int burst = 0; burst < 9; ++burst) p.arrive(burst * 100ms, 50);
    p.run(990ms);
    is_long = true;
    p.arrive(1s, 50);

    p.run(1min);

    ASSERT_EQ(p.served.size(), 9U * 50 + 50);
    EXPECT_LE(p.last_served() - 1s, 450ms);
}

TEST(CreationRule, single_caller_behind_long_holders_gets_a_create) {
    creation_model p;
    p.idle = 5;
    p.arrive(0ms, 6);

    p.run(1min);

    ASSERT_EQ(p.served.size(), 6U);
    EXPECT_LE(p.last_served(), 300ms);
    EXPECT_EQ(p.attempts.size(), 1U);
}

TEST(CreationRule, creates_that_take_no_time_serve_everyone_soon) {
    creation_model p;
    p.create = always(0ns);
    p.arrive(0ms, 50);

    p.run(1min);

    ASSERT_EQ(p.served.size(), 50U);
    EXPECT_LE(p.last_served(), 50ms);
}

TEST(CreationRule, creates_that_hang_are_replaced) {
    std::vector<model_span> last;
    for (std::uint64_t seed = 1; seed <= 21; ++seed) {
        creation_model p(seed);
        p.max_size = 100;
        p.create = [] { return model_platform::random() % 10 == 0 ? for_ever : model_span(150ms); };
        p.arrive(0ms, 50);

        p.run(1min);

        ASSERT_EQ(p.served.size(), 50U) << "seed " << seed;
        EXPECT_LE(p.attempts.size(), 80U) << "seed " << seed;
        last.push_back(p.last_served());
    }
    EXPECT_LE(*std::max_element(last.begin(), last.end()), 4s);
}

struct two_in_flight {
    model_time older;
    model_time younger;

    static std::size_t size() { return 2; }
    template <class Visit>
    void for_each(const Visit& visit) const {
        visit(older);
        visit(younger);
    }
};

TEST(CreationRule, only_an_old_create_that_a_younger_one_has_overtaken_is_not_counted_on) {
    plain_rule rule;
    const model_time start(1h);
    for (int i = 0; i < 20; ++i) rule.created(start, start + 10ms);
    const two_in_flight both{start + 1ms, start + 3ms};

    EXPECT_EQ(rule.counted_on(start + 1h, both), 2U) << "the first since C has jumped, it seems";
    rule.created(start + 2ms, start + 12ms);

    EXPECT_EQ(rule.counted_on(start + 1ms + 40ms, both), 2U) << "four times as long as usual";
    EXPECT_EQ(rule.counted_on(start + 1ms + 40ms + 1us, both), 1U);
}

TEST(CreationRule, short_create_whose_thread_has_to_wait_for_a_core_is_counted_on) {
    plain_rule rule;
    const model_time start(1h);
    for (int i = 0; i < 20; ++i) rule.created(start + 1ms, start + 1ms + 1us);
    const two_in_flight both{start, start};

    EXPECT_EQ(rule.counted_on(start + 20ms, both), 2U);
    EXPECT_EQ(rule.counted_on(start + 21ms, both), 0U);
}

TEST(CreationRule, creates_that_have_become_slow_are_waited_for_in_the_end) {
    creation_model p;
    bool slow = false;
    p.create = [&] { return slow ? model_span(5s) : model_span(20ms); };
    p.arrive(0ms, 5);
    p.run(1s);
    slow = true;
    p.arrive(1s, 3);

    p.run(5min);

    EXPECT_EQ(p.served.size(), 8U);
}

TEST(CreationRule, option_bounds_how_many_run_at_one_time) {
    creation_model p;
    p.plan.~creation_plan();
    ::new (static_cast<void*>(&p.plan)) creation_model::plan_type(4, 30s);
    p.arrive(0ms, 50);

    p.run(1min);

    EXPECT_EQ(p.served.size(), 50U);
    EXPECT_EQ(p.most_in_flight, 4U);
}

// ---- each clause of the rule
// ----------------------------------------------------------------------------------------

// Learns that a create takes so long.
void learn(creation_model& p, model_span create) {
    p.create = always(create);
    p.plan.succeeded(model_time(1h) - create, model_time(1h), false);
}

model_span until_at_work(creation_model& p, std::size_t callers, model_span limit) {
    p.loops = true;
    for (std::size_t at = 0; at < callers; ++at)
        p.arrive(model_span(static_cast<std::int64_t>(model_platform::random() % 1'000'000)));
    const std::size_t goal = (std::min(callers, p.max_size) * 9 + 9) / 10;
    for (model_span now = 0ms; now <= limit; now += 1ms) {
        p.run(now);
        if (p.most_busy >= goal) return now;
    }
    return for_ever;
}

TEST(CreationRule, load_that_lasts_grows_the_pool) {
    for (const std::size_t first : {0U, 1U, 2U, 5U}) {
        for (const std::size_t callers : {20U, 50U}) {
            for (const model_span hold : {1ms, 10ms, 50ms}) {
                creation_model p;
                p.max_size = 100;
                p.idle = first;
                p.hold = always(hold);
                if (first > 0) learn(p, 200ms);
                p.create = always(200ms);

                EXPECT_LE(until_at_work(p, callers, 3s), 3s)
                    << callers << " callers, " << hold.count() << " ns, from " << first;
            }
        }
    }
}

TEST(CreationRule, load_that_lasts_grows_the_pool_though_its_line_ends_for_a_moment_in_each_cycle) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        creation_model p(seed);
        p.max_size = 100;
        p.idle = 2;
        p.hold = [] { return exponential(10ms); };
        p.think = 1ms;
        learn(p, 200ms);

        EXPECT_LE(until_at_work(p, 20, 3s), 3s) << "seed " << seed;
    }
}

TEST(CreationRule, load_of_callers_who_come_and_go_together_grows_the_pool) {
    for (const model_span create : {50ms, 160ms, 200ms, 500ms}) {
        for (const std::size_t callers : {20U, 50U}) {
            creation_model p;
            p.max_size = 100;
            p.idle = 2;
            p.hold = always(10ms);
            p.think = 1ns;
            p.loops = true;
            learn(p, create);
            p.arrive(0ms, callers);

            p.run(std::max<model_span>(10 * create, 3s));

            EXPECT_GE(p.most_busy, callers * 9 / 10) << create.count() << ' ' << callers;
        }
    }
}

TEST(CreationRule, rounds_of_a_load_that_lasts_double) {
    creation_model p;
    p.max_size = 100;
    p.idle = 1;
    p.hold = always(10ms);
    learn(p, 2s);

    EXPECT_LE(until_at_work(p, 200, 20s), 20s);
}

TEST(CreationRule, what_comes_back_proves_that_something_works) {
    creation_model p;
    p.max_size = 250;
    p.idle = 5;
    p.hold = always(20ms);
    learn(p, 150ms);
    p.arrive(10s, 200);

    p.run(1min);

    ASSERT_EQ(p.served.size(), 200U);
    EXPECT_LE(p.last_served() - 10s, 190ms);
}

std::size_t size_after(std::size_t percent, model_span time) {
    creation_model p;
    p.max_size = 100;
    p.idle = 5;
    p.hold = [] { return exponential(10ms); };
    learn(p, 200ms);
    const auto each = model_span(10ms) * 100 / static_cast<int>(5 * percent);
    for (model_span when = 0ms; when < time; when += exponential(each)) p.arrive(when);
    p.run(time);
    return p.size();
}

TEST(CreationRule, load_beyond_what_there_is_makes_what_it_needs_and_not_many_more) {
    EXPECT_GE(size_after(120, 10s), 6U);
    EXPECT_LE(size_after(120, 10s), 13U);
    EXPECT_GE(size_after(300, 10s), 15U);
    EXPECT_LE(size_after(300, 10s), 60U);
}

TEST(CreationRule, half_a_load_makes_hardly_any) { EXPECT_LE(size_after(50, 1min), 7U); }

TEST(CreationRule, lone_waiter_gets_a_create_at_once_where_nothing_was_lent_for_long) {
    for (const model_span create : {5ms, 100ms, 2000ms}) {
        creation_model p;
        p.idle = 4;
        learn(p, create);
        p.arrive(0ms, 4);
        p.arrive(20'300ms);

        p.run(1min);

        ASSERT_EQ(p.served.size(), 5U);
        EXPECT_EQ(p.waits.back(), create);
    }
}

TEST(CreationRule, lone_waiter_gets_a_create_soon_where_nothing_is_known_of_the_time) {
    creation_model p;
    p.idle = 4;
    p.sees = creation_model::sight::none;
    learn(p, 100ms);
    p.arrive(0ms, 4);
    p.arrive(20'300ms);

    p.run(1min);

    ASSERT_EQ(p.served.size(), 5U);
    EXPECT_LE(p.waits.back(), 145ms);
}

TEST(CreationRule, lone_waiters_to_whom_much_comes_back_get_no_create) {
    creation_model p;
    p.idle = 5;
    p.hold = always(5ms);
    learn(p, 150ms);
    for (int round = 0; round < 1000; ++round) {
        for (int each = 0; each < 5; ++each) p.arrive(round * 100ms + each * 1ms);
        p.arrive(round * 100ms + 4500us);
    }

    p.run(200s);

    EXPECT_EQ(p.attempts.size(), 0U);
}

TEST(CreationRule, what_holders_of_an_hour_ago_have_taught_does_not_make_a_burst_grow_the_pool) {
    creation_model p;
    p.max_size = 250;
    bool is_long = true;
    p.hold = [&] { return is_long ? model_span(20s) : model_span(10ms); };
    learn(p, 150ms);
    p.arrive(0ms, 50);
    p.run(50s);
    is_long = false;
    p.idle = 5; // the others have expired
    p.arrive(60s, 50);

    p.run(100s);

    EXPECT_EQ(p.waits.size(), 100U);
    EXPECT_LE(p.size(), 10U);
}

TEST(CreationRule, no_more_are_in_flight_than_wait_though_creates_have_become_slow) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        creation_model p(seed);
        p.max_size = 200;
        const auto around = [](model_span time) {
            return time * static_cast<int>(80 + model_platform::random() % 50) / 100;
        };
        p.create = [around] { return around(200us); };
        for (int each = 0; each < 20; ++each) p.arrive(each * 100ms);
        p.run(1950ms);
        p.create = [around] { return around(200ms); };
        const std::size_t before = p.attempts.size();
        for (int each = 0; each < 18; ++each) p.arrive(2s + each * 500us);

        p.run(1min);

        EXPECT_EQ(p.attempts.size() - before, 18U) << "seed " << seed;
        EXPECT_EQ(p.most_over, 0U) << "seed " << seed;
    }
}

TEST(CreationRule, success_is_a_reason_to_look) {
    for (const model_span create : {5ms, 50ms, 150ms, 500ms, 2000ms}) {
        creation_model p;
        p.max_size = 250;
        p.create = always(create);
        p.arrive(0ms, 50);

        p.run(1min);

        ASSERT_EQ(p.served.size(), 50U);
        EXPECT_LE(p.last_served(), create * 251 / 100) << create.count();
    }
}

TEST(CreationRule, ramps_are_fast_again_and_again) {
    creation_model p;
    p.max_size = 250;
    p.hold = always(20s);
    learn(p, 150ms);
    std::vector<model_span> last;
    for (int round = 0; round < 3; ++round) {
        p.arrive(round * 60s, 50);
        p.run(round * 60s + 59s);
        last.push_back(p.last_served() - round * 60s);
        p.idle = 0;
    }

    EXPECT_LE(*std::max_element(last.begin(), last.end()), 360ms);
}

TEST(CreationRule, one_in_ten_creates_that_hangs_costs_less_than_a_second_as_a_rule) {
    std::vector<model_span> last;
    for (std::uint64_t seed = 1; seed <= 51; ++seed) {
        creation_model p(seed);
        p.max_size = 100;
        p.create = [] { return model_platform::random() % 10 == 0 ? for_ever : model_span(150ms); };
        p.arrive(0ms, 50);
        p.run(1min);
        ASSERT_EQ(p.served.size(), 50U) << "seed " << seed;
        last.push_back(p.last_served());
    }
    std::sort(last.begin(), last.end());

    EXPECT_LE(last[25], 1200ms);
    EXPECT_LE(last[50], 7s);
}

// ---- while the back end is down
// ------------------------------------------------------------------

struct outage {
    std::vector<model_span> attempts; // during it
    model_span recovery{0};           // from its end to the first who is served
    std::size_t served = 0;
};

outage go_through(model_span length, std::uint64_t seed) {
    creation_model p(seed);
    p.hold = [] { return exponential(10ms); };
    p.create = always(20ms);
    p.patience = 1s;
    p.fails = [length](model_time now) { return now < model_time(1h) + length; };
    for (model_span when = 1ms; when < length + 3s; when += 10ms) p.arrive(when);
    p.run(length + 3s);
    outage seen;
    for (const model_span each : p.attempts) {
        if (each < length) seen.attempts.push_back(each);
    }
    seen.recovery = p.served.empty() ? for_ever : p.served.front() - length;
    seen.served = p.served.size();
    return seen;
}

TEST(FailureMode, 21_creates_are_few_and_regular_while_the_back_end_is_down) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const outage seen = go_through(60s, seed);

        EXPECT_LE(seen.attempts.size(), 80U) << "seed " << seed;
        // A new pool may start ten at once, before the first failure is known.
        for (std::size_t at = 10; at + 10 < seen.attempts.size(); ++at) {
            EXPECT_GE(seen.attempts[at + 10] - seen.attempts[at], 1s) << "seed " << seed;
        }
        const auto in_last_half = std::count_if(seen.attempts.begin(), seen.attempts.end(),
                                                [](model_span each) { return each >= 30s; });
        EXPECT_LE(in_last_half, 35) << "seed " << seed;
    }
}

TEST(FailureMode, 23_outage_of_any_length_is_over_for_callers_within_a_second) {
    for (const model_span length : {1s, 5s, 15s, 60s}) {
        std::vector<model_span> recoveries;
        for (std::uint64_t seed = 1; seed <= 21; ++seed) {
            const auto odd = std::chrono::milliseconds(seed * 271 % 1000);
            const outage seen = go_through(length + odd, seed);

            EXPECT_GE(seen.served, 100U) << "seed " << seed;
            recoveries.push_back(seen.recovery);
        }
        std::sort(recoveries.begin(), recoveries.end());
        EXPECT_LE(recoveries.back(), 1s);
        EXPECT_LE(recoveries[10], 500ms);
    }
}

TEST(CreationRule, hiccup_is_told_to_nobody) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        creation_model p(seed);
        p.max_size = 20;
        p.hold = always(200ms);
        p.create = always(50ms);
        int nth = 0;
        p.fails = [&nth](model_time) { return nth++ % 3 == 0; };
        p.patience = 2s;
        for (int each = 0; each < 20; ++each) p.arrive(each * 300ms);

        p.run(1min);

        EXPECT_EQ(p.told, 0U) << "seed " << seed;
        EXPECT_EQ(p.served.size(), 20U) << "seed " << seed;
    }
}

// ---- the pause ----------------------------------------------------------------------------------

using pause = lend::detail::backing_off<model_platform>;

TEST(BackingOff, spans_of_probes_quadruple_until_they_start_regularly_and_a_success_ends_that) {
    pause p;
    model_time now(1h);
    for (int round = 0; round < 2; ++round) {
        for (const model_span span : {50ms, 200ms, 800ms}) {
            p.failed(now, now);
            EXPECT_LT(p.next_start(), now + span);
            EXPECT_EQ(p.allow(1, 0, p.next_start() - 1ns, 0ns), 0U);
            now = p.next_start() + 100ms;
            EXPECT_EQ(p.allow(5, 0, now, 0ns), 1U);
        }
        for (int probe = 0; probe < 10; ++probe) {
            p.failed(now, now + 300ms); // it takes as long to be refused
            EXPECT_EQ(p.next_start(), now + pause::longest_span) << "from start to start";
            now = p.next_start();
            EXPECT_EQ(p.allow(5, 0, now, 0ns), 1U);
        }
        p.succeeded(now);
        EXPECT_FALSE(p.failing());
        now += 1ns;
    }
}

TEST(BackingOff, options_say_how_long_the_pauses_are) {
    const model_time now(1h);
    for (const model_span longest : {model_span(10ms), model_span(1ms), model_span(1ns)}) {
        pause p(50ms, longest);
        p.failed(now, now);
        EXPECT_LE(p.next_start(), now + longest) << "never longer than the longest";
    }
    pause never(for_ever, for_ever);
    EXPECT_EQ(never.allow(1, 0, now, 0ns), 1U);
    never.failed(now, now);
    EXPECT_EQ(never.next_start(), model_time::max());
    never.retry_now(now + 1s);
    EXPECT_EQ(never.allow(1, 0, now + 1s, 0ns), 1U);
}

TEST(BackingOff, what_comes_back_frees_from_the_budget_and_says_nothing_of_creates) {
    pause p;
    const model_time now(1h);
    p.proven(now + 10ms);
    EXPECT_EQ(p.allow(50, 0, now + 20ms, 0ns), 50U);

    p.failed(now, now + 20ms);

    EXPECT_TRUE(p.failing());
}

TEST(BackingOff, only_what_began_after_a_failure_is_a_probe) {
    pause p;
    const model_time now(1h);
    EXPECT_FALSE(p.is_probe(now));

    p.failed(now, now + 10ms);

    EXPECT_FALSE(p.is_probe(now + 9ms));
    EXPECT_TRUE(p.is_probe(now + 10ms));
    p.succeeded(now + 20ms);
    EXPECT_FALSE(p.is_probe(now + 20ms));
}

TEST(BackingOff, jitter_takes_the_whole_span) {
    model_span least = for_ever;
    model_span most{0};
    for (int each = 0; each < 1000; ++each) {
        pause p;
        const model_time now(1h);
        p.failed(now, now);
        const model_span drawn = p.next_start() - now;
        least = std::min(least, drawn);
        most = std::max(most, drawn);
    }

    EXPECT_LT(least, 1ms);
    EXPECT_GT(most, 49ms);
    EXPECT_LT(most, 50ms);
}

TEST(BackingOff, failures_that_come_together_count_as_one) {
    pause p;
    const model_time began(1h);
    ASSERT_EQ(p.allow(1, 0, began, 0ns), 1U); // or the last start would be long ago
    for (int each = 0; each < 10; ++each) p.failed(began, began + 1ms);

    EXPECT_LT(p.next_start(), began + 1ms + pause::first_span);
}

TEST(BackingOff, failure_of_a_create_that_began_before_a_success_is_no_news) {
    pause p;
    const model_time began(1h);
    p.succeeded(began + 10ms);
    p.failed(began, began + 20ms);

    EXPECT_FALSE(p.failing());
    p.failed(began + 10ms, began + 20ms);
    EXPECT_TRUE(p.failing()) << "it began when the success was known";
}

TEST(BackingOff, probes_take_tokens_however_short_the_longest_span_is) {
    pause p(1ms, 2ms);
    model_time now(1h);
    std::size_t probes = 0;
    for (int each = 0; each < 1000; ++each, now += 1ms) {
        p.failed(now, now);
        probes += p.allow(1, 0, now, 0ns);
    }

    EXPECT_EQ(probes, 10U + 9U) << "all tokens, and ten a second";
}

TEST(BackingOff, only_one_probe_at_a_time) {
    pause p;
    const model_time now(1h);
    p.failed(now, now);

    EXPECT_EQ(p.allow(5, 0, now + 1min, 0ns), 1U);
    EXPECT_EQ(p.allow(5, 1, now + 1min + 899ms, 0ns), 0U);
    EXPECT_EQ(p.next_start(true), now + 1min + 900ms);
    EXPECT_EQ(p.allow(5, 1, now + 1min + 900ms, 0ns), 1U) << "the other hangs";
}

TEST(BackingOff, unproven_back_end_gets_ten_at_once_and_ten_a_second) {
    pause p;
    const model_time now(1h);

    EXPECT_EQ(p.allow(50, 0, now, 100ms), 10U);
    EXPECT_EQ(p.allow(50, 10, now + 99ms, 100ms), 0U);
    EXPECT_EQ(p.allow(50, 10, now + 1s, 100ms), 10U);
    p.succeeded(now + 1s);
    EXPECT_EQ(p.allow(50, 19, now + 2s, 100ms), 50U);
    EXPECT_EQ(p.allow(50, 19, now + 3s, 100ms), 10U);
}

TEST(BackingOff, success_is_proof_for_a_second_and_the_time_of_a_create) {
    pause p;
    const model_time now(1h);
    p.succeeded(now);

    EXPECT_EQ(p.allow(50, 0, now + 6s, 5s), 50U);
    EXPECT_EQ(p.allow(50, 0, now + 6s + 1ns, 5s), 10U);
}

TEST(BackingOff, part_of_a_token_is_not_lost_by_asking) {
    pause p;
    const model_time now(1h);
    ASSERT_EQ(p.allow(10, 0, now, 0ns), 10U);

    EXPECT_EQ(p.allow(5, 0, now + 150ms, 0ns), 1U);
    EXPECT_EQ(p.allow(5, 0, now + 200ms, 0ns), 1U);
}

} // namespace pool_creation_rule_test
