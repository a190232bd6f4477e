// expect: lend: a member of the driver has the wrong signature
// expect: driver_member<bool \(driver::\*\)\(const lend::(v0_1::)?error ?&\),
// expect: , lend::(v0_1::)?health ?\(const lend::(v0_1::)?error ?&\), false>
#include <lend/driver.hpp>

struct thing {};

// An error is classified by three answers, as a check.
struct driver {
    using resource = thing;
    using no_reset = void;
    lend::result<thing> create() { return thing{}; }
#ifndef LEND_COMPILE_FAIL_OK
    bool classify(const lend::error&) { return true; }
#else
    lend::health classify(const lend::error&) { return lend::health::broken; }
#endif
};

static_assert(lend::resource_driver<driver>);
