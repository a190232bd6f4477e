// SPDX-License-Identifier: MIT
/// @file
/// A slot map for one thread: values in a vector, free places in a list, a generation in each
/// place. What the tables with a mutex guard; it has no lock of its own.

#ifndef LEND_BENCH_BASELINE_SLOT_MAP_HPP
#define LEND_BENCH_BASELINE_SLOT_MAP_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace baseline {

// A number: generation | index. A generation is odd while its place holds a value.
template <class T>
class slot_map {
public:
    using number = std::uint64_t;

    explicit slot_map(std::size_t expected) { places_.reserve(expected); }

    number insert(const T& value) {
        std::uint32_t index = free_;
        if (index == none) {
            index = static_cast<std::uint32_t>(places_.size());
            places_.emplace_back();
        } else {
            free_ = places_[index].next;
        }
        place& at = places_[index];
        at.value = value;
        ++at.generation;
        ++size_;
        return number{at.generation} << 32U | index;
    }

    bool erase(number n) {
        place* const at = find_place(n);
        if (at == nullptr) return false;
        ++at->generation;
        at->next = free_;
        free_ = static_cast<std::uint32_t>(n);
        --size_;
        return true;
    }

    std::optional<T> read(number n) const {
        const place* const at = const_cast<slot_map*>(this)->find_place(n);
        if (at == nullptr) return std::nullopt;
        return at->value;
    }

    std::size_t size() const { return size_; }

private:
    static constexpr std::uint32_t none = ~std::uint32_t{0};

    struct place {
        T value{};
        std::uint32_t generation = 0;
        std::uint32_t next = none;
    };

    place* find_place(number n) {
        const auto index = static_cast<std::uint32_t>(n);
        const auto generation = static_cast<std::uint32_t>(n >> 32U);
        if (index >= places_.size() || generation % 2 == 0) return nullptr;
        place& at = places_[index];
        return at.generation == generation ? &at : nullptr;
    }

    std::vector<place> places_;
    std::uint32_t free_ = none;
    std::size_t size_ = 0;
};

} // namespace baseline

#endif // LEND_BENCH_BASELINE_SLOT_MAP_HPP
