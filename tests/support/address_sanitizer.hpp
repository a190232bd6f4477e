// SPDX-License-Identifier: MIT
/// @file
/// Whether AddressSanitizer is in what is being compiled; LEND_THREAD_SANITIZER is its sibling.

#ifndef LEND_TESTS_SUPPORT_ADDRESS_SANITIZER_HPP
#define LEND_TESTS_SUPPORT_ADDRESS_SANITIZER_HPP

#if defined(__SANITIZE_ADDRESS__)
#define LEND_ADDRESS_SANITIZER true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEND_ADDRESS_SANITIZER true
#endif
#endif
#if !defined(LEND_ADDRESS_SANITIZER)
#define LEND_ADDRESS_SANITIZER false
#endif

#endif // LEND_TESTS_SUPPORT_ADDRESS_SANITIZER_HPP
