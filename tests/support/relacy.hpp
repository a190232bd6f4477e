// SPDX-License-Identifier: MIT
/// @file
/// Relacy's headers without their macros, which rename `new`, `delete`, `free`, the memory orders
/// and half of POSIX for whatever is included after them.

#ifndef LEND_TESTS_SUPPORT_RELACY_HPP
#define LEND_TESTS_SUPPORT_RELACY_HPP

#include <cassert>
#include <cerrno>

#pragma push_macro("assert")
#pragma push_macro("errno")

// Its models of Windows and of POSIX threads are macros mostly, and not used here.
#define RL_WINDOWS_HPP // NOLINT(readability-identifier-naming)
#define RL_PTHREAD_HPP // NOLINT(readability-identifier-naming)
#include <relacy/relacy.hpp>

#undef $
#undef new
#undef delete
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef memory_order_relaxed
#undef memory_order_consume
#undef memory_order_acquire
#undef memory_order_release
#undef memory_order_acq_rel
#undef memory_order_seq_cst
#undef VAR
#undef VAR_T
#undef TLS_T
#undef TlsAlloc
#undef TlsFree
#undef TlsGetValue
#undef TlsSetValue

#pragma pop_macro("errno")
#pragma pop_macro("assert")

#endif // LEND_TESTS_SUPPORT_RELACY_HPP
