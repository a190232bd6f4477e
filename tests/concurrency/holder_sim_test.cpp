// SPDX-License-Identifier: MIT
/// @file
/// The holder under random schedules: several users at once, in transactions and in none, who free
/// and destroy their own resources and other people's; a dispenser that fails, lies, hangs and
/// calls back; and the rules of IHolder checked at every call.

#include "support/holder_world.hpp"
#include "support/sim_platform.hpp"

#include <lend/com/basic_dispenser_manager.hpp>
#include <lend/com/basic_holder.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace holder_sim_test {

using namespace std::chrono_literals;
using namespace lend_test;
using std::chrono::nanoseconds;

using platform = sim::platform;
using holder_type = basic_holder<platform>;
using manager_type = basic_dispenser_manager<platform, holder_type>;
using scope = basic_caller_scope<platform>;

// What a family of runs may contain. The rest is drawn run by run.
struct family {
    unsigned faults = 0; ///< 0: none; else calls go wrong up to once in so many
    bool lies = false;   ///< ids that are 0 or taken
    bool hangs = false;
    bool nests = false;   ///< the dispenser calls the holder
    bool meddles = false; ///< users end uses of others, by ids that may be stale
    bool closes = false;  ///< somebody closes the holder while others use it
    bool numbers = true;  ///< every thread has a number; else some have none
    enum : std::uint8_t { all, objects, requests, front } focus = all; ///< what users do
};

using holding = holder_world::holding;

// A call of a user as long as it runs.
class noted_call {
public:
    explicit noted_call(holder_world& world) : world_(world) {
        call.below = std::exchange(world.here(), &call);
        call.began = world.tick();
    }
    noted_call(const noted_call&) = delete;
    noted_call& operator=(const noted_call&) = delete;
    ~noted_call() {
        if (call.lie != 0) --world_.id(call.lie).lies;
        world_.here() = call.below;
    }

    user_call call;

private:
    holder_world& world_;
};

// One fiber's view of the holder.
class user {
public:
    user(holder_world& world,
         sim_dispenser& dispenser,
         manager_type& manager,
         IHolder& holder,
         unsigned number,
         const family& f)
        : world_(world), dispenser_(dispenser), manager_(manager), holder_(&holder),
          instance_(number), family_(f) {}

    [[nodiscard]] bool is_there() const noexcept { return holder_ != nullptr; }

    void step() {
        if (!is_there()) return;
        switch (draw_step()) {
        case 0:
        case 1:
        case 2:
        case 3:
        case 4:
        case 5:
            if (holdings_.size() < 3) alloc();
            break;
        case 6:
        case 7:
        case 8:
        case 9:
            if (!world_.handed_over.empty() && sim::one_in(2)) {
                free_one(take_from(world_.handed_over));
            } else if (!holdings_.empty()) {
                free_one(take_from(holdings_));
            }
            break;
        case 10:
            if (!holdings_.empty()) request_own();
            break;
        case 11:
            if (family_.meddles) meddle();
            break;
        case 12:
            track();
            break;
        case 13:
            untrack();
            break;
        case 14:
            track_string();
            break;
        case 15:
        case 16:
            end_transaction();
            break;
        case 17:
            if (world_.here() == nullptr) end_object();
            break;
        case 18:
            sweep();
            break;
        default:
            if (world_.here() == nullptr) sim::sleep(draw_pause());
            break;
        }
    }

    void close() {
        if (!is_there()) return;
        world_.close_begun = true;
        ++world_.closers;
        world_.closed_by_call = true;
        SIM_CHECK(holder_->Close() == S_OK);
        --world_.closers;
        if (world_.closers == 0) SIM_CHECK(world_.released == 1);
    }

    void release(unsigned& references) {
        if (!is_there()) return;
        if (--references == 0) world_.close_begun = true;
        std::exchange(holder_, nullptr)->Release();
        // The call that this one stands in needs the holder until it leaves.
        if (world_.here() != nullptr && !world_.closed_by_call) SIM_CHECK(world_.released == 0);
    }

    void free_all() {
        while (is_there() && !holdings_.empty()) free_one(take_from(holdings_));
    }

private:
    static nanoseconds draw_pause() {
        constexpr nanoseconds pauses[] = {1us, 30us, 5ms, 900ms, 2s, 11s};
        return pauses[sim::choose(6)];
    }

    // The number of a case of `step`.
    [[nodiscard]] unsigned draw_step() const {
        constexpr unsigned objects[] = {0, 0, 0, 6, 6, 17};
        constexpr unsigned requests[] = {0, 0, 0, 6, 6, 11};
        constexpr unsigned front[] = {0, 0, 6, 6, 11, 18};
        if (family_.focus == family::objects) return objects[sim::choose(6)];
        if (family_.focus == family::requests) return requests[sim::choose(6)];
        if (family_.focus == family::front) return front[sim::choose(6)];
        return sim::choose(20);
    }

    [[nodiscard]] TRANSID draw_transaction() const {
        if (family_.focus != family::all) return 0;
        const unsigned at = sim::choose(3);
        if (at == 2 || !world_.transactions[at].open) return 0;
        return world_.transactions[at].id;
    }

    void alloc() {
        const TRANSID transaction = draw_transaction();
        scope in(instance_, transaction);
        const bool aborting = transaction != 0 && sim::one_in(16);
        if (aborting) in.set_aborting();
        noted_call noted(world_);
        const user_call& call = noted.call;
        constexpr RESID untouched = ~RESID{0};
        RESID id = untouched;
        const HRESULT code = holder_->AllocResource(1 + sim::choose(2), &id);
        if (code == S_OK) {
            SIM_CHECK(!aborting);
            lent(id, transaction, call);
            return;
        }
        SIM_CHECK(id == untouched);
        SIM_CHECK(FAILED(code));
        if (aborting) {
            SIM_CHECK(code == E_FAIL);
            SIM_CHECK(call.callbacks == 0);
            return;
        }
        const bool refused = code == E_INVALIDARG && (call.gave_zero || call.lie != 0);
        const bool closed = code == E_FAIL && world_.close_begun;
        SIM_CHECK(refused || closed || code == call.failure);
    }

    void lent(RESID id, TRANSID transaction, const user_call& call) {
        if (id == call.lie) world_.id(id).muddled = true;
        resource_record& r = world_.resource(id);
        world_.must(!r.doomed || r.called_at < r.doomed_at, id, "lent though doomed");
        const bool has_ended = world_.close_begun && !r.alive; // by a Close since it was lent
        if (has_ended || world_.meddled_since(id, call.began) ||
            world_.object_ended_since(instance_, call.began)) {
            r.doubtful = true;
            holdings_.push_back({id, 0, instance_}); // somebody may have freed it already
            return;
        }
        world_.must(r.alive, id, "lent after its end");
        world_.must(!r.bad, id, "lent after a failure");
        world_.must(!r.tracked, id, "tracked, and lent");
        world_.must(!r.lent, id, "lent to two borrowers");
        world_.must(!r.doomed || r.doomed_at > call.began, id, "lent again though doomed");
        if (transaction == 0) {
            world_.must(!r.must_leave, id, "in a transaction that its borrower is not in");
        } else if (world_.is_open(transaction)) {
            world_.must(r.enlisted == transaction || call.declined == id, id, "not enlisted");
        }
        r.lent = true;
        r.settled = true;
        r.owner = instance_;
        if (sim::one_in(3))
            world_.handed_over.push_back({id, call.began, instance_});
        else
            holdings_.push_back({id, call.began, instance_});
    }

    static holding take_from(std::vector<holding>& all) {
        const std::size_t at = sim::choose(static_cast<unsigned>(all.size()));
        const holding taken = all[at];
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(at));
        return taken;
    }

    void free_one(const holding& mine) {
        // Where objects give back what they have, a free on behalf of another may come too late.
        const bool late = world_.options.reclaim_at_object_end &&
                          (mine.owner != instance_ || world_.object_ends[instance_].under_way > 0);
        if (late || world_.meddled_since(mine.id, mine.since)) {
            free_others(mine.id);
            return;
        }
        const holder_world::ending ending(world_, mine.id);
        const bool requested = world_.resource(mine.id).requested;
        noted_call noted(world_);
        const HRESULT code = holder_->FreeResource(mine.id);
        const unsigned resets = noted.call.resets;
        SIM_CHECK(resets == (code == S_OK ? 1U : 0U));
        if (code == S_OK || world_.meddled_since(mine.id, mine.since)) return;
        SIM_CHECK((code == E_FAIL && world_.close_begun) || (code == E_INVALIDARG && requested));
    }

    void free_others(RESID id) {
        const holder_world::meddling meddling(world_, id);
        noted_call noted(world_);
        const HRESULT code = holder_->FreeResource(id);
        SIM_CHECK(code == S_OK || code == E_INVALIDARG || (code == E_FAIL && world_.close_begun));
        SIM_CHECK(noted.call.resets == (code == S_OK ? 1U : 0U));
    }

    void request_own() {
        const holding mine = take_from(holdings_);
        if (world_.meddled_since(mine.id, mine.since)) {
            request_others(mine.id);
        } else {
            const holder_world::ending ending(world_, mine.id);
            request(mine.id, !world_.resource(mine.id).requested);
        }
    }

    void request_others(RESID id) {
        const holder_world::meddling meddling(world_, id);
        request(id, false);
    }

    void request(RESID id, bool is_mine) {
        const std::size_t named = world_.id(id).newest;
        world_.resource(id).requested =
            world_.resource(id).requested || !world_.resource(id).tracked;
        noted_call noted(world_);
        const HRESULT code = holder_->RequestDestroyResource(id);
        SIM_CHECK(noted.call.resets == 0);
        if (world_.id(id).newest != named) {
            // It may have been the newer one, unless the caller knew better.
            if (world_.id(id).is_meddled_with()) world_.resource(id).requested = true;
        } else if (code == S_OK) {
            resource_record& r = world_.resource(id);
            world_.must(!r.tracked, id, "a tracked resource was requested");
            r.doomed = true;
            r.doomed_at = world_.tick();
        }
        const bool failed = code == E_FAIL && (world_.close_begun || noted.call.destroy_failed);
        SIM_CHECK(
            code == S_OK || failed ||
            (code == E_INVALIDARG && (!is_mine || world_.meddled_since(id, noted.call.began))));
    }

    // Ids that were heard of somewhere, some of them long ago.
    void meddle() {
        if (world_.last_id() == 0) return;
        // Most of the time one of the first, which are used again and again.
        const auto last = static_cast<unsigned>(world_.last_id());
        const unsigned first = family_.focus == family::front ? 1 : 3;
        const RESID id = 1 + sim::choose(sim::one_in(4) ? last : std::min(last, first));
        switch (sim::choose(4)) {
        case 0:
            free_others(id);
            break;
        case 1:
            untrack_others(id);
            break;
        case 2:
            if (family_.lies) track_one(id, true);
            break;
        default:
            request_others(id);
            break;
        }
    }

    void track() {
        const RESID id = world_.make().id;
        world_.resource(id).tracked = true;
        track_one(id, false);
    }

    void track_one(RESID id, bool is_lie) {
        if (is_lie && !(world_.resource(id).alive && world_.resource(id).settled)) return;
        const TRANSID transaction = draw_transaction();
        const scope in(instance_, transaction);
        noted_call noted(world_);
        if (is_lie) {
            noted.call.lie = id;
            ++world_.id(id).lies;
        } else {
            world_.resource(id).owner = instance_;
        }
        const std::size_t named = world_.id(id).newest;
        const HRESULT code = holder_->TrackResource(id);
        if (is_lie) {
            if (code != E_INVALIDARG) world_.id(id).muddled = true;
            return;
        }
        resource_record& r = world_.resource(id);
        if (code == S_OK) {
            // Closed already, and the id names something else?
            if (world_.id(id).muddled || world_.id(id).newest != named) return;
            r.settled = true;
            if (transaction != 0 && world_.is_open(transaction)) {
                world_.must(r.enlisted == transaction || noted.call.declined == id || !r.alive, id,
                            "tracked, and not enlisted");
            }
            tracked_.push_back({id, noted.call.began, instance_});
            return;
        }
        SIM_CHECK((code == E_FAIL && world_.close_begun) || code == noted.call.failure);
        world_.end(r); // it is its user's again
    }

    void untrack() {
        if (tracked_.empty()) return;
        const holding mine = take_from(tracked_);
        if (world_.meddled_since(mine.id, mine.since)) {
            untrack_others(mine.id);
        } else {
            const holder_world::ending ending(world_, mine.id);
            untrack_one(mine.id, true);
        }
    }

    void untrack_others(RESID id) {
        const holder_world::meddling meddling(world_, id);
        untrack_one(id, false);
    }

    // Others may only ask that it be destroyed: they cannot tell who else would.
    void untrack_one(RESID id, bool is_mine) {
        const bool destroy = !is_mine || sim::one_in(2);
        resource_record& before = world_.resource(id);
        if (!is_mine && !before.settled) return;
        const bool known = before.alive && before.tracked && !before.requested;
        if (before.tracked && destroy) before.requested = true;
        const std::size_t named = world_.id(id).newest;
        noted_call noted(world_);
        const HRESULT code = holder_->UntrackResource(id, destroy ? TRUE : FALSE);
        if (world_.id(id).muddled || world_.id(id).newest != named) return;
        resource_record& r = world_.resource(id);
        if (code == S_OK) {
            if (!destroy) {
                world_.id(id).muddled = world_.id(id).lies > 0;
                if (!world_.id(id).muddled) world_.end(r);
            } else {
                world_.must(!r.alive || r.must_leave, id, "untracked, and lives");
            }
        } else if (code == E_INVALIDARG) {
            SIM_CHECK(!is_mine || !known || r.requested || world_.close_begun ||
                      world_.meddled_since(id, noted.call.began));
        } else {
            SIM_CHECK(code == E_FAIL);
            SIM_CHECK(world_.close_begun || noted.call.destroy_failed);
        }
        if (code == S_OK && !is_mine) SIM_CHECK(known || r.requested);
    }

    void track_string() {
        static constexpr OLECHAR name[] = {u'r', 0};
        if (dispenser_.string_is_alive) {
            (void)holder_->UntrackResourceS(name, TRUE);
            return;
        }
        dispenser_.string_is_alive = true;
        const HRESULT code = holder_->TrackResourceS(name);
        SIM_CHECK(code == S_OK || (code == E_FAIL && world_.close_begun));
        if (code != S_OK) dispenser_.string_is_alive = false;
    }

    void end_transaction() {
        holder_world::transaction& ending =
            world_.transactions[sim::choose(static_cast<unsigned>(world_.transactions.size()))];
        if (!ending.open) return;
        ending.open = false;
        noted_call noted(world_);
        manager_.end_transaction(ending.id);
        SIM_CHECK(noted.call.resets == 0);
        ending = {++world_.last_transaction, true};
    }

    void end_object() {
        if (world_.options.reclaim_at_object_end) {
            world_.for_each([&](resource_record& r, id_record&) {
                if (r.tracked && r.owner == instance_) r.requested = true;
            });
        }
        const bool reclaims = world_.options.reclaim_at_object_end;
        if (reclaims) {
            holdings_.clear();
            tracked_.clear();
        }
        noted_call noted(world_);
        holder_world::object_end& end = world_.object_ends[instance_];
        ++end.under_way;
        noted.call.ended_object = instance_;
        manager_.end_object(instance_);
        --end.under_way;
        end.ended = world_.tick();
        // Until now others could free what was handed over.
        std::erase_if(world_.handed_over,
                      [&](const holding& each) { return reclaims && each.owner == instance_; });
        if (!reclaims) SIM_CHECK(noted.call.callbacks == 0);
    }

    void sweep() {
        constexpr nanoseconds later[] = {0ns, 1s, 2s, 40s};
        const nanoseconds by = later[sim::choose(4)];
        noted_call noted(world_);
        const std::size_t at = world_.sweeps.size();
        world_.sweeps.push_back({sim::elapsed() + by});
        (void)manager_.sweep(platform::now() + by);
        world_.sweeps[at].ended = world_.tick();
        SIM_CHECK(noted.call.resets == 0);
    }

    holder_world& world_;
    sim_dispenser& dispenser_;
    manager_type& manager_;
    IHolder* holder_;
    INSTID instance_;
    family family_;
    std::vector<holding> holdings_;
    std::vector<holding> tracked_;
};

class scenario {
public:
    explicit scenario(const family& f) : family_(f) {}

    void operator()() {
        draw_world();
        manager_ = manager_type::make();
        SIM_CHECK(manager_ != nullptr);
        holder_type* made = nullptr;
        SIM_CHECK(manager_->register_dispenser(&dispenser_, OLESTR("sim"), world_.options, &made) ==
                  S_OK);
        holder_ = made;
        references_ = 1;
        use();
        look_at_rest();
        release_own();
        manager_->Release();
        sim::join_all();
        look_at_end();
    }

private:
    void draw_world() {
        if (family_.faults != 0) {
            const auto chance = [&] { return sim::choose(2) * (2 + sim::choose(family_.faults)); };
            world_.faults.create = chance();
            world_.faults.rate = chance();
            world_.faults.enlist = chance();
            world_.faults.reset = chance();
            world_.faults.destroy = chance();
        }
        if (family_.lies) world_.faults.lie = 2 + sim::choose(6);
        if (family_.nests) world_.faults.nested = 3 + sim::choose(10);
        if (family_.hangs) {
            world_.faults.hang = 2U << sim::choose(4);
            constexpr nanoseconds times[] = {100us, 30ms, 3s, 20s};
            world_.faults.longest_hang = times[sim::choose(4)];
        }
        constexpr TIMEINSECS limits[] = {-1, -1, 0, 2};
        world_.options.default_idle_limit = limits[sim::choose(4)];
        world_.options.zero_means_destroy_at_once = sim::one_in(2);
        world_.options.reclaim_at_object_end = family_.focus == family::objects || sim::one_in(2);
        world_.options.destroy_lent_at_close = sim::one_in(3);
        world_.options.events = &dispenser_;
        if (family_.focus == family::front) {
            world_.all_are_perfect = true;
            world_.options.reclaim_at_object_end = false;
        }
    }

    // Without it the last reference may be a user's, who gives it back in a callback.
    void release_own() {
        if (std::exchange(has_own_, false)) {
            if (--references_ == 0) world_.close_begun = true;
            holder_->Release();
        }
    }

    void use() {
        const unsigned count = 2 + (family_.focus == family::front ? 0 : sim::choose(3));
        const unsigned closer = family_.closes ? sim::choose(count) : count;
        users_.reserve(count);
        std::vector<sim::fiber_ref> fibers;
        for (unsigned at = 0; at < count; ++at) {
            holder_->AddRef();
            ++references_;
            users_.emplace_back(world_, dispenser_, *manager_, *holder_, at + 1, family_);
        }
        if (family_.closes && sim::one_in(2)) release_own();
        world_.nested = [this] { call_back(); };
        for (unsigned at = 0; at < count; ++at) {
            fibers.push_back(sim::spawn(
                [this, at, closes = at == closer] {
                    by_fiber_[holder_world::fiber()] = &users_[at];
                    user& someone = users_[at];
                    const unsigned steps = 2 + sim::choose(8);
                    const unsigned close_at = sim::choose(steps);
                    for (unsigned done = 0; done < steps; ++done) {
                        if (closes && done == close_at) someone.close();
                        someone.step();
                    }
                    if (sim::one_in(2)) someone.free_all();
                    if (family_.closes && sim::one_in(2)) someone.release(references_);
                    by_fiber_[holder_world::fiber()] = nullptr;
                },
                "user"));
        }
        for (const sim::fiber_ref each : fibers) sim::join(each);
        world_.nested = nullptr;
    }

    // The dispenser calls the holder from within a call.
    void call_back() {
        user* const mine = by_fiber_[holder_world::fiber()];
        if (mine == nullptr || depth_[holder_world::fiber()] == 2) return;
        ++depth_[holder_world::fiber()];
        if (family_.closes && sim::one_in(8)) {
            if (sim::one_in(2))
                mine->close();
            else
                mine->release(references_);
        } else {
            mine->step();
        }
        --depth_[holder_world::fiber()];
    }

    // Nobody does anything, and every transaction is over: what is free is offered, what was doomed
    // is gone.
    void look_at_rest() {
        world_.faults = {};
        if (!world_.close_begun && sim::one_in(2)) {
            look_at_doomed();
            for (holder_world::transaction& each : world_.transactions) {
                each.open = false;
                manager_->end_transaction(each.id);
            }
            look_at_doomed();
            take_census();
        }
        for (user& each : users_) each.release(references_);
    }

    // What waits for no transaction any more is gone.
    void look_at_doomed() {
        world_.for_each([&](resource_record& r, id_record&) {
            // The manager's thread may be destroying what is due.
            if (!r.alive || !r.doomed || world_.is_due(r)) return;
            SIM_CHECK(r.late || world_.is_open(r.enlisted));
        });
    }

    void take_census() {
        world_.census = true;
        RESID id = 0;
        {
            noted_call noted(world_);
            SIM_CHECK(holder_->AllocResource(1, &id) == noted.call.failure);
        }
        world_.census = false;
        std::vector<RESID>& offered = world_.offered;
        std::sort(offered.begin(), offered.end());
        world_.for_each([&](resource_record& r, id_record& known) {
            const bool is_offered = std::binary_search(offered.begin(), offered.end(), r.id);
            if (r.late) return; // in a transaction that nobody ends again
            // The manager's thread may be destroying what is due.
            if (!r.alive || r.doubtful || known.meddled_at != 0 || world_.is_due(r)) return;
            SIM_CHECK(is_offered == (!r.tracked && !r.lent));
            SIM_CHECK(!r.requested);
        });
    }

    void look_at_end() {
        SIM_CHECK(world_.released == 1);
        SIM_CHECK(!dispenser_.string_is_alive);
        world_.for_each([&](resource_record& r, id_record&) {
            if (r.alive) {
                sim::note("this one leaked", r.id);
                sim::fail("a resource leaked");
            }
        });
    }

    family family_;
    holder_world world_;
    sim_dispenser dispenser_{world_};
    manager_type* manager_ = nullptr;
    IHolder* holder_ = nullptr;
    unsigned references_ = 0;
    bool has_own_ = true;
    std::vector<user> users_;
    std::array<user*, 65> by_fiber_{};
    std::array<unsigned, 65> depth_{};
};

std::string explore(const char* name, std::uint64_t runs, const family& f) {
    sim::options how{.name = name};
    how.thread_failure_one_in = f.faults != 0 ? 8 : 0;
    if (!f.numbers) how.thread_slots = 2;
    return sim::explore(1, runs, how, [&] { scenario{f}(); }).message;
}

constexpr std::uint64_t runs = 50'000;

TEST(HolderSim, keeps_the_contract_while_the_dispenser_behaves) {
    EXPECT_EQ(explore("plain", runs, {}), "");
}

TEST(HolderSim, keeps_the_contract_with_faults_and_hangs) {
    EXPECT_EQ(explore("faults", runs, {.faults = 6, .hangs = true}), "");
}

TEST(HolderSim, keeps_the_contract_with_users_who_meddle) {
    EXPECT_EQ(explore("meddling", runs, {.faults = 6, .hangs = true, .meddles = true}), "");
}

TEST(HolderSim, takes_nothing_from_others_when_an_object_ends) {
    EXPECT_EQ(explore("objects", runs, {.hangs = true, .focus = family::objects}), "");
}

TEST(HolderSim, lends_nothing_twice_when_candidates_are_doomed) {
    EXPECT_EQ(explore("requests", runs, {.meddles = true, .focus = family::requests}), "");
}

TEST(HolderSim, lends_what_came_back_last_to_one_at_a_time) {
    EXPECT_EQ(explore("front", 2 * runs, {.meddles = true, .focus = family::front}), "");
    EXPECT_EQ(
        explore("front, closed", runs, {.meddles = true, .closes = true, .focus = family::front}),
        "");
}

TEST(HolderSim, keeps_the_contract_when_closed_under_its_users) {
    EXPECT_EQ(explore("closed", runs, {.faults = 6, .hangs = true, .closes = true}), "");
}

TEST(HolderSim, keeps_the_contract_when_closed_by_threads_without_a_number) {
    EXPECT_EQ(
        explore("numberless", runs,
                {.faults = 6, .hangs = true, .nests = true, .closes = true, .numbers = false}),
        "");
}

TEST(HolderSim, keeps_the_contract_when_the_dispenser_calls_back) {
    EXPECT_EQ(explore("calls back", runs, {.faults = 6, .nests = true}), "");
    EXPECT_EQ(explore("calls back, closed", runs, {.faults = 6, .nests = true, .closes = true}),
              "");
}

TEST(HolderSim, keeps_the_contract_with_everything_at_once) {
    EXPECT_EQ(explore("everything", runs,
                      {.faults = 6,
                       .lies = true,
                       .hangs = true,
                       .nests = true,
                       .meddles = true,
                       .closes = true}),
              "");
}

} // namespace holder_sim_test
