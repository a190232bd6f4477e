// SPDX-License-Identifier: MIT
/// @file
/// What both model checkers share: how far to go, what is reported, and that each check runs in a
/// process of its own, so that what a mutant leaves behind is nobody's problem.

#ifndef LEND_TESTS_SUPPORT_CHECK_REPORT_HPP
#define LEND_TESTS_SUPPORT_CHECK_REPORT_HPP

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lend_test::mc {

inline constexpr unsigned max_fibers = 4;
inline constexpr unsigned main_thread = max_fibers; // the body itself
inline constexpr unsigned thread_count = max_fibers + 1;

/// What a child reports to its parent.
struct report {
    std::uint64_t executions = 0;
    bool exhaustive = false;
    char violation[160] = {};

    void violated(const char* what) { std::snprintf(violation, sizeof(violation), "%s", what); }
};

/// How far to go.
struct bounds {
    int preemptions = 2;                  ///< switches away from a thread that could go on
    std::uint64_t executions = 1'000'000; ///< at most
    bool random = false;                  ///< random schedules instead of all
    std::uint64_t seed = 1;
    unsigned threads = 2;                  ///< Relacy only: how many jobs `run` is given
    std::uint64_t random_executions = 0;   ///< Relacy only: of its random scheduler; 0: as usual
    std::uint64_t searched_executions = 0; ///< Relacy only: of its search; 0: as usual
};

/// Calls `explore(out)` in a process of its own, which ends by exit code 1 where something was
/// violated. True if nothing was; prints one line.
inline bool check_in_child(const char* name,
                           const bounds& limits,
                           const std::function<void(report&)>& explore) {
    auto* const shared = static_cast<report*>(
        ::mmap(nullptr, sizeof(report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    *shared = report{};
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(2); // a mutant may crash, and need not be loud about it
        explore(*shared);
        std::_Exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    const bool held = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    const char* how = shared->exhaustive ? "all" : limits.random ? "random" : "bounded";
    const char* why = shared->violation[0] != '\0' ? shared->violation : "the process crashed";
    std::printf("%-58s %9llu executions (%s)  %s\n", name,
                static_cast<unsigned long long>(shared->executions), how, held ? "holds" : why);
    ::munmap(shared, sizeof(report));
    return held;
}

/// What a program of checks makes of their answers: scenarios hold, mutants do not.
class verdict {
public:
    void must_hold(bool held) {
        ++scenarios_;
        failed_ += held ? 0 : 1;
    }
    void must_fail(bool held) {
        if (held) std::printf("  ^ a mutant lives\n");
        ++mutants_;
        survived_ += held ? 1 : 0;
    }
    [[nodiscard]] int exit_status() const {
        std::printf("scenarios that failed: %d of %d, mutants that survived: %d of %d\n", failed_,
                    scenarios_, survived_, mutants_);
        return failed_ + survived_ == 0 ? 0 : 1;
    }

private:
    int scenarios_ = 0;
    int failed_ = 0;
    int mutants_ = 0;
    int survived_ = 0;
};

} // namespace lend_test::mc

#endif // LEND_TESTS_SUPPORT_CHECK_REPORT_HPP
