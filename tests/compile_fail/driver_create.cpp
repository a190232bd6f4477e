// expect: lend: a member of the driver has the wrong signature
// expect: driver_member<thing \(driver::\*\)\(\),
// expect: , lend::(v0_1::)?result<thing> ?\(\), false>
#include <lend/driver.hpp>

struct thing {};

// A create that can fail says so in its type.
struct driver {
    using resource = thing;
    using no_reset = void;
#ifndef LEND_COMPILE_FAIL_OK
    thing create() { return {}; }
#else
    lend::result<thing> create() { return thing{}; }
#endif
};

static_assert(lend::resource_driver<driver>);
