// SPDX-License-Identifier: MIT
/// @file
/// A dispenser that writes down every call, answers what the test told it to, and counts what is
/// alive. By default everything succeeds, ids count up from 10, and every candidate is rated 100.

#ifndef LEND_TEST_SUPPORT_RECORDING_DISPENSER_HPP
#define LEND_TEST_SUPPORT_RECORDING_DISPENSER_HPP

#include <lend/com/dispenser_driver.hpp>
#include <lend/com/macros.hpp>

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace lend_test {

using namespace lend::com; // NOLINT(google-build-using-namespace): the contract's own spelling

using call_log = std::vector<std::string>;

class recording_dispenser final : public IDispenserDriver {
public:
    // ---- what the test sets ------------------------------------------------------------------

    HRESULT create_result = S_OK;
    RESID next_id = 10;
    bool gives_same_id = false;              ///< next_id is not counted up
    TIMEINSECS secs = -2;                    ///< -2: the timeout is not written
    std::map<RESID, RESOURCERATING> ratings; ///< 100 for those that are not listed
    HRESULT rate_result = S_OK;
    HRESULT enlist_result = S_OK;
    HRESULT leave_result = S_OK; ///< for EnlistResource(id, 0)
    HRESULT reset_result = S_OK;
    HRESULT destroy_result = S_OK;
    /// Called with each call's text, after it was written down, with no lock held. May throw.
    std::function<void(const std::string&)> on_call;

    // ---- what the test asks ------------------------------------------------------------------

    /// The calls since the last take.
    [[nodiscard]] call_log take_log() {
        const std::lock_guard lock(mutex_);
        return std::exchange(log_, {});
    }

    [[nodiscard]] std::size_t count(const std::string& prefix) {
        const std::lock_guard lock(mutex_);
        std::size_t n = 0;
        for (const std::string& line : log_) n += line.rfind(prefix, 0) == 0 ? 1 : 0;
        return n;
    }

    /// Created and not destroyed, whatever the results of destroying were.
    [[nodiscard]] std::set<RESID> alive() {
        const std::lock_guard lock(mutex_);
        return alive_;
    }

    /// Says that a test made or ended a resource behind the dispenser's back.
    void made(RESID id) {
        const std::lock_guard lock(mutex_);
        alive_.insert(id);
    }
    void ended(RESID id) {
        const std::lock_guard lock(mutex_);
        alive_.erase(id);
    }

    [[nodiscard]] ULONG references() {
        const std::lock_guard lock(mutex_);
        return references_;
    }

    /// Destroyed twice, or never created: must be empty at the end of every test.
    [[nodiscard]] call_log mistakes() {
        const std::lock_guard lock(mutex_);
        return mistakes_;
    }

    // ---- IDispenserDriver --------------------------------------------------------------------

    STDMETHODIMP QueryInterface(REFIID iid, void** out) override {
        if (!IsEqualIID(iid, IID_IUnknown) && !IsEqualIID(iid, IID_IDispenserDriver)) {
            *out = nullptr;
            return E_NOINTERFACE;
        }
        AddRef();
        *out = static_cast<IDispenserDriver*>(this);
        return S_OK;
    }

    STDMETHODIMP_(ULONG) AddRef() override {
        const std::lock_guard lock(mutex_);
        return ++references_;
    }

    STDMETHODIMP_(ULONG) Release() override {
        note("Release");
        const std::lock_guard lock(mutex_);
        return --references_;
    }

    STDMETHODIMP CreateResource(RESTYPID type, RESID* out_id, TIMEINSECS* out_secs) override {
        note("Create(" + std::to_string(type) + ")");
        const std::lock_guard lock(mutex_);
        seen_secs = *out_secs;
        if (secs != -2) *out_secs = secs;
        if (FAILED(create_result)) return create_result;
        *out_id = gives_same_id ? next_id : next_id++;
        alive_.insert(*out_id);
        return create_result;
    }

    STDMETHODIMP RateResource(RESTYPID type,
                              RESID candidate,
                              BOOL needs_enlistment,
                              RESOURCERATING* out_rating) override {
        note("Rate(" + std::to_string(type) + ", " + std::to_string(candidate) +
             (needs_enlistment != FALSE ? ", TRUE)" : ", FALSE)"));
        const std::lock_guard lock(mutex_);
        const auto at = ratings.find(candidate);
        *out_rating = at != ratings.end() ? at->second : 100;
        return rate_result;
    }

    STDMETHODIMP EnlistResource(RESID id, TRANSID transaction) override {
        note("Enlist(" + std::to_string(id) + ", " + std::to_string(transaction) + ")");
        return transaction == 0 ? leave_result : enlist_result;
    }

    STDMETHODIMP ResetResource(RESID id) override {
        note("Reset(" + std::to_string(id) + ")");
        return reset_result;
    }

    STDMETHODIMP DestroyResource(RESID id) override {
        note("Destroy(" + std::to_string(id) + ")");
        const std::lock_guard lock(mutex_);
        if (alive_.erase(id) == 0) mistakes_.push_back("Destroy(" + std::to_string(id) + ")");
        return destroy_result;
    }

    STDMETHODIMP DestroyResourceS(constSRESID id) override {
        std::string text;
        for (; *id != 0; ++id) text.push_back(static_cast<char>(*id));
        note("DestroyS(" + text + ")");
        return destroy_result;
    }

    TIMEINSECS seen_secs = 0; ///< what the timeout was set to before the last CreateResource

private:
    void note(const std::string& line) {
        {
            const std::lock_guard lock(mutex_);
            log_.push_back(line);
        }
        if (on_call) on_call(line);
    }

    std::mutex mutex_;
    call_log log_;
    call_log mistakes_;
    std::set<RESID> alive_;
    ULONG references_ = 1; // the test's own
};

} // namespace lend_test

#endif // LEND_TEST_SUPPORT_RECORDING_DISPENSER_HPP
