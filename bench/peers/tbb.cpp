// SPDX-License-Identifier: MIT
/// @file
/// How does oneTBB's concurrent_hash_map do as a table?

#include "tbb_table.hpp"

namespace {

const bool registered = [] {
    peers::add_destructions<peers::tbb_table>("tbb");
    peers::add_other_uses<peers::tbb_table>("tbb");
    return true;
}();

} // namespace
