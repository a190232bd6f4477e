// Checks that two shared libraries with hidden symbols and the program that is linked with them see
// one and the same of everything that a process has one of.
#include "per_process.hpp"

#include <cstddef>
#include <cstdio>

int main() {
    const sights one = seen_by_one_library();
    const sights other = seen_by_another_library();
    int wrong = 0;
    for (std::size_t at = 0; at < one.size(); ++at) {
        if (one[at].second != nullptr && one[at].second == other[at].second) continue;
        std::printf("each library has one of its own: %s\n", one[at].first);
        ++wrong;
    }
    if (wrong == 0) std::puts("per process: nothing wrong");
    return wrong == 0 ? 0 : 1;
}
