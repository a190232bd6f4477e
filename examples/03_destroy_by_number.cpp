// SPDX-License-Identifier: MIT
// What one learns here: a number names one object, once. It can be destroyed by its number from
// anywhere, and a number that has outlived its object is refused, never followed.

#include <lend/lend.hpp>

#include <cstdio>
#include <string>

static void say(const char* what, lend::hresult code) {
    std::printf("%-32s %s\n", what, std::string(lend::name_of(code)).c_str());
}

static void with_a_table() {
    // [table]
    lend::handle_table<std::string> files;
    const auto first = files.insert("a.txt").value();

    say("erase it", files.erase(first));
    say("erase it again", files.erase(first));

    const auto second = files.insert("b.txt").value(); // may take the place of the first
    std::printf("the old number finds %s\n", files.find(first) ? "something" : "nothing");

    lend::handle_table<std::string> others;
    say("erase it in another table", others.erase(second));
    // [table]

    // [pin]
    auto looking = files.find(second); // keeps the object, not the number
    say("erase it while it is looked at", files.erase(second));
    std::printf("still there for who looks: %s\n", looking->c_str());
    looking.reset(); // now it is destroyed
    // [pin]
}

struct file_driver {
    using resource = std::string;
    lend::result<resource> create() { return "file"; }
    lend::hresult reset(resource&) { return lend::hr::s_ok; }
    void destroy(resource&&) { std::puts("  the driver destroys a file"); }
};

static void with_a_pool() {
    // [pool]
    lend::pool pool(file_driver{});
    auto lease = pool.acquire().value();
    const auto number = lease.id();

    say("destroy what is lent", pool.destroy(number)); // it is condemned
    say("give it back", lease.release());
    say("destroy it again", pool.destroy(number));
    // [pool]
}

int main() {
    with_a_table();
    with_a_pool();
}
