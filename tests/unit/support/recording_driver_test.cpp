// SPDX-License-Identifier: MIT
/// @file
/// The recording driver: the log reads as the calls were made, and scripted answers come in order.

#include "support/recording_driver.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace recording_driver_test {

using lend_test::recording;
using lend_test::recording_driver;
using lend_test::typed_recording_driver;

TEST(RecordingDriver, log_reads_as_the_calls_were_made) {
    const auto calls = std::make_shared<recording>();
    lend_test::with_check<typed_recording_driver> driver(calls);

    auto made = driver.create('a');
    ASSERT_TRUE(made);
    (void)driver.rate('a', *made, false);
    (void)driver.enlist(*made, lend::transaction_id{7});
    (void)driver.check(*made, lend::check_kind::passive);
    (void)driver.reset(*made);
    (void)driver.destroy(std::move(*made));

    EXPECT_EQ(calls->take_log(), "create(a) rate(a,1) enlist(1,7) check(1) reset(1) destroy(1)");
    EXPECT_EQ(calls->log(), "");
    EXPECT_EQ(calls->live(), 0);
}

TEST(RecordingDriver, scripted_answers_come_in_order_and_then_the_default) {
    const auto calls = std::make_shared<recording>();
    recording_driver driver(calls);
    calls->create.then(lend::hr::e_fail).then_throw();

    EXPECT_EQ(driver.create().code(), lend::hr::e_fail);
    EXPECT_THROW((void)driver.create(), lend_test::told_to_throw);
    const auto made = driver.create();

    ASSERT_TRUE(made);
    EXPECT_EQ(made->number(), 1);
    EXPECT_EQ(calls->live(), 1);
}

TEST(RecordingDriver, resource_of_another_type_is_rated_unusable) {
    typed_recording_driver driver(std::make_shared<recording>());
    const auto made = driver.create('a');
    ASSERT_TRUE(made);

    EXPECT_EQ(driver.rate('a', *made, false), lend::rating::perfect);
    EXPECT_EQ(driver.rate('b', *made, false), lend::rating::unusable);
}

} // namespace recording_driver_test
