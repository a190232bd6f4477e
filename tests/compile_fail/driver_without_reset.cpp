// expect: the driver has no reset
#include <lend/driver.hpp>

struct driver {
    using resource = int;
    static lend::result<int> create() { return 1; }
#ifdef LEND_COMPILE_FAIL_OK
    static lend::hresult reset(int&) { return lend::hr::s_ok; }
#else
#endif
};

static_assert(lend::resource_driver<driver>);

int main() {}
