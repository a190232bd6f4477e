// The generated lend.hpp, in the first of two translation units; a second include changes nothing.
#include <lend.hpp>

#include <lend.hpp>

lend::result<int> half_of(int number);

int main() {
    const auto good = half_of(4);
    const auto bad = half_of(3);
    return good && *good == 2 && !bad && bad.error().code() == lend::hr::e_invalidarg ? 0 : 1;
}
