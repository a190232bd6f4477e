// SPDX-License-Identifier: MIT
/// @file
/// The bare atomic instructions without which there is no such table: what a table is measured
/// against from below. No bounds are checked and no free list is kept.

#ifndef LEND_BENCH_BASELINE_FLOOR_HPP
#define LEND_BENCH_BASELINE_FLOOR_HPP

#include <atomic>
#include <cstddef>
#include <cstdint>
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
    // the caller never has more numbers than the part has slots.
    class part {
    public:
        part(floor_table& table, std::size_t index, std::size_t parts)
            : table_(&table), begin_(index * table.slots_.size() / parts),
              end_((index + 1) * table.slots_.size() / parts), next_(begin_) {}

        number insert(const T& value) {
            if (next_ == end_) {
                next_ = begin_;
                ++generation_;
            }
            slot& at = table_->slots_[next_];
            at.value = value;
            const std::uint64_t live = generation_ << 32U | live_bit;
            // (1) release-store synchronizes-with the acquire-CAS (2), (4) and acquire-load (3)
            at.word.store(live, std::memory_order_release);
            return generation_ << 32U | next_++;
        }
        bool erase(number n) { return table_->erase(n); }

    private:
        floor_table* table_;
        std::size_t begin_;
        std::size_t end_;
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

} // namespace baseline

#endif // LEND_BENCH_BASELINE_FLOOR_HPP
