// SPDX-License-Identifier: MIT
/// @file
/// The steps of a slot of an ordered inventory that are taken without a lock, one slot alone: who
/// has found it by a number that meanwhile is another's is to be refused.

#include <lend/com/foreign_driver.hpp>
#include <lend/detail/affinity.hpp>
#include <lend/platform.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>

namespace ordered_slots_test {

using platform = lend::default_platform;
using core = lend::detail::core<lend::com::foreign_driver<platform>, platform>;
using affinity = lend::detail::affinity<core>;
using word = lend::detail::lending_word;

class OrderedSlots : public testing::Test {
protected:
    OrderedSlots() { lend_as(7); }

    void lend_as(std::uintptr_t name) {
        // Relaxed: there is one thread.
        slot.place.name.store(name, std::memory_order_relaxed);
        slot.word.lend(word::count_of(slot.word.peek()) | word::in_use | word::lent);
    }

    core::slot_type slot;
};

TEST_F(OrderedSlots, what_is_lent_is_taken_back_once) {
    EXPECT_TRUE(affinity::is_lent(slot.word.see()));

    EXPECT_TRUE(affinity::take_back(slot, 7));

    EXPECT_FALSE(affinity::is_lent(slot.word.see()));
    EXPECT_FALSE(affinity::take_back(slot, 7));
}

TEST_F(OrderedSlots, what_has_another_name_by_now_is_not_taken_back) {
    EXPECT_FALSE(affinity::take_back(slot, 8));
    EXPECT_TRUE(affinity::is_lent(slot.word.see()));

    EXPECT_TRUE(affinity::take_back(slot, 7));
}

TEST_F(OrderedSlots, each_lending_has_a_word_of_its_own) {
    const word::type first = slot.word.see();
    ASSERT_TRUE(affinity::take_back(slot, 7));

    lend_as(7);

    EXPECT_NE(first, slot.word.see());
}

TEST_F(OrderedSlots, what_is_doomed_is_not_taken_back) {
    // Relaxed: there is one thread.
    slot.place.doomed.store(true, std::memory_order_relaxed);

    EXPECT_FALSE(affinity::take_back(slot, 7));
}

} // namespace ordered_slots_test
