// SPDX-License-Identifier: MIT
/// @file
/// Driver calls and leases with a clock and a tracer beside them.

#ifndef LEND_DETAIL_MEASURING_HPP
#define LEND_DETAIL_MEASURING_HPP

#include <lend/detail/core.hpp>

namespace lend::inline v0_1 {
namespace detail {

template <class Core>
struct measuring {
    using platform = typename Core::platform;
    using resource = typename Core::resource;
    using resource_type = typename Core::resource_type;

    // The driver's create. No lock is held.
    static result<resource> create(Core& core, const resource_type& type) noexcept {
        span<platform> traced(core.events, span_kind::create, {});
        const stopwatch<platform> took;
        result<resource> made = Core::calls::create(core.driver, type);
        core.times.created(made.has_value(), took.elapsed());
        traced.end(core.events, made.code());
        return made;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_MEASURING_HPP
