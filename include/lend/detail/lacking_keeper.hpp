// SPDX-License-Identifier: MIT
/// @file
/// Whether a housekeeper is wanted for whom no thread could be had, and when to try again.

#ifndef LEND_DETAIL_LACKING_KEEPER_HPP
#define LEND_DETAIL_LACKING_KEEPER_HPP

#include <lend/detail/later.hpp>

#include <atomic>
#include <chrono>

namespace lend::inline v0_1 {
namespace detail {

// Written under the pool's lock; who sees it late without the lock, tries again late.
template <class Platform>
class lacking_keeper {
public:
    using time_point = typename Platform::time_point;

    // Relaxed: see above.
    [[nodiscard]] bool lacks() const noexcept { return lacks_.load(std::memory_order_relaxed); }

    // Under the lock: one was to be started, or is not wanted any more. A shortage of threads is
    // not made worse by trying all the time.
    void started(bool runs) noexcept {
        // Relaxed: see above.
        lacks_.store(!runs, std::memory_order_relaxed);
        if (!runs) next_ = later(Platform::now(), pause);
    }
    // Under the lock.
    [[nodiscard]] bool may_try(time_point now) const noexcept { return now >= next_; }

private:
    static constexpr typename Platform::duration pause = std::chrono::milliseconds(10);

    typename Platform::template atomic<bool> lacks_{false};
    time_point next_{};
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_LACKING_KEEPER_HPP
