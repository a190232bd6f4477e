// SPDX-License-Identifier: MIT
/// @file
/// Includes every header and uses a little of each, for programs that are built in unusual ways.
/// Everything here has internal linkage: each translation unit brings its own copy.

#ifndef LEND_TESTS_HYGIENE_USE_HPP
#define LEND_TESTS_HYGIENE_USE_HPP

#include <all_headers.hpp>

namespace {

lend::result<int> half_of(int number) {
    if (number % 2 != 0) return lend::hr::e_invalidarg;
    return number / 2;
}

struct number_driver {
    using resource = int;

    lend::result<int> create() { return 7; }
    lend::hresult reset(int&) { return lend::hr::s_ok; }
};

bool lends_a_number() {
    auto pool = lend::pool<number_driver>::make(number_driver{}, {.max_size = 1});
    if (!pool) return false;
    const auto first = pool->try_acquire();
    return first && **first == 7 && !pool->try_acquire();
}

// Returns 0, or which use went wrong.
int use_lend() {
    const auto good = half_of(4);
    if (!good || *good != 2 || good.value() != 2) return 1;
    const auto bad = half_of(3);
    if (bad || bad.error().code() != lend::hr::e_invalidarg) return 2;
    if (lend::describe(bad.error().code()).empty()) return 3;
    lend::handle_table<int> table;
    const auto number = table.insert(7);
    if (!number || !table.contains(*number)) return 5;
    if (!lends_a_number()) return 6;
    const auto before = lend::default_platform::now();
    if (lend::default_platform::now() < before) return 4;
    return 0;
}

} // namespace

#endif // LEND_TESTS_HYGIENE_USE_HPP
