// SPDX-License-Identifier: MIT
/// @file
/// Threads that are ended by pthread_cancel: no call of lend is a cancellation point, and a lease
/// that is unwound gives back. What a driver has to do for that, the tour says.

#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#if defined(__linux__)

#include <atomic>
#include <thread>

#include <pthread.h>

namespace thread_cancel_test {

using namespace lend_test;
namespace hr = lend::hr;

TEST(FailureMode, 68_a_cancelled_thread_waits_to_the_end_and_gives_back_what_it_holds) {
    pool_with<recording_driver> p(quiet(1));
    auto held = p.pool.acquire();
    std::atomic<bool> was_served{false};

    std::thread cancelled([&] {
        ::pthread_cancel(::pthread_self()); // takes effect at the next cancellation point
        const auto mine = p.pool.acquire();
        was_served = mine.has_value();
        ::pthread_testcancel();
        ADD_FAILURE() << "was not cancelled";
    });
    while (p.pool.stats().waiting == 0) std::this_thread::yield();
    (void)held->release();
    cancelled.join();

    EXPECT_TRUE(was_served);
    EXPECT_EQ(p.pool.stats().idle, 1U);
    EXPECT_EQ(p.calls->log(), "create() reset(1) reset(1)");
}

// What the tour asks of a driver whose calls have cancellation points.
struct shy_driver {
    using resource = int;
    static lend::result<int> create() { return 1; }
    static lend::hresult reset(int&) {
        int before = 0;
        ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
        ::pthread_testcancel(); // in a driver: a read, a write, a poll
        ::pthread_setcancelstate(before, nullptr);
        return hr::s_ok;
    }
};

TEST(FailureMode, 68_a_driver_that_holds_cancellation_off_is_called_to_its_end) {
    lend::pool<shy_driver> pool(shy_driver{}, quiet(1));
    std::atomic<bool> was_reset{false};

    std::thread cancelled([&] {
        auto mine = pool.acquire();
        ::pthread_cancel(::pthread_self());
        was_reset = mine->release() == hr::s_ok;
        ::pthread_testcancel();
        ADD_FAILURE() << "was not cancelled";
    });
    cancelled.join();

    EXPECT_TRUE(was_reset);
    EXPECT_EQ(pool.stats().idle, 1U);
}

// Without it: a noexcept call is left by an unwinding that may not be stopped.
TEST(ThreadCancelDeathTest, a_cancellation_in_a_driver_call_ends_the_program) {
    struct open_driver {
        using resource = int;
        static lend::result<int> create() { return 1; }
        static lend::hresult reset(int&) {
            ::pthread_testcancel();
            return hr::s_ok;
        }
    };
    EXPECT_DEATH(
        {
            lend::pool<open_driver> pool(open_driver{}, quiet(1));
            std::thread cancelled([&] {
                auto mine = pool.acquire();
                ::pthread_cancel(::pthread_self());
                (void)mine->release();
            });
            cancelled.join();
        },
        "");
}

} // namespace thread_cancel_test

#endif
