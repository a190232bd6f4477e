// SPDX-License-Identifier: MIT
/// @file
/// What the simulation remembers of a run: the last operations, for people, and a hash of all of
/// them, to prove that two runs were the same.

#ifndef LEND_TESTS_SUPPORT_SIM_TRACE_HPP
#define LEND_TESTS_SUPPORT_SIM_TRACE_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace sim {

/// The operations that the simulation knows.
enum class op : std::uint8_t {
    load,
    store,
    exchange,
    compare_exchange,
    fetch_add,
    fetch_sub,
    fetch_and,
    fetch_or,
    fetch_xor,
    fence,
    lock,
    try_lock,
    unlock,
    park,
    unpark,
    driver_call,
    start_thread,
    spawn,
    join,
    sleep,
    advance,
    clock_jump,
    spurious_wake,
    fork,
    end,
    point,
    note,
};

namespace detail {

inline constexpr std::array op_names{
    "load",         "store",      "exchange",      "compare_exchange",
    "fetch_add",    "fetch_sub",  "fetch_and",     "fetch_or",
    "fetch_xor",    "fence",      "lock",          "try_lock",
    "unlock",       "park",       "unpark",        "driver_call",
    "start_thread", "spawn",      "join",          "sleep",
    "advance",      "clock_jump", "spurious_wake", "fork",
    "end",          "point",      "note",
};
static_assert(op_names.size() == static_cast<std::size_t>(op::note) + 1);

struct trace_entry {
    const void* address; // of the object, or a literal for op::note
    std::uint64_t value; // what came out, if `has_value`
    std::uint8_t fiber;
    op what;
    bool has_value;
};

class trace {
public:
    void clear() noexcept {
        count_ = 0;
        hash_ = 0xCBF29CE484222325U;
    }

    void add(unsigned fiber, op what, const void* address) noexcept {
        entries_[count_ & mask] = {address, 0, static_cast<std::uint8_t>(fiber), what, false};
        ++count_;
        // Addresses differ from process to process, so they are not part of the hash.
        mix((std::uint64_t{fiber} << 8U) | static_cast<std::uint64_t>(what));
    }

    void result(std::uint64_t value) noexcept {
        trace_entry& last = entries_[(count_ - 1) & mask];
        last.value = value;
        last.has_value = true;
    }

    // FNV-1a over 64-bit words, with a rotation to carry high bits down.
    void mix(std::uint64_t word) noexcept {
        hash_ = (hash_ ^ word) * 0x100000001B3U;
        hash_ ^= hash_ >> 29U;
    }

    [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }

    // Addresses are numbered by first appearance among the lines printed.
    void print(std::FILE* out, std::size_t at_most) const noexcept {
        const std::size_t kept = count_ < capacity ? count_ : capacity;
        const std::size_t shown = kept < at_most ? kept : at_most;
        std::array<const void*, capacity> known{};
        std::size_t known_count = 0;
        std::fprintf(out, "  the last %zu of %zu operations:\n", shown, count_);
        for (std::size_t at = count_ - shown; at < count_; ++at) {
            const trace_entry& e = entries_[at & mask];
            std::fprintf(out, "  %6zu  fiber %-2u %-16s", at, static_cast<unsigned>(e.fiber),
                         op_names[static_cast<std::size_t>(e.what)]);
            if (e.what == op::note) {
                std::fprintf(out, " %s", static_cast<const char*>(e.address));
            } else if (e.address != nullptr) {
                std::size_t index = 0;
                while (index < known_count && known[index] != e.address) ++index;
                if (index == known_count) known[known_count++] = e.address;
                std::fprintf(out, " #%zu (%p)", index, e.address);
            }
            if (e.has_value) print_value(out, e.value);
            std::fputc('\n', out);
        }
    }

private:
    static constexpr std::size_t capacity = 256;
    static constexpr std::size_t mask = capacity - 1;

    static void print_value(std::FILE* out, std::uint64_t value) noexcept {
        const char* format = value < 0x10000U ? " = %llu" : " = 0x%llx";
        std::fprintf(out, format, static_cast<unsigned long long>(value));
    }

    std::array<trace_entry, capacity> entries_{};
    std::size_t count_ = 0;
    std::uint64_t hash_ = 0;
};

} // namespace detail
} // namespace sim

#endif // LEND_TESTS_SUPPORT_SIM_TRACE_HPP
