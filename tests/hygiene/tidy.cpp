// What clang-tidy reads: all headers, and enough use of them to instantiate the templates.
#include "use.hpp"

int main() {
    try {
        return use_lend();
    } catch (...) {
        return 1;
    }
}
