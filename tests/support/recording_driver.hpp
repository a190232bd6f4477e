// SPDX-License-Identifier: MIT
/// @file
/// Drivers that write down every call and answer as the test has told them. A test compares the
/// whole log with a literal.

#ifndef LEND_TESTS_SUPPORT_RECORDING_DRIVER_HPP
#define LEND_TESTS_SUPPORT_RECORDING_DRIVER_HPP

#include <lend/driver.hpp>
#include <lend/hresult.hpp>
#include <lend/result.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace lend_test {

/// What a recording driver makes: a number from 1 up, and a type for those that have types.
/// Moved-from ones have the number 0.
class numbered {
public:
    explicit numbered(int number, char type = 0) noexcept : number_(number), type_(type) {}
    numbered(numbered&& other) noexcept
        : number_(std::exchange(other.number_, 0)), type_(other.type_) {}
    numbered& operator=(numbered&& other) noexcept {
        number_ = std::exchange(other.number_, 0);
        type_ = other.type_;
        return *this;
    }
    ~numbered() = default;

    [[nodiscard]] int number() const noexcept { return number_; }
    [[nodiscard]] char type() const noexcept { return type_; }

private:
    int number_;
    char type_;
};

/// Thrown by a call that was told to throw.
struct told_to_throw : std::runtime_error {
    told_to_throw() : std::runtime_error("told to throw") {}
};

/// Answers for the next calls of one kind, first in, first out; then a default for ever.
template <class Answer>
class script {
public:
    explicit script(Answer otherwise) : otherwise_(otherwise) {}

    script& then(Answer answer, std::size_t times = 1) {
        for (; times > 0; --times) answers_.push_back({answer, false});
        return *this;
    }
    script& then_throw() {
        answers_.push_back({otherwise_, true});
        return *this;
    }
    script& from_now_on(Answer answer) {
        otherwise_ = answer;
        return *this;
    }

    struct step {
        Answer answer;
        bool throws;
    };
    step next() {
        if (answers_.empty()) return {otherwise_, false};
        const step first = answers_.front();
        answers_.pop_front();
        return first;
    }

private:
    std::deque<step> answers_;
    Answer otherwise_;
};

/// The log and the answers; shared by the test and the driver, which the pool owns.
class recording {
public:
    script<lend::hresult> create{lend::hr::s_ok};
    script<lend::rating> rate{lend::rating::perfect};
    script<lend::hresult> enlist{lend::hr::s_ok};
    script<lend::hresult> reset{lend::hr::s_ok};
    script<lend::hresult> destroy{lend::hr::s_ok};
    script<lend::health> check{lend::health::good};
    script<std::chrono::nanoseconds> idle_limit{std::chrono::nanoseconds(-1)};

    /// All calls so far, separated by spaces: "create(a) reset(1) destroy(1)".
    [[nodiscard]] std::string log() const {
        const std::lock_guard lock(mutex_);
        return log_;
    }
    /// The same, and starts afresh.
    [[nodiscard]] std::string take_log() {
        const std::lock_guard lock(mutex_);
        return std::exchange(log_, std::string{});
    }
    /// How many were created and neither destroyed nor abandoned.
    [[nodiscard]] int live() const {
        const std::lock_guard lock(mutex_);
        return live_;
    }

    // ---- for the drivers

    template <class Answer>
    Answer call(std::string_view text, script<Answer>& answers) {
        const std::lock_guard lock(mutex_);
        write(text);
        const auto step = answers.next();
        if (step.throws) throw told_to_throw();
        return step.answer;
    }
    void call(std::string_view text) {
        const std::lock_guard lock(mutex_);
        write(text);
    }
    int created() {
        const std::lock_guard lock(mutex_);
        ++live_;
        return ++last_number_;
    }
    void gone() {
        const std::lock_guard lock(mutex_);
        --live_;
    }

private:
    void write(std::string_view text) {
        if (!log_.empty()) log_ += ' ';
        log_ += text;
    }

    mutable std::mutex mutex_;
    std::string log_;
    int last_number_ = 0;
    int live_ = 0;
};

/// Makes, resets and destroys resources of one kind.
class recording_driver {
public:
    using resource = numbered;

    explicit recording_driver(std::shared_ptr<recording> calls) : calls_(std::move(calls)) {}

    lend::result<numbered> create() { return make("create()", 0); }
    lend::hresult reset(numbered& it) { return calls_->call(named("reset", it), calls_->reset); }
    lend::hresult destroy(numbered&& it) {
        const numbered dying(std::move(it));
        calls_->gone();
        return calls_->call(named("destroy", dying), calls_->destroy);
    }

protected:
    static std::string named(std::string_view call, const numbered& it) {
        return std::string(call) + '(' + std::to_string(it.number()) + ')';
    }
    lend::result<numbered> make(std::string_view text, char type) {
        const lend::hresult code = calls_->call(text, calls_->create);
        if (lend::failed(code)) return code;
        return numbered(calls_->created(), type);
    }
    recording& calls() { return *calls_; }

private:
    std::shared_ptr<recording> calls_;
};

/// The same for kinds that are letters, rated and enlisted: "create(a) rate(a,1) enlist(1,7)".
class typed_recording_driver : public recording_driver {
public:
    using resource_type = char;
    using recording_driver::recording_driver;

    lend::result<numbered> create(const char& type) {
        return make(std::string("create(") + type + ')', type);
    }
    lend::rating rate(const char& type, const numbered& it, bool) {
        const std::string text =
            std::string("rate(") + type + ',' + std::to_string(it.number()) + ')';
        const lend::rating answer = calls().call(text, calls().rate);
        return it.type() == type ? answer : lend::rating(lend::rating::unusable);
    }
    lend::enlistment enlist(numbered& it, lend::transaction_id tx) {
        const std::string text = std::string("enlist(") + std::to_string(it.number()) + ',' +
                                 std::to_string(tx.value) + ')';
        return {calls().call(text, calls().enlist)};
    }
};

/// Adds checks, which are logged as "check(1)" if passive and "active_check(1)" if active.
template <class Driver>
class with_check : public Driver {
public:
    using Driver::Driver;
    lend::health check(numbered& it, lend::check_kind kind) {
        const bool passive = kind == lend::check_kind::passive;
        return this->calls().call(this->named(passive ? "check" : "active_check", it),
                                  this->calls().check);
    }
};

/// Adds an idle limit per resource.
template <class Driver>
class with_idle_limit : public Driver {
public:
    using Driver::Driver;
    std::chrono::nanoseconds idle_limit(const numbered& it) {
        return this->calls().call(this->named("idle_limit", it), this->calls().idle_limit);
    }
};

/// Adds what is called in a forked child.
template <class Driver>
class with_abandon : public Driver {
public:
    using Driver::Driver;
    void abandon(numbered&& it) {
        const numbered left(std::move(it));
        this->calls().gone();
        this->calls().call(this->named("abandon", left));
    }
};

/// Adds interruption.
template <class Driver>
class with_interrupt : public Driver {
public:
    using Driver::Driver;
    void interrupt(numbered& it) { this->calls().call(this->named("interrupt", it)); }
};

static_assert(lend::resource_driver<recording_driver>);
static_assert(lend::resource_driver<typed_recording_driver>);
static_assert(lend::resource_driver<with_check<recording_driver>>);

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_RECORDING_DRIVER_HPP
