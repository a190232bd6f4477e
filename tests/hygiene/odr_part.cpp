// One part of a program whose parts are built with and without exceptions and NDEBUG.
#include "use.hpp"

int LEND_ODR_PART();

int LEND_ODR_PART() { return use_lend(); }
