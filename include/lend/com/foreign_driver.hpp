// SPDX-License-Identifier: MIT
/// @file
/// An IDispenserDriver as a lend driver, so that the engine of lend::pool can pool its resources:
/// a resource is a RESID, a resource type is a RESTYPID.

#ifndef LEND_COM_FOREIGN_DRIVER_HPP
#define LEND_COM_FOREIGN_DRIVER_HPP

#include <lend/com/driver_calls.hpp>
#include <lend/com/id_map.hpp>
#include <lend/com/macros.hpp>
#include <lend/com/tracked_resources.hpp>
#include <lend/com/types.hpp>
#include <lend/driver.hpp>
#include <lend/result.hpp>

#include <chrono>

namespace lend::inline v0_1::com {

/// What a dispenser made: its number, how long it may be idle, and whose it is while it is lent.
struct foreign_resource {
    RESID id = 0;
    TIMEINSECS secs = -1;
    INSTID owner = 0;
    bool is_disowned = false; ///< its borrower keeps it: it ends without the dispenser
};

/// The lend driver that a holder gives to its engine.
///
/// Owns nothing: the way to the dispenser and the map of known numbers are the holder's. A failure
/// code of the dispenser passes through unchanged.
/// @par Thread safety As the dispenser's.
template <class Platform>
class foreign_driver {
public:
    using resource = foreign_resource;
    using resource_type = RESTYPID;
    using no_reset = void; // the holder resets, while the resource can still be enlisted
    using orders_inventory = void;

    foreign_driver(driver_calls<Platform>& calls,
                   id_map<Platform, known_id>& known,
                   const holder_options& options) noexcept
        : calls_(&calls), known_(&known), options_(&options) {}

    /// CreateResource. A number that is 0 or known already is refused with E_INVALIDARG and is not
    /// destroyed, for it may be the name of something that lives.
    [[nodiscard]] result<resource> create(const RESTYPID& type) {
        resource made{0, options_->default_idle_limit, 0, false};
        const HRESULT code = calls_->create(type, made.id, made.secs);
        if (FAILED(code)) return static_cast<hresult>(code);
        if (made.id == 0) return hr::e_invalidarg;
        bool is_first = false;
        const HRESULT kept = lend::detail::com_boundary<Platform>([&] {
            is_first = known_->claim(made.id, known_id{false, nullptr});
            return S_OK;
        });
        if (FAILED(kept)) {
            // It may be one that lives already, and nobody can tell.
            return static_cast<hresult>(kept);
        }
        if (!is_first) return hr::e_invalidarg;
        return made;
    }

    /// RateResource; one that fails is above 100, which condemns the candidate.
    [[nodiscard]] rating rate(const RESTYPID& wanted, const resource& r, bool needs_enlistment) {
        RESOURCERATING rated = 0;
        const HRESULT code = calls_->rate(wanted, r.id, needs_enlistment, rated);
        return FAILED(code) ? rating(rating::perfect + 1) : rating(rated);
    }

    /// EnlistResource.
    [[nodiscard]] enlistment enlist(resource& r, transaction_id transaction) {
        return static_cast<hresult>(calls_->enlist(r.id, transaction.value));
    }

    /// DestroyResource. The number is forgotten first: the dispenser may use it again the moment
    /// it is free. What was lent when the holder was closed, or cannot be destroyed because of
    /// that, is reported as disowned.
    [[nodiscard]] hresult destroy(resource&& r) {
        known_->erase(r.id);
        if (r.is_disowned || calls_->is_detached()) {
            if (options_->events != nullptr) options_->events->disowned(r.id);
            return hr::s_ok;
        }
        return static_cast<hresult>(calls_->destroy(r.id));
    }

    /// TIMEINSECS as a time; negative: for ever.
    [[nodiscard]] std::chrono::nanoseconds idle_limit(const resource& r) {
        return std::chrono::seconds(r.secs);
    }

private:
    driver_calls<Platform>* calls_;
    id_map<Platform, known_id>* known_;
    const holder_options* options_;
};

} // namespace lend

#endif // LEND_COM_FOREIGN_DRIVER_HPP
