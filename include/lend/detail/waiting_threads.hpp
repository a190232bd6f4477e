// SPDX-License-Identifier: MIT
/// @file
/// Which threads wait for a resource of a pool, so that a pool whose holders all wait for it can be
/// told from one that is merely busy. Only for pools that record their holders.

#ifndef LEND_DETAIL_WAITING_THREADS_HPP
#define LEND_DETAIL_WAITING_THREADS_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/holders.hpp>
#include <lend/holder_info.hpp>
#include <lend/source_site.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace lend::inline v0_1 {
namespace detail {

// A thread's stay in the list, from before it queues until it has its answer: longer than in the
// queue, so that of several whose time is up together the first to ask still finds the others here.
template <class Core>
class waits_in_person {
    using platform = typename Core::platform;
    using lock_type = typename Core::lock_type;

public:
    explicit waits_in_person(Core& core) noexcept : core_(core) {
        if (!core.records()) return;
        me_.id = platform::thread_id();
        core.add_share(); // the pool may be gone before this caller is
        const auto now = platform::now();
        const lock_type lock(core.mutex);
        // What is held while somebody waits is seen from the beginning.
        if (core.waiting_threads == nullptr) holders<Core>::observe(core, now);
        me_.next = core.waiting_threads;
        if (me_.next != nullptr) me_.next->previous = &me_;
        core.waiting_threads = &me_;
    }
    waits_in_person(const waits_in_person&) = delete;
    waits_in_person& operator=(const waits_in_person&) = delete;
    ~waits_in_person() {
        if (!core_.records()) return;
        {
            const lock_type lock(core_.mutex);
            (me_.previous == nullptr ? core_.waiting_threads : me_.previous->next) = me_.next;
            if (me_.next != nullptr) me_.next->previous = me_.previous;
        }
        core_.drop_share();
    }

private:
    Core& core_;
    waiting_thread me_;
};

// The diagnoses. Under the lock.
template <class Core>
struct lock_ups {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using time_point = typename Core::time_point;
    using who = holders<Core>;

    // True if there is nothing to wait for: every resource that may exist is held by a thread that
    // itself waits for one. Linear in the resources times the threads that wait, and ends at the
    // first holder who does not.
    static bool nobody_can_go_on(Core& core, time_point now) noexcept {
        if (!core.records() || core.room() > 0) return false;
        return core.slots.find([&](slot_type& s) {
            const lending_word::type word = s.word.see();
            if (lending_word::is(word, lending_word::empty)) return false;
            if (lending_word::is(word, lending_word::reclaimed)) return false; // never comes back
            const auto by = who::recorded(s, now);
            return !by || !by->in_person || !waits(core, by->thread);
        }) == nullptr;
    }

    // What the resources' holders are to be told by: their sites, as many as one can read.
    static std::string sites(Core& core, time_point now, std::uint64_t of_thread = 0) {
        constexpr std::size_t most = 8;
        std::string text;
        std::size_t count = 0;
        core.slots.for_each([&](slot_type& s) {
            const auto by = who::recorded(s, now);
            if (!by || (of_thread != 0 && by->thread != of_thread) || ++count > most) return;
            text.append(text.empty() ? "" : "; ")
                .append(to_string(who::as_info(core, s, *by, now)));
        });
        if (count > most)
            text.append("; and ").append(std::to_string(count - most)).append(" more");
        return text;
    }

private:
    static bool waits(const Core& core, std::uint64_t thread) noexcept {
        const waiting_thread* at = core.waiting_threads;
        while (at != nullptr && at->id != thread) at = at->next;
        return at != nullptr;
    }
};

// Asks whether a thread may have another resource, for pools that want to know. What was acquired
// without a thread that waits is held by none.
template <class Core>
struct multiple_acquires {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using time_point = typename Core::time_point;
    using who = holders<Core>;

    // Why the calling thread may not; nothing if it may, or if the pool is closed, which is said
    // elsewhere. `site` is where it asks. Linear in the resources; no lock is held.
    static std::optional<error> refusal(Core& core, const source_site& site) noexcept {
        if (core.options.multiple_acquire == multiple_acquire_mode::allow) return std::nullopt;
        std::optional<holder_info> held;
        std::optional<error> why;
        {
            const lock_type lock(core.mutex);
            if (core.closing) return why;
            const time_point now = platform::now();
            held = held_by(core, platform::thread_id(), now);
            if (!held) return why;
            if (core.options.multiple_acquire == multiple_acquire_mode::refuse)
                why = refused(core, *held, now);
        }
        if (!why) core.events.acquired_again(*held, site);
        return why;
    }

private:
    static std::optional<holder_info>
    held_by(Core& core, std::uint64_t thread, time_point now) noexcept {
        std::optional<holder_info> found;
        core.slots.find([&](slot_type& s) {
            const auto by = who::recorded(s, now);
            if (by && by->in_person && by->thread == thread)
                found = who::as_info(core, s, *by, now);
            return found.has_value();
        });
        return found;
    }

    static error refused(Core& core, const holder_info& held, time_point now) noexcept {
        LEND_TRY {
            return error(hr::lend_e_pool_locked,
                         "multiple_acquire is refuse, and this thread holds " +
                             lock_ups<Core>::sites(core, now, held.thread))
                .with_oldest_holder(held);
        }
        LEND_CATCH_ALL { return hr::lend_e_pool_locked; } // no memory for the words
        return hr::lend_e_pool_locked;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_WAITING_THREADS_HPP
