// A program that needs a driver's library: the component brings it and lend.
#include <lend/drivers/sqlite.hpp>

#include <sqlite3.h>

int main() {
    const lend::result<int> version = sqlite3_libversion_number();
    return *version >= 3000000 ? 0 : 1;
}
