// SPDX-License-Identifier: MIT
// What one learns here: how to test one's own driver, and what uses its pool, against calls that
// fail, throw or lie, without a server that does so.

#include <lend/lend.hpp>
#include <lend/testing.hpp>

#include <cstdio>
#include <memory>

// The driver under test: it must never open more than it closes, whatever goes wrong.
struct mailbox_driver {
    using resource = int;
    int* open;

    lend::result<resource> create() { return ++*open; }
    lend::hresult reset(resource&) { return lend::hr::s_ok; }
    lend::health check(resource&, lend::check_kind) { return lend::health::good; }
    void destroy(resource&&) { --*open; }
};

int main() {
    using lend::testing::call;
    using lend::testing::fault;
    int open = 0;

    // [faults]
    auto plan = std::make_shared<lend::testing::fault_plan<>>();
    plan->at(call::create, 2, fault::error)     // the second create fails,
        .at(call::reset, 1, fault::exception)   // the first reset throws,
        .at(call::check, 3, fault::error)       // the third check finds a broken one,
        .often(call::destroy, 3, fault::error); // one destroy in three answers E_FAIL: the same
    plan->seed(7);                              // ones in every run
    {
        lend::pool pool(lend::testing::fault_driver(mailbox_driver{&open}, plan),
                        {.creation = lend::creation_mode::inline_});
        for (int use = 1; use <= 5; ++use) {
            auto lent = pool.acquire();
            std::printf("use %d: %s\n", use, lent ? "lent" : lent.error().message().c_str());
        }
    }
    std::printf("%d creates, %d still open\n", static_cast<int>(plan->calls(call::create)), open);
    // [faults]
}
