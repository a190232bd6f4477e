// SPDX-License-Identifier: MIT
// What one learns here: what becomes of a pool, its resources and its leases in a forked child.

#include <lend/lend.hpp>

#include <cstdio>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

struct session {
    std::string name;
};

// [driver]
struct session_driver {
    using resource = session;
    int made = 0;

    lend::result<resource> create() { return session{"session " + std::to_string(++made)}; }
    lend::hresult reset(resource& used) {
        std::printf("reset %s\n", used.name.c_str());
        return lend::hr::s_ok;
    }
    void abandon(resource&& parents) { // instead of destroy: not a word to the other side
        std::printf("abandon %s\n", parents.name.c_str());
    }
};
// [driver]

int main() {
    // Inline, so that the process has one thread: not every allocator survives a fork beside more.
    lend::pool pool(session_driver{}, {.max_size = 2, .creation = lend::creation_mode::inline_});

    // [fork]
    auto held = pool.acquire().value();
    if (fork() == 0) {
        auto mine = pool.acquire().value(); // made by the child; what was inherited is abandoned
        std::printf("child: lent %s\n", mine->name.c_str());
        if (held.release() == lend::hr::lend_e_stale) std::puts("child: the old lease is stale");
        mine.release();
        std::fflush(stdout);
        _exit(0);
    }
    wait(nullptr);
    std::printf("parent: still has %s\n", held->name.c_str());
    held.release();
    // [fork]
}
