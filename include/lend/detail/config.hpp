// SPDX-License-Identifier: MIT
/// @file
/// The few macros that lend needs: exceptions on or off, checks on or off, and code placement.
/// No macro changes a layout or a signature; what they decide becomes a template argument of the
/// default platform, so that translation units built differently have different symbols.

#ifndef LEND_DETAIL_CONFIG_HPP
#define LEND_DETAIL_CONFIG_HPP

#include <lend/detail/cpp20.hpp>

#include <version>

#include <cstdio>
#include <cstdlib>

// LEND_EXCEPTIONS is true where the compiler has exceptions switched on.
#if defined(__cpp_exceptions) || (defined(_MSC_VER) && defined(_CPPUNWIND))
#define LEND_EXCEPTIONS true
#define LEND_TRY try
#define LEND_CATCH_ALL catch (...)
#else
#define LEND_EXCEPTIONS false
#define LEND_TRY if constexpr (true)
#define LEND_CATCH_ALL else
#endif

// LEND_CHECKS is true in debug builds. A program may define it to true or false before any header.
#if !defined(LEND_CHECKS)
#if defined(NDEBUG)
#define LEND_CHECKS false
#else
#define LEND_CHECKS true
#endif
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#define LEND_ALWAYS_INLINE __forceinline
#define LEND_NOINLINE __declspec(noinline)
#define LEND_EXPORT
#elif defined(_WIN32)
#define LEND_ALWAYS_INLINE inline __attribute__((always_inline))
#define LEND_NOINLINE __attribute__((noinline))
#define LEND_EXPORT
#else
#define LEND_ALWAYS_INLINE inline __attribute__((always_inline))
#define LEND_NOINLINE __attribute__((noinline))
#define LEND_EXPORT __attribute__((visibility("default")))
#endif

// Whether ThreadSanitizer watches; it understands no fences, so platform.hpp gives it something
// else.
#if defined(__SANITIZE_THREAD__)
#define LEND_THREAD_SANITIZER true
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LEND_THREAD_SANITIZER true
#endif
#endif
#if !defined(LEND_THREAD_SANITIZER)
#define LEND_THREAD_SANITIZER false
#endif

// Where exceptions are counted as the Itanium C++ ABI says, and <cxxabi.h> declares where. libc++'s
// does not.
#if (defined(__linux__) || defined(__APPLE__)) && __has_include(<cxxabi.h>) &&                     \
    !defined(_LIBCPP_VERSION)
#define LEND_ITANIUM_ABI true
#else
#define LEND_ITANIUM_ABI false
#endif

// Asks for the cache line of an address for writing. A macro, because g++ 12 deletes calls of a
// function whose only effect is a prefetch.
#if defined(__GNUC__) || defined(__clang__)
#define LEND_PREFETCH_WRITE(address) __builtin_prefetch((address), 1)
#else
#define LEND_PREFETCH_WRITE(address) ((void)(address))
#endif

// Checks an invariant where Platform::checks is on; costs nothing where it is off.
#define LEND_ASSERT(Platform, condition)                                                           \
    do {                                                                                           \
        if constexpr (Platform::checks) {                                                          \
            if (!(condition)) ::lend::detail::assertion_failed(#condition, __FILE__, __LINE__);    \
        }                                                                                          \
    } while (false)

namespace lend::inline v0_1 {
namespace detail {

/// Says which assertion failed, and where, then aborts.
[[noreturn]] inline void assertion_failed(const char* what, const char* file, int line) noexcept {
    std::fprintf(stderr, "%s:%d: lend: assertion failed: %s\n", file, line, what);
    std::abort();
}

/// Says why the program cannot go on, then terminates it. Used where an exception would be thrown
/// and exceptions are off, and where an empty result is dereferenced.
[[noreturn]] inline void terminate_with(const char* what) noexcept {
    std::fprintf(stderr, "lend: %s\n", what);
    std::abort();
}

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_CONFIG_HPP
