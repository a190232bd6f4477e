// SPDX-License-Identifier: MIT
/// @file
/// A resource in the hands of a borrower, and every way in which its use can end.

#ifndef LEND_LEASE_HPP
#define LEND_LEASE_HPP

#include <lend/detail/backroom.hpp>
#include <lend/detail/core.hpp>
#include <lend/detail/forking.hpp>
#include <lend/detail/fresh_stack.hpp>
#include <lend/detail/giving_back.hpp>
#include <lend/detail/looking.hpp>
#include <lend/detail/measuring.hpp>
#include <lend/detail/phases.hpp>
#include <lend/detail/poisoning.hpp>
#include <lend/detail/recency.hpp>
#include <lend/driver.hpp>
#include <lend/platform.hpp>
#include <lend/result.hpp>

#include <memory>
#include <utility>

namespace lend::inline v0_1 {

template <detail::driver_of_a_pool Driver, class Platform>
class pool;

/// The right to use one resource of a pool until the lease ends.
///
/// Behaves like a std::unique_ptr that gives back instead of deleting. It may outlive its pool: the
/// resource is then destroyed when the lease ends. Not for sharing: one thread at a time uses a
/// lease, though it may be moved from thread to thread.
///
/// How a lease ends:
/// - destructor, `release()`, assignment: `reset` is called, and the resource goes to the next
///   waiter or back; if reset fails, it is destroyed.
/// - destructor while an exception unwinds the stack: `destroy`, for what the resource was doing is
///   unknown; with poison_on_unwind = false it is reset as usual.
/// - any of these after `report` of an error that poisons, or after the resource was destroyed by
///   its number or reclaimed: `destroy`, and no reset.
/// - `discard()`: `destroy`.
/// - `detach()`: nothing is called; the resource leaves the pool alive.
/// - destructor, `release()` after the pool was closed: `destroy`.
///
/// A lease that was there when the process was forked is stale in the child: its end calls nothing
/// and says so. What it leads to is the parent's, and the pool's driver may have abandoned it.
///
/// A lease destroyed by a destructor that runs during unwinding counts as unwound, also if it was
/// acquired there; end it with `release()` to give the resource back. A callback, a coroutine, a
/// driver or an observer that lend calls meanwhile does not: what counts there is an exception that
/// leaves a scope of its own.
///
/// Invariant: empty, or the only owner of its slot. Size: two words.
/// Examples: examples/01_first_lease.cpp, examples/tour_lease_ends.cpp.
/// @par Thread safety Distinct objects: safe. Shared objects: not safe.
/// @par Ownership Owns the resource's use; a moved-from lease is empty.
template <detail::driver_of_a_pool Driver, class Platform = default_platform>
class lease {
    using core_type = detail::core<Driver, Platform>;
    using slot_type = typename core_type::slot_type;
    using back = detail::giving_back<core_type>;
    using measure = detail::measuring<core_type>;

public:
    using resource = typename driver_traits<Driver>::resource;

    /// An empty lease.
    lease() noexcept = default;

    LEND_ALWAYS_INLINE lease(lease&& other) noexcept
        : slot_(std::exchange(other.slot_, nullptr)), word_(other.word_) {}

    lease& operator=(lease&& other) noexcept {
        if (this != &other) {
            lease ended(std::move(*this));
            slot_ = std::exchange(other.slot_, nullptr);
            word_ = other.word_;
        }
        return *this;
    }

    LEND_ALWAYS_INLINE ~lease() {
        if (slot_ == nullptr) return;
        if (Platform::unwinding()) [[unlikely]] {
            end_unwound();
            return;
        }
        (void)give_back();
    }

    [[nodiscard]] explicit operator bool() const noexcept { return slot_ != nullptr; }

    /// The resource. @pre Not empty.
    [[nodiscard]] LEND_ALWAYS_INLINE resource& operator*() const noexcept {
        LEND_ASSERT(Platform, slot_ != nullptr);
        return slot_->object;
    }
    [[nodiscard]] LEND_ALWAYS_INLINE resource* operator->() const noexcept {
        LEND_ASSERT(Platform, slot_ != nullptr);
        return std::addressof(slot_->object);
    }

    /// The resource's number, the same for its whole life; 0 for an empty lease.
    [[nodiscard]] typename Platform::handle_word id() const noexcept {
        return slot_ != nullptr ? slot_->number : 0;
    }

    /// Says what the holder is doing now, for pool::holders, reports of leaks and errors of pools
    /// that record their holders. Does nothing elsewhere, and if the lease is empty.
    /// @param text  is copied, up to 46 bytes of it; null: nothing.
    /// @par Errors None. @par Thread safety Wait-free. @par Calls None.
    void note(const char* text) noexcept {
        if (slot_ != nullptr) slot_->borrower.say(text);
    }

    /// Says that an error came up in using the resource, so that it is not lent again if that means
    /// that it is broken. The lease goes on; however it ends, a poisoned resource is destroyed.
    ///
    /// The driver's `classify` decides: `good` changes nothing; `broken` poisons this one;
    /// `backend_gone` poisons it, and those that were made before it go as well, the idle ones now,
    /// the lent ones when they come back. A driver without `classify` cannot tell one error from
    /// another: then every error poisons, but for lend's own, lend_e_..., which say nothing of the
    /// resource. Report what came from the resource, and nothing else.
    /// @return What was found; `broken` without asking if the pool is closed; `good` for an empty
    ///   lease.
    /// @par Errors None; what classify throws counts as `broken`.
    /// @par Thread safety Blocking on the pool's lock for a moment if it is poisoned.
    /// @par Calls classify once; for `backend_gone` destroy for each idle one that is older, on a
    ///   thread of the pool if it may have one; no lock held.
    health report(const error& met) noexcept {
        if (slot_ == nullptr) return health::good;
        return detail::poisoning<core_type>::report(core_type::of(*slot_), *slot_, met);
    }

    /// Gives the resource back.
    /// @par Errors
    ///   lend_e_stale  the lease is empty: it was released before, or moved from; or it is that of
    ///                 the process from which this one was forked.
    ///   s_false       the resource could not be reset, or the pool is closed, or the resource was
    ///                 destroyed by number meanwhile: it is destroyed.
    /// @par Thread safety Lock-free while nobody waits and nothing is to be destroyed.
    /// @par Calls reset once; destroy at most once; no lock held. With reset_on = background, none:
    ///   then it is s_ok before that is known.
    /// @par Complexity Constant; allocates nothing, but the thread that reset_on = background
    /// starts.
    hresult release() noexcept {
        if (slot_ == nullptr) return hr::lend_e_stale;
        if (Platform::unwinding()) [[unlikely]]
            return give_back_on_fresh_stack();
        return give_back();
    }

    /// Ends the lease and has the resource destroyed, because it is broken.
    /// @par Errors lend_e_stale: the lease is empty, or the parent process's. Otherwise what the
    ///   driver's destroy said; with destroy_on = background s_ok.
    /// @par Thread safety Blocking on the pool's lock for a moment.
    /// @par Calls destroy once; no lock held.
    hresult discard() noexcept {
        if (slot_ == nullptr) return hr::lend_e_stale;
        return end_badly(destroy_reason::discarded);
    }

    /// Ends the lease and takes the resource out of the pool, alive. Its number is dead.
    /// @par Errors
    ///   lend_e_stale      the lease is empty, or the parent process's.
    ///   lend_e_condemned  the pool has reclaimed the resource; it is destroyed.
    /// @par Thread safety Blocking on the pool's lock for a moment.
    /// @par Calls None; destroy if it was reclaimed, no lock held.
    /// @par Ownership The caller owns the resource; the driver never hears of it again.
    [[nodiscard]] result<resource> detach() noexcept {
        if (slot_ == nullptr) return hr::lend_e_stale;
        return take_out();
    }

private:
    friend class pool<Driver, Platform>;

    // The second half of `detach`: with one return, so that the result is not moved once more.
    result<resource> take_out() noexcept {
        slot_type& s = *std::exchange(slot_, nullptr);
        detail::checks<core_type>::is_held(s, word_);
        if (detail::forking<core_type>::is_inherited(s)) return hr::lend_e_stale;
        core_type& core = core_type::of(s);
        if (measure::is_attended(word_)) measure::use_ends(core, s, hr::s_ok);
        typename core_type::lock_type lock(core.mutex);
        core.wait_for_interrupt(lock, s);
        if (detail::lending_word::is(s.word.peek(), detail::lending_word::reclaimed)) {
            (void)back::destroy_locked(core, lock, s, back::use::lease, s.why);
            return hr::lend_e_condemned;
        }
        back::begin_destroying(s, back::use::lease); // nobody looks at the slot's type from here on
        lock.unlock();
        result<resource> out(std::move(s.object));
        (void)core.numbers.erase(s.number);
        core_type::calls::end(s.object);
        core_type::end_type(s);
        core.events.detached(static_cast<event_number>(s.number));
        lock.lock();
        ++core.counted.detached;
        detail::making<core_type>::leave_vacant(core, lock, s);
        return out;
    }

    LEND_ALWAYS_INLINE lease(slot_type& s, detail::lending_word::type word) noexcept
        : slot_(&s), word_(word) {
        detail::checks<core_type>::is_clean(s);
        detail::checks<core_type>::note_clean(s, false);
    }

    LEND_ALWAYS_INLINE hresult give_back() noexcept {
        if (measure::is_attended(word_)) [[unlikely]]
            return give_back_attended();
        return end_use<false>();
    }

    LEND_NOINLINE hresult give_back_attended() noexcept {
        if (detail::forking<core_type>::is_inherited(*slot_)) { // its core may be gone
            slot_ = nullptr;
            return hr::lend_e_stale;
        }
        return end_use<true>();
    }

    template <bool Attended>
    LEND_ALWAYS_INLINE hresult end_use() noexcept {
        slot_type& s = *std::exchange(slot_, nullptr);
        const detail::lending_word::type held = word_;
        detail::checks<core_type>::is_held(s, held);
        core_type& core = core_type::of(s);
        if constexpr (Attended) measure::use_ends(core, s, hr::s_ok);
        if constexpr (driver_traits<Driver>::has_reset) {
            if constexpr (Attended) {
                if (core.options.reset_on == reset_mode::background)
                    return detail::backroom<core_type>::reset_later(core, s);
            }
            bool clean = false;
            const bool open = detail::phases<core_type>::during(
                s, detail::slot_phase::resetting,
                [&] {
                    clean = core_type::calls::reset(
                        core.driver, s.object, core.options.reset_timeout,
                        [&](const error& e) { core.events.reset_failed(s.number, e); });
                },
                detail::lending_word::condemned);
            if (!open) [[unlikely]]
                return back::clean_slowly(core, s, back::use::lease);
            if constexpr (Attended) measure::reset_ended(core, s, clean);
            if (!clean) [[unlikely]]
                return end_unclean(core, s);
        }
        detail::checks<core_type>::note_clean(s, true);
        // What this thread will find if it comes first; noted before the slot is let go.
        auto& last = core.remembered();
        if (last.slot == &s) [[likely]] {
            last.expected = detail::lending_word::count_of(held) +
                            detail::lending_word::one_lending + detail::lending_word::idle;
            core_type::note_kind(last, s); // the lease may come from another thread
        }
        detail::recency<core_type>::used(core, s, held, last);
        if (back::fast(s, held, back::use::lease)) [[likely]]
            return hr::s_ok;
        return back::clean_slowly(core, s, back::use::lease);
    }

    static LEND_NOINLINE hresult end_unclean(core_type& core, slot_type& s) noexcept {
        (void)back::destroy(core, s, back::use::lease, destroy_reason::reset_failed);
        return hr::s_false;
    }

    // An exception is unwinding the stack: this borrower's, or that of one further up.
    LEND_NOINLINE void end_unwound() noexcept {
        if (detail::forking<core_type>::is_inherited(*slot_)) return; // its core may be gone
        if (core_type::of(*slot_).options.poison_on_unwind &&
            detail::fresh_stack<Platform>::unwinds()) {
            (void)end_badly(destroy_reason::poisoned);
        } else {
            (void)give_back_on_fresh_stack();
        }
    }

    LEND_NOINLINE hresult give_back_on_fresh_stack() noexcept {
        const detail::fresh_stack<Platform> stack;
        return give_back();
    }

    LEND_NOINLINE hresult end_badly(destroy_reason why) noexcept {
        const detail::fresh_stack<Platform> stack;
        slot_type& s = *std::exchange(slot_, nullptr);
        detail::checks<core_type>::is_held(s, word_);
        core_type& core = core_type::of(s);
        if (measure::is_attended(word_)) measure::use_ends(core, s, hr::s_false);
        return back::destroy(core, s, back::use::lease, why);
    }

    slot_type* slot_ = nullptr;
    detail::lending_word::type word_ = 0;
};

} // namespace lend

#endif // LEND_LEASE_HPP
