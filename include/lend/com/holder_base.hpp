// SPDX-License-Identifier: MIT
/// @file
/// What a manager needs of a holder, and what a holder needs of its manager: the list of the open
/// holders, the sweep, the ends of transactions and objects. Neither knows the other's class.

#ifndef LEND_COM_HOLDER_BASE_HPP
#define LEND_COM_HOLDER_BASE_HPP

#include <lend/com/types.hpp>
#include <lend/detail/fork_watch.hpp>
#include <lend/detail/later.hpp>
#include <lend/platform.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

namespace lend::inline v0_1::com {

/// A holder as its manager sees it: an entry of the manager's list.
template <class Platform>
class holder_base {
public:
    /// Destroys what has been idle too long; true if something may still expire later.
    virtual bool sweep(typename Platform::time_point now) noexcept = 0;
    /// The transaction is over, however it ended.
    virtual void end_transaction(TRANSID transaction) noexcept = 0;
    /// The object is over.
    virtual void end_object(INSTID instance) noexcept = 0;
    /// Counts a reference unless the last one is gone already.
    [[nodiscard]] virtual bool try_add_ref() noexcept = 0;
    /// Gives a counted reference back.
    virtual void give_ref_back() noexcept = 0;

    holder_base(const holder_base&) = delete;
    holder_base& operator=(const holder_base&) = delete;

protected:
    holder_base() = default;
    ~holder_base() = default;

private:
    template <class>
    friend class manager_core;
    holder_base* next_ = nullptr;
    std::uint64_t serial_ = 0; // grows along the list; 0: not in it
};

/// The state that a manager shares with its holders and with its thread.
///
/// The thread starts when the first resource is made that can expire, sleeps while none is idle,
/// and ends by itself after `stop`; nobody joins it. It owns a share of this state, not of the
/// manager.
///
/// @par Thread safety
///   Shared objects: safe. Blocking, on one lock that is never held while a holder is called.
template <class Platform>
class manager_core {
public:
    using duration = typename Platform::duration;
    using time_point = typename Platform::time_point;

    explicit manager_core(duration sweep_period) noexcept : period_(sweep_period) {}

    /// True in a child that was forked since: then nothing of this is used any more, nor of the
    /// holders and their dispensers, which are the parent's. Whoever finds that leaves at once.
    [[nodiscard]] bool is_inherited() const noexcept { return mark_.is_inherited(); }

    /// Enters a holder at the end of the list. @par Errors None: nothing is allocated.
    void attach(holder_base<Platform>& holder) noexcept {
        const std::lock_guard lock(mutex_);
        holder.serial_ = ++last_serial_;
        holder_base<Platform>** at = &first_;
        while (*at != nullptr) at = &(*at)->next_;
        *at = &holder;
    }

    /// Takes a holder out of the list. @par Errors None.
    void detach(holder_base<Platform>& holder) noexcept {
        const std::lock_guard lock(mutex_);
        for (holder_base<Platform>** at = &first_; *at != nullptr; at = &(*at)->next_) {
            if (*at != &holder) continue;
            *at = holder.next_;
            holder.serial_ = 0;
            return;
        }
    }

    /// Calls `f(holder)` for every holder, oldest first, with a reference and without a lock. One
    /// that is attached or detached meanwhile may be left out.
    template <class F>
    void for_each(const F& f) noexcept {
        if (is_inherited()) return;
        std::uint64_t seen = 0;
        while (holder_base<Platform>* const holder = next_after(seen)) {
            f(*holder);
            holder->give_ref_back();
        }
    }

    /// Sweeps every holder; true if something may still expire later.
    bool sweep(time_point now) noexcept {
        bool more = false;
        for_each([&](holder_base<Platform>& holder) { more = holder.sweep(now) || more; });
        return more;
    }

    /// Says that a resource was made that can expire. Starts the thread; if none can be started,
    /// the next such resource tries again. Whoever frees it does not, for that must take no memory.
    /// @par Errors None.
    void expect_expirable(const std::shared_ptr<manager_core>& self) noexcept {
        const std::lock_guard lock(mutex_);
        if (has_thread_) return;
        auto* share = new (std::nothrow) std::shared_ptr<manager_core>(self);
        has_thread_ = share != nullptr && Platform::start_thread("lend-sweep", &run, share);
        if (!has_thread_) delete share;
    }

    /// Says that a resource became idle that can expire, after it became so.
    /// @par Errors None. @par Thread safety Lock-free.
    void note_expirable() noexcept {
        // (1) seq-cst-load is totally ordered with the seq-cst-exchange (3)
        if (is_armed_.load(std::memory_order_seq_cst)) return;
        // (2) seq-cst-exchange is totally ordered with the seq-cst-exchange (3)
        is_armed_.exchange(true, std::memory_order_seq_cst);
        wake();
    }

    /// Ends the thread, soon. @par Errors None.
    void stop() noexcept {
        // (4) release-store synchronizes-with the acquire-load (5)
        is_stopped_.store(true, std::memory_order_release);
        wake();
    }

private:
    [[nodiscard]] holder_base<Platform>* next_after(std::uint64_t& seen) noexcept {
        const std::lock_guard lock(mutex_);
        for (holder_base<Platform>* at = first_; at != nullptr; at = at->next_) {
            if (at->serial_ <= seen || !at->try_add_ref()) continue;
            seen = at->serial_;
            return at;
        }
        return nullptr;
    }

    static void run(void* argument) {
        auto* const share = static_cast<std::shared_ptr<manager_core>*>(argument);
        (*share)->loop();
        delete share;
    }

    void loop() noexcept {
        for (;;) {
            // (6) acquire-load synchronizes-with the release-fetch-add (7)
            const auto bell = bell_.load(std::memory_order_acquire);
            // (5) acquire-load synchronizes-with the release-store (4)
            if (is_stopped_.load(std::memory_order_acquire)) return;
            // (8) seq-cst-load is totally ordered with the seq-cst-exchange (2)
            if (!is_armed_.load(std::memory_order_seq_cst)) {
                Platform::park(bell_, bell, (time_point::max)());
                continue;
            }
            if (!sleep_one_period()) return;
            // (3) seq-cst-exchange is totally ordered with the seq-cst-load (1): a resource that
            // became idle too late for this sweep finds the flag down and raises it.
            is_armed_.exchange(false, std::memory_order_seq_cst);
            // (9) seq-cst-exchange is totally ordered with the seq-cst-load (8)
            if (sweep(Platform::now())) is_armed_.exchange(true, std::memory_order_seq_cst);
        }
    }

    // False if the manager ended meanwhile.
    [[nodiscard]] bool sleep_one_period() noexcept {
        const time_point due = detail::later(Platform::now(), period_);
        for (;;) {
            // (10) acquire-load synchronizes-with the release-fetch-add (7)
            const auto bell = bell_.load(std::memory_order_acquire);
            // (11) acquire-load synchronizes-with the release-store (4)
            if (is_stopped_.load(std::memory_order_acquire)) return false;
            if (Platform::now() >= due) return true;
            Platform::park(bell_, bell, due);
        }
    }

    void wake() noexcept {
        // (7) release-fetch-add synchronizes-with the acquire-load (6)
        bell_.fetch_add(1, std::memory_order_release);
        Platform::unpark_one(bell_);
    }

    template <class T>
    using atomic = typename Platform::template atomic<T>;

    const duration period_;
    lend::detail::fork_mark mark_;
    typename Platform::mutex mutex_;
    holder_base<Platform>* first_ = nullptr;
    std::uint64_t last_serial_ = 0;
    bool has_thread_ = false;
    atomic<bool> is_armed_{false};
    atomic<bool> is_stopped_{false};
    atomic<std::uint32_t> bell_{0};
};

} // namespace lend

#endif // LEND_COM_HOLDER_BASE_HPP
