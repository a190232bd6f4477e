// SPDX-License-Identifier: MIT
/// @file
/// What errors of a pool say is so: numbers that sum up, the reason that it was, and counted by
/// where it came from.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/keyed_pool.hpp>
#include <lend/pool.hpp>
#include <lend/prometheus.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pool_words_test {

using namespace std::chrono_literals;
using namespace lend_test;
using lend::error;
namespace hr = lend::hr;

using plain = pool_with<recording_driver>;
using timed = pool_with<recording_driver, manual_clock_platform>;

bool sums_up(const lend::pool_snapshot& s) {
    return s.size ==
           s.idle + s.in_use + s.creating + s.checking + s.resetting + s.parked + s.destroying;
}

// Runs something in the midst of each call.
struct watched_driver {
    using resource = int;
    static inline std::function<void()> meanwhile;
    static void run() {
        if (const auto call = std::exchange(meanwhile, nullptr)) call();
    }
    lend::result<int> create() {
        run();
        return 1;
    }
    lend::hresult reset(int&) {
        run();
        return hr::s_ok;
    }
    lend::health check(int&, lend::check_kind) {
        run();
        return lend::health::good;
    }
    void destroy(int&&) { run(); }
};

TEST(FailureMode, 57_numbers_of_a_message_sum_up_whatever_is_done_to_the_resources) {
    lend::pool pool(watched_driver{}, quiet(1));
    std::vector<std::string> said;
    const auto ask = [&] {
        const error why = pool.try_acquire().error();
        ASSERT_NE(why.snapshot(), nullptr);
        EXPECT_TRUE(sums_up(*why.snapshot())) << why.message();
        EXPECT_EQ(why.snapshot()->size, 1U);
        EXPECT_EQ(why.text(), "the maximum is reached and nothing is free");
        const std::string line = why.message();
        said.push_back(line.substr(line.find("; ") + 2));
    };
    watched_driver::meanwhile = ask;
    auto held = pool.acquire().value(); // while it is made
    ask();
    watched_driver::meanwhile = ask;
    (void)held.release();
    watched_driver::meanwhile = ask;
    held = pool.acquire().value(); // while it is checked
    watched_driver::meanwhile = ask;
    held.discard();
    EXPECT_EQ(said,
              (std::vector<std::string>{
                  "1 of 1 resources: 0 idle, 0 in use, 1 being created; 0 waiting",
                  "1 of 1 resources: 0 idle, 1 in use, 0 being created; 0 waiting",
                  "1 of 1 resources: 0 idle, 0 in use, 0 being created, 1 being reset; 0 waiting",
                  "1 of 1 resources: 0 idle, 0 in use, 0 being created, 1 being checked; 0 waiting",
                  "1 of 1 resources: 0 idle, 0 in use, 0 being created, 1 being destroyed; 0 "
                  "waiting"}));
}

// ---- the reason ---------------------------------------------------------------------------------

TEST(FailureMode, 57_reason_in_a_pause_after_a_failure_is_the_pause) {
    auto options = quiet(2);
    options.creation = lend::creation_mode::worker;
    timed p(options);
    p.calls->create.from_now_on(hr::e_accessdenied);
    error why = hr::e_unexpected;
    for (int at = 0; at < 5000 && why.next_try_in() < 10ms; ++at) {
        manual_clock::advance(1ms);
        why = p.pool.try_acquire().error();
    }
    EXPECT_EQ(why.code(), hr::lend_e_exhausted);
    EXPECT_EQ(why.text(), "nothing is free, and creates pause after a failure");
    EXPECT_EQ(why.message().find("maximum"), std::string::npos) << why.message();
    EXPECT_EQ(why.snapshot()->size, 0U);
    EXPECT_NE(why.last_create_error(), "");
    const auto in = why.next_try_in();
    ASSERT_GE(in, 10ms);
    const std::string words =
        "; next try in " + std::to_string(std::chrono::milliseconds(in / 1ms).count()) + " ms";
    EXPECT_TRUE(why.message().ends_with(words)) << why.message();
    // And so it is: not before, but then.
    manual_clock::advance(in - 1ns);
    EXPECT_EQ(p.pool.try_acquire().code(), hr::lend_e_exhausted);
    manual_clock::advance(1ns);
    EXPECT_EQ(p.pool.try_acquire().code(), hr::e_accessdenied);
}

struct one_key_only {
    using resource = int;
    using no_reset = void;
    lend::result<int> create(const int& key) {
        if (key != 1) return lend::error(hr::e_accessdenied, "no such tenant");
        return key;
    }
};

TEST(FailureMode, 57_reason_in_a_pause_does_not_say_that_nothing_is_free_beside_what_is) {
    using keyed = lend::keyed_pool<int, one_key_only, manual_clock_platform>;
    const manual_clock clock;
    auto options = quiet(4);
    options.creation = lend::creation_mode::worker;
    keyed pool(one_key_only{}, options);
    { EXPECT_TRUE(pool.try_acquire(1)); }
    EXPECT_EQ(pool.try_acquire(2).code(), hr::e_accessdenied);
    error why = hr::e_unexpected;
    for (int at = 0; at < 100 && why.code() != hr::lend_e_exhausted; ++at)
        why = pool.try_acquire(2).error();

    EXPECT_EQ(why.text(), "nothing that is free fits, and creates pause after a failure");
    ASSERT_NE(why.snapshot(), nullptr);
    EXPECT_EQ(why.snapshot()->idle, 1U);
}

struct by_key {
    using resource = int;
    using no_reset = void;
    lend::result<int> create(const int& key) { return key; }
};

TEST(FailureMode, 57_reason_at_the_maximum_of_a_key_is_the_key) {
    auto options = quiet(3);
    options.max_per_key = 1;
    lend::keyed_pool<int, by_key> pool(by_key{}, options);
    const auto held = pool.acquire(1);
    EXPECT_EQ(pool.try_acquire(1).error().text(),
              "the maximum of its key is reached (1 of 1) and nothing of it is free");
}

TEST(FailureMode, 57_reason_is_the_maximum_of_the_key_where_the_pool_is_full_as_well) {
    auto options = quiet(2);
    options.max_per_key = 1;
    lend::keyed_pool<int, by_key> pool(by_key{}, options);
    { const auto of_another = pool.acquire(2); }
    const auto held = pool.acquire(1);
    EXPECT_EQ(pool.try_acquire(1).error().text(),
              "the maximum of its key is reached (1 of 1) and nothing of it is free");
    EXPECT_TRUE(pool.try_acquire(3)) << "room is made for another key";
}

TEST(FailureMode, 57_reason_at_the_maximum_is_the_maximum) {
    auto options = quiet(1);
    pool_with<typed_recording_driver> p(options);
    const auto held = p.pool.acquire('a');
    EXPECT_EQ(p.pool.try_acquire('b').error().text(), "the maximum is reached and nothing is free");
}

// ---- where it came from -------------------------------------------------------------------------

TEST(FailureMode, 58_codes_of_lend_that_a_driver_answers_count_as_failed_creates) {
    for (const lend::hresult code :
         {hr::lend_e_timed_out, hr::lend_e_cancelled, hr::lend_e_shed, hr::lend_e_closed,
          hr::lend_e_paused, hr::lend_e_too_many_waiters, hr::lend_e_pool_locked,
          hr::lend_e_exhausted, hr::lend_e_stale, hr::e_fail}) {
        for (const bool waits : {false, true}) {
            plain p(quiet(1));
            p.calls->create.then(code);
            const error why = waits ? p.pool.acquire().error() : p.pool.try_acquire().error();
            EXPECT_EQ(why.code(), code);
            EXPECT_TRUE(why.from_driver());
            const auto s = p.pool.stats();
            EXPECT_EQ(s.refused, 1U) << code;
            EXPECT_EQ(s.refused_for(lend::refusal::create_failed), 1U) << code;
            EXPECT_EQ(s.timed_out + s.cancelled + s.shed, 0U) << code;
            EXPECT_EQ(s.create_failed_for(lend::create_failure::refused), 1U) << code;
            EXPECT_EQ(p.pool.timings().wait_of(lend::acquire_outcome::refused).count(), 1U);
            const auto text = lend::prometheus_text(lend::metrics_of("p", p.pool));
            EXPECT_NE(text.find("lend_pool_refused_total{pool=\"p\",reason=\"create_failed\"} 1"),
                      std::string::npos);
            EXPECT_NE(text.find("db_client_connection_timeouts_total{db_client_connection_pool_"
                                "name=\"p\"} 0"),
                      std::string::npos);
        }
    }
}

TEST(FailureMode, 58_time_out_of_the_pools_own_still_counts_as_one) {
    plain p(quiet(1));
    const auto held = p.pool.acquire();
    const error why = p.pool.try_acquire_for(1ns).error();
    EXPECT_EQ(why.code(), hr::lend_e_timed_out);
    EXPECT_FALSE(why.from_driver());
    EXPECT_EQ(p.pool.stats().timed_out, 1U);
}

// ---- waits --------------------------------------------------------------------------------------

TEST(FailureMode, 59_waits_are_as_many_as_leases_while_others_wait) {
    timed p(quiet(1));
    constexpr int rounds = 5;
    std::vector<timed::pool_type::lease_type> held;
    held.push_back(*p.pool.acquire());
    for (int at = 0; at < 8; ++at) // who waits all the time
        p.pool.acquire_async({.priority = 0}, [](auto) {});
    for (int at = 0; at < rounds; ++at) {
        p.pool.acquire_async({}, [&](auto lease) { held.push_back(*std::move(lease)); });
        held.erase(held.begin());
        EXPECT_EQ(p.pool.stats().waiting, 8U);
        EXPECT_EQ(p.pool.timings().wait_of(lend::acquire_outcome::served).count(),
                  p.pool.stats().acquired);
    }
}

} // namespace pool_words_test
