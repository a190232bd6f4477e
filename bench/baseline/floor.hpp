// SPDX-License-Identifier: MIT
/// @file
/// The bare atomic instructions without which there is no such table: what a table is measured
/// against from below. No bounds are checked and no free list is kept.

#ifndef LEND_BENCH_BASELINE_FLOOR_HPP
#define LEND_BENCH_BASELINE_FLOOR_HPP

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace baseline {

// Slots of 32 bytes like the table's. To destroy is one compare-exchange on the slot's own word,
// whose expected value follows from the number; to create is a release store of that word.
template <class T>
class floor_table {
public:
    using number = std::uint64_t;

    explicit floor_table(std::size_t slots) : slots_(slots) {}

    // A thread's own part of the slots, used in turn, so that nobody need know which are free:
    // the caller never has more numbers than the part has slots. Slots side by side, or every
    // second one of two threads, and so on.
    class part {
    public:
        static part side_by_side(floor_table& table, std::size_t index, std::size_t parts) {
            const std::size_t share = table.slots_.size() / parts;
            return {table, index * share, (index + 1) * share, 1};
        }
        static part in_turn(floor_table& table, std::size_t index, std::size_t parts) {
            return {table, index, table.slots_.size() / parts * parts + index, parts};
        }

        number insert(const T& value) {
            if (next_ == end_) {
                next_ = begin_;
                ++generation_;
            }
            const std::size_t here = next_;
            next_ += step_;
            slot& at = table_->slots_[here];
            at.value = value;
            const std::uint64_t live = generation_ << 32U | live_bit;
            // (1) release-store synchronizes-with the acquire-CAS (2), (4) and acquire-load (3)
            at.word.store(live, std::memory_order_release);
            return generation_ << 32U | here;
        }
        bool erase(number n) { return table_->erase(n); }

    private:
        part(floor_table& table, std::size_t begin, std::size_t end, std::size_t step)
            : table_(&table), begin_(begin), end_(end), step_(step), next_(begin) {}

        floor_table* table_;
        std::size_t begin_;
        std::size_t end_;
        std::size_t step_;
        std::size_t next_;
        std::uint64_t generation_ = 1;
    };

    bool erase(number n) {
        std::uint64_t expected = live_word(n);
        // (2) acquire-CAS synchronizes-with the release-store (1); relaxed on failure, which
        // ends it.
        return at(n).word.compare_exchange_strong(
            expected, expected & ~live_bit, std::memory_order_acquire, std::memory_order_relaxed);
    }

    // An unchecked load.
    T read_unchecked(number n) { return at(n).value; }

    // Two atomic instructions around a look.
    std::optional<T> read_pinned(number n) {
        std::uint64_t expected = live_word(n);
        // (4) acquire-CAS synchronizes-with the release-store (1); relaxed on failure.
        if (!at(n).word.compare_exchange_strong(expected, expected + pin, std::memory_order_acquire,
                                                std::memory_order_relaxed)) {
            return std::nullopt;
        }
        const T value = at(n).value;
        // (5) acq-rel-fetch-sub synchronizes-with the acquire-CAS (2)
        at(n).word.fetch_sub(pin, std::memory_order_acq_rel);
        return value;
    }

    std::size_t size() const {
        std::size_t live = 0;
        for (const slot& each : slots_) {
            // (3) acquire-load synchronizes-with the release-store (1)
            live += each.word.load(std::memory_order_acquire) & live_bit;
        }
        return live;
    }

private:
    static constexpr std::uint64_t live_bit = 1;
    static constexpr std::uint64_t pin = 4;

    struct alignas(32) slot {
        std::atomic<std::uint64_t> word{0};
        std::uint64_t unused = 0;
        T value{};
    };
    static_assert(sizeof(slot) == 32);

    static std::uint64_t live_word(number n) { return n >> 32U << 32U | live_bit; }
    slot& at(number n) { return slots_[static_cast<std::uint32_t>(n)]; }

    std::vector<slot> slots_;
};

// The same where every cache line has slots of several threads, as in any table without padding
// after a while: whoever was first to free a slot has it, wherever it stands.
template <class T>
class mixed_floor_table : public floor_table<T> {
    using floor_table<T>::floor_table;
};

// What a look costs in any table that can grow and never moves a slot: a bound, a directory, a
// segment; the slot's word before the value is copied, and again after. No tags, no pins.
template <class T>
class growing_floor_table {
public:
    using number = std::uint64_t;

    explicit growing_floor_table(std::size_t slots) : directory_((slots + last) / segment_slots) {
        for (auto& segment : directory_) segment = std::make_unique<slot[]>(segment_slots);
        segments_ = directory_.data();
    }

    // By one thread, before anybody looks.
    number insert(const T& value) {
        const std::uint32_t here = bound_;
        slot& at = segments_[here / segment_slots][here & last];
        at.value = value;
        // (6) release-store synchronizes-with the acquire-load (7)
        at.word.store(first, std::memory_order_release);
        ++bound_;
        return first | here;
    }

    std::optional<T> read(number n) const {
        const auto index = static_cast<std::uint32_t>(n);
        if (index >= bound_) return std::nullopt;
        const slot& at = segments_[index / segment_slots][index & last];
        // (7) acquire-load synchronizes-with the release-store (6)
        const std::uint64_t before = at.word.load(std::memory_order_acquire);
        if (before != n >> 32U << 32U) return std::nullopt;
        const T value = at.value;
        std::atomic_thread_fence(std::memory_order_acquire); // keeps the second look behind
        // Relaxed: ordered by the fence.
        if (at.word.load(std::memory_order_relaxed) != before) return std::nullopt;
        return value;
    }

private:
    static constexpr std::uint32_t segment_slots = 1024;
    static constexpr std::uint32_t last = segment_slots - 1;
    static constexpr number first = number{1} << 32U;

    struct alignas(32) slot {
        std::atomic<std::uint64_t> word{0};
        std::uint64_t unused = 0;
        T value{};
    };

    std::vector<std::unique_ptr<slot[]>> directory_;
    const std::unique_ptr<slot[]>* segments_ = nullptr;
    std::uint32_t bound_ = 0;
};

} // namespace baseline

#endif // LEND_BENCH_BASELINE_FLOOR_HPP
