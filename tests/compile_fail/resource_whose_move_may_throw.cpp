// expect: a resource's move constructor must not throw
#include <lend/pool.hpp>

struct thing {
    thing() = default;
#ifdef LEND_COMPILE_FAIL_OK
    thing(thing&&) noexcept {}
#else
    thing(thing&&) {}
#endif
};

struct driver {
    using resource = thing;
    using no_reset = void;
    static lend::result<thing> create() { return thing(); }
};

int main() {
    auto made = lend::pool<driver>::make({});
    return made.has_value() ? 0 : 1;
}
