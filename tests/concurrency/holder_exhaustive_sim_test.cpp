// SPDX-License-Identifier: MIT
/// @file
/// The holder under every schedule of something small: two users with three operations each, of
/// AllocResource, FreeResource, RequestDestroyResource and Close, and at most two pre-emptions.

#include "support/sim_platform.hpp"

#include <lend/com/basic_dispenser_manager.hpp>
#include <lend/com/basic_holder.hpp>
#include <lend/com/dispenser_driver.hpp>
#include <lend/com/holder_options.hpp>
#include <lend/com/macros.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <initializer_list>
#include <utility>
#include <vector>

namespace holder_exhaustive_sim_test {

using namespace lend::com; // NOLINT(google-build-using-namespace): the contract's own spelling

using holder_type = basic_holder<sim::platform>;
using manager_type = basic_dispenser_manager<sim::platform, holder_type>;

// What became of a resource.
struct fate {
    bool alive = false;
    bool settled = false; // it was lent once
    bool lent = false;
    bool called = false;     // the dispenser is being called for it
    bool is_dooming = false; // somebody wishes its destruction
    bool doomed = false;     // and was answered
};

// A dispenser of resources that all are perfect, and what it sees of them.
class small_dispenser final : public IDispenserDriver {
public:
    STDMETHODIMP QueryInterface(REFIID, void** out) override {
        *out = nullptr;
        return E_NOINTERFACE;
    }
    STDMETHODIMP_(ULONG) AddRef() override { return 2; }
    STDMETHODIMP_(ULONG) Release() override {
        ++released;
        return 1;
    }

    STDMETHODIMP CreateResource(RESTYPID, RESID* out_id, TIMEINSECS*) override {
        expect_open();
        SIM_CHECK(made < fates.size());
        *out_id = ++made;
        of(made).alive = true;
        return S_OK;
    }
    STDMETHODIMP RateResource(RESTYPID, RESID id, BOOL, RESOURCERATING* out) override {
        const call inside(*this, id);
        SIM_CHECK(!of(id).lent);
        *out = 100;
        return S_OK;
    }
    STDMETHODIMP EnlistResource(RESID, TRANSID) override { return S_FALSE; }
    STDMETHODIMP ResetResource(RESID id) override {
        const call inside(*this, id);
        SIM_CHECK(of(id).lent);
        of(id).lent = false;
        return S_OK;
    }
    STDMETHODIMP DestroyResource(RESID id) override {
        const call inside(*this, id);
        SIM_CHECK(!of(id).lent || of(id).is_dooming || closed);
        of(id).alive = of(id).lent = false;
        return S_OK;
    }
    STDMETHODIMP DestroyResourceS(constSRESID) override { return E_FAIL; }

    fate& of(RESID id) { return fates.at(static_cast<std::size_t>(id) - 1); }

    RESID made = 0;
    std::array<fate, 8> fates{};
    bool closed = false; // somebody has begun to
    unsigned released = 0;

private:
    // One at a time for each resource, and none after the end.
    class call {
    public:
        call(small_dispenser& of, RESID id) : mine_(of.of(id)) {
            of.expect_open();
            SIM_CHECK(mine_.alive && !mine_.called);
            mine_.called = true;
            sim::point();
        }
        call(const call&) = delete;
        call& operator=(const call&) = delete;
        ~call() { mine_.called = false; }

    private:
        fate& mine_;
    };
    void expect_open() const {
        SIM_CHECK(released == 0);
        SIM_CHECK(sim::platform::locks_held() == 0);
    }
};

// One user, who has at most one resource.
class user {
public:
    user(small_dispenser& dispenser, IHolder& holder) : dispenser_(dispenser), holder_(holder) {}

    void alloc() {
        const auto before = dispenser_.fates;
        RESID id = 0;
        const HRESULT code = holder_.AllocResource(1, &id);
        if (code != S_OK) {
            SIM_CHECK(code == E_FAIL && dispenser_.closed);
            return;
        }
        fate& mine = dispenser_.of(id);
        SIM_CHECK(!mine.lent && !before[static_cast<std::size_t>(id) - 1].doomed);
        SIM_CHECK(mine.alive || mine.is_dooming || dispenser_.closed);
        mine.settled = true;
        mine.lent = mine.alive;
        id_ = id;
    }
    void free() {
        if (id_ == 0) return;
        const HRESULT code = holder_.FreeResource(id_);
        const bool is_robbed = code == E_INVALIDARG && dispenser_.of(id_).is_dooming;
        SIM_CHECK(code == S_OK || is_robbed || (code == E_FAIL && dispenser_.closed));
        id_ = 0;
    }
    // The first resource, whoever has it.
    void request() {
        if (dispenser_.made == 0) return;
        fate& first = dispenser_.of(1);
        const bool is_known = first.settled; // else the holder may be making it still
        first.is_dooming = true;
        const HRESULT code = holder_.RequestDestroyResource(1);
        SIM_CHECK(code == S_OK || (code == E_INVALIDARG && !(is_known && first.alive)) ||
                  (code == E_FAIL && dispenser_.closed));
        first.doomed = code == S_OK;
    }
    void close() {
        dispenser_.closed = true;
        SIM_CHECK(holder_.Close() == S_OK);
    }

private:
    small_dispenser& dispenser_;
    IHolder& holder_;
    RESID id_ = 0;
};

using plan = std::function<void(user&)>;

void run_users(std::initializer_list<plan> plans) {
    small_dispenser dispenser;
    manager_type* const manager = manager_type::make();
    SIM_CHECK(manager != nullptr);
    holder_type* holder = nullptr;
    SIM_CHECK(manager->register_dispenser(&dispenser, OLESTR("small"), {}, &holder) == S_OK);
    std::vector<sim::fiber_ref> fibers;
    for (const plan& each : plans) {
        fibers.push_back(sim::spawn([&dispenser, holder, &each] {
            user someone(dispenser, *holder);
            each(someone);
        }));
    }
    for (const sim::fiber_ref each : fibers) sim::join(each);
    for (const fate& each : dispenser.fates) SIM_CHECK(!each.alive || !each.doomed);
    dispenser.closed = true;
    holder->Release();
    manager->Release();
    sim::join_all();
    SIM_CHECK(dispenser.released == 1);
    for (RESID id = 1; id <= dispenser.made; ++id) {
        const fate& each = dispenser.of(id);
        SIM_CHECK(!each.alive ||
                  (each.lent && !each.doomed)); // what is lent at the end is disowned
    }
}

constexpr std::uint64_t most_runs = sim::most_runs(1'500'000);

void explore_all(const char* name, std::initializer_list<plan> plans) {
    const sim::options how{.name = name, .max_preemptions = 2};
    const sim::findings found = sim::explore_all(how, most_runs, [&] { run_users(plans); });
    EXPECT_EQ(found.message, "") << name;
    EXPECT_TRUE(found.complete || !sim::searches_all) << name;
    std::printf("%s: %llu schedules, %s\n", name, static_cast<unsigned long long>(found.runs),
                found.complete ? "all" : "not all");
}

TEST(HolderSimExhaustive, two_users_of_three_operations) {
    const plan goes_round = [](user& u) {
        u.alloc();
        u.free();
        u.alloc();
    };
    const plan dooms = [](user& u) {
        u.alloc();
        u.request();
        u.free();
    };
    const plan closes = [](user& u) {
        u.alloc();
        u.free();
        u.close();
    };
    explore_all("two go round", {goes_round, goes_round});
    explore_all("one goes round, one dooms", {goes_round, dooms});
    explore_all("one goes round, one closes", {goes_round, closes});
    explore_all("one dooms, one closes", {dooms, closes});
}

} // namespace holder_exhaustive_sim_test
