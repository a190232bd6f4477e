// SPDX-License-Identifier: MIT
/// @file
/// A slot map behind a shared_mutex: what a reader would write who expects more looks than changes.

#ifndef LEND_BENCH_BASELINE_SHARED_MUTEX_TABLE_HPP
#define LEND_BENCH_BASELINE_SHARED_MUTEX_TABLE_HPP

#include "slot_map.hpp"

#include <cstddef>
#include <mutex>
#include <optional>
#include <shared_mutex>

namespace baseline {

template <class T>
class shared_mutex_table {
public:
    using number = typename slot_map<T>::number;

    explicit shared_mutex_table(std::size_t expected) : map_(expected) {}

    number insert(const T& value) {
        const std::unique_lock lock(mutex_);
        return map_.insert(value);
    }

    bool erase(number n) {
        const std::unique_lock lock(mutex_);
        return map_.erase(n);
    }

    std::optional<T> read(number n) {
        const std::shared_lock lock(mutex_);
        return map_.read(n);
    }

    std::size_t size() {
        const std::shared_lock lock(mutex_);
        return map_.size();
    }

private:
    std::shared_mutex mutex_;
    slot_map<T> map_;
};

} // namespace baseline

#endif // LEND_BENCH_BASELINE_SHARED_MUTEX_TABLE_HPP
