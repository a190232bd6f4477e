// SPDX-License-Identifier: MIT
/// @file
/// What a dispenser may choose for its holder where the contract is silent, and the interface
/// through which a holder reports what happens in it.

#ifndef LEND_COM_HOLDER_OPTIONS_HPP
#define LEND_COM_HOLDER_OPTIONS_HPP

#include <lend/com/types.hpp>

namespace lend::inline v0_1::com {

/// Hears what happens in a holder. Every method does nothing unless overridden.
///
/// Called with no lock held, by the thread on which it happens; may call the holder. The first
/// five are the five of IComResourceEvents.
/// @par Thread safety Called by any thread, by several at once.
class holder_events {
public:
    /// A resource was made and lent, in the caller's transaction or not.
    virtual void created(RESID, bool /*is_enlisted*/) noexcept {}
    /// A free resource was lent after so many were rated; the winner's rating.
    virtual void
    allocated(RESID, bool /*is_enlisted*/, ULONG /*rated*/, RESOURCERATING /*winner*/) noexcept {}
    /// A resource came back and is free.
    virtual void recycled(RESID) noexcept {}
    /// A resource was destroyed; what DestroyResource answered.
    virtual void destroyed(RESID, HRESULT) noexcept {}
    /// A resource is tracked.
    virtual void tracked(RESID, bool /*is_enlisted*/) noexcept {}

    /// A resource named by a string is tracked. The string lives until the call returns.
    virtual void tracked_string(constSRESID) noexcept {}
    /// A resource named by a string was destroyed; what DestroyResourceS answered.
    virtual void destroyed_string(constSRESID, HRESULT) noexcept {}
    /// A resource could not be reset and is about to be destroyed.
    virtual void reset_failed(RESID, HRESULT) noexcept {}
    /// A resource was lost while its transaction was open: the transaction cannot be what its
    /// callers think.
    virtual void doomed(TRANSID) noexcept {}
    /// A resource was lent when the holder closed, and belongs to its caller now.
    virtual void disowned(RESID) noexcept {}

protected:
    holder_events() = default;
    holder_events(const holder_events&) = default;
    holder_events& operator=(const holder_events&) = default;
    ~holder_events() = default;
};

/// What a holder does where the contract leaves the choice. The defaults are what
/// RegisterDispenser uses.
struct holder_options {
    /// Seconds that a resource may be idle if CreateResource does not say; negative: for ever.
    TIMEINSECS default_idle_limit = -1;
    /// Whether a resource with an idle limit of 0 is destroyed when it is freed; otherwise it is
    /// free until the next sweep.
    bool zero_means_destroy_at_once = true;
    /// Whether end_object frees what the object still has and destroys what it tracks. Turn it on
    /// only if no reference to a resource ever leaves the object that took it.
    bool reclaim_at_object_end = false;
    /// Whether Close destroys what is lent; otherwise that is reported and disowned.
    bool destroy_lent_at_close = false;
    /// Hears what happens; null: nobody. Must outlive the holder.
    holder_events* events = nullptr;
};

} // namespace lend

#endif // LEND_COM_HOLDER_OPTIONS_HPP
