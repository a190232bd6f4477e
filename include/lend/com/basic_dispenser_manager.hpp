// SPDX-License-Identifier: MIT
/// @file
/// The dispenser manager: makes holders, answers who is calling, sweeps from a thread of its own.
/// Which manager is the process's is com/process.hpp's business.

#ifndef LEND_COM_BASIC_DISPENSER_MANAGER_HPP
#define LEND_COM_BASIC_DISPENSER_MANAGER_HPP

#include <lend/com/caller_context.hpp>
#include <lend/com/dispenser_manager.hpp>
#include <lend/com/driver_calls.hpp>
#include <lend/com/holder_base.hpp>
#include <lend/com/holder_options.hpp>
#include <lend/com/holder_shell.hpp>
#include <lend/com/macros.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <utility>

namespace lend::inline v0_1::com {

/// How often the manager's thread looks for resources that have been idle too long.
/// 10 seconds: the period that the COM+ documentation gives.
inline constexpr std::chrono::seconds default_sweep_period{10};

/// The manager of holders of the class `Holder`.
///
/// Lives while there is a reference or an open holder. Its thread is started with the first
/// resource that can expire, and ends soon after the manager. Where no thread can be started,
/// `sweep` has to be called.
///
/// In a forked child a manager of the parent's registers nothing, and its holders call nothing:
/// GetDispenserManager gives the child a manager of its own.
///
/// @par Thread safety Shared objects: safe. No lock is held while a dispenser is called.
template <class Platform, class Holder>
class LEND_EXPORT basic_dispenser_manager final : public IDispenserManager {
public:
    using holder_type = Holder;
    using duration = typename Platform::duration;
    using time_point = typename Platform::time_point;

    /// Makes a manager with one reference, the caller's; null if memory is out.
    ///
    /// @param sweep_period  more than zero
    /// @param on_end        called with the manager when its last reference is gone, before it ends
    /// @par Errors None but the null. @par Thread safety Safe.
    [[nodiscard]] static basic_dispenser_manager*
    make(duration sweep_period = default_sweep_period,
         void (*on_end)(basic_dispenser_manager&) noexcept = nullptr) noexcept {
        basic_dispenser_manager* made = nullptr;
        const HRESULT code = lend::detail::com_boundary<Platform>([&] {
            // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new): com_boundary handles it
            made = new basic_dispenser_manager(sweep_period, on_end);
            return S_OK;
        });
        return SUCCEEDED(code) ? made : nullptr;
    }

    basic_dispenser_manager(const basic_dispenser_manager&) = delete;
    basic_dispenser_manager& operator=(const basic_dispenser_manager&) = delete;

    // ---- IUnknown ----------------------------------------------------------------------------

    /// IUnknown and IDispenserManager, nothing else. @par Errors E_POINTER, E_NOINTERFACE.
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void** out_object) noexcept override {
        if (out_object == nullptr) return E_POINTER;
        *out_object = nullptr;
        if (!IsEqualIID(iid, IID_IUnknown) && !IsEqualIID(iid, IID_IDispenserManager)) {
            return E_NOINTERFACE;
        }
        AddRef();
        *out_object = static_cast<IDispenserManager*>(this);
        return S_OK;
    }

    ULONG STDMETHODCALLTYPE AddRef() noexcept override {
        // Relaxed: whoever adds a reference has one.
        return references_.fetch_add(1, std::memory_order_relaxed) + 1;
    }

    ULONG STDMETHODCALLTYPE Release() noexcept override {
        // (1) acq-rel-fetch-sub synchronizes-with the acq-rel-fetch-sub (1)
        const ULONG left = references_.fetch_sub(1, std::memory_order_acq_rel) - 1;
        if (left != 0 || core_->is_inherited()) return left;
        if (on_end_ != nullptr) on_end_(*this);
        core_->stop();
        delete this;
        return 0;
    }

    /// Counts a reference unless the last one is gone already.
    [[nodiscard]] bool try_add_ref() noexcept {
        // Relaxed: whoever keeps a pointer to the manager has a lock that orders it with the end.
        ULONG count = references_.load(std::memory_order_relaxed);
        while (count != 0) {
            // Relaxed: adds to a count that others keep above zero.
            if (references_.compare_exchange_weak(count, count + 1, std::memory_order_relaxed,
                                                  std::memory_order_relaxed)) {
                return true;
            }
        }
        return false;
    }

    // ---- IDispenserManager -------------------------------------------------------------------

    HRESULT STDMETHODCALLTYPE RegisterDispenser(IDispenserDriver* driver,
                                                LPCOLESTR name,
                                                IHolder** out_holder) noexcept override {
        if (out_holder == nullptr) return E_INVALIDARG;
        *out_holder = nullptr;
        Holder* holder = nullptr;
        const HRESULT code = register_dispenser(driver, name, holder_options{}, &holder);
        *out_holder = holder;
        return code;
    }

    HRESULT STDMETHODCALLTYPE GetContext(INSTID* out_inst,
                                         TRANSID* out_transaction) noexcept override {
        if (out_inst == nullptr || out_transaction == nullptr) return E_INVALIDARG;
        const caller_context caller = basic_caller_source<Platform>::current();
        *out_inst = caller.instance;
        *out_transaction = caller.transaction;
        return S_OK;
    }

    // ---- extensions --------------------------------------------------------------------------

    /// RegisterDispenser with options. See IDispenserManager::RegisterDispenser, above all for the
    /// reference that the caller must count.
    /// @par Errors As RegisterDispenser.
    HRESULT register_dispenser(IDispenserDriver* driver,
                               LPCOLESTR name,
                               const holder_options& options,
                               Holder** out_holder) noexcept {
        if (out_holder == nullptr) return E_INVALIDARG;
        *out_holder = nullptr;
        if (driver == nullptr) return E_INVALIDARG;
        if (core_->is_inherited()) return E_FAIL;
        const HRESULT code = lend::detail::com_boundary<Platform>([&] {
            // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new): com_boundary handles it
            *out_holder = new Holder(holder_parts<Platform>{core_, this, driver, name, options});
            (*out_holder)->open();
            return S_OK;
        });
        return SUCCEEDED(code) ? S_OK : E_FAIL;
    }

    /// Tells every holder that a transaction is over, however it ended.
    /// @par Errors None. @par Calls DestroyResource for what waited for the end.
    void end_transaction(TRANSID transaction) noexcept {
        core_->for_each([&](auto& holder) { holder.end_transaction(transaction); });
    }

    /// Tells every holder that an object is over. Nothing happens but in holders that were
    /// registered with `reclaim_at_object_end`.
    /// @par Errors None. @par Calls ResetResource and DestroyResource, as for FreeResource.
    void end_object(INSTID instance) noexcept {
        core_->for_each([&](auto& holder) { holder.end_object(instance); });
    }

    /// Destroys what has been idle too long at `now`; the manager's thread does the same. True if
    /// something may still expire later.
    /// @par Errors None. @par Calls DestroyResource, once for each.
    bool sweep(time_point now) noexcept { return core_->sweep(now); }

private:
    basic_dispenser_manager(duration sweep_period,
                            void (*on_end)(basic_dispenser_manager&) noexcept)
        : core_(std::make_shared<manager_core<Platform>>(sweep_period)), on_end_(on_end) {}

    ~basic_dispenser_manager() = default;

    const std::shared_ptr<manager_core<Platform>> core_;
    void (*const on_end_)(basic_dispenser_manager&) noexcept;
    typename Platform::template atomic<ULONG> references_{1};
};

} // namespace lend

#endif // LEND_COM_BASIC_DISPENSER_MANAGER_HPP
