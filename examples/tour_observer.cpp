// SPDX-License-Identifier: MIT
// What one learns here: how to hear what happens in a pool, and how to draw spans for a tracer.

#include <lend/lend.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

struct session_driver {
    using resource = std::string;
    using no_reset = void;

    lend::result<resource> create() const { return "session"; }
};

// [observer]
class logger final : public lend::pool_observer {
public:
    void created(lend::event_number) override { std::printf("created\n"); }
    void destroyed(lend::event_number, lend::destroy_reason why) override {
        std::printf("destroyed: %s\n", std::string(to_string(why)).c_str());
    }
    void timed_out(const lend::error& why) override {
        std::printf("timed out: %zu lent\n", why.snapshot()->in_use);
    }
    // [observer]

    // [spans]
    bool wants_use_spans() const override { return true; }

    void* span_begin(lend::span_kind kind, const lend::span_info& info) override {
        std::printf("%s begins%s\n", std::string(to_string(kind)).c_str(),
                    info.note != nullptr ? info.note : "");
        return new lend::span_kind(kind); // the tracer's own span
    }
    void span_end(void* span, lend::hresult code) override {
        const std::unique_ptr<lend::span_kind> mine(static_cast<lend::span_kind*>(span));
        std::printf("%s ends: %s\n", std::string(to_string(*mine)).c_str(),
                    std::string(name_of(code)).c_str());
    }
    // [spans]
};

int main() {
    // [option]
    lend::pool_options options;
    options.observer = std::make_shared<logger>();
    // [option]
    options.creation = lend::creation_mode::inline_;
    options.max_size = 1;
    lend::pool pool(session_driver{}, options);

    auto lease = pool.acquire().value();
    const auto soon = std::chrono::steady_clock::now() + std::chrono::milliseconds(1);
    (void)pool.acquire({.deadline = soon, .note = " for a report"});
    lease.discard();
}
