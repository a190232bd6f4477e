// SPDX-License-Identifier: MIT
/// @file
/// How the worker says a line: by one write to the standard output, of all of it or nothing, so
/// that what was said survives the process, and lines of several threads do not mix.

#ifndef LEND_TESTS_CHAOS_SPEAKING_HPP
#define LEND_TESTS_CHAOS_SPEAKING_HPP

#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <time.h>
#include <type_traits>

namespace lend_test::chaos {

/// The monotonic clock, which all processes of a machine have in common.
inline std::int64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

template <class Part>
void append(std::string& line, const Part& part) {
    if constexpr (std::is_same_v<Part, std::int64_t>) {
        line += std::to_string(part);
    } else {
        line += part;
    }
}

/// Says one line. A line of up to PIPE_BUF bytes goes into a pipe whole. Whoever cannot be heard
/// any more ends.
template <class... Parts>
void say(const Parts&... parts) {
    std::string line;
    (append(line, parts), ...);
    if (line.size() > PIPE_BUF) std::abort();
    while (::write(STDOUT_FILENO, line.data(), line.size()) < 0) {
        if (errno != EINTR) std::_Exit(3);
    }
}

} // namespace lend_test::chaos

#endif // LEND_TESTS_CHAOS_SPEAKING_HPP
