// SPDX-License-Identifier: MIT
/// @file
/// An observer hears of every happening that a driver's events class can hear of, after it and with
/// the same arguments; one that is not there costs nothing, one that throws changes nothing.

#include "support/leak_guard.hpp"
#include "support/quiet_pool.hpp"

#include <lend/events.hpp>
#include <lend/holder_info.hpp>
#include <lend/observer.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace observer_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;
using lend::error;
using lend::event_number;

using lines = std::vector<std::string>;

lines& heard() {
    static lines all;
    return all;
}

void note(std::string_view who, std::string_view what) {
    heard().push_back(std::string(who).append(" ").append(what));
}

std::string text(std::uint64_t n) { return std::to_string(n); }
std::string text(const error& e) { return std::string(name_of(e.code())); }
std::string text(lend::destroy_reason why) { return std::string(to_string(why)); }
std::string text(std::chrono::nanoseconds time) { return std::to_string(time.count()) + " ns"; }
std::string text(const lend::holder_info& h) { return std::to_string(h.id); }

// Every happening, written once for both kinds of listener.
#define LEND_TEST_HAPPENINGS(method)                                                               \
    method(created, (event_number n), text(n));                                                    \
    method(create_failed, (const error& e), text(e));                                              \
    method(create_abandoned, (std::chrono::nanoseconds t), text(t));                               \
    method(reset_failed, (event_number n, const error& e), text(n) + " " + text(e));               \
    method(check_failed, (event_number n, const error& e), text(n) + " " + text(e));               \
    method(destroyed, (event_number n, lend::destroy_reason r), text(n) + " " + text(r));          \
    method(destroy_failed, (event_number n, const error& e), text(n) + " " + text(e));             \
    method(detached, (event_number n), text(n));                                                   \
    method(backend_gone, (event_number n), text(n));                                               \
    method(waited, (std::chrono::nanoseconds t), text(t));                                         \
    method(timed_out, (const error& e), text(e));                                                  \
    method(cancelled, (const error& e), text(e));                                                  \
    method(shed, (const error& e), text(e));                                                       \
    method(refused, (const error& e), text(e));                                                    \
    method(leaked, (const lend::holder_info& h), text(h));                                         \
    method(acquired_again, (const lend::holder_info& h, const lend::source_site& here),            \
           text(h) + " " + std::to_string(here.line));                                             \
    method(reclaimed, (const lend::holder_info& h), text(h));                                      \
    method(paused, (), std::string());                                                             \
    method(resumed, (), std::string());                                                            \
    method(resized, (std::size_t m, std::size_t i), text(m) + " " + text(i));                      \
    method(drained, (std::size_t n), text(n));                                                     \
    method(closed, (), std::string());                                                             \
    method(abandoned_at_close, (std::size_t n), text(n))

struct static_listener {
#define LEND_TEST_METHOD(name, parameters, words)                                                  \
    void name parameters { note("static", std::string(#name) + " " + (words)); }                   \
    static_assert(true)
    LEND_TEST_HAPPENINGS(LEND_TEST_METHOD);
#undef LEND_TEST_METHOD
};

class listener final : public lend::pool_observer {
public:
#define LEND_TEST_METHOD(name, parameters, words)                                                  \
    void name parameters override { note("virtual", std::string(#name) + " " + (words)); }         \
    static_assert(true)
    LEND_TEST_HAPPENINGS(LEND_TEST_METHOD);
#undef LEND_TEST_METHOD
};

struct plain_driver {
    using resource = int;
    using no_reset = void;
    lend::result<int> create() { return 1; }
};

struct driver_with_events : plain_driver {
    using events = static_listener;
};

template <class Driver>
using caller = lend::detail::event_caller<Driver, lend::default_platform>;

template <class Caller>
void tell_everything(Caller& to) {
    const error e(hr::e_fail);
    lend::holder_info holder;
    holder.id = 5;
    to.created(1);
    to.create_failed(e);
    to.create_abandoned(7ns);
    to.reset_failed(2, e);
    to.check_failed(7, e);
    to.destroyed(3, lend::destroy_reason::expired);
    to.destroy_failed(4, e);
    to.detached(5);
    to.backend_gone(6);
    to.waited(8ns);
    to.timed_out(e);
    to.cancelled(e);
    to.shed(e);
    to.refused(e);
    to.leaked(holder);
    to.acquired_again(holder, {"a.cpp", "f", 12});
    to.reclaimed(holder);
    to.paused();
    to.resumed();
    to.resized(9, 3);
    to.drained(2);
    to.closed();
    to.abandoned_at_close(4);
}

const lines all_words = {"created 1",
                         "create_failed E_FAIL",
                         "create_abandoned 7 ns",
                         "reset_failed 2 E_FAIL",
                         "check_failed 7 E_FAIL",
                         "destroyed 3 expired",
                         "destroy_failed 4 E_FAIL",
                         "detached 5",
                         "backend_gone 6",
                         "waited 8 ns",
                         "timed_out E_FAIL",
                         "cancelled E_FAIL",
                         "shed E_FAIL",
                         "refused E_FAIL",
                         "leaked 5",
                         "acquired_again 5 12",
                         "reclaimed 5",
                         "paused ",
                         "resumed ",
                         "resized 9 3",
                         "drained 2",
                         "closed ",
                         "abandoned_at_close 4"};

class PoolObserver : public testing::Test {
protected:
    PoolObserver() { heard().clear(); }
};

TEST_F(PoolObserver, hears_of_every_happening_after_the_drivers_events) {
    listener observer;
    caller<driver_with_events> to(&observer);

    tell_everything(to);

    lines expected;
    for (const std::string& each : all_words) {
        expected.push_back("static " + each);
        expected.push_back("virtual " + each);
    }
    EXPECT_EQ(heard(), expected);
}

TEST_F(PoolObserver, methods_that_are_not_overridden_do_nothing) {
    lend::pool_observer observer;
    caller<plain_driver> to(&observer);

    tell_everything(to);

    EXPECT_EQ(observer.span_begin(lend::span_kind::wait, {}), nullptr);
    EXPECT_FALSE(observer.wants_use_spans());
    EXPECT_EQ(heard(), lines{});
}

TEST_F(PoolObserver, absent_ones_are_not_called_and_nothing_is_allocated) {
    caller<plain_driver> to;
    const error e(hr::e_fail);
    const auto before = allocations::tried_here();

    tell_everything(to);
    lend::detail::span<lend::default_platform> span(to, lend::span_kind::create, {});
    span.end(to, hr::s_ok);

    EXPECT_EQ(allocations::tried_here(), before);
    EXPECT_EQ(heard(), lines{});
    // The events that the driver lacks take no room.
    static_assert(sizeof(to) == sizeof(void*) + sizeof(std::shared_ptr<lend::pool_observer>) +
                                    sizeof(lend::short_text));
}

TEST_F(PoolObserver, failed_acquires_are_told_as_what_they_are) {
    listener observer;
    caller<plain_driver> to(&observer);

    for (const lend::hresult code : {hr::lend_e_timed_out, hr::lend_e_cancelled, hr::lend_e_shed,
                                     hr::lend_e_closed, hr::lend_e_paused, hr::e_fail}) {
        to.not_acquired(code);
    }

    EXPECT_EQ(heard(),
              (lines{"virtual timed_out LEND_E_TIMED_OUT", "virtual cancelled LEND_E_CANCELLED",
                     "virtual shed LEND_E_SHED", "virtual refused LEND_E_CLOSED",
                     "virtual refused LEND_E_PAUSED", "virtual refused E_FAIL"}));
}

// Throws whatever it is told.
class grumbler final : public lend::pool_observer {
public:
    void created(event_number) override { throw std::runtime_error("deaf"); }
    void destroyed(event_number, lend::destroy_reason) override { throw 1; }
    void closed() override { throw std::runtime_error("deaf"); }
    void* span_begin(lend::span_kind, const lend::span_info&) override { throw 2; }
    bool wants_use_spans() const override { throw 3; }
};

TEST_F(PoolObserver, what_it_throws_changes_nothing) {
    auto options = quiet();
    options.observer = std::make_shared<grumbler>();
    lend::pool<plain_driver> pool(plain_driver{}, options);

    EXPECT_EQ(pool.acquire()->discard(), hr::s_ok);
    EXPECT_TRUE(pool.acquire());
    EXPECT_EQ(pool.close(), hr::s_ok);
    EXPECT_EQ(pool.stats().destroyed, 2U);
}

TEST_F(PoolObserver, lives_as_long_as_the_last_lease) {
    const auto observer = std::make_shared<listener>();
    {
        auto options = quiet();
        options.observer = observer;
        std::optional<lend::pool<plain_driver>> pool(std::in_place, plain_driver{}, options);
        options.observer.reset();
        auto lease = *pool->acquire();
        pool.reset();
        heard().clear();
        EXPECT_EQ(lease.release(), hr::s_false);
        ASSERT_EQ(heard().size(), 1U);
        EXPECT_TRUE(heard().front().ends_with("closed")) << heard().front();
    }
    EXPECT_EQ(observer.use_count(), 1);
}

TEST_F(PoolObserver, may_use_the_pool) {
    struct asking final : lend::pool_observer {
        lend::pool<plain_driver>* pool = nullptr;
        std::size_t size_then = 99;
        void destroyed(event_number, lend::destroy_reason) override {
            size_then = pool->stats().destroying;
        }
    };
    const auto observer = std::make_shared<asking>();
    auto options = quiet();
    options.observer = observer;
    lend::pool<plain_driver> pool(plain_driver{}, options);
    observer->pool = &pool;

    (void)pool.acquire()->discard();

    EXPECT_EQ(observer->size_then, 1U);
}

TEST_F(PoolObserver, hears_of_a_pools_life_in_order) {
    auto options = quiet(2);
    options.observer = std::make_shared<listener>();
    lend::pool<plain_driver> pool(plain_driver{}, options);
    const auto number = [&] { return text(pool.acquire()->id()); };
    const std::string first = number();
    ASSERT_TRUE(pool.resize(1, 1));
    (void)pool.pause(lend::pause_mode::fail);
    (void)pool.pause(lend::pause_mode::fail);
    EXPECT_EQ(pool.acquire().code(), hr::lend_e_paused);
    (void)pool.resume();
    (void)pool.resume();
    {
        const auto held = pool.acquire();
        EXPECT_EQ(pool.try_acquire().code(), hr::lend_e_exhausted);
    }
    (void)pool.acquire()->detach();
    const std::string second = number();
    (void)pool.close();
    (void)pool.close();
    (void)pool.acquire();

    EXPECT_EQ(heard(),
              (lines{"virtual created " + first, "virtual resized 1 1", "virtual paused ",
                     "virtual refused LEND_E_PAUSED", "virtual resumed ",
                     "virtual refused LEND_E_EXHAUSTED", "virtual detached " + first,
                     "virtual created " + second, "virtual closed ",
                     "virtual destroyed " + second + " closed", "virtual refused LEND_E_CLOSED"}));
}

TEST_F(PoolObserver, hears_of_the_end_of_a_drain_and_how_many_held_out) {
    auto options = quiet(2);
    options.observer = std::make_shared<listener>();
    lend::pool<plain_driver> pool(plain_driver{}, options);
    auto held = pool.acquire();
    heard().clear();

    (void)pool.drain(std::chrono::steady_clock::now());

    EXPECT_EQ(heard(), (lines{"virtual closed ", "virtual drained 1"}));
}

TEST(SpanKind, each_has_a_word_of_its_own) {
    EXPECT_EQ(to_string(lend::span_kind::wait), "wait");
    EXPECT_EQ(to_string(lend::span_kind::create), "create");
    EXPECT_EQ(to_string(lend::span_kind::use), "use");
    EXPECT_EQ(to_string(static_cast<lend::span_kind>(9)), "unknown");
}

} // namespace observer_test
