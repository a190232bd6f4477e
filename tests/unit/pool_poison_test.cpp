// SPDX-License-Identifier: MIT
/// @file
/// Resources that are not lent again: because of an error that a borrower reported, or an exception
/// that ended a lease.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace pool_poison_test {

using namespace lend_test;
namespace hr = lend::hr;
using lend::destroy_reason;
using lend::health;

// Says what it makes of an error by the driver's code of it: 1 good, 2 broken, 3 all are gone.
struct classifying_driver : recording_driver {
    using recording_driver::recording_driver;
    health classify(const lend::error& met) {
        calls().call("classify(" + std::to_string(met.driver_code()) + ')');
        switch (met.driver_code()) {
        case 1:
            return health::good;
        case 2:
            return health::broken;
        case 3:
            return health::backend_gone;
        default:
            throw told_to_throw();
        }
    }
};

using plain = pool_with<recording_driver>;
using classifying = pool_with<classifying_driver>;

lend::error met(std::int64_t driver_code) { return {hr::e_fail, "met", driver_code}; }

// ---- report -------------------------------------------------------------------------------------

TEST(LeaseReport, broken_resource_is_destroyed_when_its_lease_ends_and_not_before) {
    classifying p(quiet());
    auto held = p.pool.acquire();

    EXPECT_EQ(held->report(met(2)), health::broken);
    EXPECT_EQ((*held)->number(), 1); // still the borrower's
    EXPECT_EQ(p.calls->log(), "create() classify(2)");
    EXPECT_EQ(held->release(), hr::s_false);

    EXPECT_EQ(p.calls->log(), "create() classify(2) destroy(1)"); // and no reset
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::poisoned), 1U);
    EXPECT_EQ(p.pool.stats().condemned, 1U);
}

TEST(LeaseReport, what_says_nothing_of_the_resource_changes_nothing) {
    classifying p(quiet());
    auto held = p.pool.acquire();

    EXPECT_EQ(held->report(met(1)), health::good);

    EXPECT_EQ(held->release(), hr::s_ok);
    EXPECT_EQ(p.calls->log(), "create() classify(1) reset(1)");
}

TEST(LeaseReport, one_bad_error_is_enough) {
    classifying p(quiet());
    auto held = p.pool.acquire();

    EXPECT_EQ(held->report(met(2)), health::broken);
    EXPECT_EQ(held->report(met(1)), health::good);
    EXPECT_EQ(held->report(met(2)), health::broken);

    EXPECT_EQ(held->release(), hr::s_false);
    EXPECT_EQ(p.pool.stats().condemned, 1U);
}

TEST(LeaseReport, poison_holds_for_every_end_of_the_lease) {
    classifying p(quiet());
    {
        auto held = p.pool.acquire();
        (void)held->report(met(2));
        const auto moved = std::move(*held); // the poison goes with the resource
    }
    EXPECT_EQ(p.calls->live(), 0);
    auto held = p.pool.acquire();
    (void)held->report(met(2));
    (void)held->discard();

    EXPECT_EQ(p.calls->live(), 0);
    EXPECT_EQ(p.pool.stats().size, 0U);
}

TEST(LeaseReport, backend_that_is_gone_takes_the_older_ones_along) {
    classifying p(quiet());
    auto oldest = p.pool.acquire();
    auto older = p.pool.acquire();
    auto teller = p.pool.acquire();
    auto younger = p.pool.acquire();
    older->release();
    (void)p.calls->take_log();

    EXPECT_EQ(teller->report(met(3)), health::backend_gone);
    EXPECT_EQ(p.calls->take_log(), "classify(3) destroy(2)"); // idle: now

    EXPECT_EQ(oldest->release(), hr::s_false); // lent: when it comes back
    EXPECT_EQ(teller->release(), hr::s_false);
    EXPECT_EQ(younger->release(), hr::s_ok);
    EXPECT_EQ(p.calls->take_log(), "destroy(1) destroy(3) reset(4)");
    const auto stats = p.pool.stats();
    EXPECT_EQ(stats.closed_for(destroy_reason::backend_gone), 2U);
    EXPECT_EQ(stats.closed_for(destroy_reason::poisoned), 1U);
    EXPECT_EQ(stats.outages, 1U);
}

TEST(LeaseReport, classifier_that_throws_says_broken) {
    classifying p(quiet());
    auto held = p.pool.acquire();

    EXPECT_EQ(held->report(met(99)), health::broken);

    EXPECT_EQ(held->release(), hr::s_false);
}

TEST(LeaseReport, without_a_classifier_every_error_poisons_but_lends_own) {
    plain p(quiet());
    auto held = p.pool.acquire();

    EXPECT_EQ(held->report(hr::lend_e_timed_out), health::good);
    EXPECT_EQ(held->report(hr::lend_e_exhausted), health::good);
    EXPECT_EQ(held->release(), hr::s_ok);
    held = p.pool.acquire();
    EXPECT_EQ(held->report(hr::e_fail), health::broken);

    EXPECT_EQ(held->release(), hr::s_false);
}

TEST(LeaseReport, empty_lease_has_nothing_to_lose) {
    classifying p(quiet());
    auto held = p.pool.acquire();
    held->release();

    EXPECT_EQ(held->report(met(2)), health::good);

    EXPECT_EQ(p.calls->log(), "create() reset(1)");
}

TEST(LeaseReport, closed_pools_driver_is_asked_nothing) {
    classifying p(quiet());
    auto held = p.pool.acquire();
    EXPECT_EQ(p.pool.close(), hr::s_ok);

    EXPECT_EQ(held->report(met(1)), health::broken);

    EXPECT_EQ(held->release(), hr::s_false);
    EXPECT_EQ(p.calls->log(), "create() destroy(1)");
}

TEST(LeaseReport, resource_that_was_condemned_before_keeps_its_reason) {
    classifying p(quiet());
    auto held = p.pool.acquire();
    EXPECT_EQ(p.pool.destroy(held->id()), hr::s_false);

    EXPECT_EQ(held->report(met(2)), health::broken);

    EXPECT_EQ(held->release(), hr::s_false);
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::requested), 1U);
    EXPECT_EQ(p.pool.stats().condemned, 1U);
}

TEST(LeaseReport, waiter_is_not_given_what_is_poisoned) {
    const manual_clock clock;
    pool_with<classifying_driver, manual_clock_platform> p(quiet(1));
    auto held = p.pool.acquire();
    struct share {
        decltype(p)* with;
        int number = 0;
    } got{&p};
    ASSERT_TRUE(manual_clock_platform::start_thread(
        "waiter",
        [](void* raw) {
            auto& mine = *static_cast<share*>(raw);
            mine.number = (*mine.with->pool.acquire())->number();
        },
        &got));
    manual_clock::settle();
    (void)held->report(met(2));

    held->release();
    manual_clock::settle();

    EXPECT_EQ(got.number, 2);
}

// ---- unwinding ----------------------------------------------------------------------------------

template <class Pool>
void throw_while_holding(Pool& pool) {
    try {
        const auto held = pool.acquire();
        throw std::runtime_error("in the middle");
    } catch (const std::runtime_error&) {
    }
}

// 6: in-doubt resource handed out after a cancel in the middle of an operation.
TEST(FailureMode, 06_what_an_exception_ended_is_not_lent_again) {
    plain p(quiet());

    throw_while_holding(p.pool);
    const auto next = p.pool.acquire();

    EXPECT_EQ(p.calls->log(), "create() destroy(1) create()");
    EXPECT_EQ((*next)->number(), 2);
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::poisoned), 1U);
}

TEST(FailureMode, 06_what_an_exception_ended_is_reset_at_least_where_that_is_wished) {
    auto options = quiet();
    options.poison_on_unwind = false;
    pool_with<with_check<recording_driver>> p(options);

    throw_while_holding(p.pool);
    const auto next = p.pool.acquire();

    EXPECT_EQ(p.calls->log(), "create() check(1) reset(1) check(1)");
    EXPECT_EQ((*next)->number(), 1);
}

TEST(FailureMode, 06_what_cannot_be_reset_after_an_exception_is_destroyed) {
    auto options = quiet();
    options.poison_on_unwind = false;
    plain p(options);
    p.calls->reset.then(hr::e_fail);

    throw_while_holding(p.pool);

    EXPECT_EQ(p.calls->log(), "create() reset(1) destroy(1)");
}

// Gives back what it holds while an exception unwinds the stack that it stands on.
template <class Lease>
void release_while_unwinding(Lease lease) {
    struct guard {
        Lease held;
        ~guard() { (void)held.release(); }
    };
    try {
        const guard one{std::move(lease)};
        throw std::runtime_error("in the middle");
    } catch (const std::runtime_error&) {
    }
}

TEST(FailureMode, 72_exception_of_one_borrower_destroys_nothing_of_others) {
    plain p(quiet(1));
    auto held = p.pool.acquire();
    int served = 0;
    for (int at = 0; at < 5; ++at) {
        p.pool.acquire_async({}, [&](const auto& lease) { served += lease ? 1 : 0; });
    }

    release_while_unwinding(*std::move(held)); // the callbacks run on this stack

    EXPECT_EQ(served, 5);
    EXPECT_EQ(p.calls->log(), "create() reset(1) reset(1) reset(1) reset(1) reset(1) reset(1)");
    EXPECT_EQ(p.pool.stats().closed_for(destroy_reason::poisoned), 0U);
}

TEST(FailureMode, 72_exception_of_its_own_destroys_what_a_callback_holds) {
    plain p(quiet(1));
    auto held = p.pool.acquire();
    p.pool.acquire_async({}, [&](auto lease) {
        try {
            const auto mine = *std::move(lease);
            throw std::runtime_error("in the callback");
        } catch (const std::runtime_error&) {
        }
    });

    release_while_unwinding(*std::move(held));

    EXPECT_EQ(p.calls->log(), "create() reset(1) destroy(1)");
}

TEST(PoolPoison, lease_that_is_released_in_time_is_not_poisoned_by_an_exception) {
    plain p(quiet());
    try {
        auto held = p.pool.acquire();
        held->release();
        throw std::runtime_error("afterwards");
    } catch (const std::runtime_error&) {
    }

    EXPECT_EQ(p.calls->log(), "create() reset(1)");
}

} // namespace pool_poison_test
