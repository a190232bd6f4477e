// SPDX-License-Identifier: MIT
/// @file
/// Who borrowed what is in a slot: the place of the acquire, the thread, what the borrower says it
/// is doing. Written by the borrower in a few plain stores, read by others at any time.

#ifndef LEND_DETAIL_HOLDER_RECORD_HPP
#define LEND_DETAIL_HOLDER_RECORD_HPP

#include <lend/detail/config.hpp>
#include <lend/detail/kept_note.hpp>
#include <lend/detail/lending_word.hpp>
#include <lend/short_text.hpp>
#include <lend/source_site.hpp>

#include <atomic>
#include <cstdint>
#include <optional>

namespace lend::inline v0_1 {
namespace detail {

// What a borrower says of itself.
struct borrower {
    source_site site;
    const char* note = nullptr;
    bool detect_leak = true;
    bool in_person =
        true; // acquired by a thread that waited itself, and may hold for others to wait
};

// What is read of it.
struct recorded_borrower {
    source_site site;
    short_text note; // a copy
    bool detect_leak = true;
    bool in_person = true;
    std::uint64_t thread = 0;
    lending_word::type count = 0; // of the lending that is under way
};

// Invariant: fields and stamp are written by the owner of the slot alone, between the take and the
// end of one lending. So the slot's own word is the sequence lock: the count in it moves on when a
// lending ends, and before the next borrower can write.
//
//   writer:  take the slot (count n);  fields = ...;  stamp = n;  ... end the lending (count n + 1)
//   reader:  stamp == n?  fields;  word: still in use with count n?  then they belong together
//
// The first half: who reads stamp n reads fields of lending n or of a later one. The second half:
// who reads a field of a later one knows of its take, and finds another count in the word. A slot
// in use whose stamp is another is being looked at, or its borrower has not written yet.
//
// No clock, no lock, no read-modify-write: seven stores, which are plain ones on x86;
// and of the note as many as it takes: see kept_note.hpp.
template <class Platform>
class holder_record {
    template <class T>
    using field = typename Platform::template atomic<T>;

public:
    // Before the slot is published: where notes are copied to. Without it there are none.
    void keep_notes_in(kept_note<Platform>& room) noexcept { note_ = &room; }

    // By the owner of the slot, at the beginning of a lending. `held` is the slot's word.
    LEND_ALWAYS_INLINE void
    begin(lending_word::type held, const borrower& by, std::uint64_t thread) noexcept {
        // (1) release-store synchronizes-with the acquire-load (2)
        file_.store(by.site.file, std::memory_order_release);
        // (1) release-store synchronizes-with the acquire-load (2)
        function_.store(by.site.function, std::memory_order_release);
        // (1) release-store synchronizes-with the acquire-load (2)
        line_.store(by.site.line, std::memory_order_release);
        // (1) release-store synchronizes-with the acquire-load (2)
        flags_.store(flags_of(by), std::memory_order_release);
        // (1) release-store synchronizes-with the acquire-load (2)
        thread_.store(thread, std::memory_order_release);
        if (note_ != nullptr) note_->begin(by.note);
        // (3) release-store synchronizes-with the acquire-load (4)
        stamp_.store(lending_word::count_of(held), std::memory_order_release);
    }

    // By the owner of the slot, at any time in between.
    void say(const char* text) noexcept {
        if (note_ != nullptr) note_->say(text);
    }

    // By the owner of the slot, who goes on with it when the borrower has left. Relaxed: who still
    // sees the stamp comes a moment too early.
    void end() noexcept { stamp_.store(lending_word::impossible, std::memory_order_relaxed); }

    // By anybody: who borrowed what is in the slot of this word; nothing if it is not lent, or its
    // borrower is not recorded.
    template <class Cell>
    [[nodiscard]] std::optional<recorded_borrower> read(const Cell& word) const noexcept {
        recorded_borrower seen;
        // (4) acquire-load synchronizes-with the release-store (3)
        seen.count = stamp_.load(std::memory_order_acquire);
        // (2) acquire-load synchronizes-with the release-store (1)
        seen.site.file = file_.load(std::memory_order_acquire);
        // (2) acquire-load synchronizes-with the release-store (1)
        seen.site.function = function_.load(std::memory_order_acquire);
        // (2) acquire-load synchronizes-with the release-store (1)
        seen.site.line = line_.load(std::memory_order_acquire);
        // (2) acquire-load synchronizes-with the release-store (1)
        const std::uint8_t flags = flags_.load(std::memory_order_acquire);
        seen.detect_leak = (flags & detects) != 0;
        seen.in_person = (flags & personal) != 0;
        // (2) acquire-load synchronizes-with the release-store (1)
        seen.thread = thread_.load(std::memory_order_acquire);
        if (note_ != nullptr) seen.note = note_->read();
        const lending_word::type now = word.peek();
        if (!lending_word::is_out(now) || lending_word::count_of(now) != seen.count)
            return std::nullopt;
        return seen;
    }

private:
    static constexpr std::uint8_t detects = 1;
    static constexpr std::uint8_t personal = 2;
    static constexpr std::uint8_t flags_of(const borrower& by) noexcept {
        return static_cast<std::uint8_t>((by.detect_leak ? detects : 0) |
                                         (by.in_person ? personal : 0));
    }

    field<lending_word::type> stamp_{lending_word::impossible};
    field<const char*> file_{""};
    field<const char*> function_{""};
    field<std::uint64_t> thread_{0};
    field<std::uint32_t> line_{0};
    field<std::uint8_t> flags_{0};
    kept_note<Platform>* note_ = nullptr;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_HOLDER_RECORD_HPP
