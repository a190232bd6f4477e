// SPDX-License-Identifier: MIT
/// @file
/// Every method of a dispenser, with every fault, at every place of a scenario that uses all that a
/// holder can do: the n-th call fails, throws, hangs or lies, for n = 1, 2, ... until there is no
/// n-th, alone and with all later ones. And the end of a holder in every combination of what it
/// has.

#include "planned_dispenser.hpp"

#include <lend/com/basic_dispenser_manager.hpp>
#include <lend/com/basic_holder.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace dispenser_faults_test {

using namespace std::chrono_literals;
using namespace lend_test;
using std::chrono::nanoseconds;

using platform = sim::platform;
using holder_type = basic_holder<platform>;
using manager_type = basic_dispenser_manager<platform, holder_type>;
using scope = basic_caller_scope<platform>;

constexpr RESTYPID kind = 7;
constexpr TRANSID tx = 101;
constexpr INSTID object = 3;
constexpr RESID untouched = ~RESID{0};
const constSRESID text_name = OLESTR("by name");

// A manager, a dispenser and its holder.
class shop {
public:
    explicit shop(const holder_options& chosen = {}) : manager(manager_type::make()) {
        SIM_CHECK(manager != nullptr);
        holder_options options = chosen;
        options.events = &dispenser;
        dispenser.AddRef();
        SIM_CHECK(manager->register_dispenser(&dispenser, OLESTR("shop"), options, &holder) ==
                  S_OK);
    }
    shop(const shop&) = delete;
    shop& operator=(const shop&) = delete;
    ~shop() {
        if (holder != nullptr) holder->Release();
        manager->Release();
    }

    HRESULT alloc(RESID& out_id, TRANSID transaction = 0, INSTID who = 0) {
        const scope in(who, transaction);
        out_id = untouched;
        const HRESULT code = holder->AllocResource(kind, &out_id);
        SIM_CHECK(SUCCEEDED(code) == (out_id != untouched));
        return code;
    }
    RESID track(TRANSID transaction = 0) {
        const RESID id = dispenser.make();
        const scope in(object, transaction);
        if (FAILED(holder->TrackResource(id))) dispenser.things[id].alive = false; // its maker's
        return id;
    }

    planned_dispenser dispenser;
    manager_type* manager;
    holder_type* holder = nullptr;
};

struct planted {
    method where;
    fault what;
    std::uint64_t nth;
    bool for_ever;
    lie falsehood;
};

class scenario {
public:
    explicit scenario(const planted& one) : one_(one) {
        shop_.dispenser.falsehood = one.falsehood;
        shop_.dispenser.plan(one.where, one.what, one.nth, one.for_ever);
    }

    void operator()() {
        shop_.dispenser.anchor = alloc();
        const auto bystander = sim::spawn(
            [this] {
                while (!over_) {
                    sim::sleep(3s);
                    give_back(alloc());
                }
            },
            "bystander");
        borrow();
        borrow_in_a_transaction();
        watch();
        grow_old();
        serve_again();
        over_ = true;
        sim::join(bystander);
        judge();
        (void)alloc(); // still lent at the end
        within([&] { return shop_.holder->Close(); });
        SIM_CHECK(shop_.dispenser.alive() == shop_.dispenser.disowned_ones());
        SIM_CHECK(shop_.dispenser.disowned_ones() == lent_);
        SIM_CHECK(shop_.dispenser.strings == 0 && shop_.dispenser.references == 1);
    }

    [[nodiscard]] bool happened() const {
        return (one_.for_ever ? healed_after_ : shop_.dispenser.calls(one_.where)) >= one_.nth;
    }

private:
    // No call takes time but that of the dispenser's calls on the very thread.
    template <class Call>
    HRESULT within(const Call& what) {
        const auto begun = sim::elapsed();
        const auto spent = shop_.dispenser.spent_here();
        const HRESULT code = what();
        SIM_CHECK(sim::elapsed() - begun == shop_.dispenser.spent_here() - spent);
        return code;
    }

    // 0 if there is none: then the dispenser has said why, and the caller is told so.
    RESID alloc(TRANSID transaction = 0, INSTID who = 0) {
        RESID id = 0;
        const HRESULT code = within([&] { return shop_.alloc(id, transaction, who); });
        if (SUCCEEDED(code)) {
            SIM_CHECK(shop_.dispenser.things.at(id).alive);
            ++lent_;
            return id;
        }
        SIM_CHECK(one_.where == method::create || one_.where == method::enlist);
        if (one_.what == fault::error) SIM_CHECK(code == planned_dispenser::planned_code);
        if (one_.what == fault::exception) SIM_CHECK(code == E_FAIL);
        if (one_.what == fault::wrong_answer) SIM_CHECK(code == E_INVALIDARG);
        SIM_CHECK(one_.what != fault::hang);
        return 0;
    }
    void give_back(RESID id) {
        if (id == 0) return;
        --lent_;
        SIM_CHECK(within([&] { return shop_.holder->FreeResource(id); }) == S_OK);
    }

    void borrow() {
        const RESID first = alloc();
        const RESID second = alloc();
        give_back(first);
        const RESID third = alloc(); // rates
        give_back(second);
        give_back(third);
        const RESID wanted_gone = alloc();
        if (wanted_gone == 0) return;
        --lent_;
        const HRESULT code =
            within([&] { return shop_.holder->RequestDestroyResource(wanted_gone); });
        SIM_CHECK(code == S_OK || (code == E_FAIL && one_.where == method::destroy));
    }

    void borrow_in_a_transaction() {
        const RESID first = alloc(tx);
        const RESID second = alloc(tx);
        give_back(first);
        const RESID again = alloc(tx);
        give_back(second);
        give_back(again);
        (void)within([&] {
            shop_.manager->end_transaction(tx);
            return S_OK;
        });
        const RESID outside = alloc(); // is taken out of the transaction
        give_back(outside);
        const RESID of_object = alloc(0, object);
        if (of_object == 0) return;
        --lent_;
        (void)within([&] {
            shop_.manager->end_object(object);
            return S_OK;
        });
    }

    void watch() {
        const RESID one = shop_.track();
        (void)shop_.track(tx);
        const auto name_it = [&] {
            ++shop_.dispenser.strings;
            SIM_CHECK(shop_.holder->TrackResourceS(text_name) == S_OK);
        };
        name_it();
        const HRESULT code = within([&] { return shop_.holder->UntrackResource(one, TRUE); });
        SIM_CHECK(code == S_OK || (code == E_FAIL && one_.where == method::destroy));
        const HRESULT text =
            within([&] { return shop_.holder->UntrackResourceS(text_name, TRUE); });
        SIM_CHECK(text == S_OK || (text == E_FAIL && one_.where == method::destroy_s));
        name_it(); // for Close
    }

    // The manager's thread destroys.
    void grow_old() {
        shop_.dispenser.secs = 1;
        const RESID first = alloc();
        const RESID second = alloc();
        give_back(first);
        give_back(second);
        shop_.dispenser.secs = -1;
        sim::sleep(25s);
    }

    void serve_again() {
        healed_after_ = shop_.dispenser.calls(one_.where);
        if (one_.for_ever) shop_.dispenser.heal();
        sim::sleep(2 * shop_.dispenser.hang_time);
        std::vector<RESID> all;
        for (int at = 0; at < 4; ++at) {
            RESID id = alloc();
            if (id == 0) id = alloc(); // that was the one that went wrong
            SIM_CHECK(id != 0);
            all.push_back(id);
        }
        for (const RESID each : all) give_back(each);
    }

    // What goes wrong is reported.
    void judge() {
        if (!happened()) return;
        const bool fails = one_.what == fault::error || one_.what == fault::exception;
        if (!fails) return;
        if (one_.where == method::reset) SIM_CHECK(shop_.dispenser.reset_failures > 0);
        if (one_.where == method::destroy) SIM_CHECK(shop_.dispenser.destroy_failures > 0);
        if (one_.where == method::destroy_s) SIM_CHECK(shop_.dispenser.destroy_failures > 0);
    }

    static holder_options chosen() {
        holder_options options;
        options.reclaim_at_object_end = true;
        return options;
    }

    const planted one_;
    shop shop_{chosen()};
    bool over_ = false;
    std::size_t lent_ = 0;
    std::uint64_t healed_after_ = 0; // so many calls of the kind that went wrong
};

constexpr std::array method_names{"CreateResource", "RateResource",    "EnlistResource",
                                  "ResetResource",  "DestroyResource", "DestroyResourceS"};
constexpr std::array fault_names{"none", "error", "exception", "hang", "delay", "wrong_answer"};

sim::options exact() {
    sim::options how{.name = "dispenser faults"};
    how.early_jump_one_in = 0;
    how.max_steps = 400'000;
    return how;
}

bool run(const planted& one, std::uint64_t seed) {
    bool happened = false;
    const sim::outcome once = sim::run(seed, exact(), [&] {
        scenario it(one);
        it();
        happened = it.happened();
    });
    EXPECT_FALSE(once.failed) << one.nth << (one.for_ever ? " and later: " : ": ")
                              << fault_names.at(static_cast<std::size_t>(one.what)) << ", seed "
                              << seed << ": " << once.message;
    return happened && !once.failed;
}

std::uint64_t each_place(planted one, std::uint64_t seed) {
    one.nth = 1;
    while (run(one, seed)) ++one.nth;
    return one.nth - 1;
}

class DispenserFaults : public testing::TestWithParam<method> {};

TEST_P(DispenserFaults, are_survived_at_every_place) {
    for (const fault what : {fault::error, fault::exception, fault::hang, fault::wrong_answer}) {
        for (const lie falsehood : {lie::no_name, lie::name_of_another}) {
            for (const bool for_ever : {false, true}) {
                for (std::uint64_t seed = 1; seed <= 2; ++seed) {
                    EXPECT_GT(each_place({GetParam(), what, 1, for_ever, falsehood}, seed), 0U);
                    if (HasFailure()) return;
                }
            }
            if (what != fault::wrong_answer || GetParam() != method::create) break;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(of,
                         DispenserFaults,
                         testing::ValuesIn(all_methods),
                         [](const testing::TestParamInfo<method>& each) {
                             return method_names.at(static_cast<std::size_t>(each.param));
                         });

// ---- the end of a holder ----------------------------------------------------------------------

// What a holder has, and what goes on in it, when it ends.
struct mix {
    explicit mix(unsigned bits)
        : lent((bits & 1U) != 0), lent_in_transaction((bits & 2U) != 0), parked((bits & 4U) != 0),
          condemned((bits & 8U) != 0), tracked((bits & 16U) != 0), creating((bits & 32U) != 0),
          resetting((bits & 64U) != 0), expiring((bits & 128U) != 0) {}

    bool lent;
    bool lent_in_transaction;
    bool parked;
    bool condemned; ///< and parked
    bool tracked;   ///< by number, in a transaction and in none, and by name
    bool creating;
    bool resetting;
    bool expiring; ///< the manager's thread destroys

    static constexpr unsigned all = 256;
};

enum class ending : std::uint8_t { close, last_release };

class holder_end {
public:
    holder_end(mix what, ending how) : what_(what), how_(how) {}

    void operator()() {
        begin();
        how_ == ending::close ? close() : release();
        sim::join_spawned();
        planned_dispenser& d = shop_.dispenser;
        sim::sleep(2 * d.hang_time); // the manager's thread may be the last one inside
        SIM_CHECK(d.strings == 0);
        SIM_CHECK(d.references == 1); // given back, once
        // What is still alive is with somebody, and was reported.
        SIM_CHECK(d.alive() == d.disowned_ones());
        SIM_CHECK(d.disowned_ones() == (destroys_lent_ ? 0 : lent_));
        SIM_CHECK(answers_ == (what_.creating ? 1 : 0) + (what_.resetting ? 1 : 0));
    }

private:
    RESID take(TRANSID transaction = 0) {
        RESID id = 0;
        SIM_CHECK(shop_.alloc(id, transaction) == S_OK);
        return id;
    }
    void put_back(RESID id) { SIM_CHECK(shop_.holder->FreeResource(id) == S_OK); }

    void begin() {
        planned_dispenser& d = shop_.dispenser;
        const RESID reset = what_.resetting ? take() : 0;
        const RESID parked = what_.parked ? take(tx) : 0;
        const RESID condemned = what_.condemned ? take(tx) : 0;
        if (what_.lent) (void)take();
        if (what_.lent_in_transaction) (void)take(tx);
        lent_ = (what_.lent ? 1U : 0U) + (what_.lent_in_transaction ? 1U : 0U);
        if (what_.expiring) {
            d.secs = 1;
            d.plan(method::destroy, fault::hang, 1, false);
            put_back(take());
            d.secs = -1;
            sim::sleep(10s); // until it hangs
        }
        if (parked != 0) put_back(parked);
        if (condemned != 0) {
            put_back(condemned);
            SIM_CHECK(shop_.holder->RequestDestroyResource(condemned) == S_OK);
        }
        if (what_.tracked) {
            (void)shop_.track();
            const RESID doomed = shop_.track(tx);
            SIM_CHECK(shop_.holder->UntrackResource(doomed, TRUE) == S_OK);
            ++d.strings;
            SIM_CHECK(shop_.holder->TrackResourceS(text_name) == S_OK);
        }
        if (what_.creating) sim::spawn([this] { create(); }, "creates");
        if (what_.resetting) sim::spawn([this, reset] { reset_one(reset); }, "resets");
        sim::sleep(10ms); // until they hang
    }

    // Close waits for it; then the caller has it, as one of those who had one before.
    void create() {
        planned_dispenser& d = shop_.dispenser;
        d.plan(method::create, fault::hang, d.calls(method::create) + 1, false);
        d.plan(method::rate, fault::hang, d.calls(method::rate) + 1, false);
        RESID id = 0;
        const HRESULT code = shop_.alloc(id);
        SIM_CHECK(code == S_OK || code == E_FAIL);
        if (code == S_OK) ++lent_;
        ++answers_;
    }
    void reset_one(RESID id) {
        planned_dispenser& d = shop_.dispenser;
        d.plan(method::reset, fault::hang, d.calls(method::reset) + 1, false);
        SIM_CHECK(shop_.holder->FreeResource(id) == S_OK);
        ++answers_;
    }

    void close() {
        const auto begun = sim::elapsed();
        SIM_CHECK(shop_.holder->Close() == S_OK);
        SIM_CHECK(sim::elapsed() - begun <= 2 * shop_.dispenser.hang_time);
        RESID id = 0;
        SIM_CHECK(shop_.alloc(id) == E_FAIL);
        SIM_CHECK(shop_.holder->Close() == S_OK);
    }
    // Whoever is inside ends it.
    void release() { std::exchange(shop_.holder, nullptr)->Release(); }

    [[nodiscard]] holder_options chosen() const {
        holder_options options;
        options.destroy_lent_at_close = destroys_lent_;
        return options;
    }

    const mix what_;
    const ending how_;
    const bool destroys_lent_ = sim::one_in(2);
    shop shop_{chosen()};
    std::size_t lent_ = 0;
    int answers_ = 0;
};

void end_each(ending how) {
    for (unsigned bits = 0; bits < mix::all; ++bits) {
        const auto found = sim::explore(1, 10, exact(), [&] { holder_end(mix(bits), how)(); });
        ASSERT_TRUE(found.clean()) << "combination " << bits << ": " << found.message;
    }
}

TEST(HolderShutdown, Close_ends_every_combination_of_what_there_is) { end_each(ending::close); }

TEST(HolderShutdown, last_Release_ends_every_combination_of_what_there_is) {
    end_each(ending::last_release);
}

} // namespace dispenser_faults_test
