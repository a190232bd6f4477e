// Every header a second time, in the opposite order: an include guard that is missing, misspelt or
// shared with another header does not compile.
#include <all_headers.hpp>

#include <all_headers_reversed.hpp>

int main() { return LEND_VERSION_MAJOR; }
