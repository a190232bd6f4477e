// SPDX-License-Identifier: MIT
/// @file
/// IDispenserManager, which makes holders and knows the caller's object and transaction. The
/// interface alone; the implementation is com/basic_dispenser_manager.hpp, and
/// GetDispenserManager (com/process.hpp) gives the process's own.

#ifndef LEND_COM_DISPENSER_MANAGER_HPP
#define LEND_COM_DISPENSER_MANAGER_HPP

#include <lend/com/dispenser_driver.hpp>
#include <lend/com/holder.hpp>
#include <lend/com/types.hpp>
#include <lend/com/unknown.hpp>

namespace lend::inline v0_1::com {

/// Makes a holder for every dispenser that registers, and answers who is calling.
///
/// It lives as long as somebody has a reference or one of its holders is open.
///
/// @par Thread safety
///   Shared objects: safe.
/// @par Source
///   comsvcs.h, IDispenserManager. Slots 3 and 4 after those of IUnknown; no virtual destructor.
struct IDispenserManager : public IUnknown {
    /// Makes a pool for a dispenser.
    ///
    /// Registering twice makes two pools, also under the same name.
    ///
    /// @param driver      the dispenser
    /// @param name        what people see; UTF-16, may be null; copied
    /// @param out_holder  the pool, with a reference counted for the caller; set to null on failure
    /// @par Errors
    ///   E_INVALIDARG  driver or out_holder is null.
    ///   E_FAIL        the pool could not be made.
    /// @par Calls
    ///   None: no initial inventory is made.
    /// @par Ownership
    ///   Takes over one reference to the driver that the caller must count before the call; the
    ///   holder's Close gives it back. A failed call takes nothing over.
    /// @par Source comsvcs.h, IDispenserManager::RegisterDispenser.
    virtual HRESULT STDMETHODCALLTYPE RegisterDispenser(IDispenserDriver* driver,
                                                        LPCOLESTR name,
                                                        IHolder** out_holder) = 0;

    /// Says for which object and in which transaction the calling thread works.
    ///
    /// @param out_inst         the object, 0 if there is none
    /// @param out_transaction  the transaction, 0 if there is none
    /// @par Errors
    ///   E_INVALIDARG  one of the two is null; the other is not written.
    /// @par Calls
    ///   The caller provider; nothing of any dispenser.
    /// @par Source comsvcs.h, IDispenserManager::GetContext.
    virtual HRESULT STDMETHODCALLTYPE GetContext(INSTID* out_inst, TRANSID* out_transaction) = 0;
};

static_assert(sizeof(IDispenserManager) == sizeof(void*),
              "an interface is one pointer to its slots");

} // namespace lend

#endif // LEND_COM_DISPENSER_MANAGER_HPP
