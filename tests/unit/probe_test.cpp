// SPDX-License-Identifier: MIT
/// @file
/// A pool says how it is: in one word, with what is wrong; and tries a resource if it is asked to.

#include "support/manual_clock_platform.hpp"
#include "support/other_thread.hpp"
#include "support/quiet_pool.hpp"

#include <lend/pool.hpp>
#include <lend/probe.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace probe_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;
using lend::check_kind;
using lend::health_problem;
using lend::health_state;
using lend::pool_health;

struct probed_driver {
    using resource = int;
    using no_reset = void;
    struct board {
        bool create_fails = false;
        lend::health health = lend::health::good;
        std::vector<check_kind> checks;
        std::size_t destroyed = 0;
        std::function<void()> during_check;
    };
    std::shared_ptr<board> b;

    lend::result<int> create() {
        if (b->create_fails) return lend::error(hr::e_accessdenied, "wrong password");
        return 1;
    }
    lend::health check(int&, check_kind kind) {
        b->checks.push_back(kind);
        if (b->during_check) b->during_check();
        return b->health;
    }
    void destroy(int&&) { ++b->destroyed; }
};

class Probe : public testing::Test {
protected:
    using pool_type = lend::pool<probed_driver, manual_clock_platform>;

    static lend::pool_options options(std::size_t max_size) {
        auto o = quiet(max_size);
        o.leak_after = 10s;
        return o;
    }
    // A resource that is idle, and no check of it so far.
    void make_one() {
        (void)pool.acquire();
        b->checks.clear();
    }

    manual_clock clock;
    std::shared_ptr<probed_driver::board> b = std::make_shared<probed_driver::board>();
    pool_type pool{probed_driver{b}, options(2)};
};

TEST_F(Probe, new_pool_is_healthy_and_the_driver_is_not_asked) {
    const pool_health h = std::as_const(pool).health();

    EXPECT_EQ(h.state, health_state::healthy);
    EXPECT_EQ(h.problems, 0U);
    EXPECT_TRUE(h.serves());
    EXPECT_FALSE(h.tried);
    EXPECT_EQ(h.stats.max_size, 2U);
    EXPECT_TRUE(b->checks.empty());
}

TEST_F(Probe, pool_whose_creates_fail_is_degraded_while_it_has_something_and_failing_without) {
    auto held = pool.acquire();
    b->create_fails = true;
    (void)pool.try_acquire();

    const pool_health degraded = pool.health();
    (void)held->discard();
    const pool_health failing = pool.health();
    b->create_fails = false;
    (void)pool.try_acquire();
    const pool_health again = pool.health();

    EXPECT_EQ(degraded.state, health_state::degraded);
    EXPECT_TRUE(degraded.serves());
    EXPECT_TRUE(degraded.has(health_problem::creates_fail));
    ASSERT_TRUE(degraded.last_create_error);
    EXPECT_EQ(degraded.last_create_error->text(), "wrong password");
    EXPECT_EQ(failing.state, health_state::failing);
    EXPECT_FALSE(failing.serves());
    EXPECT_EQ(again.state, health_state::healthy);
    EXPECT_FALSE(again.last_create_error);
}

TEST_F(Probe, pool_is_saturated_if_somebody_waits_for_long_for_what_is_lent) {
    auto first = pool.acquire();
    auto second = pool.acquire();
    EXPECT_EQ(pool.health().state, health_state::healthy);
    const other_thread waiter([&] { (void)pool.acquire(); });

    const pool_health busy = pool.health();
    clock.advance(14s);
    const pool_health still_busy = pool.health();
    clock.advance(1s);
    const pool_health h = pool.health();
    (void)first->release();
    ASSERT_TRUE(waiter.done());

    EXPECT_EQ(busy.state, health_state::healthy);
    EXPECT_EQ(busy.stats.waiting, 1U);
    EXPECT_EQ(still_busy.state, health_state::healthy);
    EXPECT_EQ(h.state, health_state::degraded);
    EXPECT_TRUE(h.has(health_problem::saturated));
    EXPECT_EQ(pool.health().state, health_state::healthy);
}

// Its creates take as long as the test says.
struct slow_to_make {
    using resource = int;
    using no_reset = void;
    std::chrono::nanoseconds takes{0};
    lend::result<int> create() {
        std::atomic<std::uint32_t> word{0};
        manual_clock_platform::park(word, 0, manual_clock::now() + takes);
        return 1;
    }
};

TEST(ProbeOfCreates, pool_that_has_nothing_yet_is_failing_once_callers_wait_for_long) {
    const manual_clock clock;
    lend::pool_options options;
    options.max_size = 1;
    options.housekeeping = lend::housekeeping_mode::manual;
    lend::pool<slow_to_make, manual_clock_platform> pool(slow_to_make{3s}, options);
    const other_thread waiter([&] { (void)pool.try_acquire_for(100ms); });
    manual_clock::settle();
    const pool_health early = pool.health();
    manual_clock::advance(60ms);

    const pool_health late = pool.health();

    manual_clock::advance(10s);
    EXPECT_EQ(early.state, health_state::healthy);
    EXPECT_EQ(late.state, health_state::failing);
    EXPECT_TRUE(late.has(health_problem::saturated));
    EXPECT_FALSE(late.serves());
}

TEST_F(Probe, pool_with_leaks_is_degraded_until_they_come_back) {
    auto held = pool.acquire();
    (void)pool.sweep(clock.now());
    clock.advance(11s);
    (void)pool.sweep(clock.now());

    const pool_health h = pool.health();
    (void)held->release();

    EXPECT_EQ(h.state, health_state::degraded);
    EXPECT_TRUE(h.has(health_problem::leaking));
    EXPECT_EQ(pool.health().state, health_state::healthy);
}

TEST_F(Probe, closed_pool_is_closed_whatever_is_wrong) {
    b->create_fails = true;
    (void)pool.try_acquire();
    (void)pool.close();

    EXPECT_EQ(pool.health().state, health_state::closed);
    EXPECT_EQ(pool.health(check_kind::active).state, health_state::closed);
    const pool_type moved = std::move(pool);
    EXPECT_EQ(pool.health().state, health_state::closed);
    EXPECT_EQ(pool.health(check_kind::active).state, health_state::closed);
}

TEST_F(Probe, paused_pool_is_paused_and_nothing_is_tried) {
    make_one();
    (void)pool.pause(lend::pause_mode::block);

    const pool_health h = pool.health(check_kind::active);
    (void)pool.resume();

    EXPECT_EQ(h.state, health_state::paused);
    EXPECT_FALSE(h.serves());
    EXPECT_FALSE(h.tried);
    EXPECT_EQ(pool.health().state, health_state::healthy);
}

TEST_F(Probe, resource_is_tried_if_asked_for_and_given_back) {
    make_one();

    const pool_health h = pool.health(check_kind::active);

    EXPECT_EQ(h.state, health_state::healthy);
    EXPECT_TRUE(h.tried);
    EXPECT_EQ(b->checks, std::vector{check_kind::active});
    EXPECT_EQ(h.stats.idle, 1U);
    EXPECT_EQ(pool.stats().acquired, 1U);
    EXPECT_TRUE(pool.acquire());
}

TEST_F(Probe, nothing_is_tried_where_nothing_is_idle) {
    const auto held = pool.acquire();
    b->checks.clear();

    EXPECT_FALSE(pool.health(check_kind::active).tried);
    EXPECT_TRUE(b->checks.empty());
}

TEST_F(Probe, resource_that_fails_is_destroyed_and_the_pool_degraded) {
    make_one();
    b->health = lend::health::broken;

    const pool_health h = pool.health(check_kind::active);

    EXPECT_EQ(h.state, health_state::degraded);
    EXPECT_TRUE(h.has(health_problem::check_failed));
    EXPECT_EQ(h.stats.size, 0U);
    EXPECT_EQ(h.stats.closed_for(lend::destroy_reason::unfit), 1U);
    EXPECT_EQ(b->destroyed, 1U);
}

TEST_F(Probe, pool_whose_backend_is_gone_is_failing_and_its_elders_go) {
    {
        const auto first = pool.acquire();
        const auto second = pool.acquire();
    }
    b->health = lend::health::backend_gone;

    const pool_health h = pool.health(check_kind::active);

    EXPECT_EQ(h.state, health_state::failing);
    EXPECT_TRUE(h.has(health_problem::check_failed));
    EXPECT_TRUE(h.has(health_problem::backend_gone));
    EXPECT_EQ(h.stats.idle, 0U);
    EXPECT_EQ(b->destroyed, 2U);
}

TEST_F(Probe, pool_that_is_closed_during_the_check_is_closed_and_nothing_was_tried) {
    for (const auto found : {lend::health::good, lend::health::backend_gone}) {
        pool_type closing(probed_driver{b}, options(2));
        *b = probed_driver::board();
        (void)closing.acquire();
        *b = probed_driver::board();
        b->health = found;
        b->during_check = [&] { (void)closing.close(0s); };

        const pool_health h = closing.health(check_kind::active);

        EXPECT_EQ(h.state, health_state::closed);
        EXPECT_FALSE(h.tried);
        EXPECT_EQ(h.problems, 0U);
        EXPECT_EQ(h.stats.size, 0U);
        EXPECT_EQ(h.stats.closed_for(lend::destroy_reason::closed), 1U);
        EXPECT_EQ(h.stats.closed_for(lend::destroy_reason::unfit), 0U);
        EXPECT_EQ(b->destroyed, 1U);
    }
}

TEST_F(Probe, what_is_in_doubt_is_checked_actively_and_not_in_doubt_afterwards) {
    make_one();
    (void)pool.sweep(clock.now());
    clock.advance(1s);
    (void)pool.sweep(clock.now());

    (void)pool.health(check_kind::passive);
    EXPECT_EQ(b->checks, std::vector{check_kind::active});
    (void)pool.acquire();

    EXPECT_EQ(b->checks, (std::vector{check_kind::active, check_kind::passive}));
}

TEST(ProbeWithoutCheck, nothing_is_tried) {
    struct plain {
        using resource = int;
        using no_reset = void;
        lend::result<int> create() { return 1; }
    };
    lend::pool<plain> pool(plain{}, quiet());
    (void)pool.acquire();

    const pool_health h = pool.health(check_kind::active);

    EXPECT_EQ(h.state, health_state::healthy);
    EXPECT_FALSE(h.tried);
}

TEST(PoolHealth, prints_state_problems_and_stats) {
    pool_health h;
    h.state = health_state::degraded;
    h.add(health_problem::creates_fail);
    h.add(health_problem::leaking);
    h.last_create_error = lend::error(hr::e_fail, "no route");
    std::ostringstream out, stats;
    out << h;
    stats << h.stats;

    EXPECT_EQ(out.str(),
              "degraded: creates fail (no route (E_FAIL 0x80004005)), leaking; " + stats.str());
}

TEST(PoolHealth, prints_no_error_where_none_is_known) {
    pool_health h;
    h.state = health_state::degraded;
    h.add(health_problem::creates_fail);
    std::ostringstream out, stats;
    out << h;
    stats << h.stats;

    EXPECT_EQ(out.str(), "degraded: creates fail; " + stats.str());
}

TEST(PoolHealth, each_state_and_each_problem_has_words_of_its_own) {
    std::set<std::string_view> words;
    for (unsigned at = 0; at <= 5; ++at) words.insert(to_string(static_cast<health_state>(at)));
    EXPECT_EQ(words.size(), 6U);
    words.clear();
    for (std::size_t at = 0; at <= lend::health_problems; ++at) {
        words.insert(to_string(static_cast<health_problem>(at)));
    }
    EXPECT_EQ(words.size(), lend::health_problems + 1);
}

TEST_F(Probe, degraded_pool_whose_check_fails_stays_so_and_says_both) {
    pool_type three(probed_driver{b}, options(3));
    auto held = three.acquire();
    auto tried = three.acquire();
    b->create_fails = true;
    (void)three.try_acquire();
    (void)tried->release();
    b->health = lend::health::broken;

    const pool_health h = three.health(check_kind::active);

    EXPECT_EQ(h.state, health_state::degraded);
    EXPECT_TRUE(h.has(health_problem::creates_fail));
    EXPECT_TRUE(h.has(health_problem::check_failed));
    EXPECT_TRUE(h.tried);
}

} // namespace probe_test
