// SPDX-License-Identifier: MIT
/// @file
/// The end of a pool in every combination of what can be going on: something is lent, somebody
/// waits with and without a thread, something is being made, something is being reset in the
/// background, the pool is paused, somebody drains it. In virtual time, under random schedules.

#include "thorough_driver.hpp"

#include <lend/pool.hpp>
#include <lend/pool_options.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace shutdown_test {

using namespace std::chrono_literals;
using namespace lend_test;
using lend::hresult;
using std::chrono::nanoseconds;
namespace hr = lend::hr;

using pool_type = lend::pool<thorough_driver, sim::platform>;
using lease_type = pool_type::lease_type;

// What is going on when the pool ends.
struct mix {
    explicit mix(unsigned bits)
        : outstanding((bits & 1U) != 0), awaiting((bits & 2U) != 0), creating((bits & 4U) != 0),
          resetting((bits & 8U) != 0), paused((bits & 16U) != 0), waiting((bits & 32U) != 0),
          draining((bits & 64U) != 0) {}

    bool outstanding;
    bool awaiting;
    bool creating;
    bool resetting;
    bool paused;
    // Nobody may be inside of a pool that is destroyed, so these end by close alone.
    bool waiting;
    bool draining;

    static constexpr unsigned all = 128;
    static constexpr unsigned without_callers = 32;

    [[nodiscard]] std::string text() const {
        std::string names;
        const auto add = [&](bool there, const char* name) { names += there ? name : ""; };
        add(outstanding, "outstanding ");
        add(awaiting, "awaiting ");
        add(creating, "creating ");
        add(resetting, "resetting ");
        add(paused, "paused ");
        add(waiting, "waiting ");
        add(draining, "draining ");
        return names;
    }
};

enum class ending : std::uint8_t { close, destructor };

class shutdown {
public:
    shutdown(mix what, ending how) : what_(what), how_(how) {
        board_->hang_time = hangs_long_ ? 7s : 300ms;
    }

    void operator()() {
        make();
        begin();
        sim::sleep(10ms);
        if (what_.draining) sim::spawn([this] { drain(); }, "drains");
        if (late_close_) sim::sleep(1ms);
        if (ends_meanwhile_) sim::spawn([this] { end_meanwhile(); }, "returns late");
        how_ == ending::close ? close() : destroy();
        sim::join_spawned();
        end_of_lease();
        sim::sleep(2 * board_->hang_time);
        if (pool_) SIM_CHECK(pool_->close(0s) == hr::s_ok && pool_->stats().size == 0);
        pool_.reset();
        sim::join_all();
        SIM_CHECK(board_->live() == 0 && board_->calls_under_way() == 0);
        SIM_CHECK(board_->created() == board_->destroyed());
    }

private:
    static constexpr nanoseconds patience = 2s;
    static constexpr nanoseconds usual_patience = 5s; // of the destructor

    void make() {
        lend::pool_options o;
        const unsigned places = (what_.outstanding ? 1U : 0U) + (what_.creating ? 1U : 0U) +
                                (what_.resetting ? 1U : 0U);
        o.max_size = std::max(places, 1U);
        o.create_timeout = (nanoseconds::max)();
        o.reset_on = lend::reset_mode::background;
        o.record_holders = true;
        o.observer = seen_;
        o.fairness = sim::one_in(2) ? lend::fairness_mode::strict : lend::fairness_mode::adaptive;
        if (sim::one_in(2)) o.housekeeping = lend::housekeeping_mode::manual;
        auto made = pool_type::make(thorough_driver(board_, times_), o);
        SIM_CHECK(made.has_value());
        pool_.emplace(*std::move(made));
    }

    lease_type take() {
        auto got = pool_->acquire(1);
        SIM_CHECK(got.has_value());
        return *std::move(got);
    }

    void begin() {
        if (what_.outstanding) lent_ = take();
        lease_type used = what_.resetting ? take() : lease_type();
        // A create more may have been begun, as its caller was woken for nothing.
        sim::sleep(10ms);
        (void)pool_->retain([](const auto&, const auto&) { return false; });
        if (what_.creating) {
            board_->from(call::create, board_->calls(call::create) + 1, fault::hang);
            (void)pool_->warm_up(1, 1, 0ns);
        }
        if (what_.resetting) {
            board_->at(call::reset, 1, fault::hang);
            (void)used.release();
        }
        const bool full = what_.outstanding || what_.resetting || what_.creating;
        if (what_.paused || !full) SIM_CHECK(pool_->pause(lend::pause_mode::block) == hr::s_ok);
        if (what_.waiting) {
            sim::spawn([this] { wait(); }, "waits");
        }
        if (what_.awaiting) {
            pool_->acquire_async(1, {.deadline = sim::platform::now() + 1h}, [this](auto got) {
                SIM_CHECK(got.code() == hr::lend_e_closed);
                ++callbacks_;
            });
        }
    }

    // Everyone who waits is told, and told that.
    void wait() {
        const auto got = pool_->try_acquire_for(1, 1h);
        SIM_CHECK(got.code() == hr::lend_e_closed);
        ++answers_;
    }

    void drain() {
        const auto mode = sim::one_in(2) ? lend::drain_mode::soft : lend::drain_mode::forced;
        const auto queued = sim::one_in(2) ? lend::queued_mode::serve : lend::queued_mode::refuse;
        const lend::drain_report report = pool_->drain(10s, mode, queued);
        if (!what_.outstanding || ends_meanwhile_) return;
        // Nobody gives it back, and the report says so.
        SIM_CHECK(std::any_of(report.hold_outs.begin(), report.hold_outs.end(),
                              [&](const auto& each) { return each.id == lent_.id(); }));
    }

    void end_meanwhile() {
        sim::sleep(500ms);
        end_of_lease();
    }
    void end_of_lease() {
        if (!lent_) return;
        SIM_CHECK(lent_.release() == hr::s_false);
        SIM_CHECK(lent_.release() == hr::lend_e_stale);
    }

    [[nodiscard]] bool something_hangs() const {
        return hangs_long_ && (what_.creating || what_.resetting);
    }

    template <class End>
    void within(nanoseconds bound, const End& end) {
        const auto begun = sim::elapsed();
        end();
        const auto took = sim::elapsed() - begun;
        SIM_CHECK(took <= bound);
        if (something_hangs()) SIM_CHECK(took == bound);
    }

    void close() {
        hresult code = hr::e_unexpected;
        within(patience, [&] { code = pool_->close(patience); });
        SIM_CHECK(code == (something_hangs() ? hr::s_false : hr::s_ok));
        check_what_is_left();
        const lend::pool_stats s = pool_->stats();
        SIM_CHECK(s.waiting == 0 && s.idle == 0);
        SIM_CHECK(s.in_use <= (what_.outstanding ? 1U : 0U) + (something_hangs() ? 1U : 0U));
        SIM_CHECK(pool_->acquire(1).code() == hr::lend_e_closed);
        // A thread that waited may not have run yet since it was told.
        sim::join_spawned();
        SIM_CHECK(answers_ == (what_.waiting ? 1 : 0));
    }

    void destroy() {
        within(usual_patience, [&] { pool_.reset(); });
        check_what_is_left();
    }

    void check_what_is_left() {
        if (something_hangs()) {
            SIM_CHECK(seen_->calls_left_at_close > 0);
            SIM_CHECK(board_->calls_under_way() > 0);
        } else {
            SIM_CHECK(board_->calls_under_way() == 0);
            SIM_CHECK(board_->live() <= (what_.outstanding ? 1 : 0));
        }
        // After the end nobody is called back.
        SIM_CHECK(callbacks_ == (what_.awaiting ? 1 : 0));
    }

    const mix what_;
    const ending how_;
    const bool hangs_long_ = sim::one_in(2);
    const bool late_close_ = sim::one_in(2);
    const bool ends_meanwhile_ = sim::one_in(2);
    std::shared_ptr<sim_board> board_ = std::make_shared<sim_board>();
    std::shared_ptr<call_times> times_ = std::make_shared<call_times>();
    std::shared_ptr<witness> seen_ = std::make_shared<witness>();
    std::optional<pool_type> pool_;
    lease_type lent_;
    int answers_ = 0;   // of the thread that waits
    int callbacks_ = 0; // of who waits without one
};

sim::options exact() {
    sim::options how{.name = "shutdown"};
    how.early_jump_one_in = 0; // deadlines are met exactly
    how.thread_failure_one_in = 0;
    return how;
}

void end_each(unsigned combinations, ending how, std::uint64_t orders) {
    for (unsigned bits = 0; bits < combinations; ++bits) {
        const auto found = sim::explore(1, orders, exact(), [&] { shutdown(mix(bits), how)(); });
        ASSERT_TRUE(found.clean()) << mix(bits).text() << ": " << found.message;
    }
}

TEST(Shutdown, close_ends_every_combination_of_what_goes_on) {
    end_each(mix::all, ending::close, 40);
}

TEST(Shutdown, destructor_ends_every_combination_of_what_goes_on) {
    end_each(mix::without_callers, ending::destructor, 60);
}

} // namespace shutdown_test
