// SPDX-License-Identifier: MIT
/// @file
/// An executor that runs nothing before it is told to.

#ifndef LEND_TESTS_SUPPORT_QUEUED_EXECUTOR_HPP
#define LEND_TESTS_SUPPORT_QUEUED_EXECUTOR_HPP

#include <lend/executor.hpp>

#include <utility>
#include <vector>

namespace lend_test {

class queued_executor final : public lend::executor {
public:
    bool execute(void (*run)(void*), void* argument) noexcept override {
        if (refuses) return false;
        jobs.push_back({run, argument});
        return true;
    }
    // Those that the jobs ask for, too.
    void run_all() {
        while (!jobs.empty()) {
            const auto job = jobs.front();
            jobs.erase(jobs.begin());
            job.first(job.second);
        }
    }

    std::vector<std::pair<void (*)(void*), void*>> jobs;
    bool refuses = false;
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_QUEUED_EXECUTOR_HPP
