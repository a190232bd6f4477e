// SPDX-License-Identifier: MIT
/// @file
/// The textbook pool that grows: whoever finds nothing free makes a resource, up to the maximum,
/// and waits only beyond it. Last in, first out.

#ifndef LEND_BENCH_BASELINE_GROWING_LIFO_POOL_HPP
#define LEND_BENCH_BASELINE_GROWING_LIFO_POOL_HPP

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace baseline {

template <class Resource>
class growing_lifo_pool {
public:
    // `make` gives a resource that outlives the pool, or null.
    growing_lifo_pool(std::size_t most, std::function<Resource*()> make)
        : most_(most), make_(std::move(make)) {
        free_.reserve(most);
    }

    // Null if none could be made, or nothing became free in time.
    Resource* acquire(std::chrono::nanoseconds timeout) {
        std::unique_lock lock(mutex_);
        const auto can_go_on = [this] { return !free_.empty() || size_ < most_; };
        if (!can_go_on() && !freed_.wait_for(lock, timeout, can_go_on)) return nullptr;
        if (!free_.empty()) {
            Resource* const taken = free_.back();
            free_.pop_back();
            return taken;
        }
        ++size_;
        lock.unlock();
        Resource* const made = make_();
        if (made != nullptr) return made;
        lock.lock();
        --size_;
        freed_.notify_one(); // there is room for somebody else to try
        return nullptr;
    }

    void release(Resource* resource) {
        {
            const std::lock_guard lock(mutex_);
            free_.push_back(resource);
        }
        freed_.notify_one();
    }

    // Those that are being made included.
    std::size_t size() {
        const std::lock_guard lock(mutex_);
        return size_;
    }
    std::size_t idle() {
        const std::lock_guard lock(mutex_);
        return free_.size();
    }

private:
    const std::size_t most_;
    const std::function<Resource*()> make_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<Resource*> free_;
    std::size_t size_ = 0;
};

} // namespace baseline

#endif // LEND_BENCH_BASELINE_GROWING_LIFO_POOL_HPP
