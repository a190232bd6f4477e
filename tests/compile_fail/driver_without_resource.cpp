// expect: lend: the driver has no `resource` that lend can see\. Say `using resource = \.\.\.;`
// errors: 5
#include <lend/pool.hpp>

// A driver says of which type its resources are.
struct driver {
#ifdef LEND_COMPILE_FAIL_OK
    using resource = int;
#endif
    using no_reset = void;
    lend::result<int> create() { return 1; }
};

bool use() {
    lend::pool<driver> pool(driver{});
    return pool.acquire().has_value();
}
