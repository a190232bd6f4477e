// SPDX-License-Identifier: MIT
/// @file
/// Somebody who uses a simulated pool at random, or as told, and checks every answer.

#ifndef LEND_TESTS_SUPPORT_POOL_USER_HPP
#define LEND_TESTS_SUPPORT_POOL_USER_HPP

#include "core_of.hpp"
#include "pool_world.hpp"
#include "sim_platform.hpp"

#include <lend/pool.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

namespace lend_test {

/// Ways in which a user ends a lease.
enum class ending : std::uint8_t { release, destructor, discard, detach, unwind };

template <class Driver>
class pool_user {
public:
    using pool_type = lend::pool<Driver, sim::platform>;
    using lease_type = typename pool_type::lease_type;
    using nanoseconds = std::chrono::nanoseconds;

    /// `exact_time`: the clock moves only when nobody can run, so deadlines are met exactly.
    pool_user(pool_world& world, pool_type& pool, nanoseconds acquire_timeout, bool exact_time)
        : world_(world), pool_(pool), acquire_timeout_(acquire_timeout), exact_(exact_time) {
        world_.here() = {};
        world_.here().is_user = true;
        world_.exact = exact_time;
    }
    pool_user(const pool_user&) = delete;
    pool_user& operator=(const pool_user&) = delete;
    ~pool_user() {
        while (!held_.empty()) end(ending::release);
        world_.here() = {};
    }

    [[nodiscard]] bool holds() const { return !held_.empty(); }
    [[nodiscard]] std::size_t count() const { return held_.size(); }

    // ---- taking ---------------------------------------------------------------------------

    void acquire(int kind = 0) {
        typename pool_type::acquire_options how;
        if (world_.priorities) how.priority = static_cast<std::uint8_t>(sim::choose(3));
        take(kind, acquire_timeout_, [&] {
            if constexpr (typed)
                return world_.priorities ? pool_.acquire(kind, how) : pool_.acquire(kind);
            else
                return world_.priorities ? pool_.acquire(how) : pool_.acquire();
        });
    }
    void try_acquire(int kind = 0) {
        take(kind, nanoseconds(0), [&] {
            if constexpr (typed)
                return pool_.try_acquire(kind);
            else
                return pool_.try_acquire();
        });
    }
    void try_acquire_for(nanoseconds span, int kind = 0) {
        take(kind, span, [&] {
            if constexpr (typed)
                return pool_.try_acquire_for(kind, span);
            else
                return pool_.try_acquire_for(span);
        });
    }
    void try_acquire_until(nanoseconds from_now, int kind = 0) {
        const auto deadline = sim::platform::now() + from_now;
        // A deadline in the past is a short wait, not none.
        take(kind, std::max(from_now, nanoseconds(1)), [&] {
            if constexpr (typed)
                return pool_.try_acquire_until(kind, deadline);
            else
                return pool_.try_acquire_until(deadline);
        });
    }

    // Called off by another fiber at a moment of its own; anything may come of it but a loss.
    void acquire_unless_stopped(nanoseconds stops_after, int kind = 0) {
        sim::stop_source source;
        const auto stopper = sim::spawn(
            [source, stops_after]() mutable {
                if (stops_after > nanoseconds(0)) sim::sleep(stops_after);
                source.request_stop();
            },
            "stopper");
        const auto begun = sim::elapsed();
        const auto hung_before = world_.here().hung;
        take(kind, acquire_timeout_, [&] {
            const typename pool_type::acquire_options options{.stop = source.get_token()};
            if constexpr (typed)
                return pool_.acquire(kind, options);
            else
                return pool_.acquire(options);
        });
        // Nothing but a driver call on this very thread keeps it from being called off.
        const auto hung = world_.here().hung - hung_before;
        if (exact_) SIM_CHECK(sim::elapsed() - begun <= stops_after + hung);
        sim::join(stopper);
    }

    // ---- ending ---------------------------------------------------------------------------

    void end(ending how) {
        lease_type lease = std::move(held_.back());
        held_.pop_back();
        end(std::move(lease), how);
    }

    void end(lease_type lease, ending how) {
        const int serial = lease->serial;
        const auto number = lease.id();
        const bool too_old = sim::elapsed() - world_.at(serial).made > world_.oldest;
        if (how != ending::detach) world_.given_back(serial);
        switch (how) {
        case ending::release: {
            const lend::hresult code = lease.release();
            SIM_CHECK(code == lend::hr::s_ok || code == lend::hr::s_false);
            if (code == lend::hr::s_false) SIM_CHECK(is_gone(serial));
            SIM_CHECK(lease.release() == lend::hr::lend_e_stale);
            break;
        }
        case ending::destructor: {
            const lease_type gone = std::move(lease);
            break;
        }
        case ending::discard:
            (void)lease.discard();
            SIM_CHECK(is_gone(serial));
            SIM_CHECK(lease.discard() == lend::hr::lend_e_stale);
            break;
        case ending::detach: {
            world_.given_back(serial);
            world_.left_alive(serial);
            auto out = lease.detach();
            if (out) {
                SIM_CHECK(out->serial == serial);
            } else {
                SIM_CHECK(out.code() == lend::hr::lend_e_condemned && world_.records);
                SIM_CHECK(!world_.at(serial).alive);
            }
            break;
        }
        case ending::unwind:
            try {
                const lease_type unwound = std::move(lease);
                throw std::runtime_error("out of here");
            } catch (const std::runtime_error&) {
                SIM_CHECK(is_gone(serial));
            }
            break;
        }
        // 32: the first release after its time retires it.
        if (too_old && how != ending::detach) SIM_CHECK(!world_.at(serial).alive);
        if (!world_.at(serial).alive || how == ending::detach) check_dead(number);
    }

    [[nodiscard]] lease_type hand_out() {
        lease_type lease = std::move(held_.back());
        held_.pop_back();
        return lease;
    }

    // ---- by number ------------------------------------------------------------------------

    void destroy_own() {
        thing_record& t = world_.at(held_.back()->serial);
        const auto code = pool_.destroy(held_.back().id());
        if (code == lend::hr::lend_e_closed) {
            SIM_CHECK(world_.close_begun);
        } else {
            SIM_CHECK(code == lend::hr::s_false);
            t.condemned_at = world_.acquires_begun;
        }
    }

    void destroy_any() {
        if (world_.things.empty()) return;
        const auto serial =
            static_cast<int>(sim::choose(static_cast<unsigned>(world_.things.size())));
        const auto number = world_.at(serial).number;
        if (number == 0) return;
        const bool was_gone = !world_.at(serial).alive || world_.at(serial).detached;
        const lend::hresult code = pool_.destroy(number);
        thing_record& t = world_.at(serial);
        if (code == lend::hr::lend_e_closed) {
            SIM_CHECK(world_.close_begun);
        } else if (was_gone && !t.detached) {
            SIM_CHECK(code == lend::hr::lend_e_stale);
        } else if (code == lend::hr::s_ok || code == lend::hr::e_fail) {
            SIM_CHECK(!t.alive || world_.background);
        } else if (code == lend::hr::s_false) {
            if (t.condemned_at > world_.acquires_begun) t.condemned_at = world_.acquires_begun;
        } else {
            SIM_CHECK(code == lend::hr::lend_e_stale);
        }
    }

    void destroy_forged() {
        const auto code = pool_.destroy(0x1234'5678'9ABC'DEF0U + sim::choose(1000));
        SIM_CHECK(code == lend::hr::lend_e_stale || code == lend::hr::lend_e_closed);
    }

    // ---- the pool -------------------------------------------------------------------------

    void look_at_stats() {
        const lend::pool_stats before = world_.latest_stats;
        const lend::pool_stats s = pool_.stats();
        SIM_CHECK(s.size == s.idle + s.in_use + s.creating + s.checking + s.resetting + s.parked +
                                s.destroying);
        SIM_CHECK(s.size <= world_.max_size && s.max_size <= world_.max_size);
        SIM_CHECK(s.created <= world_.created && s.destroyed <= world_.destroyed);
        world_.counters_never_go_back(before, s);
    }

    void clear() {
        const std::uint64_t begun = ++world_.moments;
        (void)pool_.clear();
        world_.clears.push_back({begun, world_.acquires_begun});
    }
    /// The same of one kind, where each is a key of its own.
    void clear(int kind) {
        if constexpr (lend::driver_traits<Driver>::has_quota) {
            using core_type = lend::detail::core<Driver, sim::platform>;
            const std::uint64_t begun = ++world_.moments;
            (void)lend::detail::clearing<core_type>::clear_key(core_of(pool_),
                                                               counted_kind(kind).counts());
            world_.clears.push_back({begun, world_.acquires_begun, kind});
        }
    }

    void clear_over(nanoseconds interval) { (void)pool_.clear_over(interval); }

    /// With a predicate that refuses some, and may throw.
    void retain(bool may_throw) {
        std::size_t refused = 0;
        bool threw = false;
        const auto gone =
            pool_.retain([&](const thing& t, const lend::resource_info& info) -> bool {
                const int serial = t.serial;
                SIM_CHECK(sim::platform::locks_held() == 0);
                SIM_CHECK(world_.at(serial).alive && !world_.at(serial).lent);
                SIM_CHECK(!world_.at(serial).in_call && info.id != 0);
                SIM_CHECK(info.idle_for <= info.age && info.age >= nanoseconds(0));
                world_.at(serial).in_call = true;
                sim::platform::driver_call(); // others may run
                world_.at(serial).in_call = false;
                if (may_throw && sim::one_in(3)) {
                    threw = true;
                    throw std::runtime_error("thrown by the predicate");
                }
                const bool stays = sim::one_in(2);
                refused += stays ? 0U : 1U;
                return stays;
            });
        SIM_CHECK(gone.has_value() != threw);
        if (gone) SIM_CHECK(*gone == refused || (*gone + 1 == refused && world_.close_begun));
    }

    void sweep(nanoseconds from_now) { (void)pool_.sweep(sim::platform::now() + from_now); }

    void warm_up(std::size_t count, nanoseconds span, int kind = 0) {
        const auto begun = sim::elapsed();
        const auto hung_before = world_.here().hung;
        const lend::warm_up_result warmed = [&] {
            if constexpr (typed)
                return pool_.warm_up(kind, count, span);
            else
                return pool_.warm_up(count, span);
        }();
        const auto hung = hung_beside(world_.has_workers, hung_before);
        if (exact_) SIM_CHECK(sim::elapsed() - begun <= span + hung);
        SIM_CHECK(warmed.ready <= std::max(count, world_.max_size));
        for (const lend::error& each : warmed.errors) {
            if (each == lend::hr::lend_e_closed)
                SIM_CHECK(world_.close_begun);
            else
                SIM_CHECK(world_.create_failed + world_.given_up >
                          0); // perhaps one that others began
        }
    }

    void resize(std::size_t max_size, std::size_t min_idle) {
        // Until it takes effect the old maximum holds; the watch knows what holds when.
        world_.max_size = std::max(world_.max_size, max_size);
        const auto done = pool_.resize(max_size, min_idle);
        if (!done) SIM_CHECK(done.code() == lend::hr::lend_e_closed && world_.close_begun);
    }

    // Pauses, unless somebody else does, and resumes after that time.
    void pause_for(nanoseconds span, lend::pause_mode mode) {
        if (world_.pauser) return;
        world_.pauser = true;
        ++world_.pauses;
        const auto begun = sim::elapsed();
        const auto hung_at_begin = world_.here().hung; // callbacks run here, and use the pool
        const lend::hresult code = pool_.pause(mode);
        SIM_CHECK(code == lend::hr::s_ok || world_.close_begun);
        if (exact_) SIM_CHECK(sim::elapsed() - begun == world_.here().hung - hung_at_begin);
        world_.paused = world_.pauses;
        sim::sleep(span);
        world_.paused = 0;
        const auto resumed = sim::elapsed();
        const auto hung_before = world_.here().hung;
        const lend::hresult again = pool_.resume();
        SIM_CHECK(again == lend::hr::s_ok || world_.close_begun);
        if (exact_) SIM_CHECK(sim::elapsed() - resumed == world_.here().hung - hung_before);
        world_.pauser = false;
    }

    void drain(nanoseconds span, lend::drain_mode mode, lend::queued_mode queued) {
        world_.close_begun = true;
        const auto begun = sim::elapsed();
        const auto hung_before = world_.here().hung;
        const lend::drain_report report = pool_.drain(span, mode, queued);
        const auto hung = hung_beside(world_.has_threads, hung_before);
        if (report.closed == lend::hr::s_ok) {
            SIM_CHECK(world_.calls == world_.late);
            world_.closed = true;
        }
        const auto moment =
            mode == lend::drain_mode::forced ? std::chrono::seconds(1) : std::chrono::seconds(0);
        if (exact_) SIM_CHECK(sim::elapsed() - begun <= span + moment + hung + for_threads);
    }

    void close(nanoseconds patience) {
        world_.close_begun = true;
        const auto begun = sim::elapsed();
        const auto hung_before = world_.here().hung;
        const std::vector<int> dying = world_.being_destroyed();
        const lend::hresult code = pool_.close(patience);
        const auto hung = hung_beside(world_.has_threads, hung_before);
        SIM_CHECK(code == lend::hr::s_ok || code == lend::hr::s_false);
        if (code == lend::hr::s_ok) {
            SIM_CHECK(world_.calls == world_.late);
            for (const int serial : dying) SIM_CHECK(!world_.at(serial).in_call);
            world_.closed = true;
        }
        const auto took = sim::elapsed() - begun;
        if (exact_) SIM_CHECK(took <= patience + hung + for_threads);
        // Calls that do not hang take no time: whoever ends one wakes the closer.
        if (exact_ && world_.faults.hang == 0) SIM_CHECK(took == nanoseconds(0));
    }

protected:
    static constexpr bool typed = lend::driver_traits<Driver>::has_resource_type;

    // What driver calls on this very thread may add to a deadline: nothing where the pool has
    // threads for them, unless callbacks run here.
    nanoseconds hung_beside(bool threads, nanoseconds before) {
        const bool none = threads && !world_.calls_back && sim::threads_were_refused() == 0;
        return none ? nanoseconds(0) : world_.here().hung - before;
    }

    // What a close may take longer than its deadline where a thread was in no driver call.
    static constexpr nanoseconds for_threads = std::chrono::milliseconds(20);

    // Or will be soon.
    bool is_gone(int serial) { return !world_.at(serial).alive || world_.background; }

    void check_dead(std::uint64_t number) {
        if (world_.drivers_ended == 0 && world_.pool_is_there) {
            const auto code = pool_.destroy(number);
            SIM_CHECK(code == lend::hr::lend_e_stale || code == lend::hr::lend_e_closed);
        }
    }

    template <class Call>
    void take(int kind, nanoseconds span, const Call& call) {
        fiber_notes& self = world_.here();
        self.has_queued = false;
        const std::uint64_t ticket = ++world_.acquires_begun;
        const bool was_closed = world_.closed;
        const unsigned was_paused = world_.paused;
        const auto begun = sim::elapsed();
        const auto hung_before = self.hung;
        const std::uint64_t failures = world_.create_failed;
        const bool holds_one = !held_.empty();
        // A clock that jumps ends the wait for another caller's look at once.
        const bool waits_for_looks = exact_ || !lend::driver_traits<Driver>::has_rate;
        if (span <= nanoseconds(0) && waits_for_looks) {
            self.asks_since = world_.steps;
            self.asks_for = kind;
            self.has_checked = false;
        }
        auto got = call();
        const fiber_notes asked = self;
        self.asks_since = ~0ULL;
        self.node = nullptr;
        const auto took = sim::elapsed() - begun;
        // 6: one deadline, whatever the driver does. Without time to wait, in a pool without
        // workers, and where callbacks run, driver calls on this very thread come on top. Where the
        // driver rates, a caller may wait for the end of another one's look.
        const bool has_workers = span > nanoseconds(0) && world_.has_workers;
        const auto hung = hung_beside(has_workers, hung_before);
        const bool may_wait = lend::driver_traits<Driver>::has_rate && span <= nanoseconds(0);
        const auto looks = may_wait ? longest_look : nanoseconds(0);
        if (exact_ && span != nanoseconds::max()) SIM_CHECK(took <= span + hung + looks);
        if (got) {
            SIM_CHECK(!was_closed);
            SIM_CHECK(!holds_one || world_.multiple != lend::multiple_acquire_mode::refuse);
            SIM_CHECK(was_paused == 0 || was_paused != world_.paused);
            lease_type lease = *std::move(got);
            SIM_CHECK(static_cast<bool>(lease));
            world_.lent(lease->serial, lease.id(), ticket);
            check_kind(kind, world_.at(lease->serial).kind);
            held_.push_back(std::move(lease));
            return;
        }
        const lend::hresult code = got.error().code();
        SIM_CHECK(tells_the_truth(got.error()));
        if (code == lend::hr::lend_e_timed_out) {
            SIM_CHECK(span > nanoseconds(0) && took >= span - nanoseconds(1));
            SIM_CHECK(got.error().waited() <= took && got.error().snapshot() != nullptr);
        } else if (code == lend::hr::lend_e_exhausted) {
            SIM_CHECK(span <= nanoseconds(0));
            if (took < longest_look && waits_for_looks)
                world_.nothing_was_free(asked, [&](int other) { return serves(kind, other); });
        } else if (code == lend::hr::lend_e_closed) {
            SIM_CHECK(world_.close_begun);
        } else if (code == lend::hr::lend_e_cancelled) {
            SIM_CHECK(got.error().waited() <= took);
        } else if (code == lend::hr::lend_e_shed) {
            SIM_CHECK(world_.sheds && self.has_queued && got.error().snapshot() != nullptr);
        } else if (code == lend::hr::lend_e_pool_locked) {
            SIM_CHECK(world_.records);
            const bool refused =
                holds_one && world_.multiple == lend::multiple_acquire_mode::refuse;
            if (!refused) SIM_CHECK(span > nanoseconds(0) && took >= span - nanoseconds(1));
        } else if (code == lend::hr::lend_e_paused) {
            SIM_CHECK(world_.pauses != 0);
        } else if (code == lend::hr::lend_e_condemned) {
            // Its own create was cleared meanwhile, or failed its check.
            SIM_CHECK(!has_workers || sim::threads_were_refused() > 0);
        } else if (code == lend::hr::lend_e_too_many_waiters) {
            SIM_CHECK(world_.turns_away && !self.has_queued);
        } else {
            SIM_CHECK(code == lend::hr::e_accessdenied || code == lend::hr::e_outofmemory ||
                      code == lend::hr::e_fail);
            // A failure that is known, or that came while this caller was there.
            SIM_CHECK(world_.create_failed > failures || failures > 0);
        }
    }

    static constexpr nanoseconds longest_look =
        lend::detail::viewing<lend::detail::core<Driver, sim::platform>>::longest_look;

    static bool serves(int wanted, int kind) {
        if constexpr (lend::driver_traits<Driver>::has_rate)
            return world_driver::rating_of(wanted, kind).value > 0;
        else
            return wanted == kind;
    }
    static void check_kind(int wanted, int kind) { SIM_CHECK(serves(wanted, kind)); }

    pool_world& world_;
    pool_type& pool_;
    nanoseconds acquire_timeout_;
    bool exact_;
    std::vector<lease_type> held_;
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_POOL_USER_HPP
