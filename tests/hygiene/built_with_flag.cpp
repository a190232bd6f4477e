// A program for builds without exceptions and without run-time type information.
#include "use.hpp"

int main() { return use_lend(); }
