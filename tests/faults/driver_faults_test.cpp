// SPDX-License-Identifier: MIT
/// @file
/// Every call of a pool's driver, with every fault, at every place of a scenario that uses all that
/// a pool can do: the n-th call of a kind fails, throws, hangs or lies, for n = 1, 2, ... until
/// there is no n-th, alone and with all later ones. In virtual time, so that a hang costs none.

#include "thorough_driver.hpp"

#include <lend/pool.hpp>
#include <lend/pool_options.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace driver_faults_test {

using namespace std::chrono_literals;
using namespace lend_test;
using std::chrono::nanoseconds;
namespace hr = lend::hr;

using pool_type = lend::pool<thorough_driver, sim::platform>;
using lease_type = pool_type::lease_type;

struct planted {
    call where;
    fault what;
    std::uint64_t nth;
    bool for_ever;
};

// Who does the pool's work.
enum class manner : std::uint8_t { by_the_caller, by_threads, in_the_background };

constexpr std::array call_names{"create", "rate",    "enlist",    "reset",    "destroy",
                                "check",  "abandon", "interrupt", "classify", "idle_limit"};
constexpr std::array fault_names{"none", "error", "exception", "hang", "delay", "wrong_answer"};

constexpr nanoseconds hang_time = 600ms;

lend::pool_options options_for(manner how) {
    lend::pool_options o;
    o.max_size = 3;
    o.acquire_timeout = 50ms;
    o.create_timeout = 20ms;
    o.idle_timeout = 5s;
    o.max_lifetime = (nanoseconds::max)();
    o.record_holders = true;
    if (how == manner::by_the_caller) {
        o.creation = lend::creation_mode::inline_;
        o.housekeeping = lend::housekeeping_mode::manual;
        o.create_timeout = (nanoseconds::max)();
    }
    if (how == manner::in_the_background) {
        o.min_idle = 1;
        o.reset_on = lend::reset_mode::background;
        o.destroy_on = lend::destroy_mode::background;
    }
    return o;
}

class scenario {
public:
    scenario(manner how, const std::vector<planted>& faults) : how_(how), faults_(faults) {
        board_->error_code = hr::e_accessdenied;
        board_->hang_time = hang_time;
        for (const planted& each : faults) {
            if (each.for_ever) {
                board_->from(each.where, each.nth, each.what);
            } else {
                board_->at(each.where, each.nth, each.what);
            }
        }
    }

    void operator()() {
        auto options = options_for(how_);
        options.observer = seen_;
        {
            auto made = pool_type::make(thorough_driver(board_, times_), options);
            SIM_CHECK(made.has_value());
            pool_.emplace(*std::move(made));
            borrow();
            look_after();
            serve_again();
            drain();
            if (faults_.size() == 1) judge(faults_.front());
            pool_.reset();
            sim::join_all();
        }
        SIM_CHECK(board_->live() == detached_);
        SIM_CHECK(board_->created() == board_->destroyed() + detached_);
    }

    [[nodiscard]] bool happened(const planted& one) const {
        return (one.for_ever ? healed_after_ : board_->calls(one.where)) >= one.nth;
    }

private:
    // The time that a call takes is bounded, but for the driver calls on the very thread.
    template <class Call>
    auto within(nanoseconds bound, const Call& what) {
        const auto begun = sim::elapsed();
        const auto spent = times_->here();
        auto answer = what();
        const auto in_driver = times_->here() - spent;
        SIM_CHECK(sim::elapsed() - begun - in_driver <= bound);
        return answer;
    }

    std::optional<lease_type> take(int type, nanoseconds span) {
        auto got = within(span, [&] { return pool_->try_acquire_for(type, span); });
        if (!got) {
            judge(got.error());
            return std::nullopt;
        }
        const auto used = (**got).use();
        sim::point();
        return *std::move(got);
    }

    // Nobody is told anything but his deadline, or what the driver said.
    void judge(const lend::error& e) const {
        // The one who waits may be the one who holds all that there is.
        const bool own = e == hr::lend_e_timed_out || e == hr::lend_e_pool_locked;
        if (own) SIM_CHECK(e.snapshot() != nullptr);
        const bool thrown = e == hr::e_fail && e.text() == "injected fault" && e.thrown();
        // What a caller has made for itself failed its check when it was new.
        const bool unfit = e == hr::lend_e_condemned;
        SIM_CHECK(own || thrown || unfit || e == hr::e_accessdenied || e == hr::e_unexpected);
        if (unfit) SIM_CHECK(plants(call::check));
        if (e == hr::e_accessdenied) SIM_CHECK(plants(call::create, fault::error));
        if (thrown) SIM_CHECK(plants(call::create, fault::exception));
        if (e == hr::e_unexpected) SIM_CHECK(plants(call::create, fault::wrong_answer));
    }
    [[nodiscard]] bool plants(call where) const {
        for (const planted& each : faults_) {
            if (each.where == where) return true;
        }
        return false;
    }
    [[nodiscard]] bool plants(call where, fault what) const {
        for (const planted& each : faults_) {
            if (each.where == where && each.what == what) return true;
        }
        return false;
    }

    static void end(std::optional<lease_type>& lease) {
        if (lease) (void)lease->release();
        lease.reset();
    }

    // Acquires that make, that are handed over, that wait in vain; ends of all kinds.
    void borrow() {
        auto first = take(1, 50ms);
        auto second = take(2, 50ms);
        auto third = take(1, 50ms);
        auto none_left = take(1, 10ms);
        sim::spawn(
            [lent = std::move(first)]() mutable {
                sim::sleep(3ms);
                end(lent);
            },
            "returns");
        auto handed = take(1, 40ms);
        if (second) (void)second->report(hr::e_fail);
        end(second);
        if (third) (void)third->discard();
        end(none_left);
        end(handed);
        auto again = take(2, 50ms);
        if (again) {
            auto out = again->detach();
            if (out) {
                (void)out->forget();
                ++detached_;
            }
        }
        std::optional<lease_type> by_callback;
        pool_->acquire_async(1, {.deadline = sim::platform::now() + 30ms}, [&](auto got) {
            if (got) by_callback = *std::move(got);
            ++called_;
        });
        sim::sleep(3s);
        (void)pool_->sweep();
        SIM_CHECK(called_ == 1);
        end(by_callback);
    }

    // All that is done with a pool besides.
    void look_after() {
        (void)within(50ms, [&] { return pool_->warm_up(2, 1, 50ms); });
        (void)within(0ms, [&] { return pool_->health(lend::check_kind::active); });
        if (auto lent = take(1, 50ms)) (void)pool_->destroy(lent->id());
        sim::sleep(2s); // so that the next check is an active one
        (void)pool_->sweep();
        auto checked = take(1, 50ms);
        end(checked);
        (void)within(0ms, [&] { return pool_->resize(2, 0); });
        (void)within(0ms, [&] { return pool_->resize(3, how_ == manner::by_the_caller ? 0 : 1); });
        (void)within(0ms, [&] { return pool_->pause(lend::pause_mode::block); });
        (void)within(0ms, [&] { return pool_->resume(); });
        bool keeps = false;
        (void)within(0ms, [&] {
            return pool_->retain([&](const auto&, const auto&) { return keeps = !keeps; });
        });
        (void)pool_->clear_over(10ms);
        sim::sleep(20ms);
        (void)within(0ms, [&] { return pool_->sweep(); });
        auto fresh = take(2, 50ms);
        end(fresh);
        sim::sleep(8s); // all that is idle goes
        (void)within(0ms, [&] { return pool_->sweep(); });
        (void)pool_->sweep();
        sim::sleep(8s);
        (void)within(0ms, [&] { return pool_->sweep(); });
    }

    // A fault that is over is forgotten, and all places serve.
    void serve_again() {
        for (const planted& each : faults_) {
            if (!each.for_ever) continue;
            healed_after_ = board_->calls(each.where);
            board_->heal();
        }
        sim::sleep(hang_time + 10s);
        std::vector<lease_type> all;
        for (int at = 0; at < 3; ++at) {
            // A call that was not there before may still be the one that goes wrong.
            std::optional<lease_type> lent;
            for (int tries = 0; tries < 3 && !lent; ++tries) lent = take(1 + at % 2, 20s);
            SIM_CHECK(lent.has_value());
            all.push_back(*std::move(lent));
        }
        const auto s = pool_->stats();
        SIM_CHECK(s.in_use == 3 && s.size == 3 && s.waiting == 0);
    }

    void drain() {
        auto kept = take(1, 20s);
        sim::spawn(
            [lent = std::move(kept)]() mutable {
                sim::sleep(30ms);
                end(lent);
            },
            "holds out");
        const auto report =
            within(10ms + 1s, [&] { return pool_->drain(10ms, lend::drain_mode::forced); });
        SIM_CHECK(report.hold_outs.size() <= 1);
        sim::sleep(2 * hang_time); // what hung has ended
        SIM_CHECK(within(0ms, [&] { return pool_->close(1s); }) == hr::s_ok);
        SIM_CHECK(pool_->acquire(1).code() == hr::lend_e_closed);
        const auto s = pool_->stats();
        SIM_CHECK(s.size == 0 && s.waiting == 0 && s.abandoned == 0);
        SIM_CHECK(s.created == s.destroyed + s.detached);
        SIM_CHECK(s.created == static_cast<std::uint64_t>(board_->created()));
    }

    // Each fault is found where one looks for it.
    void judge(const planted& one) {
        if (!happened(one)) return;
        const lend::pool_stats s = pool_->stats();
        const bool lies = one.what == fault::wrong_answer;
        const bool fails = one.what == fault::error || one.what == fault::exception;
        switch (one.where) {
        case call::create:
            if (fails) says(seen_->create, one);
            if (lies) SIM_CHECK(seen_->create.count > 0 && seen_->create.code == hr::e_unexpected);
            if (one.what == fault::hang && how_ != manner::by_the_caller)
                SIM_CHECK(s.create_failed_for(lend::create_failure::timed_out) > 0 &&
                          s.closed_for(lend::destroy_reason::late) > 0);
            break;
        case call::reset:
            if (fails) says(seen_->reset, one);
            // One that fails while the pool closes goes with the pool.
            if (fails)
                SIM_CHECK(s.closed_for(lend::destroy_reason::reset_failed) +
                              s.closed_for(lend::destroy_reason::closed) >
                          0);
            break;
        case call::destroy:
            if (fails) says(seen_->destroy, one);
            if (fails) SIM_CHECK(s.destroy_failed > 0);
            break;
        case call::check:
            if (fails) SIM_CHECK(s.closed_for(lend::destroy_reason::unfit) > 0);
            if (lies) SIM_CHECK(s.outages > 0 && seen_->outages > 0);
            break;
        case call::classify:
            if (fails) SIM_CHECK(s.closed_for(lend::destroy_reason::poisoned) > 0);
            if (lies) SIM_CHECK(s.outages > 0 && seen_->outages > 0);
            break;
        case call::rate:
            if (lies || one.what == fault::exception)
                SIM_CHECK(s.closed_for(lend::destroy_reason::rate_failed) > 0);
            break;
        default:
            break;
        }
    }

    static void says(const witness::failure& told, const planted& one) {
        SIM_CHECK(told.count > 0);
        if (one.what == fault::exception) {
            SIM_CHECK(told.code == hr::e_fail && told.text == "injected fault");
        } else {
            SIM_CHECK(told.code == hr::e_accessdenied);
        }
    }

    manner how_;
    const std::vector<planted>& faults_;
    std::shared_ptr<sim_board> board_ = std::make_shared<sim_board>();
    std::shared_ptr<call_times> times_ = std::make_shared<call_times>();
    std::shared_ptr<witness> seen_ = std::make_shared<witness>();
    std::optional<pool_type> pool_;
    std::uint64_t healed_after_ = 0; // so many calls of the kind that went wrong
    int detached_ = 0;
    int called_ = 0;
};

sim::options exact() {
    sim::options how{.name = "driver faults"};
    how.early_jump_one_in = 0; // deadlines are met exactly
    how.max_steps = 1'000'000;
    return how;
}

// Runs the scenario with these faults. Returns whether the last of them happened.
bool run(manner how, const std::vector<planted>& faults, std::uint64_t seed) {
    bool happened = false;
    const sim::outcome once = sim::run(seed, exact(), [&] {
        scenario one(how, faults);
        one();
        happened = one.happened(faults.back());
    });
    std::string names;
    for (const planted& each : faults) {
        names += std::string(call_names.at(static_cast<std::size_t>(each.where))) + " " +
                 std::to_string(each.nth) + (each.for_ever ? " and later: " : ": ") +
                 fault_names.at(static_cast<std::size_t>(each.what)) + "; ";
    }
    EXPECT_FALSE(once.failed) << names << "seed " << seed << ": " << once.message;
    return happened && !once.failed;
}

constexpr std::array calls_of_a_pool{call::create,   call::rate,      call::reset,
                                     call::destroy,  call::check,     call::interrupt,
                                     call::classify, call::idle_limit};
constexpr std::array all_faults{fault::error, fault::exception, fault::hang, fault::wrong_answer};

class DriverFaults : public testing::TestWithParam<call> {};

std::uint64_t each_place(call where, manner how, fault what, bool for_ever, std::uint64_t seed) {
    std::uint64_t nth = 1;
    while (run(how, {{where, what, nth, for_ever}}, seed)) ++nth;
    return nth - 1;
}

TEST_P(DriverFaults, are_survived_at_every_place) {
    for (const manner how :
         {manner::by_the_caller, manner::by_threads, manner::in_the_background}) {
        for (const fault what : all_faults) {
            const std::uint64_t seed = 1 + static_cast<std::uint64_t>(how);
            EXPECT_GT(each_place(GetParam(), how, what, false, seed), 0U) << "never called";
            // `interrupt` comes when all faults are over but that of a single call.
            EXPECT_EQ(each_place(GetParam(), how, what, true, seed) == 0,
                      GetParam() == call::interrupt);
            if (HasFailure()) return;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(of,
                         DriverFaults,
                         testing::ValuesIn(calls_of_a_pool),
                         [](const testing::TestParamInfo<call>& each) {
                             return call_names.at(static_cast<std::size_t>(each.param));
                         });

// Two faults in one run, wherever they fall.
TEST(DriverFaultPairs, are_survived) {
    std::vector<planted> pair(2);
    const auto found = sim::explore(1, 600, exact(), [&] {
        const auto draw = [] {
            const auto where = calls_of_a_pool.at(sim::choose(8));
            return planted{where, all_faults.at(sim::choose(4)), 1 + sim::choose(8), false};
        };
        pair = {draw(), draw()};
        scenario one(static_cast<manner>(sim::choose(3)), pair);
        one();
    });
    EXPECT_EQ(found.message, "");
}

} // namespace driver_faults_test
