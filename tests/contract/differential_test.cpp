// SPDX-License-Identifier: MIT
/// @file
/// The pool's engine against the reference holder: random calls, dispensers that rate, fail and
/// answer at random, the same for both. Every result and every call of the dispenser is compared;
/// not the order in which several resources are destroyed in one step, which nobody promises.
/// Ends of objects are left out: they free several resources in no particular order.

#include "world.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <set>

namespace differential_test {

using namespace lend_test;

// One holder and its dispenser, driven by numbers.
template <class World>
class side {
public:
    using platform = typename World::platform;
    using manager_type = basic_dispenser_manager<platform, typename World::holder>;

    side() {
        holder_options options;
        options.events = &events;
        dispenser.AddRef();
        EXPECT_EQ(manager->register_dispenser(&dispenser, nullptr, options, &holder), S_OK);
    }
    side(const side&) = delete;
    side& operator=(const side&) = delete;
    ~side() {
        holder->Release();
        manager->Release();
        EXPECT_EQ(dispenser.references(), 1U);
        EXPECT_EQ(dispenser.mistakes(), call_log{});
    }

    // What one step did, in words: its result, the calls it made, the events it told.
    call_log step(std::uint32_t what, std::uint32_t pick, std::uint32_t dice) {
        set_answers(dice);
        const basic_caller_scope<platform> in(201 + pick % 2, dice % 3 == 0 ? 0 : 100 + dice % 3);
        call_log said{run(what, pick, dice)};
        const bool any_order = what >= 12;
        for (call_log log : {dispenser.take_log(), events.take()}) {
            if (any_order) std::sort(log.begin(), log.end());
            said.insert(said.end(), log.begin(), log.end());
        }
        return said;
    }

private:
    void set_answers(std::uint32_t dice) {
        const auto fails = [&](std::uint32_t bit) {
            return (dice >> (8U + 3U * bit)) % 8U == 0 ? E_FAIL : S_OK;
        };
        dispenser.create_result = fails(0);
        dispenser.reset_result = fails(1);
        dispenser.destroy_result = fails(2);
        dispenser.enlist_result = dice % 7 == 0 ? S_FALSE : fails(3);
        dispenser.leave_result = fails(4);
        dispenser.rate_result = dice % 31 == 0 ? E_FAIL : S_OK;
        dispenser.secs = static_cast<TIMEINSECS>(dice % 5) - 2;
        dispenser.gives_same_id = dice % 29 == 0;
        for (RESID id = 10; id < dispenser.next_id; ++id) {
            constexpr RESOURCERATING table[] = {0, 1, 2, 50, 100, 101};
            dispenser.ratings[id] = table[(id * 2654435761U + dice) % 6];
        }
    }

    std::string run(std::uint32_t what, std::uint32_t pick, std::uint32_t dice) {
        const RESID some = 10 + pick % (dispenser.next_id - 8); // known, gone, or not yet made
        RESID id = untouched;
        const auto code = [](HRESULT hr) { return std::to_string(static_cast<std::uint32_t>(hr)); };
        if (what < 5) return "alloc " + code(holder->AllocResource(7, &id)) + std::to_string(id);
        if (what < 8) return "free " + code(holder->FreeResource(some));
        if (what == 8) return "request " + code(holder->RequestDestroyResource(some));
        if (what == 9) return "track " + code(track(500 + pick % 4));
        if (what == 10) return "untrack " + code(untrack(500 + pick % 4, dice % 2 != 0));
        if (what == 11) return "track some " + code(track(some));
        if (what == 12) return end_transaction(100 + pick % 3);
        return manager->sweep(platform::now()) ? "sweep, more" : "sweep";
    }

    HRESULT track(RESID id) {
        const bool is_new = dispenser.alive().count(id) == 0;
        if (is_new) dispenser.made(id);
        const HRESULT code = holder->TrackResource(id);
        if (is_new && FAILED(code)) dispenser.ended(id);
        return code;
    }
    HRESULT untrack(RESID id, bool destroy) {
        const HRESULT code = holder->UntrackResource(id, destroy ? TRUE : FALSE);
        if (code == S_OK && !destroy) dispenser.ended(id);
        return code;
    }
    std::string end_transaction(TRANSID transaction) {
        manager->end_transaction(transaction);
        return "end of transaction";
    }
    recording_dispenser dispenser;
    noted_events events;
    manager_type* manager = manager_type::make();
    typename World::holder* holder = nullptr;
};

TEST(Holder_on_the_engine, answers_and_calls_like_the_reference_whatever_happens) {
    constexpr std::uint32_t seeds = 400;
    constexpr int steps = 250;
    for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
        std::mt19937 random(seed);
        side<reference_world> reference;
        side<engine_world> engine;
        for (int at = 0; at < steps; ++at) {
            const auto what = static_cast<std::uint32_t>(random() % 14);
            const auto pick = static_cast<std::uint32_t>(random());
            const auto dice = static_cast<std::uint32_t>(random());
            manual_platform::advance(std::chrono::milliseconds(dice % 900));
            const call_log expected = reference.step(what, pick, dice);
            ASSERT_EQ(engine.step(what, pick, dice), expected)
                << "seed " << seed << ", step " << at;
        }
    }
}

} // namespace differential_test
