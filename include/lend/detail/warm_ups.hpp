// SPDX-License-Identifier: MIT
/// @file
/// Who waits for resources to come up, without wanting to borrow one. The nodes live on their
/// callers' stacks; nothing here allocates.

#ifndef LEND_DETAIL_WARM_UPS_HPP
#define LEND_DETAIL_WARM_UPS_HPP

#include <lend/detail/lending_word.hpp>
#include <lend/error.hpp>

#include <cstddef>
#include <vector>

namespace lend::inline v0_1 {
namespace detail {

// One warm-up under way. The fields change under the pool's lock.
template <class Platform>
struct warm_up_call {
    std::size_t under_way = 0; // creates started for it that have not ended
    std::size_t came_up = 0;   // creates that succeeded
    std::size_t failed = 0;
    std::vector<error> failures; // has room for all that are told
    event_count<Platform> changes;
    warm_up_call* next = nullptr;

    void fail(const error& why) noexcept {
        ++failed;
        if (failures.size() < failures.capacity()) failures.push_back(why);
    }
};

// All warm-ups of a pool. A create that ends is counted for the first of them that has one under
// way: resources are alike, and it does not matter for whom each was begun.
//
// All members are called under the pool's lock, under which the nodes come and go.
template <class Platform>
class warm_up_list {
public:
    using node = warm_up_call<Platform>;

    void enter(node& w) noexcept {
        w.next = first_;
        first_ = &w;
    }

    void leave(const node& w) noexcept {
        node** at = &first_;
        while (*at != &w) at = &(*at)->next;
        *at = w.next;
    }

    // A create that was queued has succeeded.
    void came_up() noexcept {
        if (node* const w = first_with_creates()) {
            ++w->came_up;
            tell(*w);
        }
    }

    // A create that was queued has failed, or was not tried after all.
    void failed(const error* why) noexcept {
        if (node* const w = first_with_creates()) {
            if (why != nullptr) w->fail(*why);
            tell(*w);
        }
    }

    // The pool is closed.
    void tell_all() noexcept {
        for (node* w = first_; w != nullptr; w = w->next) wake(*w);
    }

private:
    [[nodiscard]] node* first_with_creates() const noexcept {
        node* w = first_;
        while (w != nullptr && w->under_way == 0) w = w->next;
        return w;
    }

    static void tell(node& w) noexcept {
        --w.under_way;
        wake(w);
    }

    static void wake(node& w) noexcept {
        w.changes.change();
        w.changes.wake();
    }

    node* first_ = nullptr;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_WARM_UPS_HPP
