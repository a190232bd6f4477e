// SPDX-License-Identifier: MIT
/// @file
/// That an executor can be written: what a pool does with one is tested where it does it.

#include <lend/executor.hpp>

#include <gtest/gtest.h>

namespace executor_test {

class at_once final : public lend::executor {
public:
    [[nodiscard]] bool execute(void (*run)(void*), void* argument) noexcept override {
        run(argument);
        return true;
    }
};

TEST(Executor, runs_what_it_is_given_with_its_argument) {
    at_once here;
    lend::executor& any = here;
    int calls = 0;

    EXPECT_TRUE(any.execute([](void* raw) { ++*static_cast<int*>(raw); }, &calls));

    EXPECT_EQ(calls, 1);
}

} // namespace executor_test
