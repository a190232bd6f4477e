// SPDX-License-Identifier: MIT
/// @file
/// The drivers of pool_fuzz, which fail as their books say, and the books, which notice when a pool
/// breaks a promise to its driver or its borrowers.

#ifndef LEND_TESTS_FUZZ_POOL_BOOKS_HPP
#define LEND_TESTS_FUZZ_POOL_BOOKS_HPP

#include "fuzz_input.hpp"
#include "fuzz_platform.hpp"

#include <lend/driver.hpp>
#include <lend/error.hpp>
#include <lend/hresult.hpp>
#include <lend/result.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

namespace lend_test {

enum class books_call : std::uint8_t { create, reset, destroy, check, idle_limit, rate, classify };
inline constexpr std::size_t books_calls = 7;

enum class books_fault : std::uint8_t { none, error, exception, lie, late };
inline constexpr std::size_t books_faults = 5;

/// What exists, who uses it, and what goes wrong next. One for each run.
class pool_books {
public:
    struct entry {
        int kind = 0;
        bool used = false; // since its last reset
        bool is_lent = false;
        bool in_call = false;
    };

    /// The next `times` calls of that kind go wrong.
    void plan(books_call kind, books_fault what, unsigned times) {
        faults_[static_cast<std::size_t>(kind)] = {what, times};
        has_faults = true;
    }

    [[nodiscard]] std::size_t live() const noexcept { return all_.size(); }
    [[nodiscard]] bool is_live(int number) const { return all_.count(number) != 0; }

    // ---- for the borrower --------------------------------------------------------------------

    void lent(int number, int kind) {
        entry& it = at(number);
        FUZZ_CHECK(!it.is_lent && !it.in_call);
        FUZZ_CHECK(!it.used || !promises_resets);
        FUZZ_CHECK(it.kind == kind);
        it.is_lent = true;
        it.used = true;
    }
    void use_ends(int number) { at(number).is_lent = false; }
    /// It left the pool alive.
    void forget(int number) { FUZZ_CHECK(all_.erase(number) == 1); }

    // ---- for the driver ----------------------------------------------------------------------

    int make(int kind) {
        all_[++last_] = {.kind = kind};
        return last_;
    }
    void was_reset(int number) { at(number).used = false; }
    void end(int number) {
        FUZZ_CHECK(!at(number).is_lent);
        all_.erase(number);
    }

    // One call; `number` is 0 where there is no resource yet.
    books_fault begin_call(books_call kind, int number) {
        FUZZ_CHECK(fuzz_world::now().locks_held == 0);
        if (number != 0) {
            entry& it = at(number);
            FUZZ_CHECK(!it.in_call && !it.is_lent);
            it.in_call = true;
        }
        auto& planned = faults_[static_cast<std::size_t>(kind)];
        if (planned.second == 0) return books_fault::none;
        --planned.second;
        if (planned.first == books_fault::late)
            fuzz_world::now().time += std::chrono::milliseconds(700);
        return planned.first;
    }
    void end_call(int number) {
        const auto found = all_.find(number);
        if (found != all_.end()) found->second.in_call = false;
    }

    bool has_faults = false;
    /// False once a driver lied about a reset.
    bool promises_resets = true;

private:
    entry& at(int number) {
        const auto found = all_.find(number);
        FUZZ_CHECK(found != all_.end());
        return found->second;
    }

    std::map<int, entry> all_;
    std::array<std::pair<books_fault, unsigned>, books_calls> faults_{};
    int last_ = 0;
};

/// What the drivers make. One that is dropped without destroy or detach ends the run.
class booked {
public:
    booked(pool_books& in, int number, int kind) noexcept
        : books_(&in), number_(number), kind_(kind) {}
    booked(booked&& other) noexcept
        : books_(other.books_), number_(std::exchange(other.number_, 0)), kind_(other.kind_) {}
    booked& operator=(booked&& other) noexcept {
        std::swap(books_, other.books_);
        std::swap(number_, other.number_);
        std::swap(kind_, other.kind_);
        return *this;
    }
    ~booked() { FUZZ_CHECK(number_ == 0); }

    [[nodiscard]] int number() const noexcept { return number_; }
    [[nodiscard]] int kind() const noexcept { return kind_; }
    int forget() noexcept { return std::exchange(number_, 0); }

private:
    pool_books* books_;
    int number_;
    int kind_;
};

/// All that a driver of one kind can have.
class booked_driver {
public:
    using resource = booked;

    booked_driver(pool_books& in, std::shared_ptr<int> alive)
        : books_(&in), alive_(std::move(alive)) {}

    lend::result<booked> create() { return make(0); }

    lend::hresult reset(booked& it) {
        const call in(*books_, books_call::reset, it.number());
        if (in.fault == books_fault::error) return lend::hr::e_fail;
        in.may_throw();
        if (in.fault == books_fault::lie) books_->promises_resets = false;
        if (in.fault != books_fault::lie) books_->was_reset(it.number());
        return lend::hr::s_ok;
    }

    lend::hresult destroy(booked&& it) {
        const int number = it.forget();
        const call in(*books_, books_call::destroy, number);
        books_->end(number);
        in.may_throw();
        if (in.fault == books_fault::error) return lend::hr::e_fail;
        return in.fault == books_fault::lie ? lend::hr::s_false : lend::hr::s_ok;
    }

    lend::health check(booked& it, lend::check_kind) {
        const call in(*books_, books_call::check, it.number());
        in.may_throw();
        if (in.fault == books_fault::error) return lend::health::broken;
        return in.fault == books_fault::lie ? lend::health::backend_gone : lend::health::good;
    }

    lend::health classify(const lend::error& met) {
        const call in(*books_, books_call::classify, 0);
        in.may_throw();
        if (met.code() == lend::hr::e_abort) return lend::health::backend_gone;
        return met.code() == lend::hr::e_fail ? lend::health::broken : lend::health::good;
    }

    std::chrono::nanoseconds idle_limit(const booked& it) {
        const call in(*books_, books_call::idle_limit, it.number());
        in.may_throw();
        if (in.fault == books_fault::error) return std::chrono::nanoseconds(0);
        if (in.fault == books_fault::lie) return (std::chrono::nanoseconds::max)();
        return std::chrono::seconds(20);
    }

    void interrupt(booked& it) { FUZZ_CHECK(books_->is_live(it.number())); }

protected:
    struct call {
        call(pool_books& books, books_call kind, int of)
            : in(books), number(of), fault(books.begin_call(kind, of)) {}
        call(const call&) = delete;
        call& operator=(const call&) = delete;
        ~call() { in.end_call(number); }
        void may_throw() const {
            if (fault == books_fault::exception) throw std::runtime_error("planned");
        }

        pool_books& in;
        int number;
        books_fault fault;
    };

    lend::result<booked> make(int kind) {
        const call in(*books_, books_call::create, 0);
        in.may_throw();
        if (in.fault == books_fault::error) return lend::error(lend::hr::e_fail, "planned");
        if (in.fault == books_fault::lie) return lend::hr::s_false; // success and no resource
        return booked(*books_, books_->make(kind), kind);
    }
    pool_books& books() { return *books_; }

private:
    pool_books* books_;
    std::shared_ptr<int> alive_; // as long as any of them is
};

/// Several kinds, compared with ==. Also under a keyed_pool.
class kinds_driver : public booked_driver {
public:
    using resource_type = int;
    using booked_driver::booked_driver;
    lend::result<booked> create(const int& kind) { return make(kind); }
};

/// Several kinds, rated.
class rating_driver : public kinds_driver {
public:
    using kinds_driver::kinds_driver;
    lend::rating rate(const int& kind, const booked& it, bool) {
        const call in(books(), books_call::rate, it.number());
        in.may_throw();
        if (in.fault == books_fault::error) return lend::rating::unusable;
        if (it.kind() != kind) return lend::rating::unusable;
        return in.fault == books_fault::lie ? lend::rating(1000U) : lend::rating::perfect;
    }
};

} // namespace lend_test

#endif // LEND_TESTS_FUZZ_POOL_BOOKS_HPP
