// SPDX-License-Identifier: MIT
/// @file
/// Who is calling: the object and the transaction for which a thread works, as a holder asks for
/// them. Kept per thread by caller_scope, or answered by a provider that the program sets.

#ifndef LEND_COM_CALLER_CONTEXT_HPP
#define LEND_COM_CALLER_CONTEXT_HPP

#include <lend/com/types.hpp>
#include <lend/detail/config.hpp>
#include <lend/platform.hpp>

#include <atomic>

namespace lend::inline v0_1::com {

/// For which object and in which transaction a call is made. Zero means none.
struct caller_context {
    INSTID instance = 0;
    TRANSID transaction = 0;
    bool is_aborting = false; ///< the transaction will not commit: nothing is lent in it any more

    [[nodiscard]] friend bool operator==(const caller_context&, const caller_context&) = default;
};

/// Answers who is calling, instead of the caller_scope of the thread. For programs that keep the
/// transaction of a task elsewhere than in its thread.
/// @par Thread safety `current` is called by any thread, by several at once.
class caller_provider {
public:
    /// The context of the calling thread. Called once per AllocResource, Track and GetContext,
    /// with no lock held. @par Errors None.
    [[nodiscard]] virtual caller_context current() noexcept = 0;

protected:
    caller_provider() = default;
    caller_provider(const caller_provider&) = default;
    caller_provider& operator=(const caller_provider&) = default;
    ~caller_provider() = default;
};

/// Where the context of a call comes from: the provider if one is set, else the thread's innermost
/// scope. One per process and Platform; on Windows one per module.
/// @par Thread safety All members: safe; wait-free apart from the provider.
template <class Platform>
class basic_caller_source {
public:
    /// The context of the calling thread. @par Errors None.
    [[nodiscard]] static caller_context current() noexcept {
        // (1) acquire-load synchronizes-with the acq-rel-exchange (2)
        caller_provider* const provider = slot().load(std::memory_order_acquire);
        return provider != nullptr ? provider->current() : of_thread();
    }

    /// Sets the provider, null for none, and returns the one before.
    /// @par Errors None.
    /// @par Ownership The provider must outlive every call that began while it was set.
    static caller_provider* set_provider(caller_provider* provider) noexcept {
        // (2) acq-rel-exchange synchronizes-with the acquire-load (1)
        return slot().exchange(provider, std::memory_order_acq_rel);
    }

    /// What the thread's scopes say, whatever the provider would. @par Errors None.
    // Exported and never inlined: then every module of the process calls one and the same
    // function, and sees one and the same object, also where symbols are hidden by default.
    [[nodiscard]] LEND_EXPORT LEND_NOINLINE static caller_context& of_thread() noexcept {
        return Platform::template local<caller_context>();
    }

private:
    LEND_EXPORT LEND_NOINLINE static typename Platform::template atomic<caller_provider*>&
    slot() noexcept {
        static constinit typename Platform::template atomic<caller_provider*> provider{nullptr};
        return provider;
    }
};

/// Makes the calling thread work for an object and in a transaction until the scope ends.
///
/// Scopes nest; the end of one brings back what was before. An end of a scope ends neither the
/// object nor the transaction: for that there are end_object and end_transaction.
/// @par Thread safety Distinct objects: safe. Ends on the thread that made it.
template <class Platform>
class basic_caller_scope {
public:
    explicit basic_caller_scope(INSTID instance, TRANSID transaction = 0) noexcept
        : before_(basic_caller_source<Platform>::of_thread()) {
        basic_caller_source<Platform>::of_thread() = {instance, transaction, false};
    }

    basic_caller_scope(const basic_caller_scope&) = delete;
    basic_caller_scope& operator=(const basic_caller_scope&) = delete;
    ~basic_caller_scope() { basic_caller_source<Platform>::of_thread() = before_; }

    /// Says that the transaction will not commit. @par Errors None.
    /// @pre This is the innermost scope of the thread.
    void set_aborting() noexcept { basic_caller_source<Platform>::of_thread().is_aborting = true; }

private:
    caller_context before_;
};

/// The scope that users write: `const lend::com::caller_scope scope{object, transaction};`
using caller_scope = basic_caller_scope<default_platform>;

/// Sets the process's provider, null for none, and returns the one before.
/// @par Errors None. @par Thread safety Safe; wait-free.
inline caller_provider* set_caller_provider(caller_provider* provider) noexcept {
    return basic_caller_source<default_platform>::set_provider(provider);
}

} // namespace lend

#endif // LEND_COM_CALLER_CONTEXT_HPP
