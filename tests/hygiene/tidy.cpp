// What clang-tidy reads: all headers, and enough use of them to instantiate the templates.
#include "use.hpp"

int main() { return use_lend(); }
