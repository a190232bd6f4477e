// SPDX-License-Identifier: MIT
/// @file
/// A slot map behind one mutex: the table that a careful reader would write.

#ifndef LEND_BENCH_BASELINE_MUTEX_SLOT_MAP_HPP
#define LEND_BENCH_BASELINE_MUTEX_SLOT_MAP_HPP

#include "slot_map.hpp"

#include <cstddef>
#include <mutex>
#include <optional>

namespace baseline {

template <class T>
class mutex_slot_map {
public:
    using number = typename slot_map<T>::number;

    explicit mutex_slot_map(std::size_t expected) : map_(expected) {}

    number insert(const T& value) {
        const std::lock_guard lock(mutex_);
        return map_.insert(value);
    }

    bool erase(number n) {
        const std::lock_guard lock(mutex_);
        return map_.erase(n);
    }

    std::optional<T> read(number n) {
        const std::lock_guard lock(mutex_);
        return map_.read(n);
    }

    std::size_t size() {
        const std::lock_guard lock(mutex_);
        return map_.size();
    }

private:
    std::mutex mutex_;
    slot_map<T> map_;
};

} // namespace baseline

#endif // LEND_BENCH_BASELINE_MUTEX_SLOT_MAP_HPP
