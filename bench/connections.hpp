// SPDX-License-Identifier: MIT
/// @file
/// A back end whose connections take time to make and which may be down, and the pools that grow
/// on demand over it: lend's with its defaults, and the baselines with the same interface.

#ifndef LEND_BENCH_CONNECTIONS_HPP
#define LEND_BENCH_CONNECTIONS_HPP

#include <lend/pool.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>

namespace bench {

/// Counts its uses, and those that began before another had ended.
class alignas(64) connection {
public:
    template <class Use>
    void use_for(Use use) {
        // Relaxed: of two that overlap, one finds the other by this count alone.
        const bool alone = users_.fetch_add(1, std::memory_order_relaxed) == 0;
        if (!alone) overlaps_.fetch_add(1, std::memory_order_relaxed); // relaxed: a count
        uses_.fetch_add(1, std::memory_order_relaxed);                 // relaxed: a count
        use(*this);
        users_.fetch_sub(1, std::memory_order_relaxed); // relaxed: as above
    }

    /// While nobody uses it.
    std::uint64_t uses() const { return uses_.load(std::memory_order_relaxed); } // relaxed: a count
    bool was_shared() const {
        return overlaps_.load(std::memory_order_relaxed) != 0; // relaxed: a count
    }

private:
    std::atomic<std::uint32_t> users_{0};
    std::atomic<std::uint32_t> overlaps_{0};
    std::atomic<std::uint64_t> uses_{0};
};

/// Makes connections and keeps them. To outlive the pools over it.
class backend {
public:
    explicit backend(std::chrono::nanoseconds create_time) : create_time_(create_time) {}

    /// Null while it is down, which takes as long to find out as to connect. From any thread.
    connection* connect() {
        attempts_.fetch_add(1,
                            std::memory_order_relaxed); // relaxed: a count, read when all is over
        if (create_time_.count() > 0) std::this_thread::sleep_for(create_time_);
        // Relaxed: nothing but the flag is passed on.
        if (down_.load(std::memory_order_relaxed)) return nullptr;
        const std::lock_guard lock(mutex_);
        return &made_.emplace_back();
    }

    void set_down(bool down) { down_.store(down, std::memory_order_relaxed); } // relaxed: as above

    std::chrono::nanoseconds create_time() const { return create_time_; }
    std::uint64_t attempts() const {
        return attempts_.load(std::memory_order_relaxed); // relaxed: as above
    }
    /// While nobody uses a connection: how often they were used, 0 if one was by two at a time.
    std::uint64_t uses() {
        const std::lock_guard lock(mutex_);
        std::uint64_t sum = 0;
        for (const connection& each : made_) {
            if (each.was_shared()) return 0;
            sum += each.uses();
        }
        return sum;
    }

private:
    const std::chrono::nanoseconds create_time_;
    std::atomic<bool> down_{false};
    std::atomic<std::uint64_t> attempts_{0};
    std::mutex mutex_;
    std::deque<connection> made_;
};

struct connection_driver {
    using resource = connection*;
    using no_destroy = void; // they are the benchmark's
    using no_reset = void;

    backend* behind;

    lend::result<connection*> create() {
        connection* const made = behind->connect();
        if (made == nullptr) return lend::hr::e_fail;
        return made;
    }
};

/// lend with its defaults, but for the size.
class lend_connections {
public:
    lend_connections(backend& behind, std::size_t most)
        : pool_(connection_driver{&behind}, {.max_size = most}) {}

    template <class Use>
    bool lend_for(Use use) {
        const auto lease = pool_.acquire(); // waits for 30 s
        if (!lease) return false;
        (***lease).use_for(use);
        return true;
    }
    template <class Use>
    bool lend_within(std::chrono::nanoseconds timeout, Use use) {
        const auto lease = pool_.try_acquire_for(timeout);
        if (!lease) return false;
        (***lease).use_for(use);
        return true;
    }

    /// Those that are being made included.
    std::size_t size() const { return pool_.stats().size; }
    bool is_at_rest() const {
        const auto stats = pool_.stats();
        return stats.in_use == 0 && stats.waiting == 0;
    }

private:
    lend::pool<connection_driver> pool_;
};

/// A baseline over the back end.
template <class Pool>
class guarded_connections {
public:
    guarded_connections(backend& behind, std::size_t most)
        : pool_(most, [&behind] { return behind.connect(); }) {}

    template <class Use>
    bool lend_for(Use use) {
        return lend_within(std::chrono::seconds(30), use);
    }
    template <class Use>
    bool lend_within(std::chrono::nanoseconds timeout, Use use) {
        connection* const one = pool_.acquire(timeout);
        if (one == nullptr) return false;
        one->use_for(use);
        pool_.release(one);
        return true;
    }

    std::size_t size() { return pool_.size(); }
    /// One may be in the making.
    bool is_at_rest() { return pool_.size() <= pool_.idle() + 1; }

private:
    Pool pool_;
};

} // namespace bench

#endif // LEND_BENCH_CONNECTIONS_HPP
