// expect: result<hresult> is ambiguous
#include <lend/result.hpp>

// A code that is returned makes an error of it, s_ok too, so a code can never be the value.
#ifndef LEND_COMPILE_FAIL_OK
lend::result<lend::hresult> of_code(lend::hr::s_ok);
#endif
lend::result<void> of_nothing(lend::hr::s_ok);
