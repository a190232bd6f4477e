// SPDX-License-Identifier: MIT
/// @file
/// What real pools make of the plan of creates, to the millisecond: how many start, what becomes of
/// those that hang, and how a pool lives through an outage. The clock is moved by hand.

#include "support/manual_clock_platform.hpp"
#include "support/other_thread.hpp"
#include "support/queued_executor.hpp"

#include <lend/executor.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pool_creation_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;
using lend::destroy_reason;
using span = std::chrono::nanoseconds;
using time_point = manual_clock_platform::time_point;

constexpr span for_ever = span::max();

void sleep(span time) {
    std::atomic<std::uint32_t> word{0};
    const time_point until =
        time == for_ever ? time_point::max() : manual_clock_platform::now() + time;
    while (manual_clock_platform::now() < until) manual_clock_platform::park(word, 0, until);
}

// How a back end behaves, and what was asked of it.
class backend {
public:
    std::function<span(int nth)> create_time = [](int) { return 0ms; };
    std::function<bool(int nth)> refuses = [](int) { return false; };

    // The creates that hang for ever go on.
    void let_go() {
        gate_.store(1);
        for (int at = 0; at < 100; ++at) manual_clock_platform::unpark_one(gate_);
        manual_clock::settle();
    }

    lend::result<int> create() {
        const at_work one(*this);
        const int nth = begin();
        const span takes = create_time(nth);
        if (takes == for_ever) {
            while (gate_.load() == 0) manual_clock_platform::park(gate_, 0, time_point::max());
        } else if (takes > 0ns) {
            sleep(takes);
        }
        if (refuses(nth)) return lend::error(hr::e_accessdenied, "the door is shut");
        const std::lock_guard lock(mutex_);
        most_live_ = std::max(most_live_, ++live_);
        return nth;
    }
    void gone() {
        const std::lock_guard lock(mutex_);
        --live_;
    }

    [[nodiscard]] std::vector<time_point> attempts() const {
        const std::lock_guard lock(mutex_);
        return attempts_;
    }
    [[nodiscard]] std::size_t creates() const { return attempts().size(); }
    // How many created at one time at most.
    [[nodiscard]] int most_at_once() const {
        const std::lock_guard lock(mutex_);
        return most_at_once_;
    }
    [[nodiscard]] int live() const {
        const std::lock_guard lock(mutex_);
        return live_;
    }

private:
    struct at_work {
        explicit at_work(backend& b) : in(b) { count(1); }
        ~at_work() { count(-1); }
        at_work(const at_work&) = delete;
        at_work& operator=(const at_work&) = delete;

        void count(int by) {
            const std::lock_guard lock(in.mutex_);
            in.at_once_ += by;
            in.most_at_once_ = std::max(in.most_at_once_, in.at_once_);
        }
        backend& in;
    };

    int begin() {
        const std::lock_guard lock(mutex_);
        attempts_.push_back(manual_clock_platform::now());
        return static_cast<int>(attempts_.size());
    }

    mutable std::mutex mutex_;
    std::vector<time_point> attempts_;
    int at_once_ = 0;
    int most_at_once_ = 0;
    int live_ = 0;
    int most_live_ = 0;
    std::atomic<std::uint32_t> gate_{0};
};

template <class Platform = manual_clock_platform>
struct backend_driver {
    using resource = int;
    using no_reset = void;

    lend::result<int> create() { return behind->create(); }
    void destroy(int&&) { behind->gone(); }

    std::shared_ptr<backend> behind;
};

struct typed_backend_driver {
    using resource = int;
    using resource_type = char;
    using no_reset = void;

    lend::result<int> create(const char&) { return behind->create(); }
    void destroy(int&&) { behind->gone(); }

    std::shared_ptr<backend> behind;
};

using pool_type = lend::pool<backend_driver<>, manual_clock_platform>;

lend::pool_options sized(std::size_t max_size) {
    lend::pool_options options;
    options.max_size = max_size;
    options.housekeeping = lend::housekeeping_mode::manual;
    return options;
}

struct world {
    explicit world(lend::pool_options options)
        : behind(std::make_shared<backend>()), pool(backend_driver<>{behind}, std::move(options)) {}
    ~world() { behind->let_go(); }

    std::shared_ptr<backend> behind;
    pool_type pool;
};

// Callers who ask all at once, and keep what they get for `hold`, or until the end.
class callers {
public:
    callers(pool_type& pool, std::size_t count, span hold) : pool_(pool), hold_(hold) {
        for (std::size_t at = 0; at < count; ++at) {
            threads_.emplace_back([this] { ask(); });
        }
    }

    // Moves the clock until all are done; gives up after a minute.
    void wait() {
        const time_point last = manual_clock::now() + 1min;
        while (count() < threads_.size() && manual_clock::now() < last) manual_clock::advance(1ms);
    }
    [[nodiscard]] std::size_t count() const {
        const std::lock_guard lock(mutex_);
        return done_.size();
    }
    // When the last one was served, or was done, since they asked.
    [[nodiscard]] span last_served() const {
        return *std::max_element(waits_.begin(), waits_.end());
    }
    [[nodiscard]] span last_done() const { return *std::max_element(done_.begin(), done_.end()); }
    [[nodiscard]] std::size_t served() const { return waits_.size(); }

private:
    void ask() {
        auto lease = pool_.acquire();
        if (!lease) return;
        {
            const std::lock_guard lock(mutex_);
            waits_.push_back(manual_clock::now() - begun_);
        }
        if (hold_ != for_ever) {
            sleep(hold_);
            (void)lease->release();
        }
        const std::lock_guard lock(mutex_);
        done_.push_back(manual_clock::now() - begun_);
        if (hold_ == for_ever) kept_.push_back(*std::move(lease));
    }

    pool_type& pool_;
    const span hold_;
    const time_point begun_ = manual_clock::now();
    mutable std::mutex mutex_;
    std::vector<span> waits_;
    std::vector<span> done_;
    std::vector<typename pool_type::lease_type> kept_;
    std::vector<other_thread> threads_;
};

// ---- how many
// ------------------------------------------------------------------------------------

TEST(FailureMode, 26_burst_of_short_uses_does_not_grow_the_pool) {
    const manual_clock clock;
    world w(sized(50));
    w.behind->create_time = [](int) { return 150ms; };
    ASSERT_EQ(w.pool.warm_up(5, 1s).ready, 5U);

    callers all(w.pool, 50, 2ms);
    all.wait();

    ASSERT_EQ(all.served(), 50U);
    EXPECT_LE(all.last_done(), 30ms);
    EXPECT_LE(w.pool.stats().size, 8U);
}

TEST(FailureMode, 25_burst_of_long_uses_is_served_within_three_creates) {
    const manual_clock clock;
    world w(sized(50));
    w.behind->create_time = [](int) { return 150ms; };

    callers all(w.pool, 50, for_ever);
    all.wait();

    ASSERT_EQ(all.served(), 50U);
    EXPECT_LE(all.last_served(), 450ms);
}

TEST(FailureMode, 25_long_uses_behind_a_few_idle_ones_are_served_within_three_creates) {
    const manual_clock clock;
    world w(sized(55));
    w.behind->create_time = [](int) { return 150ms; };
    ASSERT_EQ(w.pool.warm_up(5, 1s).ready, 5U);

    callers all(w.pool, 50, for_ever);
    all.wait();

    ASSERT_EQ(all.served(), 50U);
    EXPECT_LE(all.last_served(), 450ms);
}

// Callers who ask, keep what they get for `hold`, and ask again.
class regulars {
public:
    regulars(pool_type& pool, std::size_t count, span hold) : pool_(pool), hold_(hold) {
        for (std::size_t at = 0; at < count; ++at) threads_.emplace_back([this] { go_on(); });
    }
    // Moves the clock.
    void run(span time) {
        for (const time_point last = manual_clock::now() + time; manual_clock::now() < last;)
            manual_clock::advance(1ms);
    }
    void stop() {
        over_.store(true);
        run(hold_ + 1s);
    }

private:
    void go_on() {
        while (!over_.load()) {
            auto lease = pool_.acquire();
            if (!lease) return;
            sleep(hold_);
        }
    }

    pool_type& pool_;
    const span hold_;
    std::atomic<bool> over_{false};
    std::vector<other_thread> threads_;
};

TEST(FailureMode, 50_load_that_lasts_grows_the_pool_to_what_it_needs) {
    const manual_clock clock;
    world w(sized(100));
    w.behind->create_time = [](int) { return 200ms; };
    ASSERT_EQ(w.pool.warm_up(2, 1s).ready, 2U);

    regulars all(w.pool, 20, 10ms);
    all.run(3s);

    EXPECT_GE(w.pool.stats().size, 18U);
    EXPECT_LE(w.pool.stats().size, 20U);
    all.stop();
}

TEST(FailureMode, 50_load_that_the_resources_carry_makes_no_more_of_them) {
    const manual_clock clock;
    world w(sized(100));
    w.behind->create_time = [](int) { return 200ms; };
    ASSERT_EQ(w.pool.warm_up(6, 1s).ready, 6U);

    regulars all(w.pool, 5, 10ms);
    all.run(5s);

    EXPECT_EQ(w.pool.stats().size, 6U);
    all.stop();
}

TEST(PoolCreation, lone_waiter_gets_a_create_at_once_where_nothing_has_been_lent_for_long) {
    for (const span create : {span(100ms), span(2s)}) {
        const manual_clock clock;
        world w(sized(2));
        w.behind->create_time = [create](int) { return create; };
        const auto held = w.pool.acquire();
        manual_clock::advance(20s);
        const auto begun = manual_clock::now();

        const auto lease = w.pool.acquire();

        EXPECT_EQ(manual_clock::now() - begun, create);
    }
}

TEST(PoolCreation, lone_waiter_waits_for_a_return_where_much_was_lent_just_now) {
    const manual_clock clock;
    world w(sized(2));
    w.behind->create_time = [](int) { return 1s; };
    auto held = w.pool.acquire();
    manual_clock::advance(10s);
    for (int use = 0; use < 10; ++use) {
        (void)held->release();
        held = w.pool.acquire();
    }
    const other_thread waiter([&] { (void)w.pool.acquire(); });
    manual_clock::advance(300ms);
    EXPECT_EQ(w.behind->creates(), 1U);

    (void)held->release();

    EXPECT_TRUE(waiter.done());
    EXPECT_EQ(w.behind->creates(), 1U);
}

TEST(PoolCreation, no_more_creates_are_in_flight_than_wait_though_creates_have_become_slow) {
    const manual_clock clock;
    world w(sized(100));
    for (int each = 0; each < 20; ++each) EXPECT_TRUE(w.pool.acquire());
    w.behind->create_time = [](int) { return 200ms; };
    const auto held = w.pool.acquire();
    const std::size_t before = w.behind->creates();
    std::size_t most = 0;

    callers all(w.pool, 18, for_ever);
    while (all.count() < 18) {
        most = std::max(most, w.pool.stats().creating);
        manual_clock::advance(1ms);
    }

    EXPECT_EQ(w.behind->creates() - before, 18U);
    EXPECT_LE(most, 18U);
}

TEST(PoolCreation, waiter_takes_what_comes_back_while_a_create_is_in_flight) {
    const manual_clock clock;
    world w(sized(2));
    auto held = w.pool.acquire();
    w.behind->create_time = [](int) { return 10s; };
    std::optional<int> got;
    const other_thread waiter([&] {
        const auto lease = w.pool.acquire();
        if (lease) got = **lease;
    });
    manual_clock::advance(1s);
    EXPECT_EQ(w.pool.stats().creating, 1U);
    EXPECT_FALSE(waiter.done());

    EXPECT_EQ(held->release(), hr::s_ok);

    EXPECT_TRUE(waiter.done());
    EXPECT_EQ(got, 1);
}

TEST(PoolCreation, create_goes_on_without_whoever_asked_for_it) {
    const manual_clock clock;
    world w(sized(2));
    w.behind->create_time = [](int) { return 150ms; };

    EXPECT_EQ(w.pool.try_acquire_for(10ms).code(), hr::lend_e_timed_out);
    manual_clock::advance(150ms);

    EXPECT_EQ(w.pool.stats().idle, 1U);
    EXPECT_EQ(w.behind->creates(), 1U);
}

TEST(PoolCreation, option_bounds_how_many_workers_create_at_one_time) {
    const manual_clock clock;
    auto options = sized(50);
    options.max_parallel_creates = 3;
    world w(options);
    w.behind->create_time = [](int) { return 150ms; };

    callers all(w.pool, 9, for_ever);
    manual_clock::advance(140ms);
    EXPECT_EQ(w.pool.stats().creating, 3U);
    all.wait();

    EXPECT_EQ(all.served(), 9U);
}

TEST(FailureMode, 52_bound_of_parallel_creates_holds_whatever_asks_for_them) {
    for (const bool with_acquires : {false, true}) {
        const manual_clock clock;
        auto options = sized(with_acquires ? 20 : 5);
        options.max_parallel_creates = 2;
        options.min_idle = 5;
        options.housekeeping = lend::housekeeping_mode::own_thread;
        const auto behind = std::make_shared<backend>();
        behind->create_time = [](int) { return 150ms; };
        pool_type pool(backend_driver<>{behind}, options);
        std::vector<std::size_t> ready(2);
        std::vector<other_thread> threads;
        for (auto& each : ready) threads.emplace_back([&] { each = pool.warm_up(5, 10s).ready; });
        for (int each = 0; with_acquires && each < 4; ++each) {
            threads.emplace_back([&] {
                const auto lease = pool.acquire();
                EXPECT_TRUE(lease);
                sleep(5s);
            });
        }

        manual_clock::advance(20s);

        EXPECT_GE(ready[0], 5U);
        EXPECT_GE(ready[1], 5U);
        EXPECT_EQ(behind->most_at_once(), 2);
        for (const auto& thread : threads) EXPECT_TRUE(thread.done());
    }
}

TEST(FailureMode, 52_bound_of_parallel_creates_counts_those_on_callers_threads) {
    for (const auto creation : {lend::creation_mode::worker, lend::creation_mode::inline_}) {
        const manual_clock clock;
        auto options = sized(20);
        options.max_parallel_creates = 2;
        options.creation = creation;
        const auto behind = std::make_shared<backend>();
        behind->create_time = [](int) { return 150ms; };
        pool_type pool(backend_driver<>{behind}, options);
        std::vector<time_point> served(5);
        std::vector<other_thread> threads;
        const time_point begun = manual_clock::now();
        for (time_point& each : served) {
            threads.emplace_back([&pool, &each] {
                const auto lease = pool.acquire();
                EXPECT_TRUE(lease);
                each = manual_clock::now();
                sleep(5s);
            });
        }
        manual_clock::advance(100ms);

        const auto refused = pool.try_acquire();
        EXPECT_EQ(refused.code(), hr::lend_e_exhausted);
        EXPECT_NE(refused.error().message().find("max_parallel_creates allows: 2"),
                  std::string::npos)
            << refused.error().message();
        manual_clock::advance(20s);

        EXPECT_EQ(behind->most_at_once(), 2);
        EXPECT_LE(*std::max_element(served.begin(), served.end()), begun + 550ms);
        for (const auto& thread : threads) EXPECT_TRUE(thread.done());
    }
}

TEST(FailureMode, 52_caller_that_does_not_wait_counts_for_the_bound_of_parallel_creates) {
    const manual_clock clock;
    auto options = sized(20);
    options.max_parallel_creates = 1;
    const auto behind = std::make_shared<backend>();
    behind->create_time = [](int) { return 150ms; };
    pool_type pool(backend_driver<>{behind}, options);
    const other_thread first([&] { EXPECT_TRUE(pool.try_acquire()); });
    manual_clock::settle();

    EXPECT_EQ(pool.try_acquire().code(), hr::lend_e_exhausted);
    EXPECT_TRUE(pool.acquire());

    EXPECT_EQ(behind->most_at_once(), 1);
}

TEST(PoolCreation, each_type_that_is_waited_for_gets_a_create) {
    const manual_clock clock;
    const auto behind = std::make_shared<backend>();
    lend::pool<typed_backend_driver, manual_clock_platform> pool(typed_backend_driver{behind},
                                                                 sized(4));
    auto a = pool.acquire('a');
    const auto begun = manual_clock::now();
    span waited_b{};
    span waited_a{};
    const other_thread second([&] {
        const auto lease = pool.acquire('b');
        waited_b = manual_clock::now() - begun;
        sleep(1min);
    });
    const other_thread third([&] {
        const auto lease = pool.acquire('a');
        waited_a = manual_clock::now() - begun;
        sleep(1min);
    });

    manual_clock::advance(2min);

    EXPECT_TRUE(second.done() && third.done());
    EXPECT_EQ(waited_b, 0ms); // there is none of it, so none can come back
    EXPECT_LE(waited_a, 300ms);
    EXPECT_EQ(behind->creates(), 3U);
}

// ---- where they run -----------------------------------------------------------------------------

TEST(PoolCreation, runs_on_the_users_executor) {
    const manual_clock clock;
    const auto desk = std::make_shared<queued_executor>();
    auto options = sized(2);
    options.executor = desk;
    world w(options);
    const other_thread waiter([&] { EXPECT_TRUE(w.pool.acquire()); });
    EXPECT_FALSE(waiter.done());
    ASSERT_EQ(desk->jobs.size(), 1U);

    desk->run_all();

    EXPECT_TRUE(waiter.done());
}

TEST(PoolCreation, create_that_nobody_waits_for_any_more_is_not_begun) {
    const manual_clock clock;
    const auto desk = std::make_shared<queued_executor>();
    auto options = sized(2);
    options.executor = desk;
    world w(options);
    EXPECT_EQ(w.pool.try_acquire_for(10ms).code(), hr::lend_e_timed_out);
    ASSERT_EQ(desk->jobs.size(), 1U);
    EXPECT_EQ(w.pool.stats().size, 1U);

    desk->run_all();

    EXPECT_EQ(w.behind->creates(), 0U);
    EXPECT_EQ(w.pool.stats().size, 0U);
}

TEST(FailureMode, 53_create_that_a_busy_executor_does_not_begin_is_made_by_the_pool) {
    const manual_clock clock;
    const auto desk = std::make_shared<queued_executor>();
    auto options = sized(4);
    options.executor = desk;
    world w(options);
    // As a task would on that executor's only thread.
    const other_thread task([&] { EXPECT_TRUE(w.pool.acquire()); });
    manual_clock::advance(100ms - 1ns);
    EXPECT_FALSE(task.done());
    EXPECT_EQ(w.behind->creates(), 0U);

    manual_clock::advance(1ns);

    EXPECT_TRUE(task.done());
    EXPECT_EQ(w.behind->creates(), 1U);
    desk->run_all(); // and finds nothing to do
    EXPECT_EQ(w.behind->creates(), 1U);
}

TEST(FailureMode, 53_warm_up_in_a_task_of_the_executor_does_not_wait_for_itself) {
    const manual_clock clock;
    const auto desk = std::make_shared<queued_executor>();
    auto options = sized(4);
    options.executor = desk;
    world w(options);

    EXPECT_EQ(w.pool.warm_up(3, 10s).ready, 3U);

    desk->run_all();
    EXPECT_EQ(w.behind->creates(), 3U);
}

TEST(FailureMode, 53_what_the_executor_has_not_begun_for_callers_that_have_gone_is_given_up) {
    const manual_clock clock;
    const auto desk = std::make_shared<queued_executor>();
    auto options = sized(1);
    options.executor = desk;
    world w(options);
    EXPECT_EQ(w.pool.try_acquire_for(10ms).code(), hr::lend_e_timed_out);
    EXPECT_TRUE(w.pool.try_acquire()) << "it has the place that nobody needs";
    w.pool.clear();
    EXPECT_EQ(w.pool.try_acquire_for(10ms).code(), hr::lend_e_timed_out);
    ASSERT_EQ(w.pool.stats().size, 1U);

    manual_clock::advance(100ms);
    w.pool.sweep();

    EXPECT_EQ(w.pool.stats().size, 0U);
    desk->run_all();
    EXPECT_EQ(w.behind->creates(), 1U);
}

TEST(PoolCreation, runs_on_a_thread_of_the_pools_if_the_executor_refuses) {
    const manual_clock clock;
    const auto desk = std::make_shared<queued_executor>();
    desk->refuses = true;
    auto options = sized(2);
    options.executor = desk;
    world w(options);

    EXPECT_TRUE(w.pool.try_acquire_for(1s));
}

TEST(PoolCreation, close_does_not_wait_for_what_the_executor_has_not_begun) {
    const manual_clock clock;
    const auto desk = std::make_shared<queued_executor>();
    auto options = sized(2);
    options.executor = desk;
    {
        world w(options);
        EXPECT_EQ(w.pool.try_acquire_for(10ms).code(), hr::lend_e_timed_out);

        EXPECT_EQ(w.pool.close(0s), hr::s_ok);
    }
    desk->run_all(); // the state is still there for it
}

// Has no thread left.
struct threadless_platform : manual_clock_platform {
    [[nodiscard]] static bool start_thread(const char*, void (*)(void*), void*) noexcept {
        return false;
    }
};

TEST(PoolCreation, where_no_thread_can_be_had_the_one_who_waits_leaves_the_queue_and_creates) {
    const manual_clock clock;
    const auto behind = std::make_shared<backend>();
    lend::pool<backend_driver<>, threadless_platform> pool(backend_driver<>{behind}, sized(2));
    std::size_t waiting = 99;
    behind->create_time = [&](int) {
        waiting = pool.stats().waiting;
        return 0ms;
    };

    EXPECT_TRUE(pool.acquire());

    EXPECT_EQ(waiting, 0U);
    EXPECT_EQ(behind->creates(), 1U);
}

TEST(PoolCreation, release_never_creates_where_no_thread_can_be_had) {
    const manual_clock clock;
    const auto behind = std::make_shared<backend>();
    lend::pool<backend_driver<>, threadless_platform> pool(backend_driver<>{behind}, sized(1));
    auto held = pool.acquire();
    behind->create_time = [](int) { return 1h; };
    std::optional<lend::hresult> code;
    const other_thread waiter([&] { code = pool.acquire().code(); });
    const auto begun = manual_clock::now();

    (void)held->discard(); // its place serves the waiter

    EXPECT_EQ(manual_clock::now(), begun);
    EXPECT_FALSE(waiter.done());
    manual_clock::advance(2h);
    EXPECT_TRUE(waiter.done());
    EXPECT_EQ(code, hr::s_ok);
}

// ---- creates that hang
// ---------------------------------------------------------------------------

TEST(FailureMode, 10_create_that_hangs_costs_its_place_until_the_time_out_and_no_more) {
    const manual_clock clock;
    auto options = sized(1);
    options.create_timeout = 2s;
    world w(options);
    w.behind->create_time = [](int nth) { return nth == 1 ? for_ever : span(10ms); };
    std::optional<lend::hresult> code;
    const other_thread waiter([&] {
        const auto lease = w.pool.acquire();
        code = lease.code();
    });

    manual_clock::advance(2s - 1ns);
    EXPECT_EQ(w.pool.stats().creating, 1U);
    EXPECT_EQ(w.pool.stats().abandoned, 0U);
    manual_clock::advance(1ns);
    EXPECT_EQ(w.pool.stats().abandoned, 1U);
    EXPECT_EQ(w.pool.stats().create_failed, 1U);
    manual_clock::advance(60ms); // the pause after a failure, and the create

    EXPECT_TRUE(waiter.done());
    EXPECT_EQ(code, hr::s_ok);
    EXPECT_EQ(w.pool.stats().size, 1U);
}

TEST(FailureMode, 10_while_some_creates_hang_for_ever_the_others_serve) {
    const manual_clock clock;
    world w(sized(8));
    w.behind->create_time = [](int nth) { return nth % 2 == 1 ? for_ever : span(150ms); };

    callers all(w.pool, 4, for_ever);
    all.wait();

    EXPECT_EQ(all.served(), 4U);
    EXPECT_LE(all.last_served(), 15s);
}

TEST(FailureMode, 10_late_result_is_destroyed_and_counted) {
    const manual_clock clock;
    auto options = sized(2);
    options.create_timeout = 2s;
    world w(options);
    w.behind->create_time = [](int) { return for_ever; };
    EXPECT_EQ(w.pool.try_acquire_for(3s).code(), hr::lend_e_timed_out);
    EXPECT_GE(w.pool.stats().abandoned, 1U);
    const std::size_t creates = w.behind->creates();

    w.behind->let_go();

    const lend::pool_stats s = w.pool.stats();
    EXPECT_EQ(s.abandoned, 0U);
    EXPECT_EQ(s.created, creates);
    EXPECT_EQ(s.destroyed, s.closed_for(destroy_reason::late));
    EXPECT_GE(s.closed_for(destroy_reason::late), 1U);
    EXPECT_EQ(static_cast<std::size_t>(w.behind->live()), s.idle);
    const lend::pool_timings took = w.pool.timings();
    EXPECT_EQ(took.create_failed.count(), s.create_failed) << "those given up included";
    EXPECT_EQ(took.create.count(), s.created);
}

TEST(PoolCreation, late_failure_only_ends_the_gauge) {
    const manual_clock clock;
    auto options = sized(1);
    options.create_timeout = 2s;
    world w(options);
    w.behind->create_time = [](int nth) { return nth == 1 ? for_ever : span(0); };
    w.behind->refuses = [](int nth) { return nth == 1; };
    EXPECT_TRUE(w.pool.try_acquire_for(5s));
    EXPECT_EQ(w.pool.stats().abandoned, 1U);

    w.behind->let_go();

    EXPECT_EQ(w.pool.stats().abandoned, 0U);
    EXPECT_EQ(w.pool.stats().create_failed, 1U);
    EXPECT_EQ(w.pool.stats().created, 1U);
    EXPECT_EQ(w.pool.stats().destroyed, 0U);
    EXPECT_EQ(w.pool.timings().create_failed.count(), 1U);
    EXPECT_EQ(w.pool.timings().create.count(), 1U);
}

TEST(PoolCreation, hung_create_is_given_up_after_ten_times_the_average) {
    const manual_clock clock;
    world w(sized(3));
    w.behind->create_time = [](int nth) { return nth > 1 ? for_ever : span(500ms); };
    const auto held = w.pool.acquire();

    const other_thread waiter([&] { (void)w.pool.acquire(); });
    manual_clock::advance(5s);
    EXPECT_EQ(w.pool.stats().abandoned, 0U);
    manual_clock::advance(1s); // it began when it was plain that nothing would come back

    EXPECT_EQ(w.pool.stats().abandoned, 1U);
    manual_clock::advance(1min);
}

TEST(PoolCreation, sweep_gives_up_what_hangs_where_nobody_waits) {
    const manual_clock clock;
    auto options = sized(1);
    options.create_timeout = 2s;
    world w(options);
    w.behind->create_time = [](int) { return for_ever; };
    EXPECT_EQ(w.pool.try_acquire_for(1s).code(), hr::lend_e_timed_out);
    manual_clock::advance(1s);
    EXPECT_EQ(w.pool.stats().creating, 1U);

    w.pool.sweep();

    EXPECT_EQ(w.pool.stats().size, 0U);
    EXPECT_EQ(w.pool.stats().abandoned, 1U);
}

TEST(PoolCreation, close_waits_for_a_hung_create_until_its_deadline_and_no_longer) {
    const manual_clock clock;
    const auto behind = std::make_shared<backend>();
    {
        pool_type pool(backend_driver<>{behind}, sized(1));
        behind->create_time = [](int) { return for_ever; };
        EXPECT_EQ(pool.try_acquire_for(1s).code(), hr::lend_e_timed_out);
        const auto begun = manual_clock::now();

        EXPECT_EQ(pool.close(5s), hr::s_false);

        EXPECT_EQ(manual_clock::now() - begun, 5s);
        (void)pool.close(0s);
    }
    behind->let_go();
    EXPECT_EQ(behind->live(), 0); // made late, destroyed by the worker
    EXPECT_EQ(behind->creates(), 1U);
}

// ---- creates that fail
// ---------------------------------------------------------------------------

TEST(FailureMode, 11_after_a_failed_create_those_who_can_be_served_by_nothing_are_told) {
    const manual_clock clock;
    world w(sized(4));
    w.behind->create_time = [](int) { return 150ms; };
    w.behind->refuses = [](int) { return true; };
    std::vector<lend::hresult> codes(3, hr::e_unexpected);
    std::vector<other_thread> threads;
    for (auto& code : codes) {
        threads.emplace_back([&] { code = w.pool.acquire().code(); });
    }

    manual_clock::advance(1s);

    for (const auto code : codes) EXPECT_EQ(code, hr::e_accessdenied);
    EXPECT_EQ(w.pool.stats().size, 0U);
}

TEST(FailureMode, 51_one_create_that_fails_is_told_to_nobody_where_the_next_succeeds) {
    const manual_clock clock;
    auto options = sized(20);
    options.max_parallel_creates = 1;
    world w(options);
    w.behind->create_time = [](int) { return 20ms; };
    w.behind->refuses = [](int nth) { return nth == 1; };

    callers all(w.pool, 20, for_ever);
    all.wait();

    EXPECT_EQ(all.served(), 20U);
}

TEST(PoolCreation, callers_wait_for_their_deadlines_whatever_fails_where_that_is_wished) {
    const manual_clock clock;
    auto options = sized(20);
    options.on_create_failure = lend::create_failure_mode::wait;
    world w(options);
    w.behind->refuses = [](int nth) { return nth < 30; };

    callers all(w.pool, 5, for_ever);
    all.wait();
    EXPECT_EQ(all.served(), 5U);

    w.behind->refuses = [](int) { return true; };
    const auto late = w.pool.try_acquire_for(10s);
    EXPECT_EQ(late.code(), hr::lend_e_timed_out);
    EXPECT_NE(late.error().last_create_error().find("the door is shut"), std::string::npos);
    EXPECT_EQ(w.pool.try_acquire().code(), hr::lend_e_exhausted);
}

TEST(PoolCreation, pause_after_a_failure_is_as_long_as_the_options_say_and_ends_where_asked) {
    const manual_clock clock;
    auto options = sized(20);
    options.retry_min = 1000h;
    options.retry_max = 1000h;
    options.on_create_failure = lend::create_failure_mode::wait;
    options.acquire_timeout = span::max();
    world w(options);
    w.behind->refuses = [](int nth) { return nth <= 2; };
    EXPECT_EQ(w.pool.retry_now(), hr::s_false) << "nothing has failed";
    EXPECT_EQ(w.pool.try_acquire().code(), hr::e_accessdenied);
    const other_thread waiter([&] { EXPECT_TRUE(w.pool.acquire()); });
    manual_clock::advance(1ms);
    EXPECT_EQ(w.behind->creates(), 1U);

    EXPECT_EQ(w.pool.retry_now(), hr::s_ok);
    manual_clock::settle();
    EXPECT_EQ(w.behind->creates(), 2U);
    EXPECT_FALSE(waiter.done());
    EXPECT_EQ(w.pool.retry_now(), hr::s_ok);
    manual_clock::settle();

    EXPECT_TRUE(waiter.done());
    EXPECT_EQ(w.behind->creates(), 3U);
    EXPECT_EQ(w.pool.retry_now(), hr::s_false);
    EXPECT_EQ(w.pool.close(), hr::s_ok);
    EXPECT_EQ(w.pool.retry_now(), hr::lend_e_closed);
}

TEST(PoolCreation, retry_has_what_is_to_be_kept_ready_made_though_nobody_waits) {
    const manual_clock clock;
    auto options = sized(20);
    options.retry_min = options.retry_max = 1000h;
    options.min_idle = 2;
    options.housekeeping = lend::housekeeping_mode::own_thread;
    const auto behind = std::make_shared<backend>();
    behind->refuses = [](int nth) { return nth <= 2; };
    pool_type pool(backend_driver<>{behind}, options);
    manual_clock::advance(10s);
    EXPECT_EQ(behind->creates(), 2U);

    EXPECT_EQ(pool.retry_now(), hr::s_ok);
    manual_clock::advance(10s);

    EXPECT_EQ(pool.stats().idle, 2U);
}

TEST(FailureMode, 11_after_a_failed_create_another_one_starts_for_those_who_wait) {
    const manual_clock clock;
    world w(sized(2));
    auto held = w.pool.acquire();
    w.behind->create_time = [](int) { return 10ms; };
    w.behind->refuses = [](int nth) { return nth < 6; };
    std::optional<lend::hresult> code;
    const other_thread waiter([&] { code = w.pool.acquire().code(); });

    manual_clock::advance(20s);

    EXPECT_TRUE(waiter.done());
    EXPECT_EQ(code, hr::s_ok);
    EXPECT_EQ(w.behind->creates(), 6U);
}

TEST(FailureMode, 21_creates_are_few_while_the_back_end_is_down) {
    const manual_clock clock;
    world w(sized(10));
    w.behind->refuses = [](int) { return true; };
    const auto begun = manual_clock::now();
    std::size_t asked = 0;

    while (manual_clock::now() - begun < 60s) {
        EXPECT_FALSE(w.pool.try_acquire_for(100ms));
        EXPECT_FALSE(w.pool.try_acquire());
        asked += 2;
        manual_clock::advance(1ms);
    }

    EXPECT_GE(asked, 1000U);
    EXPECT_LE(w.behind->creates(), 80U);
    const auto attempts = w.behind->attempts();
    const auto late = std::count_if(attempts.begin(), attempts.end(),
                                    [&](time_point each) { return each - begun > 30s; });
    EXPECT_LE(late, 35) << "one each 0.9 s";
}

TEST(FailureMode, 23_pool_is_ready_again_after_an_outage_without_a_call_of_the_users) {
    for (const span length : {span(1s), span(10min)}) {
        const manual_clock clock;
        auto options = sized(4);
        options.min_idle = 2;
        options.housekeeping = lend::housekeeping_mode::own_thread;
        const auto behind = std::make_shared<backend>();
        const auto back = manual_clock::now() + length;
        behind->create_time = [](int) { return 150ms; };
        behind->refuses = [back](int) { return manual_clock::now() < back; };
        pool_type pool(backend_driver<>{behind}, options);

        manual_clock::advance(length + 900ms + 150ms);

        EXPECT_GE(pool.stats().idle, 1U);
        manual_clock::advance(1s + 150ms);
        EXPECT_EQ(pool.stats().idle, 2U);
    }
}

TEST(PoolCreation, caller_who_does_not_wait_makes_no_attempt_during_the_pause) {
    const manual_clock clock;
    world w(sized(2));
    w.behind->refuses = [](int) { return true; };
    EXPECT_EQ(w.pool.try_acquire().code(), hr::e_accessdenied);

    const auto refused = w.pool.try_acquire();

    EXPECT_EQ(refused.code(), hr::lend_e_exhausted);
    EXPECT_EQ(w.behind->creates(), 1U);
    EXPECT_NE(refused.error().last_create_error().find("the door is shut"), std::string::npos);
}

TEST(PoolCreation, caller_who_does_not_wait_is_the_probe_after_the_pause) {
    const manual_clock clock;
    world w(sized(2));
    w.behind->refuses = [](int nth) { return nth == 1; };
    EXPECT_EQ(w.pool.try_acquire().code(), hr::e_accessdenied);

    manual_clock::advance(50ms); // the longest first pause

    EXPECT_TRUE(w.pool.try_acquire());
    EXPECT_EQ(w.behind->creates(), 2U);
}

TEST(PoolCreation, inline_caller_makes_an_attempt_each_time) {
    const manual_clock clock;
    auto options = sized(2);
    options.creation = lend::creation_mode::inline_;
    world w(options);
    w.behind->refuses = [](int) { return true; };

    EXPECT_EQ(w.pool.acquire().code(), hr::e_accessdenied);
    EXPECT_EQ(w.pool.acquire().code(), hr::e_accessdenied);

    EXPECT_EQ(w.behind->creates(), 2U);
}

TEST(PoolCreation, time_out_says_why_the_last_create_failed_and_how_long_ago) {
    const manual_clock clock;
    world w(sized(2));
    const auto held = w.pool.acquire();
    w.behind->refuses = [](int) { return true; };
    const auto begun = manual_clock::now();

    const auto late = w.pool.try_acquire_for(10s);

    ASSERT_EQ(late.code(), hr::lend_e_timed_out);
    EXPECT_NE(late.error().last_create_error().find("the door is shut"), std::string::npos);
    const auto failed_at = w.behind->attempts().back() - begun;
    EXPECT_EQ(late.error().last_create_error_age(), 10s - failed_at);
    EXPECT_NE(late.error().message().find("ms ago: the door is shut (E_ACCESSDENIED"),
              std::string::npos);
}

} // namespace pool_creation_test
