// SPDX-License-Identifier: MIT
/// @file
/// A copy of what a borrower says of itself, which others may read while it says something else.

#ifndef LEND_DETAIL_KEPT_NOTE_HPP
#define LEND_DETAIL_KEPT_NOTE_HPP

#include <lend/short_text.hpp>

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// A sequence lock: the version is odd while words are written.
//
//   writer:  version = odd;  words = ...;  version = even
//   reader:  version even?  words;  version the same?  then they are of one text
//
// The first half: a reader of an even version sees the words that were written before it, or newer
// ones. The second half: a reader of a newer word knows of the odd version in front of it.
//
// One writer at a time, the slot's owner. No lock and no read-modify-write.
template <class Platform>
class kept_note {
    static constexpr std::size_t count = sizeof(short_text) / sizeof(std::uint64_t);
    using words_type = std::array<std::uint64_t, count>;
    static constexpr std::size_t last = count - 1; // has the length

public:
    // By the owner of the slot, at the beginning of a lending, before the record's stamp is
    // written. The version stays: a reader that finds a text of this lending and none of it before
    // finds another count in the slot's word as well.
    void begin(const char* text) noexcept {
        if (text == nullptr) {
            // (1) release-store synchronizes-with the acquire-load (2)
            words_[last].store(0, std::memory_order_release);
        } else {
            write(text);
        }
    }

    // By the owner of the slot, at any time in between.
    void say(const char* text) noexcept {
        // Relaxed: the calling thread's own.
        const std::uint32_t version = version_.load(std::memory_order_relaxed);
        // Relaxed: a reader that sees a word of what follows sees this by (1) and (2).
        version_.store(version + 1, std::memory_order_relaxed);
        write(text);
        // (3) release-store synchronizes-with the acquire-load (4)
        version_.store(version + 2, std::memory_order_release);
    }

    // By anybody. Empty also for a text that changes while it is read, several times in a row.
    [[nodiscard]] short_text read() const noexcept {
        for (int tries = 0; tries < 4; ++tries) {
            // (4) acquire-load synchronizes-with the release-store (3)
            const std::uint32_t version = version_.load(std::memory_order_acquire);
            if (version % 2 != 0) continue;
            words_type words{};
            for (std::size_t at = 0; at < count; ++at) {
                // (2) acquire-load synchronizes-with the release-store (1)
                words[at] = words_[at].load(std::memory_order_acquire);
            }
            // Relaxed: it follows the words by (2), and an odd version of theirs precedes them.
            if (version_.load(std::memory_order_relaxed) != version) continue;
            if (words[last] == 0) return {}; // of the rest nothing was written
            return std::bit_cast<short_text>(words);
        }
        return {};
    }

private:
    void write(const char* text) noexcept {
        const auto words = std::bit_cast<words_type>(short_text(text));
        for (std::size_t at = 0; at < count; ++at) {
            // (1) release-store synchronizes-with the acquire-load (2)
            words_[at].store(words[at], std::memory_order_release);
        }
    }

    std::array<typename Platform::template atomic<std::uint64_t>, count> words_{};
    typename Platform::template atomic<std::uint32_t> version_{0};
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_KEPT_NOTE_HPP
