// SPDX-License-Identifier: MIT
/// @file
/// Slots in a line, linked through their own `next`: entering allocates nothing.

#ifndef LEND_DETAIL_SLOT_QUEUE_HPP
#define LEND_DETAIL_SLOT_QUEUE_HPP

#include <lend/detail/cpp20.hpp>

#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// First in, first out. A slot is in one queue at most, and owned by it. All members are called
// under the pool's lock.
template <class Slot>
class slot_queue {
public:
    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
    // The others follow by `next`.
    [[nodiscard]] Slot* first() const noexcept { return first_; }

    void push(Slot& s) noexcept {
        s.next = nullptr;
        (first_ == nullptr ? first_ : last_->next) = &s;
        last_ = &s;
    }

    // Takes the first one out; null if there is none.
    [[nodiscard]] Slot* pop() noexcept {
        return take([](const Slot&) { return true; });
    }

    // Takes the first one out for which `fits` is true; null if there is none. Linear.
    template <class Fits>
    [[nodiscard]] Slot* take(const Fits& fits) noexcept {
        Slot* before = nullptr;
        Slot* s = first_;
        for (; s != nullptr && !fits(*s); s = s->next) before = s;
        if (s == nullptr) return nullptr;
        (before == nullptr ? first_ : before->next) = std::exchange(s->next, nullptr);
        if (last_ == s) last_ = before;
        return s;
    }

private:
    Slot* first_ = nullptr;
    Slot* last_ = nullptr;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_SLOT_QUEUE_HPP
