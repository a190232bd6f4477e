// expect: lend: a member of the driver has the wrong signature
// expect: driver_member<bool \(driver::\*\)\(thing ?&\),
// expect: , lend::(v0_1::)?health ?\(thing ?&, lend::.*check_kind\), false>
#include <lend/driver.hpp>

struct thing {};

// A check has three answers, and is told how much it may cost.
struct driver {
    using resource = thing;
    using no_reset = void;
    lend::result<thing> create() { return thing{}; }
#ifndef LEND_COMPILE_FAIL_OK
    bool check(thing&) { return true; }
#else
    lend::health check(thing&, lend::check_kind) { return lend::health::good; }
#endif
};

static_assert(lend::resource_driver<driver>);
