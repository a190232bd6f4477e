// SPDX-License-Identifier: MIT
/// @file
/// How does SOCI's connection_pool do? It lends places; its sessions stay unopened, and what is
/// used is an object beside each. The first free place is looked for from the start.

#include "acquire_release.hpp"

#include <soci/connection-pool.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>

namespace {

using bench::session;

class soci_pool {
public:
    explicit soci_pool(std::size_t size)
        : size_(size), all_(std::make_unique<session[]>(size)), places_(size) {}

    session* acquire(std::chrono::nanoseconds timeout) {
        const auto span = std::chrono::duration_cast<std::chrono::milliseconds>(timeout);
        std::size_t place = 0;
        return places_.try_lease(place, static_cast<int>(span.count())) ? &all_[place] : nullptr;
    }
    void release(session* one) { places_.give_back(static_cast<std::size_t>(one - all_.get())); }

    // Leases all and gives them back, since the pool cannot count; while nobody uses it, though all
    // may ask at the same time.
    std::size_t idle() {
        const std::lock_guard lock(counting_);
        std::size_t count = 0;
        std::size_t place = 0;
        while (count < size_ && places_.try_lease(place, 0)) ++count;
        for (std::size_t at = 0; at < count; ++at) places_.give_back(at);
        return count;
    }
    std::span<const session> all() const { return {all_.get(), size_}; }

private:
    std::size_t size_;
    std::unique_ptr<session[]> all_;
    soci::connection_pool places_;
    std::mutex counting_;
};

using pool = bench::guarded_pool<soci_pool>;

const bool registered = [] {
    bench::add_acquire_release<pool>("soci", 8, 1);
    bench::add_acquire_release<pool>("soci", 2, 2);
    bench::add_acquire_release<pool>("soci", 8, 8);
    bench::add_acquire_release<pool>("soci", 2, 8);
    return true;
}();

} // namespace
