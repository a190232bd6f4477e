// SPDX-License-Identifier: MIT
/// @file
/// How does POCO's ObjectPool do? It may hold as many objects as it may make; all are made before
/// anything is measured. Last in, first out; whoever comes first after a return has the object.

#include "acquire_release.hpp"

#include <Poco/ObjectPool.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <vector>

namespace {

using bench::session;

// All calls but the first are empty, as in POCO's own factory.
struct session_factory {
    std::deque<session>* made;

    session* createObject() { return &made->emplace_back(); }
    bool validateObject(session*) { return true; }
    void activateObject(session*) {}
    void deactivateObject(session*) {}
    void destroyObject(session*) {}
};

class poco_pool {
public:
    explicit poco_pool(std::size_t size) : pool_(session_factory{&all_}, size, size) {
        std::vector<session*> held;
        for (std::size_t at = 0; at < size; ++at) held.push_back(pool_.borrowObject());
        for (session* const each : held) pool_.returnObject(each);
    }

    session* acquire(std::chrono::nanoseconds timeout) {
        const auto span = std::chrono::duration_cast<std::chrono::milliseconds>(timeout);
        return pool_.borrowObject(static_cast<long>(span.count()));
    }
    void release(session* one) { pool_.returnObject(one); }

    std::size_t idle() const { return pool_.available(); } // none is left to be made
    const std::deque<session>& all() const { return all_; }

private:
    std::deque<session> all_;
    Poco::ObjectPool<session, session*, session_factory> pool_;
};

using pool = bench::guarded_pool<poco_pool>;

const bool registered = [] {
    bench::add_acquire_release<pool>("poco", 8, 1);
    bench::add_acquire_release<pool>("poco", 2, 2);
    bench::add_acquire_release<pool>("poco", 8, 8);
    bench::add_acquire_release<pool>("poco", 2, 8);
    return true;
}();

} // namespace
