// SPDX-License-Identifier: MIT
/// @file
/// A dispenser for simulated holders whose n-th call of a method fails, throws, hangs or lies as
/// planned, and which fails the run when a resource is treated wrongly. It hears what its holder
/// reports.

#ifndef LEND_TESTS_FAULTS_PLANNED_DISPENSER_HPP
#define LEND_TESTS_FAULTS_PLANNED_DISPENSER_HPP

#include "support/sim_platform.hpp"

#include <lend/com/dispenser_driver.hpp>
#include <lend/com/holder_options.hpp>
#include <lend/com/macros.hpp>
#include <lend/testing.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

namespace lend_test {

using namespace lend::com; // NOLINT(google-build-using-namespace): the contract's own spelling
using lend::testing::fault;

enum class method : std::uint8_t { create, rate, enlist, reset, destroy, destroy_s };
inline constexpr std::array all_methods{method::create, method::rate,    method::enlist,
                                        method::reset,  method::destroy, method::destroy_s};

/// What CreateResource says that is not so.
enum class lie : std::uint8_t { no_name, name_of_another };

class planned_dispenser final : public IDispenserDriver, public holder_events {
public:
    static constexpr HRESULT planned_code = static_cast<HRESULT>(0x80070005); // E_ACCESSDENIED

    struct thing {
        bool alive = true;
        bool busy = false;
        bool is_disowned = false;
    };

    std::chrono::nanoseconds hang_time = std::chrono::seconds(2);
    lie falsehood = lie::no_name;
    RESID anchor = 0; ///< one that is lent all the time; its name is the one that is given twice
    TIMEINSECS secs = -1;
    std::vector<thing> things = std::vector<thing>(1); // by name; 0 is none
    int strings = 0;                                   // tracked, and not yet ended
    unsigned references = 1;
    unsigned reset_failures = 0;   ///< as reported
    unsigned destroy_failures = 0; ///< as reported

    planned_dispenser() { things.front().alive = false; }

    /// The n-th call goes wrong, and all later ones if `for_ever`; a second plan replaces the
    /// first.
    void plan(method where, fault what, std::uint64_t nth, bool for_ever) {
        plans_.at(index(where)) = {what, nth, for_ever};
    }
    void heal() { plans_ = {}; }
    [[nodiscard]] std::uint64_t calls(method which) const { return counts_.at(index(which)); }

    /// How much time the calling fiber has spent in calls.
    [[nodiscard]] std::chrono::nanoseconds& spent_here() {
        return spent_.at(sim::platform::thread_id());
    }

    RESID make() {
        things.push_back({});
        return things.size() - 1;
    }
    [[nodiscard]] std::size_t alive() const {
        std::size_t count = 0;
        for (const thing& each : things) count += each.alive ? 1U : 0U;
        return count;
    }
    [[nodiscard]] std::size_t disowned_ones() const {
        std::size_t count = 0;
        for (const thing& each : things) count += each.is_disowned ? 1U : 0U;
        return count;
    }

    // ---- IDispenserDriver --------------------------------------------------------------------

    STDMETHODIMP QueryInterface(REFIID, void** out) override {
        *out = nullptr;
        return E_NOINTERFACE;
    }
    STDMETHODIMP_(ULONG) AddRef() override { return ++references; }
    STDMETHODIMP_(ULONG) Release() override { return --references; }

    STDMETHODIMP CreateResource(RESTYPID, RESID* out_id, TIMEINSECS* out_secs) override {
        const visit in(*this, method::create, 0);
        if (in.what == fault::error) return planned_code;
        if (in.what == fault::wrong_answer) {
            *out_id = falsehood == lie::no_name ? 0 : anchor;
            return S_OK;
        }
        *out_id = make();
        *out_secs = secs;
        return S_OK;
    }
    STDMETHODIMP RateResource(RESTYPID, RESID id, BOOL, RESOURCERATING* out_rating) override {
        const visit in(*this, method::rate, id);
        *out_rating = in.what == fault::wrong_answer ? 101 : 100;
        return in.what == fault::error ? planned_code : S_OK;
    }
    STDMETHODIMP EnlistResource(RESID id, TRANSID) override {
        const visit in(*this, method::enlist, id);
        if (in.what == fault::error) return planned_code;
        return in.what == fault::wrong_answer ? S_FALSE : S_OK;
    }
    STDMETHODIMP ResetResource(RESID id) override {
        const visit in(*this, method::reset, id);
        if (in.what == fault::error) return planned_code;
        return in.what == fault::wrong_answer ? S_FALSE : S_OK;
    }
    // Whatever it answers, and even if it throws, the resource is no more.
    STDMETHODIMP DestroyResource(RESID id) override {
        SIM_CHECK(id < things.size() && things[id].alive);
        const burial dead(things, id);
        const visit in(*this, method::destroy, id);
        if (in.what == fault::error) return planned_code;
        return in.what == fault::wrong_answer ? S_FALSE : S_OK;
    }
    STDMETHODIMP DestroyResourceS(constSRESID) override {
        SIM_CHECK(strings > 0);
        --strings;
        const visit in(*this, method::destroy_s, 0);
        if (in.what == fault::error) return planned_code;
        return in.what == fault::wrong_answer ? S_FALSE : S_OK;
    }

    // ---- holder_events -----------------------------------------------------------------------

    void destroyed(RESID, HRESULT code) noexcept override {
        destroy_failures += FAILED(code) ? 1U : 0U;
    }
    void destroyed_string(constSRESID, HRESULT code) noexcept override {
        destroy_failures += FAILED(code) ? 1U : 0U;
    }
    void reset_failed(RESID, HRESULT) noexcept override { ++reset_failures; }
    void disowned(RESID id) noexcept override {
        SIM_CHECK(things[id].alive && !things[id].is_disowned);
        things[id].is_disowned = true;
    }

private:
    struct planned {
        fault what = fault::none;
        std::uint64_t nth = 0;
        bool for_ever = false;
    };

    static constexpr std::size_t index(method which) { return static_cast<std::size_t>(which); }

    // One call: alone with its resource, with no lock held, and with the fault that is due.
    struct visit {
        visit(planned_dispenser& in, method which, RESID id)
            : self(in), name(id), what(in.choose(which)), begun(sim::elapsed()) {
            SIM_CHECK(sim::platform::locks_held() == 0);
            if (name != 0) {
                SIM_CHECK(name < self.things.size());
                SIM_CHECK(self.things[name].alive && !self.things[name].is_disowned);
                SIM_CHECK(!std::exchange(self.things[name].busy, true));
            }
            sim::point();
            if (what == fault::hang) sim::sleep(self.hang_time);
            if (what != fault::exception) return;
            leave();
            throw std::runtime_error("planned");
        }
        visit(const visit&) = delete;
        visit& operator=(const visit&) = delete;
        ~visit() { leave(); }

        void leave() {
            if (name != 0) self.things[name].busy = false;
            self.spent_here() += sim::elapsed() - begun;
        }

        planned_dispenser& self;
        RESID name;
        fault what;
        std::chrono::nanoseconds begun;
    };

    struct burial {
        burial(std::vector<thing>& all, RESID id) : things(all), name(id) {}
        burial(const burial&) = delete;
        burial& operator=(const burial&) = delete;
        ~burial() { things[name].alive = false; }
        std::vector<thing>& things;
        RESID name;
    };

    fault choose(method which) {
        const std::uint64_t nth = ++counts_.at(index(which));
        const planned& p = plans_.at(index(which));
        if (p.nth == 0 || nth < p.nth || (nth > p.nth && !p.for_ever)) return fault::none;
        return p.what;
    }

    std::array<planned, all_methods.size()> plans_{};
    std::array<std::uint64_t, all_methods.size()> counts_{};
    std::array<std::chrono::nanoseconds, 65> spent_{};
};

} // namespace lend_test

#endif // LEND_TESTS_FAULTS_PLANNED_DISPENSER_HPP
