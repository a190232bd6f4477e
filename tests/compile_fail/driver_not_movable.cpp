// expect: lend: the driver cannot be moved, and a pool is given its driver by a move
// errors: 5
#include <lend/pool.hpp>

#include <atomic>
#include <memory>

struct driver {
    using resource = int;
    using no_reset = void;
#ifndef LEND_COMPILE_FAIL_OK
    std::atomic<int> made{0};
#else
    std::unique_ptr<std::atomic<int>> made = std::make_unique<std::atomic<int>>(0);
#endif
    lend::result<int> create() { return 1; }
};

bool use() {
    lend::pool<driver> pool{driver{}};
    return pool.acquire().has_value();
}
