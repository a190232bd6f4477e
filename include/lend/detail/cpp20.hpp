// SPDX-License-Identifier: MIT
/// @file
/// Says in one line that the compiler is not in C++20 mode. Every header that includes nothing else
/// of lend includes this, so that it is what the compiler sees first.

#ifndef LEND_DETAIL_CPP20_HPP
#define LEND_DETAIL_CPP20_HPP

#if !(defined(_MSVC_LANG) && _MSVC_LANG >= 202002L) && __cplusplus < 202002L
#error "lend needs C++20: compile with -std=c++20, /std:c++20 or set(CMAKE_CXX_STANDARD 20)"
#include <lend needs C++20> // no such file, so that the compiler stops here
#endif

#endif // LEND_DETAIL_CPP20_HPP
