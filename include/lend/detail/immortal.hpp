// SPDX-License-Identifier: MIT
/// @file
/// The objects of which a process has one: there before any code runs, and never destroyed.

#ifndef LEND_DETAIL_IMMORTAL_HPP
#define LEND_DETAIL_IMMORTAL_HPP

#include <lend/detail/config.hpp>

namespace lend::inline v0_1 {
namespace detail {

// Holds an object that static destructors do not destroy: threads and leases may end after them.
template <class T>
union immortal {
    constexpr immortal() noexcept : object() {}
    immortal(const immortal&) = delete;
    immortal& operator=(const immortal&) = delete;
    ~immortal() {}

    T object;
};

// The process's one T.
//
// T has default visibility (LEND_EXPORT), with all its template arguments: else each shared library
// that is built with hidden visibility has one of its own.
#if defined(__unix__) || defined(__APPLE__)
// Its initialisation is constant, so that it takes no guard, as a static object of a function does:
// a fork may find that guard held by a thread that is not in the child, and then the child would
// wait for it for ever.
template <class T>
LEND_EXPORT inline constinit immortal<T> constant_immortal{};

template <class T>
LEND_ALWAYS_INLINE T& only() noexcept {
    return constant_immortal<T>.object;
}
#else
// There is no fork, and std::mutex need not have a constant initialisation.
template <class T>
T& only() noexcept {
    static immortal<T> one;
    return one.object;
}
#endif

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_IMMORTAL_HPP
