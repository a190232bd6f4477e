// SPDX-License-Identifier: MIT
/// @file
/// Asynchronous waiters to whom somebody has something to say, until somebody runs them. Which
/// thread that is, and what running means, is said elsewhere (serving.hpp, async_waiting.hpp).

#ifndef LEND_DETAIL_DUE_LIST_HPP
#define LEND_DETAIL_DUE_LIST_HPP

#include <lend/detail/cpp20.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

template <class Node, class Platform>
class due_list;

// What a node of the queue has if nobody sleeps on it. All of it under the lock.
//
//   asleep   in the queue, or answered and never to be run again
//   due      in the list: was told something, and runs soon
//   running  somebody runs it, who looks at what was said before it lets it sleep
template <class Node, class Platform>
struct resumable {
    enum class is : std::uint8_t { asleep, due, running };

    due_list<Node, Platform>* list = nullptr; // null: a thread sleeps on the node, and is unparked
    void (*run)(void* owner) noexcept = nullptr;
    void* owner = nullptr;
    Node* previous = nullptr;
    Node* next = nullptr;
    is now = is::asleep;
    // When it is to be run though nobody has said anything.
    typename Platform::time_point alarm = (Platform::time_point::max)();
};

// In the order in which they were told. Members are called under the pool's lock, but `serve`.
//
// `servers` are threads that run waiters or are about to: each holds a share of the core, and the
// closer waits for them as for driver calls. What they do after the lock is let go is behind a
// pointer, so that a pool that has no asynchronous waiter need not know it.
template <class Node, class Platform>
class due_list {
    using is = typename resumable<Node, Platform>::is;
    using time_point = typename Platform::time_point;
    using share_count = typename Platform::template atomic<std::uint32_t>;

public:
    explicit due_list(share_count& shares) noexcept : shares_(&shares) {}

    // False if it is due already, or whoever runs it will see for itself.
    bool put(Node& w) noexcept {
        if (w.resumed.now != is::asleep) return false;
        w.resumed.now = is::due;
        w.resumed.previous = last_;
        w.resumed.next = nullptr;
        (last_ == nullptr ? first_ : last_->resumed.next) = &w;
        last_ = &w;
        return true;
    }

    // The first one, which is the caller's to run; null if none is due.
    Node* take() noexcept {
        Node* const w = first_;
        if (w == nullptr) return nullptr;
        remove(*w);
        w->resumed.now = is::running;
        return w;
    }

    void remove(Node& w) noexcept {
        auto& r = w.resumed;
        (r.previous == nullptr ? first_ : r.previous->resumed.next) = r.next;
        (r.next == nullptr ? last_ : r.next->resumed.previous) = r.previous;
        r.previous = r.next = nullptr;
        r.now = is::asleep;
    }

    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

    // ---- threads that serve ---------------------------------------------------------------

    void add_server() noexcept {
        ++servers_;
        // Relaxed: whoever holds the lock of a core holds a share of it, or its pool does.
        shares_->fetch_add(1, std::memory_order_relaxed);
    }
    // The share is the caller's to let go.
    void remove_server() noexcept { --servers_; }
    [[nodiscard]] std::size_t servers() const noexcept { return servers_; }

    // By every asynchronous waiter of a pool; written once, by the first, for servers read it when
    // they have let the lock go.
    void served_by(void* core, void (*how)(void* core, std::size_t count) noexcept) noexcept {
        if (serve_ != nullptr) return;
        core_ = core;
        serve_ = how;
    }
    // By a server, once it has let the lock go: sees to it that `count` waiters are run, and is no
    // server any more. The core may be gone afterwards.
    void serve(std::size_t count) noexcept { serve_(core_, count); }

    // ---- alarms ---------------------------------------------------------------------------

    // The first alarm of all who sleep, or an earlier time.
    [[nodiscard]] time_point alarm() const noexcept { return alarm_; }
    void set_alarm(time_point at) noexcept { alarm_ = at; }

private:
    Node* first_ = nullptr;
    Node* last_ = nullptr;
    std::size_t servers_ = 0;
    share_count* shares_;
    void* core_ = nullptr;
    void (*serve_)(void* core, std::size_t count) noexcept = nullptr;
    time_point alarm_ = (time_point::max)();
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_DUE_LIST_HPP
