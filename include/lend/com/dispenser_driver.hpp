// SPDX-License-Identifier: MIT
/// @file
/// IDispenserDriver, what a dispenser implements and a holder calls. The interface alone; the one
/// implementation that lend brings is com/dispenser.hpp.

#ifndef LEND_COM_DISPENSER_DRIVER_HPP
#define LEND_COM_DISPENSER_DRIVER_HPP

#include <lend/com/types.hpp>
#include <lend/com/unknown.hpp>

namespace lend::inline v0_1::com {

/// A dispenser: makes, rates, enlists, resets and destroys the resources of one kind of pool.
///
/// Implemented by whoever has resources to lend; called by an IHolder only. Written for comsvcs.h,
/// it compiles here with the include changed. Register it before the first request is served, and
/// once per process: each registration makes a pool of its own.
///
/// A holder calls with no lock of its own held, so every method may call the holder. An exception
/// that leaves a method is taken for E_OUTOFMEMORY (std::bad_alloc) or E_FAIL.
///
/// @par Thread safety
///   The holder calls from any thread at any time, also from one that no caller knows, and from
///   several at once, but never two methods at once for one resource.
/// @par Source
///   comsvcs.h, IDispenserDriver. Slots 3 to 8 after those of IUnknown; no virtual destructor.
struct IDispenserDriver : public IUnknown {
    /// Makes a resource, because none that is free would do.
    ///
    /// @param type       what AllocResource was given
    /// @param out_id     the resource's name: not 0, and not one that this holder knows already
    /// @param out_secs   how long this resource may be idle; set to -1 (for ever) before the call
    /// @par Errors
    ///   E_FAIL  nothing was made. Every failure code goes to the caller of AllocResource.
    ///   Every success code counts as S_OK.
    /// @par Source comsvcs.h, IDispenserDriver::CreateResource. Differs: never called for an
    ///   initial inventory.
    virtual HRESULT STDMETHODCALLTYPE CreateResource(RESTYPID type,
                                                     RESID* out_id,
                                                     TIMEINSECS* out_secs) = 0;

    /// Says how well a free resource fits a request.
    ///
    /// @param type              what AllocResource was given
    /// @param candidate         a free resource, perhaps one that was made for another type
    /// @param needs_enlistment  true if taking it costs an EnlistResource; false for a caller
    ///                          without a transaction, and for a resource that is in the caller's
    ///                          transaction already
    /// @param out_rating        0 rules it out, 1 to 99 fits, the highest wins, 100 wins at once
    /// @par Errors
    ///   E_FAIL  it could not be rated. A failure, or more than 100, and the resource is destroyed.
    /// @par Source comsvcs.h, IDispenserDriver::RateResource.
    virtual HRESULT STDMETHODCALLTYPE RateResource(RESTYPID type,
                                                   RESID candidate,
                                                   BOOL needs_enlistment,
                                                   RESOURCERATING* out_rating) = 0;

    /// Puts a resource into a transaction, or out of every transaction.
    ///
    /// @param id           which resource
    /// @param transaction  the transaction, or 0: the resource is to be in none
    /// @par Errors
    ///   S_FALSE       the resource knows no transactions; it is lent all the same.
    ///   E_INVALIDARG  one of the two is not valid.
    ///   E_FAIL        it could not be enlisted. After any failure the resource is destroyed.
    /// @par Source comsvcs.h, IDispenserDriver::EnlistResource.
    virtual HRESULT STDMETHODCALLTYPE EnlistResource(RESID id, TRANSID transaction) = 0;

    /// Makes a resource fit for the next caller. It may still be in a transaction, and stays there.
    ///
    /// @param id  which resource; its caller has freed it
    /// @par Errors
    ///   E_INVALIDARG  there is no such resource.
    ///   E_FAIL        it could not be reset. After any failure the resource is destroyed.
    /// @par Source comsvcs.h, IDispenserDriver::ResetResource.
    virtual HRESULT STDMETHODCALLTYPE ResetResource(RESID id) = 0;

    /// Ends a resource. Called once for each; whatever it answers, the name is never used again.
    ///
    /// @param id  which resource
    /// @par Errors
    ///   E_NOTIMPL  this dispenser's resources are named by strings.
    ///   E_FAIL     there is no such resource, or it could not be ended.
    /// @par Source comsvcs.h, IDispenserDriver::DestroyResource.
    virtual HRESULT STDMETHODCALLTYPE DestroyResource(RESID id) = 0;

    /// Ends a resource that is named by a string.
    ///
    /// @param id  which resource; UTF-16, ends with a zero
    /// @par Errors
    ///   E_NOTIMPL  this dispenser's resources are named by numbers.
    ///   E_FAIL     there is no such resource, or it could not be ended.
    /// @par Source comsvcs.h, IDispenserDriver::DestroyResourceS.
    virtual HRESULT STDMETHODCALLTYPE DestroyResourceS(constSRESID id) = 0;
};

static_assert(sizeof(IDispenserDriver) == sizeof(void*),
              "an interface is one pointer to its slots");

} // namespace lend

#endif // LEND_COM_DISPENSER_DRIVER_HPP
