// expect: lend needs C\+\+20: compile with
// errors: 2
// flags: -std=c++17
#ifndef LEND_COMPILE_FAIL_OK
#include <lend/lend.hpp>
#else
#include <lend/lend.hpp>
#endif
