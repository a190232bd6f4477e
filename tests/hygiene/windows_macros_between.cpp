// The core of lend first, then <windows.h>, then the rest, then its use.
#include "standard_headers.hpp"

#include <core_headers.hpp>

#include "windows_macros.hpp"

#include "use.hpp"

int main() { return use_lend(); }
