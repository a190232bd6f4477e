// SPDX-License-Identifier: MIT
/// @file
/// lend::testing: a plan's faults come where it says, and a fault_driver is the driver inside but
/// for them.

#include "support/leak_guard.hpp"
#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#if !defined(_WIN32)
#include "support/sim_platform.hpp" // whose stacks are POSIX's
#endif

#include <lend/pool.hpp>
#include <lend/testing.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace testing_test {

using namespace std::chrono_literals;
using lend::testing::call;
using lend::testing::fault;
using lend::testing::injected_fault;

using platform = lend_test::manual_clock_platform;
using plan = lend::testing::fault_plan<platform>;

// Has every member that a driver can have, and says what it was asked.
struct full_driver {
    using resource = int;
    using resource_type = std::string;
    struct events {};
    std::vector<std::string>* said;

    lend::result<int> create(const std::string& type) {
        said->push_back("create " + type);
        return 7;
    }
    lend::rating rate(const std::string&, const int&, bool) { return note("rate"), 50U; }
    lend::enlistment enlist(int&, lend::transaction_id) {
        return note("enlist"), lend::enlistment::enlisted;
    }
    lend::hresult reset(int&) { return note("reset"), lend::hr::s_ok; }
    lend::hresult destroy(int&&) { return note("destroy"), lend::hr::s_ok; }
    lend::health check(int&, lend::check_kind) { return note("check"), lend::health::good; }
    lend::health classify(const lend::error&) { return note("classify"), lend::health::good; }
    std::chrono::nanoseconds idle_limit(const int&) { return note("idle_limit"), 5s; }
    void abandon(int&&) { note("abandon"); }
    void interrupt(int&) { note("interrupt"); }

    void note(const char* what) { said->emplace_back(what); }
};

struct least_driver {
    using resource = int;
    using no_reset = void;
    lend::result<int> create() { return 1; }
};

struct named_driver : least_driver {
    std::string_view name(const int&) { return "one"; }
};

template <class Driver>
using traits_of = lend::driver_traits<lend::testing::fault_driver<Driver, platform>>;

static_assert(lend::resource_driver<lend::testing::fault_driver<full_driver, platform>>);
static_assert(lend::resource_driver<lend::testing::fault_driver<least_driver>>);
static_assert(lend::resource_driver<lend::testing::fault_driver<named_driver>>);

TEST(FaultDriver_members, are_those_of_the_driver_inside) {
    using full = traits_of<full_driver>;
    using least = traits_of<least_driver>;

    EXPECT_TRUE(full::has_resource_type && full::has_rate && full::has_enlist && full::has_reset);
    EXPECT_TRUE(full::has_destroy && full::has_check && full::has_classify);
    EXPECT_TRUE(full::has_idle_limit && full::has_abandon && full::has_interrupt);
    EXPECT_TRUE(full::has_events && !full::says_no_reset && !full::has_name);
    EXPECT_FALSE(least::has_resource_type || least::has_rate || least::has_enlist);
    EXPECT_FALSE(least::has_reset || least::has_destroy || least::has_check);
    EXPECT_FALSE(least::has_classify || least::has_idle_limit || least::has_abandon);
    EXPECT_FALSE(least::has_interrupt || least::has_events || least::has_name);
    EXPECT_TRUE(least::says_no_reset);
    EXPECT_TRUE(traits_of<named_driver>::has_name);
}

class FaultPlan : public lend_test::leak_checked {
protected:
    lend_test::manual_clock clock;
    std::vector<std::string> said;
    std::shared_ptr<plan> faults = std::make_shared<plan>();
    lend::testing::fault_driver<full_driver, platform> subject{full_driver{&said}, faults};
    int thing = 7;
};

TEST_F(FaultPlan, lets_everything_pass_where_nothing_is_planned) {
    EXPECT_EQ(*subject.create("red"), 7);
    EXPECT_EQ(subject.rate("red", thing, false).value, 50U);
    EXPECT_EQ(subject.enlist(thing, {}).code, lend::hr::s_ok);
    EXPECT_EQ(subject.reset(thing), lend::hr::s_ok);
    EXPECT_EQ(subject.check(thing, lend::check_kind::active), lend::health::good);
    EXPECT_EQ(subject.classify(lend::error(lend::hr::e_fail)), lend::health::good);
    EXPECT_EQ(subject.idle_limit(thing), 5s);
    subject.interrupt(thing);
    subject.abandon(std::move(thing));
    EXPECT_EQ(subject.destroy(std::move(thing)), lend::hr::s_ok);

    EXPECT_EQ(said, (std::vector<std::string>{"create red", "rate", "enlist", "reset", "check",
                                              "classify", "idle_limit", "interrupt", "abandon",
                                              "destroy"}));
}

TEST_F(FaultPlan, counts_the_calls_of_each_kind) {
    (void)subject.create("red");
    (void)subject.create("blue");
    (void)subject.reset(thing);

    EXPECT_EQ(faults->calls(call::create), 2U);
    EXPECT_EQ(faults->calls(call::reset), 1U);
    EXPECT_EQ(faults->calls(call::destroy), 0U);
    EXPECT_EQ(faults->calls_under_way(), 0U);
}

TEST_F(FaultPlan, nth_call_goes_wrong_and_no_other) {
    faults->at(call::create, 2, fault::error).at(call::create, 3, fault::exception);
    faults->error_code = lend::hr::e_outofmemory;

    EXPECT_TRUE(subject.create("a"));
    EXPECT_EQ(subject.create("b").code(), lend::hr::e_outofmemory);
    EXPECT_THROW((void)subject.create("c"), injected_fault);
    EXPECT_TRUE(subject.create("d"));
    EXPECT_EQ(said, (std::vector<std::string>{"create a", "create d"}));
}

TEST_F(FaultPlan, lasting_fault_ends_when_it_is_healed) {
    faults->from(call::reset, 2, fault::error);
    EXPECT_EQ(subject.reset(thing), lend::hr::s_ok);
    EXPECT_EQ(subject.reset(thing), lend::hr::e_fail);
    EXPECT_EQ(subject.reset(thing), lend::hr::e_fail);

    faults->heal();

    EXPECT_EQ(subject.reset(thing), lend::hr::s_ok);
}

TEST_F(FaultPlan, first_of_several_rules_counts) {
    faults->at(call::reset, 1, fault::error).from(call::reset, 1, fault::exception);

    EXPECT_EQ(subject.reset(thing), lend::hr::e_fail);
    EXPECT_THROW((void)subject.reset(thing), injected_fault);
}

TEST_F(FaultPlan, rule_that_chance_passes_over_leaves_the_call_to_the_next) {
    faults->often(call::reset, 2, fault::error).from(call::reset, 1, fault::exception);
    int errors = 0;
    int thrown = 0;
    for (int at = 0; at < 64; ++at) {
        try {
            EXPECT_EQ(subject.reset(thing), lend::hr::e_fail);
            ++errors;
        } catch (const injected_fault&) {
            ++thrown;
        }
    }
    EXPECT_GT(errors, 0);
    EXPECT_GT(thrown, 0);
}

TEST_F(FaultPlan, one_in_none_is_no_rule) {
    faults->often(call::reset, 0, fault::error);
    for (int at = 0; at < 8; ++at) EXPECT_EQ(subject.reset(thing), lend::hr::s_ok);
}

std::string pattern_of(std::uint64_t seed) {
    const auto faults = std::make_shared<plan>();
    faults->seed(seed).often(call::create, 3, fault::error).often(call::reset, 0, fault::error);
    lend::testing::fault_driver<least_driver, platform> subject({}, faults);
    std::string pattern;
    for (int at = 0; at < 300; ++at) pattern += subject.create() ? '.' : 'x';
    return pattern;
}

TEST_F(FaultPlan, chance_is_the_same_for_the_same_seed) {
    const std::string pattern = pattern_of(42);
    const auto failures = std::count(pattern.begin(), pattern.end(), 'x');

    EXPECT_EQ(pattern_of(42), pattern);
    EXPECT_NE(pattern_of(43), pattern);
    EXPECT_GT(failures, 70);
    EXPECT_LT(failures, 130);
}

TEST_F(FaultPlan, each_call_fails_in_its_own_way) {
    for (const call kind : {call::create, call::rate, call::enlist, call::reset, call::destroy,
                            call::check, call::classify, call::idle_limit, call::interrupt}) {
        faults->from(kind, 1, fault::error);
    }

    EXPECT_EQ(subject.create("a").code(), lend::hr::e_fail);
    EXPECT_EQ(subject.rate("a", thing, false).value, lend::rating::unusable);
    EXPECT_EQ(subject.enlist(thing, {}).code, lend::hr::e_fail);
    EXPECT_EQ(subject.reset(thing), lend::hr::e_fail);
    EXPECT_EQ(subject.check(thing, lend::check_kind::passive), lend::health::broken);
    EXPECT_EQ(subject.classify(lend::error(lend::hr::e_fail)), lend::health::broken);
    EXPECT_EQ(subject.idle_limit(thing), 0s);
    subject.interrupt(thing);
    EXPECT_TRUE(said.empty()) << "the driver inside was asked";
    EXPECT_EQ(subject.destroy(std::move(thing)), lend::hr::e_fail);
    EXPECT_EQ(said, std::vector<std::string>{"destroy"});
}

TEST_F(FaultPlan, each_call_lies_in_its_own_way) {
    for (const call kind : {call::create, call::rate, call::enlist, call::reset, call::destroy,
                            call::check, call::classify, call::idle_limit, call::interrupt}) {
        faults->from(kind, 1, fault::wrong_answer);
    }

    EXPECT_EQ(subject.create("a").code(), lend::hr::e_unexpected);
    EXPECT_GT(subject.rate("a", thing, false).value, lend::rating::perfect);
    EXPECT_EQ(subject.enlist(thing, {}).code, lend::hr::s_false);
    EXPECT_EQ(subject.reset(thing), lend::hr::s_ok);
    EXPECT_EQ(subject.check(thing, lend::check_kind::passive), lend::health::backend_gone);
    EXPECT_EQ(subject.classify(lend::error(lend::hr::e_fail)), lend::health::backend_gone);
    EXPECT_LT(subject.idle_limit(thing), 0s);
    subject.interrupt(thing);
    EXPECT_TRUE(said.empty()) << "the driver inside was asked";
    EXPECT_EQ(subject.destroy(std::move(thing)), lend::hr::s_false);
    EXPECT_EQ(said, std::vector<std::string>{"destroy"});
}

TEST_F(FaultPlan, create_without_types_lies_as_one_with_types_does) {
    lend::testing::fault_driver<least_driver, platform> least{least_driver{}, faults};
    faults->at(call::create, 1, fault::wrong_answer);

    EXPECT_EQ(least.create().code(), lend::hr::e_unexpected);
    EXPECT_EQ(*least.create(), 1);
}

TEST_F(FaultPlan, destroy_and_abandon_that_throw_have_done_their_work) {
    faults->at(call::destroy, 1, fault::exception).at(call::abandon, 1, fault::exception);

    EXPECT_THROW((void)subject.destroy(std::move(thing)), injected_fault);
    EXPECT_THROW(subject.abandon(std::move(thing)), injected_fault);

    EXPECT_EQ(said, (std::vector<std::string>{"destroy", "abandon"}));
    EXPECT_EQ(faults->calls_under_way(), 0U);
}

TEST_F(FaultPlan, hang_and_delay_take_their_virtual_time) {
    faults->at(call::create, 1, fault::hang).at(call::reset, 1, fault::delay);
    const auto before = platform::now();

    EXPECT_TRUE(subject.create("a"));
    EXPECT_EQ(platform::now() - before, 1h);
    EXPECT_EQ(subject.reset(thing), lend::hr::s_ok);
    EXPECT_EQ(platform::now() - before, 1h + 10ms);
}

#if !defined(_WIN32)
TEST(FaultPlanInSimulation, hang_for_ever_ends_when_it_is_released) {
    const auto found = sim::explore(1, 300, {.name = "hang"}, [] {
        const auto faults = std::make_shared<lend::testing::fault_plan<sim::platform>>();
        faults->at(call::create, 1, fault::hang).hang_time = sim::platform::duration::max();
        lend::testing::fault_driver<least_driver, sim::platform> subject({}, faults);
        sim::spawn([&] {
            SIM_CHECK(subject.create().has_value());
            SIM_CHECK(sim::elapsed() == 5s);
        });
        sim::sleep(5s);
        SIM_CHECK(faults->calls_under_way() == 1);
        faults->release_hung();
        sim::join_all();
        SIM_CHECK(faults->calls_under_way() == 0);
    });

    EXPECT_TRUE(found.clean()) << found.message;
}

TEST(FaultPlanInSimulation, chance_is_the_simulations) {
    int failures = 0;
    const auto found = sim::explore(1, 200, {.name = "chance"}, [&] {
        const auto faults = std::make_shared<lend::testing::fault_plan<sim::platform>>();
        faults->often(call::create, 2, fault::error);
        lend::testing::fault_driver<least_driver, sim::platform> subject({}, faults);
        failures += subject.create() ? 0 : 1;
    });

    EXPECT_TRUE(found.clean()) << found.message;
    const auto runs = static_cast<int>(found.runs);
    EXPECT_GT(failures, runs / 5);
    EXPECT_LT(failures, runs * 3 / 2); // each seed runs twice at most
}
#endif

TEST_F(FaultPlan, pool_keeps_its_capacity_whatever_a_call_does) {
    for (const fault what : {fault::error, fault::exception, fault::wrong_answer}) {
        for (const call kind : {call::create, call::reset, call::destroy, call::check}) {
            auto shared = std::make_shared<plan>();
            shared->at(kind, 1, what);
            lend::pool<lend::testing::fault_driver<full_driver, platform>, platform> pool(
                {full_driver{&said}, shared}, lend_test::quiet(1));

            for (int use = 0; use < 3; ++use) {
                if (auto lent = pool.try_acquire("a"); lent && use == 1) lent->discard();
            }

            EXPECT_TRUE(pool.try_acquire("a"))
                << "call " << static_cast<int>(kind) << ", fault " << static_cast<int>(what);
        }
    }
}

TEST(FaultPlanWithoutExceptions, has_an_error_for_an_exception_and_the_rest_as_it_is) {
    using silent = lend::basic_platform<false, true>;
    const auto faults = std::make_shared<lend::testing::fault_plan<silent>>();
    faults->at(call::create, 1, fault::exception).at(call::create, 2, fault::error);
    lend::testing::fault_driver<least_driver, silent> subject({}, faults);

    EXPECT_EQ(subject.create().code(), lend::hr::e_fail);
    EXPECT_EQ(subject.create().code(), lend::hr::e_fail);
    EXPECT_TRUE(subject.create());
}

} // namespace testing_test
