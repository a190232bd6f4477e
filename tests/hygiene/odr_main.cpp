// Links parts that are built differently and runs each: all work, whichever copy of an inline
// function the linker kept.
#include "use.hpp"

#include <cstdio>

int exceptions_checks();
int exceptions_ndebug();
int bare_checks();
int bare_ndebug();

int main() {
    const int results[] = {use_lend(), exceptions_checks(), exceptions_ndebug(), bare_checks(),
                           bare_ndebug()};
    int failures = 0;
    for (const int result : results) {
        if (result == 0) continue;
        std::printf("a part returned %d\n", result);
        ++failures;
    }
    return failures;
}
