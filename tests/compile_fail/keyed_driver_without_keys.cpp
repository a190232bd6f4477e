// expect: lend: the driver of a keyed_pool makes a resource for a key
// errors: 5
#include <lend/keyed_pool.hpp>

#include <cstddef>
#include <functional>

struct place {
    int number = 0;
    friend bool operator==(const place&, const place&) = default;
};

template <>
struct std::hash<place> {
    std::size_t operator()(const place& p) const noexcept {
        return static_cast<std::size_t>(p.number);
    }
};

struct driver {
    using resource = int;
    using no_reset = void;
#ifdef LEND_COMPILE_FAIL_OK
    lend::result<int> create(const place& where) { return where.number; }
#else
    lend::result<int> create() { return 1; }
#endif
};

bool use() {
    lend::keyed_pool<place, driver> pool(driver{});
    return pool.acquire(place{}).has_value();
}
