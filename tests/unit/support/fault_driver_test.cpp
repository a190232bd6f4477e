// SPDX-License-Identifier: MIT
/// @file
/// The fault driver: faults come where the board says, and every broken promise is noticed, on the
/// manual clock and in simulation.

#include "support/fault_driver.hpp"
#include "support/leak_guard.hpp"
#include "support/manual_clock_platform.hpp"
#if !defined(_WIN32)
#include "support/sim_platform.hpp" // whose stacks are POSIX's
#endif

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace fault_driver_test {

using namespace std::chrono_literals;
using lend_test::call;
using lend_test::fault;

using platform = lend_test::manual_clock_platform;
using board = lend_test::fault_board<platform>;
using driver = lend_test::fault_driver<platform>;
using resource = driver::resource;

class FaultDriver : public lend_test::leak_checked {
protected:
    lend_test::manual_clock clock;
    std::shared_ptr<board> books = std::make_shared<board>();
    driver subject{books};

    [[nodiscard]] std::string first_violation() const {
        const auto all = books->violations();
        return all.empty() ? "" : all.front();
    }
};

TEST_F(FaultDriver, works_where_nothing_is_planned) {
    auto made = subject.create();
    ASSERT_TRUE(made);
    { const auto used = made->use(); }

    EXPECT_EQ(subject.check(*made, lend::check_kind::active), lend::health::good);
    EXPECT_EQ(subject.reset(*made), lend::hr::s_ok);
    EXPECT_EQ(subject.destroy(std::move(*made)), lend::hr::s_ok);

    EXPECT_EQ(books->live(), 0);
    EXPECT_EQ(books->created(), 1);
    EXPECT_EQ(books->destroyed(), 1);
    EXPECT_EQ(first_violation(), "");
}

TEST_F(FaultDriver, planned_call_goes_wrong_and_no_other) {
    books->at(call::create, 2, fault::error).at(call::create, 3, fault::exception);

    auto first = subject.create();
    EXPECT_TRUE(first);
    EXPECT_EQ(subject.create().code(), lend::hr::e_fail);
    EXPECT_THROW((void)subject.create(), lend_test::injected_fault);
    auto fourth = subject.create();
    EXPECT_TRUE(fourth);

    EXPECT_EQ(books->calls(call::create), 4U);
    (void)subject.destroy(std::move(*first));
    (void)subject.destroy(std::move(*fourth));
}

TEST_F(FaultDriver, lasting_fault_ends_when_it_is_healed) {
    books->from(call::create, 1, fault::error);
    EXPECT_FALSE(subject.create());
    EXPECT_FALSE(subject.create());

    books->heal();
    auto made = subject.create();

    ASSERT_TRUE(made);
    (void)subject.destroy(std::move(*made));
}

TEST_F(FaultDriver, hang_and_delay_take_their_virtual_time) {
    books->at(call::create, 1, fault::hang).at(call::destroy, 1, fault::delay);
    const auto before = platform::now();

    auto made = subject.create();
    const auto hung = platform::now() - before;
    (void)subject.destroy(std::move(*made));

    EXPECT_EQ(hung, 1h);
    EXPECT_EQ(platform::now() - before, 1h + 10ms);
}

TEST_F(FaultDriver, destroy_that_throws_has_destroyed) {
    books->at(call::destroy, 1, fault::exception);
    auto made = subject.create();
    ASSERT_TRUE(made);

    EXPECT_THROW((void)subject.destroy(std::move(*made)), lend_test::injected_fault);

    EXPECT_EQ(books->live(), 0);
    EXPECT_EQ(first_violation(), "");
}

TEST_F(FaultDriver, notices_a_call_with_a_lock_held) {
    platform::mutex mutex;
    const std::lock_guard lock(mutex);

    auto made = subject.create();

    EXPECT_EQ(first_violation(), "a driver call with a lock held (resource 0)");
    made->forget();
}

TEST_F(FaultDriver, notices_two_borrowers_at_once) {
    auto made = subject.create();
    const int number = made->number();
    {
        const auto first = made->use();
        const auto second = made->use();
    }

    (void)subject.destroy(std::move(*made));

    EXPECT_EQ(first_violation().find("a resource is used again"), 0U);
    EXPECT_EQ(number, 1);
}

TEST_F(FaultDriver, notices_use_without_reset_in_between) {
    auto made = subject.create();
    { const auto first = made->use(); }
    EXPECT_EQ(first_violation(), "");

    { const auto second = made->use(); }

    EXPECT_EQ(first_violation(), "a resource is used again without reset (resource 1)");
    (void)subject.destroy(std::move(*made));
}

TEST_F(FaultDriver, notices_a_call_while_someone_uses_the_resource) {
    auto made = subject.create();
    {
        const auto used = made->use();
        (void)subject.reset(*made);
    }

    EXPECT_EQ(first_violation(), "a call for a resource that someone uses (resource 1)");
    (void)subject.destroy(std::move(*made));
}

TEST_F(FaultDriver, notices_a_resource_that_is_destroyed_twice) {
    auto made = subject.create();
    const int number = made->number();
    (void)subject.destroy(std::move(*made));

    (void)subject.destroy(resource(books, number, 0));

    EXPECT_EQ(first_violation(), "a call for a destroyed resource (resource 1)");
}

TEST_F(FaultDriver, notices_a_resource_that_is_dropped) {
    { const auto made = subject.create(); }

    EXPECT_EQ(first_violation(), "a resource is dropped, not destroyed (resource 1)");
}

TEST_F(FaultDriver, answers_of_a_lying_driver_are_out_of_range) {
    lend_test::typed_fault_driver<platform> liar(books);
    auto made = liar.create(1);
    ASSERT_TRUE(made);
    books->from(call::rate, 1, fault::wrong_answer).from(call::create, 1, fault::wrong_answer);

    EXPECT_GT(liar.rate(1, *made, false), lend::rating::perfect);
    EXPECT_EQ(liar.create(1).code(), lend::hr::e_unexpected);

    (void)liar.destroy(std::move(*made));
}

#if !defined(_WIN32)
// ---- the same driver in simulation --------------------------------------------------------------

using sim_board = lend_test::fault_board<sim::platform>;
using sim_driver = lend_test::fault_driver<sim::platform>;

TEST(FaultDriverInSimulation, two_calls_for_one_resource_at_once_are_found) {
    const auto found = sim::find_failure(1, 100, {.name = "overlap"}, [] {
        sim_driver subject(std::make_shared<sim_board>());
        auto made = subject.create();
        sim::spawn([&] { (void)subject.reset(*made); });
        sim::spawn([&] { (void)subject.reset(*made); });
        sim::join_all();
        (void)subject.destroy(std::move(*made));
    });

    EXPECT_EQ(found.message, "two calls for one resource at once (resource 1)");
}

TEST(FaultDriverInSimulation, hung_call_ends_when_it_is_released) {
    const auto found = sim::explore(1, 1'000, {.name = "hang"}, [] {
        const auto books = std::make_shared<sim_board>();
        books->at(call::create, 1, fault::hang);
        books->hang_time = sim::platform::duration::max();
        sim_driver subject(books);
        sim::spawn([&] {
            auto made = subject.create();
            SIM_CHECK(sim::elapsed() == 5s);
            (void)subject.destroy(std::move(*made));
        });
        sim::sleep(5s);
        books->release_hung();
        sim::join_all();
        SIM_CHECK(books->live() == 0);
    });

    EXPECT_TRUE(found.clean()) << found.message;
}

TEST(FaultDriverInSimulation, faults_by_chance_come_in_every_mixture) {
    int failures = 0;
    int exceptions = 0;
    int successes = 0;

    const auto found = sim::explore(1, 300, {.name = "mixture"}, [&] {
        const auto books = std::make_shared<sim_board>();
        books->often(call::create, 4, fault::error).often(call::create, 4, fault::exception);
        sim_driver subject(books);
        try {
            auto made = subject.create();
            ++(made ? successes : failures);
            if (made) (void)subject.destroy(std::move(*made));
        } catch (const lend_test::injected_fault&) {
            ++exceptions;
        }
    });

    EXPECT_TRUE(found.clean()) << found.message;
    const auto runs = static_cast<int>(found.runs);
    EXPECT_GT(failures, runs / 10);
    EXPECT_GT(exceptions, runs / 10);
    EXPECT_GT(successes, runs / 3);
}
#endif

} // namespace fault_driver_test
