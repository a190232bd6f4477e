// SPDX-License-Identifier: MIT
/// @file
/// The borrower in a run of pool_fuzz: asks in every way, by callback as well, ends leases in every
/// way, and knows who holds what.

#ifndef LEND_TESTS_FUZZ_POOL_BORROWER_HPP
#define LEND_TESTS_FUZZ_POOL_BORROWER_HPP

#include "fuzz_input.hpp"
#include "fuzz_platform.hpp"
#include "pool_books.hpp"
#include "pool_ledger.hpp"

#include <lend/error.hpp>
#include <lend/pool_options.hpp>
#include <lend/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

namespace lend_test {

template <class Face>
class pool_borrower {
protected:
    using pool_type = typename Face::pool_type;
    using lease_type = typename pool_type::lease_type;
    using acquire_options = typename pool_type::acquire_options;
    using id_type = typename pool_type::id_type;
    using answer = lend::result<lease_type>;
    static constexpr std::size_t most_held = 6;

    struct held {
        lease_type lease;
        int number;
    };

    explicit pool_borrower(fuzz_input& input) : in_(input) {}

    // ---- acquiring ---------------------------------------------------------------------------

    int kind() { return Face::kind_of(static_cast<int>(in_.below(3))); }
    std::chrono::nanoseconds span() {
        using namespace std::chrono_literals;
        static constexpr std::chrono::nanoseconds spans[] = {0ns, 1us, 1ms,  60ms, 300ms,
                                                             1s,  11s, 120s, 1h,   -1ns};
        return in_.one_of(spans);
    }

    acquire_options choose_options() {
        acquire_options chosen;
        const std::uint8_t bits = in_.byte();
        if ((bits & 1U) != 0) chosen.deadline = fuzz_platform::now() + span();
        if ((bits & 2U) != 0) chosen.stop = stops_[in_.below(stops_.size())].get_token();
        if ((bits & 4U) != 0) chosen.priority = static_cast<std::uint8_t>(in_.below(9));
        if ((bits & 8U) != 0) chosen.note = "fuzzed";
        if ((bits & 16U) != 0) chosen.detect_leak = false;
        return chosen;
    }

    // What a callback does: keeps what it got, gives it back at once, or asks for another.
    void answered(int wanted, answer&& got) {
        FUZZ_CHECK(!closed_); // after close has returned no callback begins
        FUZZ_CHECK(fuzz_world::now().locks_held == 0);
        --outstanding_;
        if (!got) {
            ledger_.refused(got.error());
            return;
        }
        ledger_.served();
        const int number = (*got)->number();
        books_.lent(number, wanted);
        const unsigned way = callback_way_++ % 4;
        ++callbacks_;
        if (way == 1 || held_.size() >= most_held) {
            give_back({std::move(*got), number});
        } else {
            held_.push_back({std::move(*got), number});
        }
        if (way == 2 && !gone_) try_acquire();
        --callbacks_;
    }

    Face& face() { return *face_; }

    // Asks in the way of `call(pool, type...)`; type... is empty where there is one kind.
    template <class Call>
    void ask(const Call& call) {
        if (held_.size() >= most_held) return;
        const int wanted = kind();
        keep(wanted, face().with(wanted, call));
    }
    void try_acquire() {
        if (held_.size() >= most_held) return;
        const bool sure = certain_to_be_served();
        const std::size_t before = held_.size();
        ask([](auto& pool, const auto&... type) { return pool.try_acquire(type...); });
        if (paused_) FUZZ_CHECK(held_.size() == before);
        if (sure) FUZZ_CHECK(held_.size() > before);
    }

    // Where nothing ever fails, nobody waits and there is a place, whoever asks is served.
    bool certain_to_be_served() {
        if (!Face::one_kind || books_.has_faults || closed_ || paused_ || callbacks_ > 0)
            return false;
        if (options_.multiple_acquire == lend::multiple_acquire_mode::refuse) return false;
        if (!fuzz_world::now().jobs.empty()) return false;
        const lend::pool_stats s = face().whole().stats();
        return s.waiting == 0 && s.create_failed == 0 && (s.idle > 0 || s.size < s.max_size);
    }

    void acquire_for() {
        const auto patience = span();
        ask([&](auto& pool, const auto&... type) {
            return pool.try_acquire_for(type..., patience);
        });
    }
    void acquire_until() {
        const auto deadline = fuzz_platform::now() + span();
        ask([&](auto& pool, const auto&... type) {
            return pool.try_acquire_until(type..., deadline);
        });
    }
    void acquire_with_options() {
        const acquire_options options = choose_options();
        ask([&](auto& pool, const auto&... type) { return pool.acquire(type..., options); });
    }

    void keep(int wanted, answer&& got) {
        if (!got) {
            const lend::hresult code = got.error().code();
            // What is wrong with the request itself is said first.
            const bool is_odd = code == lend::hr::lend_e_cancelled ||
                                code == lend::hr::e_invalidarg ||
                                code == lend::hr::lend_e_pool_locked;
            FUZZ_CHECK(in_close_ || is_odd || closed_ == (code == lend::hr::lend_e_closed));
            FUZZ_CHECK(!got.error().message().empty());
            ledger_.refused(got.error());
            return;
        }
        FUZZ_CHECK(!closed_ && got->id() != 0);
        ledger_.served();
        const int number = (*got)->number();
        books_.lent(number, wanted);
        if (ids_.size() < 64) ids_.push_back(got->id());
        held_.push_back({std::move(*got), number});
    }

    void acquire_async() {
        if (outstanding_ >= 6) return;
        const int wanted = kind();
        const acquire_options options = choose_options();
        ++outstanding_;
        const bool was_closed = std::exchange(closed_, false); // it is told at once
        face().with(wanted, [&](auto& pool, const auto&... type) {
            pool.acquire_async(type..., options,
                               [this, wanted](answer got) { answered(wanted, std::move(got)); });
        });
        closed_ = was_closed;
    }

    void stop() {
        std::stop_source& source = stops_[in_.below(stops_.size())];
        source.request_stop();
        source = std::stop_source();
    }

    // ---- leases ------------------------------------------------------------------------------

    std::optional<held> pick() {
        if (held_.empty()) return std::nullopt;
        const auto at = held_.begin() + static_cast<std::ptrdiff_t>(in_.below(held_.size()));
        held one = std::move(*at);
        held_.erase(at);
        return one;
    }

    void give_back(held one) {
        books_.use_ends(one.number);
        ledger_.ended();
        const lend::hresult code = one.lease.release();
        FUZZ_CHECK(code == lend::hr::s_ok || code == lend::hr::s_false);
        FUZZ_CHECK(one.lease.release() == lend::hr::lend_e_stale);
    }
    void release() {
        if (auto one = pick()) give_back(std::move(*one));
    }
    void discard() {
        auto one = pick();
        if (!one) return;
        books_.use_ends(one->number);
        ledger_.ended();
        (void)one->lease.discard();
        FUZZ_CHECK(!one->lease && one->lease.id() == 0);
    }
    void detach() {
        auto one = pick();
        if (!one) return;
        books_.use_ends(one->number);
        ledger_.ended();
        auto out = one->lease.detach();
        if (!out) {
            FUZZ_CHECK(out.error().code() == lend::hr::lend_e_condemned);
            return;
        }
        FUZZ_CHECK(out->number() == one->number);
        books_.forget(out->forget());
    }
    void drop() {
        auto one = pick();
        if (!one) return;
        books_.use_ends(one->number);
        ledger_.ended();
        const bool unwinds = in_.flag();
        try {
            const lease_type dying = std::move(one->lease);
            if (unwinds) throw 1;
        } catch (int) {
        }
    }
    void move_over() {
        auto one = pick();
        auto other = pick();
        if (!one) return;
        if (!other) {
            held_.push_back(std::move(*one));
            return;
        }
        books_.use_ends(one->number);
        ledger_.ended();
        one->lease = std::move(other->lease);
        one->number = other->number;
        held_.push_back(std::move(*one));
    }
    void report() {
        if (held_.empty()) return;
        static constexpr lend::hresult codes[] = {lend::hr::e_fail, lend::hr::e_abort,
                                                  lend::hr::lend_e_timed_out, lend::hr::s_ok};
        held& one = held_[in_.below(held_.size())];
        one.lease.note("reports");
        (void)one.lease.report(lend::error(in_.one_of(codes), "met"));
    }

    fuzz_input& in_;
    lend::pool_options options_;
    pool_books books_;
    pool_ledger ledger_;
    std::shared_ptr<int> token_ = std::make_shared<int>(0);
    std::optional<Face> face_;
    std::vector<held> held_;
    std::vector<id_type> ids_;
    std::vector<std::stop_source> stops_ = std::vector<std::stop_source>(2);
    std::size_t outstanding_ = 0; // callbacks that were not called yet
    unsigned callback_way_ = 0;
    unsigned callbacks_ = 0; // that run now, one inside the other
    bool closed_ = false;
    bool in_close_ = false;
    bool paused_ = false;
    bool gone_ = false;
};

} // namespace lend_test

#endif // LEND_TESTS_FUZZ_POOL_BORROWER_HPP
