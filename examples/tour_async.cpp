// SPDX-License-Identifier: MIT
// What one learns here: how to acquire without a thread that waits, by callback and in a coroutine,
// and how to call a wait off.

#include <lend/lend.hpp>

#include <coroutine>
#include <cstdio>
#include <exception>
#include <stop_token>
#include <string>

struct session_driver {
    using resource = std::string;
    using no_reset = void;
    lend::result<resource> create() { return "a session"; }
};
using pool_type = lend::pool<session_driver>;
using lease_type = pool_type::lease_type;

// The least that a coroutine can return; a program has one already, from its framework.
struct task {
    struct promise_type {
        task get_return_object() noexcept { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        void unhandled_exception() noexcept { std::terminate(); }
    };
};

// [coroutine]
task serve(pool_type& pool, int request) {
    const auto lease = co_await pool.acquire_async(); // no thread waits
    if (lease) std::printf("request %d has %s\n", request, (*lease)->c_str());
} // the lease ends: the session goes to the next
// [coroutine]

int main() {
    pool_type pool(session_driver{}, {.max_size = 1});
    auto mine = pool.acquire().value();
    serve(pool, 1);
    serve(pool, 2);
    std::printf("%zu wait\n", pool.stats().waiting);

    // [callback]
    std::stop_source stop;
    pool.acquire_async({.stop = stop.get_token()}, [](lend::result<lease_type> lease) {
        std::printf("callback: %s\n",
                    lease ? "served" : std::string(lend::name_of(lease.code())).c_str());
    });
    stop.request_stop(); // calls the callback, here
    // [callback]

    mine.release(); // serves both coroutines, here
    std::printf("%zu wait\n", pool.stats().waiting);
}
