// The generated lend_com.hpp, in the first of two translation units.
#include <lend_com.hpp>

using lend::com::HRESULT;

HRESULT answer(bool good);

int main() { return SUCCEEDED(answer(true)) && answer(false) == E_INVALIDARG ? 0 : 1; }
