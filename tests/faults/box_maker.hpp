// SPDX-License-Identifier: MIT
/// @file
/// A driver whose resources take memory, as most do, and which knows how many there are.

#ifndef LEND_TESTS_FAULTS_BOX_MAKER_HPP
#define LEND_TESTS_FAULTS_BOX_MAKER_HPP

#include <lend/result.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace lend_test {

struct box_maker {
    using resource = std::unique_ptr<int>;
    static inline std::size_t live = 0;

    lend::result<resource> create() {
        resource made = std::make_unique<int>(7);
        ++live;
        return made;
    }
    lend::hresult reset(resource& it) { return it != nullptr ? lend::hr::s_ok : lend::hr::e_fail; }
    void destroy(resource&& it) {
        const resource dying = std::move(it);
        --live;
    }
};

} // namespace lend_test

#endif // LEND_TESTS_FAULTS_BOX_MAKER_HPP
