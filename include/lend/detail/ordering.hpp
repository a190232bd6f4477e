// SPDX-License-Identifier: MIT
/// @file
/// Which of the idle resources goes first, where the pool keeps them in the order in which they
/// came back: `order = lifo | fifo`.

#ifndef LEND_DETAIL_ORDERING_HPP
#define LEND_DETAIL_ORDERING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/handing.hpp>
#include <lend/detail/recency.hpp>

#include <cstddef>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// No list: a release stamps the slot with a number that grows (recency.hpp), and a look takes the
// idle slot with the largest stamp, or the smallest. Where threads find their last resource, the
// default, nothing of this happens.
//
// So that each release is seen, each lending sets `wanted` in the slot's word; the release comes to
// the desk and is stamped there, under the lock. No thread remembers a slot.
template <class Core>
struct ordering {
    using slot_type = typename Core::slot_type;

    static bool is_kept(const Core& core) noexcept {
        return core.options.order != order_mode::thread_affine;
    }

    // By the owner of a slot that is lent.
    static void lent(Core& core, slot_type& s) noexcept {
        lending_word::type seen = s.word.peek();
        while (!lending_word::has(seen, lending_word::wanted)) {
            if (s.word.want(seen)) return handing<Core>::note_hold(core, s);
        }
    }

    // By the owner, under the lock, before the slot is idle for the first time or after a lease.
    // `count`: what its word will have.
    static void came_back(Core& core, slot_type& s, lending_word::type count) noexcept {
        if (Core::typed || is_kept(core)) recency<Core>::used_now(core, s, count);
    }

    // Calls `visit` for the idle slots in their order until it returns true, and `ask` for each
    // slot, which returns its word. After each visit the next one is looked for among all; as many
    // times as there are slots at most. A waiter misses nothing: `ask` asks for what it finds in
    // use, and what it asked for comes to the desk.
    template <class Visit, class Ask>
    static void find(Core& core, const Visit& visit, const Ask& ask) {
        const bool newest_first = core.options.order == order_mode::lifo;
        std::uint64_t last = newest_first ? ~std::uint64_t{0} : 0;
        std::size_t tries = 1;
        for (std::size_t at = 0; at < tries; ++at) {
            slot_type* next = nullptr;
            std::uint64_t best = 0;
            std::size_t seen = 0;
            core.slots.for_each([&](slot_type& s) {
                ++seen;
                if (!lending_word::is(ask(s), lending_word::idle)) return;
                const std::uint64_t stamp = recency<Core>::of(s);
                if (newest_first ? stamp >= last : stamp <= last) return;
                if (next != nullptr && (newest_first ? stamp < best : stamp > best)) return;
                next = &s;
                best = stamp;
            });
            if (next == nullptr || visit(*next)) return;
            last = best;
            tries = seen;
        }
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_ORDERING_HPP
