// SPDX-License-Identifier: MIT
/// @file
/// A call into code of a user's that may run on a stack which an exception of another borrower is
/// unwinding: that exception is no concern of the leases that end in the call.

#ifndef LEND_DETAIL_FRESH_STACK_HPP
#define LEND_DETAIL_FRESH_STACK_HPP

#include <lend/detail/config.hpp>

#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// How many exceptions unwound the calling thread's stack when the innermost such call began.
struct exceptions_before {
    unsigned count = 0;
};

// As long as it lives, the calling thread is in such a call. Not made on the fast paths: there is
// no such call in an acquire or a release that meets nobody.
template <class Platform>
class fresh_stack {
public:
    fresh_stack() noexcept : before_(std::exchange(count(), Platform::exceptions_in_flight())) {}
    fresh_stack(const fresh_stack&) = delete;
    fresh_stack& operator=(const fresh_stack&) = delete;
    ~fresh_stack() { count() = before_; }

    // Whether an exception unwinds what the innermost call has put onto the stack.
    [[nodiscard]] static bool unwinds() noexcept {
        return Platform::exceptions_in_flight() > count();
    }

private:
    static unsigned& count() noexcept {
        return Platform::template local<exceptions_before>().count;
    }

    const unsigned before_;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_FRESH_STACK_HPP
