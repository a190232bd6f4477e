// <windows.h> first, then every header of lend, then its use.
#include "standard_headers.hpp"

#include "windows_macros.hpp"

#include "use.hpp"

int main() { return use_lend(); }
