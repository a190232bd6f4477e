// SPDX-License-Identifier: MIT
/// @file
/// The parts of which a holder and its manager are made, by themselves, where the promise of one
/// cannot be seen through the others: they call it only when it has something to do.

#include "support/noted_events.hpp"
#include "support/recording_dispenser.hpp"

#include <lend/com/driver_calls.hpp>
#include <lend/com/holder_base.hpp>
#include <lend/com/id_map.hpp>
#include <lend/com/slot_hints.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>

namespace holder_parts_test {

using namespace lend_test;
using platform = lend::default_platform;

TEST(DriverCalls, after_detach_nothing_is_called_and_nothing_is_reported) {
    recording_dispenser dispenser;
    noted_events events;
    dispenser.AddRef();
    driver_calls<platform> calls(&dispenser, &events);
    calls.detach();
    ASSERT_EQ(dispenser.take_log(), (call_log{"Release"}));

    EXPECT_EQ(calls.destroy(RESID{5}), E_FAIL);
    EXPECT_EQ(calls.destroy(OLESTR("a")), E_FAIL);
    EXPECT_EQ(calls.reset(5), E_FAIL);
    calls.detach();

    EXPECT_EQ(dispenser.take_log(), call_log{});
    EXPECT_EQ(events.take(), call_log{});
    EXPECT_EQ(dispenser.references(), 1U);
}

TEST(IdMap, visits_what_is_known_only) {
    id_map<platform, int> map;
    int seen = 0;
    const auto look = [&](int& value) { seen = value; };
    ASSERT_TRUE(map.claim(5, 50));

    EXPECT_FALSE(map.visit(6, look));
    EXPECT_EQ(seen, 0);
    EXPECT_TRUE(map.visit(5, look));
    EXPECT_EQ(seen, 50);
    EXPECT_TRUE(map.erase(5));
    EXPECT_FALSE(map.visit(5, look));
}

// A holder that says what the test told it to, and whether it was swept.
class told_holder final : public holder_base<platform> {
public:
    bool sweep(platform::time_point) noexcept override {
        ++sweeps;
        return more;
    }
    void end_transaction(TRANSID) noexcept override {}
    void end_object(INSTID) noexcept override {}
    bool try_add_ref() noexcept override {
        if (is_ending) return false;
        ++references;
        return true;
    }
    void give_ref_back() noexcept override { --references; }

    bool more = false;
    bool is_ending = false;
    int sweeps = 0;
    int references = 0;
};

// As much of a slot as hints know.
struct named_slot {
    struct {
        std::atomic<lend::com::RESID> name{0};
    } place;
};

TEST(SlotHints, a_name_is_its_own_slots_or_nobodys_where_every_entry_is_taken) {
    lend::com::slot_hints<platform, named_slot> hints;
    std::array<named_slot, 200> slots;
    for (std::size_t at = 0; at < slots.size(); ++at) {
        slots[at].place.name = at + 1;
        hints.note(at + 1, slots[at], 1); // it is told of too few, so that it does not grow
    }

    std::size_t found = 0;
    for (std::size_t at = 0; at < slots.size(); ++at) {
        named_slot* const seen = hints.find(at + 1);
        EXPECT_TRUE(seen == nullptr || seen == &slots[at]) << at;
        found += seen != nullptr ? 1U : 0U;
    }
    EXPECT_GT(found, 0U);
    for (lend::com::RESID absent = 1'000; absent < 2'000; ++absent) {
        EXPECT_EQ(nullptr, hints.find(absent)) << absent;
    }
}

TEST(ManagerCore, sweeps_every_holder_but_those_that_are_ending) {
    manager_core<platform> core(std::chrono::seconds(10));
    told_holder holders[3];
    for (told_holder& each : holders) core.attach(each);
    holders[1].is_ending = true;

    EXPECT_FALSE(core.sweep(platform::now()));

    EXPECT_EQ(holders[0].sweeps, 1);
    EXPECT_EQ(holders[1].sweeps, 0) << "its last reference is gone";
    EXPECT_EQ(holders[2].sweeps, 1) << "and those behind it have their turn";
    for (told_holder& each : holders) {
        EXPECT_EQ(each.references, 0);
        core.detach(each);
    }
}

TEST(ManagerCore, something_may_expire_later_if_any_holder_says_so) {
    manager_core<platform> core(std::chrono::seconds(10));
    told_holder holders[2];
    for (told_holder& each : holders) core.attach(each);

    for (const bool first : {false, true}) {
        for (const bool second : {false, true}) {
            holders[0].more = first;
            holders[1].more = second;
            EXPECT_EQ(core.sweep(platform::now()), first || second);
        }
    }
    for (const told_holder& each : holders) EXPECT_EQ(each.sweeps, 4);
}

} // namespace holder_parts_test
