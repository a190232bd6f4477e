// SPDX-License-Identifier: MIT
/// @file
/// What every contract test stands on: a manager on a clock that the test moves, one recording
/// dispenser, one holder. Written against the interfaces alone and run over every holder there is.

#ifndef LEND_TEST_CONTRACT_WORLD_HPP
#define LEND_TEST_CONTRACT_WORLD_HPP

#include "support/manual_platform.hpp"
#include "support/noted_events.hpp"
#include "support/recording_dispenser.hpp"
#include "support/reference_holder.hpp"

#include <lend/com/basic_dispenser_manager.hpp>
#include <lend/com/basic_holder.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

namespace lend_test {

/// A holder class under test, and its name in the list of tests.
struct engine_world {
    using platform = manual_platform;
    using holder = basic_holder<platform>;
    static constexpr const char* name = "engine";
};

struct reference_world {
    using platform = manual_platform;
    using holder = reference_holder<platform>;
    static constexpr const char* name = "reference";
};

using worlds = ::testing::Types<reference_world, engine_world>;

struct world_names {
    template <class World>
    static std::string GetName(int) {
        return World::name;
    }
};

/// One kind of resource, and what a test calls its transactions and objects.
inline constexpr RESTYPID kind = 7;
inline constexpr TRANSID tx1 = 101;
inline constexpr TRANSID tx2 = 102;
inline constexpr INSTID object1 = 201;
inline constexpr INSTID object2 = 202;
/// What out-parameters are set to, to see whether they were written.
inline constexpr RESID untouched = 999;

template <class World>
class contract : public ::testing::Test {
public:
    using platform = typename World::platform;
    using manager_type = basic_dispenser_manager<platform, typename World::holder>;
    using scope = basic_caller_scope<platform>;

    contract() : manager(manager_type::make()) {
        manual_platform::threads_wanted = 0;
        holder = registered();
    }

    ~contract() override {
        dispenser.on_call = nullptr;
        dispenser.reset_result = S_OK;
        give_back_what_is_lent();
        if (holder != nullptr) holder->Release();
        if (manager != nullptr) manager->Release();
        EXPECT_EQ(dispenser.references(), 1U) << "the dispenser was not released, or too often";
        EXPECT_EQ(dispenser.mistakes(), call_log{});
        EXPECT_EQ(dispenser.alive(), disowned) << "resources leaked";
    }

    /// A holder of the test's dispenser, to be released by whoever asked.
    IHolder* registered(const holder_options& options = {}) {
        dispenser.AddRef();
        typename World::holder* made = nullptr;
        EXPECT_EQ(manager->register_dispenser(&dispenser, OLESTR("test"), options, &made), S_OK);
        return made;
    }

    /// Replaces the fixture's holder by one with options.
    void use(const holder_options& options) {
        holder->Release();
        holder = registered(options);
        static_cast<void>(dispenser.take_log());
    }

    /// The same, by one that tells `events` what happens.
    void use_events() {
        holder_options options;
        options.events = &events;
        use(options);
    }

    RESID alloc(RESTYPID type = kind) {
        RESID id = untouched;
        EXPECT_EQ(holder->AllocResource(type, &id), S_OK);
        return id;
    }

    HRESULT try_alloc(RESID& id) {
        id = untouched;
        return holder->AllocResource(kind, &id);
    }

    void free(RESID id) { EXPECT_EQ(holder->FreeResource(id), S_OK); }

    /// Allocates and frees as many, so that they are free; the last one freed is offered first.
    void stock(int count) {
        std::vector<RESID> ids;
        const auto ratings = std::exchange(dispenser.ratings, {});
        for (int at = 0; at < count; ++at) ids.push_back(alloc());
        for (auto at = ids.rbegin(); at != ids.rend(); ++at) free(*at);
        dispenser.ratings = ratings;
        static_cast<void>(dispenser.take_log());
    }

    bool sweep_after(std::chrono::milliseconds later) {
        platform::advance(later);
        return manager->sweep(platform::now());
    }

    call_log log() { return dispenser.take_log(); }

    void give_back_what_is_lent() {
        if (holder == nullptr) return;
        for (const RESID id : dispenser.alive()) static_cast<void>(holder->FreeResource(id));
    }

    recording_dispenser dispenser;
    noted_events events;
    manager_type* manager;
    IHolder* holder = nullptr;
    /// What the test expects to be alive when everything is over.
    std::set<RESID> disowned;
};

} // namespace lend_test

/// Declares a suite named after a page, run over every holder.
#define LEND_CONTRACT_SUITE(page)                                                                  \
    template <class World>                                                                         \
    class page : public ::lend_test::contract<World> {};                                           \
    TYPED_TEST_SUITE(page, ::lend_test::worlds, ::lend_test::world_names)

#endif // LEND_TEST_CONTRACT_WORLD_HPP
