// SPDX-License-Identifier: MIT
/// @file
/// Every wait of lend under a storm of signals whose handler does not restart system calls: a wait
/// ends when it is to end, however often it was interrupted before. Bounded by how often that was,
/// not by time.

#include <lend/com.hpp>
#include <lend/detail/config.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#if defined(__linux__) && !LEND_THREAD_SANITIZER

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include <sys/syscall.h>
#include <unistd.h>

namespace signals_test {

using namespace std::chrono_literals;
using lend::hresult;
namespace hr = lend::hr;

constexpr int storm_signal = SIGUSR1;
constexpr int enough = 20; // interruptions of one wait

// Where the handler counts; null in threads that are left in peace.
constinit thread_local std::atomic<int>* hits_here = nullptr;

void count_hit(int) {
    if (hits_here != nullptr) hits_here->fetch_add(1, std::memory_order_relaxed);
}

// A thread that gets a signal each millisecond as long as its function runs.
class stormed_thread {
public:
    explicit stormed_thread(std::function<void()> what)
        : thread_([this, todo = std::move(what)] {
              hits_here = &hits_;
              const timer_t storm = begin();
              todo();
              over_ = true;
              ::timer_delete(storm);
              hits_here = nullptr;
          }) {}
    stormed_thread(const stormed_thread&) = delete;
    stormed_thread& operator=(const stormed_thread&) = delete;
    ~stormed_thread() { join(); }

    void join() {
        if (thread_.joinable()) thread_.join();
    }
    [[nodiscard]] int hits() const { return hits_.load(std::memory_order_relaxed); }

    // Returns when whatever the thread does now was interrupted often. It must not have ended.
    void is_hit_often() const {
        const int before = hits();
        while (hits() < before + enough && !over_) std::this_thread::yield();
        EXPECT_FALSE(over_) << "a signal has ended the wait";
    }

private:
    static timer_t begin() {
        sigevent event{};
        event.sigev_notify = SIGEV_THREAD_ID;
        event.sigev_signo = storm_signal;
        event._sigev_un._tid = static_cast<pid_t>(::syscall(SYS_gettid));
        timer_t made{};
        EXPECT_EQ(::timer_create(CLOCK_MONOTONIC, &event, &made), 0);
        itimerspec each_millisecond{};
        each_millisecond.it_interval.tv_nsec = 1'000'000;
        each_millisecond.it_value.tv_nsec = 1'000'000;
        EXPECT_EQ(::timer_settime(made, 0, &each_millisecond, nullptr), 0);
        return made;
    }

    std::atomic<int> hits_{0};
    std::atomic<bool> over_{false};
    std::thread thread_;
};

void until(const auto& holds) {
    while (!holds()) std::this_thread::yield();
}

// Behind which creates can be made to wait.
class gate {
public:
    void shut() { set(false); }
    void open() { set(true); }
    void pass() {
        std::unique_lock lock(mutex_);
        ++there_;
        changed_.wait(lock, [&] { return open_; });
        --there_;
    }
    [[nodiscard]] int waiting() {
        const std::lock_guard lock(mutex_);
        return there_;
    }

private:
    void set(bool is_open) {
        {
            const std::lock_guard lock(mutex_);
            open_ = is_open;
        }
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = true;
    int there_ = 0;
};

struct gated_driver {
    using resource = int;
    struct board {
        gate creates;
        std::atomic<int> live{0};
    };
    std::shared_ptr<board> shared;

    lend::result<int> create() {
        shared->creates.pass();
        return ++shared->live;
    }
    hresult reset(int&) { return hr::s_ok; }
    void destroy(int&&) { --shared->live; }
};

using pool_type = lend::pool<gated_driver>;

class SignalStorm : public testing::Test {
protected:
    SignalStorm() {
        struct sigaction action {};
        action.sa_handler = &count_hit; // and no SA_RESTART
        ::sigaction(storm_signal, &action, &before_);
        lend::pool_options options;
        options.max_size = 1;
        pool.emplace(gated_driver{board}, options);
    }
    ~SignalStorm() override {
        pool.reset();
        EXPECT_EQ(board->live, 0);
        ::sigaction(storm_signal, &before_, nullptr);
    }

    void somebody_waits() {
        until([&] { return pool->stats().waiting == 1; });
    }

    std::shared_ptr<gated_driver::board> board = std::make_shared<gated_driver::board>();
    std::optional<pool_type> pool;

private:
    struct sigaction before_ {};
};

TEST_F(SignalStorm, acquire_waits_until_it_is_served) {
    auto held = pool->acquire().value();
    hresult code = hr::e_unexpected;
    stormed_thread waiter(
        [&] { code = pool->try_acquire_for(std::chrono::nanoseconds::max()).code(); });
    somebody_waits();
    waiter.is_hit_often();
    EXPECT_EQ(pool->stats().waiting, 1U);

    held.release();
    waiter.join();

    EXPECT_EQ(code, hr::s_ok);
}

TEST_F(SignalStorm, acquire_waits_until_it_is_called_off) {
    const auto held = pool->acquire().value();
    std::stop_source stop;
    hresult code = hr::e_unexpected;
    stormed_thread waiter([&] { code = pool->acquire({.stop = stop.get_token()}).code(); });
    somebody_waits();
    waiter.is_hit_often();

    stop.request_stop();
    waiter.join();

    EXPECT_EQ(code, hr::lend_e_cancelled);
}

TEST_F(SignalStorm, acquire_times_out_no_sooner_than_it_is_to) {
    const auto held = pool->acquire().value();
    std::optional<lend::error> told;
    stormed_thread waiter([&] { told = pool->try_acquire_for(40ms).error(); });
    waiter.join();

    EXPECT_EQ(told->code(), hr::lend_e_timed_out);
    EXPECT_GE(told->waited(), 40ms);
    EXPECT_GE(waiter.hits(), 1);
}

TEST_F(SignalStorm, warm_up_waits_for_its_creates) {
    board->creates.shut();
    std::size_t ready = 0;
    stormed_thread warms([&] { ready = pool->warm_up(1, 1h).ready; });
    until([&] { return board->creates.waiting() == 1; });
    warms.is_hit_often();

    board->creates.open();
    warms.join();

    EXPECT_EQ(ready, 1U);
}

TEST_F(SignalStorm, close_waits_for_driver_calls_that_run) {
    board->creates.shut();
    (void)pool->warm_up(1, 0ns);
    until([&] { return board->creates.waiting() == 1; });
    hresult code = hr::e_unexpected;
    stormed_thread closer([&] { code = pool->close(1h); });
    until([&] { return pool->try_acquire().code() == hr::lend_e_closed; });
    closer.is_hit_often();

    board->creates.open();
    closer.join();

    EXPECT_EQ(code, hr::s_ok);
    EXPECT_EQ(board->live, 0);
}

TEST_F(SignalStorm, drain_waits_for_what_is_lent) {
    auto held = pool->acquire().value();
    lend::drain_report report;
    stormed_thread drainer([&] { report = pool->drain(1h); });
    until([&] { return pool->try_acquire().code() == hr::lend_e_closed; });
    drainer.is_hit_often();

    held.release();
    drainer.join();

    EXPECT_EQ(report.closed, hr::s_ok);
    EXPECT_EQ(report.hold_outs.size(), 0U);
}

// A fixed number of uses by threads that are all hit: as many begin as end, and none is lost.
TEST_F(SignalStorm, uses_end_as_without_it) {
    constexpr int threads = 3;
    constexpr int uses = 400;
    std::atomic<int> served{0};
    {
        std::vector<std::unique_ptr<stormed_thread>> all;
        for (int at = 0; at < threads; ++at) {
            all.push_back(std::make_unique<stormed_thread>([&] {
                for (int use = 0; use < uses; ++use) {
                    auto got = pool->try_acquire_for(std::chrono::nanoseconds::max());
                    if (!got) continue;
                    ++served;
                    std::this_thread::yield(); // so that others wait
                    (void)(use % 50 == 0 ? got->discard() : got->release());
                }
            }));
        }
    }

    const auto s = pool->stats();
    EXPECT_EQ(served, threads * uses);
    EXPECT_EQ(s.acquired, std::uint64_t{threads * uses});
    EXPECT_EQ(s.returned, s.acquired);
    EXPECT_EQ(s.waiting + s.in_use + s.timed_out + s.refused, 0U);
    EXPECT_EQ(s.created, s.destroyed + s.size);
}

// ---- the contract -----------------------------------------------------------------------------

using namespace lend::com; // NOLINT(google-build-using-namespace): the contract's own spelling

class gated_dispenser final : public IDispenserDriver {
public:
    gate creates;
    std::atomic<int> destroyed{0};
    std::atomic<ULONG> references{1};

    STDMETHODIMP QueryInterface(REFIID, void** out) override {
        *out = nullptr;
        return E_NOINTERFACE;
    }
    STDMETHODIMP_(ULONG) AddRef() override { return ++references; }
    STDMETHODIMP_(ULONG) Release() override { return --references; }
    STDMETHODIMP CreateResource(RESTYPID, RESID* out_id, TIMEINSECS*) override {
        creates.pass();
        *out_id = 17;
        return S_OK;
    }
    STDMETHODIMP RateResource(RESTYPID, RESID, BOOL, RESOURCERATING* out) override {
        *out = 100;
        return S_OK;
    }
    STDMETHODIMP EnlistResource(RESID, TRANSID) override { return S_OK; }
    STDMETHODIMP ResetResource(RESID) override { return S_OK; }
    STDMETHODIMP DestroyResource(RESID) override {
        ++destroyed;
        return S_OK;
    }
    STDMETHODIMP DestroyResourceS(constSRESID) override { return E_NOTIMPL; }
};

TEST_F(SignalStorm, Close_of_a_holder_waits_for_calls_inside) {
    gated_dispenser dispenser;
    dispenser.AddRef();
    holder_options options;
    options.destroy_lent_at_close = true;
    holder* shop = nullptr;
    ASSERT_EQ(register_dispenser(&dispenser, nullptr, options, &shop), S_OK);
    dispenser.creates.shut();
    RESID id = 0;
    std::thread borrower([&] { (void)shop->AllocResource(1, &id); });
    until([&] { return dispenser.creates.waiting() == 1; });
    std::atomic<bool> closed{false};
    stormed_thread closer([&] {
        shop->Close();
        closed = true;
    });
    until([&] { return shop->FreeResource(1) == E_FAIL; });
    closer.is_hit_often();
    EXPECT_FALSE(closed);

    dispenser.creates.open();
    closer.join();
    borrower.join();

    EXPECT_EQ(id, 17U);
    EXPECT_EQ(dispenser.destroyed, 1);
    shop->Release();
    EXPECT_EQ(dispenser.references, 1U);
}

} // namespace signals_test

#else

TEST(SignalStorm, is_for_linux_without_ThreadSanitizer) {
    GTEST_SKIP() << "NOT TESTED: signals to chosen threads, which ThreadSanitizer holds back";
}

#endif
