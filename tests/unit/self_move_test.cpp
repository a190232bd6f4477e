// SPDX-License-Identifier: MIT
/// @file
/// What owns something keeps it when it is moved to itself, as a sort or a swap of an element with
/// itself does. `hygiene.headers` finds a move assignment that does not look.

#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/com/dispenser.hpp>
#include <lend/error.hpp>
#include <lend/handle_table.hpp>
#include <lend/keyed_pool.hpp>
#include <lend/pool.hpp>
#include <lend/result.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace self_move_test {

using namespace lend_test;
namespace hr = lend::hr;

// In a function, because compilers warn of what is written out.
template <class T>
void move_to_itself(T& object) {
    T& same = object;
    object = std::move(same);
}

TEST(SelfMove, pool_stays_open) {
    pool_with<recording_driver> p(quiet());
    { const auto held = p.pool.acquire(); }

    move_to_itself(p.pool);

    EXPECT_TRUE(p.pool.acquire());
    EXPECT_EQ(p.calls->log(), "create() reset(1) reset(1)");
}

struct keyed_driver {
    using resource = int;
    using no_reset = void;
    static lend::result<int> create(int key) { return key; }
};

TEST(SelfMove, keyed_pool_stays_open) {
    lend::keyed_pool<int, keyed_driver> pool(keyed_driver{}, quiet());

    move_to_itself(pool);

    EXPECT_TRUE(pool.acquire(1));
}

TEST(SelfMove, lease_goes_on) {
    pool_with<recording_driver> p(quiet());
    auto held = p.pool.acquire().value();

    move_to_itself(held);

    ASSERT_TRUE(held);
    EXPECT_EQ(held->number(), 1);
    EXPECT_EQ(held.release(), hr::s_ok);
}

TEST(SelfMove, table_and_pin_keep_their_object) {
    using table_type = lend::handle_table<std::string>;
    auto table = table_type::make().value();
    const auto number = table.insert("kept").value();

    move_to_itself(table);
    ASSERT_TRUE(table.contains(number));
    auto pin = table.find(number);
    move_to_itself(pin);

    ASSERT_TRUE(pin);
    EXPECT_EQ(*pin, "kept");
}

TEST(SelfMove, result_and_error_keep_what_they_say) {
    lend::result<std::string> good = std::string(100, 'x');
    lend::result<std::string> bad = lend::error(hr::e_fail, "why");
    lend::error why(hr::e_fail, "why");

    move_to_itself(good);
    move_to_itself(bad);
    move_to_itself(why);

    EXPECT_EQ(good.value(), std::string(100, 'x'));
    EXPECT_EQ(bad.error().text(), "why");
    EXPECT_EQ(why.text(), "why");
}

} // namespace self_move_test
