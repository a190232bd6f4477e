// expect: lend: the driver has no reset\. Write `hresult reset\(resource&\)`, or say
#include <lend/driver.hpp>

struct thing {};

// A driver whose resources keep nothing from one use to the next says so.
struct driver {
    using resource = thing;
#ifndef LEND_COMPILE_FAIL_OK
    // Neither a reset nor a word about it.
#else
    using no_reset = void;
#endif
    lend::result<thing> create() { return thing{}; }
};

static_assert(lend::resource_driver<driver>);
