// expect: a member of the driver has the wrong signature
#include <lend/driver.hpp>

struct driver {
    using resource = int;
    static lend::result<int> create() { return 1; }
    static lend::hresult reset(int&) { return lend::hr::s_ok; }
#ifdef LEND_COMPILE_FAIL_OK
    lend::enlistment enlist(int&, lend::transaction_id) { return lend::hr::s_ok; }
#else
    bool enlist(int&, lend::transaction_id) { return true; }
#endif
};

static_assert(lend::resource_driver<driver>);

int main() {}
