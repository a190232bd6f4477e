// SPDX-License-Identifier: MIT
/// @file
/// The process's dispenser manager, and the functions that act on it. On ELF systems there is one
/// for all modules of a process, on Windows one for each module.

#ifndef LEND_COM_PROCESS_HPP
#define LEND_COM_PROCESS_HPP

#include <lend/com/basic_dispenser_manager.hpp>
#include <lend/com/basic_holder.hpp>
#include <lend/com/dispenser_manager.hpp>
#include <lend/com/holder_options.hpp>
#include <lend/com/types.hpp>
#include <lend/detail/config.hpp>
#include <lend/detail/fork_watch.hpp>
#include <lend/detail/immortal.hpp>
#include <lend/platform.hpp>

#include <cstddef>
#include <mutex>
#include <new>

namespace lend::inline v0_1::com {

/// The manager and the holder that programs use; a simulation has its own.
using holder = basic_holder<default_platform>;
using dispenser_manager = basic_dispenser_manager<default_platform, holder>;

/// Where the process's manager stands: made on demand, gone with its last reference and holder.
///
/// @par Thread safety All members: safe. Blocking on one lock, which is not held in any callback.
template <class Platform, class Manager>
class LEND_EXPORT current_manager {
public:
    /// The manager with a reference for the caller, made if there is none; null if memory is out.
    [[nodiscard]] static Manager* get_or_make() noexcept {
        current_manager& self = watched();
        const std::lock_guard lock(self.mutex_);
        if (self.manager_ != nullptr && self.manager_->try_add_ref()) return self.manager_;
        self.manager_ = Manager::make(default_sweep_period, &forget);
        return self.manager_;
    }

    /// The manager with a reference for the caller; null if there is none.
    [[nodiscard]] static Manager* get() noexcept {
        current_manager& self = watched();
        const std::lock_guard lock(self.mutex_);
        if (self.manager_ != nullptr && self.manager_->try_add_ref()) return self.manager_;
        return nullptr;
    }

private:
    // A manager that lost its last reference may have been replaced before it came here.
    static void forget(Manager& manager) noexcept {
        current_manager& self = watched();
        const std::lock_guard lock(self.mutex_);
        if (self.manager_ == &manager) self.manager_ = nullptr;
    }

    friend union lend::detail::immortal<current_manager>;
    current_manager() noexcept = default;

    static current_manager& instance() noexcept { return lend::detail::only<current_manager>(); }

    // The same, listed for forks before anybody takes its lock.
    static current_manager& watched() noexcept {
        if constexpr (lend::detail::can_fork) {
            lend::detail::fork_watch::instance().add(instance().watcher_);
        }
        return instance();
    }

    // A forked child has no manager yet, and a lock that nobody holds.
    static void start_afresh(lend::detail::fork_watcher& /*watcher*/) noexcept {
        ::new (static_cast<void*>(&instance().mutex_)) typename Platform::mutex;
        instance().manager_ = nullptr;
    }

    typename Platform::mutex mutex_;
    Manager* manager_ = nullptr;
    lend::detail::fork_watcher watcher_{&start_afresh};
};

/// Gives the process's dispenser manager, with a reference counted for the caller.
///
/// @param out_manager  set to the manager, or to null on failure
/// @par Errors
///   E_INVALIDARG  out_manager is null.
///   E_FAIL        there is no manager and none could be made.
/// @par Thread safety Safe. Blocking on a short lock.
/// @par Calls None.
/// @par Ownership The manager lives until its last reference is released and its last holder
/// closed.
/// @par Source mtxdm.h, GetDispenserManager.
inline HRESULT GetDispenserManager(IDispenserManager** out_manager) noexcept {
    if (out_manager == nullptr) return E_INVALIDARG;
    *out_manager = current_manager<default_platform, dispenser_manager>::get_or_make();
    return *out_manager != nullptr ? S_OK : E_FAIL;
}

/// Registers a dispenser with options, and gives the holder with the methods that are ours.
///
/// @param driver      the dispenser, with a reference that the holder takes over (see
///                    IDispenserManager::RegisterDispenser)
/// @param name        what people see; may be null
/// @param options     what the contract leaves open
/// @param out_holder  the holder, with a reference for the caller; null on failure
/// @par Errors As IDispenserManager::RegisterDispenser.
/// @par Thread safety Safe. @par Calls None.
inline HRESULT register_dispenser(IDispenserDriver* driver,
                                  LPCOLESTR name,
                                  const holder_options& options,
                                  holder** out_holder) noexcept {
    if (out_holder == nullptr) return E_INVALIDARG;
    *out_holder = nullptr;
    auto* const manager = current_manager<default_platform, dispenser_manager>::get_or_make();
    if (manager == nullptr) return E_FAIL;
    const HRESULT code = manager->register_dispenser(driver, name, options, out_holder);
    manager->Release();
    return code;
}

/// The same for who wants the contract's interface only.
/// @par Errors As above. @par Thread safety Safe. @par Calls None.
inline HRESULT register_dispenser(IDispenserDriver* driver,
                                  LPCOLESTR name,
                                  const holder_options& options,
                                  IHolder** out_holder) noexcept {
    if (out_holder == nullptr) return E_INVALIDARG;
    holder* made = nullptr;
    const HRESULT code = register_dispenser(driver, name, options, &made);
    *out_holder = made;
    return code;
}

/// A literal null pointer is refused like any other.
/// @par Errors E_INVALIDARG. @par Thread safety Safe. @par Calls None.
inline HRESULT register_dispenser(IDispenserDriver* /*driver*/,
                                  LPCOLESTR /*name*/,
                                  const holder_options& /*options*/,
                                  std::nullptr_t /*out_holder*/) noexcept {
    return E_INVALIDARG;
}

/// Tells every holder of the process that a transaction is over, however it ended: what is free and
/// enlisted becomes free for everybody, and what waited for the end is destroyed.
///
/// @par Errors None: S_OK also if nobody knows the transaction.
/// @par Thread safety Safe.
/// @par Calls DestroyResource for condemned and untracked resources; no lock is held.
inline HRESULT end_transaction(TRANSID transaction) noexcept {
    if (auto* const manager = current_manager<default_platform, dispenser_manager>::get()) {
        manager->end_transaction(transaction);
        manager->Release();
    }
    return S_OK;
}

/// Tells every holder of the process that an object is over. Holders registered with
/// `reclaim_at_object_end` free what it has and destroy what it tracks; the others do nothing.
///
/// @par Errors None: S_OK also if nobody knows the object.
/// @par Thread safety Safe.
/// @par Calls ResetResource and DestroyResource; no lock is held.
inline HRESULT end_object(INSTID instance) noexcept {
    if (auto* const manager = current_manager<default_platform, dispenser_manager>::get()) {
        manager->end_object(instance);
        manager->Release();
    }
    return S_OK;
}

} // namespace lend

#endif // LEND_COM_PROCESS_HPP
