// SPDX-License-Identifier: MIT
/// @file
/// IHolder as a reader would write it: a mutex, a vector of free resources, a map from numbers to
/// what is known of each. No transactions, nothing tracked, nothing expires.

#ifndef LEND_BENCH_BASELINE_MUTEX_HOLDER_HPP
#define LEND_BENCH_BASELINE_MUTEX_HOLDER_HPP

#include <lend/com/dispenser_driver.hpp>
#include <lend/com/holder.hpp>
#include <lend/com/macros.hpp>

#include <cstddef>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace baseline {

// Takes over one reference to the driver, as RegisterDispenser does. For one reference of its own.
class mutex_holder final : public lend::com::IHolder {
    using BOOL = lend::com::BOOL;
    using HRESULT = lend::com::HRESULT;
    using RESID = lend::com::RESID;
    using RESTYPID = lend::com::RESTYPID;
    using constSRESID = lend::com::constSRESID;

public:
    explicit mutex_holder(lend::com::IDispenserDriver* driver) : driver_(driver) {}
    virtual ~mutex_holder() = default;

    HRESULT STDMETHODCALLTYPE QueryInterface(lend::com::REFIID, void**) noexcept override {
        return E_NOINTERFACE;
    }
    lend::com::ULONG STDMETHODCALLTYPE AddRef() noexcept override { return 1; }
    lend::com::ULONG STDMETHODCALLTYPE Release() noexcept override {
        (void)Close();
        delete this;
        return 0;
    }

    // The most recently freed first; the best rating wins, 100 at once.
    HRESULT STDMETHODCALLTYPE AllocResource(RESTYPID type, RESID* out_id) override {
        if (type == 0 || out_id == nullptr) return E_INVALIDARG;
        std::unique_lock lock(mutex_);
        std::size_t best = free_.size();
        lend::com::RESOURCERATING best_rating = 0;
        for (std::size_t at = free_.size(); at != 0 && best_rating < 100; --at) {
            lend::com::RESOURCERATING rating = 0;
            if (FAILED(driver_->RateResource(type, free_[at - 1], FALSE, &rating))) continue;
            if (rating <= best_rating) continue;
            best = at - 1;
            best_rating = rating;
        }
        if (best < free_.size()) {
            const RESID id = free_[best];
            free_[best] = free_.back();
            free_.pop_back();
            is_lent_.find(id)->second = true;
            *out_id = id;
            return S_OK;
        }
        lock.unlock();
        RESID made = 0;
        lend::com::TIMEINSECS secs = -1;
        const HRESULT code = driver_->CreateResource(type, &made, &secs);
        if (FAILED(code)) return code;
        lock.lock();
        if (made == 0 || !is_lent_.emplace(made, true).second) return E_INVALIDARG;
        *out_id = made;
        return S_OK;
    }

    HRESULT STDMETHODCALLTYPE FreeResource(RESID id) override {
        {
            const std::lock_guard lock(mutex_);
            const auto at = is_lent_.find(id);
            if (at == is_lent_.end() || !at->second) return E_INVALIDARG;
            at->second = false;
        }
        const bool is_clean = SUCCEEDED(driver_->ResetResource(id));
        {
            const std::lock_guard lock(mutex_);
            if (is_clean) {
                free_.push_back(id);
                return S_OK;
            }
            is_lent_.erase(id);
        }
        (void)driver_->DestroyResource(id);
        return S_OK;
    }

    HRESULT STDMETHODCALLTYPE Close() override {
        const std::lock_guard lock(mutex_);
        if (driver_ == nullptr) return S_OK;
        for (const RESID id : free_) (void)driver_->DestroyResource(id);
        free_.clear();
        is_lent_.clear();
        driver_->Release();
        driver_ = nullptr;
        return S_OK;
    }

    HRESULT STDMETHODCALLTYPE RequestDestroyResource(RESID) override { return E_NOTIMPL; }
    HRESULT STDMETHODCALLTYPE TrackResource(RESID) override { return E_NOTIMPL; }
    HRESULT STDMETHODCALLTYPE TrackResourceS(constSRESID) override { return E_NOTIMPL; }
    HRESULT STDMETHODCALLTYPE UntrackResource(RESID, BOOL) override { return E_NOTIMPL; }
    HRESULT STDMETHODCALLTYPE UntrackResourceS(constSRESID, BOOL) override { return E_NOTIMPL; }

private:
    lend::com::IDispenserDriver* driver_;
    std::mutex mutex_;
    std::vector<RESID> free_;
    std::unordered_map<RESID, bool> is_lent_;
};

} // namespace baseline

#endif // LEND_BENCH_BASELINE_MUTEX_HOLDER_HPP
