// SPDX-License-Identifier: MIT
// What one learns here: a lend driver behind the contract's interface, and what DestroyResource
// answers to numbers that are good, over, or unknown.

#include <lend/com.hpp>

#include <cstdio>
#include <string>

struct file_driver {
    using resource = std::string;
    using no_reset = void;

    lend::result<resource> create() { return "file"; }
    void destroy(resource&&) { std::puts("  the driver destroys a file"); }
};

static void say(const char* what, lend::com::HRESULT code) {
    std::printf("%-26s %s\n", what, std::string(lend::name_of(lend::com::from_com(code))).c_str());
}

int main() {
    // [dispenser]
    auto* const files = lend::com::dispenser<file_driver>::make(file_driver{}).value();
    lend::com::RESID id = 0;
    lend::com::TIMEINSECS secs = -1;

    say("create", files->CreateResource(1, &id, &secs));
    say("destroy it", files->DestroyResource(id));
    say("destroy it again", files->DestroyResource(id));
    say("destroy it by a name", files->DestroyResourceS(OLESTR("file")));
    files->Release();
    // [dispenser]
}
