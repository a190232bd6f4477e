// SPDX-License-Identifier: MIT
/// @file
/// What a driver's reset, destroy and check say when they fail reaches the events, the errors and
/// the probe with its words, whether it was answered or thrown, wherever the call was made.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"

#include <lend/keyed_pool.hpp>
#include <lend/pool.hpp>
#include <lend/testing.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace driver_words_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;
using lend::error;
using lend::health;
using lend::result;

constexpr auto for_ever = (std::chrono::nanoseconds::max)();

// What goes wrong next, once each.
struct troubles {
    std::optional<error> reset;
    std::optional<error> destroy;
    std::optional<result<health>> check;
    bool check_throws = false;
    health classified = health::broken;
    int made = 0;
};

result<void> once(std::optional<error>& trouble) {
    auto now = std::exchange(trouble, std::nullopt);
    return now ? result<void>(*now) : result<void>();
}

struct worded {
    using resource = int;
    std::shared_ptr<troubles> next;

    result<int> create() { return ++next->made; }
    result<void> reset(int&) { return once(next->reset); }
    result<void> destroy(int&&) { return once(next->destroy); }
    result<health> check(int&, lend::check_kind) {
        if (std::exchange(next->check_throws, false)) throw std::runtime_error("socket reset");
        if (auto now = std::exchange(next->check, std::nullopt)) return *now;
        return health::good;
    }
    health classify(const error&) { return next->classified; }
};

struct worded_with_deadlines {
    using resource = int;
    result<int> create() { return 1; }
    result<void> reset(int&, lend::call_deadline) { return {}; }
    result<health> check(int&, lend::check_kind, lend::call_deadline) { return health::good; }
};

struct laconic {
    using resource = int;
    using no_reset = void;
    std::shared_ptr<troubles> next;
    result<int> create() { return ++next->made; }
    health check(int&, lend::check_kind) {
        return next->check ? **std::exchange(next->check, std::nullopt) : health::good;
    }
};

using lines = std::vector<std::string>;

class listener final : public lend::pool_observer {
public:
    lines heard;
    std::function<void()> in_check_failed;

    void reset_failed(lend::event_number n, const error& e) override { note("reset", n, e); }
    void destroy_failed(lend::event_number n, const error& e) override { note("destroy", n, e); }
    void check_failed(lend::event_number n, const error& e) override {
        note("check", n, e);
        if (in_check_failed) in_check_failed();
    }
    void backend_gone(lend::event_number) override { heard.emplace_back("backend_gone"); }

private:
    void note(std::string line, lend::event_number n, const error& e) {
        EXPECT_EQ(manual_clock_platform::locks_held(), 0U);
        EXPECT_TRUE(e.from_driver());
        line.append(n == 0 ? " of none: " : ": ").append(e.text());
        if (!e.driver_code_text().empty()) line.append(", ").append(e.driver_code_text());
        heard.push_back(line.append(e.thrown() ? " (thrown)" : ""));
    }
};

template <class Driver>
struct told {
    explicit told(lend::pool_options options = quiet(2))
        : pool(Driver{next}, [&] {
              options.observer = observer;
              return options;
          }()) {}
    lines take() { return std::exchange(observer->heard, {}); }

    const manual_clock clock;
    std::shared_ptr<troubles> next = std::make_shared<troubles>();
    std::shared_ptr<listener> observer = std::make_shared<listener>();
    lend::pool<Driver, manual_clock_platform> pool;
};

lend::pool_options on_workers() {
    auto options = quiet(2);
    options.creation = lend::creation_mode::worker;
    options.idle_timeout = for_ever;
    return options;
}

const error no_server(hr::e_fail, "no server", "57P01");

TEST(DriverWords, answers_with_errors_are_found_by_signature) {
    using traits = lend::driver_traits<worded>;
    static_assert(lend::resource_driver<worded> && lend::resource_driver<worded_with_deadlines>);
    static_assert(traits::has_reset && traits::has_destroy && traits::has_check);
    using timely = lend::driver_traits<worded_with_deadlines>;
    static_assert(timely::reset_takes_deadline && timely::check_takes_deadline);

    lend::pool<worded_with_deadlines> pool({}, quiet(1));
    EXPECT_EQ(pool.acquire()->release(), hr::s_ok);
    EXPECT_EQ(pool.stats().idle, 1U);
}

TEST(DriverWords, of_a_reset_reach_the_event) {
    told<worded> p;
    auto lease = p.pool.acquire();
    p.next->reset = no_server;

    EXPECT_EQ(lease->release(), hr::s_false);

    EXPECT_EQ(p.take(), lines{"reset: no server, 57P01"});
}

TEST(DriverWords, of_a_background_reset_reach_the_event) {
    auto options = on_workers();
    options.reset_on = lend::reset_mode::background;
    told<worded> p(options);
    auto lease = p.pool.acquire();
    p.next->reset = no_server;

    (void)lease->release();
    manual_clock::settle();

    EXPECT_EQ(p.take(), lines{"reset: no server, 57P01"});
}

TEST(DriverWords, of_a_destroy_reach_the_event) {
    told<worded> p;
    p.next->destroy = no_server;

    EXPECT_EQ(p.pool.acquire()->discard(), hr::e_fail);

    EXPECT_EQ(p.take(), lines{"destroy: no server, 57P01"});
    EXPECT_EQ(p.pool.stats().destroy_failed, 1U);
}

TEST(DriverWords, of_a_check_reach_the_event_and_another_is_lent) {
    told<worded> p;
    (void)p.pool.acquire();
    p.next->check = result<health>(no_server);

    EXPECT_EQ(**p.pool.acquire(), 2);

    EXPECT_EQ(p.take(), lines{"check: no server, 57P01"});
    EXPECT_EQ(p.pool.stats().closed_for(lend::destroy_reason::unfit), 1U);
}

TEST(DriverWords, of_an_exception_in_a_check_are_kept) {
    told<worded> p;
    (void)p.pool.acquire();
    p.next->check_throws = true;

    EXPECT_EQ(**p.pool.acquire(), 2);

    EXPECT_EQ(p.take(), lines{"check: socket reset (thrown)"});
}

TEST(DriverWords, a_check_without_any_is_told_as_what_it_says) {
    told<laconic> p;
    (void)p.pool.acquire();
    p.next->check = health::broken;
    (void)p.pool.acquire();
    p.next->check = health::backend_gone;
    (void)p.pool.acquire();

    EXPECT_EQ(p.take(), (lines{"check: the driver's check says broken",
                               "check: the driver's check says backend_gone", "backend_gone"}));
}

TEST(DriverWords, of_a_check_are_put_to_classify) {
    told<worded> p;
    {
        const auto first = p.pool.acquire();
        const auto second = p.pool.acquire();
    }
    p.next->classified = health::backend_gone;
    p.next->check = result<health>(no_server);

    EXPECT_EQ(**p.pool.acquire(), 3);

    EXPECT_EQ(p.take(), (lines{"check: no server, 57P01", "backend_gone"}));
    EXPECT_EQ(p.pool.stats().size, 1U); // the other one is gone as well
}

TEST(DriverWords, a_check_with_an_error_has_failed_whatever_classify_says) {
    told<worded> p;
    (void)p.pool.acquire();
    p.next->classified = health::good;
    p.next->check = result<health>(no_server);

    EXPECT_EQ(**p.pool.acquire(), 2);
}

TEST(DriverWords, of_the_check_of_a_new_resource_are_the_callers_answer) {
    told<worded> p;
    p.next->check = result<health>(no_server);

    const error why = p.pool.acquire().error();

    EXPECT_EQ(why.code(), hr::lend_e_condemned);
    EXPECT_EQ(why.text(), "it failed its check when it was new: no server");
    EXPECT_EQ(why.driver_code_text(), "57P01");
    EXPECT_EQ(p.take(), lines{"check: no server, 57P01"});
    ASSERT_TRUE(p.pool.health().last_create_error);
    EXPECT_EQ(p.pool.health().last_create_error->text(), why.text());
}

TEST(DriverWords, of_a_check_that_is_a_part_of_the_create_are_its_words) {
    auto options = quiet(2);
    options.check_new = lend::new_check_mode::active;
    told<worded> p(options);
    p.next->check = result<health>(error(hr::e_fail, "locked", 5));

    const error why = p.pool.acquire().error();

    EXPECT_EQ(why.text(), "it failed its check when it was new: locked");
    EXPECT_EQ(why.driver_code(), 5);
    EXPECT_EQ(p.take(), lines{"check of none: locked"});
}

TEST(DriverWords, of_a_check_that_a_worker_makes_for_a_caller_reach_the_event) {
    auto options = on_workers();
    options.alive_bypass = 0ns; // each check is an active one
    told<worded> p(options);
    (void)p.pool.acquire();
    p.next->check = result<health>(no_server);

    EXPECT_EQ(**p.pool.try_acquire_for(5s), 2);

    EXPECT_EQ(p.take(), lines{"check: no server, 57P01"});
}

TEST(DriverWords, of_a_check_while_idle_reach_the_event) {
    auto options = quiet(2);
    options.idle_timeout = for_ever;
    options.keep_alive = 1s;
    told<worded> p(options);
    (void)p.pool.acquire();
    p.pool.sweep();
    p.clock.advance(1s);
    p.next->check = result<health>(no_server);

    p.pool.sweep();
    manual_clock::settle();

    EXPECT_EQ(p.take(), lines{"check: no server, 57P01"});
    EXPECT_EQ(p.pool.stats().size, 0U);
}

TEST(DriverWords, of_a_probes_check_are_in_its_line) {
    auto options = quiet(2);
    options.name = "orders";
    told<worded> p(options);
    (void)p.pool.acquire();
    p.next->check = result<health>(no_server);

    const lend::pool_health h = p.pool.health(lend::check_kind::active);

    ASSERT_TRUE(h.check_error);
    EXPECT_EQ(h.check_error->text(), "no server");
    EXPECT_EQ(h.check_error->pool(), "orders");
    std::ostringstream line;
    line << h;
    EXPECT_NE(line.str().find("check failed (pool 'orders': no server ("), std::string::npos)
        << line.str();
    EXPECT_EQ(p.take(), lines{"check: no server, 57P01"});
    EXPECT_FALSE(p.pool.health(lend::check_kind::active).check_error);
}

TEST(DriverWords, a_close_in_check_failed_does_not_wait_for_that_check) {
    told<worded> p;
    (void)p.pool.acquire();
    p.next->check = result<health>(no_server);
    const auto before = p.clock.now();
    lend::hresult closed = hr::e_unexpected;
    p.observer->in_check_failed = [&] { closed = p.pool.close(); };

    EXPECT_EQ(p.pool.acquire().code(), hr::lend_e_closed);

    EXPECT_EQ(p.clock.now(), before);
}

TEST(DriverWords, pass_through_a_fault_driver) {
    using subject = lend::testing::fault_driver<worded, manual_clock_platform>;
    static_assert(lend::resource_driver<subject>);
    const manual_clock clock;
    const auto plan = std::make_shared<lend::testing::fault_plan<manual_clock_platform>>();
    const auto next = std::make_shared<troubles>();
    subject driver(worded{next}, plan);
    int thing = 1;
    const auto check = [&] { return driver.check(thing, lend::check_kind::active); };

    next->reset = next->destroy = no_server;
    next->check = result<health>(no_server);
    EXPECT_EQ(driver.reset(thing).error().text(), "no server");
    EXPECT_EQ(driver.destroy(int(thing)).error().text(), "no server");
    EXPECT_EQ(check().error().text(), "no server");
    EXPECT_TRUE(driver.reset(thing));
    EXPECT_TRUE(driver.destroy(int(thing)));
    EXPECT_EQ(*check(), health::good);

    plan->error_code = hr::e_abort;
    for (const auto call :
         {lend::testing::call::reset, lend::testing::call::destroy, lend::testing::call::check}) {
        plan->from(call, 1, lend::testing::fault::error);
    }
    EXPECT_EQ(driver.reset(thing).code(), hr::e_abort);
    EXPECT_EQ(driver.destroy(int(thing)).code(), hr::e_abort);
    EXPECT_EQ(check().code(), hr::e_abort);
}

} // namespace driver_words_test
