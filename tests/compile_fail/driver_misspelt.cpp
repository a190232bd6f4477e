// expect: lend: the driver has no member of this name, but one whose name is a single edit away
// expect: driver_slip<lend::(v0_1::)?detail::name_destroy
// expect: driver_slip<lend::(v0_1::)?detail::name_check
#include <lend/driver.hpp>

struct thing {};

// Nothing would be destroyed, and nothing checked.
struct driver {
    using resource = thing;
    using no_reset = void;
    lend::result<thing> create() { return thing{}; }
#ifdef LEND_COMPILE_FAIL_OK
    using names_are_meant = void;
#endif
    void destory(thing&&) {}
    lend::health chek(thing&, lend::check_kind) { return lend::health::good; }
};

static_assert(lend::resource_driver<driver>);

// What cannot be called like a member of lend's is no slip.
struct counting_driver {
    using resource = thing;
    using no_reset = void;
    lend::result<thing> create() { return thing{}; }
    int checks = 0;
    void destroyed(thing&, int) {}
    int rates(int at) const { return at; }
};

static_assert(lend::resource_driver<counting_driver>);
