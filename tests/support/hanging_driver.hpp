// SPDX-License-Identifier: MIT
/// @file
/// A driver each of whose calls takes as long as the test says, on the manual clock, and says on
/// which thread it ran.

#ifndef LEND_TESTS_SUPPORT_HANGING_DRIVER_HPP
#define LEND_TESTS_SUPPORT_HANGING_DRIVER_HPP

#include "manual_clock_platform.hpp"

#include <lend/driver.hpp>
#include <lend/result.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

namespace lend_test {

/// What the calls of a hanging_driver do, and what was done. Shared with the test.
struct hanging_calls {
    /// One kind of call.
    struct call {
        std::atomic<std::int64_t> takes_ns{0};
        std::atomic<int> begun{0};
        std::atomic<int> ended{0};
        std::atomic<int> on_the_test_thread{0};

        void takes(std::chrono::nanoseconds span) { takes_ns = span.count(); }
    };

    call create;
    call active;
    call passive;
    call reset;
    call destroy;
    std::atomic<bool> is_broken{false}; ///< what checks find
    const std::thread::id test_thread = std::this_thread::get_id();

    void run(call& which) {
        ++which.begun;
        if (std::this_thread::get_id() == test_thread) ++which.on_the_test_thread;
        const std::chrono::nanoseconds span(which.takes_ns.load());
        std::atomic<std::uint32_t> word{0};
        if (span.count() > 0) manual_clock_platform::park(word, 0, manual_clock::now() + span);
        ++which.ended;
    }
};

class hanging_driver {
public:
    using resource = int;

    hanging_driver() = default;

    [[nodiscard]] const std::shared_ptr<hanging_calls>& calls() const noexcept { return calls_; }

    lend::result<int> create() {
        calls_->run(calls_->create);
        return calls_->create.begun.load();
    }
    lend::hresult reset(int&) {
        calls_->run(calls_->reset);
        return lend::hr::s_ok;
    }
    lend::health check(int&, lend::check_kind kind) {
        const bool broken = calls_->is_broken;
        calls_->run(kind == lend::check_kind::active ? calls_->active : calls_->passive);
        return broken ? lend::health::broken : lend::health::good;
    }
    void destroy(int&&) { calls_->run(calls_->destroy); }

private:
    std::shared_ptr<hanging_calls> calls_ = std::make_shared<hanging_calls>();
};

/// The same with kinds that lend compares.
class hanging_kinds_driver : public hanging_driver {
public:
    using resource_type = int;
    lend::result<int> create(const int& kind) {
        calls()->run(calls()->create);
        return kind;
    }
};

/// The same with kinds that the driver rates.
class hanging_rated_driver : public hanging_kinds_driver {
public:
    lend::rating rate(const int& wanted, const int& made, bool) {
        return wanted == made ? lend::rating::perfect : lend::rating::unusable;
    }
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_HANGING_DRIVER_HPP
