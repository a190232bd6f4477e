// SPDX-License-Identifier: MIT
/// @file
/// For tests of one's own drivers and of code that uses a pool: a driver around a driver that makes
/// chosen calls fail, throw, hang, come late or lie. Not included by lend.hpp.

#ifndef LEND_TESTING_HPP
#define LEND_TESTING_HPP

#include <lend/detail/config.hpp>
#include <lend/detail/faulty.hpp>
#include <lend/detail/later.hpp>
#include <lend/detail/lock.hpp>
#include <lend/detail/words.hpp>
#include <lend/driver.hpp>
#include <lend/hresult.hpp>
#include <lend/platform.hpp>
#include <lend/result.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace lend::inline v0_1 {
namespace testing {

/// What can go wrong in a call.
enum class fault : std::uint8_t {
    none,
    error,        ///< answers plan.error_code; check that has no errors: broken; rate: unusable
    exception,    ///< throws injected_fault; as `error` where exceptions are off
    hang,         ///< sleeps for plan.hang_time or until released, then does its work
    delay,        ///< sleeps for plan.delay_time or until released, then does its work
    wrong_answer, ///< says what is not so; which lie, fault_driver says for each call
};

/// The calls of a driver.
enum class call : std::uint8_t {
    create,
    rate,
    enlist,
    reset,
    destroy,
    check,
    abandon,
    interrupt,
    classify,
    idle_limit,
};
inline constexpr std::size_t call_kinds = 10;

} // namespace testing

namespace detail {

template <>
struct words_of<testing::fault> {
    static constexpr std::array<std::string_view, 6> list{"none", "error", "exception",
                                                          "hang", "delay", "wrong_answer"};
};
template <>
struct words_of<testing::call> {
    static constexpr std::array<std::string_view, 10> list{
        "create", "rate",    "enlist",    "reset",    "destroy",
        "check",  "abandon", "interrupt", "classify", "idle_limit"};
};

} // namespace detail

namespace testing {

using lend::to_string;

/// Thrown by a call that is to throw.
struct injected_fault : std::runtime_error {
    injected_fault() : std::runtime_error("injected fault") {}
};

/// Which calls go wrong, and how; and how many there were.
///
/// Shared by a test and its fault_driver. Of several rules for one call the first counts.
///
/// Sleeps on the Platform's clock, so that on a virtual clock no time passes.
/// @par Thread safety Shared objects: safe, but for the public fields: set them before the calls
///   begin. Blocking on a short lock.
/// @par Complexity Each call: linear in the rules; allocates nothing.
template <class Platform = default_platform>
class fault_plan {
    using time_point = typename Platform::time_point;
    using lock_type = lend::detail::scoped_lock<Platform>;

public:
    using duration = typename Platform::duration;
    using call_type = call;

    fault_plan() = default;
    fault_plan(const fault_plan&) = delete;
    fault_plan& operator=(const fault_plan&) = delete;

    // ---- what goes wrong ---------------------------------------------------------------------

    /// What a call answers that is to fail.
    hresult error_code = hr::e_fail;
    /// How long a call hangs that nobody releases. duration::max(): for ever.
    duration hang_time = std::chrono::hours(1);
    duration delay_time = std::chrono::milliseconds(10);

    /// The n-th call of that kind (the first is 1) goes wrong, and no other.
    fault_plan& at(call kind, std::uint64_t nth, fault what) {
        return add({kind, what, nth, nth, 0});
    }
    /// The n-th and all later ones.
    fault_plan& from(call kind, std::uint64_t nth, fault what) {
        return add({kind, what, nth, ~std::uint64_t{0}, 0});
    }
    /// One in so many, by chance: 1 is each, 0 is refused by doing nothing.
    fault_plan& often(call kind, unsigned one_in, fault what) {
        if (one_in == 0) return *this;
        return add({kind, what, 1, ~std::uint64_t{0}, one_in});
    }
    /// Where chance begins: the same seed and the same order of calls are the same faults. 1 unless
    /// told otherwise. A Platform that chooses by itself, as a simulation does, ignores it.
    fault_plan& seed(std::uint64_t value) {
        const lock_type lock(mutex_);
        chance_ = value;
        return *this;
    }
    /// From now on nothing goes wrong. What hangs goes on hanging.
    void heal() {
        const lock_type lock(mutex_);
        rules_.clear();
    }
    /// Ends all hangs and delays of now.
    void release_hung() {
        // (1) release-fetch-add synchronizes-with the acquire-load (2)
        gate_.fetch_add(1, std::memory_order_release);
        for (std::uint64_t left = calls_under_way(); left > 0; --left) Platform::unpark_one(gate_);
    }

    // ---- what happened -----------------------------------------------------------------------

    /// How many calls of that kind have begun.
    [[nodiscard]] std::uint64_t calls(call kind) const {
        const lock_type lock(mutex_);
        return count_[index(kind)];
    }
    /// How many calls have begun and not ended.
    [[nodiscard]] std::uint64_t calls_under_way() const {
        const lock_type lock(mutex_);
        return under_way_;
    }

    // ---- for drivers -------------------------------------------------------------------------

    /// One call, from its beginning to its end: hangs, is late, throws, or says what the driver is
    /// to answer. For a driver that brings its own faults, as fault_driver does for any other.
    class visit {
    public:
        enum class throwing : std::uint8_t { now, later };
        static constexpr throwing throws_later = throwing::later;

        visit(fault_plan& plan, call kind, throwing when = throwing::now)
            : under_way_(plan), what_(plan.choose(kind)) {
            plan.suffer(what_);
            if (when == throwing::now) throw_now();
        }
        /// For a call that must do something before it throws.
        void throw_now() const {
#if LEND_EXCEPTIONS
            if (what_ == fault::exception) throw injected_fault();
#endif
        }
        [[nodiscard]] bool fails() const noexcept { return what_ == fault::error; }
        [[nodiscard]] bool lies() const noexcept { return what_ == fault::wrong_answer; }

    private:
        // A part of its own, so that a call that throws has ended too.
        struct presence {
            explicit presence(fault_plan& in) : plan(in) { plan.count_under_way(1); }
            presence(const presence&) = delete;
            presence& operator=(const presence&) = delete;
            ~presence() { plan.count_under_way(-1); }
            fault_plan& plan;
        };

        presence under_way_;
        fault what_;
    };

private:
    struct rule {
        call kind;
        fault what;
        std::uint64_t first;
        std::uint64_t last;
        unsigned one_in; // 0: each
    };

    static constexpr std::size_t index(call kind) noexcept {
        return static_cast<std::size_t>(kind);
    }

    fault_plan& add(rule added) {
        const lock_type lock(mutex_);
        rules_.push_back(added);
        return *this;
    }

    void count_under_way(int change) {
        const lock_type lock(mutex_);
        under_way_ += static_cast<std::uint64_t>(static_cast<std::int64_t>(change));
    }

    fault choose(call kind) {
        const lock_type lock(mutex_);
        const std::uint64_t nth = ++count_[index(kind)];
        for (const rule& each : rules_) {
            if (each.kind != kind || nth < each.first || nth > each.last) continue;
            if (each.one_in == 0 || draw(each.one_in)) return without_exceptions(each.what);
        }
        return fault::none;
    }

    static constexpr fault without_exceptions(fault what) noexcept {
        constexpr bool can_throw = LEND_EXCEPTIONS && Platform::exceptions;
        return what == fault::exception && !can_throw ? fault::error : what;
    }

    // Under the lock.
    bool draw(unsigned one_in) {
        if constexpr (requires { Platform::choose(one_in); }) {
            return Platform::choose(one_in) == 0;
        } else {
            // splitmix64, as in platform.hpp.
            std::uint64_t z = (chance_ += 0x9E3779B97F4A7C15U);
            z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
            z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
            return (z ^ (z >> 31U)) % one_in == 0;
        }
    }

    void suffer(fault what) {
        Platform::driver_call(); // in simulation, a place where others come between
        if (what == fault::hang) sleep(hang_time);
        if (what == fault::delay) sleep(delay_time);
    }

    void sleep(duration time) {
        // (2) acquire-load synchronizes-with the release-fetch-add (1)
        const std::uint32_t before = gate_.load(std::memory_order_acquire);
        const time_point start = Platform::now();
        const time_point deadline = detail::later(start, time);
        while (Platform::now() < deadline) {
            // (2) acquire-load synchronizes-with the release-fetch-add (1)
            if (gate_.load(std::memory_order_acquire) != before) return;
            Platform::park(gate_, before, deadline);
        }
    }

    mutable typename Platform::mutex mutex_;
    std::vector<rule> rules_;
    std::array<std::uint64_t, call_kinds> count_{};
    std::uint64_t under_way_ = 0;
    std::uint64_t chance_ = 1;
    typename Platform::template atomic<std::uint32_t> gate_{0};
};

/// A driver around a driver: has the members that the one inside has, and lets a plan decide which
/// calls go wrong. Otherwise each call is passed on.
///
/// | call | error | wrong_answer |
/// | --- | --- | --- |
/// | create | error_code, nothing is made | a success code and no resource |
/// | rate | unusable | 1000, which no rating may be |
/// | enlist | error_code | not transactional, without asking |
/// | reset | error_code, without resetting | s_ok, without resetting |
/// | destroy | error_code, although destroyed | s_false, although destroyed |
/// | check | error_code, or broken if it answers no errors | backend_gone |
/// | classify | broken | backend_gone |
/// | idle_limit | 0, gone at the next sweep | never |
/// | interrupt | nothing is done | nothing is done |
/// | abandon | nothing: it has no answer | nothing |
///
/// `destroy` and `abandon` have passed the resource on also if they throw.
///
/// When not to use it: for what depends on the real resource's own failures; no plan knows those.
/// Example: examples/tour_testing.cpp.
///
/// @tparam Driver    any resource_driver
/// @tparam Platform  that of the pool, so that delays pass on its clock
/// @par Thread safety As the driver's inside.
/// @par Ownership Owns the driver; shares the plan with the test.
template <class Driver, class Platform = default_platform>
class fault_driver : public lend::detail::faulty_members<Driver, fault_plan<Platform>>::type {
    using members = typename lend::detail::faulty_members<Driver, fault_plan<Platform>>::type;

public:
    /// @pre `plan` is not null.
    fault_driver(Driver inner, std::shared_ptr<fault_plan<Platform>> plan)
        : members(std::move(inner), std::move(plan)) {}

    /// The driver inside, and the plan. @par Errors None. @par Thread safety Safe.
    [[nodiscard]] Driver& inner() noexcept { return this->inner_; }
    [[nodiscard]] fault_plan<Platform>& plan() noexcept { return *this->plan_; }
};

template <class Driver, class Platform>
fault_driver(Driver, std::shared_ptr<fault_plan<Platform>>) -> fault_driver<Driver, Platform>;

} // namespace testing
} // namespace lend

#endif // LEND_TESTING_HPP
