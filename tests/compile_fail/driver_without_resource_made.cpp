// expect: lend: the driver has no `resource` that lend can see\. Say `using resource = \.\.\.;`
// errors: 5
#include <lend/pool.hpp>

// A pool that is made by make says the same.
struct driver {
#ifdef LEND_COMPILE_FAIL_OK
    using resource = int;
#endif
    using no_reset = void;
    lend::result<int> create() { return 1; }
};

bool use() { return lend::pool<driver>::make(driver{}).has_value(); }
