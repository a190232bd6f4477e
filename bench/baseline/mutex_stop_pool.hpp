// SPDX-License-Identifier: MIT
/// @file
/// The textbook pool whose waiters can be called off: a mutex, a vector of free resources, and a
/// condition_variable_any, which knows stop tokens.

#ifndef LEND_BENCH_BASELINE_MUTEX_STOP_POOL_HPP
#define LEND_BENCH_BASELINE_MUTEX_STOP_POOL_HPP

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <stop_token>
#include <utility>
#include <vector>

namespace baseline {

template <class Resource>
class mutex_stop_pool {
public:
    explicit mutex_stop_pool(std::size_t size) : all_(size) {
        free_.reserve(size);
        for (Resource& each : all_) free_.push_back(&each);
    }

    // Null if it was called off while nothing was free.
    Resource* acquire(std::stop_token stop) {
        return take(
            [&](auto& lock, auto is_free) { return freed_.wait(lock, std::move(stop), is_free); });
    }

    // Null if nothing became free in time.
    Resource* acquire_until(std::chrono::steady_clock::time_point deadline) {
        return take(
            [&](auto& lock, auto is_free) { return freed_.wait_until(lock, deadline, is_free); });
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
    std::size_t waiting() {
        const std::lock_guard lock(mutex_);
        return waiting_;
    }

private:
    template <class Wait>
    Resource* take(Wait wait) {
        std::unique_lock lock(mutex_);
        ++waiting_;
        const bool is_free = wait(lock, [this] { return !free_.empty(); });
        --waiting_;
        if (!is_free) return nullptr;
        Resource* const taken = free_.back();
        free_.pop_back();
        return taken;
    }

    std::deque<Resource> all_;
    std::mutex mutex_;
    std::condition_variable_any freed_;
    std::vector<Resource*> free_;
    std::size_t waiting_ = 0;
};

} // namespace baseline

#endif // LEND_BENCH_BASELINE_MUTEX_STOP_POOL_HPP
