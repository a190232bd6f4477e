// SPDX-License-Identifier: MIT
/// @file
/// A call on another thread of the manual clock, for tests in which a caller waits.

#ifndef LEND_TESTS_SUPPORT_OTHER_THREAD_HPP
#define LEND_TESTS_SUPPORT_OTHER_THREAD_HPP

#include "manual_clock_platform.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

namespace lend_test {

/// Runs `what` at once; the constructor returns when it has ended or sleeps.
///
/// The destructor waits for a call that can run. The test fails if the call sleeps even then: it
/// would go on with objects of a test that has ended.
class other_thread {
public:
    explicit other_thread(std::function<void()> what)
        : call_(std::make_unique<call>(std::move(what))) {
        started_ = manual_clock_platform::start_thread(
            "other",
            [](void* raw) {
                auto& mine = *static_cast<call*>(raw);
                mine.what();
                mine.done.store(true);
            },
            call_.get());
        manual_clock::settle();
    }
    other_thread(other_thread&&) = default;
    ~other_thread() {
        if (call_ == nullptr || !started_ || done()) return;
        ADD_FAILURE() << "a call on another thread still sleeps at the end of its test";
        static_cast<void>(call_.release()); // the thread still uses it
    }

    /// Whether the call has ended; what it wrote may be read then.
    [[nodiscard]] bool done() const {
        manual_clock::settle();
        return started_ && call_->done.load();
    }

private:
    struct call {
        explicit call(std::function<void()> f) : what(std::move(f)) {}
        std::function<void()> what;
        std::atomic<bool> done{false};
    };

    std::unique_ptr<call> call_;
    bool started_ = false;
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_OTHER_THREAD_HPP
