// SPDX-License-Identifier: MIT
/// @file
/// Pools that are forked at any moment: while other threads are in the middle of whatever they do,
/// one forks, and the run goes on in the child, where nobody ever unlocks what they had locked. The
/// child's pool is its own, and touches nothing of the parent's but to abandon it.

#include "support/sim_platform.hpp"

#include <lend/detail/fork_watch.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pool_fork_sim_test {

using namespace std::chrono_literals;
namespace hr = lend::hr;

// The one pool that a fork finds, in place of the process's list. Whoever makes a pool the child's
// own holds a lock meanwhile, which is simulated like all others.
struct fork_list {
    using watcher = lend::detail::fork_watcher;

    static fork_list& instance() noexcept { return *current; }
    void add(watcher& w) noexcept { listed = &w; }
    void remove(watcher&) noexcept { listed = nullptr; }
    sim::mutex& mutex() noexcept { return lock; }

    static inline fork_list* current = nullptr;
    watcher* listed = nullptr;
    sim::mutex lock;
};

struct platform : sim::platform {
    struct forks {
        using watch = fork_list;
        using watcher = fork_list::watcher;
    };
};

// One resource of either process.
struct record {
    bool of_parent = false;
    bool in_call = false;   // of the driver
    bool in_hands = false;  // its borrower has it, and is not about to end the lease
    bool destroyed = false; // or detached
    bool abandoned = false;
    std::uint64_t number = 0;
};

struct world {
    bool in_child = false;
    bool faults = false;
    bool closed = false; // close has returned, in the parent or in the child
    int drivers_ended = 0;
    std::vector<record> records;

    world() { records.reserve(256); }
    record& at(int serial) { return records.at(static_cast<std::size_t>(serial)); }

    [[nodiscard]] bool fails() const { return faults && sim::one_in(6); }

    // Between a process' own call and its own resource, others may run.
    void touch(int serial) {
        record& r = at(serial);
        SIM_CHECK(r.of_parent == !in_child);
        SIM_CHECK(!r.in_call && !r.in_hands && !r.destroyed);
        r.in_call = true;
        sim::platform::driver_call();
        at(serial).in_call = false;
    }
};

struct thing {
    thing(world& in, int which) : home(&in), serial(which) {}
    thing(thing&& other) noexcept
        : home(std::exchange(other.home, nullptr)), serial(other.serial) {}
    thing& operator=(thing&&) = delete;
    ~thing() {
        if (home != nullptr) SIM_CHECK(home->at(serial).of_parent == !home->in_child);
    }

    world* home;
    int serial;
};

struct forked_driver {
    using resource = thing;
    explicit forked_driver(world& in) : home(&in) {}
    forked_driver(forked_driver&& other) noexcept : home(std::exchange(other.home, nullptr)) {}
    forked_driver& operator=(forked_driver&&) = delete;
    ~forked_driver() {
        if (home != nullptr) ++home->drivers_ended;
    }

    lend::result<thing> create() {
        const auto serial = static_cast<int>(home->records.size());
        home->records.push_back({.of_parent = !home->in_child, .in_call = true});
        sim::platform::driver_call();
        home->at(serial).in_call = false;
        if (home->fails()) {
            home->at(serial).destroyed = true;
            return hr::e_fail;
        }
        return thing(*home, serial);
    }
    lend::hresult reset(thing& it) {
        home->touch(it.serial);
        return home->fails() ? hr::e_fail : hr::s_ok;
    }
    void destroy(thing&& it) {
        home->touch(it.serial);
        home->at(it.serial).destroyed = true;
        it.home = nullptr;
    }
    // What was in the middle of a call belongs to nobody, and is left alone.
    void abandon(thing&& it) {
        record& r = home->at(it.serial);
        SIM_CHECK(home->in_child && r.of_parent);
        SIM_CHECK(!r.abandoned && !r.in_call && !r.destroyed);
        r.abandoned = true;
        it.home = nullptr;
        sim::platform::driver_call();
    }

    world* home;
};

using pool_type = lend::pool<forked_driver, platform>;
using lease_type = pool_type::lease_type;

lend::pool_options draw_options() {
    lend::pool_options o;
    o.max_size = 1 + sim::choose(3);
    o.min_idle = sim::choose(2);
    o.acquire_timeout = sim::one_in(2) ? 1ms : 10s;
    o.creation = sim::one_in(2) ? lend::creation_mode::worker : lend::creation_mode::inline_;
    o.fairness = sim::one_in(2) ? lend::fairness_mode::strict : lend::fairness_mode::adaptive;
    o.housekeeping =
        sim::one_in(3) ? lend::housekeeping_mode::own_thread : lend::housekeeping_mode::manual;
    o.record_holders = sim::one_in(3);
    if (sim::one_in(3)) o.reset_on = lend::reset_mode::background;
    return o;
}

// Somebody who lends, ends leases and so on, in the parent or in the child.
class user {
public:
    user(world& in, pool_type& pool) : world_(in), pool_(pool) {}
    user(const user&) = delete;
    user& operator=(const user&) = delete;
    ~user() { end_all(); }

    void steps(unsigned count) {
        for (unsigned done = 0; done < count; ++done) step();
    }

    void end_all() {
        while (!held_.empty()) end();
    }

    // What the parent lent is none of the child's.
    void end_inherited() {
        for (lease_type& each : held_) {
            switch (sim::choose(4)) {
            case 0:
                SIM_CHECK(each.release() == hr::lend_e_stale);
                break;
            case 1:
                SIM_CHECK(each.discard() == hr::lend_e_stale);
                break;
            case 2:
                SIM_CHECK(each.detach().code() == hr::lend_e_stale);
                break;
            default:
                break;
            }
        }
        held_.clear();
    }

private:
    void step() {
        switch (sim::choose(8)) {
        case 0:
        case 1:
        case 2:
            if (held_.size() < 2) take();
            break;
        case 3:
        case 4:
            if (!held_.empty()) end();
            break;
        case 5:
            destroy_any();
            break;
        case 6:
            (void)pool_.sweep(sim::platform::now() + (sim::one_in(2) ? 0s : 700s));
            break;
        default:
            (void)pool_.clear();
            break;
        }
    }

    void take() {
        auto got = sim::one_in(2) ? pool_.acquire() : pool_.try_acquire();
        if (!got) return;
        record& r = world_.at((*got)->serial);
        SIM_CHECK(r.of_parent == !world_.in_child);
        SIM_CHECK(!r.in_hands && !r.in_call && !r.destroyed);
        r.in_hands = true;
        r.number = got->id();
        held_.push_back(*std::move(got));
    }

    void end() {
        lease_type lease = std::move(held_.back());
        held_.pop_back();
        record& r = world_.at(lease->serial);
        r.in_hands = false;
        if (sim::one_in(6)) {
            const int serial = lease->serial;
            const auto taken = lease.detach();
            if (taken) world_.at(serial).destroyed = true;
        } else if (sim::one_in(4)) {
            (void)lease.discard();
        } else {
            (void)lease.release();
        }
    }

    // A number of the parent is nobody's in the child.
    void destroy_any() {
        if (world_.records.empty()) return;
        const auto some = sim::choose(static_cast<unsigned>(world_.records.size()));
        const record r = world_.records[some];
        if (r.number == 0) return;
        const lend::hresult code = pool_.destroy(r.number);
        if (r.of_parent && world_.in_child)
            SIM_CHECK(code == hr::lend_e_stale || code == hr::lend_e_closed);
    }

    world& world_;
    pool_type& pool_;
    std::vector<lease_type> held_;
};

class scenario {
public:
    explicit scenario(bool closes) : closes_(closes) {}

    void operator()() {
        fork_list::current = &forks_;
        world_.faults = sim::one_in(2);
        pool_.emplace(forked_driver(world_), draw_options());
        user forker(world_, *pool_);
        const unsigned others = 1 + sim::choose(4);
        for (unsigned at = 0; at < others; ++at) spawn_user(closes_ && at == 0);
        forker.steps(sim::choose(5));
        fork();
        live_as_child(forker);
        pool_.reset();
        sim::join_all();
        look_at_end();
    }

private:
    void spawn_user(bool closes) {
        sim::spawn(
            [this, closes] {
                user someone(world_, *pool_);
                someone.steps(1 + sim::choose(5));
                if (closes) {
                    (void)pool_->close(1ms);
                    world_.closed = true;
                }
                someone.steps(sim::choose(3));
            },
            "user");
    }

    void fork() {
        const std::lock_guard lock(forks_.lock);
        sim::fork();
        world_.in_child = true;
        forks_.listed->inherit();
        forks_.listed->in_child(*forks_.listed);
    }

    void live_as_child(user& forker) {
        const std::vector<record> inherited = world_.records;
        if (sim::one_in(2)) forker.end_inherited();
        const bool first_alone = sim::one_in(2); // or several at once make the first use
        if (first_alone) {
            const lend::pool_stats s = pool_->stats();
            SIM_CHECK(s.size == 0 && s.waiting == 0 && s.acquired == 0 && s.created == 0);
            look_at_abandoned(inherited);
        }
        forker.end_inherited();
        const unsigned others = sim::choose(4);
        for (unsigned at = 0; at < others; ++at) spawn_user(closes_ && at == 0);
        forker.steps(1 + sim::choose(5));
        forker.end_all();
        sim::join_spawned();
        lends_again();
        look_at_abandoned(inherited);
        if (sim::one_in(2)) (void)pool_->close();
    }

    // What somebody had in his hands when the parent forked.
    void look_at_abandoned(const std::vector<record>& inherited) {
        for (std::size_t at = 0; at < inherited.size(); ++at) {
            if (inherited[at].in_hands) SIM_CHECK(world_.records[at].abandoned);
        }
    }

    // Unless it was closed, in the parent or here, it serves. Creates that were on their way may
    // fail yet, each once.
    void lends_again() {
        world_.faults = false;
        auto got = pool_->try_acquire_for(100s);
        for (unsigned tries = 1; tries < 5 && got.code() == hr::e_fail; ++tries)
            got = pool_->try_acquire_for(100s);
        if (!closes_) SIM_CHECK(got.has_value());
        if (world_.closed) SIM_CHECK(got.code() == hr::lend_e_closed);
    }

    void look_at_end() {
        SIM_CHECK(world_.drivers_ended == 1);
        for (const record& each : world_.records) {
            if (!each.of_parent) SIM_CHECK(each.destroyed && !each.abandoned);
        }
    }

    bool closes_;
    world world_;
    fork_list forks_;
    std::optional<pool_type> pool_;
};

// With AddressSanitizer every fiber that a fork leaves behind is kept, with its stack.
constexpr std::uint64_t runs = LEND_ADDRESS_SANITIZER ? 400 : 50'000;

// What the parent had is leaked in a child, which is how it must be. Nothing that a run allocates
// counts; that the child destroys what it has made is checked by itself.
std::string explore(const char* name, bool closes) {
#if LEND_ADDRESS_SANITIZER
    const __lsan::ScopedDisabler leaks_are_meant;
#endif
    const sim::options how{.name = name};
    return sim::explore(1, runs, how, [&] { scenario{closes}(); }).message;
}

TEST(PoolForkSim, child_of_any_moment_has_a_pool_of_its_own) {
    EXPECT_EQ(explore("forked", false), "");
}

TEST(PoolForkSim, child_of_a_pool_that_is_being_closed) {
    EXPECT_EQ(explore("forked, closed", true), "");
}

} // namespace pool_fork_sim_test
