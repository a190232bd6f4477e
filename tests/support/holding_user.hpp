// SPDX-License-Identifier: MIT
/// @file
/// A user of a simulated pool that records its holders: says who it is and what it does, reports
/// errors, and finds itself in the list of holders as it said; and an observer that checks what is
/// said of holders.

#ifndef LEND_TESTS_SUPPORT_HOLDING_USER_HPP
#define LEND_TESTS_SUPPORT_HOLDING_USER_HPP

#include "pool_user.hpp"

#include <lend/holder_info.hpp>
#include <lend/observer.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace lend_test {

/// Fails the run where the parts of a record do not belong together. What a holding user writes
/// names its fiber in each part.
inline void check_record(const lend::holder_info& h) {
    SIM_CHECK(h.is_recorded() && h.id != 0);
    if (std::strcmp(h.site.file, "holder") != 0) return;
    SIM_CHECK(h.site.line == h.thread);
    const bool detects = std::strcmp(h.site.function, "short") == 0;
    SIM_CHECK(detects || std::strcmp(h.site.function, "long") == 0);
}

/// Hears of leaks.
class leak_observer : public lend::pool_observer {
public:
    explicit leak_observer(std::chrono::nanoseconds leak_after) : leak_after_(leak_after) {}

    void leaked(const lend::holder_info& h) override {
        check_record(h);
        SIM_CHECK(std::strcmp(h.site.function, "long") != 0);
        SIM_CHECK(h.held_for >= leak_after_);
    }
    void reclaimed(const lend::holder_info& h) override { check_record(h); }
    void acquired_again(const lend::holder_info& held, const lend::source_site&) override {
        check_record(held);
        SIM_CHECK(held.thread == sim::platform::thread_id());
    }

private:
    std::chrono::nanoseconds leak_after_;
};

template <class Driver>
class holding_user : public pool_user<Driver> {
    using base = pool_user<Driver>;
    using base::held_;
    using base::pool_;
    using base::world_;

public:
    using base::base;

    void acquire_by_name(int kind = 0) {
        const bool detects = !sim::one_in(4);
        const typename base::pool_type::acquire_options how{
            .site = {"holder", detects ? "short" : "long", static_cast<std::uint32_t>(my_id())},
            .note = sim::one_in(2) ? "began" : nullptr,
            .detect_leak = detects};
        const std::size_t before = held_.size();
        this->take(kind, this->acquire_timeout_, [&] {
            if constexpr (base::typed)
                return pool_.acquire(kind, how);
            else
                return pool_.acquire(how);
        });
        if (held_.size() > before) said_.push_back({held_.back()->serial, how.note});
    }

    void say_something() {
        if (held_.empty()) return;
        const char* const text = sim::one_in(2) ? "reads" : "writes";
        held_.back().note(text);
        for (said& each : said_) {
            if (each.serial == held_.back()->serial) each.note = text;
        }
    }

    void report_an_error() {
        if (held_.empty()) return;
        thing_record& t = world_.at(held_.back()->serial);
        const auto health = held_.back().report(lend::hr::e_fail);
        if (health != lend::health::good) t.condemned_at = 0;
    }

    // Whoever holds while it looks is in the list, as it said.
    void look_at_holders() {
        const std::vector<lend::holder_info> all = pool_.holders();
        for (const lend::holder_info& h : all) {
            check_record(h);
            SIM_CHECK(std::ranges::count(all, h.id, &lend::holder_info::id) == 1);
        }
        for (const auto& lease : held_) {
            const auto me = std::ranges::find(all, lease.id(), &lend::holder_info::id);
            SIM_CHECK(me != all.end() && me->thread == my_id());
            if (std::strcmp(me->site.file, "holder") != 0) continue;
            const auto mine =
                std::ranges::find(said_.rbegin(), said_.rend(), lease->serial, &said::serial);
            SIM_CHECK(mine != said_.rend() && mine->note == me->note);
        }
    }

private:
    struct said {
        int serial;
        lend::short_text note;
    };

    static std::uint64_t my_id() { return sim::platform::thread_id(); }

    std::vector<said> said_; // the last of a serial counts
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_HOLDING_USER_HPP
