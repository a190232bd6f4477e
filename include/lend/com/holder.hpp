// SPDX-License-Identifier: MIT
/// @file
/// IHolder, the pool of one dispenser as its dispenser sees it. The interface alone; the
/// implementation is com/basic_holder.hpp, and RegisterDispenser makes the objects.

#ifndef LEND_COM_HOLDER_HPP
#define LEND_COM_HOLDER_HPP

#include <lend/com/types.hpp>
#include <lend/com/unknown.hpp>

namespace lend::inline v0_1::com {

/// The pool of one dispenser: lends resources, takes them back, and watches those that the
/// dispenser made itself.
///
/// There is no maximum and nobody waits: what is not free is created. Resources are in one of four
/// states, in use or not, in a transaction or not; what is free and in a transaction goes to
/// callers in that transaction only. Tracked resources stand apart and are never lent.
///
/// The caller's object and transaction come from the caller context (com/caller_context.hpp).
///
/// @par Thread safety
///   Shared objects: safe. No lock is held while a method of the dispenser runs.
/// @par Source
///   comsvcs.h, IHolder. Slots 3 to 10 after those of IUnknown; no virtual destructor.
struct IHolder : public IUnknown {
    /// Lends a resource: the best that is free, or a new one.
    ///
    /// Free resources of the caller's transaction are offered first, then those of none, the most
    /// recently freed first; the highest rating wins, and of equals the one offered first. The
    /// type is not compared: a resource made for another one is offered, too.
    ///
    /// @param type    what to look for; not 0; passed to the dispenser as it is
    /// @param out_id  the resource; written only on success
    /// @par Errors
    ///   E_INVALIDARG  type is 0, out_id is null, or the dispenser made a resource with the name 0
    ///                 or one that is known already; such a one is not destroyed.
    ///   E_FAIL        the caller's transaction is aborting, or the holder is closed.
    ///   any failure   of CreateResource or EnlistResource, unchanged.
    ///   E_OUTOFMEMORY the holder's own memory is out. A resource whose number could not be entered
    ///                 is not destroyed: nobody can tell whether the number is a duplicate.
    /// @par Calls
    ///   RateResource once per candidate until one says 100; CreateResource once if none fits
    ///   (again only if what was made is taken away before it is lent); EnlistResource at most once
    ///   with success; DestroyResource for what cannot be rated or enlisted. No lock is held, and
    ///   each of them may call the holder.
    /// @par Source comsvcs.h, IHolder::AllocResource.
    virtual HRESULT STDMETHODCALLTYPE AllocResource(RESTYPID type, RESID* out_id) = 0;

    /// Takes a lent resource back. Any thread and any object may do so.
    ///
    /// @param id  what AllocResource gave
    /// @par Errors
    ///   E_INVALIDARG  the resource is not lent.
    ///   E_FAIL        the holder is closed.
    ///   S_OK also if the resource could not be reset: it is destroyed instead, and reported.
    /// @par Calls
    ///   ResetResource once, while the resource is still in its transaction; then, if that failed
    ///   or the permitted idle time is 0, DestroyResource.
    /// @par Source comsvcs.h, IHolder::FreeResource.
    virtual HRESULT STDMETHODCALLTYPE FreeResource(RESID id) = 0;

    /// Watches a resource that the dispenser made itself. It is never lent.
    ///
    /// @param id  not 0, and not one that this holder knows already, pooled or tracked
    /// @par Errors
    ///   E_INVALIDARG  id is 0 or known.
    ///   E_FAIL        the caller's transaction is aborting, or the holder is closed.
    ///   any failure   of EnlistResource, unchanged; the resource is then not tracked.
    /// @par Calls
    ///   EnlistResource once if the caller has a transaction; S_FALSE is a success.
    /// @par Source comsvcs.h, IHolder::TrackResource.
    virtual HRESULT STDMETHODCALLTYPE TrackResource(RESID id) = 0;

    /// Watches a resource that the dispenser made itself and that is named by a string.
    ///
    /// Names of strings and numbers are apart: none can be taken for the other.
    ///
    /// @param id  not null, not empty, not tracked already; UTF-16, ends with a zero; copied
    /// @par Errors
    ///   E_INVALIDARG  id is null, empty or tracked.
    ///   E_FAIL        the caller's transaction is aborting, or the holder is closed.
    /// @par Calls
    ///   None: EnlistResource cannot name a string.
    /// @par Source comsvcs.h, IHolder::TrackResourceS. Differs: the documentation has
    ///   EnlistResource called, which takes a number.
    virtual HRESULT STDMETHODCALLTYPE TrackResourceS(constSRESID id) = 0;

    /// Ends the watching of a resource.
    ///
    /// @param id       a tracked resource
    /// @param destroy  true: the holder destroys it, at once or, if it is in a transaction that is
    ///                 still open, when that is over; false: the caller will
    /// @par Errors
    ///   E_INVALIDARG  the resource is not tracked.
    ///   E_FAIL        the holder is closed, or DestroyResource failed; the resource is forgotten
    ///                 all the same.
    /// @par Calls
    ///   DestroyResource at most once, perhaps later.
    /// @par Source comsvcs.h, IHolder::UntrackResource.
    virtual HRESULT STDMETHODCALLTYPE UntrackResource(RESID id, BOOL destroy) = 0;

    /// Ends the watching of a resource that is named by a string.
    ///
    /// @param id       a tracked resource
    /// @param destroy  true: the holder destroys it; false: the caller will
    /// @par Errors
    ///   E_INVALIDARG  the resource is not tracked.
    ///   E_FAIL        the holder is closed, or DestroyResourceS failed; the resource is forgotten
    ///                 all the same.
    /// @par Calls
    ///   DestroyResourceS at most once, with an equal string.
    /// @par Source comsvcs.h, IHolder::UntrackResourceS.
    virtual HRESULT STDMETHODCALLTYPE UntrackResourceS(constSRESID id, BOOL destroy) = 0;

    /// Ends the pool: destroys what is free and what is tracked, then releases the dispenser.
    ///
    /// Waits for calls that other threads are making, except those further down on the calling
    /// thread. What is lent is reported and disowned. Also called by the last Release.
    ///
    /// @par Errors
    ///   None: S_OK also if DestroyResource fails, and for a second Close, which does nothing.
    /// @par Calls
    ///   DestroyResource and DestroyResourceS once per resource, then the dispenser's Release once;
    ///   nothing afterwards.
    /// @par Source comsvcs.h, IHolder::Close.
    virtual HRESULT STDMETHODCALLTYPE Close() = 0;

    /// Destroys one pooled resource, lent or free.
    ///
    /// One that is in an open transaction is never lent again and is destroyed when that is over.
    ///
    /// @param id  a pooled resource; for tracked ones there is UntrackResource
    /// @par Errors
    ///   E_INVALIDARG  the resource is unknown, tracked, or condemned already.
    ///   E_FAIL        the holder is closed, or DestroyResource failed; the resource is forgotten
    ///                 all the same.
    /// @par Calls
    ///   DestroyResource at most once, perhaps later.
    /// @par Source comsvcs.h, IHolder::RequestDestroyResource.
    virtual HRESULT STDMETHODCALLTYPE RequestDestroyResource(RESID id) = 0;
};

static_assert(sizeof(IHolder) == sizeof(void*), "an interface is one pointer to its slots");

} // namespace lend

#endif // LEND_COM_HOLDER_HPP
