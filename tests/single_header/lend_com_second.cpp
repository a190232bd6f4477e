// The generated lend_com.hpp after the generated lend.hpp: one program may include both.
#include <lend.hpp>

#include <lend_com.hpp>

using lend::com::HRESULT;

HRESULT answer(bool good);

HRESULT answer(bool good) { return good ? S_OK : E_INVALIDARG; }
