// SPDX-License-Identifier: MIT
/// @file
/// The version of lend, written here and nowhere else. CMake, pkg-config and the tests read it.

#ifndef LEND_VERSION_HPP
#define LEND_VERSION_HPP

#include <lend/detail/cpp20.hpp>

#define LEND_VERSION_MAJOR 0
#define LEND_VERSION_MINOR 1
#define LEND_VERSION_PATCH 0
#define LEND_VERSION_STRING "0.1.0"

#endif // LEND_VERSION_HPP
