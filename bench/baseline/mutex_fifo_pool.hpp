// SPDX-License-Identifier: MIT
/// @file
/// The fair pool: a mutex, a vector of free resources, and a queue of waiters, the first of whom a
/// released resource is handed to. Nobody is passed; each contended release wakes a thread.

#ifndef LEND_BENCH_BASELINE_MUTEX_FIFO_POOL_HPP
#define LEND_BENCH_BASELINE_MUTEX_FIFO_POOL_HPP

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

namespace baseline {

template <class Resource>
class mutex_fifo_pool {
public:
    explicit mutex_fifo_pool(std::size_t size) : all_(size) {
        free_.reserve(size);
        for (Resource& each : all_) free_.push_back(&each);
    }

    // Null if nothing was handed over in time.
    Resource* acquire(std::chrono::nanoseconds timeout) {
        std::unique_lock lock(mutex_);
        if (!free_.empty()) {
            Resource* const taken = free_.back();
            free_.pop_back();
            return taken;
        }
        waiter me;
        queue_.push_back(&me);
        if (!me.served.wait_for(lock, timeout, [&] { return me.resource != nullptr; })) {
            queue_.erase(std::find(queue_.begin(), queue_.end(), &me));
        }
        return me.resource;
    }

    void release(Resource* resource) {
        const std::lock_guard lock(mutex_);
        if (queue_.empty()) {
            free_.push_back(resource);
            return;
        }
        waiter& first = *queue_.front();
        queue_.pop_front();
        first.resource = resource;
        first.served.notify_one(); // with the lock: the waiter's stack is gone once it has run
    }

    std::size_t idle() {
        const std::lock_guard lock(mutex_);
        return free_.size();
    }

    // While nobody uses the pool.
    const std::deque<Resource>& all() const { return all_; }

private:
    struct waiter {
        std::condition_variable served;
        Resource* resource = nullptr;
    };

    std::deque<Resource> all_;
    std::mutex mutex_;
    std::vector<Resource*> free_;
    std::deque<waiter*> queue_;
};

} // namespace baseline

#endif // LEND_BENCH_BASELINE_MUTEX_FIFO_POOL_HPP
