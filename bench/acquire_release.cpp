// SPDX-License-Identifier: MIT
/// @file
/// What does it cost to acquire a resource and give it back at once: by one thread, by two, by
/// eight with a resource for each, and by eight that share two? Nothing is done with the resource.

#include <lend/pool.hpp>

#include "acquire_release.hpp"
#include "baseline/floor_pool.hpp"
#include "baseline/mutex_fifo_pool.hpp"
#include "baseline/mutex_lifo_pool.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace {

using namespace bench;

struct session_driver {
    using resource = std::unique_ptr<session>;
    using no_reset = void;

    std::vector<session*>* made;

    lend::result<resource> create() {
        auto one = std::make_unique<session>();
        made->push_back(one.get());
        return one;
    }
};

// lend with its defaults. All resources exist before anything is measured.
class lend_pool {
public:
    explicit lend_pool(std::size_t size)
        : pool_(session_driver{&made_},
                {.max_size = size, .creation = lend::creation_mode::inline_}) {
        std::vector<decltype(pool_.acquire())> held;
        for (std::size_t at = 0; at < size; ++at) held.push_back(pool_.acquire());
    }

    template <class Use>
    LEND_ALWAYS_INLINE bool lend_for(Use use, std::uint64_t) {
        auto lease = pool_.acquire();
        if (!lease) return false;
        use(***lease);
        return true;
    }

    std::uint64_t uses() const {
        std::uint64_t sum = 0;
        for (const session* each : made_) sum += each->uses;
        return sum;
    }
    bool is_at_rest() const {
        const auto stats = pool_.stats();
        return stats.idle == stats.max_size && stats.timed_out == 0 && stats.created == stats.idle;
    }

private:
    std::vector<session*> made_;
    lend::pool<session_driver> pool_;
};

using mutex_lifo_pool = guarded_pool<baseline::mutex_lifo_pool<session>>;
using mutex_fifo_pool = guarded_pool<baseline::mutex_fifo_pool<session>>;

// For one thread.
class floor_pool {
public:
    explicit floor_pool(std::size_t) {}

    template <class Use>
    bool lend_for(Use use, std::uint64_t turn) {
        if (!lines_.take(turn)) return false;
        use(session_);
        return lines_.give_back(turn);
    }
    std::uint64_t uses() const { return session_.uses; }
    bool is_at_rest() { return true; }

private:
    baseline::floor_pool lines_;
    session session_;
};

void add_all(int resources, int threads) {
    add_acquire_release<lend_pool>("lend", resources, threads);
    add_acquire_release<lend_pool>("lend_again", resources, threads);
    if (threads == 1) add_acquire_release<floor_pool>("floor", resources, threads);
    add_acquire_release<mutex_lifo_pool>("mutex_lifo_pool", resources, threads);
    if (threads > resources) {
        add_acquire_release<mutex_fifo_pool, handed_over>("mutex_fifo_pool", resources, threads);
    } else {
        add_acquire_release<mutex_fifo_pool>("mutex_fifo_pool", resources, threads);
    }
}

const bool registered = [] {
    add_all(8, 1);
    add_all(2, 2);
    add_all(8, 8);
    add_all(2, 8);
    for (const int threads : larger_teams()) {
        if (threads != 8) add_all(threads, threads); // eight are there already
    }
    return true;
}();

} // namespace
