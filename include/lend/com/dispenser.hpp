// SPDX-License-Identifier: MIT
/// @file
/// dispenser<Driver>: a lend driver as an IDispenserDriver. Its objects stand in a handle table and
/// the table's numbers are the RESIDs; drivers that name their resources by strings are served,
/// too.

#ifndef LEND_COM_DISPENSER_HPP
#define LEND_COM_DISPENSER_HPP

#include <lend/com/dispenser_driver.hpp>
#include <lend/com/dispenser_objects.hpp>
#include <lend/com/driver_calls.hpp>
#include <lend/com/macros.hpp>
#include <lend/com/restypid.hpp>
#include <lend/com/types.hpp>
#include <lend/com/utf16.hpp>
#include <lend/driver.hpp>
#include <lend/events.hpp>
#include <lend/result.hpp>

#include <atomic>
#include <chrono>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace lend::inline v0_1::com {

/// How long a resource may be idle, in the contract's unit: rounded up to whole seconds, capped at
/// the largest; negative is for ever. @par Errors None. @par Thread safety Safe; wait-free.
[[nodiscard]] constexpr TIMEINSECS to_secs(std::chrono::nanoseconds limit) noexcept {
    if (limit.count() < 0) return -1;
    constexpr std::int64_t most = (std::numeric_limits<std::int32_t>::max)();
    const auto secs = std::chrono::ceil<std::chrono::seconds>(limit).count();
    return static_cast<TIMEINSECS>(secs < most ? secs : most);
}

/// A lend driver behind the contract's interface, to be registered with a dispenser manager.
///
/// For code that speaks the contract; code that does not uses lend::pool with the same driver.
///
/// A RESID is a number of the dispenser's own table: it names one object, once. A number that is
/// over, unknown or forged is refused and never followed. How a RESTYPID becomes a resource_type
/// stands at com/restypid.hpp.
///
/// A driver with the member `name` makes a string dispenser. Its objects are not pooled: they enter
/// by `adopt`, which gives the name to pass to TrackResourceS, and end by DestroyResourceS.
/// CreateResource, RateResource, ResetResource and DestroyResource answer E_NOTIMPL there;
/// DestroyResourceS answers it everywhere else.
///
/// Invariant: an object is destroyed by the driver once, when its number ends; if somebody looks at
/// it then, when the last one has finished.
///
/// @par Thread safety
///   Shared objects: safe, as far as the driver's own members are (see resource_driver).
/// @par Ownership
///   Counts references; ends with the last, destroying the objects that are left. Owns the driver.
template <class Driver, class Platform = default_platform>
class dispenser final : public IDispenserDriver {
    static_assert(lend::detail::driver_of_a_pool<Driver>);
    using traits = driver_traits<Driver>;
    using objects = dispenser_objects<Driver, Platform>;
    using entry = typename objects::entry;
    using calls = lend::detail::driver_call<Driver, Platform>;

public:
    using resource = typename traits::resource;
    using resource_type = typename traits::resource_type;
    /// An object that is being looked at, and therefore not destroyed.
    using pinned = typename objects::pinned;

    /// Whether resources are named by strings.
    static constexpr bool is_by_name = traits::has_name;

    /// Makes a dispenser with one reference, the caller's; RegisterDispenser takes one over.
    /// @par Errors e_outofmemory.
    /// @par Thread safety Safe. @par Calls The driver's move constructor.
    [[nodiscard]] static result<dispenser*> make(Driver driver) noexcept {
        dispenser* made = nullptr;
        const HRESULT code = lend::detail::com_boundary<Platform>([&] {
            auto table = objects::table::make();
            if (!table) return E_OUTOFMEMORY;
            made = new dispenser(std::move(driver), std::move(*table));
            return S_OK;
        });
        if (FAILED(code)) return from_com(code);
        return made;
    }

    dispenser(const dispenser&) = delete;
    dispenser& operator=(const dispenser&) = delete;

    // ---- for the program ----------------------------------------------------------------------

    /// The driver, for what it has besides. @par Errors None. @par Thread safety The driver's.
    [[nodiscard]] Driver& driver() noexcept { return driver_; }

    /// The object behind a number, kept from being destroyed while the result lives.
    /// @return empty if the number is over or unknown.
    /// @par Errors None. @par Thread safety Shared objects: safe; lock-free. The object is shared
    ///   with whoever has it from the holder.
    /// @par Ownership The dispenser must outlive the result.
    [[nodiscard]] pinned find(RESID id) noexcept { return objects_.find(id); }

    /// The object behind a name. @return empty if there is none of that name.
    /// @par Errors None. @par Thread safety Shared objects: safe; blocking on a short lock.
    [[nodiscard]] pinned find(std::string_view name) noexcept requires is_by_name {
        return objects_.find(name);
    }

    /// Takes in a resource that the program made, and gives the name that the driver has for it.
    ///
    /// @param object  moved from only on success
    /// @return the name in UTF-8; com::to_utf16 makes an SRESID of it
    /// @par Errors
    ///   e_invalidarg   the name is empty, taken, holds a zero, or is not UTF-8.
    ///   e_outofmemory  memory is out.
    ///   any code       that an exception of the driver's `name` stands for.
    /// @par Thread safety Shared objects: safe; blocking on a short lock.
    /// @par Calls `name`, once, with no lock held.
    [[nodiscard]] result<std::string> adopt(resource&& object) noexcept requires is_by_name {
        static_assert(!traits::has_resource_type, "adopted resources have no type");
        std::string name;
        const HRESULT code = lend::detail::com_boundary<Platform>([&] {
            Platform::driver_call();
            name = std::string_view(driver_.name(std::as_const(object)));
            if (name.empty() || !to_utf16(name)) return E_INVALIDARG;
            return to_com(objects_.insert(name, resource_type{}, std::move(object)));
        });
        if (FAILED(code)) return from_com(code);
        return name;
    }

    // ---- IUnknown -----------------------------------------------------------------------------

    /// IUnknown and IDispenserDriver, nothing else. @par Errors E_POINTER, E_NOINTERFACE.
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void** out_object) noexcept override {
        if (out_object == nullptr) return E_POINTER;
        *out_object = nullptr;
        if (!IsEqualIID(iid, IID_IUnknown) && !IsEqualIID(iid, IID_IDispenserDriver)) {
            return E_NOINTERFACE;
        }
        AddRef();
        *out_object = static_cast<IDispenserDriver*>(this);
        return S_OK;
    }

    ULONG STDMETHODCALLTYPE AddRef() noexcept override {
        // Relaxed: whoever adds a reference has one.
        return references_.fetch_add(1, std::memory_order_relaxed) + 1;
    }

    ULONG STDMETHODCALLTYPE Release() noexcept override {
        // (1) acq-rel-fetch-sub synchronizes-with the acq-rel-fetch-sub (1)
        const ULONG left = references_.fetch_sub(1, std::memory_order_acq_rel) - 1;
        if (left == 0) delete this;
        return left;
    }

    // ---- IDispenserDriver ---------------------------------------------------------------------

    HRESULT STDMETHODCALLTYPE CreateResource(RESTYPID type,
                                             RESID* out_id,
                                             TIMEINSECS* out_secs) noexcept override;

    HRESULT STDMETHODCALLTYPE RateResource(RESTYPID type,
                                           RESID candidate,
                                           BOOL needs_enlistment,
                                           RESOURCERATING* out_rating) noexcept override;

    HRESULT STDMETHODCALLTYPE EnlistResource(RESID id, TRANSID transaction) noexcept override {
        const pinned object = objects_.find(id);
        if (!object) return E_INVALIDARG;
        return to_com(calls::enlist(driver_, *object, transaction_id{transaction}));
    }

    HRESULT STDMETHODCALLTYPE ResetResource(RESID id) noexcept override {
        if constexpr (is_by_name) {
            return E_NOTIMPL;
        } else {
            const pinned object = objects_.find(id);
            if (!object) return E_INVALIDARG;
            hresult code = hr::s_ok;
            (void)calls::reset(driver_, *object, (std::chrono::nanoseconds::max)(),
                               [&](const error& e) { code = e.code(); });
            return to_com(code);
        }
    }

    /// S_OK if this call ended the number; E_NOTIMPL from a string dispenser; E_FAIL for a number
    /// that is over, unknown or zero, and if the driver fails. Nothing else.
    HRESULT STDMETHODCALLTYPE DestroyResource(RESID id) noexcept override {
        if constexpr (is_by_name) {
            return E_NOTIMPL;
        } else {
            return succeeded(objects_.erase(id)) ? S_OK : E_FAIL;
        }
    }

    /// S_OK if this call ended the name; E_NOTIMPL from a dispenser of numbers; E_INVALIDARG for
    /// what is null or not UTF-16; E_FAIL for an unknown name, and if the driver fails.
    HRESULT STDMETHODCALLTYPE DestroyResourceS(constSRESID id) noexcept override {
        if constexpr (is_by_name) {
            if (id == nullptr || !lend::detail::is_utf16(id)) return E_INVALIDARG;
            return succeeded(objects_.erase(id)) ? S_OK : E_FAIL;
        } else {
            return E_NOTIMPL;
        }
    }

private:
    dispenser(Driver&& driver, typename objects::table&& table)
        : driver_(std::move(driver)), objects_(driver_, std::move(table)) {}

    ~dispenser() = default;

    Driver driver_;
    objects objects_;
    typename Platform::template atomic<ULONG> references_{1};
};

template <class Driver, class Platform>
HRESULT STDMETHODCALLTYPE dispenser<Driver, Platform>::CreateResource(
    RESTYPID type, RESID* out_id, TIMEINSECS* out_secs) noexcept {
    if constexpr (is_by_name) {
        return E_NOTIMPL;
    } else {
        if (out_id == nullptr || out_secs == nullptr) return E_INVALIDARG;
        return lend::detail::com_boundary<Platform>([&] {
            const restypid<Driver> wanted(type);
            if (!wanted.is_valid()) return E_INVALIDARG;
            result<resource> made = calls::create(driver_, wanted.get(), calls::for_ever);
            if (!made) return to_com(made.error().code());
            TIMEINSECS secs = -1;
            if constexpr (traits::has_idle_limit) {
                constexpr auto for_ever = (std::chrono::nanoseconds::max)();
                const auto limit = calls::idle_limit(driver_, *made, for_ever);
                if (limit != for_ever) secs = to_secs(limit);
            }
            const result<RESID> id = objects_.insert(std::move(*made), wanted.get());
            if (!id) return to_com(id.error().code());
            *out_id = *id;
            if constexpr (traits::has_idle_limit) *out_secs = secs;
            return S_OK;
        });
    }
}

template <class Driver, class Platform>
HRESULT STDMETHODCALLTYPE dispenser<Driver, Platform>::RateResource(
    RESTYPID type, RESID candidate, BOOL needs_enlistment, RESOURCERATING* out_rating) noexcept {
    if constexpr (is_by_name) {
        return E_NOTIMPL;
    } else {
        if (out_rating == nullptr) return E_INVALIDARG;
        return lend::detail::com_boundary<Platform>([&] {
            const restypid<Driver> wanted(type);
            if (!wanted.is_valid()) return E_INVALIDARG;
            const pinned object = objects_.find(candidate);
            if (!object) return E_FAIL;
            const rating rated = calls::rate(driver_, wanted.get(), object.made_for(wanted.get()),
                                             *object, needs_enlistment != FALSE);
            if (rated > rating::perfect) return E_FAIL; // also what the driver threw
            *out_rating = rated.value;
            return S_OK;
        });
    }
}

} // namespace lend

#endif // LEND_COM_DISPENSER_HPP
