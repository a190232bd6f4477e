// SPDX-License-Identifier: MIT
/// @file
/// The pool under real threads: what one borrower writes into a resource the next one reads, with
/// nothing but the pool between them, so that a sanitizer sees what the pool forgets to order.
/// Bounded by operations; each test states its invariants and prints its seed when it fails.

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <latch>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace pool_stress_test {

using namespace std::chrono_literals;
namespace hr = lend::hr;

// The counts of all resources of one pool.
struct books {
    std::atomic<int> live{0};
    std::atomic<int> most{0};
    std::atomic<int> created{0};
    std::atomic<int> destroyed{0};
    std::atomic<int> broken_promises{0};
    std::atomic<unsigned> fail_create_one_in{0};
    std::atomic<unsigned> fail_reset_one_in{0};

    void made() {
        const int now = live.fetch_add(1, std::memory_order_relaxed) + 1;
        int seen = most.load(std::memory_order_relaxed);
        while (seen < now && !most.compare_exchange_weak(seen, now, std::memory_order_relaxed)) {
        }
        created.fetch_add(1, std::memory_order_relaxed);
    }
};

// No member is atomic: who uses it without being its only owner is a data race.
struct thing {
    int kind = 0;
    bool in_use = false;
    bool clean = true;
    std::uint64_t uses = 0;
};

class stress_driver {
public:
    using resource = std::unique_ptr<thing>;

    explicit stress_driver(std::shared_ptr<books> b) : books_(std::move(b)) {}

    lend::result<resource> create() { return make(0); }
    lend::hresult reset(resource& r) {
        promise(!r->in_use);
        if (goes_wrong(books_->fail_reset_one_in)) return hr::e_fail;
        r->clean = true;
        return hr::s_ok;
    }
    void destroy(resource&& r) {
        promise(r != nullptr && !r->in_use);
        r.reset();
        books_->live.fetch_sub(1, std::memory_order_relaxed);
        books_->destroyed.fetch_add(1, std::memory_order_relaxed);
    }

protected:
    lend::result<resource> make(int kind) {
        if (goes_wrong(books_->fail_create_one_in)) return lend::error(hr::e_fail, "by chance");
        books_->made();
        auto made = std::make_unique<thing>();
        made->kind = kind;
        return made;
    }

private:
    void promise(bool kept) {
        if (!kept) books_->broken_promises.fetch_add(1, std::memory_order_relaxed);
    }
    static bool goes_wrong(const std::atomic<unsigned>& one_in) {
        const unsigned chance = one_in.load(std::memory_order_relaxed);
        return chance != 0 && lend::default_platform::random() % chance == 0;
    }

    std::shared_ptr<books> books_;
};

struct stress_driver_of_kinds : stress_driver {
    using resource_type = int;
    using stress_driver::stress_driver;
    lend::result<resource> create(const int& kind) { return make(kind); }
};

constexpr int threads = 4;
constexpr int operations = LEND_THREAD_SANITIZER ? 10'000 : 50'000;

template <class Driver>
class stressed {
public:
    using pool_type = lend::pool<Driver>;
    using lease_type = typename pool_type::lease_type;

    explicit stressed(lend::pool_options options)
        : pool(std::make_unique<pool_type>(Driver(counts), options)), max_(options.max_size) {}

    // Uses a resource as its only owner.
    void use(lease_type& lease) {
        thing& t = **lease;
        if (t.in_use || !t.clean) counts->broken_promises.fetch_add(1, std::memory_order_relaxed);
        t.in_use = true;
        t.clean = false;
        ++t.uses;
        t.in_use = false;
    }

    // Each thread runs `body(thread, random)`.
    template <class Body>
    void run(const Body& body) {
        std::vector<std::thread> all;
        std::latch start(threads); // or the first is done before the last begins
        for (int at = 0; at < threads; ++at) {
            all.emplace_back([&, at] {
                start.arrive_and_wait();
                std::mt19937 random(seed + static_cast<unsigned>(at));
                body(at, random);
            });
        }
        for (std::thread& each : all) each.join();
    }

    // At the end nothing is left, nothing was too many, and no promise was broken.
    void check() {
        SCOPED_TRACE("seed " + std::to_string(seed));
        pool.reset();
        EXPECT_EQ(counts->broken_promises.load(), 0);
        EXPECT_LE(counts->most.load(), static_cast<int>(max_));
        EXPECT_EQ(counts->live.load(), 0);
        EXPECT_EQ(counts->created.load(), counts->destroyed.load() + detached.load());
        EXPECT_EQ(counts.use_count(), 1); // the driver is gone, so the state is freed
    }

    std::shared_ptr<books> counts = std::make_shared<books>();
    std::unique_ptr<pool_type> pool;
    std::atomic<int> detached{0};
    const unsigned seed = std::random_device{}();

private:
    std::size_t max_;
};

lend::pool_options options_of(std::size_t max_size, lend::fairness_mode fairness) {
    lend::pool_options options;
    options.max_size = max_size;
    options.fairness = fairness;
    options.housekeeping = lend::housekeeping_mode::manual;
    return options;
}

class PoolStress : public testing::TestWithParam<lend::fairness_mode> {};

// Invariants: one owner at a time, reset before each use, nobody waits 30 s for what is returned
// at once, and all leases are counted.
TEST_P(PoolStress, nobody_is_forgotten_when_there_are_fewer_resources_than_threads) {
    for (const std::size_t max_size : {1U, 2U, 4U}) {
        stressed<stress_driver> s(options_of(max_size, GetParam()));
        s.run([&](int, std::mt19937&) {
            for (int at = 0; at < operations; ++at) {
                auto lease = s.pool->acquire();
                ASSERT_TRUE(lease) << lease.error().message();
                s.use(*lease);
            }
        });

        EXPECT_EQ(s.pool->stats().acquired, static_cast<std::uint64_t>(threads) * operations);
        EXPECT_EQ(s.pool->stats().timed_out, 0U);
        s.check();
    }
}

// Invariants: as above, with everything that ends a lease and with creates and resets that fail.
TEST_P(PoolStress, accounts_are_right_whatever_ends_a_lease) {
    stressed<stress_driver> s(options_of(3, GetParam()));
    s.counts->fail_create_one_in = 20;
    s.counts->fail_reset_one_in = 20;
    std::atomic<std::uint64_t> leases{0};
    s.run([&](int, std::mt19937& random) {
        for (int at = 0; at < operations / 4; ++at) {
            auto lease = random() % 2 == 0 ? s.pool->try_acquire_for(200us) : s.pool->try_acquire();
            if (!lease) continue;
            leases.fetch_add(1, std::memory_order_relaxed);
            s.use(*lease);
            const auto way = random() % 16;
            if (way == 0) {
                lease->discard();
            } else if (way == 1) {
                const auto out = lease->detach();
                s.counts->live.fetch_sub(1, std::memory_order_relaxed);
                s.detached.fetch_add(1, std::memory_order_relaxed);
            } else if (way == 2) {
                (void)s.pool->destroy(lease->id());
            } else if (way == 3) {
                (void)s.pool->sweep(lend::default_platform::now() + 24h);
            }
        }
    });

    EXPECT_EQ(s.pool->stats().acquired, leases.load());
    EXPECT_EQ(s.pool->close(), hr::s_ok);
    EXPECT_EQ(s.pool->stats().size, 0U);
    s.counts->most = 0; // a detached one counts until its thread says so
    s.check();
}

// Invariant: the gauges of one snapshot sum to its size and never exceed the maximum.
TEST_P(PoolStress, gauges_sum_up_while_others_lend) {
    stressed<stress_driver> s(options_of(4, GetParam()));
    s.run([&](int thread, std::mt19937&) {
        for (int at = 0; at < operations; ++at) {
            if (thread == 0) {
                const lend::pool_stats seen = s.pool->stats();
                ASSERT_EQ(seen.size, seen.idle + seen.in_use + seen.creating + seen.checking +
                                         seen.resetting + seen.parked + seen.destroying);
                ASSERT_LE(seen.size, 4U);
            } else {
                auto lease = s.pool->acquire();
                ASSERT_TRUE(lease);
                if (at % 64 == 0) lease->discard();
            }
        }
    });
    s.check();
}

// Invariants: close answers, newcomers are refused, and what is lent is destroyed by its borrower.
TEST_P(PoolStress, close_under_load_leaves_nothing_behind) {
    for (int round = 0; round < (LEND_THREAD_SANITIZER ? 50 : 300); ++round) {
        stressed<stress_driver> s(options_of(2, GetParam()));
        s.run([&](int thread, std::mt19937& random) {
            for (int at = 0; at < 50; ++at) {
                if (thread == 0 && at == 10) {
                    EXPECT_EQ(s.pool->close(), hr::s_ok);
                }
                auto lease = s.pool->acquire();
                if (!lease) {
                    ASSERT_EQ(lease.error().code(), hr::lend_e_closed);
                    return;
                }
                s.use(*lease);
                if (random() % 8 == 0) lease->discard();
            }
        });
        s.check();
    }
}

// Invariant: a resource serves its own kind only, whoever has to make room.
TEST_P(PoolStress, kinds_are_not_mixed_up_at_the_maximum) {
    stressed<stress_driver_of_kinds> s(options_of(2, GetParam()));
    s.run([&](int, std::mt19937& random) {
        for (int at = 0; at < operations / 10; ++at) {
            const int kind = static_cast<int>(random() % 3);
            auto lease = s.pool->acquire(kind);
            ASSERT_TRUE(lease) << lease.error().message();
            ASSERT_EQ((**lease)->kind, kind);
            s.use(*lease);
        }
    });
    EXPECT_EQ(s.pool->stats().timed_out, 0U);
    s.check();
}

// Invariants: one owner at a time, nothing is lent in a pause, and nobody waits 30 s, whatever its
// priority, the order of the resources, and however many give up early.
TEST_P(PoolStress, nobody_is_forgotten_in_pauses_with_priorities_and_orders) {
    using lend::order_mode;
    for (const auto order : {order_mode::thread_affine, order_mode::lifo, order_mode::fifo}) {
        auto options = options_of(2, GetParam());
        options.order = order;
        stressed<stress_driver> s(options);
        s.run([&](int thread, std::mt19937& random) {
            for (int at = 0; at < operations / 10; ++at) {
                if (thread == 0 && at % 64 == 0) {
                    ASSERT_EQ(s.pool->pause(), hr::s_ok);
                    ASSERT_EQ(s.pool->try_acquire().code(), hr::lend_e_paused);
                    ASSERT_EQ(s.pool->resume(), hr::s_ok);
                }
                const auto priority = static_cast<std::uint8_t>(random() % 8);
                const bool hurries = random() % 4 == 0;
                auto lease = hurries ? s.pool->try_acquire_for(20us)
                                     : s.pool->acquire({.priority = priority});
                ASSERT_TRUE(lease || hurries) << lease.error().message();
                if (lease) s.use(*lease);
            }
        });
        s.check();
    }
}

INSTANTIATE_TEST_SUITE_P(Fairness,
                         PoolStress,
                         testing::Values(lend::fairness_mode::adaptive,
                                         lend::fairness_mode::strict),
                         [](const auto& which) {
                             return which.param == lend::fairness_mode::strict ? "strict"
                                                                               : "adaptive";
                         });

// Invariant: leases that end on other threads, after their pool is gone, end well.
TEST(PoolStressOutlive, leases_outlive_their_pool_on_other_threads) {
    for (int round = 0; round < (LEND_THREAD_SANITIZER ? 50 : 300); ++round) {
        stressed<stress_driver> s(options_of(threads, lend::fairness_mode::adaptive));
        std::vector<lend::lease<stress_driver>> leases;
        for (int at = 0; at < threads; ++at) leases.push_back(*s.pool->acquire());
        s.run([&](int thread, std::mt19937&) {
            const auto mine = std::move(leases[static_cast<std::size_t>(thread)]);
            if (thread == 0) s.pool.reset();
        });
        s.check();
    }
}

} // namespace pool_stress_test
