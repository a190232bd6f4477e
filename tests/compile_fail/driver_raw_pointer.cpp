// expect: lend: the resource is a raw pointer and the driver has no destroy
// errors: 1
#include <lend/driver.hpp>

struct session;

// Every session that goes would stay open.
struct driver {
    using resource = session*;
    using no_reset = void;
#ifdef LEND_COMPILE_FAIL_OK
    using no_destroy = void;
#endif
    lend::result<session*> create() { return nullptr; }
};

static_assert(lend::resource_driver<driver>);
