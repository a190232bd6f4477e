// SPDX-License-Identifier: MIT
/// @file
/// The plain types of the contract under Microsoft's names: integers, HRESULT, GUID, characters,
/// and the numbers that name resources, kinds, objects and transactions. No interface, no macro.

// Outside the include guard, so that the order of the includes does not matter where it can be
// seen.
#if defined(__IDispenserDriver_FWD_DEFINED__) || defined(__MTXDM_H__) || defined(__mtxdm_h__)
#error                                                                                             \
    "lend/com.hpp stands in for comsvcs.h and mtxdm.h: include it instead of them, not beside them"
#endif

#ifndef LEND_COM_TYPES_HPP
#define LEND_COM_TYPES_HPP

#include <lend/detail/as.hpp>
#include <lend/hresult.hpp>

#include <cstdint>
#include <type_traits>

#if defined(_WIN32)
#include <unknwn.h>
#include <winerror.h>
#endif

namespace lend::inline v0_1::com {

#if defined(_WIN32)

// Windows' own, so that `using namespace lend::com` beside them is never ambiguous.
using ::BOOL;
using ::CLSID;
using ::DWORD;
using ::DWORD_PTR;
using ::GUID;
using ::HRESULT;
using ::IID;
using ::LONG;
using ::LPCOLESTR;
using ::LPOLESTR;
using ::LPVOID;
using ::OLECHAR;
using ::ULONG;

#else

/// A status: zero or positive is success, negative is failure. The numbers are lend::hresult's.
using HRESULT = std::int32_t;
using ULONG = std::uint32_t;      ///< 32 bits, as on Windows, on every system.
using DWORD = std::uint32_t;      ///< 32 bits.
using LONG = std::int32_t;        ///< 32 bits: not `long`, which has 64 on most systems.
using DWORD_PTR = std::uintptr_t; ///< An integer as wide as a pointer.
using BOOL = std::int32_t;        ///< FALSE is zero, everything else is true.
using LPVOID = void*;             ///< Any pointer.
using OLECHAR = char16_t;         ///< One unit of UTF-16.
using LPOLESTR = OLECHAR*;        ///< A string of UTF-16 that ends with a zero.
using LPCOLESTR = const OLECHAR*; ///< The same, read only.

/// A 128-bit name. 16 bytes, laid out as on Windows.
struct GUID {
    std::uint32_t Data1;
    std::uint16_t Data2;
    std::uint16_t Data3;
    std::uint8_t Data4[8];

    [[nodiscard]] friend constexpr bool operator==(const GUID&, const GUID&) noexcept = default;
};

using IID = GUID;              ///< The name of an interface.
using CLSID = GUID;            ///< The name of a class.
using REFGUID = const GUID&;   ///< How a name is passed.
using REFIID = const IID&;     ///< How the name of an interface is passed.
using REFCLSID = const CLSID&; ///< How the name of a class is passed.

/// Whether two names are equal. @par Errors None. @par Thread safety Safe; wait-free.
[[nodiscard]] constexpr BOOL IsEqualGUID(REFGUID a, REFGUID b) noexcept { return a == b ? 1 : 0; }

/// Whether two names of interfaces are equal. @par Errors None. @par Thread safety Safe; wait-free.
[[nodiscard]] constexpr BOOL IsEqualIID(REFIID a, REFIID b) noexcept { return a == b ? 1 : 0; }

/// Whether two names of classes are equal. @par Errors None. @par Thread safety Safe; wait-free.
[[nodiscard]] constexpr BOOL IsEqualCLSID(REFCLSID a, REFCLSID b) noexcept {
    return a == b ? 1 : 0;
}

/// Adds one in one indivisible step and returns the sum.
/// @par Errors None. @par Thread safety Shared objects: safe; wait-free; a full barrier.
inline LONG InterlockedIncrement(volatile LONG* addend) noexcept {
    // (1) seq-cst-fetch-add is totally ordered with the seq-cst-fetch-sub (2)
    return __atomic_add_fetch(addend, 1, __ATOMIC_SEQ_CST);
}

/// Takes one away in one indivisible step and returns what is left.
/// @par Errors None. @par Thread safety Shared objects: safe; wait-free; a full barrier.
inline LONG InterlockedDecrement(volatile LONG* addend) noexcept {
    // (2) seq-cst-fetch-sub is totally ordered with the seq-cst-fetch-add (1)
    return __atomic_sub_fetch(addend, 1, __ATOMIC_SEQ_CST);
}

#endif

/// The name of one resource. Chosen by the dispenser, usually an address or a handle; opaque to
/// everybody else; never 0. As wide as a pointer: where the documentation says DWORD, the interface
/// definition says DWORD_PTR.
using RESID = DWORD_PTR;

/// The name of a kind of resource. Usually the address of a description in the dispenser's memory,
/// or a constant; never interpreted nor kept by a holder; never 0. As wide as a pointer.
using RESTYPID = DWORD_PTR;

/// The name of a resource where it is a string; see TrackResourceS.
using SRESID = LPOLESTR;
/// The same, read only.
using constSRESID = LPCOLESTR;

/// The name of a transaction, or 0 for none. Opaque: never followed, no reference counted.
using TRANSID = DWORD_PTR;

/// The name of an object that uses resources, or 0 for none. Opaque; not an IUnknown pointer.
using INSTID = DWORD_PTR;

/// How well a resource fits a request: 0 not at all, 1 badly, more is better, 100 perfectly.
using RESOURCERATING = DWORD;

/// How many seconds a resource may be idle. 0: it is destroyed when it is freed; negative: for
/// ever.
using TIMEINSECS = LONG;

static_assert(sizeof(HRESULT) == 4 && std::is_signed_v<HRESULT>);
static_assert(sizeof(BOOL) == 4 && sizeof(ULONG) == 4 && sizeof(DWORD) == 4 && sizeof(LONG) == 4);
static_assert(sizeof(RESOURCERATING) == 4 && std::is_unsigned_v<RESOURCERATING>);
static_assert(sizeof(TIMEINSECS) == 4 && std::is_signed_v<TIMEINSECS>);
static_assert(sizeof(RESID) == sizeof(void*) && std::is_unsigned_v<RESID>);
static_assert(sizeof(GUID) == 16 && alignof(GUID) == 4);
static_assert(sizeof(OLECHAR) == 2);

/// One of lend's codes as an HRESULT: the same number.
/// @par Errors None. @par Thread safety Safe; wait-free.
[[nodiscard]] constexpr HRESULT to_com(hresult code) noexcept {
    return lend::detail::as<HRESULT>(static_cast<std::int32_t>(code));
}

/// An HRESULT as one of lend's codes: the same number.
/// @par Errors None. @par Thread safety Safe; wait-free.
[[nodiscard]] constexpr hresult from_com(HRESULT code) noexcept {
    return static_cast<hresult>(lend::detail::as<std::int32_t>(code));
}

} // namespace lend

#endif // LEND_COM_TYPES_HPP
