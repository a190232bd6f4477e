// expect: lend: the driver has no `resource` that lend can see\. Say `using resource = \.\.\.;`
// errors: 5
#include <lend/keyed_pool.hpp>

// A keyed pool says the same.
class driver {
#ifdef LEND_COMPILE_FAIL_OK
public:
#endif
    using resource = int;
    using no_reset = void;
    lend::result<int> create(const int&) { return 1; }
};

bool use() {
    lend::keyed_pool<int, driver> pool(driver{});
    return pool.acquire(1).has_value();
}
