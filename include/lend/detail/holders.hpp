// SPDX-License-Identifier: MIT
/// @file
/// Who holds what: from the borrowers' records in the slots to what people are shown. The records
/// themselves are in holder_record.hpp.

#ifndef LEND_DETAIL_HOLDERS_HPP
#define LEND_DETAIL_HOLDERS_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/holder_record.hpp>
#include <lend/detail/later.hpp>
#include <lend/detail/measuring.hpp>
#include <lend/holder_info.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace lend::inline v0_1 {
namespace detail {

// The fast path of acquire stores no time. Whoever looks at the slots under the lock (a sweep, an
// error at a time-out, a caller who begins to wait where nobody waited) notes when it first saw
// each lending; from then on it is known to be held at least so long.
//
// All members but `begin` are called under the pool's lock. While it is held, no slot in use gets
// another number: see by_number.hpp.
template <class Core>
struct holders {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using time_point = typename Core::time_point;
    using request_type = typename Core::request_type;

    // By whoever has been given a slot, before anybody may use the lease: writes down who it is,
    // and when, if the pool wants to know. Without the lock.
    static void
    begin(Core& core, slot_type& s, lending_word::type word, const request_type& asked) noexcept {
        if (core.measures_uses) [[unlikely]]
            measuring<Core>::use_begins(core, s, asked.traced(core.options.name));
        if (!core.records()) return;
        const bool in_person = asked.asked_by == 0;
        s.borrower.begin(word, {asked.site, asked.note, asked.detect_leak, in_person},
                         in_person ? platform::thread_id() : asked.asked_by);
    }

    // Notes the time of lendings that nobody has seen yet, where holders are recorded.
    static void observe(Core& core, time_point now) noexcept {
        core.slots.for_each([&](slot_type& s) { (void)recorded(s, now); });
    }

    // Whether a borrower has what is in a slot with this word: it is not just looked at, and its
    // lease has not ended. A reset on the borrower's thread is a part of the lease.
    static bool is_lent(const Core& core, const slot_type& s, lending_word::type word) noexcept {
        if (!lending_word::is_out(word)) return false;
        if (!Core::ordered && lending_word::is_viewed(word)) return false;
        return !has_no_holder(core, s);
    }

    // Whether it is with the pool itself, to be reset or destroyed after its lease has ended.
    static bool is_in_backroom(const Core& core, const slot_type& s) noexcept {
        // Relaxed: as in `has_no_holder`.
        const slot_phase phase = s.phase.load(std::memory_order_relaxed);
        return phase == slot_phase::destroying ||
               (phase == slot_phase::resetting && core.options.reset_on == reset_mode::background);
    }

    // Who holds the slot. Nothing if it is not lent, only looked at, or in the backroom, for its
    // lease has ended. In a pool that does not record its holders: the number alone.
    static std::optional<holder_info> of(Core& core, slot_type& s, time_point now) noexcept {
        const lending_word::type word = s.word.see();
        if (!lending_word::is_out(word)) return std::nullopt;
        if (!Core::ordered && lending_word::is_viewed(word)) return std::nullopt;
        holder_info found;
        if (core.records()) {
            const std::optional<recorded_borrower> by = recorded(s, now);
            if (!by) return std::nullopt;
            found = as_info(core, s, *by, now);
        } else if (has_no_holder(core, s)) {
            return std::nullopt;
        }
        found.id = s.number;
        found.pool = core.options.name;
        return found;
    }

    // All who hold; where memory is out, as many as there was memory for.
    static std::vector<holder_info> all(Core& core, time_point now) noexcept {
        std::vector<holder_info> found;
        LEND_TRY {
            found.reserve(core.size);
            core.slots.for_each([&](slot_type& s) {
                if (const auto holder = of(core, s, now)) found.push_back(*holder);
            });
        }
        LEND_CATCH_ALL {
            // Some are better than none.
        }
        return found;
    }

    // Who has held for longest, where that is recorded.
    static std::optional<holder_info> oldest(Core& core, time_point now) noexcept {
        std::optional<holder_info> found;
        if (!core.records()) return found;
        core.slots.for_each([&](slot_type& s) {
            const auto holder = of(core, s, now);
            if (holder && (!found || holder->held_for > found->held_for)) found = holder;
        });
        return found;
    }

    // The borrower's record, if the slot is lent. Notes the time if nobody has seen that lending
    // yet, and while the resource is reset: then the borrower has given it back, and how long that
    // takes is no fault of its own.
    static std::optional<recorded_borrower> recorded(slot_type& s, time_point now) noexcept {
        const std::optional<recorded_borrower> by = s.borrower.read(s.word);
        if (by && (s.watched.count != by->count || is_being_reset(s))) s.watched = {by->count, now};
        return by;
    }

    // What is known of a slot whose record was just read.
    static holder_info as_info(const Core& core,
                               const slot_type& s,
                               const recorded_borrower& by,
                               time_point now) noexcept {
        // A sweep may be given a time before that of another look.
        const auto seen = between(s.watched.since, (std::max)(now, s.watched.since));
        return {.id = s.number,
                .site = by.site,
                .thread = by.thread,
                .held_for = std::chrono::duration_cast<std::chrono::nanoseconds>(seen),
                .note = by.note,
                .pool = core.options.name};
    }

private:
    static bool is_being_reset(const slot_type& s) noexcept {
        // Relaxed: the reset of a moment does not matter, and a longer one is seen.
        return s.phase.load(std::memory_order_relaxed) == slot_phase::resetting;
    }

    // Of a slot in use whose pool records nobody.
    static bool has_no_holder(const Core& core, const slot_type& s) noexcept {
        // Relaxed: who looks at a slot, or comes from the backroom with it, does so for a moment,
        // and may be taken for its holder.
        const slot_phase phase = s.phase.load(std::memory_order_relaxed);
        return phase == slot_phase::rating || phase == slot_phase::checking ||
               is_in_backroom(core, s);
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_HOLDERS_HPP
