// SPDX-License-Identifier: MIT
/// @file
/// For simulated pools: a driver with every member that a pool calls, each of which fails, throws,
/// hangs or lies as its board says, and a witness of what the pool tells about it.

#ifndef LEND_TESTS_FAULTS_THOROUGH_DRIVER_HPP
#define LEND_TESTS_FAULTS_THOROUGH_DRIVER_HPP

#include "support/fault_driver.hpp"
#include "support/sim_platform.hpp"

#include <lend/observer.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace lend_test {

using sim_board = fault_board<sim::platform>;

/// How much virtual time each fiber has spent in driver calls.
class call_times {
public:
    [[nodiscard]] std::chrono::nanoseconds& here() { return spent_.at(sim::platform::thread_id()); }

    /// One call.
    class span {
    public:
        explicit span(call_times& in) : spent_(in.here()), begun_(sim::elapsed()) {}
        span(const span&) = delete;
        span& operator=(const span&) = delete;
        ~span() { spent_ += sim::elapsed() - begun_; }

    private:
        std::chrono::nanoseconds& spent_;
        std::chrono::nanoseconds begun_;
    };

private:
    std::array<std::chrono::nanoseconds, 65> spent_{};
};

/// Rates, checks, classifies, limits and interrupts on top of creating, resetting and destroying.
class thorough_driver : public typed_fault_driver<sim::platform> {
    using base = typed_fault_driver<sim::platform>;
    using nanoseconds = std::chrono::nanoseconds;

public:
    static constexpr nanoseconds usual_limit = std::chrono::seconds(5);

    thorough_driver(std::shared_ptr<sim_board> plan, std::shared_ptr<call_times> times)
        : base(std::move(plan)), times_(std::move(times)) {}

    lend::result<resource> create(const int& type) {
        const call_times::span in(*times_);
        // Else what is found unfit as soon as it is made would be made again and again before any
        // deadline.
        sim::sleep(std::chrono::milliseconds(1));
        return base::create(type);
    }
    lend::hresult reset(resource& it) {
        const call_times::span in(*times_);
        return base::reset(it);
    }
    lend::hresult destroy(resource&& it) {
        const call_times::span in(*times_);
        return base::destroy(std::move(it));
    }
    lend::health check(resource& it, lend::check_kind kind) {
        const call_times::span in(*times_);
        return base::check(it, kind);
    }
    lend::rating rate(const int& type, const resource& it, bool needs_enlistment) {
        const call_times::span in(*times_);
        return base::rate(type, it, needs_enlistment);
    }
    lend::health classify(const lend::error&) {
        const call_times::span in(*times_);
        const visit that(this->books(), call::classify, 0);
        if (that.fails()) return lend::health::broken;
        return that.lies() ? lend::health::backend_gone : lend::health::good;
    }
    nanoseconds idle_limit(const resource& it) {
        const call_times::span in(*times_);
        const visit that(this->books(), call::idle_limit, it.number());
        if (that.fails()) return nanoseconds(0);
        return that.lies() ? nanoseconds(-1) : usual_limit;
    }
    void interrupt(resource& it) {
        const call_times::span in(*times_);
        const visit that(this->books(), call::interrupt, it.number());
    }

private:
    std::shared_ptr<call_times> times_;
};

static_assert(lend::resource_driver<thorough_driver>);

/// What a pool has told about calls that went wrong.
class witness final : public lend::pool_observer {
public:
    struct failure {
        int count = 0;
        lend::hresult code{};
        std::string text;
        bool thrown = false;

        void note(const lend::error& e) {
            ++count;
            code = e.code();
            text = e.text();
            thrown = e.thrown();
        }
    };

    failure create;
    failure reset;
    failure destroy;
    int outages = 0;
    std::size_t calls_left_at_close = 0;

    void create_failed(const lend::error& e) override { create.note(e); }
    void reset_failed(lend::event_number, const lend::error& e) override { reset.note(e); }
    void destroy_failed(lend::event_number, const lend::error& e) override { destroy.note(e); }
    void backend_gone(lend::event_number) override { ++outages; }
    void abandoned_at_close(std::size_t calls) override { calls_left_at_close = calls; }
};

} // namespace lend_test

#endif // LEND_TESTS_FAULTS_THOROUGH_DRIVER_HPP
