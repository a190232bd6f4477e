// SPDX-License-Identifier: MIT
/// @file
/// What a pool is in a forked child: empty, with its driver and options; it abandons what it has
/// inherited, destroys none of it, and nothing of it hangs on a lock of the parent.

#include <gtest/gtest.h>

#if defined(_WIN32)

TEST(PoolFork, is_nothing_that_Windows_has) { GTEST_SKIP() << "NOT TESTED: Windows has no fork"; }

#else

#include "support/core_of.hpp"
#include "support/coroutine.hpp"
#include "support/in_child.hpp"
#include "support/leak_guard.hpp"
#include "support/quiet_pool.hpp"

#include <lend/detail/config.hpp>
#include <lend/keyed_pool.hpp>
#include <lend/pool.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace pool_fork_test {

using namespace std::chrono_literals;
using lend_test::child_may_start_threads;
using lend_test::in_child;
using lend_test::no_malloc_in_child;
using lend_test::no_threads_in_child;
using lend_test::objections;

// What happened to the resources of a process, by number; and a gate at which creates hang.
struct ledger {
    std::atomic<int> made{0};
    std::atomic<int> destroyed{0};
    std::atomic<int> reset{0};
    std::vector<int> abandoned; // by one thread
    std::atomic<bool> gate_is_shut{false};
    std::atomic<int> at_the_gate{0};
    pid_t parent = ::getpid();
};

// A resource that knows which process made it.
struct session {
    explicit session(std::shared_ptr<ledger> in, int which) : books(std::move(in)), number(which) {}
    session(session&& other) noexcept
        : books(std::move(other.books)), number(std::exchange(other.number, 0)) {}
    session& operator=(session&&) = delete;
    ~session() {
        if (number != 0) ++books->destroyed;
    }

    std::shared_ptr<ledger> books;
    int number;
    pid_t home = ::getpid();
};

struct driver {
    using resource = session;
    std::shared_ptr<ledger> books;

    lend::result<resource> create() {
        ++books->at_the_gate;
        while (books->gate_is_shut) std::this_thread::yield();
        return session(books, ++books->made);
    }
    lend::hresult reset(resource& it) {
        ++books->reset;
        if (it.home != ::getpid()) std::abort();
        return lend::hr::s_ok;
    }
    void destroy(resource&& it) {
        if (it.home != ::getpid()) std::abort();
        ++books->destroyed;
        it.number = 0;
    }
    void abandon(resource&& it) { books->abandoned.push_back(it.number); }
};

struct PoolFork : testing::Test {
    void SetUp() override {
#if LEND_THREAD_SANITIZER
        GTEST_SKIP() << "NOT TESTED: ThreadSanitizer and fork in a process with threads";
#endif
    }

    std::shared_ptr<ledger> books = std::make_shared<ledger>();

    [[nodiscard]] lend::pool<driver> quiet_pool(std::size_t size = 4) {
        return lend::pool(driver{books}, lend_test::quiet(size));
    }
    // What is the same in every child.
    void expect_empty(objections& found, lend::pool<driver>& pool) const {
        const auto seen = pool.stats();
        found.expect_equal("size", seen.size, 0U);
        found.expect_equal("waiting", seen.waiting, 0U);
        found.expect_equal("created", seen.created, 0U);
        found.expect_equal("acquired", seen.acquired, 0U);
        found.expect_equal("destroyed", books->destroyed.load(), 0);
    }
    [[nodiscard]] std::set<int> abandoned(objections& found) const {
        std::set<int> once(books->abandoned.begin(), books->abandoned.end());
        found.expect_equal("abandoned once each", once.size(), books->abandoned.size());
        return once;
    }
};

TEST_F(PoolFork, child_has_an_empty_pool_and_abandons_what_was_idle) {
    auto pool = quiet_pool();
    {
        auto first = pool.acquire().value();
        auto second = pool.acquire().value();
    }

    EXPECT_EQ(in_child([&](objections& found) {
                  expect_empty(found, pool);
                  found.expect("1 and 2 were abandoned", abandoned(found) == std::set<int>{1, 2});
                  auto mine = pool.acquire();
                  found.expect("a lease", mine.has_value());
                  if (mine) found.expect_equal("number", (*mine)->number, 3);
              }),
              "");

    EXPECT_EQ(pool.acquire().value()->number, 2) << "the parent goes on as if nothing had been";
    EXPECT_EQ(books->abandoned.size(), 0U);
}

TEST_F(PoolFork, threads_last_resource_is_not_lent_in_the_child) {
    auto pool = quiet_pool();
    { auto lent = pool.acquire().value(); }
    { auto again = pool.acquire().value(); }

    EXPECT_EQ(in_child([&](objections& found) {
                  const auto& mine_so_far =
                      lend::default_platform::local<lend::detail::thread_cache>();
                  for (const auto& each : mine_so_far.entries) {
                      found.expect("nothing is remembered", each.pool == nullptr);
                  }
                  auto mine = pool.acquire();
                  found.expect("a lease", mine.has_value());
                  if (mine) found.expect_equal("number", (*mine)->number, 2);
              }),
              "");
}

TEST_F(PoolFork, lease_that_was_out_is_stale_in_the_child_and_good_in_the_parent) {
    auto pool = quiet_pool();
    auto lent = pool.acquire().value();
    auto detached = pool.acquire().value();
    auto discarded = pool.acquire().value();
    const auto id = lent.id();

    EXPECT_EQ(in_child([&](objections& found) {
                  const int resets = books->reset;
                  found.expect("what it met is its end",
                               lent.report(lend::hr::e_fail) == lend::health::broken);
                  found.expect("release is stale", lent.release() == lend::hr::lend_e_stale);
                  found.expect("detach is stale",
                               detached.detach().code() == lend::hr::lend_e_stale);
                  found.expect("discard is stale", discarded.discard() == lend::hr::lend_e_stale);
                  found.expect_equal("resets", books->reset.load(), resets);
                  expect_empty(found, pool);
                  found.expect("all were abandoned", abandoned(found) == std::set<int>{1, 2, 3});
                  found.expect("the number is stale", pool.destroy(id) == lend::hr::lend_e_stale);
              }),
              "");

    EXPECT_EQ(lent.release(), lend::hr::s_ok);
    EXPECT_EQ(books->reset, 1);
}

TEST_F(PoolFork, lease_that_ends_after_the_childs_pool_is_used_or_gone_changes_nothing) {
    std::optional<lend::pool<driver>> pool(quiet_pool());
    auto first = pool->acquire().value();
    auto second = pool->acquire().value();

    EXPECT_EQ(in_child([&](objections& found) {
                  {
                      auto mine = pool->acquire();
                      found.expect("stale", first.release() == lend::hr::lend_e_stale);
                      found.expect_equal("size", pool->stats().size, 1U);
                  }
                  pool.reset();
                  found.expect_equal("destroyed", books->destroyed.load(), 1);
                  found.expect("stale", second.release() == lend::hr::lend_e_stale);
                  found.expect_equal("destroyed", books->destroyed.load(), 1);
                  found.expect("both were abandoned", abandoned(found) == std::set<int>{1, 2});
              }),
              "");
}

// The same without a reset in which the lease could notice.
struct plain_driver {
    using resource = session;
    using no_reset = void;
    driver real;

    lend::result<resource> create() { return real.create(); }
    void destroy(resource&& it) { real.destroy(std::move(it)); }
};

TEST_F(PoolFork, lease_without_a_reset_is_stale_in_the_child) {
    std::optional pool(lend::pool(plain_driver{driver{books}}, lend_test::quiet()));
    auto first = pool->acquire().value();
    auto second = pool->acquire().value();

    EXPECT_EQ(in_child([&](objections& found) {
                  found.expect("stale", first.release() == lend::hr::lend_e_stale);
                  pool.reset();
                  found.expect("stale", second.release() == lend::hr::lend_e_stale);
                  found.expect_equal("destroyed", books->destroyed.load(), 0);
              }),
              "");
}

// Two leases: one ended while the child's pool is the parent's still, one after it is gone.
TEST_F(PoolFork, lease_ended_by_an_exception_in_the_child_destroys_nothing) {
    std::optional<lend::pool<driver>> pool(quiet_pool());
    auto first = pool->acquire().value();
    auto second = pool->acquire().value();
    const auto unwind = [](auto lent) {
        try {
            const auto unwound = std::move(lent);
            throw 1;
        } catch (int) {
        }
    };

    EXPECT_EQ(in_child([&](objections& found) {
                  unwind(std::move(first));
                  expect_empty(found, *pool);
                  pool.reset();
                  unwind(std::move(second));
                  found.expect_equal("destroyed", books->destroyed.load(), 0);
              }),
              "");
}

TEST_F(PoolFork, pool_destroyed_in_the_child_destroys_nothing_of_the_parents) {
    std::optional<lend::pool<driver>> pool(quiet_pool());
    auto lent = pool->acquire().value();
    { auto idle = pool->acquire().value(); }

    EXPECT_EQ(in_child([&](objections& found) {
                  pool.reset();
                  found.expect_equal("destroyed", books->destroyed.load(), 0);
                  found.expect("both were abandoned", abandoned(found) == std::set<int>{1, 2});
              }),
              "");

    pool.reset();
    EXPECT_EQ(books->destroyed, 1) << "the idle one, by the parent";
}

TEST_F(PoolFork, closed_pool_stays_closed_in_the_child) {
    auto pool = quiet_pool();
    auto lent = pool.acquire().value();
    pool.close();

    EXPECT_EQ(in_child([&](objections& found) {
                  found.expect("closed", pool.acquire().code() == lend::hr::lend_e_closed);
                  found.expect("stale", lent.release() == lend::hr::lend_e_stale);
                  found.expect("closes again", pool.close() == lend::hr::s_ok);
                  found.expect_equal("destroyed", books->destroyed.load(), 0);
              }),
              "");
}

TEST_F(PoolFork, childs_child_abandons_what_the_child_had_made) {
    auto pool = quiet_pool();
    { auto idle = pool.acquire().value(); }

    EXPECT_EQ(in_child([&](objections& child) {
                  { auto mine = pool.acquire(); } // made by the child; 1 is abandoned
                  const std::string said = in_child([&](objections& found) {
                      expect_empty(found, pool);
                      found.expect("2 was abandoned, after 1 in the child",
                                   books->abandoned == std::vector<int>{1, 2});
                  });
                  child.expect(said.c_str(), said.empty());
                  child.expect("1 was abandoned", abandoned(child) == std::set<int>{1});
              }),
              "");
}

TEST_F(PoolFork, childs_child_of_a_child_that_used_nothing_abandons_all) {
    auto pool = quiet_pool();
    auto lent = pool.acquire().value();

    EXPECT_EQ(in_child([&](objections& child) {
                  const std::string said = in_child([&](objections& found) {
                      expect_empty(found, pool);
                      found.expect("1 was abandoned", abandoned(found) == std::set<int>{1});
                      found.expect("stale", lent.release() == lend::hr::lend_e_stale);
                  });
                  child.expect(said.c_str(), said.empty());
              }),
              "");
}

TEST_F(PoolFork, moved_pool_is_the_same_in_the_child) {
    auto pool = quiet_pool();
    { auto idle = pool.acquire().value(); }
    auto moved = std::move(pool);

    EXPECT_EQ(in_child([&](objections& found) {
                  expect_empty(found, moved);
                  found.expect("moved from", pool.acquire().code() == lend::hr::lend_e_closed);
              }),
              "");
}

TEST_F(PoolFork, numbers_and_chance_differ_between_siblings) {
    auto pool = quiet_pool();
    std::set<std::uint64_t> drawn{lend::default_platform::random()};
    for (int child = 0; child < 3; ++child) {
        const std::string said = in_child([&](objections& found) {
            found.expect(std::to_string(lend::default_platform::random()).c_str(), false);
        });
        drawn.insert(std::stoull(said));
    }
    drawn.insert(lend::default_platform::random());

    EXPECT_EQ(drawn.size(), 5U);
}

TEST_F(PoolFork, thread_has_the_number_of_the_childs_own) {
    auto pool = quiet_pool();
    const auto mine = lend::default_platform::thread_id();

    EXPECT_EQ(in_child([&](objections& found) {
                  found.expect("another", lend::default_platform::thread_id() != mine);
              }),
              "");
    EXPECT_EQ(lend::default_platform::thread_id(), mine);
}

TEST_F(PoolFork, pool_for_which_the_child_has_no_memory_is_closed_until_there_is_some) {
    auto pool = quiet_pool();
    auto lent = pool.acquire().value();

    EXPECT_EQ(in_child([&](objections& found) {
                  {
                      const lend_test::failing_allocation none(1, lend_test::lasting::for_ever);
                      found.expect("closed", pool.acquire().code() == lend::hr::lend_e_closed);
                      found.expect("closed to one with options",
                                   pool.acquire(lend::acquire_options{}).code() ==
                                       lend::hr::lend_e_closed);
                      lend::acquire_options wrong;
                      wrong.priority = 8;
                      found.expect("what is wrong is said first",
                                   pool.acquire(wrong).code() == lend::hr::e_invalidarg);
                  }
                  found.expect_equal("abandoned so far", books->abandoned.size(), 0U);
                  expect_empty(found, pool);
                  found.expect("a lease", pool.acquire().has_value());
                  found.expect("1 was abandoned", abandoned(found) == std::set<int>{1});
              }),
              "");
}

TEST_F(PoolFork, limits_that_the_fork_found_half_changed_are_those_of_the_options_in_the_child) {
    auto pool = quiet_pool(4);
    ASSERT_TRUE(pool.resize(1, 0));
    auto& core = lend_test::core_of(pool);

    EXPECT_EQ(in_child([&](objections& found) {
                  // As a fork in the middle of another resize leaves them.
                  core.limits.min_idle = 3;
                  found.expect_equal("maximum", pool.stats().max_size, 4U);
                  found.expect("two leases", pool.acquire() && pool.acquire());
              }),
              "");
    EXPECT_EQ(pool.stats().max_size, 1U);
}

TEST_F(PoolFork, lease_whose_reset_is_left_to_the_background_is_stale_in_the_child) {
    auto options = lend_test::quiet(2);
    options.reset_on = lend::reset_mode::background;
    lend::pool pool(driver{books}, options);
    auto lent = pool.acquire().value();

    EXPECT_EQ(in_child([&](objections& found) {
                  found.expect("stale", lent.release() == lend::hr::lend_e_stale);
                  found.expect_equal("resets", books->reset.load(), 0);
              }),
              "");

    EXPECT_EQ(lent.release(), lend::hr::s_ok);
}

TEST_F(PoolFork, lease_of_the_parents_is_not_measured_in_the_child) {
    auto options = lend_test::quiet(2);
    options.time_uses = true;
    lend::pool pool(driver{books}, options);
    auto lent = pool.acquire().value();

    EXPECT_EQ(in_child([&](objections& found) {
                  { auto mine = pool.acquire(); }
                  found.expect("stale", lent.release() == lend::hr::lend_e_stale);
                  found.expect_equal("measured", pool.timings().use.count(), 1U);
              }),
              "");
}

lend_test::coroutine take_one(lend::pool<driver>& pool, bool& served) {
    served = (co_await pool.acquire_async()).has_value();
}

TEST_F(PoolFork, coroutine_that_waits_in_the_parents_queue_can_be_destroyed_in_the_child) {
    auto pool = quiet_pool(1);
    auto lent = pool.acquire().value();
    bool first_served = false;
    bool second_served = false;
    std::optional<lend_test::coroutine> first(take_one(pool, first_served));
    std::optional<lend_test::coroutine> second(take_one(pool, second_served));

    EXPECT_EQ(in_child([&](objections& found) {
                  first.reset(); // before the child uses the pool, and after
                  expect_empty(found, pool);
                  second.reset();
                  expect_empty(found, pool);
                  found.expect("a lease", pool.acquire().has_value());
              }),
              "");

    EXPECT_EQ(lent.release(), lend::hr::s_ok);
    EXPECT_TRUE(first_served && second_served);
}

// ---- what other threads of the parent are doing at the fork -------------------------------------

void until(const auto& holds) {
    while (!holds()) std::this_thread::yield();
}

TEST_F(PoolFork, waiter_in_another_thread_is_not_in_the_childs_queue) {
    auto pool = quiet_pool(1);
    auto lent = pool.acquire().value();
    std::thread waiter([&] { (void)pool.try_acquire_for(std::chrono::nanoseconds::max()); });
    until([&] { return pool.stats().waiting == 1; });

    EXPECT_EQ(in_child([&](objections& found) {
                  expect_empty(found, pool);
                  found.expect("stale", lent.release() == lend::hr::lend_e_stale);
                  auto mine = pool.acquire();
                  found.expect("a lease", mine.has_value());
              }),
              "");

    lent.release();
    waiter.join();
}

TEST_F(PoolFork, stop_requested_in_the_child_touches_no_queue_of_the_parents) {
    auto pool = quiet_pool(1);
    auto lent = pool.acquire().value();
    std::stop_source stop;
    std::thread waiter([&] {
        lend::acquire_options options;
        options.stop = stop.get_token();
        (void)pool.acquire(options);
    });
    until([&] { return pool.stats().waiting == 1; });

    EXPECT_EQ(in_child([&](objections& found) {
                  expect_empty(found, pool);
                  found.expect("stopped", stop.request_stop());
                  expect_empty(found, pool);
                  auto mine = pool.acquire();
                  found.expect("a lease", mine.has_value());
              }),
              "");

    stop.request_stop();
    waiter.join();
}

TEST_F(PoolFork, create_that_runs_in_a_worker_is_left_alone) {
    if (!child_may_start_threads()) GTEST_SKIP() << no_threads_in_child;
    // The workers of the first two may be about to end, and free what they had, as it forks.
    if (!lend_test::malloc_survives_forks) GTEST_SKIP() << no_malloc_in_child;
    lend::pool pool(driver{books}, {.max_size = 2});
    { auto idle = pool.acquire().value(); }
    auto lent = pool.acquire().value();
    books->gate_is_shut = true;
    std::thread waiter([&] { (void)pool.acquire(); });
    until([&] { return books->at_the_gate == 2; });

    EXPECT_EQ(in_child([&](objections& found) {
                  books->gate_is_shut = false;
                  expect_empty(found, pool);
                  found.expect("1 was abandoned", abandoned(found) == std::set<int>{1});
                  auto first = pool.acquire(); // by a worker of the child's own
                  auto second = pool.acquire();
                  found.expect("two leases", first.has_value() && second.has_value());
              }),
              "");

    books->gate_is_shut = false;
    waiter.join();
}

TEST_F(PoolFork, housekeeper_of_the_parent_is_not_waited_for_in_the_child) {
    if (!child_may_start_threads()) GTEST_SKIP() << no_threads_in_child;
    std::optional<lend::pool<driver>> pool(lend::pool(
        driver{books}, {.max_size = 4, .min_idle = 2, .creation = lend::creation_mode::inline_}));
    until([&] { return pool->stats().idle == 2; });

    EXPECT_EQ(in_child([&](objections& found) {
                  { auto mine = pool->acquire(); } // starts the child's own
                  found.expect_equal("abandoned", books->abandoned.size(), 2U);
                  found.expect("closes", pool->close() == lend::hr::s_ok);
                  pool.reset();
              }),
              "");
}

TEST_F(PoolFork, threads_of_the_child_that_come_first_together_make_one_pool) {
    auto pool = quiet_pool();
    { auto idle = pool.acquire().value(); }

    for (int round = 0; round < 30; ++round) {
        EXPECT_EQ(in_child([&](objections& found) {
                      std::atomic<int> ready{0};
                      std::atomic<int> served{0};
                      std::vector<std::thread> threads;
                      for (int at = 0; at < 4; ++at) {
                          threads.emplace_back([&] {
                              ++ready;
                              until([&] { return ready == 4; });
                              served += pool.acquire() ? 1 : 0;
                          });
                      }
                      for (auto& each : threads) each.join();
                      found.expect_equal("served", served.load(), 4);
                      found.expect_equal("acquired", pool.stats().acquired, 4U);
                      found.expect("1 was abandoned", abandoned(found) == std::set<int>{1});
                  }),
                  "");
    }
}

TEST_F(PoolFork, fork_while_others_work_leaves_no_lock_held) {
    if (!lend_test::malloc_survives_forks) GTEST_SKIP() << no_malloc_in_child;
    auto pool = quiet_pool(2);
    std::atomic<bool> over{false};
    std::vector<std::thread> workers;
    for (int at = 0; at < 3; ++at) {
        workers.emplace_back([&] {
            while (!over) {
                if (auto lent = pool.acquire()) lent->discard();
            }
        });
    }

    for (int round = 0; round < 20; ++round) {
        EXPECT_EQ(in_child([&](objections& found) {
                      const int destroyed = books->destroyed;
                      auto mine = pool.acquire();
                      found.expect("a lease", mine.has_value());
                      found.expect_equal("destroyed", books->destroyed.load(), destroyed);
                      found.expect_equal("size", pool.stats().size, 1U);
                  }),
                  "");
    }

    over = true;
    for (auto& each : workers) each.join();
}

TEST(FailureMode, 34_a_forked_child_abandons_what_it_inherited_and_closes_nothing_of_its_parents) {
#if LEND_THREAD_SANITIZER
    GTEST_SKIP() << "NOT TESTED: ThreadSanitizer and fork in a process with threads";
#endif
    const auto books = std::make_shared<ledger>();
    lend::pool pool(driver{books}, lend_test::quiet());
    auto lent = pool.acquire().value();
    { auto idle = pool.acquire().value(); }
    const auto id = lent.id();

    EXPECT_EQ(in_child([&](objections& found) {
                  found.expect_equal("size", pool.stats().size, 0U);
                  found.expect_equal("abandoned", books->abandoned.size(), 2U);
                  found.expect("the lease is stale", lent.release() == lend::hr::lend_e_stale);
                  found.expect("the number is stale", pool.destroy(id) == lend::hr::lend_e_stale);
                  pool.close();
                  found.expect_equal("reset", books->reset.load(), 1);
                  found.expect_equal("destroyed", books->destroyed.load(), 0);
              }),
              "");

    EXPECT_EQ(books->abandoned.size(), 0U);
    EXPECT_EQ(lent.release(), lend::hr::s_ok);
    EXPECT_EQ(pool.stats().idle, 2U);
}

// Resources that belong to keys.
struct by_key {
    using resource = int;
    using no_reset = void;
    static lend::result<int> create(const int& key) { return key; }
};

TEST_F(PoolFork, keys_of_the_parent_have_nothing_in_the_child) {
    auto options = lend_test::quiet(4);
    options.max_per_key = 1;
    lend::keyed_pool<int, by_key> pool(by_key{}, options);
    auto held = pool.acquire(1);
    (void)pool.acquire(2);

    const std::string objections_of_child = in_child([&](objections& o) {
        const auto one = pool.try_acquire(1), two = pool.try_acquire(2);
        o.expect("one is lent", one.has_value());
        o.expect("two is lent", two.has_value());
        o.expect_equal("size of key 1", pool.stats(1).size, 1U);
        o.expect_equal("keys", pool.keys().size(), 2U);
        o.expect("the parent's lease is stale", held->release() == lend::hr::lend_e_stale);
    });

    EXPECT_EQ(objections_of_child, "");
    EXPECT_EQ(pool.stats(1).size, 1U);
    EXPECT_EQ(held->release(), lend::hr::s_ok);
}

} // namespace pool_fork_test

#endif
