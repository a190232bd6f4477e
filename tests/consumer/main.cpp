// The program of every consumer: what it includes does not depend on how lend came in.
#include <lend/lend.hpp>

#include <cstdio>

int main() {
    const lend::result<int> answer = 42;
    std::printf("lend %s says %d\n", LEND_VERSION_STRING, *answer);
    return *answer == 42 ? 0 : 1;
}
