// SPDX-License-Identifier: MIT
/// @file
/// Where a pool's own work runs, if not on threads of its own.

#ifndef LEND_EXECUTOR_HPP
#define LEND_EXECUTOR_HPP

#include <lend/detail/cpp20.hpp>

namespace lend::inline v0_1 {

/// Runs functions on threads of the user's: creates, resets and destroys in the background, and
/// the callbacks of asynchronous acquires.
/// @par Thread safety `execute` is called from any thread, with no lock of lend held.
class executor {
public:
    executor() = default;
    executor(const executor&) = delete;
    executor& operator=(const executor&) = delete;
    virtual ~executor() = default;

    /// Has `run(argument)` called once, soon, on some other thread; never from within this call,
    /// unless its caller may wait for a driver. It may take as long as a driver's call takes, so an
    /// event loop is no executor.
    /// @pre It does not close, drain or destroy the pool, which would wait for this very call.
    /// @return False if that cannot be done; then `run` is never called, and lend finds another
    ///   way, its caller's thread at last.
    [[nodiscard]] virtual bool execute(void (*run)(void*), void* argument) noexcept = 0;
};

} // namespace lend

#endif // LEND_EXECUTOR_HPP
