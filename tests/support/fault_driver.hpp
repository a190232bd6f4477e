// SPDX-License-Identifier: MIT
/// @file
/// Drivers that fail, throw, hang and lie as their board says, and that notice when lend breaks a
/// promise to a driver. They work in simulation, on the manual clock, and with real threads.

#ifndef LEND_TESTS_SUPPORT_FAULT_DRIVER_HPP
#define LEND_TESTS_SUPPORT_FAULT_DRIVER_HPP

#include "fault_board.hpp"

#include <lend/driver.hpp>
#include <lend/hresult.hpp>
#include <lend/result.hpp>

#include <memory>
#include <utility>

namespace lend_test {

/// A resource with a number from 1 up and a type. One that is dropped without destroy or abandon
/// is a violation; whoever detaches one calls `forget`.
template <class Platform>
class fragile {
public:
    fragile(std::shared_ptr<fault_board<Platform>> board, int number, int type) noexcept
        : board_(std::move(board)), number_(number), type_(type) {}
    fragile(fragile&& other) noexcept
        : board_(std::move(other.board_)), number_(std::exchange(other.number_, 0)),
          type_(other.type_) {}
    fragile& operator=(fragile&& other) noexcept {
        std::swap(board_, other.board_);
        std::swap(number_, other.number_);
        std::swap(type_, other.type_);
        return *this;
    }
    ~fragile() {
        if (number_ != 0) board_->dropped(number_);
    }

    [[nodiscard]] int number() const noexcept { return number_; }
    [[nodiscard]] int type() const noexcept { return type_; }

    /// Uses the resource as a borrower would, for as long as the answer lives.
    [[nodiscard]] typename fault_board<Platform>::use use() const { return {*board_, number_}; }

    /// Takes the resource out of the books: it was detached, and nobody will destroy it.
    int forget() noexcept { return std::exchange(number_, 0); }

private:
    std::shared_ptr<fault_board<Platform>> board_;
    int number_;
    int type_;
};

/// Makes, resets, checks and destroys resources of one kind, with faults.
template <class Platform = lend::default_platform>
class fault_driver {
public:
    using board = fault_board<Platform>;
    using resource = fragile<Platform>;

    explicit fault_driver(std::shared_ptr<board> plan) : board_(std::move(plan)) {}

    lend::result<resource> create() { return make(0); }

    lend::hresult reset(resource& it) {
        const visit in(*board_, call::reset, it.number());
        if (in.fails()) return board_->error_code;
        board_->was_reset(it.number());
        return in.lies() ? lend::hr::s_false : lend::hr::s_ok;
    }

    // Whatever the answer, and even if it throws, the resource is no more.
    lend::hresult destroy(resource&& it) {
        const burial dead(*board_, it.forget(), false);
        const visit in(*board_, call::destroy, dead.number);
        if (in.fails()) return board_->error_code;
        return in.lies() ? lend::hr::s_false : lend::hr::s_ok;
    }

    lend::health check(resource& it, lend::check_kind) {
        const visit in(*board_, call::check, it.number());
        if (in.fails()) return lend::health::broken;
        return in.lies() ? lend::health::backend_gone : lend::health::good;
    }

protected:
    using visit = typename board::visit;

    struct burial {
        burial(board& in, int which, bool is_abandoned)
            : books(in), number(which), abandoned(is_abandoned) {}
        burial(const burial&) = delete;
        burial& operator=(const burial&) = delete;
        ~burial() { books.gone(number, abandoned); }

        board& books;
        int number;
        bool abandoned;
    };

    lend::result<resource> make(int type) {
        const visit in(*board_, call::create, 0);
        if (in.fails()) return board_->error_code;
        if (in.lies()) return lend::hr::s_false; // a success code and no resource
        return resource(board_, board_->made(), type);
    }
    board& books() { return *board_; }

private:
    std::shared_ptr<board> board_;
};

/// The same for several kinds, rated and enlisted.
template <class Platform = lend::default_platform>
class typed_fault_driver : public fault_driver<Platform> {
    using base = fault_driver<Platform>;

public:
    using typename base::resource;
    using resource_type = int;
    using base::base;

    lend::result<resource> create(const int& type) { return this->make(type); }

    lend::rating rate(const int& type, const resource& it, bool) {
        const typename base::visit in(this->books(), call::rate, it.number());
        if (in.fails()) return lend::rating::unusable;
        if (in.lies()) return 1000U;
        return it.type() == type ? lend::rating::perfect : lend::rating::unusable;
    }

    lend::enlistment enlist(resource& it, lend::transaction_id) {
        const typename base::visit in(this->books(), call::enlist, it.number());
        if (in.fails()) return this->books().error_code;
        return in.lies() ? lend::enlistment::not_transactional : lend::enlistment::enlisted;
    }
};

/// Adds what is called in a forked child.
template <class Driver>
class with_faulty_abandon : public Driver {
public:
    using Driver::Driver;
    void abandon(typename Driver::resource&& it) {
        const typename Driver::burial dead(this->books(), it.forget(), true);
        const typename Driver::visit in(this->books(), call::abandon, dead.number);
    }
};

/// Adds interruption: it ends the calls that hang.
template <class Driver>
class with_faulty_interrupt : public Driver {
public:
    using Driver::Driver;
    void interrupt(typename Driver::resource& it) {
        const typename Driver::visit in(this->books(), call::interrupt, it.number());
        this->books().release_hung();
    }
};

static_assert(lend::resource_driver<fault_driver<>>);
static_assert(lend::resource_driver<typed_fault_driver<>>);
static_assert(lend::resource_driver<with_faulty_interrupt<with_faulty_abandon<fault_driver<>>>>);

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_FAULT_DRIVER_HPP
