// SPDX-License-Identifier: MIT
/// @file
/// What lend finds out about a driver, and the default for each member that a driver lacks.

#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/driver.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string_view>

namespace {

using namespace lend_test;

struct smallest {
    using resource = int;
    using no_reset = void;
    lend::result<int> create() { return 1; }
};

struct largest {
    using resource = int;
    using resource_type = long;
    struct events {};
    lend::result<int> create(const long&) { return 1; }
    lend::rating rate(const long&, const int&, bool) { return 100U; }
    lend::enlistment enlist(int&, lend::transaction_id) { return lend::hr::s_false; }
    lend::hresult reset(int&) { return lend::hr::s_ok; }
    void destroy(int&&) {}
    lend::health check(int&, lend::check_kind) { return lend::health::good; }
    std::chrono::seconds idle_limit(const int&) { return std::chrono::seconds(1); }
    void abandon(int&&) {}
    void interrupt(int&) {}
    const char* name(const int&) { return "name"; }
};

struct sealed final {
    using resource = int;
    lend::result<int> create() { return 1; }
    lend::hresult reset(int&) { return lend::hr::s_ok; }
};

TEST(DriverTraits, smallest_driver_has_nothing_but_create) {
    using traits = lend::driver_traits<smallest>;

    static_assert(lend::resource_driver<smallest>);
    static_assert(traits::has_create && traits::says_no_reset);
    static_assert(!traits::has_resource_type && !traits::has_rate && !traits::has_enlist);
    static_assert(!traits::has_reset && !traits::has_destroy && !traits::has_check);
    static_assert(!traits::has_idle_limit && !traits::has_abandon && !traits::has_interrupt);
    static_assert(!traits::has_name && !traits::has_events);
    static_assert(std::is_same_v<traits::resource_type, lend::one_kind>);
}

TEST(DriverTraits, every_member_of_the_largest_driver_is_found) {
    using traits = lend::driver_traits<largest>;

    static_assert(lend::resource_driver<largest>);
    static_assert(traits::has_create && traits::has_resource_type && traits::has_rate);
    static_assert(traits::has_enlist && traits::has_reset && traits::has_destroy);
    static_assert(traits::has_check && traits::has_idle_limit && traits::has_abandon);
    static_assert(traits::has_interrupt && traits::has_name && traits::has_events);
    static_assert(!traits::says_no_reset);
}

TEST(DriverTraits, final_driver_is_looked_into_as_well) {
    static_assert(lend::resource_driver<sealed>);
    static_assert(lend::driver_traits<sealed>::has_reset);
    static_assert(!lend::driver_traits<sealed>::has_destroy);
}

TEST(DriverDefaults, pool_works_with_the_smallest_driver) {
    lend::pool<smallest> pool({}, quiet(1));
    {
        const auto held = pool.acquire();
        ASSERT_TRUE(held);
        EXPECT_EQ(**held, 1);
    }
    EXPECT_EQ(pool.stats().idle, 1U);
    EXPECT_EQ(pool.close(), lend::hr::s_ok);
    EXPECT_EQ(pool.stats().destroyed, 1U);
}

TEST(DriverCalls, failure_or_exception_in_each_call_leaves_the_pool_usable) {
    const struct {
        const char* what;
        void (*plan)(recording&);
    } troubles[] = {
        {"create fails", [](recording& r) { r.create.then(lend::hr::e_fail); }},
        {"create throws", [](recording& r) { r.create.then_throw(); }},
        {"reset fails", [](recording& r) { r.reset.then(lend::hr::e_fail); }},
        {"reset throws", [](recording& r) { r.reset.then_throw(); }},
        {"destroy fails", [](recording& r) { r.destroy.then(lend::hr::e_fail); }},
        {"destroy throws", [](recording& r) { r.destroy.then_throw(); }},
        {"check fails", [](recording& r) { r.check.then(lend::health::broken); }},
        {"check throws", [](recording& r) { r.check.then_throw(); }},
        {"rate fails", [](recording& r) { r.rate.then(101U); }},
        {"rate throws", [](recording& r) { r.rate.then_throw(); }},
        {"idle_limit throws", [](recording& r) { r.idle_limit.then_throw(); }},
    };
    for (const auto& each : troubles) {
        pool_with<with_idle_limit<with_check<typed_recording_driver>>> p(quiet(1));
        each.plan(*p.calls);
        for (int at = 0; at < 3; ++at) {
            if (auto held = p.pool.acquire('a'); held && at == 1) held->discard();
        }

        const auto held = p.pool.acquire('a');

        EXPECT_TRUE(held) << each.what;
        EXPECT_EQ(p.calls->live(), 1) << each.what;
        EXPECT_EQ(p.pool.stats().size, 1U) << each.what;
    }
}

TEST(Rating, compares_by_value) {
    EXPECT_LT(lend::rating(lend::rating::unusable), lend::rating(1));
    EXPECT_EQ(lend::rating(100), lend::rating(lend::rating::perfect));
}

TEST(TransactionId, zero_is_none) {
    EXPECT_FALSE(lend::transaction_id{});
    EXPECT_TRUE(lend::transaction_id{1});
}

} // namespace
