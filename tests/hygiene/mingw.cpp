// Cross-compiled for Windows: the real <windows.h>, with min, max and all, before lend, after the
// core of it, and not at all.
#if defined(LEND_WINDOWS_FIRST)
#include <windows.h>
#endif

#include <core_headers.hpp>

#if defined(LEND_WINDOWS_LATER)
#include <windows.h>
#endif

#include "use.hpp"

int main() { return use_lend(); }
