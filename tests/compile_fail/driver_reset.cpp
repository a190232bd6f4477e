// expect: lend: a member of the driver has the wrong signature
// expect: driver_member<void \(driver::\*\)\(thing ?&\),
// expect: , lend::(v0_1::)?hresult ?\(thing ?&\), false>
#include <lend/driver.hpp>

struct thing {};

// A reset that cannot say that it failed would let one use show in the next.
struct driver {
    using resource = thing;
    lend::result<thing> create() { return thing{}; }
#ifndef LEND_COMPILE_FAIL_OK
    void reset(thing&) {}
#else
    lend::hresult reset(thing&) { return lend::hr::s_ok; }
#endif
};

static_assert(lend::resource_driver<driver>);
