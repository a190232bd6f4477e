// SPDX-License-Identifier: MIT
/// @file
/// The model checker that a program of checks is built with: the project's own, or Relacy.

#ifndef LEND_TESTS_SUPPORT_CHECKER_HPP
#define LEND_TESTS_SUPPORT_CHECKER_HPP

#ifdef LEND_CHECKS_WITH_RELACY
#include "relacy_checker.hpp" // IWYU pragma: export
#else
#include "model_checker.hpp" // IWYU pragma: export
#endif

#endif // LEND_TESTS_SUPPORT_CHECKER_HPP
