// SPDX-License-Identifier: MIT
/// @file
/// An observer draws spans around waits, creates and, if it wants to, leases; each that it began
/// ends once, with how the thing ended.

#include "support/leak_guard.hpp"
#include "support/manual_clock_platform.hpp"
#include "support/other_thread.hpp"
#include "support/quiet_pool.hpp"

#include <lend/observer.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace pool_spans_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

using lines = std::vector<std::string>;

class tracer final : public lend::pool_observer {
public:
    explicit tracer(bool uses) : uses_(uses) {}

    [[nodiscard]] bool wants_use_spans() const override { return uses_; }

    void* span_begin(lend::span_kind kind, const lend::span_info& info) override {
        EXPECT_EQ(manual_clock_platform::locks_held(), 0U);
        const std::lock_guard lock(mutex_);
        std::string what(to_string(kind));
        if (info.note != nullptr) what.append(" ").append(info.note);
        if (info.number != 0) what.append(" of one");
        log_.push_back(what);
        return new std::string(what);
    }

    void span_end(void* span, lend::hresult code) override {
        EXPECT_EQ(manual_clock_platform::locks_held(), 0U);
        const std::unique_ptr<std::string> what(static_cast<std::string*>(span));
        const std::lock_guard lock(mutex_);
        log_.push_back(*what + " ends: " + std::string(name_of(code)));
    }

    lines take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(log_, {});
    }

private:
    bool uses_;
    std::mutex mutex_;
    lines log_;
};

struct plain_driver {
    using resource = int;
    bool* fails;

    lend::result<int> create() {
        if (*fails) return hr::e_accessdenied;
        return 1;
    }
    lend::hresult reset(int& r) { return r == 1 ? hr::s_ok : hr::e_fail; }
};

class Spans : public testing::Test {
protected:
    using pool_type = lend::pool<plain_driver, manual_clock_platform>;

    pool_type make(bool uses, std::size_t size = 1) {
        auto options = quiet(size);
        observer = std::make_shared<tracer>(uses);
        options.observer = observer;
        return pool_type(plain_driver{&fails}, options);
    }

    manual_clock clock;
    leak_guard leaks;
    bool fails = false;
    std::shared_ptr<tracer> observer;
};

TEST_F(Spans, are_drawn_around_creates) {
    auto pool = make(false);
    (void)pool.try_acquire();
    (void)pool.try_acquire()->discard();
    fails = true;
    (void)pool.try_acquire();

    EXPECT_EQ(observer->take(),
              (lines{"create", "create ends: S_OK", "create", "create ends: E_ACCESSDENIED"}));
}

TEST_F(Spans, are_drawn_around_waits_with_what_the_caller_says_and_how_they_end) {
    auto pool = make(false);
    auto held = pool.try_acquire();
    (void)observer->take();
    const other_thread served([&] { EXPECT_TRUE(pool.acquire({.note = "report"})); });
    (void)held->release();
    ASSERT_TRUE(served.done());
    held = pool.try_acquire();
    EXPECT_EQ(pool.try_acquire_for(1s).code(), hr::lend_e_timed_out);

    EXPECT_EQ(observer->take(), (lines{"wait report", "wait report ends: S_OK", "wait",
                                       "wait ends: LEND_E_TIMED_OUT"}));
}

TEST_F(Spans, are_not_drawn_around_leases_unless_wanted) {
    auto pool = make(false);
    (void)pool.try_acquire();
    (void)observer->take();
    for (int at = 0; at < 3; ++at) (void)pool.try_acquire();

    EXPECT_EQ(observer->take(), lines{});
}

TEST_F(Spans, are_drawn_around_each_lease_if_wanted) {
    auto pool = make(true);
    (void)pool.try_acquire();
    (void)observer->take();
    for (int at = 0; at < 2; ++at) (void)pool.try_acquire();
    auto kept = pool.try_acquire();
    auto moved = std::move(*kept);
    (void)moved.release();

    EXPECT_EQ(observer->take(),
              (lines{"use of one", "use of one ends: S_OK", "use of one", "use of one ends: S_OK",
                     "use of one", "use of one ends: S_OK"}));
    EXPECT_EQ(pool.timings().use.count(), 0U);
}

TEST_F(Spans, of_leases_begin_after_their_wait_and_say_what_it_is_for) {
    auto pool = make(true);
    (void)pool.acquire({.note = "report"});

    EXPECT_EQ(observer->take(),
              (lines{"wait report", "create", "create ends: S_OK", "wait report ends: S_OK",
                     "use report of one", "use report of one ends: S_OK"}));
}

TEST_F(Spans, of_leases_say_if_the_resource_is_destroyed) {
    auto pool = make(true);
    (void)pool.try_acquire()->discard();
    (void)pool.try_acquire()->detach();
    (void)observer->take();
    auto late = pool.try_acquire();
    (void)pool.close();
    (void)late->release();

    EXPECT_EQ(observer->take(),
              (lines{"create", "create ends: S_OK", "use of one", "use of one ends: S_OK"}));
}

TEST_F(Spans, are_drawn_around_waits_without_a_thread_as_well) {
    auto pool = make(true);
    auto held = pool.try_acquire();
    (void)observer->take();
    int served = 0;
    pool.acquire_async({.note = "report"},
                       [&](lend::result<pool_type::lease_type> lease) { served += lease ? 1 : 0; });
    clock.advance(3s);
    (void)held->release();

    EXPECT_EQ(served, 1);
    EXPECT_EQ(observer->take(),
              (lines{"wait report", "use of one ends: S_OK", "wait report ends: S_OK",
                     "use report of one", "use report of one ends: S_OK"}));
    EXPECT_EQ(pool.timings().wait_of(lend::acquire_outcome::served).maximum(), 3s);
}

TEST_F(Spans, that_were_not_begun_do_not_end) {
    struct refusing final : lend::pool_observer {
        int ends = 0;
        void span_end(void*, lend::hresult) override { ++ends; }
    };
    const auto quiet_one = std::make_shared<refusing>();
    auto options = quiet(1);
    options.observer = quiet_one;
    pool_type pool(plain_driver{&fails}, options);
    auto held = pool.try_acquire();
    (void)pool.try_acquire_for(1s);

    EXPECT_EQ(quiet_one->ends, 0);
}

TEST(SpansOfAnObserver, that_ends_none_are_only_begun) {
    struct beginner final : lend::pool_observer {
        int begun = 0;
        void* span_begin(lend::span_kind, const lend::span_info&) override {
            ++begun;
            return this;
        }
    };
    const auto observer = std::make_shared<beginner>();
    auto options = quiet(1);
    options.observer = observer;
    bool fails = false;
    lend::pool<plain_driver> pool(plain_driver{&fails}, options);

    EXPECT_TRUE(pool.try_acquire());

    EXPECT_EQ(observer->begun, 1);
}

} // namespace pool_spans_test
