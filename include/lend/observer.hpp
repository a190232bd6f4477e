// SPDX-License-Identifier: MIT
/// @file
/// What a pool tells whoever watches it: the list of everything that can happen, one method each,
/// and hooks for the spans of a tracer.

#ifndef LEND_OBSERVER_HPP
#define LEND_OBSERVER_HPP

#include <lend/destroy_reason.hpp>
#include <lend/error.hpp>
#include <lend/hresult.hpp>
#include <lend/source_site.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace lend::inline v0_1 {

struct holder_info;

/// A resource's number, as events get it.
using event_number = std::uint64_t;

/// What a span is drawn around.
enum class span_kind : std::uint8_t {
    wait,   ///< a caller's stay in the queue; ends with the code of its acquire
    create, ///< a call of the driver's create; ends with its code
    use,    ///< a lease; s_ok: given back or detached, s_false: discarded or poisoned
};

/// The word for a kind of span, as for its name; "unknown" for what is none.
/// @par Errors None. @par Thread safety Safe; wait-free.
[[nodiscard]] constexpr std::string_view to_string(span_kind kind) noexcept {
    switch (kind) {
    case span_kind::wait:
        return "wait";
    case span_kind::create:
        return "create";
    case span_kind::use:
        return "use";
    }
    return "unknown";
}

/// What is known where a span begins.
struct span_info {
    event_number number = 0;    ///< of the resource; 0 where there is none yet
    source_site site{};         ///< of the acquire; line 0 for a create
    const char* note = nullptr; ///< of the acquire; null where it was not given
    std::string_view pool{};    ///< the pool's name; empty: it has none. Good during the call
};

/// Hears what happens in a pool. This is the list of all that happens; each method does nothing
/// unless it is overridden. A driver's own `events` class may have any of the happenings as a
/// method with the same name and arguments, and is told first.
///
/// For logs, metrics and tracing. When not to use it: for what `stats` and `timings` count already.
///
/// A method runs on whichever thread it happens in, with no lock of lend held, and that thread
/// waits for it; so it should be short. It may use the pool. What it throws is swallowed. What
/// happens on acquire's and release's fast path is not told, so that it costs nothing.
/// Example: examples/tour_watching.cpp.
/// @par Thread safety Methods are called from several threads at a time.
/// @par Ownership Shared by the pool's state; lives at least until the last lease has ended.
class pool_observer {
public:
    pool_observer() = default;
    pool_observer(const pool_observer&) = delete;
    pool_observer& operator=(const pool_observer&) = delete;
    virtual ~pool_observer() = default;

    /// The observer that is to hear what happens in the pool of this name, so that one observer can
    /// be given to several pools. Null: this one. Asked once, when the pool is made, and again
    /// where a forked child makes it anew. Errors, holders and spans have the pool's name besides.
    [[nodiscard]] virtual std::shared_ptr<pool_observer> for_pool(std::string_view /*name*/) {
        return nullptr;
    }

    // ---- resources ------------------------------------------------------------------------

    /// A resource was made; it has this number from now on.
    virtual void created(event_number) {}
    virtual void create_failed(const error&) {}
    /// A create was given up after this time. It may still end; its result is destroyed.
    virtual void create_abandoned(std::chrono::nanoseconds) {}
    /// The driver's reset failed; the resource will be destroyed.
    virtual void reset_failed(event_number, const error&) {}
    /// A check of this resource said that it may not be lent, answered an error or threw; it will
    /// be destroyed. The number is 0 for one that was checked as a part of its create.
    virtual void check_failed(event_number, const error&) {}
    /// A resource is gone. Told after the driver's destroy.
    virtual void destroyed(event_number, destroy_reason) {}
    /// The driver's destroy reported a failure. The number is 0 for what never got one.
    virtual void destroy_failed(event_number, const error&) {}
    /// A resource left the pool alive.
    virtual void detached(event_number) {}
    /// A check or a borrower of this resource said that what stands behind all of them is gone.
    virtual void backend_gone(event_number) {}

    // ---- acquires -------------------------------------------------------------------------

    /// An acquire was served after this time in the queue. Those that need not wait are not told.
    virtual void waited(std::chrono::nanoseconds) {}
    virtual void timed_out(const error&) {}
    virtual void cancelled(const error&) {}
    virtual void shed(const error&) {}
    /// An acquire was refused for another reason; the code says which.
    virtual void refused(const error&) {}

    // ---- holders --------------------------------------------------------------------------

    /// A thread that holds a resource asks, at this place, for another; with multiple_acquire =
    /// warn.
    virtual void acquired_again(const holder_info& /*held*/, const source_site& /*here*/) {}
    /// A lease lasts longer than leak_after. Once for each lease.
    virtual void leaked(const holder_info&) {}
    /// The pool no longer counts on what this one holds.
    virtual void reclaimed(const holder_info&) {}

    // ---- the pool -------------------------------------------------------------------------

    virtual void paused() {}
    virtual void resumed() {}
    /// The maximum and the number of idle resources to be kept ready were changed.
    virtual void resized(std::size_t /*max_size*/, std::size_t /*min_idle*/) {}
    /// A drain ended, with so many leases left.
    virtual void drained(std::size_t /*hold_outs*/) {}
    /// The pool refuses newcomers from now on.
    virtual void closed() {}
    /// So many driver calls were still running or to be made at the deadline of a close, or of a
    /// drain, which answers s_false then. 0: none, but a thread of the pool was still busy with a
    /// callback or an observer.
    virtual void abandoned_at_close(std::size_t) {}

    // ---- spans ----------------------------------------------------------------------------

    /// Whether leases are to have spans as well. Asked once, when the pool is made. True takes
    /// every acquire and release of the pool off its fast path.
    [[nodiscard]] virtual bool wants_use_spans() const { return false; }

    /// A span begins.
    /// @return What `span_end` is given; null: it is not called for this span.
    virtual void* span_begin(span_kind, const span_info&) { return nullptr; }

    /// A span ends, perhaps on another thread than the one on which it began.
    virtual void span_end(void* /*span*/, hresult) {}
};

} // namespace lend

#endif // LEND_OBSERVER_HPP
