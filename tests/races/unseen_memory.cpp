// SPDX-License-Identifier: MIT
/// @file
/// The C library's memory functions as ThreadSanitizer does not see them: its own look at whatever
/// they touch, also for the tests and the simulation, which share everything between fibers. What
/// is lost is races on objects so large that a compiler copies them by a call.

#include <cstddef>

extern "C" {

void* memcpy(void* to, const void* from, std::size_t size) {
    void* const start = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return start;
}

void* memset(void* to, int byte, std::size_t size) {
    void* const start = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
    return start;
}

void* memmove(void* to, const void* from, std::size_t size) {
    auto* const target = static_cast<unsigned char*>(to);
    const auto* const source = static_cast<const unsigned char*>(from);
    if (target <= source || target >= source + size) return memcpy(to, from, size);
    for (std::size_t at = size; at > 0; --at) {
        target[at - 1] = source[at - 1];
        __asm__ volatile("" : : : "memory"); // or the loop becomes a call of memmove
    }
    return to;
}

int memcmp(const void* left, const void* right, std::size_t size) {
    const auto* const a = static_cast<const unsigned char*>(left);
    const auto* const b = static_cast<const unsigned char*>(right);
    for (std::size_t at = 0; at < size; ++at)
        if (a[at] != b[at]) return a[at] < b[at] ? -1 : 1;
    return 0;
}

} // extern "C"
