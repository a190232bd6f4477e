// expect: lend: a member of the driver has the wrong signature
// expect: driver_member<int \(driver::\*\)\(const thing ?&\),
// expect: , std::.*(duration|nanoseconds).*\(const thing ?&\), false>
#include <lend/driver.hpp>

#include <chrono>

struct thing {};

// A bare number has no unit.
struct driver {
    using resource = thing;
    using no_reset = void;
    lend::result<thing> create() { return thing{}; }
#ifndef LEND_COMPILE_FAIL_OK
    int idle_limit(const thing&) { return 60; }
#else
    std::chrono::nanoseconds idle_limit(const thing&) { return std::chrono::seconds(60); }
#endif
};

static_assert(lend::resource_driver<driver>);
