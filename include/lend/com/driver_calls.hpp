// SPDX-License-Identifier: MIT
/// @file
/// The one place from which a holder calls a dispenser: exceptions become codes, out-parameters
/// are set beforehand, and after detach nothing is called any more.

#ifndef LEND_COM_DRIVER_CALLS_HPP
#define LEND_COM_DRIVER_CALLS_HPP

#include <lend/com/dispenser_driver.hpp>
#include <lend/com/holder_options.hpp>
#include <lend/com/macros.hpp>
#include <lend/com/types.hpp>
#include <lend/detail/config.hpp>

#include <atomic>
#include <new>

namespace lend::inline v0_1 {
namespace detail {

// Calls f, which returns an HRESULT; an exception becomes E_OUTOFMEMORY or E_FAIL. Nothing that a
// user's code throws may cross a COM method.
template <class Platform, class F>
[[nodiscard]] LEND_ALWAYS_INLINE com::HRESULT com_boundary(const F& f) noexcept {
#if LEND_EXCEPTIONS
    if constexpr (Platform::exceptions) {
        try {
            return f();
        } catch (const std::bad_alloc&) {
            return E_OUTOFMEMORY;
        } catch (...) {
            return E_FAIL;
        }
    } else
#endif
    {
        return f();
    }
}

} // namespace detail
} // namespace lend

namespace lend::inline v0_1::com {

/// A holder's way to its dispenser.
///
/// Owns one reference to the dispenser until `detach` gives it back. Every call is made with no
/// lock held, by whoever calls here. After detach every call answers E_FAIL and does nothing.
/// @par Thread safety Shared objects: safe; detach is not called while another thread is inside.
template <class Platform>
class driver_calls {
public:
    /// Takes over one reference that the caller has counted.
    driver_calls(IDispenserDriver* driver, holder_events* events) noexcept
        : driver_(driver), events_(events) {}

    driver_calls(const driver_calls&) = delete;
    driver_calls& operator=(const driver_calls&) = delete;
    ~driver_calls() = default; // whoever owns it has detached it: Release may call back

    /// Makes a resource. `secs` keeps its value if the dispenser does not write it.
    /// @par Errors Those of CreateResource. Every success is S_OK.
    [[nodiscard]] HRESULT create(RESTYPID type, RESID& id, TIMEINSECS& secs) noexcept {
        return call([&](IDispenserDriver& driver) {
            const HRESULT code = driver.CreateResource(type, &id, &secs);
            return SUCCEEDED(code) ? S_OK : code;
        });
    }

    /// Rates a candidate: 0 to 100.
    /// @par Errors Those of RateResource; E_FAIL for a rating above 100.
    [[nodiscard]] HRESULT
    rate(RESTYPID type, RESID id, bool needs_enlistment, RESOURCERATING& rating) noexcept {
        return call([&](IDispenserDriver& driver) {
            const HRESULT code =
                driver.RateResource(type, id, needs_enlistment ? TRUE : FALSE, &rating);
            return SUCCEEDED(code) && rating > best_rating ? E_FAIL : code;
        });
    }

    /// Enlists a resource; transaction 0 takes it out of every one. S_FALSE: it knows none.
    /// @par Errors Those of EnlistResource.
    [[nodiscard]] HRESULT enlist(RESID id, TRANSID transaction) noexcept {
        return call(
            [&](IDispenserDriver& driver) { return driver.EnlistResource(id, transaction); });
    }

    /// Resets a resource. @par Errors Those of ResetResource.
    [[nodiscard]] HRESULT reset(RESID id) noexcept {
        return call([&](IDispenserDriver& driver) { return driver.ResetResource(id); });
    }

    /// Destroys a resource and reports it. @par Errors Those of DestroyResource.
    HRESULT destroy(RESID id) noexcept {
        if (is_detached()) return E_FAIL;
        const HRESULT code =
            call([&](IDispenserDriver& driver) { return driver.DestroyResource(id); });
        if (events_ != nullptr) events_->destroyed(id, code);
        return code;
    }

    /// Destroys a resource that is named by a string and reports it.
    /// @par Errors Those of DestroyResourceS.
    HRESULT destroy(constSRESID id) noexcept {
        if (is_detached()) return E_FAIL;
        const HRESULT code =
            call([&](IDispenserDriver& driver) { return driver.DestroyResourceS(id); });
        if (events_ != nullptr) events_->destroyed_string(id, code);
        return code;
    }

    /// Gives the reference to the dispenser back, once. @par Errors None.
    void detach() noexcept {
        // (2) acq-rel-exchange synchronizes-with the acquire-load (1)
        IDispenserDriver* const driver = driver_.exchange(nullptr, std::memory_order_acq_rel);
        if (driver == nullptr) return;
        Platform::driver_call();
        // The result is a count; the boundary wants a code.
        static_cast<void>(lend::detail::com_boundary<Platform>([&] {
            driver->Release();
            return S_OK;
        }));
    }

    /// Whether the reference has been given back.
    [[nodiscard]] bool is_detached() const noexcept {
        // (1) acquire-load synchronizes-with the acq-rel-exchange (2)
        return driver_.load(std::memory_order_acquire) == nullptr;
    }

    /// Who hears what happens; null: nobody.
    [[nodiscard]] holder_events* events() const noexcept { return events_; }

    /// The rating that wins at once.
    static constexpr RESOURCERATING best_rating = 100;

private:
    template <class F>
    [[nodiscard]] LEND_ALWAYS_INLINE HRESULT call(const F& f) noexcept {
        // (3) acquire-load synchronizes-with the acq-rel-exchange (2)
        IDispenserDriver* const driver = driver_.load(std::memory_order_acquire);
        if (driver == nullptr) return E_FAIL;
        Platform::driver_call();
        return lend::detail::com_boundary<Platform>([&] { return f(*driver); });
    }

    typename Platform::template atomic<IDispenserDriver*> driver_;
    holder_events* const events_;
};

} // namespace lend

#endif // LEND_COM_DRIVER_CALLS_HPP
