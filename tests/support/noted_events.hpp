// SPDX-License-Identifier: MIT
/// @file
/// A holder_events that writes down what it hears.

#ifndef LEND_TEST_SUPPORT_NOTED_EVENTS_HPP
#define LEND_TEST_SUPPORT_NOTED_EVENTS_HPP

#include "support/recording_dispenser.hpp"

#include <lend/com/holder_options.hpp>

#include <mutex>
#include <string>
#include <utility>

namespace lend_test {

class noted_events final : public holder_events {
public:
    void created(RESID id, bool is_enlisted) noexcept override {
        note("created", id, is_enlisted ? 1 : 0);
    }
    void allocated(RESID id, bool, ULONG rated, RESOURCERATING winner) noexcept override {
        note("allocated", id, rated, winner);
    }
    void recycled(RESID id) noexcept override { note("recycled", id); }
    void destroyed(RESID id, HRESULT code) noexcept override {
        note("destroyed", id, SUCCEEDED(code) ? 1 : 0);
    }
    void tracked(RESID id, bool is_enlisted) noexcept override {
        note("tracked", id, is_enlisted ? 1 : 0);
    }
    void tracked_string(constSRESID) noexcept override { note("tracked_string"); }
    void destroyed_string(constSRESID, HRESULT) noexcept override { note("destroyed_string"); }
    void reset_failed(RESID id, HRESULT) noexcept override { note("reset_failed", id); }
    void doomed(TRANSID transaction) noexcept override { note("doomed", transaction); }
    void disowned(RESID id) noexcept override { note("disowned", id); }

    call_log take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(log_, {});
    }

private:
    template <class... Numbers>
    void note(std::string line, Numbers... numbers) {
        ((line += " " + std::to_string(numbers)), ...);
        const std::lock_guard lock(mutex_);
        log_.push_back(line);
    }

    std::mutex mutex_;
    call_log log_;
};

} // namespace lend_test

#endif // LEND_TEST_SUPPORT_NOTED_EVENTS_HPP
