// SPDX-License-Identifier: MIT
/// @file
/// Pools, with anything that is public called at random, on a platform that disturbs real threads
/// at every atomic access, lock, wait and driver call (yielding_platform.hpp). See thread_fuzz.hpp
/// for how long. Each test states its invariants and prints its seed when it fails.

#include <support/thread_fuzz.hpp>
#include <support/yielding_platform.hpp>

#include <lend/keyed_pool.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <utility>

namespace thread_fuzz_test {

using namespace std::chrono_literals;
using namespace lend_test::thread_fuzz;
using lend_test::yielding_platform;
namespace hr = lend::hr;

// ---- pools -------------------------------------------------------------------------------------

// The counts of all resources of one pool. Relaxed, so that they order nothing for the pool.
struct books {
    std::atomic<int> live{0};
    std::atomic<int> broken_promises{0};
    std::atomic<std::uint64_t> leases{0};
    std::atomic<std::uint64_t> ended{0};

    void promise(bool kept) {
        if (!kept) broken_promises.fetch_add(1, std::memory_order_relaxed);
    }
};

// No member is atomic: who uses it without being its only owner is a data race.
struct thing {
    int kind = 0;
    bool in_use = false;
    bool clean = true;
};

class fuzzed_driver {
public:
    using resource = std::unique_ptr<thing>;
    using resource_type = int;

    explicit fuzzed_driver(std::shared_ptr<books> b) : books_(std::move(b)) {}

    lend::result<resource> create(const int& kind) {
        if (one_in(16)) return lend::error(hr::e_fail, "by chance");
        books_->live.fetch_add(1, std::memory_order_relaxed);
        auto made = std::make_unique<thing>();
        made->kind = kind;
        return made;
    }
    lend::hresult reset(resource& r) {
        books_->promise(!r->in_use);
        if (one_in(16)) return hr::e_fail;
        r->clean = true;
        return hr::s_ok;
    }
    lend::health check(resource& r, lend::check_kind) {
        books_->promise(!r->in_use && r->clean);
        return one_in(32) ? lend::health::broken : lend::health::good;
    }
    void destroy(resource&& r) {
        books_->promise(r != nullptr && !r->in_use);
        r.reset();
        books_->live.fetch_sub(1, std::memory_order_relaxed);
    }

private:
    static bool one_in(unsigned chance) { return yielding_platform::random() % chance == 0; }

    std::shared_ptr<books> books_;
};

using pool_type = lend::pool<fuzzed_driver, yielding_platform>;
using lease_type = pool_type::lease_type;

lend::pool_options options_of(std::uint64_t seed) {
    lend::pool_options options;
    options.max_size = 1 + seed % 3;
    options.fairness = static_cast<lend::fairness_mode>(seed / 3 % 2);
    options.order = static_cast<lend::order_mode>(seed / 6 % 3);
    options.reset_on = static_cast<lend::reset_mode>(seed / 18 % 2);
    options.destroy_on = static_cast<lend::destroy_mode>(seed / 36 % 2);
    options.record_holders = seed / 72 % 2 == 0;
    options.time_uses = seed / 144 % 2 == 0;
    options.alive_bypass = 0ns;
    options.acquire_timeout = 30s;
    return options;
}

class fuzzed_pool {
public:
    explicit fuzzed_pool(std::uint64_t seed)
        : pool_(std::make_unique<pool_type>(fuzzed_driver(counts_), options_of(seed))) {}

    // Uses a resource as its only owner, and ends the lease in one of all ways.
    void use(lease_type lease, std::mt19937_64& random) {
        thing& t = **lease;
        counts_->leases.fetch_add(1, std::memory_order_relaxed);
        counts_->promise(!t.in_use && t.clean);
        t.in_use = true;
        t.clean = false;
        lease.note("fuzzed");
        t.in_use = false;
        counts_->ended.fetch_add(1, std::memory_order_relaxed);
        switch (random() % 16) {
        case 0:
            (void)lease.discard();
            break;
        case 1:
            if (lease.detach()) counts_->live.fetch_sub(1, std::memory_order_relaxed);
            break;
        case 2:
            (void)pool_->destroy(lease.id());
            break;
        case 3:
            (void)lease.report(lend::error(hr::e_fail, "by chance"));
            break;
        default:
            break; // its destructor gives it back
        }
    }

    lend::result<lease_type> acquire(std::mt19937_64& random) {
        const int kind = static_cast<int>(random() % 2);
        switch (random() % 4) {
        case 0:
            return pool_->try_acquire(kind);
        case 1:
            return pool_->try_acquire_for(kind, std::chrono::microseconds(random() % 300));
        default:
            return pool_->acquire(kind, {.deadline = yielding_platform::now() + 2ms,
                                         .priority = static_cast<std::uint8_t>(random() % 8)});
        }
    }

    void acquire_async(std::mt19937_64& random) {
        const std::uint64_t seed = random();
        asked_.fetch_add(1, std::memory_order_relaxed);
        pool_->acquire_async(static_cast<int>(random() % 2),
                             {.deadline = yielding_platform::now() + 2ms},
                             [this, seed](lend::result<lease_type> got) {
                                 std::mt19937_64 mine(seed);
                                 if (got) use(std::move(*got), mine);
                                 answered_.fetch_add(1, std::memory_order_relaxed);
                             });
    }

    // Invariant: the gauges of one snapshot sum to its size and never exceed the maximum.
    void look() {
        const lend::pool_stats s = pool_->stats();
        counts_->promise(s.size == s.idle + s.in_use + s.creating + s.checking + s.resetting +
                                       s.parked + s.destroying);
        counts_->promise(s.size <= most);
        (void)pool_->holders();
        (void)pool_->timings();
        (void)pool_->health(lend::check_kind::active);
    }

    // What is done with the pool as a whole, while others lend.
    void disturb(std::mt19937_64& random) {
        switch (random() % 10) {
        case 0:
            (void)pool_->pause();
            (void)pool_->resume();
            break;
        case 1:
            (void)pool_->clear();
            break;
        case 2:
            (void)pool_->clear_over(1ms);
            break;
        case 3:
            (void)pool_->resize(1 + random() % most, 0);
            break;
        case 4:
            (void)pool_->retain([&](const auto&, const auto&) { return random() % 2 == 0; });
            break;
        case 5:
            (void)pool_->sweep(yielding_platform::now() + 24h);
            break;
        case 6:
            (void)pool_->warm_up(0, 2, 1ms);
            break;
        default:
            look();
            break;
        }
    }

    pool_type& pool() { return *pool_; }
    std::shared_ptr<books> counts() { return counts_; }

    // Invariants: nothing is left, no promise was broken, each lease and callback is counted.
    void check_end() {
        EXPECT_EQ(pool_->close(), hr::s_ok);
        EXPECT_EQ(pool_->stats().returned, counts_->ended.load());
        EXPECT_EQ(answered_.load(), asked_.load());
        pool_.reset();
        EXPECT_EQ(counts_->broken_promises.load(), 0);
        EXPECT_EQ(counts_->live.load(), 0);
        EXPECT_EQ(counts_->leases.load(), counts_->ended.load());
    }

private:
    static constexpr std::size_t most = 3;

    std::shared_ptr<books> counts_ = std::make_shared<books>();
    std::unique_ptr<pool_type> pool_;
    std::atomic<std::uint64_t> asked_{0};
    std::atomic<std::uint64_t> answered_{0};
};

// Invariants: one owner at a time, reset before each use, gauges that sum up, all leases counted,
// and nothing left, whatever is done with the pool meanwhile.
TEST(ThreadFuzz, pools_keep_their_promises_whatever_is_called) {
    for_the_time([](std::uint64_t seed) {
        fuzzed_pool fuzzed(seed);
        on_threads(seed, [&](int thread, std::mt19937_64& random) {
            for (int at = 0; at < operations; ++at) {
                if (thread == 0 && at % 4 == 0) {
                    fuzzed.disturb(random);
                } else if (random() % 4 == 0) {
                    fuzzed.acquire_async(random);
                } else if (auto lease = fuzzed.acquire(random)) {
                    fuzzed.use(std::move(*lease), random);
                }
            }
        });
        fuzzed.check_end();
    });
}

// Invariants: as above; and once the pool is closed or drained under load, everyone hears of it.
TEST(ThreadFuzz, pools_end_under_load) {
    for_the_time([](std::uint64_t seed) {
        for (std::uint64_t round = 0; round < 10; ++round) {
            fuzzed_pool fuzzed(seed + round);
            on_threads(seed + round, [&](int thread, std::mt19937_64& random) {
                for (int at = 0; at < operations / 10; ++at) {
                    if (thread == 0 && at == 5) {
                        if (random() % 2 == 0) (void)fuzzed.pool().drain(1ms);
                        (void)fuzzed.pool().close();
                        EXPECT_EQ(fuzzed.pool().try_acquire(0).code(), hr::lend_e_closed);
                    }
                    if (random() % 4 == 0) {
                        fuzzed.acquire_async(random);
                    } else if (auto lease = fuzzed.acquire(random)) {
                        fuzzed.use(std::move(*lease), random);
                    }
                }
            });
            fuzzed.check_end();
        }
    });
}

// Invariants: a resource serves its own key only; of no key are there more than may be.
TEST(ThreadFuzz, keys_are_not_mixed_up) {
    for_the_time([](std::uint64_t seed) {
        auto counts = std::make_shared<books>();
        auto options = options_of(seed);
        options.max_size = 3;
        options.max_per_key = 1 + seed % 2;
        {
            lend::keyed_pool<int, fuzzed_driver, yielding_platform> pool(fuzzed_driver(counts),
                                                                         options);
            on_threads(seed, [&](int, std::mt19937_64& random) {
                for (int at = 0; at < operations; ++at) {
                    const int key = static_cast<int>(random() % 3);
                    auto lease = pool.try_acquire_for(key, 1ms);
                    if (lease) counts->promise((**lease)->kind == key);
                    if (at % 16 == 0) counts->promise(pool.stats(key).size <= options.max_per_key);
                    if (at % 64 == 0) (void)pool.clear(key);
                }
            });
            EXPECT_EQ(pool.close(), hr::s_ok);
        }
        EXPECT_EQ(counts->broken_promises.load(), 0);
        EXPECT_EQ(counts->live.load(), 0);
    });
}

} // namespace thread_fuzz_test
