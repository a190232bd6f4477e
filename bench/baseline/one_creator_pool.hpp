// SPDX-License-Identifier: MIT
/// @file
/// The pool with one thread that makes resources, one after the other, while somebody waits who
/// finds nothing free. Those who wait take what comes first.

#ifndef LEND_BENCH_BASELINE_ONE_CREATOR_POOL_HPP
#define LEND_BENCH_BASELINE_ONE_CREATOR_POOL_HPP

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace baseline {

template <class Resource>
class one_creator_pool {
public:
    // `make` gives a resource that outlives the pool, or null.
    one_creator_pool(std::size_t most, std::function<Resource*()> make)
        : most_(most), make_(std::move(make)) {
        free_.reserve(most);
        creator_ = std::thread([this] { create(); });
    }
    one_creator_pool(const one_creator_pool&) = delete;
    one_creator_pool& operator=(const one_creator_pool&) = delete;
    ~one_creator_pool() {
        {
            const std::lock_guard lock(mutex_);
            over_ = true;
        }
        wanted_.notify_one();
        creator_.join();
    }

    // Null if nothing became free in time.
    Resource* acquire(std::chrono::nanoseconds timeout) {
        std::unique_lock lock(mutex_);
        if (free_.empty()) {
            ++waiting_;
            wanted_.notify_one();
            const bool served = freed_.wait_for(lock, timeout, [this] { return !free_.empty(); });
            --waiting_;
            if (!served) return nullptr;
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

    // The one that is being made included.
    std::size_t size() {
        const std::lock_guard lock(mutex_);
        return size_;
    }
    std::size_t idle() {
        const std::lock_guard lock(mutex_);
        return free_.size();
    }

private:
    void create() {
        std::unique_lock lock(mutex_);
        for (;;) {
            wanted_.wait(lock,
                         [this] { return over_ || (waiting_ > free_.size() && size_ < most_); });
            if (over_) return;
            ++size_;
            lock.unlock();
            Resource* const made = make_();
            lock.lock();
            if (made == nullptr) {
                --size_;
                continue;
            }
            free_.push_back(made);
            freed_.notify_one();
        }
    }

    const std::size_t most_;
    const std::function<Resource*()> make_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::condition_variable wanted_;
    std::vector<Resource*> free_;
    std::size_t size_ = 0;
    std::size_t waiting_ = 0;
    bool over_ = false;
    std::thread creator_;
};

} // namespace baseline

#endif // LEND_BENCH_BASELINE_ONE_CREATOR_POOL_HPP
