// expect: a member of the driver has the wrong signature
#include <lend/driver.hpp>

struct driver {
    using resource = int;
    static lend::result<int> create() { return 1; }
    static lend::hresult reset(int&) { return lend::hr::s_ok; }
#ifdef LEND_COMPILE_FAIL_OK
    lend::health check(int&, lend::check_kind) { return lend::health::good; }
#else
    bool check(int&) { return true; }
#endif
};

static_assert(lend::resource_driver<driver>);

int main() {}
