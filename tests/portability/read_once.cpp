// SPDX-License-Identifier: MIT
/// @file
/// Nothing: the headers that this project's tests have in common are compiled beside it.
