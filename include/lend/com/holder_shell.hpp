// SPDX-License-Identifier: MIT
/// @file
/// Everything of a holder but its pool: reference counts, the manager's list, the gate that Close
/// shuts, the caller's context, tracked resources. The pool stands below it, in basic_holder.

#ifndef LEND_COM_HOLDER_SHELL_HPP
#define LEND_COM_HOLDER_SHELL_HPP

#include <lend/com/call_gate.hpp>
#include <lend/com/caller_context.hpp>
#include <lend/com/driver_calls.hpp>
#include <lend/com/holder.hpp>
#include <lend/com/holder_base.hpp>
#include <lend/com/holder_options.hpp>
#include <lend/com/tracked_resources.hpp>
#include <lend/com/utf16.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace lend::inline v0_1::com {

/// What a holder needs to be made.
template <class Platform>
struct holder_parts {
    std::shared_ptr<manager_core<Platform>> core;
    IUnknown* manager = nullptr;        ///< kept alive while the holder is open
    IDispenserDriver* driver = nullptr; ///< with a reference that becomes the holder's
    LPCOLESTR name = nullptr;
    holder_options options;
};

/// The IHolder around a pool.
///
/// A derived, final class adds the pool by the `pool_` methods. They are called inside the gate,
/// with no lock held; what they throw is turned into a code here. After Close the dispenser cannot
/// be reached through `calls()` any more, so a call that a callback's Close overtook does no harm.
///
/// In a forked child a holder of the parent's is as if it were closed: every method answers E_FAIL,
/// nothing is called, and its last Release leaves it where it is.
///
/// Close runs in this order: shut the gate; wait for the calls of other threads; destroy the
/// inventory, then the tracked resources; leave the manager's list; release the dispenser; release
/// the manager. The last Release does the same if nobody closed.
///
/// @par Thread safety Shared objects: safe. Close blocks on calls in flight, nothing else blocks
///   but on short locks.
template <class Platform>
class holder_shell : public IHolder, public holder_base<Platform> {
public:
    using time_point = typename Platform::time_point;

    holder_shell(const holder_shell&) = delete;
    holder_shell& operator=(const holder_shell&) = delete;

    // ---- IUnknown ----------------------------------------------------------------------------

    /// IUnknown and IHolder, nothing else. @par Errors E_POINTER, E_NOINTERFACE.
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void** out_object) noexcept final {
        if (out_object == nullptr) return E_POINTER;
        *out_object = nullptr;
        if (!IsEqualIID(iid, IID_IUnknown) && !IsEqualIID(iid, IID_IHolder)) return E_NOINTERFACE;
        AddRef();
        *out_object = static_cast<IHolder*>(this);
        return S_OK;
    }

    ULONG STDMETHODCALLTYPE AddRef() noexcept final {
        // Relaxed: whoever adds a reference has one.
        return references_.fetch_add(1, std::memory_order_relaxed) + 1;
    }

    /// Gives a reference back; with the last, closes the holder if nobody has, and ends it. Where
    /// calls are inside, on this thread or on others, the last of them does that when it leaves.
    ULONG STDMETHODCALLTYPE Release() noexcept final {
        // Relaxed: the exchange decides.
        ULONG count = references_.load(std::memory_order_relaxed);
        do {
            // Calls inside need the holder: the last of them releases it instead.
            if (count == 1 && !core_->is_inherited() && gate_.hand_over()) return count;
            // (1) acq-rel-CAS synchronizes-with the acq-rel-CAS (1)
        } while (!references_.compare_exchange_weak(count, count - 1, std::memory_order_acq_rel,
                                                    std::memory_order_relaxed));
        const ULONG left = count - 1;
        if (left != 0 || core_->is_inherited()) return left;
        core_->detach(*this);
        // Nobody finds the holder any more. Keep the count up while callbacks add and release.
        // Relaxed: this thread alone is left.
        references_.store(ending, std::memory_order_relaxed);
        close();
        end();
        return 0;
    }

    // ---- IHolder -----------------------------------------------------------------------------

    HRESULT STDMETHODCALLTYPE AllocResource(RESTYPID type, RESID* out_id) noexcept final {
        if (type == 0 || out_id == nullptr) return E_INVALIDARG;
        return inside(
            [&](const caller_context& caller) { return pool_alloc(type, caller, *out_id); });
    }

    HRESULT STDMETHODCALLTYPE FreeResource(RESID id) noexcept final {
        if (id == 0) return E_INVALIDARG;
        return within_gate([&] { return pool_free(id); });
    }

    HRESULT STDMETHODCALLTYPE TrackResource(RESID id) noexcept final {
        return inside([&](const caller_context& caller) { return tracked_.track(id, caller); });
    }

    HRESULT STDMETHODCALLTYPE TrackResourceS(constSRESID id) noexcept final {
        return inside([&](const caller_context& caller) { return tracked_.track(id, caller); });
    }

    HRESULT STDMETHODCALLTYPE UntrackResource(RESID id, BOOL destroy) noexcept final {
        return within_gate([&] { return tracked_.untrack(id, destroy != FALSE); });
    }

    HRESULT STDMETHODCALLTYPE UntrackResourceS(constSRESID id, BOOL destroy) noexcept final {
        return within_gate([&] { return tracked_.untrack(id, destroy != FALSE); });
    }

    HRESULT STDMETHODCALLTYPE Close() noexcept final {
        const reference keep(*this);
        close();
        return S_OK;
    }

    HRESULT STDMETHODCALLTYPE RequestDestroyResource(RESID id) noexcept final {
        if (id == 0) return E_INVALIDARG;
        return within_gate([&] { return pool_request_destroy(id); });
    }

    // ---- what the manager calls --------------------------------------------------------------

    /// Enters the manager's list, once, before anybody else knows the holder. @par Errors None.
    void open() noexcept {
        manager_->AddRef();
        core_->attach(*this);
    }

    bool sweep(time_point now) noexcept final {
        bool more = false;
        static_cast<void>(within_gate([&] {
            more = pool_sweep(now);
            return S_OK;
        }));
        return more;
    }

    void end_transaction(TRANSID transaction) noexcept final {
        if (transaction == 0) return;
        static_cast<void>(within_gate([&] {
            tracked_.end_transaction(transaction);
            pool_end_transaction(transaction);
            return S_OK;
        }));
    }

    void end_object(INSTID instance) noexcept final {
        if (instance == 0 || !options_.reclaim_at_object_end) return;
        static_cast<void>(within_gate([&] {
            tracked_.end_object(instance);
            pool_end_object(instance);
            return S_OK;
        }));
    }

    [[nodiscard]] bool try_add_ref() noexcept final {
        // Relaxed: the manager's lock orders this with the holder's leaving of the list.
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

    void give_ref_back() noexcept final { Release(); }

    /// The name under which the dispenser registered; empty for none. @par Errors None.
    [[nodiscard]] const ole_string& name() const noexcept { return name_; }

protected:
    /// Takes over the reference to the driver; nothing is called. Throws bad_alloc, and then the
    /// reference stays the caller's. The manager calls `open` once the whole object stands.
    explicit holder_shell(const holder_parts<Platform>& parts)
        : core_(parts.core), manager_(parts.manager), options_(parts.options),
          name_(parts.name != nullptr ? ole_string(parts.name) : ole_string()),
          calls_(parts.driver, parts.options.events), tracked_(calls_, known_) {}

    ~holder_shell() = default;

    // ---- what a pool adds ----------------------------------------------------------------------

    /// AllocResource; `out_id` is written only on success.
    [[nodiscard]] virtual HRESULT
    pool_alloc(RESTYPID type, const caller_context& caller, RESID& out_id) = 0;
    /// FreeResource.
    [[nodiscard]] virtual HRESULT pool_free(RESID id) = 0;
    /// RequestDestroyResource.
    [[nodiscard]] virtual HRESULT pool_request_destroy(RESID id) = 0;
    /// Destroys what expired; true if something free may expire later.
    [[nodiscard]] virtual bool pool_sweep(time_point now) = 0;
    /// Moves what is free and enlisted to the general inventory, destroys what is condemned.
    virtual void pool_end_transaction(TRANSID transaction) = 0;
    /// Frees what the object has.
    virtual void pool_end_object(INSTID instance) = 0;
    /// Destroys the inventory, deals with what is lent. The gate is shut; called once.
    virtual void pool_close() noexcept = 0;
    /// Ends the object: `delete this`.
    virtual void end() noexcept = 0;

    [[nodiscard]] driver_calls<Platform>& calls() noexcept { return calls_; }
    [[nodiscard]] id_map<Platform, known_id>& known() noexcept { return known_; }
    [[nodiscard]] const holder_options& options() const noexcept { return options_; }

    /// To be called after a resource was made that can expire.
    void expect_expirable() noexcept { core_->expect_expirable(core_); }
    /// To be called after a resource became idle that can expire.
    void note_expirable() noexcept { core_->note_expirable(); }

private:
    static constexpr ULONG ending = 0x40000000U;

    // Keeps the holder alive while a callback releases it. Calls inside the gate need none.
    class reference {
    public:
        explicit reference(holder_shell& holder) noexcept : holder_(holder) { holder_.AddRef(); }
        reference(const reference&) = delete;
        reference& operator=(const reference&) = delete;
        ~reference() { holder_.Release(); }

    private:
        holder_shell& holder_;
    };

    template <class F>
    [[nodiscard]] LEND_ALWAYS_INLINE HRESULT within_gate(const F& f) noexcept {
        if (core_->is_inherited()) return E_FAIL;
        typename call_gate<Platform>::pass pass(gate_);
        const HRESULT code =
            pass.is_inside() ? lend::detail::com_boundary<Platform>(f) : HRESULT{E_FAIL};
        if (pass.leave()) [[unlikely]]
            Release();
        return code;
    }

    // For what depends on the caller: nothing new begins in a transaction that is aborting.
    template <class F>
    [[nodiscard]] LEND_ALWAYS_INLINE HRESULT inside(const F& f) noexcept {
        return within_gate([&] {
            const caller_context caller = basic_caller_source<Platform>::current();
            if (caller.transaction != 0 && caller.is_aborting) return E_FAIL;
            return f(caller);
        });
    }

    void close() noexcept {
        if (core_->is_inherited() || !gate_.close()) return;
        pool_close();
        tracked_.close();
        core_->detach(*this);
        calls_.detach();
        manager_->Release();
    }

    const std::shared_ptr<manager_core<Platform>> core_;
    IUnknown* const manager_;
    const holder_options options_;
    const ole_string name_;
    typename Platform::template atomic<ULONG> references_{1};
    call_gate<Platform> gate_;
    driver_calls<Platform> calls_;
    id_map<Platform, known_id> known_;
    tracked_resources<Platform> tracked_;
};

} // namespace lend

#endif // LEND_COM_HOLDER_SHELL_HPP
