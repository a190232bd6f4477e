// SPDX-License-Identifier: MIT
/// @file
/// Replacing everything, at once or spread over a time; and the user's own predicate.

#include "support/manual_clock_platform.hpp"
#include "support/other_thread.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/detail/lifetimes.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace pool_clear_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;
using lend::destroy_reason;
using lend::resource_info;

using timed = pool_with<recording_driver, manual_clock_platform>;
using lives = lend::detail::lifetimes<manual_clock_platform>;
constexpr auto for_ever = std::chrono::nanoseconds::max();

lend::pool_options lasting(std::size_t size = 4) {
    auto options = quiet(size);
    options.idle_timeout = for_ever;
    return options;
}

template <class Pool>
void make_idle(Pool& pool, std::size_t count) {
    std::vector<typename Pool::lease_type> held;
    for (std::size_t at = 0; at < count; ++at) held.push_back(pool.acquire().value());
    held.clear();
    manual_clock::settle();
}

// A driver of which the test sees inside the creates.
struct watched_driver : recording_driver {
    using recording_driver::recording_driver;
    lend::result<numbered> create() {
        auto made = recording_driver::create();
        (*during)();
        return made;
    }
    std::shared_ptr<std::function<void()>> during = std::make_shared<std::function<void()>>([] {});
};

struct watched {
    explicit watched(lend::pool_options options) : pool(driver, options) {}

    // Calls `what` inside the next create.
    void once(std::function<void()> what) {
        *driver.during = [what = std::move(what), first = true]() mutable {
            if (std::exchange(first, false)) what();
        };
    }

    std::shared_ptr<recording> calls = std::make_shared<recording>();
    watched_driver driver{calls};
    lend::pool<watched_driver, manual_clock_platform> pool;
};

// ---- clear
// ----------------------------------------------------------------------------------------

TEST(PoolClear, destroys_what_is_idle_and_lets_new_ones_be_made) {
    const manual_clock clock;
    timed p(lasting());
    make_idle(p.pool, 2);
    (void)p.calls->take_log();

    EXPECT_EQ(p.pool.clear(), 2U);

    EXPECT_EQ(p.pool.stats().size, 0U);
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::cleared), 2U);
    EXPECT_EQ((*p.pool.acquire())->number(), 3);
}

TEST(PoolClear, what_is_lent_goes_when_it_comes_back) {
    const manual_clock clock;
    timed p(lasting());
    auto old = p.pool.acquire().value();

    EXPECT_EQ(p.pool.clear(), 0U);
    auto fresh = p.pool.acquire().value();

    EXPECT_EQ(old.release(), hr::s_false);
    EXPECT_EQ(fresh.release(), hr::s_ok);
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::cleared), 1U);
    EXPECT_EQ(p.pool.stats().idle, 1U);
}

TEST(PoolClear, what_is_being_made_by_its_caller_is_made_again) {
    const manual_clock clock;
    watched p(lasting());
    p.once([&] { EXPECT_EQ(p.pool.clear(), 0U); });

    const auto lease = p.pool.acquire();

    ASSERT_TRUE(lease);
    EXPECT_EQ((*lease)->number(), 2);
    EXPECT_EQ(p.calls->log(), "create() destroy(1) create()");
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::cleared), 1U);
    EXPECT_EQ(p.pool.stats().created, 2U);
}

TEST(PoolClear, what_is_being_made_by_a_worker_is_made_again) {
    const manual_clock clock;
    auto options = lasting();
    options.creation = lend::creation_mode::worker;
    watched p(options);
    p.once([&] { EXPECT_EQ(p.pool.clear(), 0U); });

    const auto lease = p.pool.acquire();

    ASSERT_TRUE(lease);
    EXPECT_EQ((*lease)->number(), 2);
    EXPECT_EQ(p.calls->log(), "create() destroy(1) create()");
}

TEST(PoolClear, pool_that_is_closed_while_something_is_made_again_loses_nothing) {
    const manual_clock clock;
    struct closing_driver : watched_driver {
        using watched_driver::watched_driver;
        lend::hresult destroy(numbered&& it) {
            (*during_destroy)();
            return watched_driver::destroy(std::move(it));
        }
        std::shared_ptr<std::function<void()>> during_destroy =
            std::make_shared<std::function<void()>>([] {});
    };
    auto calls = std::make_shared<recording>();
    closing_driver driver(calls);
    const auto during_create = driver.during;
    const auto during_destroy = driver.during_destroy;
    lend::pool<closing_driver, manual_clock_platform> pool(driver, lasting());
    *during_create = [&] { (void)pool.clear(); };
    *during_destroy = [&] { (void)pool.close(0s); };

    EXPECT_EQ(pool.acquire().code(), hr::lend_e_closed);

    EXPECT_EQ(calls->log(), "create() destroy(1)");
    EXPECT_EQ(pool.stats().size, 0U);
}

TEST(PoolClear, does_nothing_to_a_closed_pool) {
    const manual_clock clock;
    timed p(lasting());
    (void)p.pool.close();

    EXPECT_EQ(p.pool.clear(), 0U);
    EXPECT_EQ(p.pool.clear_over(1h), 0U);
    EXPECT_EQ(p.pool.retain([](const auto&, const auto&) { return false; }).value(), 0U);
}

TEST(PoolClear, what_is_to_be_kept_ready_is_made_by_the_housekeeper) {
    const manual_clock clock;
    auto options = lasting();
    options.housekeeping = lend::housekeeping_mode::own_thread;
    options.min_idle = 2;
    timed p(options);
    manual_clock::settle();
    EXPECT_EQ(p.pool.stats().idle, 2U);

    EXPECT_EQ(p.pool.clear(), 2U);
    manual_clock::settle();

    EXPECT_EQ(p.pool.stats().idle, 2U);
    EXPECT_EQ(p.calls->live(), 2);
}

// ---- clear_over
// -----------------------------------------------------------------------------------

TEST(PoolClearOver, each_goes_at_a_moment_of_its_part_of_the_interval) {
    const manual_clock clock;
    constexpr std::size_t count = 10;
    timed p(lasting(count));
    make_idle(p.pool, count);

    EXPECT_EQ(p.pool.clear_over(10s), count);
    EXPECT_EQ(p.pool.stats().size, count);
    for (std::size_t at = 1; at <= count; ++at) {
        clock.advance(1s);
        EXPECT_EQ(p.pool.sweep(), 1U) << at;
    }

    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::cleared), count);
}

TEST(PoolClearOver, housekeeper_does_it_though_it_had_nothing_to_do) {
    const manual_clock clock;
    auto options = lasting();
    options.housekeeping = lend::housekeeping_mode::own_thread;
    timed p(options);
    make_idle(p.pool, 2);

    EXPECT_EQ(p.pool.clear_over(10s), 2U);
    manual_clock::settle();
    clock.advance(5s);
    EXPECT_EQ(p.pool.stats().size, 1U);
    clock.advance(5s);

    EXPECT_EQ(p.pool.stats().size, 0U);
}

TEST(PoolClearOver, lent_one_goes_when_it_comes_back_after_its_moment) {
    const manual_clock clock;
    timed p(lasting());
    auto early = p.pool.acquire().value();
    auto late = p.pool.acquire().value();

    EXPECT_EQ(p.pool.clear_over(2s), 2U);
    clock.advance(1s);
    (void)p.pool.sweep();

    // Which of the two goes first is not promised; one has had its moment.
    const int kept = (early.release() == hr::s_ok ? 1 : 0) + (late.release() == hr::s_ok ? 1 : 0);
    EXPECT_EQ(kept, 1);
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::cleared), 1U);
}

TEST(PoolClearOver, zero_is_the_next_sweep) {
    const manual_clock clock;
    timed p(lasting());
    make_idle(p.pool, 3);

    EXPECT_EQ(p.pool.clear_over(0ns), 3U);

    EXPECT_EQ(p.pool.sweep(), 3U);
}

TEST(PoolClearOver, what_is_older_than_its_moment_goes_for_its_age) {
    const manual_clock clock;
    auto options = lasting();
    options.max_lifetime = 10s;
    options.lifetime_jitter = 0;
    timed p(options);
    make_idle(p.pool, 1);

    EXPECT_EQ(p.pool.clear_over(1000h), 1U);
    clock.advance(10s);

    EXPECT_EQ(p.pool.sweep(), 1U);
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::lifetime), 1U);
}

TEST(PoolClearOver, what_is_being_made_is_of_the_old_generation_as_well) {
    const manual_clock clock;
    watched p(lasting());
    p.once([&] { EXPECT_EQ(p.pool.clear_over(10s), 1U); });
    { const auto lease = p.pool.acquire().value(); }

    clock.advance(10s);

    EXPECT_EQ(p.pool.sweep(), 1U);
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::cleared), 1U);
}

TEST(FailureMode, 43_moments_are_uniform_over_intervals_of_up_to_2_to_the_40_ms) {
    constexpr std::size_t count = 1'000;
    constexpr std::size_t rounds = 20;
    constexpr std::size_t bins = 50;
    const manual_clock::time_point now(1000s);
    for (unsigned power = 0; power <= 40; ++power) {
        const std::chrono::nanoseconds interval =
            std::chrono::milliseconds(std::int64_t{1} << power);
        std::array<std::size_t, bins> in_bin{};
        for (std::size_t at = 0; at < rounds * count; ++at) {
            const auto span = lives::spread(now, interval, at % count, count) - now;
            ASSERT_GE(span, 0ns);
            ASSERT_LE(span, interval);
            const double share =
                static_cast<double>(span.count()) / static_cast<double>(interval.count());
            ++in_bin[(std::min)(static_cast<std::size_t>(share * bins), bins - 1)];
        }
        // Evenly: not only on average, each part of the interval has its share, up to rounding.
        for (const std::size_t each : in_bin) {
            EXPECT_NEAR(static_cast<double>(each), rounds * count / bins, rounds) << power;
        }
    }
}

TEST(FailureMode, 43_pool_spreads_its_resources_over_2_to_the_40_ms) {
    const manual_clock clock;
    constexpr std::size_t count = 64;
    timed p(lasting(count));
    make_idle(p.pool, count);
    const std::chrono::nanoseconds interval = std::chrono::milliseconds(std::int64_t{1} << 40);

    EXPECT_EQ(p.pool.clear_over(interval), count);
    for (int quarter = 0; quarter < 4; ++quarter) {
        clock.advance(interval / 4);
        EXPECT_EQ(p.pool.sweep(), count / 4);
    }
}

TEST(PoolClearOver, longest_interval_is_for_ever_at_most) {
    const manual_clock clock;
    timed p(lasting());
    make_idle(p.pool, 2);

    EXPECT_EQ(p.pool.clear_over(for_ever), 2U);
    clock.advance(24h * 365);

    EXPECT_LE(p.pool.sweep(), 1U);
}

// ---- retain
// ---------------------------------------------------------------------------------------

TEST(PoolRetain, destroys_what_the_predicate_does_not_want) {
    const manual_clock clock;
    timed p(lasting());
    make_idle(p.pool, 3);
    (void)p.calls->take_log();

    const auto gone =
        p.pool.retain([](const numbered& it, const resource_info&) { return it.number() != 2; });

    EXPECT_EQ(gone.value(), 1U);
    EXPECT_EQ(p.calls->log(), "destroy(2)");
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::evicted), 1U);
    EXPECT_EQ(p.pool.stats().idle, 2U);
}

TEST(PoolRetain, tells_what_is_known_of_each) {
    const manual_clock clock;
    timed p(lasting(1));
    std::uint64_t id = 0;
    for (int times = 0; times < 3; ++times) {
        const auto lease = p.pool.acquire().value();
        id = lease.id();
        clock.advance(1s);
    }
    p.pool.sweep();
    clock.advance(5s);
    resource_info told;

    EXPECT_EQ(p.pool
                  .retain([&](const numbered&, const resource_info& info) {
                      told = info;
                      return true;
                  })
                  .value(),
              0U);

    EXPECT_EQ(told.id, id);
    EXPECT_EQ(told.age, 8s);
    EXPECT_EQ(told.idle_for, 5s);
    EXPECT_EQ(told.lendings, 3U);
}

TEST(PoolRetain, counts_lendings_and_age_of_the_resource_not_of_its_place) {
    const manual_clock clock;
    timed p(lasting(1));
    make_idle(p.pool, 1);
    make_idle(p.pool, 1);
    p.pool.sweep();
    clock.advance(1h);
    EXPECT_EQ(p.pool.clear(), 1U);
    make_idle(p.pool, 1);

    EXPECT_EQ(p.pool
                  .retain([&](const numbered&, const resource_info& info) {
                      return info.lendings == 1 && info.age == 0s && info.idle_for == 0s;
                  })
                  .value(),
              0U);
}

TEST(PoolRetain, knows_that_one_made_in_anothers_place_has_not_been_idle) {
    const manual_clock clock;
    auto options = lasting(1);
    options.min_idle = 1;
    timed p(options);
    p.pool.sweep(); // makes one
    p.pool.sweep(); // sees it idle
    clock.advance(1h);
    EXPECT_EQ(p.pool.clear(), 1U);
    p.pool.sweep(); // makes another, which nobody has used either

    EXPECT_EQ(p.pool
                  .retain([&](const numbered&, const resource_info& info) {
                      return info.lendings == 0 && info.idle_for == 0s;
                  })
                  .value(),
              0U);
}

TEST(PoolRetain, does_not_ask_for_what_is_lent) {
    const manual_clock clock;
    timed p(lasting());
    auto held = p.pool.acquire().value();

    EXPECT_EQ(p.pool.retain([](const auto&, const auto&) { return false; }).value(), 0U);

    EXPECT_EQ(held.release(), hr::s_ok);
}

TEST(PoolRetain, one_is_out_at_a_time_and_counts_as_idle_and_no_lock_is_held) {
    const manual_clock clock;
    timed p(lasting());
    make_idle(p.pool, 3);

    EXPECT_TRUE(p.pool.retain([&](const auto&, const auto&) {
        EXPECT_EQ(manual_clock_platform::locks_held(), 0U);
        EXPECT_EQ(p.pool.stats().idle, 3U);
        const auto first = p.pool.try_acquire();
        const auto second = p.pool.try_acquire();
        EXPECT_TRUE(first && second);
        return true;
    }));
}

TEST(PoolRetain, predicate_that_throws_keeps_that_one_and_ends_the_round) {
    const manual_clock clock;
    timed p(lasting());
    make_idle(p.pool, 3);
    int asked = 0;

    const auto gone = p.pool.retain([&](const auto&, const auto&) -> bool {
        if (++asked == 2) throw std::runtime_error("no opinion");
        return false;
    });

    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code(), hr::e_fail);
    EXPECT_NE(gone.error().message().find("no opinion"), std::string::npos);
    EXPECT_EQ(asked, 2);
    EXPECT_EQ(p.pool.stats().idle, 2U);
}

TEST(PoolRetain, ends_when_the_pool_is_closed_meanwhile_and_counts_nothing) {
    const manual_clock clock;
    timed p(lasting());
    make_idle(p.pool, 3);
    for (const bool stays : {true, false}) {
        int asked = 0;
        const auto gone = p.pool.retain([&](const auto&, const auto&) {
            ++asked;
            std::thread([&] { (void)p.pool.close(0s); }).join();
            return stays;
        });

        ASSERT_TRUE(gone);
        EXPECT_EQ(*gone, 0U);
        EXPECT_EQ(asked, stays ? 1 : 0); // the second time it is closed already
        EXPECT_EQ(p.pool.stats().size, 0U);
        EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::closed), 3U);
        EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::evicted), 0U);
    }
}

TEST(FailureMode, 70_what_is_shown_to_a_predicate_is_not_refused) {
    const manual_clock clock;
    pool_with<recording_driver, manual_clock_platform> p(quiet(1));
    (void)p.pool.acquire();
    lend::hresult code = hr::e_unexpected;
    std::optional<other_thread> tries;

    EXPECT_EQ(p.pool
                  .retain([&](const auto&, const auto&) {
                      tries.emplace([&] { code = p.pool.try_acquire().code(); });
                      EXPECT_EQ(p.pool.stats().idle, 1U);
                      return true;
                  })
                  .value(),
              0U);

    EXPECT_TRUE(tries->done());
    EXPECT_EQ(code, hr::s_ok);
    EXPECT_EQ(p.pool.stats().created, 1U);
}

TEST(FailureMode, 70_look_that_does_not_end_holds_a_caller_up_for_a_moment_only) {
    const manual_clock clock;
    pool_with<recording_driver, manual_clock_platform> p(quiet(1));
    (void)p.pool.acquire();
    lend::hresult code = hr::e_unexpected;
    const auto begun = clock.now();

    // It asks for what it looks at itself.
    (void)p.pool.retain([&](const auto&, const auto&) {
        code = p.pool.try_acquire().code();
        return true;
    });

    EXPECT_EQ(code, hr::lend_e_exhausted);
    EXPECT_LE(clock.now() - begun, 10ms);
}

} // namespace pool_clear_test
