// SPDX-License-Identifier: MIT
/// @file
/// Forks at moments when other threads of the parent are in the middle of everything, and an
/// `abandon` that goes wrong in the child. What a quiet fork does is tested in
/// unit/pool_fork_test.cpp and contract/Fork_test.cpp.

#include "support/in_child.hpp"

#include <lend/com.hpp>
#include <lend/detail/config.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace fork_test {

using namespace std::chrono_literals;
using lend_test::in_child;
using lend_test::objections;
namespace hr = lend::hr;

// What happened to resources in this process. No lock: one that a thread of the parent held would
// be held in the child for ever, and that is for a driver to see to.
struct ledger {
    std::atomic<int> made{0};
    std::atomic<int> destroyed{0};
    std::vector<int> abandoned; // by one thread
    std::size_t throws_at = 0;  // the n-th abandon; 0: none
};

struct session_driver {
    using resource = int;
    std::shared_ptr<ledger> books;

    lend::result<int> create() { return ++books->made; }
    lend::hresult reset(int&) { return hr::s_ok; }
    void destroy(int&&) { ++books->destroyed; }
    void abandon(int&& which) {
        books->abandoned.push_back(which);
        if (books->abandoned.size() == books->throws_at) throw std::bad_alloc();
    }
};

using pool_type = lend::pool<session_driver>;

struct ForkFaults : testing::Test {
    void SetUp() override {
#if LEND_THREAD_SANITIZER
        GTEST_SKIP() << "NOT TESTED: ThreadSanitizer and fork in a process with threads";
#endif
    }

    std::shared_ptr<ledger> books = std::make_shared<ledger>();

    [[nodiscard]] pool_type pool_with(const lend::pool_options& options) const {
        return pool_type(session_driver{books}, options);
    }
};

// Three resources, each abandoned once, whichever call throws; and the child is served.
TEST_F(ForkFaults, abandon_may_throw_at_every_place) {
    for (books->throws_at = 1; books->throws_at <= 4; ++books->throws_at) {
        std::optional<pool_type> pool(pool_with({.max_size = 4}));
        const int first = books->made + 1;
        auto lent = pool->acquire().value();
        {
            const auto one = pool->acquire();
            const auto other = pool->acquire();
        }

        const std::string said = in_child([&](objections& found) {
            const int destroyed = books->destroyed;
            auto mine = pool->acquire();
            found.expect("a lease", mine.has_value());
            const std::set<int> once(books->abandoned.begin(), books->abandoned.end());
            found.expect("each was abandoned", once == std::set<int>{first, first + 1, first + 2});
            found.expect_equal("once each", books->abandoned.size(), 3U);
            found.expect("stale", lent.release() == hr::lend_e_stale);
            found.expect_equal("destroyed", books->destroyed.load(), destroyed);
            if (mine) found.expect("released", mine->release() == hr::s_ok);
            pool.reset();
            found.expect_equal("destroyed", books->destroyed.load(), destroyed + 1);
        });
        ASSERT_EQ(said, "") << "call " << books->throws_at;
    }
    EXPECT_EQ(books->abandoned.size(), 0U) << "in the parent";
}

// What can be done with a pool by many threads at once, in turn.
void use(pool_type& pool, unsigned step) {
    switch (step % 11) {
    case 0:
        (void)pool.try_acquire_for(1ms);
        break;
    case 1:
        pool.acquire_async({.deadline = lend::default_platform::now() + 1ms}, [](auto) {});
        break;
    case 2: {
        std::stop_source stop;
        std::thread stops([&] { stop.request_stop(); });
        (void)pool.acquire({.stop = stop.get_token()});
        stops.join();
        break;
    }
    case 3:
        if (auto lent = pool.try_acquire()) (void)lent->discard();
        break;
    case 4:
        (void)pool.warm_up(1, 1ms);
        break;
    case 5:
        (void)pool.pause(lend::pause_mode::fail);
        (void)pool.resume();
        break;
    case 6:
        (void)pool.resize(1 + step % 3, 0);
        break;
    case 7:
        (void)pool.clear();
        break;
    case 8:
        (void)pool.retain([](const auto&, const auto&) { return true; });
        break;
    case 9:
        (void)pool.holders();
        break;
    default:
        (void)pool.sweep();
        break;
    }
}

TEST_F(ForkFaults, fork_in_the_midst_of_everything_leaves_the_child_a_pool_that_works_and_ends) {
    if (!lend_test::malloc_survives_forks) GTEST_SKIP() << lend_test::no_malloc_in_child;
    lend::pool_options options;
    options.max_size = 2;
    options.min_idle = 1;
    options.record_holders = true;
    options.reset_on = lend::reset_mode::background;
    options.destroy_on = lend::destroy_mode::background;
    std::optional<pool_type> pool(pool_with(options));
    std::atomic<bool> over{false};
    std::vector<std::thread> workers;
    for (unsigned at = 0; at < 3; ++at) {
        workers.emplace_back([&, at] {
            for (unsigned step = at; !over; ++step) use(*pool, step);
        });
    }

    for (int round = 0; round < 30; ++round) {
        const std::string said = in_child([&](objections& found) {
            const int destroyed = books->destroyed;
            found.expect("resized", pool->resize(2, 0).has_value());
            (void)pool->resume(); // paused or not, it is so in the child
            {
                auto mine = pool->acquire();
                auto more = pool->acquire();
                found.expect("two leases", mine.has_value() && more.has_value());
                found.expect_equal("size", pool->stats().size, 2U);
                found.expect_equal("destroyed", books->destroyed.load(), destroyed);
            }
            found.expect("closed", pool->close() == hr::s_ok);
            pool.reset();
            found.expect_equal("destroyed", books->destroyed.load(), destroyed + 2);
        });
        EXPECT_EQ(said, "") << "round " << round;
        if (HasFailure()) break;
    }

    over = true;
    for (auto& each : workers) each.join();
    EXPECT_EQ(pool->close(), hr::s_ok);
    EXPECT_EQ(books->made, books->destroyed);
}

TEST_F(ForkFaults, child_may_leave_the_pool_alone_and_end_it) {
    if (!lend_test::malloc_survives_forks) GTEST_SKIP() << lend_test::no_malloc_in_child;
    std::optional<pool_type> pool(pool_with({.max_size = 2, .min_idle = 1}));
    std::atomic<bool> over{false};
    std::thread worker([&] {
        for (unsigned step = 0; !over; ++step) use(*pool, step);
    });

    for (int round = 0; round < 10; ++round) {
        EXPECT_EQ(in_child([&](objections& found) {
                      const int destroyed = books->destroyed;
                      pool.reset();
                      found.expect_equal("destroyed", books->destroyed.load(), destroyed);
                  }),
                  "");
    }

    over = true;
    worker.join();
}

// ---- the contract -----------------------------------------------------------------------------

using namespace lend::com; // NOLINT(google-build-using-namespace): the contract's own spelling

class counting_dispenser final : public IDispenserDriver {
public:
    std::atomic<RESID> last{0};
    std::atomic<int> calls{0};

    STDMETHODIMP QueryInterface(REFIID, void** out) override {
        *out = nullptr;
        return E_NOINTERFACE;
    }
    STDMETHODIMP_(ULONG) AddRef() override { return 2; }
    STDMETHODIMP_(ULONG) Release() override { return 1; }
    STDMETHODIMP CreateResource(RESTYPID, RESID* out_id, TIMEINSECS*) override {
        ++calls;
        *out_id = ++last;
        return S_OK;
    }
    STDMETHODIMP RateResource(RESTYPID, RESID, BOOL, RESOURCERATING* out) override {
        ++calls;
        *out = 100;
        return S_OK;
    }
    STDMETHODIMP EnlistResource(RESID, TRANSID) override { return called(); }
    STDMETHODIMP ResetResource(RESID) override { return called(); }
    STDMETHODIMP DestroyResource(RESID) override { return called(); }
    STDMETHODIMP DestroyResourceS(constSRESID) override { return called(); }

private:
    HRESULT called() {
        ++calls;
        return S_OK;
    }
};

TEST_F(ForkFaults, fork_in_the_midst_of_a_holders_calls_leaves_the_child_one_that_answers) {
    if (!lend_test::malloc_survives_forks) GTEST_SKIP() << lend_test::no_malloc_in_child;
    counting_dispenser dispenser;
    holder_options options;
    options.reclaim_at_object_end = true;
    holder* shop = nullptr;
    ASSERT_EQ(register_dispenser(&dispenser, nullptr, options, &shop), S_OK);
    std::atomic<bool> over{false};
    std::vector<std::thread> workers;
    for (unsigned at = 1; at <= 3; ++at) {
        workers.emplace_back([&, at] {
            while (!over) {
                const caller_scope in(at, at);
                RESID id = 0;
                if (shop->AllocResource(1, &id) == S_OK) shop->FreeResource(id);
                shop->TrackResource(1'000'000 + at);
                shop->UntrackResource(1'000'000 + at, FALSE);
                end_transaction(at);
                end_object(at);
            }
        });
    }

    for (int round = 0; round < 20; ++round) {
        EXPECT_EQ(in_child([&](objections& found) {
                      const int calls = dispenser.calls;
                      RESID id = 0;
                      found.expect("AllocResource", shop->AllocResource(1, &id) == E_FAIL);
                      found.expect("FreeResource", shop->FreeResource(1) == E_FAIL);
                      end_transaction(1);
                      end_object(1);
                      found.expect("Close", shop->Close() == S_OK);
                      shop->Release();
                      found.expect_equal("calls", dispenser.calls.load(), calls);
                      holder* own = nullptr;
                      counting_dispenser mine;
                      found.expect("registers",
                                   register_dispenser(&mine, nullptr, {}, &own) == S_OK);
                      if (own == nullptr) return;
                      found.expect("AllocResource", own->AllocResource(1, &id) == S_OK);
                      found.expect("FreeResource", own->FreeResource(id) == S_OK);
                      own->Close();
                      own->Release();
                      found.expect_equal("calls", mine.calls.load(), 3);
                  }),
                  "");
        if (HasFailure()) break;
    }

    over = true;
    for (auto& each : workers) each.join();
    shop->Close();
    shop->Release();
}

} // namespace fork_test
