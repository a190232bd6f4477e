// expect: (ignoring return(ed)? value|nodiscard)
#include <lend/result.hpp>

static lend::result<int> take() { return 1; }

int main() {
#ifndef LEND_COMPILE_FAIL_OK
    take();
#endif
    return take().has_value() ? 0 : 1;
}
