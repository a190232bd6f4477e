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
        r.begin(now);
        return r.starts(now + 1s, {.waiting = waiting, .room = room}, no_creates{});
    };

    EXPECT_EQ(starts(1, 1), 1U);
    EXPECT_EQ(starts(0, 1), 0U);
    EXPECT_EQ(starts(1, 0), 0U);
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

struct one_in_flight {
    std::chrono::steady_clock::time_point began;

    static std::size_t size() { return 1; }
    template <class Visit>
    void for_each(const Visit& visit) const {
        visit(began);
    }
};

TEST(CreationRule, short_create_whose_thread_has_to_wait_for_a_core_is_not_replaced) {
    using lend::detail::creation_rule;
    creation_rule<std::chrono::steady_clock::time_point> rule;
    const std::chrono::steady_clock::time_point start(1h);
    for (int i = 0; i < 20; ++i) rule.created(1us);
    const one_in_flight one{start};

    EXPECT_EQ(rule.counted_on(start + 19ms, one), 1U);
    EXPECT_EQ(rule.counted_on(start + 21ms, one), 0U);
    rule.begin(start);
    EXPECT_EQ(rule.starts(start + 19ms, {.waiting = 1, .room = 9}, one), 0U);
    EXPECT_EQ(rule.starts(start + 21ms, {.waiting = 1, .room = 9}, one), 1U);
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
    p.patience = 1s;
    p.fails = [length](model_time now) { return now < model_time(1h) + length; };
    for (model_span when = 1ms; when < length + 20s; when += 1ms) p.arrive(when);
    p.run(length + 20s);
    outage seen;
    for (const model_span each : p.attempts) {
        if (each < length) seen.attempts.push_back(each);
    }
    seen.recovery = p.served.empty() ? for_ever : p.served.front() - length;
    seen.served = p.served.size();
    return seen;
}

TEST(FailureMode, 21_creates_are_few_and_far_between_while_the_back_end_is_down) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const outage seen = go_through(60s, seed);

        EXPECT_LE(seen.attempts.size(), 60U) << "seed " << seed;
        for (std::size_t at = 0; at + 20 < seen.attempts.size(); ++at) {
            // Never more than the budget: ten at once and ten a second.
            EXPECT_GE(seen.attempts[at + 20] - seen.attempts[at], 1s) << "seed " << seed;
        }
        const auto in_last_half = std::count_if(seen.attempts.begin(), seen.attempts.end(),
                                                [](model_span each) { return each >= 30s; });
        EXPECT_LE(in_last_half, 25) << "seed " << seed;
    }
}

TEST(FailureMode, 23_outage_of_any_length_is_over_for_callers_one_pause_and_one_create_later) {
    for (const model_span length : {1s, 10s, 60s}) {
        for (std::uint64_t seed = 1; seed <= 10; ++seed) {
            const outage seen = go_through(length, seed);

            EXPECT_LE(seen.recovery, 5s + 150ms) << "seed " << seed;
            EXPECT_GE(seen.served, 1000U) << "seed " << seed;
        }
    }
}

// ---- the pause ----------------------------------------------------------------------------------

using pause = lend::detail::backing_off<model_platform>;

TEST(BackingOff, span_doubles_with_each_probe_that_fails_and_starts_afresh_after_a_success) {
    pause p;
    model_time now(1h);
    for (int round = 0; round < 2; ++round) {
        auto span = pause::first_span;
        for (int probe = 0; probe < 10; ++probe) {
            p.failed(now, now);
            EXPECT_LT(p.next_start(), now + span);
            EXPECT_EQ(p.allow(1, 0, p.next_start() - 1ns, 0ns), 0U);
            now = p.next_start() + 1s;
            EXPECT_EQ(p.allow(5, 0, now, 0ns), 1U);
            span = std::min(span * 2, pause::longest_span);
        }
        p.succeeded(now);
        EXPECT_FALSE(p.failing());
        now += 1ns;
    }
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
    for (int each = 0; each < 10; ++each) p.failed(began, began + 1ms);

    EXPECT_LT(p.next_start(), began + 1ms + pause::first_span);
}

TEST(BackingOff, failure_of_a_create_that_began_before_a_success_is_no_news) {
    pause p;
    const model_time began(1h);
    p.succeeded(began + 10ms);
    p.failed(began, began + 20ms);

    EXPECT_FALSE(p.failing());
}

TEST(BackingOff, only_one_probe_at_a_time) {
    pause p;
    const model_time now(1h);
    p.failed(now, now);

    EXPECT_EQ(p.allow(5, 1, now + 1min, 0ns), 0U);
    EXPECT_EQ(p.allow(5, 0, now + 1min, 0ns), 1U);
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

} // namespace pool_creation_rule_test
