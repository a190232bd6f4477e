// expect: lend: a member of the driver has the wrong signature
// expect: driver_member<std::.*string_view.* \(driver::\*\)\(thing ?&\),
// expect: , std::.*string_view.*\(const thing ?&\), false>
#include <lend/driver.hpp>

#include <string_view>

struct thing {};

// Asking for a name changes nothing.
struct driver {
    using resource = thing;
    using no_reset = void;
    lend::result<thing> create() { return thing{}; }
#ifndef LEND_COMPILE_FAIL_OK
    std::string_view name(thing&) { return "thing"; }
#else
    std::string_view name(const thing&) { return "thing"; }
#endif
};

static_assert(lend::resource_driver<driver>);
