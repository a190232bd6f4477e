// SPDX-License-Identifier: MIT
/// @file
/// The bytes from which a fuzzer makes its choices, and the check that ends a run.

#ifndef LEND_TESTS_FUZZ_FUZZ_INPUT_HPP
#define LEND_TESTS_FUZZ_FUZZ_INPUT_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

/// What every fuzz target is; libFuzzer and replay.cpp call it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Ends the process where `condition` does not hold: the input that did it is then kept.
#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) ::lend_test::fuzz_failed(#condition, __FILE__, __LINE__);                \
    } while (false)

namespace lend_test {

[[noreturn]] inline void fuzz_failed(const char* what, const char* file, int line) noexcept {
    std::fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, what);
    std::abort();
}

/// Choices, one byte each. When the bytes are used up every choice is the first one.
class fuzz_input {
public:
    fuzz_input(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}

    [[nodiscard]] bool empty() const noexcept { return at_ == end_; }

    std::uint8_t byte() noexcept { return at_ == end_ ? std::uint8_t{0} : *at_++; }
    bool flag() noexcept { return (byte() & 1U) != 0; }
    /// 0 to count - 1.
    std::size_t below(std::size_t count) noexcept { return byte() % count; }

    std::uint64_t word() noexcept {
        std::uint64_t bits = 0;
        for (int at = 0; at < 8; ++at) bits = bits << 8U | byte();
        return bits;
    }

    /// One of the values that are listed.
    template <class T, std::size_t Size>
    T one_of(const T (&values)[Size]) noexcept {
        return values[below(Size)];
    }

    /// As many bytes as the next one says, up to those that are left.
    std::string text() {
        std::string bytes;
        for (std::size_t left = byte(); left > 0 && !empty(); --left)
            bytes.push_back(static_cast<char>(byte()));
        return bytes;
    }

private:
    const std::uint8_t* at_;
    const std::uint8_t* end_;
};

} // namespace lend_test

#endif // LEND_TESTS_FUZZ_FUZZ_INPUT_HPP
