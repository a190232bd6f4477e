// expect: lend: a member of the driver has the wrong signature
// expect: driver_member<lend::(v0_1::)?detail::overloaded_or_template, lend::(v0_1::)?health ?\(
#include <lend/driver.hpp>

struct thing {};

// Of several checks one must be what lend calls.
struct driver {
    using resource = thing;
    using no_reset = void;
    lend::result<thing> create() { return thing{}; }
    lend::health check(thing&) { return lend::health::good; }
#ifndef LEND_COMPILE_FAIL_OK
    lend::health check(thing&, int) { return lend::health::good; }
#else
    lend::health check(thing&, lend::check_kind) { return lend::health::good; }
#endif
};

static_assert(lend::resource_driver<driver>);
