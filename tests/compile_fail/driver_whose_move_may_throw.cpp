// expect: lend: a driver's move constructor must not throw
// errors: 1
#include <lend/driver.hpp>

struct driver {
    driver() = default;
#ifndef LEND_COMPILE_FAIL_OK
    driver(driver&&) {}
#endif
    using resource = int;
    using no_reset = void;
    lend::result<int> create() { return 1; }
};

static_assert(lend::resource_driver<driver>);
