// expect: lend: a member of the driver has the wrong signature
// expect: driver_member<lend::(v0_1::)?hresult \(driver::\*\)\(thing ?&, lend::.*transaction_id\),
// expect: , lend::(v0_1::)?enlistment ?\(thing ?&, lend::.*transaction_id\), false>
#include <lend/driver.hpp>

struct thing {};

// A plain code could be taken for the answer of any other member.
struct driver {
    using resource = thing;
    using no_reset = void;
    lend::result<thing> create() { return thing{}; }
#ifndef LEND_COMPILE_FAIL_OK
    lend::hresult enlist(thing&, lend::transaction_id) { return lend::hr::s_ok; }
#else
    lend::enlistment enlist(thing&, lend::transaction_id) { return lend::hr::s_ok; }
#endif
};

static_assert(lend::resource_driver<driver>);
