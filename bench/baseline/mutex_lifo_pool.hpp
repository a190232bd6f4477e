// SPDX-License-Identifier: MIT
/// @file
/// The textbook pool: a mutex, a vector of free resources, a condition variable. Last in, first
/// out; whoever comes first after a release has the resource, so waiters may starve.

#ifndef LEND_BENCH_BASELINE_MUTEX_LIFO_POOL_HPP
#define LEND_BENCH_BASELINE_MUTEX_LIFO_POOL_HPP

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

namespace baseline {

template <class Resource>
class mutex_lifo_pool {
public:
    explicit mutex_lifo_pool(std::size_t size) : all_(size) {
        free_.reserve(size);
        for (Resource& each : all_) free_.push_back(&each);
    }

    // Null if nothing became free in time.
    Resource* acquire(std::chrono::nanoseconds timeout) {
        std::unique_lock lock(mutex_);
        if (free_.empty() && !freed_.wait_for(lock, timeout, [this] { return !free_.empty(); })) {
            return nullptr;
        }
        Resource* const taken = free_.back();
        free_.pop_back();
        return taken;
    }

    void release(Resource* resource) {
        {
            const std::lock_guard lock(mutex_);
            free_.push_back(resource);
        }
        freed_.notify_one();
    }

    std::size_t idle() {
        const std::lock_guard lock(mutex_);
        return free_.size();
    }

    // While nobody uses the pool.
    const std::deque<Resource>& all() const { return all_; }

private:
    std::deque<Resource> all_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<Resource*> free_;
};

} // namespace baseline

#endif // LEND_BENCH_BASELINE_MUTEX_LIFO_POOL_HPP
