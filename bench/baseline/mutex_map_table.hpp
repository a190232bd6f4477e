// SPDX-License-Identifier: MIT
/// @file
/// An unordered_map behind one mutex, numbers counted upwards: the first table that comes to mind.

#ifndef LEND_BENCH_BASELINE_MUTEX_MAP_TABLE_HPP
#define LEND_BENCH_BASELINE_MUTEX_MAP_TABLE_HPP

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace baseline {

template <class T>
class mutex_map_table {
public:
    using number = std::uint64_t;

    explicit mutex_map_table(std::size_t expected) { map_.reserve(expected); }

    number insert(const T& value) {
        const std::lock_guard lock(mutex_);
        const number n = ++last_;
        map_.emplace(n, value);
        return n;
    }

    bool erase(number n) {
        const std::lock_guard lock(mutex_);
        return map_.erase(n) == 1;
    }

    std::optional<T> read(number n) {
        const std::lock_guard lock(mutex_);
        const auto at = map_.find(n);
        if (at == map_.end()) return std::nullopt;
        return at->second;
    }

    std::size_t size() {
        const std::lock_guard lock(mutex_);
        return map_.size();
    }

private:
    std::mutex mutex_;
    std::unordered_map<number, T> map_;
    number last_ = 0;
};

} // namespace baseline

#endif // LEND_BENCH_BASELINE_MUTEX_MAP_TABLE_HPP
