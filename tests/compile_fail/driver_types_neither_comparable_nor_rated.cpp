// expect: lend: the driver has resource types, so lend must know which resource serves
// errors: 1
#include <lend/pool.hpp>

struct thing {};

struct endpoint {
    int port = 0;
#ifndef LEND_COMPILE_FAIL_OK
    // No ==, and the driver below has no rate.
#else
    friend bool operator==(const endpoint&, const endpoint&) = default;
#endif
};

struct driver {
    using resource = thing;
    using resource_type = endpoint;
    using no_reset = void;
    lend::result<thing> create(const endpoint&) { return thing{}; }
};

bool use() {
    lend::pool pool(driver{});
    return pool.acquire(endpoint{}).has_value();
}
