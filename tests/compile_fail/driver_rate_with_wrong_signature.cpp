// expect: a member of the driver has the wrong signature
#include <lend/driver.hpp>

struct driver {
    using resource = int;
    using resource_type = int;
    static lend::result<int> create(const int&) { return 1; }
    static lend::hresult reset(int&) { return lend::hr::s_ok; }
#ifdef LEND_COMPILE_FAIL_OK
    lend::rating rate(const int&, const int&, bool) { return 100U; }
#else
    unsigned rate(const int&, const int&, bool) { return 100; }
#endif
};

static_assert(lend::resource_driver<driver>);

int main() {}
