// SPDX-License-Identifier: MIT
/// @file
/// A dispenser for simulated holders whose calls fail, lie, hang and call back as the run decides,
/// and the world that it reports to: it knows each resource, each transaction and each call of a
/// user, and fails the run when a resource is treated wrongly.

#ifndef LEND_TESTS_SUPPORT_HOLDER_WORLD_HPP
#define LEND_TESTS_SUPPORT_HOLDER_WORLD_HPP

#include "sim_platform.hpp"

#include <lend/com/caller_context.hpp>
#include <lend/com/dispenser_driver.hpp>
#include <lend/com/holder_options.hpp>
#include <lend/com/macros.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

namespace lend_test {

using namespace lend::com; // NOLINT(google-build-using-namespace): the contract's own spelling

/// How often a call of the dispenser goes wrong: once in so many, 0 for never.
struct dispenser_faults {
    unsigned create = 0;
    unsigned rate = 0;
    unsigned enlist = 0;
    unsigned reset = 0;
    unsigned destroy = 0;
    unsigned lie = 0;    ///< an id that is 0 or taken
    unsigned hang = 0;   ///< any call
    unsigned nested = 0; ///< any call: it calls the holder
    std::chrono::nanoseconds longest_hang{0};
};

/// One resource, from its making to its end. The same id may name another one later.
struct resource_record {
    RESID id = 0;
    bool alive = true;
    bool tracked = false;
    bool settled = false;    ///< the holder knows it for sure
    bool lent = false;       ///< a borrower has it, and it was not reset since
    bool bad = false;        ///< a call failed: only its destruction may follow
    bool requested = false;  ///< somebody wished its destruction
    bool doomed = false;     ///< and was told that it will be
    bool doubtful = false;   ///< a borrower has it, or somebody has freed it since
    bool must_leave = false; ///< was enlisted, and was not taken out since
    bool late = false;       ///< enlisted in a transaction that had ended before
    bool called = false;     ///< the dispenser is being called for it
    std::size_t caller = 0;  ///< then: by this fiber
    TIMEINSECS secs = -1;
    INSTID owner = 0;
    TRANSID enlisted = 0;
    std::uint64_t doomed_at = 0; ///< when `doomed` became true
    std::uint64_t called_at = 0; ///< when the dispenser was last asked about it
    std::uint64_t freed_at = 0;  ///< when the last reset ended
    std::chrono::nanoseconds freed{0};
};

/// What is known of an id, whichever resource it names.
struct id_record {
    std::size_t newest = 0;       ///< index of the resource that it names, or named last
    unsigned lies = 0;            ///< calls under way that claim it for another resource
    bool muddled = false;         ///< such a call came through, as the first resource was ending
    unsigned meddlers = 0;        ///< calls under way that need not have the right to end its use
    std::uint64_t meddled_at = 0; ///< when the last of them ended
    unsigned enders = 0;          ///< calls under way of those who have that right
    bool tainted = false;         ///< one of these was overtaken by a meddler, and comes too late
    bool disowned = false;

    [[nodiscard]] bool is_meddled_with() const noexcept { return meddlers > 0 || tainted; }
};

/// One call of a user, with all that the dispenser did in it. They nest.
struct user_call {
    user_call* below = nullptr;
    std::uint64_t began = 0;
    RESID lie = 0;           ///< what CreateResource claimed falsely
    bool gave_zero = false;  ///< CreateResource gave 0
    HRESULT failure = S_OK;  ///< of CreateResource or EnlistResource
    RESID declined = 0;      ///< EnlistResource knew no transaction for this one
    INSTID ended_object = 0; ///< of end_object
    unsigned callbacks = 0;
    unsigned resets = 0;
    bool destroy_failed = false;
};

/// Everything that is known in one simulated run, checked as it happens.
class holder_world {
public:
    dispenser_faults faults;
    holder_options options;
    bool close_begun = false;     ///< or nobody has a reference any more
    bool closed_by_call = false;  ///< of Close
    unsigned closers = 0;         ///< calls of Close under way
    unsigned released = 0;        ///< calls of the dispenser's Release
    bool all_are_perfect = false; ///< every rating is 100
    bool census = false;          ///< every candidate is refused and written down, nothing is made
    std::vector<RESID> offered;

    // Called within a call of the dispenser, now and then.
    std::function<void()> nested;

    holder_world() {
        resources_.reserve(64);
        ids_.resize(1); // id 0 is none
    }

    // ---- time, transactions, calls --------------------------------------------------------

    [[nodiscard]] std::uint64_t tick() noexcept { return ++tick_; }

    struct transaction {
        TRANSID id = 0;
        bool open = true;
    };
    /// What users may be in. An ended one is replaced.
    std::array<transaction, 2> transactions{{{1001, true}, {1002, true}}};
    TRANSID last_transaction = 1002;

    [[nodiscard]] bool is_open(TRANSID id) const noexcept {
        for (const transaction& each : transactions) {
            if (each.id == id) return each.open;
        }
        return false;
    }

    [[nodiscard]] static TRANSID caller_transaction() noexcept {
        return basic_caller_source<sim::platform>::of_thread().transaction;
    }

    /// Which fiber runs. Not its slot, for in some runs a few have none.
    [[nodiscard]] static std::size_t fiber() noexcept {
        return static_cast<std::size_t>(sim::platform::thread_id()) - 1;
    }

    [[nodiscard]] user_call*& here() noexcept { return calls_[fiber()]; }

    struct swept {
        std::chrono::nanoseconds now;
        std::uint64_t ended = ~0ULL;
    };
    std::vector<swept> sweeps;

    /// A resource that a user has, since when, and for which object.
    struct holding {
        RESID id = 0;
        std::uint64_t since = 0;
        INSTID owner = 0;
    };
    std::vector<holding> handed_over; ///< for anyone to free

    /// Calls of end_object, by object.
    struct object_end {
        unsigned under_way = 0;
        std::uint64_t ended = 0;
    };
    std::array<object_end, 8> object_ends{};

    [[nodiscard]] bool object_ended_since(INSTID owner, std::uint64_t then) const noexcept {
        const object_end& each = object_ends[owner];
        return options.reclaim_at_object_end && (each.under_way > 0 || each.ended >= then);
    }

    // ---- resources ------------------------------------------------------------------------

    [[nodiscard]] bool exists(RESID id) const noexcept { return id != 0 && id < ids_.size(); }
    [[nodiscard]] RESID last_id() const noexcept { return ids_.size() - 1; }

    id_record& id(RESID which) {
        SIM_CHECK(exists(which));
        return ids_[which];
    }
    resource_record& resource(RESID which) { return resources_[id(which).newest]; }

    /// Fails the run, unless the id is one that was claimed falsely in an unlucky moment.
    void must(bool holds, RESID which, const char* what) {
        if (holds) return;
        id_record& known = id(which);
        known.muddled = known.muddled || known.lies > 0;
        if (!known.muddled) sim::fail(what);
    }

    /// Makes a resource under a fresh id or one that is free again.
    resource_record& make() {
        RESID which = ids_.size();
        if (sim::one_in(2)) {
            for (RESID at = 1; at < ids_.size(); ++at) {
                const id_record& old = ids_[at];
                if (resources_[old.newest].alive || old.lies > 0 || old.muddled || old.disowned) {
                    continue;
                }
                which = at;
                break;
            }
        }
        if (which == ids_.size()) ids_.emplace_back();
        ids_[which].newest = resources_.size();
        resources_.emplace_back().id = which;
        return resources_.back();
    }

    /// An id that is surely taken; 0 if there is none.
    [[nodiscard]] RESID taken_id() {
        for (RESID at = ids_.size(); at-- > 1;) {
            const resource_record& r = resources_[ids_[at].newest];
            if (r.alive && r.settled && sim::one_in(2)) return at;
        }
        return 0;
    }

    void end(resource_record& r) {
        must(r.alive, r.id, "a resource ends twice");
        r.alive = false;
    }

    template <class F>
    void for_each(const F& f) {
        for (RESID at = 1; at < ids_.size(); ++at) {
            if (!ids_[at].muddled) f(resources_[ids_[at].newest], ids_[at]);
        }
    }

    /// While this lives, the caller ends uses of an id that may be somebody else's.
    class meddling {
    public:
        meddling(holder_world& world, RESID which) : world_(world), which_(which) {
            id_record& known = world_.id(which_);
            ++known.meddlers;
            known.tainted = known.tainted || known.enders > 0;
        }
        meddling(const meddling&) = delete;
        meddling& operator=(const meddling&) = delete;
        ~meddling() {
            id_record& known = world_.id(which_);
            --known.meddlers;
            known.meddled_at = world_.tick();
        }

    private:
        holder_world& world_;
        RESID which_;
    };

    /// While this lives, the caller ends the use of an id that is its own.
    class ending {
    public:
        ending(holder_world& world, RESID which) : world_(world), which_(which) {
            ++world_.id(which_).enders;
        }
        ending(const ending&) = delete;
        ending& operator=(const ending&) = delete;
        ~ending() {
            id_record& known = world_.id(which_);
            --known.enders;
            if (!known.tainted) return;
            known.meddled_at = world_.tick();
            known.tainted = known.enders > 0;
        }

    private:
        holder_world& world_;
        RESID which_;
    };

    /// Whether somebody may have ended the use of an id since then.
    [[nodiscard]] bool meddled_since(RESID which, std::uint64_t then) {
        const id_record& known = id(which);
        return known.muddled || known.is_meddled_with() || known.meddled_at >= then;
    }

    /// Whether something may have expired by now.
    [[nodiscard]] bool is_due(const resource_record& r) const {
        const std::chrono::seconds limit(r.secs);
        if (r.secs < 0) return false;
        if (sim::elapsed() - r.freed >= limit) return true; // by the manager's thread
        for (const swept& each : sweeps) {
            if (each.ended > r.freed_at && each.now - r.freed >= limit) return true;
        }
        return false;
    }

private:
    std::uint64_t tick_ = 0;
    std::vector<resource_record> resources_;
    std::vector<id_record> ids_;
    std::array<user_call*, 65> calls_{};
};

/// The dispenser of that world, and who hears what happens in the holder.
class sim_dispenser final : public IDispenserDriver, public holder_events {
public:
    explicit sim_dispenser(holder_world& world) noexcept : world_(world) {}

    STDMETHODIMP QueryInterface(REFIID, void** out) override {
        *out = nullptr;
        return E_NOINTERFACE;
    }
    STDMETHODIMP_(ULONG) AddRef() override { return 2; }

    STDMETHODIMP_(ULONG) Release() override {
        SIM_CHECK(world_.close_begun);
        SIM_CHECK(world_.released == 0);
        enter();
        ++world_.released;
        return 1;
    }

    STDMETHODIMP CreateResource(RESTYPID type, RESID* out_id, TIMEINSECS* out_secs) override {
        SIM_CHECK(type != 0);
        SIM_CHECK(*out_secs == world_.options.default_idle_limit);
        enter();
        user_call* const mine = world_.here();
        SIM_CHECK(mine != nullptr);
        if (world_.census || wrong(world_.faults.create)) return refuse(mine);
        constexpr TIMEINSECS times[] = {-1, -1, 0, 1, 3, 30};
        TIMEINSECS secs = world_.options.default_idle_limit;
        if (!sim::one_in(4)) *out_secs = secs = times[sim::choose(6)];
        if (mine->lie == 0 && wrong(world_.faults.lie)) {
            mine->lie = world_.taken_id();
            mine->gave_zero = mine->lie == 0;
            if (mine->lie != 0) ++world_.id(mine->lie).lies;
            *out_id = mine->lie;
            return S_OK;
        }
        resource_record& made = world_.make();
        made.secs = secs;
        *out_id = made.id;
        sim::note("CreateResource", made.id);
        return sim::one_in(8) ? S_FALSE : S_OK;
    }

    STDMETHODIMP RateResource(RESTYPID type,
                              RESID candidate,
                              BOOL needs_enlistment,
                              RESOURCERATING* out_rating) override {
        const call inside(*this, "RateResource", candidate);
        {
            const resource_record& r = inside.resource();
            const TRANSID wanted = holder_world::caller_transaction();
            world_.must(!r.lent, candidate, "a lent resource is offered");
            world_.must(!r.tracked, candidate, "a tracked resource is offered");
            if (world_.is_open(r.enlisted)) {
                world_.must(r.enlisted == wanted, candidate, "offered to another transaction");
                world_.must(needs_enlistment == FALSE, candidate, "needs no enlistment");
            } else if (world_.is_open(wanted)) {
                world_.must(needs_enlistment == TRUE, candidate, "needs enlistment");
            }
            if (wanted == 0) SIM_CHECK(needs_enlistment == FALSE);
        }
        enter();
        if (world_.census) {
            world_.offered.push_back(candidate);
            *out_rating = 0;
            return S_OK;
        }
        resource_record& r = inside.resource();
        r.settled = true;
        if (wrong(world_.faults.rate)) {
            r.bad = true;
            *out_rating = 101 + sim::choose(100);
            return sim::one_in(2) ? S_OK : refuse();
        }
        if (world_.all_are_perfect) {
            *out_rating = 100;
            return S_OK;
        }
        constexpr RESOURCERATING ratings[] = {0, 1, 2, 99, 100, 100};
        *out_rating = ratings[(sim::choose(6) + type) % 6];
        return S_OK;
    }

    STDMETHODIMP EnlistResource(RESID id, TRANSID transaction) override {
        const call inside(*this, "EnlistResource", id);
        user_call* const mine = world_.here();
        SIM_CHECK(mine != nullptr);
        SIM_CHECK(transaction == holder_world::caller_transaction());
        {
            const resource_record& r = inside.resource();
            world_.must(!r.lent, id, "a lent resource is enlisted");
            world_.must(!world_.is_open(r.enlisted), id, "enlisted while in a transaction");
            world_.must(transaction != 0 || r.must_leave, id, "left no transaction");
        }
        const bool is_late = !world_.is_open(transaction);
        enter();
        resource_record& r = inside.resource();
        if (wrong(world_.faults.enlist)) {
            r.bad = !r.tracked;
            return refuse(mine);
        }
        if (transaction == 0) {
            r.must_leave = false;
            r.late = false;
            r.enlisted = 0;
            return sim::one_in(8) ? S_FALSE : S_OK;
        }
        if (sim::one_in(6)) {
            mine->declined = id;
            return S_FALSE;
        }
        r.must_leave = true;
        r.late = is_late;
        r.enlisted = world_.is_open(transaction) ? transaction : 0;
        return S_OK;
    }

    STDMETHODIMP ResetResource(RESID id) override {
        const call inside(*this, "ResetResource", id);
        world_.must(!inside.resource().tracked, id, "a tracked resource is reset");
        world_.must(inside.resource().lent || inside.resource().doubtful ||
                        world_.id(id).is_meddled_with(),
                    id, "reset twice");
        if (const user_call* const mine = world_.here();
            mine != nullptr && mine->ended_object != 0) {
            const resource_record& r = inside.resource();
            world_.must(!r.lent || r.doubtful || r.owner == mine->ended_object ||
                            world_.id(id).is_meddled_with(),
                        id, "freed at the end of another object");
        }
        if (world_.here() != nullptr) ++world_.here()->resets;
        enter();
        resource_record& r = inside.resource();
        if (wrong(world_.faults.reset)) {
            r.bad = true;
            return refuse();
        }
        r.lent = false;
        r.settled = true;
        r.freed = sim::elapsed();
        r.freed_at = world_.tick();
        return sim::one_in(8) ? S_FALSE : S_OK;
    }

    STDMETHODIMP DestroyResource(RESID id) override {
        {
            const call inside(*this, "DestroyResource", id, true);
            check_end(inside.resource(), inside.is_nested());
            world_.end(inside.resource());
        }
        // From here on its name is free.
        enter();
        if (!wrong(world_.faults.destroy)) return S_OK;
        if (world_.here() != nullptr) world_.here()->destroy_failed = true;
        return refuse();
    }

    STDMETHODIMP DestroyResourceS(constSRESID id) override {
        SIM_CHECK(id != nullptr && *id != 0);
        SIM_CHECK(string_is_alive);
        string_is_alive = false;
        enter();
        return S_OK;
    }

    bool string_is_alive = false; ///< there is one name only

    // ---- holder_events ----------------------------------------------------------------------

    void created(RESID, bool) noexcept override { hear(); }
    void allocated(RESID, bool, ULONG, RESOURCERATING) noexcept override { hear(); }
    void recycled(RESID) noexcept override { hear(); }
    void destroyed(RESID, HRESULT) noexcept override { hear(); }
    void tracked(RESID, bool) noexcept override { hear(); }
    void reset_failed(RESID, HRESULT) noexcept override { hear(); }
    void doomed(TRANSID) noexcept override { hear(); }
    void disowned(RESID id) noexcept override {
        hear();
        SIM_CHECK(world_.close_begun);
        resource_record& r = world_.resource(id);
        world_.must(!r.tracked, id, "a tracked resource is disowned");
        world_.id(id).disowned = true;
        world_.end(r);
    }

private:
    // One call for one resource. Nobody else may make one meanwhile, but a Close further up.
    class call {
    public:
        call(sim_dispenser& of, const char* what, RESID id, bool ends = false)
            : world_(of.world_), id_(id), serial_(world_.id(id).newest), ends_(ends) {
            sim::note(what, id);
            resource_record& r = resource();
            const user_call* const mine = world_.here();
            if (mine != nullptr && mine->lie == id) world_.id(id).muddled = true;
            const std::size_t me = holder_world::fiber();
            world_.must(r.alive, id, "a call for a resource that has ended");
            world_.must(!r.bad || ends, id, "a call for a resource that failed");
            world_.must(!r.called || (r.caller == me && ends), id, "two calls at once");
            was_called_ = std::exchange(r.called, true);
            r.caller = me;
        }
        call(const call&) = delete;
        call& operator=(const call&) = delete;
        ~call() {
            if (world_.id(id_).newest != serial_) return;
            if (!was_called_) resource().called = false;
            if (!ends_) resource().called_at = world_.tick();
        }
        [[nodiscard]] resource_record& resource() const { return world_.resource(id_); }
        [[nodiscard]] bool is_nested() const noexcept { return was_called_; }

    private:
        holder_world& world_;
        RESID id_;
        std::size_t serial_;
        bool ends_;
        bool was_called_ = false;
    };

    void hear() {
        SIM_CHECK(sim::platform::locks_held() == 0);
        sim::point();
    }

    // What every call does first.
    void enter() {
        SIM_CHECK(sim::platform::locks_held() == 0);
        SIM_CHECK(world_.released == 0);
        if (world_.here() != nullptr) ++world_.here()->callbacks;
        sim::point();
        if (world_.census) return;
        if (world_.nested && wrong(world_.faults.nested)) world_.nested();
        if (wrong(world_.faults.hang)) {
            sim::sleep(world_.faults.longest_hang / (1 << (2 * sim::choose(4))));
        }
    }

    // Why a resource may be destroyed, and who must not have it.
    void check_end(const resource_record& r, bool is_nested) {
        const id_record& known = world_.id(r.id);
        if (r.tracked) {
            world_.must(r.requested || known.is_meddled_with() || world_.close_begun, r.id,
                        "tracked, and destroyed");
        } else {
            world_.must(r.bad || r.requested || known.is_meddled_with() || world_.close_begun ||
                            (r.secs == 0 && world_.options.zero_means_destroy_at_once) ||
                            world_.is_due(r),
                        r.id, "destroyed for no reason");
            world_.must(!r.lent || r.bad || r.requested || known.is_meddled_with() ||
                            (is_nested && world_.close_begun) ||
                            (world_.close_begun && world_.options.destroy_lent_at_close),
                        r.id, "destroyed under its borrower");
        }
        world_.must(!world_.is_open(r.enlisted) || r.bad || world_.close_begun, r.id,
                    "destroyed within its transaction");
    }

    [[nodiscard]] static bool wrong(unsigned chance) { return chance != 0 && sim::one_in(chance); }

    // A failure code, or an exception that becomes one. A user's call may answer with it.
    [[nodiscard]] static HRESULT refuse(user_call* blamed = nullptr) {
        user_call nobodys;
        user_call& mine = blamed != nullptr ? *blamed : nobodys;
        constexpr HRESULT codes[] = {E_FAIL, E_NOTIMPL, E_INVALIDARG, E_OUTOFMEMORY};
        switch (sim::choose(6)) {
        case 0:
            mine.failure = E_OUTOFMEMORY;
            throw std::bad_alloc();
        case 1:
            mine.failure = E_FAIL;
            throw std::runtime_error("thrown by the dispenser");
        default:
            return mine.failure = codes[sim::choose(4)];
        }
    }

    holder_world& world_;
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_HOLDER_WORLD_HPP
