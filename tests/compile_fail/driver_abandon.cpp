// expect: lend: a member of the driver has the wrong signature
// expect: driver_member<void \(driver::\*\)\(thing ?&\),
// expect: , void ?\(thing ?&&\), false>
#include <lend/driver.hpp>

struct thing {};

// What is abandoned is handed over for good.
struct driver {
    using resource = thing;
    using no_reset = void;
    lend::result<thing> create() { return thing{}; }
#ifndef LEND_COMPILE_FAIL_OK
    void abandon(thing&) {}
#else
    void abandon(thing&&) {}
#endif
};

static_assert(lend::resource_driver<driver>);
