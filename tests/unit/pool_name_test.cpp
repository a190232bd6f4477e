// SPDX-License-Identifier: MIT
/// @file
/// The name of a pool: in everything that a person is told of it, and nothing in its place where it
/// has none.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/keyed_pool.hpp>
#include <lend/pool.hpp>
#include <lend/prometheus.hpp>

#include <gtest/gtest.h>

#include <pthread.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <sstream>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace pool_name_test {

using namespace std::chrono_literals;
using namespace lend_test;
using lend::error;
namespace hr = lend::hr;

using plain = pool_with<recording_driver>;
using timed = pool_with<recording_driver, manual_clock_platform>;

lend::pool_options named(std::size_t max_size = 1) {
    auto options = quiet(max_size);
    options.name = "orders";
    options.record_holders = true;
    options.acquire_timeout = 0ns;
    return options;
}

bool is_of_orders(const error& e) {
    return e.pool() == "orders" && e.message().starts_with("pool 'orders': ");
}

// ---- what a caller is answered ------------------------------------------------------------------

TEST(PoolName, is_that_of_the_options) {
    plain p(named());
    EXPECT_EQ(p.pool.name(), "orders");
    plain other(quiet());
    EXPECT_EQ(other.pool.name(), "");
    auto moved = std::move(p.pool);
    EXPECT_EQ(moved.name(), "orders");
    EXPECT_EQ(p.pool.name(), ""); // NOLINT(bugprone-use-after-move): what is tested
}

TEST(PoolName, is_in_every_refusal) {
    timed p(named());
    std::optional held = *p.pool.acquire();
    EXPECT_TRUE(is_of_orders(p.pool.try_acquire().error()));            // exhausted
    EXPECT_TRUE(is_of_orders(p.pool.acquire({.priority = 9}).error())); // invalid
    std::optional<error> seen;
    p.pool.acquire_async({.priority = 9}, [&](auto got) { seen = got.error(); });
    EXPECT_TRUE(is_of_orders(*seen));
    std::stop_source stop;
    stop.request_stop();
    EXPECT_TRUE(is_of_orders(p.pool.acquire({.stop = stop.get_token()}).error())); // cancelled
    p.pool.acquire_async({.deadline = manual_clock_platform::now() + 1s},
                         [&](auto got) { seen = got.error(); });
    manual_clock::advance(2s);
    (void)p.pool.sweep();
    EXPECT_EQ(seen->code(), hr::lend_e_timed_out);
    EXPECT_TRUE(is_of_orders(*seen));
    ASSERT_NE(seen->oldest_holder(), nullptr);
    EXPECT_EQ(seen->oldest_holder()->pool, "orders");
    EXPECT_TRUE(is_of_orders(p.pool.resize(0, 0).error()));
    p.pool.pause(lend::pause_mode::fail);
    EXPECT_TRUE(is_of_orders(p.pool.try_acquire().error())); // paused
    p.pool.resume();
    held.reset();
    p.calls->create.then(hr::e_fail);
    (void)p.pool.clear();
    EXPECT_TRUE(is_of_orders(p.pool.acquire().error())); // what create answered
    (void)p.pool.close();
    EXPECT_TRUE(is_of_orders(p.pool.acquire().error()));
    EXPECT_TRUE(is_of_orders(p.pool.resize(1, 0).error()));
    EXPECT_TRUE(is_of_orders(p.pool.warm_up(1, 0ns).errors.at(0)));
}

TEST(PoolName, is_in_what_keeps_a_pool_from_being_made) {
    auto wrong = named(0);
    EXPECT_TRUE(is_of_orders(
        plain::pool_type::make(recording_driver(std::make_shared<recording>()), wrong).error()));
    auto fails = named();
    fails.initialisation = lend::initialisation_mode::fail_fast;
    const auto calls = std::make_shared<recording>();
    calls->create.from_now_on(hr::e_fail);
    EXPECT_TRUE(is_of_orders(plain::pool_type::make(recording_driver(calls), fails).error()));
}

TEST(PoolName, is_told_once_in_a_message) {
    plain p(named());
    const auto held = p.pool.acquire();
    const std::string line = p.pool.try_acquire().error().message();
    EXPECT_EQ(line.find("orders"), line.rfind("orders")) << line;
    p.calls->create.then(hr::e_fail);
    plain q(named(2));
    q.calls->create.then(hr::e_fail);
    (void)q.pool.try_acquire();
    const auto all = q.pool.health();
    std::ostringstream text;
    text << all;
    EXPECT_TRUE(text.str().starts_with("pool 'orders': ")) << text.str();
}

TEST(PoolName, keeps_the_words_of_a_pool_behind_it) {
    error inner(hr::lend_e_timed_out, "none in time", 7);
    inner.with_pool("inner").with_wait(5ms, {});
    inner.with_pool("inner"); // the same once more is nothing
    EXPECT_EQ(inner.text(), "none in time");
    error outer = inner;
    outer.with_pool("outer");
    EXPECT_EQ(outer.pool(), "outer");
    EXPECT_EQ(outer.snapshot(), nullptr); // the numbers are not the outer pool's
    EXPECT_EQ(outer.text(), inner.message());
    EXPECT_EQ(outer.driver_code(), 7); // what a program decides by stays
    error spelt(hr::e_fail, "words", "57P01");
    spelt.with_pool("inner").with_pool("outer");
    EXPECT_EQ(spelt.driver_code_text(), "57P01");
}

TEST(PoolName, is_nowhere_where_there_is_none) {
    auto options = named();
    options.name = {};
    plain p(options);
    const auto held = p.pool.acquire();
    const error e = p.pool.try_acquire().error();
    EXPECT_EQ(e.pool(), "");
    EXPECT_EQ(e.message().find("pool '"), std::string::npos);
    EXPECT_EQ(lend::to_string(p.pool.holders().at(0)).find(" of pool"), std::string::npos);
}

TEST(PoolName, is_in_the_line_of_a_holder) {
    plain p(named());
    const auto held = p.pool.acquire();
    const auto holder = p.pool.holders().at(0);
    EXPECT_EQ(holder.pool, "orders");
    EXPECT_TRUE(lend::to_string(holder).starts_with("resource " + std::to_string(holder.id) +
                                                    " of pool 'orders', acquired at "));
}

// ---- what may be a name -------------------------------------------------------------------------

TEST(PoolName, is_refused_if_it_is_too_long_or_cannot_be_printed) {
    auto options = named();
    options.name = std::string(46, 'x');
    EXPECT_TRUE(options.validate());
    options.name = std::string(47, 'x');
    EXPECT_EQ(options.validate().code(), hr::e_invalidarg);
    EXPECT_NE(options.validate().error().text().find("pool_options::name"), std::string::npos);
    for (const char* bad : {"a\nb", "\t", "a\x7F"}) {
        options.name = bad;
        EXPECT_EQ(options.validate().code(), hr::e_invalidarg) << bad;
        EXPECT_EQ(options.validate().error().message().find_first_of("\n\t\x7F"),
                  std::string::npos);
    }
    options.name = "größer als ein \"Name\"";
    EXPECT_TRUE(options.validate());
}

TEST(PoolName, is_the_label_of_metrics) {
    plain p(named());
    const auto text = lend::prometheus_text(lend::metrics_of(p.pool));
    EXPECT_NE(text.find("lend_pool_max_size{pool=\"orders\"} 1"), std::string::npos);
}

TEST(PoolName, is_that_of_a_keyed_pool_too) {
    struct keyed {
        using resource = int;
        using no_reset = void;
        lend::result<int> create(const int& key) { return key; }
    };
    lend::keyed_pool<int, keyed> pool(keyed{}, named());
    EXPECT_EQ(pool.name(), "orders");
    const auto held = pool.acquire(1);
    EXPECT_TRUE(is_of_orders(pool.try_acquire(2).error()));
}

// ---- events -------------------------------------------------------------------------------------

// One for all pools: it hands out one for each name.
class of_one_pool : public lend::pool_observer {
public:
    of_one_pool(std::string name, std::vector<std::string>& lines)
        : name_(std::move(name)), lines_(lines) {}
    void created(lend::event_number) override { lines_.push_back(name_ + " created"); }
    void refused(const error& e) override {
        lines_.push_back(name_ + " refused " + std::string(e.pool()));
    }

private:
    std::string name_;
    std::vector<std::string>& lines_;
};
class of_all_pools final : public of_one_pool {
public:
    explicit of_all_pools(std::vector<std::string>& lines)
        : of_one_pool("all", lines), lines_(lines) {}
    std::shared_ptr<lend::pool_observer> for_pool(std::string_view name) override {
        if (name == "shared") return nullptr;
        if (name == "thrown") throw 1;
        return std::make_shared<of_one_pool>(std::string(name), lines_);
    }

private:
    std::vector<std::string>& lines_;
};

TEST(PoolName, gives_each_pool_an_observer_of_its_own) {
    std::vector<std::string> lines;
    const auto observer = std::make_shared<of_all_pools>(lines);
    for (const char* name : {"orders", "users", "shared", "thrown"}) {
        auto options = named();
        options.name = name;
        options.observer = observer;
        plain p(options);
        const auto held = p.pool.acquire();
        (void)p.pool.try_acquire();
    }
    EXPECT_EQ(lines,
              (std::vector<std::string>{"orders created", "orders refused orders", "users created",
                                        "users refused users", "all created", "all refused shared",
                                        "all created", "all refused thrown"}));
}

struct told_at_home : recording_driver {
    using recording_driver::recording_driver;
    struct events {
        explicit events(std::string_view pool) : name(pool) {}
        std::string name;
        static inline std::string last;
        void created(lend::event_number) { last = name + " created"; }
        void reset_failed(lend::event_number, const error& e) { last = e.message(); }
        void create_failed(const error& e) { last = e.message(); }
    };
};

TEST(PoolName, is_given_to_events_that_take_it_and_is_in_their_errors) {
    pool_with<told_at_home> p(named());
    auto held = p.pool.acquire();
    EXPECT_EQ(told_at_home::events::last, "orders created");
    p.calls->reset.then(hr::e_fail);
    (void)held->release();
    EXPECT_TRUE(told_at_home::events::last.starts_with("pool 'orders': "));
    told_at_home::events::last.clear();
    p.calls->create.then(hr::e_fail);
    (void)p.pool.acquire();
    EXPECT_TRUE(told_at_home::events::last.starts_with("pool 'orders': "));
}

TEST(PoolName, is_known_to_every_span) {
    class tracer final : public lend::pool_observer {
    public:
        std::vector<std::string> seen;
        [[nodiscard]] bool wants_use_spans() const override { return true; }
        void* span_begin(lend::span_kind kind, const lend::span_info& info) override {
            seen.push_back(std::string(to_string(kind)) + " " + std::string(info.pool));
            return nullptr;
        }
    };
    const auto observer = std::make_shared<tracer>();
    auto options = named();
    options.observer = observer;
    timed p(options);
    const auto held = p.pool.acquire();
    p.pool.acquire_async({.deadline = manual_clock_platform::now() + 1s}, [](auto) {});
    manual_clock::advance(2s);
    (void)p.pool.sweep();
    EXPECT_EQ(observer->seen,
              (std::vector<std::string>{"create orders", "use orders", "wait orders"}));
}

// ---- threads ------------------------------------------------------------------------------------

TEST(PoolName, thread_names_have_as_much_of_it_as_fits) {
    using lend::detail::thread_name;
    EXPECT_STREQ(thread_name("", "keeper").c_str(), "lend-keeper");
    EXPECT_STREQ(thread_name("orders", "create").c_str(), "orders-create");
    EXPECT_STREQ(thread_name("customer orders", "destroy").c_str(), "custome-destroy");
    EXPECT_STREQ(thread_name("kundenü", "destroy").c_str(), "kunden-destroy");
}

struct looks_at_its_thread {
    using resource = std::string;
    using no_reset = void;
    lend::result<std::string> create() {
        std::array<char, 16> name{};
        ::pthread_getname_np(::pthread_self(), name.data(), name.size());
        return std::string(name.data());
    }
};

TEST(PoolName, is_that_of_the_pools_threads) {
    lend::pool pool(looks_at_its_thread{}, {.name = "orders"});
    EXPECT_EQ(*pool.acquire().value(), "orders-create");
}

} // namespace pool_name_test
