// expect: lend: a member of the driver has the wrong signature
// expect: driver_member<bool \(driver::\*\)\(thing ?&\),
// expect: , void ?\(thing ?&\), false>
#include <lend/driver.hpp>

struct thing {};

// Nobody would look at an answer.
struct driver {
    using resource = thing;
    using no_reset = void;
    lend::result<thing> create() { return thing{}; }
#ifndef LEND_COMPILE_FAIL_OK
    bool interrupt(thing&) { return true; }
#else
    void interrupt(thing&) {}
#endif
};

static_assert(lend::resource_driver<driver>);
