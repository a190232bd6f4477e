// expect: (could not convert|is not contextually convertible)
#include <lend/hresult.hpp>

// s_false is a success that is not zero, so a status is never a condition.
int main() {
#ifndef LEND_COMPILE_FAIL_OK
    if (lend::hr::s_false) return 1;
#endif
    return lend::succeeded(lend::hr::s_false) ? 0 : 1;
}
