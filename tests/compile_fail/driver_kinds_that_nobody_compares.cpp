// expect: the driver has resource types, so lend must know which resource serves
#include <lend/driver.hpp>

struct kind {
#ifdef LEND_COMPILE_FAIL_OK
    friend bool operator==(kind, kind) { return true; }
#endif
};

struct driver {
    using resource = int;
    using resource_type = kind;
    using no_reset = void;
    static lend::result<int> create(const kind&) { return 1; }
};

static_assert(lend::resource_driver<driver>);

int main() {}
