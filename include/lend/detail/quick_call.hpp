// SPDX-License-Identifier: MIT
/// @file
/// Driver calls that are specified not to block, and what is done in a checked build about one that
/// does.

#ifndef LEND_DETAIL_QUICK_CALL_HPP
#define LEND_DETAIL_QUICK_CALL_HPP

#include <lend/detail/later.hpp>

#include <chrono>
#include <cstddef>
#include <string_view>

namespace lend::inline v0_1 {
namespace detail {

// The type's name as the compiler spells it, for messages.
template <class T>
constexpr std::string_view name_of_type() noexcept {
#if defined(__clang__) || defined(__GNUC__)
    constexpr std::string_view whole =
        __PRETTY_FUNCTION__; // "... [with T = name; ...]", "[T = name]"
    constexpr std::size_t begin = whole.find("T = ") + 4;
    constexpr std::size_t end = whole.find_first_of(";]", begin);
    return whole.substr(begin, end - begin);
#else
    return "a driver";
#endif
}

// Lives as long as a call of a driver that is to be quick: `rate`, or a passive check. The caller
// that asks may have a deadline, and others may wait for the answer. In a checked build the
// platform is told of one that took longer than a millisecond; in others this is nothing.
template <class Driver, class Platform, bool Checks = Platform::checks>
class quick_call {
public:
    explicit quick_call(const char*) noexcept {}
    quick_call(const quick_call&) = delete;
    quick_call& operator=(const quick_call&) = delete;
    ~quick_call() = default;
};

template <class Driver, class Platform>
class quick_call<Driver, Platform, true> {
public:
    static constexpr std::chrono::nanoseconds longest = std::chrono::milliseconds(1);

    explicit quick_call(const char* member) noexcept : member_(member), began_(Platform::now()) {}
    quick_call(const quick_call&) = delete;
    quick_call& operator=(const quick_call&) = delete;
    ~quick_call() {
        const std::chrono::nanoseconds took = between(began_, Platform::now());
        if (took > longest) Platform::slow_driver_call(name_of_type<Driver>(), member_, took);
    }

private:
    const char* member_;
    typename Platform::time_point began_;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_QUICK_CALL_HPP
