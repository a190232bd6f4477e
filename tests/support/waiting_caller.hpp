// SPDX-License-Identifier: MIT
/// @file
/// Somebody who asks a pool for a resource on a thread of his own, on the manual clock, and notes
/// what he got, and as which of all.

#ifndef LEND_TESTS_SUPPORT_WAITING_CALLER_HPP
#define LEND_TESTS_SUPPORT_WAITING_CALLER_HPP

#include "manual_clock_platform.hpp"

#include <lend/pool.hpp>

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace lend_test {

/// Writes down in which order callers came to an end: "a b c".
class finish_line {
public:
    void pass(const char* name) {
        const std::lock_guard lock(mutex_);
        if (!names_.empty()) names_ += ' ';
        names_ += name;
    }
    [[nodiscard]] std::string order() const {
        const std::lock_guard lock(mutex_);
        return names_;
    }

private:
    mutable std::mutex mutex_;
    std::string names_;
};

template <class Driver>
class waiting_caller {
public:
    using pool_type = lend::pool<Driver, manual_clock_platform>;
    using lease_type = typename pool_type::lease_type;
    using options = typename pool_type::acquire_options;

    /// Asks, and comes back when the caller has what it wants or sleeps.
    waiting_caller(pool_type& pool, const options& how, const char* name, finish_line& line)
        : pool_(pool), how_(how), name_(name), line_(line) {
        started_ = manual_clock_platform::start_thread("caller", &run, this);
        manual_clock::settle();
    }
    waiting_caller(const waiting_caller&) = delete;
    waiting_caller& operator=(const waiting_caller&) = delete;
    ~waiting_caller() {
        while (started_ && is_waiting()) manual_clock::advance(std::chrono::hours(1));
    }

    [[nodiscard]] bool is_waiting() const { return !done_.load(std::memory_order_acquire); }
    /// @pre Not waiting.
    [[nodiscard]] lend::hresult code() const { return got_->code(); }
    [[nodiscard]] const lend::error& error() const { return got_->error(); }
    [[nodiscard]] bool holds() const { return !is_waiting() && got_->has_value() && bool(**got_); }
    lease_type& lease() { return **got_; }

private:
    static void run(void* raw) {
        auto& self = *static_cast<waiting_caller*>(raw);
        self.got_.emplace(self.pool_.acquire(self.how_));
        self.line_.pass(self.name_);
        self.done_.store(true, std::memory_order_release);
    }

    pool_type& pool_;
    options how_;
    const char* name_;
    finish_line& line_;
    std::optional<lend::result<lease_type>> got_;
    std::atomic<bool> done_{false};
    bool started_ = false;
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_WAITING_CALLER_HPP
