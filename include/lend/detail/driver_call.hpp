// SPDX-License-Identifier: MIT
/// @file
/// Calls into a driver: never under a lock, and nothing that the driver throws comes out. An
/// exception becomes e_outofmemory or e_fail with its words kept.

#ifndef LEND_DETAIL_DRIVER_CALL_HPP
#define LEND_DETAIL_DRIVER_CALL_HPP

#include <lend/detail/config.hpp>
#include <lend/detail/later.hpp>
#include <lend/detail/lock.hpp>
#include <lend/detail/quick_call.hpp>
#include <lend/detail/same_kind.hpp>
#include <lend/driver.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <new>
#include <system_error>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// The exception being handled, as an error.
template <class Platform>
LEND_NOINLINE error current_exception_as_error() noexcept {
#if LEND_EXCEPTIONS
    if constexpr (Platform::exceptions) {
        try {
            throw;
        } catch (const lend_exception& e) {
            return e.error();
        } catch (const std::bad_alloc&) {
            return {hr::e_outofmemory};
        } catch (const std::system_error& e) {
            return {hr::e_fail, e.what(), e.code().value()};
        } catch (const std::exception& e) {
            return {hr::e_fail, e.what()};
        } catch (...) {
            return {hr::e_fail, "the driver threw something that is not a std::exception"};
        }
    }
#endif
    return {hr::e_unexpected};
}

// Every member of a driver as a function that cannot throw. Members that the driver lacks have
// their defaults here and nowhere else. `on_error` is called with an error when a call fails.
template <class Driver, class Platform>
struct driver_call {
    using traits = driver_traits<Driver>;
    using resource = typename traits::resource;
    using resource_type = typename traits::resource_type;

    using time_point = typename Platform::time_point;
    static constexpr time_point for_ever = (time_point::max)();

    // `deadline`, here and below: for drivers that take one with the call.
    static result<resource>
    create(Driver& driver, const resource_type& type, time_point deadline) noexcept {
        enter();
        LEND_TRY {
            if constexpr (traits::create_takes_deadline && traits::has_resource_type) {
                return driver.create(type, as_given(deadline));
            } else if constexpr (traits::create_takes_deadline) {
                return driver.create(as_given(deadline));
            } else if constexpr (traits::has_resource_type) {
                return driver.create(type);
            } else {
                return driver.create();
            }
        }
        LEND_CATCH_ALL { return thrown(); }
        return hr::e_unexpected;
    }

    static rating rate(Driver& driver,
                       const resource_type& wanted,
                       const resource_type& made_as,
                       const resource& candidate,
                       bool needs_enlistment) noexcept {
        if constexpr (traits::has_rate) {
            const quick_call<Driver, Platform> call("rate");
            enter();
            LEND_TRY { return driver.rate(wanted, candidate, needs_enlistment); }
            // A driver that cannot rate a candidate has lost it: more than 100 condemns it.
            LEND_CATCH_ALL { return rating{rating::perfect + 1}; }
        }
        if constexpr (traits::has_resource_type && !traits::has_rate) {
            return same_kind(wanted, made_as) ? rating::perfect : rating::unusable;
        }
        return rating::perfect;
    }

    static hresult enlist(Driver& driver, resource& r, transaction_id transaction) noexcept {
        if constexpr (traits::has_enlist) {
            enter();
            LEND_TRY { return driver.enlist(r, transaction).code; }
            LEND_CATCH_ALL { return current_exception_as_error<Platform>().code(); }
        }
        return enlistment::not_transactional;
    }

    // `timeout`: from now; the clock is read only for a driver that takes a deadline.
    template <class OnError>
    LEND_ALWAYS_INLINE static bool reset(Driver& driver,
                                         resource& r,
                                         std::chrono::nanoseconds timeout,
                                         const OnError& on_error) noexcept {
        if constexpr (traits::has_reset) {
            enter();
            LEND_TRY {
                const auto answer = ask_to_reset(driver, r, timeout);
                if (is_well(answer)) [[likely]]
                    return true;
                on_error(as_error(answer));
                return false;
            }
            LEND_CATCH_ALL { on_error(thrown()); }
            return false;
        }
        return true;
    }

    template <class OnError>
    LEND_ALWAYS_INLINE static health
    check_passively(Driver& driver, resource& r, const OnError& on_error) noexcept {
        if constexpr (traits::has_check) {
            const quick_call<Driver, Platform> call("check(passive)");
            return ask_health(driver, r, check_kind::passive, (time_point::max)(), on_error);
        }
        return health::good;
    }

    // `on_error` is called unless the answer is good, which never is with an error.
    template <class OnError>
    LEND_ALWAYS_INLINE static health ask_health(Driver& driver,
                                                resource& r,
                                                check_kind kind,
                                                time_point deadline,
                                                const OnError& on_error) noexcept {
        if constexpr (traits::has_check) {
            enter();
            LEND_TRY {
                auto answer = ask_to_check(driver, r, kind, deadline);
                if (is_well(answer)) [[likely]]
                    return health::good;
                const finding found = finding_of(driver, std::move(answer));
                on_error(found.why);
                return found.state;
            }
            LEND_CATCH_ALL {
                const finding found = classified(driver, thrown());
                on_error(found.why);
                return found.state;
            }
        }
        return health::good;
    }

    // The deadline of a call that begins now.
    static time_point until(std::chrono::nanoseconds timeout) noexcept {
        using duration = typename time_point::duration;
        return later(Platform::now(), std::chrono::duration_cast<duration>(timeout));
    }

    // What an error that a borrower met says of its resource. Without the driver's word, an error
    // of lend's own says nothing of the resource, and any other that it is broken.
    static health classify(Driver& driver, const error& e) noexcept {
        if constexpr (traits::has_classify) {
            enter();
            LEND_TRY { return driver.classify(e); }
            LEND_CATCH_ALL { return health::broken; }
        }
        return is_own(e.code()) ? health::good : health::broken;
    }

    // Breaks off what is done with the resource, on whatever thread.
    static void interrupt(Driver& driver, resource& r) noexcept {
        if constexpr (traits::has_interrupt) {
            enter();
            LEND_TRY { driver.interrupt(r); }
            LEND_CATCH_ALL {
                // It could not be broken off, then.
            }
        }
    }

    // Lets the driver destroy the resource; the object itself is left to `end`.
    template <class OnError>
    static hresult destroy(Driver& driver, resource& r, const OnError& on_error) noexcept {
        hresult code = hr::s_ok;
        if constexpr (traits::has_destroy) {
            enter();
            LEND_TRY {
                if constexpr (std::is_void_v<decltype(driver.destroy(std::move(r)))>) {
                    driver.destroy(std::move(r));
                } else {
                    const auto answer = driver.destroy(std::move(r));
                    code = code_of(answer);
                    if (!is_well(answer)) on_error(as_error(answer));
                }
            }
            LEND_CATCH_ALL {
                const error e = thrown();
                code = e.code();
                on_error(e);
            }
        }
        return code;
    }

    // In a forked child, for a resource of the parent's: the object itself is never ended.
    static void abandon(Driver& driver, resource& r) noexcept {
        enter();
        LEND_TRY { driver.abandon(std::move(r)); }
        LEND_CATCH_ALL {
            // There is nothing that could be done for it.
        }
    }

    // Ends the object's lifetime. Its destructor is user code like the driver's members, but may
    // not throw: no resource_driver has such a resource.
    static void end(resource& r) noexcept {
        static_assert(std::is_nothrow_destructible_v<resource>);
        if constexpr (!std::is_trivially_destructible_v<resource>) enter();
        r.~resource();
    }

    // How long this resource may stay idle; `otherwise` where the driver does not say.
    template <class Duration>
    static Duration idle_limit(Driver& driver, const resource& r, Duration otherwise) noexcept {
        if constexpr (traits::has_idle_limit) {
            enter();
            LEND_TRY { return as_limit<Duration>(driver.idle_limit(r)); }
            LEND_CATCH_ALL { return otherwise; }
        }
        return otherwise;
    }

private:
    // A deadline as drivers know it, whatever clock the platform has.
    static call_deadline as_given(time_point at) noexcept {
        if constexpr (std::is_same_v<time_point, call_deadline>) {
            return at;
        } else {
            if (at == for_ever) return (call_deadline::max)();
            return call_deadline(
                std::chrono::duration_cast<call_deadline::duration>(at.time_since_epoch()));
        }
    }

    // What a check that was not passed has found.
    struct finding {
        health state;
        error why;
    };

    LEND_ALWAYS_INLINE static auto
    ask_to_reset(Driver& driver, resource& r, [[maybe_unused]] std::chrono::nanoseconds timeout) {
        if constexpr (traits::reset_takes_deadline) {
            return driver.reset(r, as_given(until(timeout)));
        } else {
            return driver.reset(r);
        }
    }

    LEND_ALWAYS_INLINE static auto ask_to_check(Driver& driver,
                                                resource& r,
                                                check_kind kind,
                                                [[maybe_unused]] time_point deadline) {
        if constexpr (traits::check_takes_deadline) {
            return (driver.check)(r, kind, as_given(deadline));
        } else {
            return (driver.check)(r, kind);
        }
    }

    LEND_ALWAYS_INLINE static bool is_well(hresult code) noexcept { return succeeded(code); }
    LEND_ALWAYS_INLINE static bool is_well(const result<void>& answer) noexcept {
        return answer.has_value();
    }
    LEND_ALWAYS_INLINE static bool is_well(health state) noexcept { return state == health::good; }
    LEND_ALWAYS_INLINE static bool is_well(const result<health>& answer) noexcept {
        return answer.has_value() && *answer == health::good;
    }

    static hresult code_of(hresult code) noexcept { return code; }
    static hresult code_of(const result<void>& answer) noexcept { return answer.code(); }

    static error as_error(hresult code) noexcept { return error(code).with_driver_origin(); }
    static error as_error(const result<void>& answer) noexcept {
        return error(answer.error()).with_driver_origin();
    }

    static error thrown() noexcept {
        return current_exception_as_error<Platform>().with_thrown().with_driver_origin();
    }

    static LEND_NOINLINE finding finding_of(Driver&, health state) noexcept {
        return {state, error(hr::e_fail, state == health::backend_gone
                                             ? "the driver's check says backend_gone"
                                             : "the driver's check says broken")
                           .with_driver_origin()};
    }
    static LEND_NOINLINE finding finding_of(Driver& driver, result<health> answer) noexcept {
        if (answer) return finding_of(driver, *answer);
        return classified(driver, std::move(answer).error().with_driver_origin());
    }

    // Without the driver's word, this one alone is broken.
    static LEND_NOINLINE finding classified(Driver& driver, error why) noexcept {
        const bool is_gone = traits::has_classify && classify(driver, why) == health::backend_gone;
        return {is_gone ? health::backend_gone : health::broken, std::move(why)};
    }

    // lend_e_...: see hresult.hpp.
    static constexpr bool is_own(hresult code) noexcept {
        return (static_cast<std::uint32_t>(code) & 0xFFFF'FF00U) ==
               (static_cast<std::uint32_t>(hr::lend_e_timed_out) & 0xFFFF'FF00U);
    }

    // Negative is for ever, and so is what a Duration cannot hold.
    template <class Duration, class Given>
    static Duration as_limit(Given given) noexcept {
        if (given < Given::zero()) return (Duration::max)();
        if (std::chrono::duration<double>(given) >=
            std::chrono::duration<double>((Duration::max)())) {
            return (Duration::max)();
        }
        return std::chrono::duration_cast<Duration>(given);
    }

    LEND_ALWAYS_INLINE static void enter() noexcept {
        assert_no_lock_held<Platform>();
        Platform::driver_call();
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_DRIVER_CALL_HPP
