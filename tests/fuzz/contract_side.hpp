// SPDX-License-Identifier: MIT
/// @file
/// One holder and its dispenser, driven by numbers: contract_fuzz has two, the engine and the
/// reference holder, and compares what they say and what they call.

#ifndef LEND_TESTS_FUZZ_CONTRACT_SIDE_HPP
#define LEND_TESTS_FUZZ_CONTRACT_SIDE_HPP

#include "fuzz_input.hpp"

#include "support/manual_platform.hpp"
#include "support/noted_events.hpp"
#include "support/recording_dispenser.hpp"

#include <lend/com/basic_dispenser_manager.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

namespace lend_test {

/// What one step is: drawn once, done by both sides.
struct contract_step {
    std::uint8_t what = 0;
    std::uint8_t pick = 0;
    std::uint16_t dice = 0;
    std::uint8_t within = 0; ///< what the dispenser does in the first call that it gets
};

template <class Holder>
class contract_side {
    using platform = manual_platform;
    using manager_type = basic_dispenser_manager<platform, Holder>;
    static constexpr RESID untouched = 999;

public:
    explicit contract_side(holder_options options) {
        options.events = &events_;
        dispenser_.AddRef();
        FUZZ_CHECK(manager_->register_dispenser(&dispenser_, nullptr, options, &holder_) == S_OK);
    }
    contract_side(const contract_side&) = delete;
    contract_side& operator=(const contract_side&) = delete;
    ~contract_side() {
        dispenser_.on_call = nullptr;
        holder_->Release();
        manager_->Release();
        count(dispenser_.take_log(), events_.take());
        FUZZ_CHECK(dispenser_.references() == 1);
        FUZZ_CHECK(dispenser_.mistakes().empty());
        // What the holder did not say that it leaves alive, it has destroyed: pooled and tracked.
        for (const RESID id : dispenser_.alive()) FUZZ_CHECK(disowned_.count(id) != 0);
        FUZZ_CHECK(names_destroyed_ == names_tracked_ - names_let_go_);
    }

    /// What one step did, in words: its result, the calls it made, the events it told.
    call_log step(const contract_step& now) {
        set_answers(now.dice);
        const basic_caller_scope<platform> in(201 + now.pick % 2U,
                                              now.dice % 3U == 0 ? 0 : 100U + now.dice % 3U);
        // In which order several are destroyed in one step, nobody promises.
        const bool is_of_many = now.what % steps >= first_of_any_order;
        // What is tracked is made by the test, which must know at once whether it was taken.
        const auto tracks = [](unsigned what) { return what % steps == 8 || what % steps == 9; };
        const bool acts_within =
            now.within % 8U == 1 && !is_of_many && !tracks(now.what) && !tracks(now.within / 8U);
        bool is_inside = false;
        std::string within;
        dispenser_.on_call = [&](const std::string& call) {
            if (!acts_within || is_inside || call == "Release") return;
            is_inside = true;
            within = "within: " + run(now.within / 8U, now.pick / 7U, now.dice);
        };
        call_log said{run(now.what, now.pick, now.dice)};
        dispenser_.on_call = nullptr;
        if (!within.empty()) said.push_back(within);
        const bool any_order = is_of_many || is_inside;
        const call_log calls = dispenser_.take_log();
        const call_log events = events_.take();
        count(calls, events);
        for (call_log log : {calls, events}) {
            if (any_order) std::sort(log.begin(), log.end());
            said.insert(said.end(), log.begin(), log.end());
        }
        said.push_back("alive: " + std::to_string(dispenser_.alive().size()));
        return said;
    }

private:
    static constexpr unsigned steps = 18;
    static constexpr unsigned first_of_any_order = 15;

    void set_answers(std::uint32_t dice) {
        const auto fails = [&](std::uint32_t bit) {
            return (dice >> (2U * bit)) % 8U == 1 ? E_FAIL : S_OK;
        };
        dispenser_.create_result = fails(0);
        dispenser_.reset_result = fails(1);
        dispenser_.destroy_result = fails(2);
        dispenser_.enlist_result = dice % 7 == 1 ? S_FALSE : fails(3);
        dispenser_.leave_result = fails(4);
        dispenser_.rate_result = dice % 31 == 1 ? E_FAIL : S_OK;
        dispenser_.secs = static_cast<TIMEINSECS>(dice % 5U) - 2;
        dispenser_.gives_same_id = dice % 29 == 1;
        for (RESID id = 10; id < dispenser_.next_id; ++id) {
            constexpr RESOURCERATING table[] = {0, 1, 2, 50, 100, 101};
            dispenser_.ratings[id] = table[(id * 2654435761U + dice) % 6];
        }
    }

    // Known, gone, not yet made, or never a number of anything.
    [[nodiscard]] RESID some(std::uint32_t pick) const {
        constexpr std::array<RESID, 4> odd{0, 1, ~RESID{0}, RESID{1} << 31U};
        const RESID at = pick % (dispenser_.next_id - 8 + odd.size());
        return at < odd.size() ? odd[at] : 10 + at - odd.size();
    }

    static std::string code(const char* what, HRESULT hr) {
        return std::string(what) + " " + std::to_string(static_cast<std::uint32_t>(hr));
    }

    std::string run(std::uint32_t what, std::uint32_t pick, std::uint32_t dice) {
        RESID id = untouched;
        switch (what % steps) {
        case 0:
        case 1:
        case 2:
            return code("alloc", holder_->AllocResource(7, &id)) + " " + std::to_string(id);
        case 3:
            return code("alloc of none", holder_->AllocResource(pick % 2U, &id));
        case 4:
        case 5:
        case 6:
            return code("free", holder_->FreeResource(some(pick)));
        case 7:
            return code("request", holder_->RequestDestroyResource(some(pick)));
        case 8:
            return code("track", track(500 + pick % 4U));
        case 9:
            return code("track some", track(some(pick)));
        case 10:
            return code("untrack", untrack(500 + pick % 4U, dice % 2 != 0));
        case 11:
            return code("track name", track_name(name(pick)));
        case 12:
            return code("untrack name", untrack_name(name(pick), dice % 2 != 0));
        case 13:
            return query(pick);
        case 14:
            return time_passes(pick);
        case 15:
            manager_->end_transaction(100U + pick % 3U);
            return "end of transaction";
        case 16:
            return manager_->sweep(platform::now()) ? "sweep, more" : "sweep";
        default:
            if (pick % 4U != 0) return time_passes(pick);
            is_closed_ = true;
            return code("close", holder_->Close());
        }
    }

    static const OLECHAR* name(std::uint32_t pick) {
        static constexpr const OLECHAR* names[] = {u"a", u"b",      u"\xD83D\xDE00",
                                                   u"",  u"\xD800", nullptr};
        return names[pick % std::size(names)];
    }

    std::string query(std::uint32_t pick) {
        void* out = nullptr;
        constexpr IID none{};
        const IID& asked = pick % 3U == 0 ? IID_IHolder : pick % 3U == 1 ? IID_IUnknown : none;
        const HRESULT hr = holder_->QueryInterface(asked, &out);
        if (SUCCEEDED(hr)) holder_->Release();
        return code("query", hr);
    }

    // Both sides are on one clock, so only the first of them moves it.
    std::string time_passes(std::uint32_t pick) {
        if (moves_time) platform::advance(std::chrono::milliseconds(100U * (pick % 32U)));
        return "time";
    }

    HRESULT track(RESID id) {
        const bool is_new = dispenser_.alive().count(id) == 0;
        if (is_new) dispenser_.made(id);
        const HRESULT hr = holder_->TrackResource(id);
        if (is_new && FAILED(hr)) dispenser_.ended(id);
        return hr;
    }
    HRESULT untrack(RESID id, bool destroy) {
        const HRESULT hr = holder_->UntrackResource(id, destroy ? TRUE : FALSE);
        if (hr == S_OK && !destroy) dispenser_.ended(id);
        return hr;
    }

    // Names have a model of their own, for both holders track them in the same way.
    HRESULT track_name(const OLECHAR* name) {
        const bool is_name = name != nullptr && *name != 0;
        const bool is_new = is_name && names_.count(name) == 0;
        const HRESULT hr = holder_->TrackResourceS(name);
        FUZZ_CHECK(hr == (is_closed_ ? E_FAIL : is_new ? S_OK : E_INVALIDARG));
        if (hr == S_OK) names_.insert(name);
        if (hr == S_OK) ++names_tracked_;
        return hr;
    }
    HRESULT untrack_name(const OLECHAR* name, bool destroy) {
        const bool is_known = name != nullptr && *name != 0 && names_.erase(name) != 0;
        const bool was_closed = is_closed_;
        const HRESULT hr = holder_->UntrackResourceS(name, destroy ? TRUE : FALSE);
        const bool fails = destroy && FAILED(dispenser_.destroy_result);
        FUZZ_CHECK(hr == (was_closed ? E_FAIL : !is_known ? E_INVALIDARG : fails ? E_FAIL : S_OK));
        if (!was_closed && is_known && !destroy) ++names_let_go_;
        return hr;
    }

    void count(const call_log& calls, const call_log& events) {
        for (const std::string& line : calls) names_destroyed_ += line.rfind("DestroyS", 0) == 0;
        for (const std::string& line : events) {
            if (line.rfind("disowned ", 0) == 0) disowned_.insert(std::stoul(line.substr(9)));
        }
    }

    recording_dispenser dispenser_;
    noted_events events_;
    manager_type* manager_ = manager_type::make();
    Holder* holder_ = nullptr;
    std::set<RESID> disowned_;
    std::set<std::basic_string<OLECHAR>> names_;
    int names_tracked_ = 0;
    int names_let_go_ = 0;
    int names_destroyed_ = 0;
    bool is_closed_ = false;

public:
    bool moves_time = false;
};

} // namespace lend_test

#endif // LEND_TESTS_FUZZ_CONTRACT_SIDE_HPP
