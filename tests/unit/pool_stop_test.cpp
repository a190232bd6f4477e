// SPDX-License-Identifier: MIT
/// @file
/// What one acquire may say beside its type: a deadline, a priority, and a stop that calls it off.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace pool_stop_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

using timed = pool_with<recording_driver, manual_clock_platform>;

TEST(PoolAcquireOptions, deadline_is_kept_exactly) {
    const manual_clock clock;
    timed p(quiet(1));
    const auto held = p.pool.acquire();
    const auto begun = clock.now();

    EXPECT_EQ(p.pool.acquire({.deadline = begun + 3s}).code(), hr::lend_e_timed_out);
    EXPECT_EQ(clock.now() - begun, 3s);
    EXPECT_EQ(p.pool.acquire({.deadline = begun}).code(), hr::lend_e_timed_out);
    EXPECT_EQ(clock.now() - begun, 3s);
}

TEST(PoolAcquireOptions, without_a_deadline_the_pools_time_out_counts) {
    const manual_clock clock;
    auto options = quiet(1);
    options.acquire_timeout = 7s;
    timed p(options);
    const auto held = p.pool.acquire();
    const auto begun = clock.now();

    EXPECT_EQ(p.pool.acquire({.note = "late"}).code(), hr::lend_e_timed_out);

    EXPECT_EQ(clock.now() - begun, 7s);
}

TEST(PoolAcquireOptions, deadline_in_the_past_still_takes_what_is_free) {
    const manual_clock clock;
    timed p(quiet(1));
    { const auto made = p.pool.acquire(); }

    EXPECT_TRUE(p.pool.acquire({.deadline = clock.now() - 1s}));
}

TEST(PoolAcquireOptions, priority_above_seven_is_refused_by_name) {
    timed p(quiet(1));

    const auto refused = p.pool.acquire({.priority = 8});

    EXPECT_EQ(refused.code(), hr::e_invalidarg);
    EXPECT_NE(refused.error().message().find("acquire_options::priority is 8"), std::string::npos);
    EXPECT_EQ(p.calls->log(), "");
}

TEST(PoolAcquireOptions, kinds_come_first) {
    pool_with<typed_recording_driver> p(quiet(1));

    EXPECT_TRUE(p.pool.acquire('a', {.priority = 7}));
}

TEST(PoolStop, stop_requested_before_the_call_asks_nothing_of_the_driver) {
    timed p(quiet(1));
    std::stop_source stop;
    stop.request_stop();

    EXPECT_EQ(p.pool.acquire({.stop = stop.get_token()}).code(), hr::lend_e_cancelled);

    EXPECT_EQ(p.calls->log(), "");
}

TEST(PoolStop, stop_requested_before_the_call_does_not_even_check_what_is_free) {
    pool_with<with_check<recording_driver>> p(quiet(1));
    { const auto made = p.pool.acquire(); }
    const std::string before = p.calls->log();
    std::stop_source stop;
    stop.request_stop();

    EXPECT_EQ(p.pool.acquire({.stop = stop.get_token()}).code(), hr::lend_e_cancelled);

    EXPECT_EQ(p.calls->log(), before);
}

// Runs `body` on a thread that the clock knows.
class beside {
public:
    explicit beside(std::function<void()> body) : body_(std::move(body)) {
        started_ = manual_clock_platform::start_thread(
            "beside", [](void* raw) { static_cast<beside*>(raw)->body_(); }, this);
    }
    [[nodiscard]] bool started() const { return started_; }

private:
    std::function<void()> body_;
    bool started_ = false;
};

TEST(PoolStop, stop_ends_the_wait_at_once_and_says_how_long_it_was) {
    const manual_clock clock;
    timed p(quiet(1));
    auto held = p.pool.acquire();
    std::stop_source stop;
    std::optional<lend::error> why;
    const beside waiter([&] { why = p.pool.acquire({.stop = stop.get_token()}).error(); });
    ASSERT_TRUE(waiter.started());
    manual_clock::settle();
    manual_clock::advance(2s);
    ASSERT_EQ(p.pool.stats().waiting, 1U);

    stop.request_stop();

    EXPECT_EQ(p.pool.stats().waiting, 0U);
    manual_clock::settle();
    ASSERT_TRUE(why);
    EXPECT_EQ(why->code(), hr::lend_e_cancelled);
    EXPECT_EQ(why->waited(), 2s);
    EXPECT_EQ(p.pool.stats().cancelled, 1U);
    EXPECT_EQ(p.pool.stats().timed_out, 0U);
}

TEST(PoolStop, who_was_called_off_is_not_served_and_the_next_is) {
    const manual_clock clock;
    for (const auto fairness : {lend::fairness_mode::adaptive, lend::fairness_mode::strict}) {
        auto options = quiet(1);
        options.fairness = fairness;
        timed p(options);
        auto held = p.pool.acquire();
        std::stop_source stop;
        std::optional<lend::hresult> first;
        std::optional<lend::hresult> second;
        const beside one([&] { first = p.pool.acquire({.stop = stop.get_token()}).code(); });
        manual_clock::settle();
        const beside two([&] { second = p.pool.acquire().code(); });
        manual_clock::settle();
        ASSERT_EQ(p.pool.stats().waiting, 2U);

        stop.request_stop();
        EXPECT_EQ(held->release(), hr::s_ok);
        manual_clock::settle();

        EXPECT_EQ(first, hr::lend_e_cancelled);
        EXPECT_EQ(second, hr::s_ok);
        EXPECT_EQ(p.pool.stats().idle, 1U);
    }
}

// Requests the stop in the middle of its create.
struct stopping_driver {
    using resource = int;
    using no_reset = void;

    lend::result<int> create() {
        manual_clock::settle(); // who asked for it sleeps
        stop.request_stop();
        return 1;
    }

    std::stop_source stop;
};

TEST(PoolStop, create_that_was_begun_for_who_was_called_off_goes_on) {
    const manual_clock clock;
    auto options = quiet(1);
    options.creation = lend::creation_mode::worker;
    std::stop_source stop;
    lend::pool<stopping_driver, manual_clock_platform> pool(stopping_driver{stop}, options);

    const auto code = pool.acquire({.stop = stop.get_token()}).code();
    manual_clock::settle();

    EXPECT_EQ(code, hr::lend_e_cancelled);
    EXPECT_EQ(pool.stats().idle, 1U);
}

} // namespace pool_stop_test
