// SPDX-License-Identifier: MIT
/// @file
/// Runs a piece of a test in a forked child and brings back what it says.

#ifndef LEND_TESTS_SUPPORT_IN_CHILD_HPP
#define LEND_TESTS_SUPPORT_IN_CHILD_HPP

#include "address_sanitizer.hpp"

#include <array>
#include <cstddef>
#include <cstdlib>
#include <sstream>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

// Of clang's run-time library, where coverage is measured: what ends by _exit has to say it itself.
extern "C" int __llvm_profile_write_file() __attribute__((weak));

namespace lend_test {

/// What a child has to say against what it found; empty if all is well.
class objections {
public:
    template <class A, class B>
    void expect_equal(const char* what, const A& found, const B& right) {
        if (found == right) return;
        text_ << what << " is " << +found << ", not " << +right << "; ";
    }
    void expect(const char* what, bool holds) {
        if (!holds) text_ << what << " does not hold; ";
    }
    [[nodiscard]] std::string text() const { return text_.str(); }

private:
    std::ostringstream text_;
};

// Whether malloc can be used in a child of a process whose other threads allocate: the allocator of
// AddressSanitizer has locks that a fork may find held, and it does not see to that.
inline constexpr bool malloc_survives_forks = !LEND_ADDRESS_SANITIZER;
inline constexpr const char* no_malloc_in_child =
    "NOT TESTED: AddressSanitizer, and forks while other threads allocate";

/// Whether a child of a process with several threads may start one: qemu-user ends it with an
/// assertion of its own that fails. tests/portability/emulate.sh says so.
inline bool child_may_start_threads() { return std::getenv("LEND_EMULATED") == nullptr; }
inline constexpr const char* no_threads_in_child =
    "NOT TESTED: under an emulator no forked child can start a thread";

/// Forks, calls `body(objections&)` in the child, and returns its objections. A child that hangs is
/// ended by the alarm after 20 seconds, one that crashes by its signal; both are objections too.
///
/// The child ends by _exit: its destructors and the leak checker are not to look at what it has.
template <class Body>
std::string in_child(const Body& body) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return "no pipe";
    const pid_t child = ::fork();
    if (child < 0) return "no fork";
    if (child == 0) {
        ::alarm(20);
        objections found;
        body(found);
        const std::string text = found.text();
        const bool said = ::write(ends[1], text.data(), text.size()) >= 0;
        if (__llvm_profile_write_file != nullptr) (void)__llvm_profile_write_file();
        ::_exit(said ? 0 : 1);
    }
    ::close(ends[1]);
    std::string text;
    std::array<char, 256> part{};
    for (ssize_t got = 0; (got = ::read(ends[0], part.data(), part.size())) > 0;) {
        text.append(part.data(), static_cast<std::size_t>(got));
    }
    ::close(ends[0]);
    int status = 0;
    if (::waitpid(child, &status, 0) != child) return text + "the child is lost";
    if (WIFSIGNALED(status))
        text += "the child was ended by signal " + std::to_string(WTERMSIG(status));
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) text += "the child failed";
    return text;
}

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_IN_CHILD_HPP
