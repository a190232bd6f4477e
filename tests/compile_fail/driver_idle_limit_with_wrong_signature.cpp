// expect: a member of the driver has the wrong signature
#include <lend/driver.hpp>

#include <chrono>

struct driver {
    using resource = int;
    static lend::result<int> create() { return 1; }
    static lend::hresult reset(int&) { return lend::hr::s_ok; }
#ifdef LEND_COMPILE_FAIL_OK
    std::chrono::seconds idle_limit(const int&) { return std::chrono::seconds(1); }
#else
    int idle_limit(const int&) { return 1; }
#endif
};

static_assert(lend::resource_driver<driver>);

int main() {}
