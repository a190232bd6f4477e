// SPDX-License-Identifier: MIT
/// @file
/// How does Boost.Lockfree's stack do as the store of a pool of pointers, with a fixed capacity?
/// It cannot wait: where nothing is free, a thread yields and looks again until its time is over.

#include "acquire_release.hpp"

#include <boost/lockfree/stack.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>

namespace {

using bench::session;

class stack_pool {
public:
    explicit stack_pool(std::size_t size) : all_(size), free_(size) {
        for (session& each : all_) free_.bounded_push(&each);
    }

    session* acquire(std::chrono::nanoseconds timeout) {
        session* one = nullptr;
        if (free_.pop(one)) return one;
        const auto deadline = std::chrono::steady_clock::now() + timeout;
        while (!free_.pop(one)) {
            if (std::chrono::steady_clock::now() >= deadline) return nullptr;
            std::this_thread::yield();
        }
        return one;
    }
    // There is room for all, and what is not pushed is missed at the end.
    void release(session* one) { (void)free_.bounded_push(one); }

    // Takes all out and puts them back, since the stack cannot count; while nobody uses the pool,
    // though all may ask at the same time.
    std::size_t idle() {
        const std::lock_guard lock(counting_);
        std::deque<session*> found;
        free_.consume_all([&](session* one) { found.push_back(one); });
        for (session* const each : found) (void)free_.bounded_push(each);
        return found.size();
    }
    const std::deque<session>& all() const { return all_; }

private:
    std::deque<session> all_;
    boost::lockfree::stack<session*, boost::lockfree::fixed_sized<true>> free_;
    std::mutex counting_;
};

using pool = bench::guarded_pool<stack_pool>;

const bool registered = [] {
    bench::add_acquire_release<pool>("boost_lockfree", 8, 1);
    bench::add_acquire_release<pool>("boost_lockfree", 2, 2);
    bench::add_acquire_release<pool>("boost_lockfree", 8, 8);
    bench::add_acquire_release<pool>("boost_lockfree", 2, 8);
    return true;
}();

} // namespace
