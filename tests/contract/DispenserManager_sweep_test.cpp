// SPDX-License-Identifier: MIT
/// @file
/// The dispenser manager's background thread: idle resources are destroyed when their own time is
/// over, at the next of the sweeps, which come every ten seconds.

#include "world.hpp"

#include <atomic>
#include <thread>

namespace dispensermanager_sweep_test {

using namespace lend_test;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

LEND_CONTRACT_SUITE(DispenserManager_sweep);

TYPED_TEST(DispenserManager_sweep, destroys_once_what_was_idle_for_its_timeout) {
    this->dispenser.secs = 120;
    this->stock(1);

    this->sweep_after(milliseconds(119'999));
    EXPECT_EQ(this->log(), call_log{}) << "not before";
    this->sweep_after(milliseconds(1));
    EXPECT_EQ(this->log(), (call_log{"Destroy(10)"}));
    this->sweep_after(hours(1));
    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(DispenserManager_sweep, every_resource_has_its_own_timeout) {
    this->dispenser.secs = 20;
    const RESID a = this->alloc();
    this->dispenser.secs = 5;
    const RESID b = this->alloc();
    this->dispenser.secs = 60;
    const RESID c = this->alloc();
    for (const RESID id : {a, b, c}) this->free(id);
    static_cast<void>(this->log());

    EXPECT_TRUE(this->sweep_after(seconds(10)));
    EXPECT_EQ(this->log(), (call_log{"Destroy(11)"}));
    EXPECT_TRUE(this->sweep_after(seconds(10)));
    EXPECT_EQ(this->log(), (call_log{"Destroy(10)"}));
    EXPECT_FALSE(this->sweep_after(seconds(40)));
    EXPECT_EQ(this->log(), (call_log{"Destroy(12)"}));
}

TYPED_TEST(DispenserManager_sweep, the_clock_starts_when_the_resource_is_freed) {
    this->dispenser.secs = 30;
    const RESID id = this->alloc();
    this->sweep_after(hours(1));
    this->free(id);

    this->sweep_after(seconds(29));
    EXPECT_EQ(this->dispenser.count("Destroy"), 0U);

    this->free(this->alloc()); // used again: starts again
    this->sweep_after(seconds(29));
    EXPECT_EQ(this->dispenser.count("Destroy"), 0U);
    this->sweep_after(seconds(1));
    EXPECT_EQ(this->dispenser.count("Destroy(10)"), 1U);
}

TYPED_TEST(DispenserManager_sweep, losing_a_contest_does_not_start_the_clock_again) {
    this->dispenser.secs = 30;
    this->stock(1);
    TestFixture::platform::advance(seconds(20));
    this->dispenser.ratings = {{10, 0}};
    this->alloc();

    this->sweep_after(seconds(10));

    EXPECT_EQ(this->dispenser.count("Destroy(10)"), 1U);
}

TYPED_TEST(DispenserManager_sweep, negative_or_unwritten_is_for_ever) {
    this->dispenser.secs = -5;
    const RESID a = this->alloc();
    this->dispenser.secs = -2; // the dispenser does not write it
    const RESID b = this->alloc();
    this->free(a);
    this->free(b);
    static_cast<void>(this->log());

    EXPECT_FALSE(this->sweep_after(hours(24 * 365)));
    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(DispenserManager_sweep, what_is_in_use_never_expires) {
    this->dispenser.secs = 1;
    this->alloc();
    static_cast<void>(this->log());

    this->sweep_after(hours(1));

    EXPECT_EQ(this->log(), call_log{});
}

TYPED_TEST(DispenserManager_sweep, the_enlisted_inventory_waits_for_its_transaction) {
    this->dispenser.secs = 10;
    {
        const typename TestFixture::scope in(object1, tx1);
        this->free(this->alloc());
    }
    static_cast<void>(this->log());

    EXPECT_TRUE(this->sweep_after(hours(1)));
    EXPECT_EQ(this->log(), call_log{});
    this->manager->end_transaction(tx1);
    EXPECT_EQ(this->log(), call_log{}) << "the end of the transaction calls nothing";
    this->sweep_after(milliseconds(0));
    EXPECT_EQ(this->log(), (call_log{"Destroy(10)"})) << "its time counts from when it was freed";
}

TYPED_TEST(DispenserManager_sweep, a_failure_of_DestroyResource_is_not_tried_again) {
    this->dispenser.secs = 1;
    this->stock(1);
    this->dispenser.destroy_result = E_FAIL;

    this->sweep_after(seconds(1));
    this->sweep_after(seconds(10));

    EXPECT_EQ(this->log(), (call_log{"Destroy(10)"}));
    EXPECT_EQ(this->alloc(), 11U);
}

TYPED_TEST(DispenserManager_sweep, reaches_every_holder) {
    this->dispenser.secs = 1;
    IHolder* other = this->registered();
    RESID id = 0;
    ASSERT_EQ(other->AllocResource(kind, &id), S_OK);
    ASSERT_EQ(other->FreeResource(id), S_OK);
    this->free(this->alloc());

    this->sweep_after(seconds(1));

    EXPECT_EQ(this->dispenser.count("Destroy"), 2U);
    other->Release();
}

TYPED_TEST(DispenserManager_sweep, the_thread_starts_with_the_first_that_can_expire) {
    this->free(this->alloc());
    EXPECT_EQ(manual_platform::threads_wanted, 0);

    this->dispenser.ratings = {{10, 0}};
    this->dispenser.secs = 60;
    const RESID id = this->alloc();
    EXPECT_EQ(manual_platform::threads_wanted, 1);
    this->free(id);
    EXPECT_EQ(manual_platform::threads_wanted, 1) << "to free a resource takes no memory";
}

TEST(DispenserManager_period, is_10_seconds_by_default) {
    EXPECT_EQ(default_sweep_period, seconds(10));
}

} // namespace dispensermanager_sweep_test
