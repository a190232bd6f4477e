// SPDX-License-Identifier: MIT
/// @file
/// How do moodycamel's queues do as the store of a pool of pointers? Where nobody has to wait it is
/// ConcurrentQueue, which cannot wait; where threads do, BlockingConcurrentQueue with a time-out.
/// First in, first out only among what one thread gave back.

#include "acquire_release.hpp"

#include <concurrentqueue/blockingconcurrentqueue.h>
#include <concurrentqueue/concurrentqueue.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <thread>

namespace {

using bench::session;

template <class Queue>
class queue_pool {
    static constexpr bool waits = requires(Queue queue, session* one) {
        queue.wait_dequeue_timed(one, std::chrono::microseconds(1));
    };

public:
    explicit queue_pool(std::size_t size) : all_(size), free_(size) {
        for (session& each : all_) free_.enqueue(&each);
    }

    session* acquire(std::chrono::nanoseconds timeout) {
        session* one = nullptr;
        if constexpr (waits) {
            const auto span = std::chrono::duration_cast<std::chrono::microseconds>(timeout);
            return free_.wait_dequeue_timed(one, span) ? one : nullptr;
        } else {
            // There is one for each thread, but a queue that others change may look empty.
            while (!free_.try_dequeue(one)) std::this_thread::yield();
            return one;
        }
    }
    void release(session* one) { free_.enqueue(one); }

    std::size_t idle() { return free_.size_approx(); } // exact when nobody uses the queue
    const std::deque<session>& all() const { return all_; }

private:
    std::deque<session> all_;
    Queue free_;
};

using spinning_pool = bench::guarded_pool<queue_pool<moodycamel::ConcurrentQueue<session*>>>;
using waiting_pool = bench::guarded_pool<queue_pool<moodycamel::BlockingConcurrentQueue<session*>>>;

const bool registered = [] {
    bench::add_acquire_release<spinning_pool>("moodycamel", 8, 1);
    bench::add_acquire_release<spinning_pool>("moodycamel", 2, 2);
    bench::add_acquire_release<spinning_pool>("moodycamel", 8, 8);
    bench::add_acquire_release<waiting_pool>("moodycamel", 2, 8);
    return true;
}();

} // namespace
