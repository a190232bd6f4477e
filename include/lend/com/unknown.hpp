// SPDX-License-Identifier: MIT
/// @file
/// IUnknown, the root of every interface, and the identifiers of the contract's interfaces.

#ifndef LEND_COM_UNKNOWN_HPP
#define LEND_COM_UNKNOWN_HPP

#include <lend/com/macros.hpp>
#include <lend/com/types.hpp>

namespace lend::inline v0_1::com {

#if defined(_WIN32)

using ::IID_IUnknown;
using ::IUnknown;
using ::LPUNKNOWN;

#else

/// The root of every interface: reference counting and finding the other interfaces of an object.
///
/// Binary compatible with COM's: three slots in this order, no virtual destructor, no base.
/// Objects end themselves with their last reference; nobody deletes one.
struct IUnknown {
    /// Gives another interface of the same object, with a reference counted for the caller.
    /// @param iid         which interface
    /// @param out_object  set to the interface, or to null if there is none
    /// @par Errors
    ///   E_NOINTERFACE  the object has no such interface.
    ///   E_POINTER      out_object is null.
    /// @par Thread safety Shared objects: safe.
    virtual HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void** out_object) = 0;

    /// Counts one more reference and returns how many there are, for diagnosis only.
    /// @par Errors None. @par Thread safety Shared objects: safe.
    virtual ULONG STDMETHODCALLTYPE AddRef() = 0;

    /// Counts one reference less and returns how many are left; with the last, the object ends.
    /// @par Errors None. @par Thread safety Shared objects: safe.
    virtual ULONG STDMETHODCALLTYPE Release() = 0;
};

using LPUNKNOWN = IUnknown*; ///< A pointer to any object.

/// 00000000-0000-0000-c000-000000000046
inline constexpr IID IID_IUnknown{
    0x00000000, 0x0000, 0x0000, {0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46}};

#endif

/// 208b3651-2b48-11cf-be10-00aa00a2fa25
inline constexpr IID IID_IDispenserDriver{
    0x208B3651, 0x2B48, 0x11CF, {0xBE, 0x10, 0x00, 0xAA, 0x00, 0xA2, 0xFA, 0x25}};

/// bf6a1850-2b45-11cf-be10-00aa00a2fa25
inline constexpr IID IID_IHolder{
    0xBF6A1850, 0x2B45, 0x11CF, {0xBE, 0x10, 0x00, 0xAA, 0x00, 0xA2, 0xFA, 0x25}};

/// 5cb31e10-2b5f-11cf-be10-00aa00a2fa25
inline constexpr IID IID_IDispenserManager{
    0x5CB31E10, 0x2B5F, 0x11CF, {0xBE, 0x10, 0x00, 0xAA, 0x00, 0xA2, 0xFA, 0x25}};

/// 5cb31e11-2b5f-11cf-be10-00aa00a2fa25
inline constexpr IID IID_IDispenserManagerShutdownGuarantee{
    0x5CB31E11, 0x2B5F, 0x11CF, {0xBE, 0x10, 0x00, 0xAA, 0x00, 0xA2, 0xFA, 0x25}};

/// ecabb0c0-7f19-11d2-978e-0000f8757e2a
inline constexpr CLSID CLSID_DispenserManager{
    0xECABB0C0, 0x7F19, 0x11D2, {0x97, 0x8E, 0x00, 0x00, 0xF8, 0x75, 0x7E, 0x2A}};

} // namespace lend

#endif // LEND_COM_UNKNOWN_HPP
