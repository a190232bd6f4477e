// expect: result<T> holds an object
#include <lend/result.hpp>

#ifndef LEND_COMPILE_FAIL_OK
lend::result<int[2]> of_array(lend::hr::e_fail);
#endif
lend::result<int> of_object(lend::hr::e_fail);
