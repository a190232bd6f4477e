// What a process has one of, by address, as each of its modules sees it.
#ifndef LEND_TESTS_HYGIENE_PER_PROCESS_HPP
#define LEND_TESTS_HYGIENE_PER_PROCESS_HPP

#include <array>
#include <utility>

using sights = std::array<std::pair<const char*, const void*>, 6>;

__attribute__((visibility("default"))) sights seen_by_one_library();
__attribute__((visibility("default"))) sights seen_by_another_library();

#endif // LEND_TESTS_HYGIENE_PER_PROCESS_HPP
