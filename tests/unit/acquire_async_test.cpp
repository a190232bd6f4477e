// SPDX-License-Identifier: MIT
/// @file
/// Acquiring without a thread that waits: by callback and by coroutine, with deadlines, stops,
/// executors, and the pool's close.

#include "support/coroutine.hpp"
#include "support/manual_clock_platform.hpp"
#include "support/other_thread.hpp"
#include "support/queued_executor.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace acquire_async_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

using timed = pool_with<recording_driver, manual_clock_platform>;
using lease = timed::pool_type::lease_type;

// Keeps what a callback was given.
struct answer {
    std::vector<lend::hresult> codes;
    std::optional<lease> got;

    auto callback() {
        return [this](lend::result<lease> r) {
            codes.push_back(r.code());
            if (r) got = *std::move(r);
        };
    }
};

using codes = std::vector<lend::hresult>;

TEST(PoolAsync, what_is_there_at_once_is_delivered_before_the_call_returns) {
    const manual_clock clock;
    timed p(quiet(1));
    answer a;

    p.pool.acquire_async({}, a.callback());

    EXPECT_EQ(a.codes, codes{hr::s_ok});
    EXPECT_EQ(p.pool.stats().in_use, 1U);
}

TEST(PoolAsync, release_delivers_to_the_first_who_waits) {
    const manual_clock clock;
    for (const auto fairness : {lend::fairness_mode::adaptive, lend::fairness_mode::strict}) {
        auto options = quiet(1);
        options.fairness = fairness;
        timed p(options);
        auto held = p.pool.acquire();
        answer first;
        answer second;
        p.pool.acquire_async({}, first.callback());
        p.pool.acquire_async({}, second.callback());
        ASSERT_EQ(p.pool.stats().waiting, 2U);

        EXPECT_EQ(held->release(), hr::s_ok);

        EXPECT_EQ(first.codes, codes{hr::s_ok});
        EXPECT_EQ(second.codes, codes{});
        first.got.reset();
        EXPECT_EQ(second.codes, codes{hr::s_ok});
        EXPECT_EQ(p.pool.stats().created, 1U);
    }
}

TEST(PoolAsync, higher_priority_is_served_first) {
    const manual_clock clock;
    timed p(quiet(1));
    auto held = p.pool.acquire();
    answer usual;
    answer urgent;
    p.pool.acquire_async({}, usual.callback());
    p.pool.acquire_async({.priority = 7}, urgent.callback());

    EXPECT_EQ(held->release(), hr::s_ok);

    EXPECT_EQ(urgent.codes, codes{hr::s_ok});
    EXPECT_EQ(usual.codes, codes{});
    EXPECT_EQ(p.pool.close(), hr::s_ok);
    EXPECT_EQ(usual.codes, codes{hr::lend_e_closed});
}

TEST(PoolAsync, who_blocks_and_who_does_not_are_served_in_one_order) {
    const manual_clock clock;
    auto options = quiet(1);
    options.fairness = lend::fairness_mode::strict;
    timed p(options);
    auto held = p.pool.acquire();
    std::string order;
    p.pool.acquire_async({}, [&](lend::result<lease> r) {
        order += 'a';
        EXPECT_TRUE(r);
    });
    struct share {
        timed* with;
        std::string* order;
    } blocking{&p, &order};
    ASSERT_TRUE(manual_clock_platform::start_thread(
        "blocks",
        [](void* raw) {
            auto& mine = *static_cast<share*>(raw);
            const auto got = mine.with->pool.acquire();
            *mine.order += got ? 'b' : 'x';
        },
        &blocking));
    manual_clock::settle();
    p.pool.acquire_async({}, [&](lend::result<lease>) { order += 'c'; });

    EXPECT_EQ(held->release(), hr::s_ok);
    manual_clock::settle();

    EXPECT_EQ(order, "abc");
}

TEST(PoolAsync, deadline_is_kept_exactly_by_the_housekeeper) {
    const manual_clock clock;
    auto options = quiet(1);
    options.housekeeping = lend::housekeeping_mode::own_thread;
    timed p(options);
    const auto held = p.pool.acquire();
    const auto begun = clock.now();
    std::vector<std::chrono::nanoseconds> waits;
    for (const auto wait : {3s, 1s, 2s}) {
        p.pool.acquire_async({.deadline = begun + wait}, [&](lend::result<lease> r) {
            EXPECT_EQ(r.code(), hr::lend_e_timed_out);
            waits.push_back(manual_clock::now() - begun);
            EXPECT_EQ(r.error().waited(), waits.back());
        });
    }

    manual_clock::advance(1s);
    manual_clock::advance(9s);

    EXPECT_EQ(waits, (std::vector<std::chrono::nanoseconds>{1s, 2s, 3s}));
    EXPECT_EQ(p.pool.stats().timed_out, 3U);
    EXPECT_EQ(p.pool.stats().waiting, 0U);
}

TEST(PoolAsync, sweep_keeps_deadlines_where_the_user_keeps_house) {
    const manual_clock clock;
    timed p(quiet(1));
    const auto held = p.pool.acquire();
    answer a;
    p.pool.acquire_async({.deadline = clock.now() + 3s}, a.callback());

    manual_clock::advance(2s);
    (void)p.pool.sweep();
    EXPECT_EQ(a.codes, codes{});
    manual_clock::advance(1s);
    (void)p.pool.sweep();

    EXPECT_EQ(a.codes, codes{hr::lend_e_timed_out});
}

TEST(PoolAsync, deadline_that_passed_unseen_is_told_by_the_next_release) {
    const manual_clock clock;
    timed p(quiet(1));
    auto held = p.pool.acquire();
    answer late;
    answer next;
    p.pool.acquire_async({.deadline = clock.now() + 3s}, late.callback());
    p.pool.acquire_async({}, next.callback());
    manual_clock::advance(5s);

    EXPECT_EQ(held->release(), hr::s_ok);

    EXPECT_EQ(late.codes, codes{hr::lend_e_timed_out});
    EXPECT_EQ(next.codes, codes{hr::s_ok});
}

TEST(PoolAsync, stop_is_told_on_the_thread_that_asks_for_it) {
    const manual_clock clock;
    timed p(quiet(1));
    const auto held = p.pool.acquire();
    std::stop_source stop;
    answer a;
    p.pool.acquire_async({.stop = stop.get_token()}, a.callback());

    stop.request_stop();

    EXPECT_EQ(a.codes, codes{hr::lend_e_cancelled});
    EXPECT_EQ(p.pool.stats().waiting, 0U);
    EXPECT_EQ(p.pool.stats().cancelled, 1U);
}

TEST(PoolAsync, stop_requested_before_asks_nothing_of_the_driver) {
    timed p(quiet(1));
    std::stop_source stop;
    stop.request_stop();
    answer a;

    p.pool.acquire_async({.stop = stop.get_token()}, a.callback());

    EXPECT_EQ(a.codes, codes{hr::lend_e_cancelled});
    EXPECT_EQ(p.calls->log(), "");
}

TEST(PoolAsync, stop_inside_of_a_callback_is_told_after_it) {
    const manual_clock clock;
    timed p(quiet(1));
    auto held = p.pool.acquire();
    std::stop_source stop;
    std::string order;
    p.pool.acquire_async({}, [&](lend::result<lease>) {
        order += '(';
        stop.request_stop();
        order += ')';
    });
    p.pool.acquire_async({.stop = stop.get_token()}, [&](lend::result<lease> r) {
        order += r.code() == hr::lend_e_cancelled ? 'x' : '?';
    });

    EXPECT_EQ(held->release(), hr::s_ok);

    EXPECT_EQ(order, "()x");
}

TEST(PoolAsync, worker_delivers_what_it_makes) {
    const manual_clock clock;
    auto options = quiet(1);
    options.creation = lend::creation_mode::worker;
    timed p(options);
    answer a;

    p.pool.acquire_async({}, a.callback());
    manual_clock::settle();

    EXPECT_EQ(a.codes, codes{hr::s_ok});
}

TEST(PoolAsync, failure_to_create_is_told_where_there_is_no_hope) {
    const manual_clock clock;
    auto options = quiet(1);
    options.creation = lend::creation_mode::worker;
    timed p(options);
    p.calls->create.then(hr::e_accessdenied).then(hr::e_accessdenied);
    answer a;

    p.pool.acquire_async({}, a.callback());
    manual_clock::settle();
    EXPECT_EQ(a.codes, codes{}) << "it may have been a hiccup";
    manual_clock::advance(50ms);
    p.pool.sweep();
    manual_clock::settle();

    EXPECT_EQ(a.codes, codes{hr::e_accessdenied});
}

TEST(PoolAsync, closed_pool_refuses_at_once) {
    timed p(quiet(1));
    EXPECT_EQ(p.pool.close(), hr::s_ok);
    answer a;

    p.pool.acquire_async({}, a.callback());

    EXPECT_EQ(a.codes, codes{hr::lend_e_closed});
}

TEST(PoolAsync, callbacks_of_callbacks_do_not_deepen_the_stack) {
    const manual_clock clock;
    timed p(quiet(1));
    int left = 100'000;
    int depth = 0;
    int deepest = 0;
    std::function<void(lend::result<lease>)> again = [&](lend::result<lease> r) {
        ++depth;
        deepest = depth > deepest ? depth : deepest;
        ASSERT_TRUE(r);
        if (--left > 0) {
            lease mine = *std::move(r);
            p.pool.acquire_async({}, again); // waits, for this one holds the only resource
            EXPECT_EQ(mine.release(), hr::s_ok);
            if (left % 2 == 0) p.pool.acquire_async({}, [](lend::result<lease>) {});
        }
        --depth;
    };

    p.pool.acquire_async({}, again);

    EXPECT_EQ(left, 0);
    EXPECT_EQ(deepest, 1);
}

// ---- executors ----------------------------------------------------------------------------------

struct with_executor {
    with_executor() : executor(std::make_shared<queued_executor>()) {
        auto options = quiet(1);
        options.executor = executor;
        p.emplace(options);
    }

    std::shared_ptr<queued_executor> executor;
    std::optional<timed> p;
};

TEST(PoolAsync, what_is_due_within_another_pools_callback_is_left_to_the_loop_further_up) {
    timed p(quiet(1));
    timed q(quiet(1));
    std::vector<std::string> order;
    auto of_p = p.pool.try_acquire();
    auto of_q = q.pool.try_acquire();
    p.pool.acquire_async({}, [&](lend::result<lease> served) {
        order.emplace_back("p begins");
        of_p = std::move(served);
        EXPECT_EQ(of_q->release(), hr::s_ok); // q's callback runs within this one
        order.emplace_back("p ends");
    });
    p.pool.acquire_async({}, [&](const auto&) { order.emplace_back("p again"); });
    q.pool.acquire_async({}, [&](const auto&) {
        order.emplace_back("q begins");
        EXPECT_EQ(of_p->release(), hr::s_ok);
        order.emplace_back("q ends");
    });

    EXPECT_EQ(of_p->release(), hr::s_ok);

    EXPECT_EQ(order,
              (std::vector<std::string>{"p begins", "q begins", "q ends", "p ends", "p again"}));
}

TEST(PoolAsync, close_within_another_pools_callback_does_not_wait_for_the_loop_further_up) {
    timed p(quiet(1));
    timed q(quiet(1));
    auto of_p = p.pool.try_acquire();
    auto of_q = q.pool.try_acquire();
    lend::hresult closed = hr::e_unexpected;
    p.pool.acquire_async({}, [&](lend::result<lease> served) {
        EXPECT_EQ(served->release(), hr::s_ok);
        EXPECT_EQ(of_q->release(), hr::s_ok); // q's callback runs within this one
    });
    q.pool.acquire_async({}, [&](const auto&) { closed = p.pool.close(0s); });

    EXPECT_EQ(of_p->release(), hr::s_ok);

    EXPECT_EQ(closed, hr::s_ok);
}

TEST(PoolAsync, executor_runs_callbacks) {
    const manual_clock clock;
    with_executor w;
    auto held = w.p->pool.acquire();
    answer a;
    w.p->pool.acquire_async({}, a.callback());

    EXPECT_EQ(held->release(), hr::s_ok);

    EXPECT_EQ(a.codes, codes{});
    w.executor->run_all();
    EXPECT_EQ(a.codes, codes{hr::s_ok});
}

TEST(PoolAsync, executor_that_refuses_leaves_it_to_the_thread_that_gives_back) {
    const manual_clock clock;
    with_executor w;
    auto held = w.p->pool.acquire();
    answer a;
    w.p->pool.acquire_async({}, a.callback());
    w.executor->refuses = true;

    EXPECT_EQ(held->release(), hr::s_ok);

    EXPECT_EQ(a.codes, codes{hr::s_ok});
}

TEST(PoolAsync, close_tells_what_the_executor_has_not_begun) {
    const manual_clock clock;
    with_executor w;
    auto held = w.p->pool.acquire();
    answer served;
    answer waiting;
    w.p->pool.acquire_async({}, served.callback());
    w.p->pool.acquire_async({}, waiting.callback());
    EXPECT_EQ(held->release(), hr::s_ok);

    EXPECT_EQ(w.p->pool.close(), hr::s_ok);

    EXPECT_EQ(served.codes.size(), 1U);
    EXPECT_EQ(waiting.codes, codes{hr::lend_e_closed});
    w.executor->run_all(); // finds nothing
    EXPECT_EQ(served.codes.size() + waiting.codes.size(), 2U);
}

// ---- close --------------------------------------------------------------------------------------

TEST(FailureMode, 18_no_callback_begins_after_close_has_returned) {
    const manual_clock clock;
    timed p(quiet(1));
    auto held = p.pool.acquire();
    codes told;
    bool closed = false;
    for (int at = 0; at < 3; ++at) {
        p.pool.acquire_async({}, [&](lend::result<lease> r) {
            EXPECT_FALSE(closed);
            told.push_back(r.code());
        });
    }

    EXPECT_EQ(p.pool.close(), hr::s_ok);
    closed = true;
    EXPECT_EQ(held->release(), hr::s_false);

    EXPECT_EQ(told, codes(3, hr::lend_e_closed));
}

TEST(FailureMode, 18_close_inside_of_a_callback_does_not_wait_for_itself) {
    const manual_clock clock;
    timed p(quiet(1));
    auto held = p.pool.acquire();
    std::string order;
    const auto begun = clock.now();
    p.pool.acquire_async({}, [&](lend::result<lease> r) {
        r->release();
        order += '(';
        EXPECT_EQ(p.pool.close(), hr::s_ok);
        order += ')';
    });
    p.pool.acquire_async({}, [&](lend::result<lease>) { order += 'x'; });

    EXPECT_EQ(held->release(), hr::s_ok);

    EXPECT_EQ(order, "(x)");
    EXPECT_EQ(clock.now(), begun);
}

TEST(FailureMode, 18_close_waits_for_a_callback_that_runs) {
    const manual_clock clock;
    timed p(quiet(1));
    auto held = p.pool.acquire();
    struct share {
        timed* with;
        std::optional<lend::hresult> closed;
        std::chrono::steady_clock::time_point at;
    } closer{&p, {}, {}};
    const auto begun = clock.now();
    p.pool.acquire_async({}, [&](lend::result<lease> r) {
        r->release();
        EXPECT_TRUE(manual_clock_platform::start_thread(
            "closer",
            [](void* raw) {
                auto& mine = *static_cast<share*>(raw);
                mine.closed = mine.with->pool.close();
                mine.at = manual_clock::now();
            },
            &closer));
        manual_clock::advance(2s); // a callback that takes two seconds
        EXPECT_FALSE(closer.closed);
    });

    EXPECT_EQ(held->release(), hr::s_ok);
    manual_clock::settle();

    EXPECT_EQ(closer.closed, hr::s_ok);
    EXPECT_EQ(closer.at - begun, 2s);
}

// What a callback does, or a driver that it leads to, may take long.
TEST(PoolAsync, close_wakes_those_who_sleep_before_it_runs_a_callback) {
    const manual_clock clock;
    timed p(quiet(1));
    const auto held = p.pool.acquire();
    lend::hresult refused = hr::s_ok;
    const other_thread sleeper([&] { refused = p.pool.acquire().code(); });
    bool was_awake = false;
    p.pool.acquire_async({}, [&](auto) { was_awake = sleeper.done(); });

    EXPECT_EQ(p.pool.close(0s), hr::s_ok);

    EXPECT_TRUE(was_awake);
    EXPECT_EQ(refused, hr::lend_e_closed);
}

// ---- coroutines ---------------------------------------------------------------------------------

coroutine take_one(timed& p,
                   answer& a,
                   lend::pool<recording_driver, manual_clock_platform>::acquire_options o = {}) {
    auto got = co_await p.pool.acquire_async(o);
    a.codes.push_back(got.code());
    if (got) a.got = *std::move(got);
}

coroutine take_one_until(timed& p, answer& a, std::stop_token token) {
    auto got = co_await p.pool.acquire_async(token);
    a.codes.push_back(got.code());
    if (got) a.got = *std::move(got);
}

// g++ 12 destroys twice what is made from braces within a co_await.
TEST(PoolAwait, a_stop_alone_can_be_given_without_braces) {
    const manual_clock clock;
    timed p(quiet(1));
    std::stop_source stop;
    answer a;
    auto held = p.pool.acquire();

    const coroutine one = take_one_until(p, a, stop.get_token());
    EXPECT_FALSE(one.done());
    stop.request_stop();

    EXPECT_TRUE(one.done());
    EXPECT_EQ(a.codes, codes{hr::lend_e_cancelled});
    (void)held->release();
    const coroutine two = take_one_until(p, a, {});
    EXPECT_EQ(a.codes.back(), hr::s_ok);
}

TEST(PoolAwait, coroutine_goes_on_at_once_if_something_is_free) {
    const manual_clock clock;
    timed p(quiet(1));
    answer a;

    const coroutine one = take_one(p, a);

    EXPECT_TRUE(one.done());
    EXPECT_EQ(a.codes, codes{hr::s_ok});
}

TEST(PoolAwait, coroutine_goes_on_when_something_comes_back) {
    const manual_clock clock;
    timed p(quiet(1));
    auto held = p.pool.acquire();
    answer a;
    const coroutine one = take_one(p, a);
    EXPECT_FALSE(one.done());

    EXPECT_EQ(held->release(), hr::s_ok);

    EXPECT_TRUE(one.done());
    EXPECT_EQ(a.codes, codes{hr::s_ok});
}

TEST(PoolAwait, refusals_and_stops_reach_the_coroutine) {
    const manual_clock clock;
    timed p(quiet(1));
    const auto held = p.pool.acquire();
    std::stop_source stop;
    answer a;
    answer b;
    answer c;
    const coroutine one = take_one(p, a, {.stop = stop.get_token()});
    stop.request_stop();
    const coroutine two = take_one(p, b, {.stop = stop.get_token()});
    const coroutine three = take_one(p, c);
    EXPECT_EQ(p.pool.close(), hr::s_ok);

    EXPECT_EQ(a.codes, codes{hr::lend_e_cancelled});
    EXPECT_EQ(b.codes, codes{hr::lend_e_cancelled});
    EXPECT_EQ(c.codes, codes{hr::lend_e_closed});
}

TEST(PoolAwait, coroutine_that_is_destroyed_while_it_waits_leaves_the_queue) {
    const manual_clock clock;
    timed p(quiet(1));
    auto held = p.pool.acquire();
    answer gone;
    answer next;
    std::optional<coroutine> one(take_one(p, gone));
    const coroutine two = take_one(p, next);

    one.reset();
    EXPECT_EQ(p.pool.stats().waiting, 1U);
    EXPECT_EQ(held->release(), hr::s_ok);

    EXPECT_EQ(gone.codes, codes{});
    EXPECT_EQ(next.codes, codes{hr::s_ok});
}

TEST(PoolAwait, coroutine_that_is_destroyed_with_its_answer_on_the_way_gives_it_to_the_next) {
    const manual_clock clock;
    with_executor w;
    auto held = w.p->pool.acquire();
    answer gone;
    answer next;
    std::optional<coroutine> one(take_one(*w.p, gone));
    const coroutine two = take_one(*w.p, next);
    EXPECT_EQ(held->release(), hr::s_ok); // handed to the first, who has not run yet

    one.reset();
    w.executor->run_all();

    EXPECT_EQ(gone.codes, codes{});
    EXPECT_EQ(next.codes, codes{hr::s_ok});
    EXPECT_EQ(w.p->pool.stats().in_use, 1U);
}

// Its check takes two seconds, in which somebody may do something.
struct slow_driver {
    using resource = int;
    using no_reset = void;

    lend::result<int> create() { return 1; }
    lend::health check(int&, lend::check_kind) {
        if (slow->load()) {
            std::atomic<std::uint32_t> word{0};
            manual_clock_platform::park(word, 0, manual_clock::now() + 2s);
        }
        return lend::health::good;
    }

    std::shared_ptr<std::atomic<bool>> slow = std::make_shared<std::atomic<bool>>(false);
};

TEST(PoolAwait, coroutine_that_is_destroyed_while_another_thread_runs_it_waits_for_that_one) {
    const manual_clock clock;
    using pool_type = lend::pool<slow_driver, manual_clock_platform>;
    const slow_driver driver;
    pool_type pool(driver, quiet(1));
    auto held = pool.acquire();
    bool answered = false;
    const auto ask = [](pool_type& from, bool& told) -> coroutine {
        (void)co_await from.acquire_async();
        told = true;
    };
    std::optional<coroutine> one(ask(pool, answered));
    *driver.slow = true;
    const auto begun = clock.now();
    ASSERT_TRUE(manual_clock_platform::start_thread(
        "releases",
        [](void* raw) {
            EXPECT_EQ((*static_cast<lend::result<pool_type::lease_type>*>(raw))->release(),
                      hr::s_ok);
        },
        &held));
    manual_clock::settle(); // that thread has the answer and is in the check

    one.reset();

    EXPECT_EQ(clock.now() - begun, 2s);
    EXPECT_FALSE(answered);
    manual_clock::settle();
    EXPECT_EQ(pool.stats().idle, 1U);
    EXPECT_EQ(pool.stats().waiting, 0U);
}

// Takes two seconds for a call, and then says that it came to nothing.
struct slow_failing_driver {
    using resource = int;
    using no_reset = void;
    struct orders {
        std::atomic<bool> slow_check{false};
        std::atomic<bool> slow_create{false};
    };

    lend::result<int> create() {
        if (!told->slow_create.load()) return 1;
        sleep();
        return hr::e_fail;
    }
    lend::health check(int&, lend::check_kind) {
        if (!told->slow_check.load()) return lend::health::good;
        sleep();
        return lend::health::broken;
    }
    static void sleep() {
        std::atomic<std::uint32_t> word{0};
        manual_clock_platform::park(word, 0, manual_clock::now() + 2s);
    }

    std::shared_ptr<orders> told = std::make_shared<orders>();
};

// As above, but whoever runs it finds nothing for it: it would have gone to sleep again, or would
// have been told of a failure.
TEST(PoolAwait, coroutine_that_is_destroyed_while_another_thread_fails_for_it_is_told_nothing) {
    const manual_clock clock;
    using pool_type = lend::pool<slow_failing_driver, manual_clock_platform>;
    for (const bool in_check : {true, false}) {
        const slow_failing_driver driver;
        auto options = quiet(2);
        if (in_check) options.creation = lend::creation_mode::worker; // then it would sleep
        pool_type pool(driver, options);
        auto held = pool.acquire();
        auto kept = pool.acquire();
        bool answered = false;
        const auto ask = [](pool_type& from, bool& told) -> coroutine {
            (void)co_await from.acquire_async();
            told = true;
        };
        std::optional<coroutine> one(ask(pool, answered));
        (in_check ? driver.told->slow_check : driver.told->slow_create) = true;
        const auto begun = clock.now();
        const other_thread ends(
            [&] { EXPECT_EQ(in_check ? held->release() : held->discard(), hr::s_ok); });

        one.reset();

        EXPECT_EQ(clock.now() - begun, 2s) << in_check;
        EXPECT_TRUE(ends.done());
        EXPECT_FALSE(answered);
        EXPECT_EQ(pool.stats().waiting, 0U);
        EXPECT_EQ(pool.stats().in_use, 1U) << "the other one";
    }
}

TEST(PoolAwait, coroutine_without_a_deadline_sets_no_alarm) {
    const manual_clock clock;
    auto options = quiet(1);
    options.acquire_timeout = std::chrono::nanoseconds::max();
    timed p(options);
    auto held = p.pool.acquire();
    answer a;
    const coroutine one = take_one(p, a);

    manual_clock::advance(24h * 365 * 100);
    EXPECT_EQ(p.pool.sweep(), 0U);
    EXPECT_EQ(p.pool.stats().waiting, 1U);
    EXPECT_EQ(held->release(), hr::s_ok);

    EXPECT_EQ(a.codes, codes{hr::s_ok});
}

coroutine take_many(timed& p, int& left, int& deepest) {
    static int depth = 0;
    while (left > 0) {
        auto got = co_await p.pool.acquire_async();
        ++depth;
        deepest = depth > deepest ? depth : deepest;
        --left;
        if (got) got->release();
        --depth;
    }
}

TEST(PoolAwait, loops_of_coroutines_do_not_deepen_the_stack) {
    const manual_clock clock;
    timed p(quiet(1));
    auto held = p.pool.acquire();
    int left = 100'000;
    int deepest = 0;
    const coroutine one = take_many(p, left, deepest);
    const coroutine two = take_many(p, left, deepest);
    const coroutine three = take_many(p, left, deepest);

    EXPECT_EQ(held->release(), hr::s_ok);

    EXPECT_LE(left, 0); // who was waiting gets its turn as well
    EXPECT_EQ(deepest, 1);
    EXPECT_TRUE(one.done() && two.done() && three.done());
}

TEST(PoolAwait, kinds_come_first) {
    const manual_clock clock;
    pool_with<typed_recording_driver, manual_clock_platform> p(quiet(1));
    std::optional<lend::hresult> code;
    const auto ask = [](auto& pool, auto& out) -> coroutine {
        const auto got = co_await pool.acquire_async('a');
        out = got.code();
    };

    const coroutine one = ask(p.pool, code);

    EXPECT_EQ(code, hr::s_ok);
    EXPECT_EQ(p.calls->take_log(), "create(a) reset(1)");
}

} // namespace acquire_async_test
