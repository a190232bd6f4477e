// SPDX-License-Identifier: MIT
/// @file
/// Whether a housekeeper is wanted for whom no thread could be had, and when to try again.

#ifndef LEND_DETAIL_LACKING_KEEPER_HPP
#define LEND_DETAIL_LACKING_KEEPER_HPP

#include <lend/detail/later.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>

namespace lend::inline v0_1 {
namespace detail {

// Written under the pool's lock; who sees it late without the lock, tries again late.
template <class Platform>
class lacking_keeper {
public:
    using time_point = typename Platform::time_point;

    [[nodiscard]] bool lacks() const noexcept {
        // Relaxed: see above.
        return tries_.load(std::memory_order_relaxed) != 0;
    }
    // Whether each acquire is to leave the fast path for it. Not for ever: where there never are
    // threads, those that leave it anyway are enough.
    [[nodiscard]] bool asks_all() const noexcept {
        // Relaxed: see above.
        const unsigned tries = tries_.load(std::memory_order_relaxed);
        return tries != 0 && tries < most_tries;
    }

    // Under the lock: one was to be started, or is not wanted any more. A shortage of threads is
    // not made worse by trying all the time.
    void started(bool runs) noexcept {
        // Relaxed: see above.
        const unsigned before = tries_.load(std::memory_order_relaxed);
        const unsigned tries = runs ? 0 : (std::min)(before + 1, most_tries);
        tries_.store(tries, std::memory_order_relaxed);
        if (!runs) next_ = later(Platform::now(), pause * (1 << (std::min)(before, 6U)));
    }
    // Under the lock.
    [[nodiscard]] bool may_try(time_point now) const noexcept { return now >= next_; }

private:
    static constexpr typename Platform::duration pause = std::chrono::milliseconds(10);
    static constexpr unsigned most_tries = 10; // within some four seconds

    typename Platform::template atomic<unsigned> tries_{0};
    time_point next_{};
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_LACKING_KEEPER_HPP
