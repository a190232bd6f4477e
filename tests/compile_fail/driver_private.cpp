// expect: lend: the driver has no `resource` that lend can see\. Say `using resource = \.\.\.;`
// errors: 5
#include <lend/pool.hpp>

// What a driver has is public: lend calls it.
class driver {
#ifdef LEND_COMPILE_FAIL_OK
public:
#endif
    using resource = int;
    using no_reset = void;
    lend::result<int> create() { return 1; }
};

bool use() {
    lend::pool<driver> pool(driver{});
    return pool.acquire().has_value();
}
