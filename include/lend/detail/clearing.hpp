// SPDX-License-Identifier: MIT
/// @file
/// Everything that there is, or is of one key, is replaced: at once, or spread over an interval.

#ifndef LEND_DETAIL_CLEARING_HPP
#define LEND_DETAIL_CLEARING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/lifetimes.hpp>
#include <lend/detail/quota.hpp>
#include <lend/detail/sending_away.hpp>

#include <chrono>
#include <cstddef>

namespace lend::inline v0_1 {
namespace detail {

// What exists, or is being made, at the call is of the old generation; its slots are told under the
// lock, so that no acquire that begins after the call gets any of it.
template <class Core>
struct clearing {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using time_point = typename Core::time_point;
    using away = sending_away<Core>;
    using lives = lifetimes<platform>;

    // Returns how many were idle, and are destroyed.
    static std::size_t clear(Core& core) noexcept {
        return clear_those(core, [](const slot_type&) { return true; });
    }

    // The same of one key. What is queued for nobody in particular is of no key yet.
    static std::size_t clear_key(Core& core, const tally& key) noexcept {
        return clear_those(core, [&](const slot_type& s) { return s.charge.to == &key; });
    }

    // Lowers the time at which each is to go. Returns how many there are.
    static std::size_t clear_over(Core& core, std::chrono::nanoseconds interval) noexcept {
        const lock_type lock(core.mutex);
        if (core.closing) return 0;
        const time_point now = platform::now();
        std::size_t count = 0;
        core.slots.for_each([&](slot_type& s) { count += stays(s.word.peek()) ? 1U : 0U; });
        std::size_t at = 0;
        core.slots.for_each([&](slot_type& s) {
            const lending_word::type word = s.word.see();
            if (!stays(word)) return;
            const time_point goes = lives::spread(now, interval, at++, count);
            if (goes >= s.expires_at) return;
            s.expires_at = goes;
            // What is condemned goes for that reason, and at once.
            if (!lending_word::has(word, lending_word::condemned)) s.why = destroy_reason::cleared;
        });
        core.start_housekeeper();
        core.call_housekeeper();
        return count;
    }

private:
    template <class Concerns>
    static std::size_t clear_those(Core& core, const Concerns& concerns) noexcept {
        slot_type* idle = nullptr;
        {
            const lock_type lock(core.mutex);
            if (core.closing) return 0;
            core.slots.for_each([&](slot_type& s) {
                if (concerns(s)) away::send(core, s, destroy_reason::cleared, idle);
            });
        }
        const std::size_t destroyed = away::destroy_as_chosen(core, idle);
        const lock_type lock(core.mutex);
        core.call_housekeeper(); // some may have to be kept ready
        return destroyed;
    }

    // Neither empty nor on its way out; who holds the lock sees no slot enter or leave these
    // states.
    static bool stays(lending_word::type word) noexcept {
        return lending_word::is(word, lending_word::idle) ||
               lending_word::is(word, lending_word::in_use) ||
               lending_word::is(word, lending_word::creating);
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_CLEARING_HPP
