// expect: lend: a member of the driver has the wrong signature
// expect: driver_member<lend::.*rating \(driver::\*\)\(const .*one_kind ?&, const thing ?&\),
// expect: , lend::.*rating ?\(const lend::.*one_kind ?&, const thing ?&, bool\), false>
#include <lend/driver.hpp>

struct thing {};

// Without the last argument a driver would never hear that enlistment is needed.
struct driver {
    using resource = thing;
    using no_reset = void;
    lend::result<thing> create() { return thing{}; }
#ifndef LEND_COMPILE_FAIL_OK
    lend::rating rate(const lend::one_kind&, const thing&) { return 100; }
#else
    lend::rating rate(const lend::one_kind&, const thing&, bool) { return 100; }
#endif
};

static_assert(lend::resource_driver<driver>);
