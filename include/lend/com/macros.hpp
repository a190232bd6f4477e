// SPDX-License-Identifier: MIT
/// @file
/// The macros of the contract: codes, tests for success, string literals, method declarations.
/// On Windows all of them are winerror.h's and basetyps.h's. Elsewhere each is defined here unless
/// it exists already, and names its types in full, so that no using-directive is needed.

#ifndef LEND_COM_MACROS_HPP
#define LEND_COM_MACROS_HPP

#include <lend/com/types.hpp>
#include <lend/detail/as.hpp>
#include <lend/hresult.hpp>

#if !defined(_WIN32)

#ifndef S_OK
#define S_OK (static_cast<::lend::com::HRESULT>(0x00000000U))
#endif
#ifndef S_FALSE
#define S_FALSE (static_cast<::lend::com::HRESULT>(0x00000001U))
#endif
#ifndef E_NOTIMPL
#define E_NOTIMPL (static_cast<::lend::com::HRESULT>(0x80004001U))
#endif
#ifndef E_NOINTERFACE
#define E_NOINTERFACE (static_cast<::lend::com::HRESULT>(0x80004002U))
#endif
#ifndef E_POINTER
#define E_POINTER (static_cast<::lend::com::HRESULT>(0x80004003U))
#endif
#ifndef E_FAIL
#define E_FAIL (static_cast<::lend::com::HRESULT>(0x80004005U))
#endif
#ifndef E_UNEXPECTED
#define E_UNEXPECTED (static_cast<::lend::com::HRESULT>(0x8000FFFFU))
#endif
#ifndef E_OUTOFMEMORY
#define E_OUTOFMEMORY (static_cast<::lend::com::HRESULT>(0x8007000EU))
#endif
#ifndef E_INVALIDARG
#define E_INVALIDARG (static_cast<::lend::com::HRESULT>(0x80070057U))
#endif

#ifndef SUCCEEDED
#define SUCCEEDED(hr) (::lend::detail::as<::lend::com::HRESULT>(hr) >= 0)
#endif
#ifndef FAILED
#define FAILED(hr) (::lend::detail::as<::lend::com::HRESULT>(hr) < 0)
#endif

#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif

#ifndef OLESTR
#define OLESTR(str) u##str
#endif

#ifndef STDMETHODCALLTYPE
#define STDMETHODCALLTYPE
#endif
#ifndef STDMETHODIMP
#define STDMETHODIMP ::lend::com::HRESULT STDMETHODCALLTYPE
#endif
#ifndef STDMETHODIMP_
#define STDMETHODIMP_(type) type STDMETHODCALLTYPE
#endif
#ifndef STDMETHOD
#define STDMETHOD(method) virtual ::lend::com::HRESULT STDMETHODCALLTYPE method
#endif
#ifndef STDMETHOD_
#define STDMETHOD_(type, method) virtual type STDMETHODCALLTYPE method
#endif

#endif // !_WIN32

// comsvcs.h has this one, and it is refused beside lend/com.hpp.
#ifndef MTXDM_E_ENLISTRESOURCEFAILED
#define MTXDM_E_ENLISTRESOURCEFAILED (static_cast<::lend::com::HRESULT>(0x8004E100U))
#endif

// Whoever defined them: the numbers are the contract's.
static_assert(S_OK == ::lend::com::to_com(::lend::hr::s_ok));
static_assert(S_FALSE == ::lend::com::to_com(::lend::hr::s_false));
static_assert(E_NOTIMPL == ::lend::com::to_com(::lend::hr::e_notimpl));
static_assert(E_NOINTERFACE == ::lend::com::to_com(::lend::hr::e_nointerface));
static_assert(E_POINTER == ::lend::com::to_com(::lend::hr::e_pointer));
static_assert(E_FAIL == ::lend::com::to_com(::lend::hr::e_fail));
static_assert(E_UNEXPECTED == ::lend::com::to_com(::lend::hr::e_unexpected));
static_assert(E_OUTOFMEMORY == ::lend::com::to_com(::lend::hr::e_outofmemory));
static_assert(E_INVALIDARG == ::lend::com::to_com(::lend::hr::e_invalidarg));
static_assert(MTXDM_E_ENLISTRESOURCEFAILED ==
              ::lend::com::to_com(::lend::hr::mtxdm_e_enlistresourcefailed));
static_assert(SUCCEEDED(S_FALSE) && FAILED(E_FAIL) && TRUE == 1 && FALSE == 0);

#endif // LEND_COM_MACROS_HPP
