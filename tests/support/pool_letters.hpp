// SPDX-License-Identifier: MIT
/// @file
/// Asynchronous acquires of a simulated pool: each is a letter that must be answered exactly once,
/// with no lock held, and not after the pool was closed. Some answers write the next letter.

#ifndef LEND_TESTS_SUPPORT_POOL_LETTERS_HPP
#define LEND_TESTS_SUPPORT_POOL_LETTERS_HPP

#include "coroutine.hpp"
#include "pool_world.hpp"
#include "sim_platform.hpp"
#include "sim_stop.hpp"

#include <lend/pool.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace lend_test {

/// An executor whose jobs wait until some fiber runs them.
class sim_executor : public lend::executor {
public:
    bool execute(void (*run)(void*), void* argument) noexcept override {
        sim::point();
        if (sim::one_in(8)) return false;
        jobs_.push_back({run, argument});
        return true;
    }

    bool run_one() {
        if (jobs_.empty()) return false;
        const auto job = jobs_.front();
        jobs_.erase(jobs_.begin());
        job.first(job.second);
        return true;
    }

private:
    std::vector<std::pair<void (*)(void*), void*>> jobs_;
};

template <class Driver>
class pool_letters {
public:
    using pool_type = lend::pool<Driver, sim::platform>;
    using lease_type = typename pool_type::lease_type;
    using options_type = typename pool_type::acquire_options;
    using nanoseconds = std::chrono::nanoseconds;

    /// `exact`: an answer is never later than its deadline, or the pool's.
    pool_letters(pool_world& world, pool_type& pool, nanoseconds timeout, bool exact)
        : world_(world), pool_(pool), timeout_(timeout), exact_(exact) {}
    pool_letters(const pool_letters&) = delete;
    pool_letters& operator=(const pool_letters&) = delete;

    [[nodiscard]] std::size_t open() const { return open_; }
    [[nodiscard]] std::uint64_t written() const { return written_; }

    /// Asks for a resource; does not wait for the answer.
    void write(int kind, std::optional<nanoseconds> span) {
        letter& l = begin(kind, span);
        const options_type options = options_of(l);
        const auto answer = [this, &l](lend::result<lease_type> got) {
            answered(l, std::move(got));
        };
        const unsigned fiber = sim::platform::thread_slot();
        l.asked_by = fiber;
        l.being_written = true;
        if constexpr (typed)
            pool_.acquire_async(kind, options, answer);
        else
            pool_.acquire_async(options, answer);
        l.being_written = false;
    }

    /// The same by a coroutine.
    void await(int kind, std::optional<nanoseconds> span) {
        letter& l = begin(kind, span);
        l.asked_by = sim::platform::thread_slot();
        l.being_written = true;
        coroutine made = awaited(l);
        l.being_written = false;
        coroutines_.push_back(std::move(made));
    }

    /// Calls one off; which may have been answered long ago.
    void call_off() {
        if (letters_.empty()) return;
        sim::stop_source stop = letters_[sim::choose(static_cast<unsigned>(letters_.size()))]->stop;
        stop.request_stop();
    }

    /// Ends a lease that came with an answer.
    void end_one() {
        for (const auto& each : letters_) {
            if (!each->got) continue;
            sim::races::acquired(each.get());
            give_back(*std::exchange(each->got, std::nullopt));
            return;
        }
    }
    void end_all() {
        for (std::size_t at = 0; at < letters_.size(); ++at) {
            if (!letters_[at]->got) continue;
            sim::races::acquired(letters_[at].get());
            give_back(*std::exchange(letters_[at]->got, std::nullopt));
        }
    }

private:
    static constexpr bool typed = lend::driver_traits<Driver>::has_resource_type;

    struct letter {
        int kind = 0;
        nanoseconds span{0};
        std::optional<nanoseconds> deadline;
        nanoseconds begun{0};
        std::uint64_t ticket = 0;
        std::uint64_t failures = 0;
        sim::stop_source stop;
        bool answered = false;
        bool being_written = false;
        unsigned asked_by = 0;
        std::optional<lease_type> got;
    };

    letter& begin(int kind, std::optional<nanoseconds> span) {
        letters_.push_back(std::make_unique<letter>());
        letter& l = *letters_.back();
        l.kind = kind;
        l.deadline = span;
        l.span = span.value_or(timeout_);
        l.begun = sim::elapsed();
        l.ticket = ++world_.acquires_begun;
        l.failures = world_.create_failed;
        ++open_;
        ++written_;
        return l;
    }

    static options_type options_of(const letter& l) {
        options_type options;
        if (l.deadline) options.deadline = sim::platform::now() + *l.deadline;
        options.stop = l.stop.get_token();
        return options;
    }

    coroutine awaited(letter& l) {
        if constexpr (typed) {
            answered(l, co_await pool_.acquire_async(l.kind, options_of(l)));
        } else {
            answered(l, co_await pool_.acquire_async(options_of(l)));
        }
    }

    void answered(letter& l, lend::result<lease_type> got) {
        SIM_CHECK(!l.answered);
        l.answered = true;
        --open_;
        SIM_CHECK(sim::platform::locks_held() == 0);
        const bool in_the_call = l.being_written && l.asked_by == sim::platform::thread_slot();
        SIM_CHECK(!world_.closed || in_the_call);
        const auto took = sim::elapsed() - l.begun;
        if (exact_ && l.span != nanoseconds::max()) SIM_CHECK(took <= l.span);
        if (!got) return check_refusal(l, got.error(), took);
        world_.lent((*got)->serial, got->id(), l.ticket);
        l.got = *std::move(got);
        sim::races::released(&l); // whoever ends it has it from here
        if (world_.closed) return;
        switch (sim::choose(6)) {
        case 0:
        case 1:
            give_back(*std::exchange(l.got, std::nullopt));
            break;
        case 2:
            give_back(*std::exchange(l.got, std::nullopt));
            if (open_ < most_open && written_ < most_written) write(l.kind, l.deadline);
            break;
        case 3:
            call_off();
            break;
        default:
            break;
        }
    }

    void check_refusal(const letter& l, const lend::error& why, nanoseconds took) const {
        const lend::hresult code = why.code();
        SIM_CHECK(tells_the_truth(why));
        if (code == lend::hr::lend_e_timed_out) {
            SIM_CHECK(l.span > nanoseconds(0) || l.deadline);
            SIM_CHECK(took >= l.span - nanoseconds(1) && why.snapshot() != nullptr);
        } else if (code == lend::hr::lend_e_exhausted) {
            SIM_CHECK(l.span <= nanoseconds(0));
        } else if (code == lend::hr::lend_e_closed) {
            SIM_CHECK(world_.close_begun);
        } else if (code == lend::hr::lend_e_shed) {
            SIM_CHECK(world_.sheds && why.snapshot() != nullptr);
        } else if (code == lend::hr::lend_e_paused) {
            SIM_CHECK(world_.pauses != 0);
        } else if (code == lend::hr::lend_e_too_many_waiters) {
            SIM_CHECK(world_.turns_away);
        } else if (code == lend::hr::lend_e_condemned) {
            // Its own create failed its check.
            SIM_CHECK(!world_.has_workers || sim::threads_were_refused() > 0);
        } else if (code == lend::hr::lend_e_cancelled) {
            SIM_CHECK(l.stop.get_token().stop_requested());
        } else {
            SIM_CHECK(code == lend::hr::e_accessdenied || code == lend::hr::e_outofmemory ||
                      code == lend::hr::e_fail);
            SIM_CHECK(world_.create_failed > 0);
        }
    }

    void give_back(lease_type lease) {
        world_.given_back(lease->serial);
        (void)lease.release();
    }

    static constexpr std::size_t most_open = 8;
    static constexpr std::uint64_t most_written = 40;

    pool_world& world_;
    pool_type& pool_;
    nanoseconds timeout_;
    bool exact_;
    std::size_t open_ = 0;
    std::uint64_t written_ = 0;
    std::vector<std::unique_ptr<letter>> letters_;
    std::vector<coroutine> coroutines_;
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_POOL_LETTERS_HPP
