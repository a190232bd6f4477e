// SPDX-License-Identifier: MIT
/// @file
/// Every way in which the use of a resource can end, and what an empty lease answers.

#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/lease.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace lease_test {

using namespace lend_test;
namespace hr = lend::hr;

using lease = lend::lease<recording_driver>;

class Lease : public testing::Test {
protected:
    lease take() { return *pool.acquire(); }

    std::shared_ptr<recording> calls = std::make_shared<recording>();
    lend::pool<recording_driver> pool{recording_driver(calls), quiet(2)};
};

TEST_F(Lease, destructor_gives_the_resource_back) {
    { const lease held = take(); }

    EXPECT_EQ(calls->log(), "create() reset(1)");
    EXPECT_EQ(pool.stats().idle, 1U);
}

TEST_F(Lease, release_gives_it_back_once) {
    lease held = take();

    EXPECT_EQ(held.release(), hr::s_ok);
    EXPECT_EQ(held.release(), hr::lend_e_stale);

    EXPECT_EQ(calls->log(), "create() reset(1)");
}

TEST_F(Lease, release_says_that_the_resource_could_not_be_reset) {
    calls->reset.then(hr::e_fail);
    lease held = take();

    EXPECT_EQ(held.release(), hr::s_false);

    EXPECT_EQ(calls->log(), "create() reset(1) destroy(1)");
}

TEST_F(Lease, discard_destroys_without_reset_and_returns_the_drivers_answer) {
    calls->destroy.then(hr::s_ok).then(hr::e_accessdenied).then_throw();
    lease a = take();
    EXPECT_EQ(a.discard(), hr::s_ok);
    EXPECT_EQ(a.discard(), hr::lend_e_stale);
    lease b = take();
    EXPECT_EQ(b.discard(), hr::e_accessdenied);
    lease c = take();
    EXPECT_EQ(c.discard(), hr::e_fail);

    EXPECT_EQ(calls->log(), "create() destroy(1) create() destroy(2) create() destroy(3)");
    EXPECT_EQ(pool.stats().size, 0U);
}

TEST_F(Lease, detach_takes_the_resource_out_alive) {
    lease held = take();

    auto out = held.detach();

    ASSERT_TRUE(out);
    EXPECT_EQ(out->number(), 1);
    EXPECT_FALSE(held);
    EXPECT_EQ(held.detach().code(), hr::lend_e_stale);
    EXPECT_EQ(calls->log(), "create()");
    EXPECT_EQ(pool.stats().size, 0U);
    EXPECT_EQ(pool.stats().detached, 1U);
}

TEST_F(Lease, lease_that_an_exception_ends_is_destroyed_not_reused) {
    try {
        const lease held = take();
        throw std::runtime_error("out");
    } catch (const std::runtime_error&) {
    }

    EXPECT_EQ(calls->log(), "create() destroy(1)");
    EXPECT_EQ(pool.stats().closed_for(lend::destroy_reason::poisoned), 1U);
}

TEST_F(Lease, release_during_unwinding_gives_back) {
    struct releasing {
        lease held;
        ~releasing() { held.release(); }
    };
    try {
        const releasing one{take()};
        throw std::runtime_error("out");
    } catch (const std::runtime_error&) {
    }

    EXPECT_EQ(calls->log(), "create() reset(1)");
}

TEST_F(Lease, empty_lease_answers_every_call_and_calls_nothing) {
    lease empty;

    EXPECT_FALSE(empty);
    EXPECT_EQ(empty.id(), 0U);
    EXPECT_EQ(empty.release(), hr::lend_e_stale);
    EXPECT_EQ(empty.discard(), hr::lend_e_stale);
    EXPECT_EQ(empty.detach().code(), hr::lend_e_stale);
    EXPECT_EQ(calls->log(), "");
}

TEST_F(Lease, moved_from_lease_is_empty) {
    lease from = take();
    const auto id = from.id();

    lease to = std::move(from);

    EXPECT_FALSE(from);
    EXPECT_EQ(from.release(), hr::lend_e_stale);
    EXPECT_EQ(to.id(), id);
    EXPECT_EQ(to->number(), 1);
    EXPECT_EQ((*to).number(), 1);
}

TEST_F(Lease, assignment_ends_what_was_held) {
    lease a = take();
    lease b = take();

    a = std::move(b);

    EXPECT_EQ(calls->log(), "create() create() reset(1)");
    EXPECT_EQ(a->number(), 2);
    EXPECT_FALSE(b);
}

TEST_F(Lease, assignment_to_itself_changes_nothing) {
    lease a = take();
    lease& same = a;

    a = std::move(same);

    EXPECT_TRUE(a);
    EXPECT_EQ(calls->log(), "create()");
}

TEST_F(Lease, failed_acquire_holds_no_lease_that_could_be_used) {
    calls->create.then(hr::e_fail);
    {
        const auto failed = pool.acquire();
        EXPECT_FALSE(failed);
    }
    EXPECT_EQ(calls->log(), "create()");
    EXPECT_DEATH((void)*lend::result<lease>(hr::e_fail), "a failed result was used");
}

TEST(LeaseType, is_move_only_and_no_more_than_a_pointer_and_a_number) {
    static_assert(std::is_nothrow_move_constructible_v<lease>);
    static_assert(std::is_nothrow_move_assignable_v<lease>);
    static_assert(!std::is_copy_constructible_v<lease>);
    static_assert(sizeof(lease) <= sizeof(void*) + sizeof(std::uint64_t));
}

// A resource without the driver's destroy ends by its own destructor, once.
struct raii_driver {
    using resource = std::shared_ptr<int>;
    using no_reset = void;
    resource made = std::make_shared<int>(7);
    lend::result<resource> create() { return made; }
};

TEST(LeaseType, resource_without_a_destroy_ends_by_its_destructor) {
    raii_driver driver;
    const std::weak_ptr<int> seen = driver.made;
    lend::pool<raii_driver> pool(std::move(driver), quiet());
    auto held = pool.acquire();
    ASSERT_TRUE(held);
    EXPECT_EQ(seen.use_count(), 2);

    held->discard();

    EXPECT_EQ(seen.use_count(), 1);
}

} // namespace lease_test
