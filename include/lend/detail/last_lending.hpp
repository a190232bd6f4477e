// SPDX-License-Identifier: MIT
/// @file
/// Since when nothing has been lent, as far as is known, though a lending writes down no time.

#ifndef LEND_DETAIL_LAST_LENDING_HPP
#define LEND_DETAIL_LAST_LENDING_HPP

#include <lend/detail/later.hpp>
#include <lend/detail/lending_word.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// Each look adds up how many lendings have begun in all slots: those that have ended, which the
// words count, and those that last. A later look that finds the same sum knows that nothing was
// lent in between. What is being made counts as lent already, for it comes into somebody's hands.
// A look visits every slot under the pool's lock, so it is not made more often than it is worth.
//
// All members are called under the pool's lock.
template <class Platform>
class last_lending {
public:
    using time_point = typename Platform::time_point;
    using duration = typename Platform::duration;

    // When something was lent at the latest: `now` where nothing is known. `worth`: the shortest
    // time without a lending that is of interest.
    template <class Slots>
    time_point before(Slots& slots, time_point now, duration worth) noexcept {
        const auto cost = a_slot * static_cast<typename duration::rep>(slots.size());
        if (looked_ && between(looked_at_, now) < (std::max)(worth, duration(cost))) return now;
        std::uint64_t sum = 0;
        slots.for_each([&](auto& s) { sum += lendings_of(s.word.peek()); });
        if (!looked_ || sum != sum_) changed_at_ = now;
        looked_ = true;
        sum_ = sum;
        looked_at_ = now;
        return changed_at_;
    }

private:
    // A visit costs some 50 ns; a hundred times as much, or the lock is held for too long in all.
    static constexpr duration a_slot = std::chrono::microseconds(5);

    static std::uint64_t lendings_of(lending_word::type word) noexcept {
        const bool lent = lending_word::is(word, lending_word::in_use) ||
                          lending_word::is(word, lending_word::parked) ||
                          lending_word::is(word, lending_word::creating);
        return lending_word::count_of(word) / lending_word::one_lending + (lent ? 1 : 0);
    }

    bool looked_ = false;
    std::uint64_t sum_ = 0;
    time_point looked_at_{};
    time_point changed_at_{};
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_LAST_LENDING_HPP
