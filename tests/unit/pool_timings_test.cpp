// SPDX-License-Identifier: MIT
/// @file
/// How long a pool's waits, creates and destroys took, by how they ended; and that the counters
/// agree with it.

#include "support/leak_guard.hpp"
#include "support/manual_clock_platform.hpp"
#include "support/other_thread.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace pool_timings_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;
using lend::acquire_outcome;
using lend::create_failure;
using lend::destroy_reason;
using lend::refusal;

using timed = pool_with<recording_driver, manual_clock_platform>;

// Each call takes as long as the board says, and ends as it says.
struct slow_driver {
    using resource = int;
    struct board {
        std::chrono::nanoseconds create{0}, destroy{0}, reset{0};
        std::optional<lend::hresult> create_code;
        bool create_throws = false;
        lend::hresult destroy_code = hr::s_ok;
        lend::hresult reset_code = hr::s_ok;
    };
    std::shared_ptr<board> b;

    lend::result<int> create() {
        manual_clock::advance(b->create);
        if (b->create_throws) throw std::runtime_error("out of order");
        if (b->create_code) return *b->create_code;
        return 1;
    }
    lend::hresult reset(int&) {
        manual_clock::advance(b->reset);
        return b->reset_code;
    }
    lend::hresult destroy(int&&) {
        manual_clock::advance(b->destroy);
        return b->destroy_code;
    }
};

struct slow_pool {
    explicit slow_pool(lend::pool_options options = quiet()) : pool(slow_driver{b}, options) {}

    std::shared_ptr<slow_driver::board> b = std::make_shared<slow_driver::board>();
    lend::pool<slow_driver, manual_clock_platform> pool;
};

TEST(PoolTimings, an_acquire_that_need_not_wait_waited_nothing) {
    const manual_clock clock;
    timed p(quiet());
    for (int at = 0; at < 5; ++at) (void)p.pool.acquire();

    const lend::histogram served = p.pool.timings().wait_of(acquire_outcome::served);

    EXPECT_EQ(served.count(), 5U);
    EXPECT_EQ(served.maximum(), 0ns);
    EXPECT_EQ(p.pool.stats().waited, 0U);
}

TEST(PoolTimings, a_wait_that_was_served_lasted_until_it_was) {
    const manual_clock clock;
    timed p(quiet(1));
    auto held = p.pool.acquire();
    const other_thread waiter([&] { EXPECT_TRUE(p.pool.acquire()); });
    manual_clock::advance(7s);
    (void)held->release();
    ASSERT_TRUE(waiter.done());

    const lend::histogram served = p.pool.timings().wait_of(acquire_outcome::served);

    EXPECT_EQ(served.count(), 2U);
    EXPECT_EQ(served.maximum(), 7s);
    EXPECT_EQ(served.count_up_to(0ns), 1U);
    EXPECT_EQ(p.pool.stats().waited, 1U);
}

TEST(FailureMode, 39_waits_that_failed_are_recorded_by_how_they_ended) {
    const manual_clock clock;
    auto options = quiet(1);
    options.acquire_timeout = 3s;
    options.max_waiters = 1;
    timed p(options);
    auto held = p.pool.acquire();
    EXPECT_EQ(p.pool.acquire().code(), hr::lend_e_timed_out);
    EXPECT_EQ(p.pool.try_acquire().code(), hr::lend_e_exhausted);
    std::stop_source stop;
    const other_thread called_off([&] {
        EXPECT_EQ(p.pool.acquire({.stop = stop.get_token()}).code(), hr::lend_e_cancelled);
    });
    EXPECT_EQ(p.pool.acquire().code(), hr::lend_e_too_many_waiters);
    manual_clock::advance(2s);
    stop.request_stop();
    ASSERT_TRUE(called_off.done());
    EXPECT_EQ(p.pool.acquire({.stop = stop.get_token()}).code(), hr::lend_e_cancelled);
    const other_thread refused([&] { EXPECT_EQ(p.pool.acquire().code(), hr::lend_e_closed); });
    manual_clock::advance(1s);
    (void)p.pool.close(0s);
    ASSERT_TRUE(refused.done());
    EXPECT_EQ(p.pool.acquire().code(), hr::lend_e_closed);

    const lend::pool_stats s = p.pool.stats();
    const lend::pool_timings t = p.pool.timings();

    EXPECT_EQ(t.wait_of(acquire_outcome::served).count(), 1U);
    EXPECT_EQ(t.wait_of(acquire_outcome::timed_out).count(), 1U);
    EXPECT_EQ(t.wait_of(acquire_outcome::timed_out).sum(), 3s);
    EXPECT_EQ(t.wait_of(acquire_outcome::cancelled).count(), 2U);
    EXPECT_EQ(t.wait_of(acquire_outcome::cancelled).maximum(), 2s);
    EXPECT_EQ(t.wait_of(acquire_outcome::refused).count(), 4U);
    EXPECT_EQ(t.wait_of(acquire_outcome::refused).maximum(), 1s);
    EXPECT_EQ(s.timed_out, 1U);
    EXPECT_EQ(s.cancelled, 2U);
    EXPECT_EQ(s.refused, 4U);
    EXPECT_EQ(s.refused_for(refusal::exhausted), 1U);
    EXPECT_EQ(s.refused_for(refusal::too_many), 1U);
    EXPECT_EQ(s.refused_for(refusal::closed), 2U);
}

TEST(FailureMode, 39_gauges_sum_to_the_size_and_counters_never_go_back_under_stress) {
    struct churning {
        using resource = int;
        lend::result<int> create() { return 1; }
        lend::hresult reset(int& r) { return ++r % 64 == 0 ? hr::e_fail : hr::s_ok; }
        lend::health check(int& r, lend::check_kind) {
            return r % 61 == 0 ? lend::health::broken : lend::health::good;
        }
    };
    auto options = quiet(8);
    options.acquire_timeout = 1ms;
    lend::pool<churning> pool(churning{}, options);
    std::atomic<bool> stop{false};
    std::vector<std::thread> users;
    for (int user = 0; user < 3; ++user) {
        users.emplace_back([&] {
            for (unsigned at = 0; !stop; ++at) {
                auto first = pool.acquire();
                auto second = pool.try_acquire();
                if (first && at % 32 == 0) (void)first->discard();
                if (second && at % 64 == 0) (void)second->detach();
            }
        });
    }

    std::uint64_t wrong_sums = 0;
    std::uint64_t went_back = 0;
    lend::pool_stats before;
    for (int sample = 0; sample < 1'000'000; ++sample) {
        const lend::pool_stats s = pool.stats();
        const std::size_t sum =
            s.idle + s.in_use + s.creating + s.checking + s.resetting + s.parked + s.destroying;
        wrong_sums += sum != s.size || s.size > s.max_size ? 1U : 0U;
        const bool monotonic = s.acquired >= before.acquired && s.returned >= before.returned &&
                               s.waited >= before.waited && s.timed_out >= before.timed_out &&
                               s.refused >= before.refused && s.created >= before.created &&
                               s.destroyed >= before.destroyed && s.detached >= before.detached &&
                               s.closed >= before.closed && s.acquired >= s.returned;
        went_back += monotonic ? 0U : 1U;
        before = s;
    }
    stop = true;
    for (std::thread& each : users) each.join();

    EXPECT_EQ(wrong_sums, 0U);
    EXPECT_EQ(went_back, 0U);
    const lend::pool_stats s = pool.stats();
    EXPECT_GT(s.acquired, 1000U);
    EXPECT_EQ(s.in_use, 0U);
    EXPECT_EQ(s.created, s.destroyed + s.detached + s.size);
}

TEST(FailureMode, 39_no_bucket_of_the_waits_goes_back_while_callers_wait) {
    struct plain {
        using resource = int;
        using no_reset = void;
        lend::result<int> create() { return 1; }
    };
    auto options = quiet(1);
    options.fairness = lend::fairness_mode::strict;
    lend::pool<plain> pool(plain{}, options);
    std::atomic<bool> stop{false};
    std::vector<std::thread> users;
    for (int user = 0; user < 3; ++user) {
        users.emplace_back([&] {
            while (!stop) (void)pool.acquire();
        });
    }

    std::uint64_t went_back = 0;
    lend::histogram before;
    for (int sample = 0; sample < 20'000; ++sample) {
        const lend::histogram h = pool.timings().wait_of(acquire_outcome::served);
        for (std::int64_t bound = 0; bound <= std::int64_t{1} << 30; bound = bound * 8 + 1) {
            const auto up_to = std::chrono::nanoseconds(bound == 0 ? 0 : bound - 1);
            went_back += h.count_up_to(up_to) < before.count_up_to(up_to) ? 1U : 0U;
        }
        went_back += h.count() < before.count() ? 1U : 0U;
        before = h;
    }
    stop = true;
    for (std::thread& each : users) each.join();

    EXPECT_EQ(went_back, 0U);
    EXPECT_GT(pool.stats().waited, 0U);
    const auto at_last = pool.timings().wait_of(acquire_outcome::served).count();
    EXPECT_EQ(at_last, pool.stats().acquired);
}

TEST(FailureMode, 41_failed_creates_are_counted_by_reason_from_the_first) {
    const manual_clock clock;
    slow_pool p;
    EXPECT_EQ(p.pool.stats().since_create_failed, std::chrono::nanoseconds::max());

    p.b->create_code = hr::e_accessdenied;
    (void)p.pool.try_acquire();
    const lend::pool_stats first = p.pool.stats();
    p.b->create_throws = true;
    (void)p.pool.try_acquire();
    p.b->create_throws = false;
    p.b->create_code = hr::e_outofmemory;
    (void)p.pool.try_acquire();
    manual_clock::advance(9s);
    p.b->create_code.reset();
    ASSERT_TRUE(p.pool.try_acquire());

    EXPECT_EQ(first.create_failed, 1U);
    EXPECT_EQ(first.create_failed_for(create_failure::refused), 1U);
    EXPECT_EQ(first.since_create_failed, 0ns);
    const lend::pool_stats s = p.pool.stats();
    EXPECT_EQ(s.create_failed, 3U);
    EXPECT_EQ(s.create_failed_for(create_failure::threw), 1U);
    EXPECT_EQ(s.create_failed_for(create_failure::out_of_memory), 1U);
    EXPECT_EQ(s.refused_for(refusal::create_failed), 3U);
    EXPECT_EQ(s.since_create_failed, 9s);
    EXPECT_EQ(p.pool.timings().create_failed.count(), 3U);
}

TEST(FailureMode, 41_resources_that_go_are_counted_by_reason_from_the_first) {
    const manual_clock clock;
    slow_pool p;
    (void)p.pool.acquire()->discard();
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::discarded), 1U);
    p.b->reset_code = hr::e_fail;
    (void)p.pool.acquire();
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::reset_failed), 1U);
    p.b->reset_code = hr::s_ok;
    try {
        const auto held = p.pool.acquire();
        throw std::runtime_error("out");
    } catch (const std::runtime_error&) {
    }
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::poisoned), 1U);
    { const auto idle = p.pool.acquire(); }
    (void)p.pool.sweep(clock.now());
    (void)p.pool.sweep(clock.now() + 20min);
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::expired), 1U);
}

TEST(PoolTimings, creates_and_destroys_are_measured_and_failed_ones_apart) {
    const manual_clock clock;
    slow_pool p;
    p.b->create = 5s;
    p.b->destroy = 2s;
    (void)p.pool.acquire()->discard();
    p.b->destroy_code = hr::e_fail;
    p.b->destroy = 3s;
    (void)p.pool.acquire()->discard();
    p.b->create_code = hr::e_fail;
    p.b->create = 1s;
    (void)p.pool.acquire();

    const lend::pool_timings t = p.pool.timings();

    EXPECT_EQ(t.create.count(), 2U);
    EXPECT_EQ(t.create.sum(), 10s);
    EXPECT_EQ(t.create_failed.count(), 1U);
    EXPECT_EQ(t.create_failed.maximum(), 1s);
    EXPECT_EQ(t.destroy.count(), 1U);
    EXPECT_EQ(t.destroy.maximum(), 2s);
    EXPECT_EQ(t.destroy_failed.count(), 1U);
    EXPECT_EQ(t.destroy_failed.maximum(), 3s);
}

TEST(PoolTimings, leases_and_resets_are_not_measured_unless_asked_for) {
    const manual_clock clock;
    slow_pool p;
    p.b->reset = 1s;
    (void)p.pool.acquire();

    const lend::pool_timings t = p.pool.timings();

    EXPECT_EQ(t.use.count(), 0U);
    EXPECT_EQ(t.reset.count(), 0U);
}

TEST(PoolTimings, leases_and_resets_are_measured_with_time_uses) {
    const manual_clock clock;
    auto options = quiet(1);
    options.time_uses = true;
    slow_pool p(options);
    p.b->reset = 1s;
    {
        const auto held = p.pool.acquire();
        manual_clock::advance(5s);
    }
    {
        auto held = p.pool.acquire();
        manual_clock::advance(2s);
        (void)held->discard();
    }
    {
        auto held = p.pool.acquire();
        manual_clock::advance(4s);
        (void)held->detach();
    }
    p.b->reset_code = hr::e_fail;
    p.b->reset = 3s;
    { const auto held = p.pool.acquire(); }

    const lend::pool_timings t = p.pool.timings();

    EXPECT_EQ(t.use.count(), 4U);
    EXPECT_EQ(t.use.maximum(), 5s);
    EXPECT_EQ(t.use.sum(), 11s);
    EXPECT_EQ(t.reset.count(), 1U);
    EXPECT_EQ(t.reset.maximum(), 1s);
    EXPECT_EQ(t.reset_failed.count(), 1U);
    EXPECT_EQ(t.reset_failed.maximum(), 3s);
}

// Starts no thread: what was to run there runs when it is told to.
struct later_platform : manual_clock_platform {
    struct job {
        void (*run)(void*) = nullptr;
        void* argument = nullptr;
    };
    static job& next() {
        static job only;
        return only;
    }
    [[nodiscard]] static bool
    start_thread(const char*, void (*run)(void*), void* argument) noexcept {
        next() = {run, argument};
        return true;
    }
    static void go() {
        const job todo = std::exchange(next(), {});
        ASSERT_NE(todo.run, nullptr);
        todo.run(todo.argument);
    }
};

TEST(PoolTimings, resets_in_the_background_are_measured_without_the_time_until_they_begin) {
    const manual_clock clock;
    const auto b = std::make_shared<slow_driver::board>();
    auto options = quiet(1);
    options.time_uses = true;
    options.reset_on = lend::reset_mode::background;
    lend::pool<slow_driver, later_platform> pool(slow_driver{b}, options);
    b->reset = 1s;
    {
        const auto held = pool.acquire();
        manual_clock::advance(5s);
    }
    manual_clock::advance(7s);
    later_platform::go();

    const lend::pool_timings t = pool.timings();

    EXPECT_EQ(t.use.maximum(), 5s);
    EXPECT_EQ(t.reset.count(), 1U);
    EXPECT_EQ(t.reset.maximum(), 1s);
}

TEST(PoolTimings, each_lease_is_measured_also_the_threads_last_resource_again) {
    const manual_clock clock;
    auto options = quiet(1);
    options.time_uses = true;
    slow_pool p(options);
    for (int at = 0; at < 5; ++at) {
        const auto held = p.pool.acquire();
        manual_clock::advance(1s);
    }

    EXPECT_EQ(p.pool.timings().use.count(), 5U);
    EXPECT_EQ(p.pool.timings().use.sum(), 5s);
    EXPECT_EQ(p.pool.timings().reset.count(), 5U);
}

TEST(PoolTimings, pool_that_cannot_measure_uses_for_lack_of_memory_is_not_made) {
    auto options = quiet(1);
    options.time_uses = true;
    const auto b = std::make_shared<slow_driver::board>();
    fail_each_allocation(lasting::once, [&](std::uint64_t) {
        auto made = lend::pool<slow_driver, manual_clock_platform>::make(slow_driver{b}, options);
        if (!made) {
            EXPECT_EQ(made.code(), hr::e_outofmemory);
        } else {
            EXPECT_EQ(made->timings().use.count(), 0U);
        }
        const bool measures = made && made->acquire().has_value();
        if (measures) {
            EXPECT_EQ(made->timings().use.count(), 1U);
        }
    });
}

TEST(PoolTimings, recording_allocates_nothing) {
    const manual_clock clock;
    slow_pool p;
    { const auto made = p.pool.acquire(); }
    const auto before = allocations::tried_here();
    for (int at = 0; at < 10; ++at) (void)p.pool.acquire();
    const auto after = allocations::tried_here();

    EXPECT_EQ(after, before);
    EXPECT_EQ(p.pool.timings().wait_of(acquire_outcome::served).count(), 11U);
}

TEST(PoolTimings, of_a_pool_that_was_moved_from_are_empty) {
    timed p(quiet());
    const auto moved = std::move(p.pool);

    EXPECT_EQ(p.pool.timings().wait_of(acquire_outcome::served).count(), 0U);
    EXPECT_EQ(moved.stats().max_size, 4U);
}

TEST(Recorder, what_threads_record_is_all_there) {
    lend::detail::recorder<lend::default_platform> all;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&all, thread] {
            for (int at = 0; at < 10'000; ++at) all.record(std::chrono::microseconds(thread + 1));
        });
    }
    for (std::thread& each : threads) each.join();

    const lend::histogram h = all.copy();

    EXPECT_EQ(h.count(), 40'000U);
    EXPECT_EQ(h.sum(), 100ms);
    EXPECT_EQ(h.maximum(), 4us);
}

} // namespace pool_timings_test
