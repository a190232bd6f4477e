// SPDX-License-Identifier: MIT
/// @file
/// A driver's events class hears of each thing that happens, with its reason, under no lock; what
/// it throws changes nothing.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"

#include <lend/events.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace events_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

std::vector<std::string>& heard() {
    static std::vector<std::string> lines;
    return lines;
}

// Events classes are made by the pool, so what they hear is kept apart.
struct listening {
    static void note(std::string line) {
        EXPECT_EQ(manual_clock_platform::locks_held(), 0U);
        heard().push_back(std::move(line));
    }
    void created(lend::event_number n) { note("created " + std::to_string(n != 0)); }
    void create_failed(const lend::error& e) { note("create_failed " + std::string(e.text())); }
    void destroyed(lend::event_number n, lend::destroy_reason why) {
        note("destroyed " + std::to_string(n != 0) + " " + std::string(to_string(why)));
    }
    void destroy_failed(lend::event_number, const lend::error& e) {
        note("destroy_failed " + std::string(name_of(e.code())));
    }
    void reset_failed(lend::event_number, const lend::error& e) {
        note("reset_failed " + std::string(name_of(e.code())));
    }
    void timed_out(const lend::error& e) {
        note("timed_out " + std::to_string(e.waited().count()));
    }
};

struct throwing {
    void created(lend::event_number) { throw std::runtime_error("deaf"); }
    void create_failed(const lend::error&) { throw 1; }
    void destroyed(lend::event_number, lend::destroy_reason) { throw std::runtime_error("deaf"); }
};

// What goes wrong next.
struct troubles {
    bool create = false;
    bool reset = false;
    bool destroy = false;
    bool check = false;
};

template <class Events>
struct noisy_driver {
    using resource = int;
    using events = Events;
    troubles* next;

    lend::result<int> create() {
        if (std::exchange(next->create, false)) return lend::error(hr::e_fail, "no luck");
        return 1;
    }
    lend::hresult reset(int&) { return std::exchange(next->reset, false) ? hr::e_fail : hr::s_ok; }
    lend::hresult destroy(int&&) {
        return std::exchange(next->destroy, false) ? hr::e_abort : hr::s_ok;
    }
    lend::health check(int&, lend::check_kind) {
        return std::exchange(next->check, false) ? lend::health::broken : lend::health::good;
    }
};

class Events : public testing::Test {
protected:
    Events() { heard().clear(); }
    using lines = std::vector<std::string>;

    manual_clock clock;
    troubles next;
    lend::pool<noisy_driver<listening>, manual_clock_platform> pool{{&next}, [] {
                                                                        auto options = quiet(1);
                                                                        options.idle_timeout = 10s;
                                                                        options.acquire_timeout =
                                                                            2s;
                                                                        return options;
                                                                    }()};
};

TEST_F(Events, tell_of_creates_and_their_failures) {
    next.create = true;
    (void)pool.acquire();
    (void)pool.acquire();

    EXPECT_EQ(heard(), (lines{"create_failed no luck", "created 1"}));
}

TEST_F(Events, tell_why_a_resource_was_destroyed) {
    (void)pool.acquire()->discard();
    next.reset = true;
    (void)pool.acquire();
    {
        auto condemned = pool.acquire();
        (void)pool.destroy(condemned->id());
    }
    try {
        const auto held = pool.acquire();
        throw std::runtime_error("out");
    } catch (const std::runtime_error&) {
    }
    (void)pool.acquire();
    next.check = true;
    (void)pool.acquire();
    (void)pool.sweep(clock.now());
    (void)pool.sweep(clock.now() + 10s);
    (void)pool.acquire();
    (void)pool.close();

    EXPECT_EQ(heard(), (lines{"created 1", "destroyed 1 discarded",                           //
                              "created 1", "reset_failed E_FAIL", "destroyed 1 reset_failed", //
                              "created 1", "destroyed 1 requested",                           //
                              "created 1", "destroyed 1 poisoned",                            //
                              "created 1", "destroyed 1 unfit",                               //
                              "created 1", "destroyed 1 expired",                             //
                              "created 1", "destroyed 1 closed"}));
}

TEST_F(Events, tell_of_destroys_that_fail) {
    next.destroy = true;
    (void)pool.acquire()->discard();

    EXPECT_EQ(heard(), (lines{"created 1", "destroy_failed E_ABORT", "destroyed 1 discarded"}));
}

TEST_F(Events, tell_of_time_outs) {
    const auto held = pool.acquire();
    (void)pool.acquire();

    EXPECT_EQ(heard(), (lines{"created 1", "timed_out 2000000000"}));
}

TEST(EventsThatThrow, change_nothing) {
    troubles next{.create = true};
    lend::pool<noisy_driver<throwing>> pool({&next}, quiet());

    EXPECT_EQ(pool.acquire().error().text(), "no luck");
    auto held = pool.acquire();
    ASSERT_TRUE(held);
    EXPECT_EQ(held->discard(), hr::s_ok);
    EXPECT_EQ(pool.stats().size, 0U);
}

} // namespace events_test
