// SPDX-License-Identifier: MIT
/// @file
/// Drivers for simulated pools whose calls fail, throw and hang as the run decides, and the world
/// that they report to: it knows each resource and fails the run when one is treated wrongly.

#ifndef LEND_TESTS_SUPPORT_POOL_WORLD_HPP
#define LEND_TESTS_SUPPORT_POOL_WORLD_HPP

#include "sim_platform.hpp"

#include <lend/detail/quota.hpp>
#include <lend/driver.hpp>
#include <lend/error.hpp>
#include <lend/pool_options.hpp>
#include <lend/stats.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

namespace lend_test {

/// How often a driver call goes wrong: once in so many, 0 for never.
struct fault_chances {
    unsigned create = 0;
    unsigned reset = 0;
    unsigned check = 0;
    unsigned rate = 0;
    unsigned destroy = 0;
    unsigned hang = 0; ///< any call
    std::chrono::nanoseconds longest_hang = std::chrono::milliseconds(5);
};

enum class driver_member : std::uint8_t {
    create,
    rate,
    reset,
    check,
    classify,
    idle_limit,
    destroy
};

/// Whether what an error says of its pool agrees with itself: the states sum to the size, and the
/// maximum is reached if that is the reason.
inline bool tells_the_truth(const lend::error& why) {
    const lend::pool_snapshot* const s = why.snapshot();
    if (s == nullptr) return true;
    const std::size_t sum =
        s->idle + s->in_use + s->creating + s->checking + s->resetting + s->parked + s->destroying;
    const bool full = why.text().starts_with("the maximum is reached");
    return sum == s->size && (!full || s->size >= s->max_size);
}

/// What is known of one fiber.
struct fiber_notes {
    bool is_user = false;    ///< false: a thread of the pool
    bool in_driver = false;  ///< inside a driver call, which may hang
    bool has_queued = false; ///< was in the queue at least once during this acquire
    const void* node = nullptr;
    std::chrono::nanoseconds hung{0}; ///< time spent in driver calls
    std::uint64_t asks_since = ~0ULL; ///< the step at which its try_acquire began; ~0: in none
    int asks_for = 0;                 ///< of which kind
    bool has_checked = false;         ///< it checked one actively, and takes no other in doubt
};

/// Since when what is in a slot could have been lent: idle, or only looked at.
struct free_record {
    bool free = false;
    bool in_doubt = false;   ///< to be checked actively before it is lent
    std::uint64_t count = 0; ///< lendings of the slot that have ended
    std::uint64_t since = 0; ///< in steps of the world
    int kind = 0;
};

/// What is known of one resource. Serial numbers are never used again.
struct thing_record {
    int kind = 0;
    bool alive = true;
    bool lent = false;
    bool late = false;   ///< counted as such: see pool_world::late
    bool dirty = false;  ///< used since the last reset that succeeded
    bool doomed = false; ///< the driver said that it is bad: only destroy may follow
    bool detached = false;
    bool in_call = false;
    bool dying = false;                 ///< its destroy has begun
    std::uint64_t number = 0;           ///< the pool's number for it, once it was lent
    std::uint64_t condemned_at = ~0ULL; ///< acquires with later tickets must not get it
    std::uint64_t begun = 0;            ///< when its create began, in moments of the world
    std::chrono::nanoseconds made{0};
};

/// A call of clear that has returned.
struct clear_record {
    std::uint64_t begun = 0;  ///< in moments of the world
    std::uint64_t ticket = 0; ///< acquires that began later get nothing of what was there
    int kind = -1;            ///< of this kind; -1: of any
};

/// Driver calls and leases of one simulated run, checked as they happen.
class pool_world {
public:
    fault_chances faults;
    bool priorities = false;  ///< users ask with priorities of their own
    bool turns_away = false;  ///< max_waiters is a number
    bool exact = false;       ///< the clock moves only when nobody can run
    bool has_workers = false; ///< the pool creates on threads of its own
    bool has_threads = false; ///< or has other threads, for everything else that may block
    bool calls_back = false;  ///< callbacks run on users' threads, and use the pool
    bool sheds = false;       ///< queue_target is a time
    bool pauser = false;      ///< somebody pauses or resumes the pool
    unsigned pauses = 0;      ///< begun so far
    unsigned paused = 0;      ///< which pause is in force, from the end of pause to that of resume
    std::size_t max_size = 0; ///< the largest that was ever allowed
    std::size_t most_parallel = 0; ///< creates at one time, but for those given up; 0: no bound
    std::chrono::nanoseconds idle_limit{-1};

    std::vector<thing_record> things;
    std::array<fiber_notes, 64> fibers{};
    std::size_t live = 0;       ///< made, and not destroyed or detached
    std::size_t creating = 0;   ///< creates that run
    std::size_t abandoned = 0;  ///< of these, or of what they made, those that the pool gave up
    std::uint64_t given_up = 0; ///< how many it gave up, ever
    std::size_t calls = 0;      ///< driver calls that run, but the destroys of users' fibers
    std::size_t late = 0;       ///< of these, destroys that threads began after a close had
    std::uint64_t created = 0;
    std::uint64_t create_failed = 0;
    std::uint64_t destroyed = 0;
    std::uint64_t detached = 0;
    std::uint64_t leases = 0;
    const std::size_t* reclaimed = nullptr; ///< how many live on top of the maximum
    lend::multiple_acquire_mode multiple = lend::multiple_acquire_mode::allow;
    bool records = false; ///< the pool records its holders
    std::uint64_t acquires_begun = 0;
    bool close_begun = false;
    bool background = false;   ///< the pool resets or destroys in the background
    bool closed = false;       ///< close returned s_ok
    bool pool_is_there = true; ///< nobody has begun to destroy the pool object
    int drivers_ended = 0;
    std::uint64_t moments = 0; ///< creates and clears begun so far
    std::vector<clear_record> clears;
    std::uint64_t gone_reports = 0; ///< checks that said that the backend is gone
    /// Nothing older is lent, and nothing older comes back and stays. max(): that is not checked.
    std::chrono::nanoseconds oldest = (std::chrono::nanoseconds::max)();
    lend::pool_stats latest_stats;  ///< of the look that ended last
    std::uint64_t steps = 0;        ///< looks of the watch so far
    std::vector<free_record> slots; ///< by index, as the watch sees them

    pool_world() { things.reserve(64); }

    fiber_notes& here() { return fibers[sim::platform::thread_slot()]; }

    // ---- leases ---------------------------------------------------------------------------

    void lent(int serial, std::uint64_t number, std::uint64_t acquire) {
        thing_record& t = at(serial);
        SIM_CHECK(t.alive && !t.detached);
        SIM_CHECK(!t.lent);
        SIM_CHECK(!t.dirty);
        SIM_CHECK(!t.doomed);
        SIM_CHECK(!t.in_call);
        SIM_CHECK(acquire <= t.condemned_at);
        for (const clear_record& each : clears) {
            if (each.kind >= 0 && each.kind != t.kind) continue;
            if (t.begun < each.begun) SIM_CHECK(acquire <= each.ticket);
        }
        SIM_CHECK(sim::elapsed() - t.made <= oldest);
        SIM_CHECK(number != 0 && (t.number == 0 || t.number == number));
        t.number = number;
        t.lent = true;
        t.dirty = true;
        ++leases;
    }

    void given_back(int serial) {
        SIM_CHECK(at(serial).lent);
        at(serial).lent = false;
    }

    void left_alive(int serial) {
        thing_record& t = at(serial);
        SIM_CHECK(t.alive && !t.lent && !t.in_call);
        t.detached = true;
        ++detached;
        --live;
    }

    // It did not leave after all.
    void stayed(int serial) {
        if (!at(serial).detached) return;
        at(serial).detached = false;
        --detached;
        ++live;
    }

    // ---- driver calls ---------------------------------------------------------------------

    thing_record& at(int serial) {
        SIM_CHECK(serial >= 0 && static_cast<std::size_t>(serial) < things.size());
        return things[static_cast<std::size_t>(serial)];
    }

    void begin(driver_member what, int serial) {
        SIM_CHECK(sim::platform::locks_held() == 0);
        SIM_CHECK(drivers_ended == 0);
        fiber_notes& self = here();
        const bool of_a_user = what == driver_member::destroy && self.is_user;
        // Of what was lent, by its borrower; of a candidate that a caller had in hand, by a worker.
        if (closed) SIM_CHECK(what == driver_member::destroy);
        if (!of_a_user) ++calls;
        self.in_driver = true;
        if (serial < 0) return;
        thing_record& t = at(serial);
        // One that was reclaimed cannot be detached, which is known afterwards.
        if (records && what == driver_member::destroy) stayed(serial);
        SIM_CHECK(t.alive && !t.detached);
        SIM_CHECK(!t.lent);
        SIM_CHECK(!t.in_call);
        if (t.doomed) SIM_CHECK(what == driver_member::destroy);
        t.in_call = true;
        t.dying = what == driver_member::destroy;
        // A candidate that a caller had in hand may go in the very moment in which close returns.
        t.late = t.dying && close_begun && !self.is_user;
        if (t.late) ++late;
    }

    void end(driver_member what, int serial) {
        fiber_notes& self = here();
        self.in_driver = false;
        if (!(what == driver_member::destroy && self.is_user)) --calls;
        if (serial < 0) return;
        thing_record& t = at(serial);
        t.in_call = false;
        if (std::exchange(t.late, false)) --late;
    }

    [[nodiscard]] std::vector<int> being_destroyed() const {
        std::vector<int> found;
        for (std::size_t at = 0; at < things.size(); ++at) {
            if (things[at].in_call && things[at].dying) found.push_back(static_cast<int>(at));
        }
        return found;
    }

    void maybe_hang() {
        if (faults.hang == 0 || !sim::one_in(faults.hang)) return;
        const auto before = sim::elapsed();
        sim::sleep(faults.longest_hang / (1 << (2 * sim::choose(4))));
        here().hung += sim::elapsed() - before;
    }

    [[nodiscard]] static bool goes_wrong(unsigned chance) {
        return chance != 0 && sim::one_in(chance);
    }

    // 39: counters never go back, from one look that ended to the next that began.
    void counters_never_go_back(const lend::pool_stats& before, const lend::pool_stats& s) {
        SIM_CHECK(s.acquired >= before.acquired && s.returned >= before.returned);
        SIM_CHECK(s.waited >= before.waited && s.handed_over >= before.handed_over);
        SIM_CHECK(s.timed_out >= before.timed_out && s.refused >= before.refused);
        SIM_CHECK(s.cancelled >= before.cancelled && s.shed >= before.shed);
        SIM_CHECK(s.created >= before.created && s.create_failed >= before.create_failed);
        SIM_CHECK(s.destroyed >= before.destroyed && s.detached >= before.detached);
        SIM_CHECK(s.condemned >= before.condemned && s.destroy_failed >= before.destroy_failed);
        SIM_CHECK(s.acquired >= s.returned);
        latest_stats = s;
    }

    // 11: what could have been lent during a whole call is not refused to it, and nothing is made
    // in its place. A caller that has no time checks one that is in doubt, and no second one.
    template <class Serves>
    void nothing_was_free(const fiber_notes& to, const Serves& serves) const {
        for (const free_record& each : slots) {
            if (each.in_doubt && to.has_checked) continue;
            SIM_CHECK(!each.free || each.since >= to.asks_since || !serves(each.kind));
        }
    }

    void check_sizes() {
        const std::size_t on_top = reclaimed != nullptr ? *reclaimed : 0;
        SIM_CHECK(live + creating <= max_size + on_top + abandoned);
    }
};

struct thing {
    explicit thing(int s) noexcept : serial(s) {}
    thing(thing&& other) noexcept : serial(std::exchange(other.serial, -1)) {}
    thing& operator=(thing&& other) noexcept {
        serial = std::exchange(other.serial, -1);
        return *this;
    }

    int serial;
};

/// What all drivers of the world do. Its destructor tells when the pool's state is freed.
class world_driver {
public:
    using resource = thing;

    explicit world_driver(pool_world& world) noexcept : world_(&world) {}
    world_driver(world_driver&& other) noexcept : world_(std::exchange(other.world_, nullptr)) {}
    world_driver& operator=(world_driver&&) = delete;
    ~world_driver() {
        if (world_ != nullptr) ++world_->drivers_ended;
    }

    lend::hresult reset(thing& t) {
        const int serial = t.serial;
        call_scope call(*world_, driver_member::reset, serial);
        if (pool_world::goes_wrong(world_->faults.reset)) {
            world_->at(serial).doomed = true;
            fail_or_throw();
            return lend::hr::e_fail;
        }
        world_->at(serial).dirty = false;
        return lend::hr::s_ok;
    }

    lend::hresult destroy(thing&& t) {
        const int serial = std::exchange(t.serial, -1);
        call_scope call(*world_, driver_member::destroy, serial);
        // Gone whatever comes of it.
        world_->at(serial).alive = false;
        ++world_->destroyed;
        --world_->live;
        if (pool_world::goes_wrong(world_->faults.destroy)) {
            fail_or_throw();
            return lend::hr::e_fail;
        }
        return lend::hr::s_ok;
    }

protected:
    class call_scope {
    public:
        call_scope(pool_world& world, driver_member what, int serial, bool may_hang = true)
            : world_(world), what_(what), serial_(serial) {
            world_.begin(what, serial);
            // `rate` and a passive check are not to block.
            if (may_hang && what != driver_member::rate) world_.maybe_hang();
        }
        call_scope(const call_scope&) = delete;
        call_scope& operator=(const call_scope&) = delete;
        ~call_scope() { world_.end(what_, serial_); }

    private:
        pool_world& world_;
        driver_member what_;
        int serial_;
    };

    lend::result<thing> make(int kind) {
        ++world_->creating;
        world_->check_sizes();
        SIM_CHECK(world_->most_parallel == 0 ||
                  world_->creating <= world_->most_parallel + world_->abandoned);
        const fiber_notes& self = world_->here();
        if (self.asks_since != ~0ULL && self.asks_for == kind)
            world_->nothing_was_free(self, [&](int other) { return other == kind; });
        const std::uint64_t begun = ++world_->moments;
        call_scope call(*world_, driver_member::create, -1);
        --world_->creating;
        if (pool_world::goes_wrong(world_->faults.create)) {
            ++world_->create_failed;
            fail_or_throw();
            return lend::error(lend::hr::e_accessdenied, "no more today", 7);
        }
        world_->things.push_back({.kind = kind, .begun = begun, .made = sim::elapsed()});
        ++world_->live;
        ++world_->created;
        world_->check_sizes();
        return thing(static_cast<int>(world_->things.size()) - 1);
    }

    // Specified not to block: a passive check, and `rate`.
    lend::health find_health(thing& t, lend::check_kind kind) {
        const int serial = t.serial;
        if (kind == lend::check_kind::active) world_->here().has_checked = true;
        call_scope call(*world_, driver_member::check, serial, kind == lend::check_kind::active);
        if (!pool_world::goes_wrong(world_->faults.check)) return lend::health::good;
        world_->at(serial).doomed = true;
        fail_or_throw();
        if (sim::one_in(2)) return lend::health::broken;
        ++world_->gone_reports;
        return lend::health::backend_gone;
    }

    lend::rating rate_kind(int wanted, const thing& t) {
        const int serial = t.serial;
        call_scope call(*world_, driver_member::rate, serial, false);
        if (pool_world::goes_wrong(world_->faults.rate)) {
            world_->at(serial).doomed = true;
            fail_or_throw();
            return lend::rating{101};
        }
        return rating_of(wanted, world_->at(serial).kind);
    }

    lend::health find_what_it_means() {
        call_scope call(*world_, driver_member::classify, -1);
        switch (sim::choose(4)) {
        case 0:
            return lend::health::good;
        case 1:
            return lend::health::backend_gone;
        case 2:
            throw std::runtime_error("means nothing");
        default:
            return lend::health::broken;
        }
    }

    std::chrono::nanoseconds limit_of(const thing& t) {
        call_scope call(*world_, driver_member::idle_limit, t.serial);
        if (pool_world::goes_wrong(world_->faults.rate)) throw std::runtime_error("no idea");
        return world_->idle_limit;
    }

public:
    /// Kinds 0 and 1 can stand in for each other, not well; kind 2 stands alone.
    static lend::rating rating_of(int wanted, int kind) {
        if (wanted == kind) return lend::rating::perfect;
        return wanted / 2 == kind / 2 ? 50U : lend::rating::unusable;
    }

private:
    static void fail_or_throw() {
        switch (sim::choose(4)) {
        case 0:
            throw std::runtime_error("thrown by the driver");
        case 1:
            throw std::bad_alloc();
        default:
            break;
        }
    }

protected:
    pool_world* world_;
};

/// One kind, no checks.
struct plain_driver : world_driver {
    using world_driver::world_driver;
    static constexpr int kinds = 1;
    lend::result<thing> create() { return make(0); }
};

/// One kind, whose uses can be broken off. Nothing is destroyed, or leaves, meanwhile.
struct interruptible_driver : plain_driver {
    using plain_driver::plain_driver;
    void interrupt(thing& t) {
        const int serial = t.serial;
        const auto is_there = [&] {
            const thing_record& it = world_->at(serial);
            return it.alive && !it.dying;
        };
        SIM_CHECK(sim::platform::locks_held() == 0);
        SIM_CHECK(is_there());
        sim::platform::driver_call(); // others may run here; specified not to block
        SIM_CHECK(is_there());
        SIM_CHECK(t.serial == serial);
    }
};

/// One kind, checked at each acquire, with an idle limit of its own.
struct checked_driver : world_driver {
    using world_driver::world_driver;
    static constexpr int kinds = 1;
    lend::result<thing> create() { return make(0); }
    lend::health check(thing& t, lend::check_kind kind) { return find_health(t, kind); }
    std::chrono::nanoseconds idle_limit(const thing& t) { return limit_of(t); }
};

/// One kind, and a word on errors.
struct classifying_driver : world_driver {
    using world_driver::world_driver;
    static constexpr int kinds = 1;
    lend::result<thing> create() { return make(0); }
    lend::health classify(const lend::error&) { return find_what_it_means(); }
};

/// Several kinds, compared by lend.
struct typed_driver : world_driver {
    using world_driver::world_driver;
    using resource_type = int;
    static constexpr int kinds = 3;
    lend::result<thing> create(const int& kind) { return make(kind); }
};

/// The same, checked.
struct typed_checked_driver : typed_driver {
    using typed_driver::typed_driver;
    lend::health check(thing& t, lend::check_kind kind) { return find_health(t, kind); }
};

/// A kind that carries its counts. They are those of the run.
struct counted_kind {
    struct counts_of_run {
        lend::detail::quota_book book;
        std::array<lend::detail::tally, 3> kinds{
            lend::detail::tally(book), lend::detail::tally(book), lend::detail::tally(book)};
    };
    static inline counts_of_run* run = nullptr;

    counted_kind(int k) noexcept : kind(k) {} // as an int, for users
    [[nodiscard]] lend::detail::tally& counts() const noexcept {
        return run->kinds[static_cast<std::size_t>(kind)];
    }
    [[nodiscard]] friend bool operator==(counted_kind a, counted_kind b) noexcept {
        return a.kind == b.kind;
    }

    int kind;
};

/// Several kinds, one or two resources of each at most.
struct quota_driver : world_driver {
    using resource_type = counted_kind;
    using quota_by_type = void;
    static constexpr int kinds = 3;

    explicit quota_driver(pool_world& world)
        : world_driver(world), run_(std::make_unique<counted_kind::counts_of_run>()) {
        run_->book.most_per_key = 1 + sim::choose(2);
        counted_kind::run = run_.get();
    }
    lend::result<thing> create(const counted_kind& k) { return make(k.kind); }
    [[nodiscard]] const lend::detail::quota_book& book() const noexcept { return run_->book; }

private:
    std::unique_ptr<counted_kind::counts_of_run> run_;
};

/// Several kinds, compared by the driver, and checked.
struct rated_driver : world_driver {
    using world_driver::world_driver;
    using resource_type = int;
    static constexpr int kinds = 3;
    lend::result<thing> create(const int& kind) { return make(kind); }
    lend::rating rate(const int& wanted, const thing& t, bool) { return rate_kind(wanted, t); }
    lend::health check(thing& t, lend::check_kind kind) { return find_health(t, kind); }
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_POOL_WORLD_HPP
