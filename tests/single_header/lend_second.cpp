// The generated lend.hpp, in the second of two translation units.
#include <lend.hpp>

lend::result<int> half_of(int number);

lend::result<int> half_of(int number) {
    if (number % 2 != 0) return lend::hr::e_invalidarg;
    return number / 2;
}
