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
template <class Platform, class Type>
struct warm_up_call {
    const Type* type = nullptr;
    std::size_t came_up = 0;     // resources of its type that were made in advance
    bool hopeless = false;       // it is to start no more
    std::vector<error> failures; // has room for all that are told
    event_count<Platform> changes;
    warm_up_call* next = nullptr;

    void fail(const error& why) noexcept {
        if (failures.size() < failures.capacity()) failures.push_back(why);
    }
};

// All warm-ups of a pool. Each hears of all creates of its type, whoever began them: it wants
// resources to be there, and does not mind for whom they were made.
//
// All members are called under the pool's lock, under which the nodes come and go.
template <class Platform, class Type>
class warm_up_list {
public:
    using node = warm_up_call<Platform, Type>;

    void enter(node& w) noexcept {
        w.next = first_;
        first_ = &w;
    }

    void leave(const node& w) noexcept {
        node** at = &first_;
        while (*at != &w) at = &(*at)->next;
        *at = w.next;
    }

    // A create in advance has succeeded, of a type that is wanted where `fits` is true.
    template <class Fits>
    void came_up(const Fits& fits) {
        for (node* w = first_; w != nullptr; w = w->next) w->came_up += fits(*w->type) ? 1U : 0U;
        tell_all();
    }

    // A create has failed. `for_good`: it is no use to try again now.
    template <class Fits>
    void failed(const Fits& fits, const error& why, bool for_good) {
        for (node* w = first_; w != nullptr; w = w->next) {
            if (!fits(*w->type)) continue;
            w->fail(why);
            w->hopeless |= for_good;
        }
        tell_all();
    }

    // The pool is closed, or a create has ended, whatever came of it.
    void tell_all() noexcept {
        for (node* w = first_; w != nullptr; w = w->next) {
            w->changes.change();
            w->changes.wake();
        }
    }

private:
    node* first_ = nullptr;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_WARM_UPS_HPP
