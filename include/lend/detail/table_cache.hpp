// SPDX-License-Identifier: MIT
/// @file
/// Free numbers of a handle table: a private stack for each thread, and for what overflows it a
/// depot of batches from which every thread may take. Batches are written into the free slots
/// themselves, so nothing is allocated.

#ifndef LEND_DETAIL_TABLE_CACHE_HPP
#define LEND_DETAIL_TABLE_CACHE_HPP

#include <lend/detail/config.hpp>
#include <lend/detail/table_slot.hpp>
#include <lend/detail/table_traits.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace lend::inline v0_1 {
namespace detail {

// Two indices in a word.
constexpr std::uint64_t pack(std::uint32_t first, std::uint32_t second) noexcept {
    return std::uint64_t{second} << 32U | first;
}

// What a thread looks at first when it takes or frees a number.
template <class Platform>
struct LEND_EXPORT table_hand {
    using handle = typename Platform::handle_word;
    using tuning = typename table_tuning_of<Platform>::type;

    // One number beside the stack, or 0: to take it and to put one there writes half of what the
    // stack needs, and the next compare-exchange waits for everything that was written.
    handle at_hand = 0;
    std::uint32_t count = 0;    // numbers on the stack
    std::uint32_t id = nobodys; // the thread's number; its bit in the table's mask

    static constexpr std::uint32_t nobodys = ~std::uint32_t{0};

    // In place of the hand of a thread that has no cache: something at hand that is no number, and
    // no room on the stack, so that every use of it ends in the slow way. Nobody writes to it.
    static table_hand& of_nobody() noexcept {
        static constinit table_hand hand{1, tuning::stack_numbers, nobodys};
        return hand;
    }
    [[nodiscard]] bool is_nobodys() const noexcept { return id == nobodys; }
};

// What one thread keeps, and the depot into which it spills.
//
// The depot is a stack of batches, a word: generation of the leader << 32 | its index; 0 if empty.
// A batch is 1 + 7 x batch_branches slots. The leader's cells name the branches; a branch's cells
// and link name six leaves. The leader's link is the depot's next batch.
//
// No ABA, without any odds: a leader's generation is renewed before each push, so a word is pushed
// at most once, ever. A pop that succeeds on a word therefore found the same push at the load and
// at the exchange; the leader was not popped in between (it could not have come back under the
// same word), and the link that was read is the one that the pusher wrote. If it was popped by
// someone else, the exchange fails and the link is thrown away.
template <class Platform>
struct alignas(128) table_cache : table_hand<Platform> {
    using typename table_hand<Platform>::handle;
    using typename table_hand<Platform>::tuning;
    template <class U>
    using atomic = typename Platform::template atomic<U>;

    explicit table_cache(std::uint32_t owner) noexcept
        : table_hand<Platform>{0, 0, owner}, depot(0) {}

    std::uint32_t fresh_begin = 0; // never used indices, claimed by this thread
    std::uint32_t fresh_end = 0;
    std::array<handle, tuning::stack_numbers> stack; // ready to be handed out

    // Others write here, so it has a cache line of its own.
    alignas(128) atomic<std::uint64_t> depot;
};

// The algorithms on caches. Slots are found through Segments; nothing here has state.
template <class Slot, class Segments, class Platform>
class table_batches {
    using orders = typename table_orders_of<Platform>::type;
    using tuning = typename table_tuning_of<Platform>::type;
    using numbers = table_numbers<Platform>;
    using handle = typename Platform::handle_word;
    using cache = table_cache<Platform>;
    template <class U>
    using atomic = typename Platform::template atomic<U>;

    static constexpr std::uint32_t branches = tuning::batch_branches;
    static constexpr std::uint32_t leaves = 6; // of a branch
    static constexpr std::uint32_t batch_slots = 1 + branches * (1 + leaves);
    static constexpr std::uint32_t spilled = tuning::spill_batches * batch_slots;
    static_assert(branches <= 4 && spilled <= tuning::stack_numbers);
    static_assert(batch_slots <= tuning::stack_numbers);

public:
    // Moves the oldest numbers of a full stack to the cache's own depot.
    static void spill(cache& from, Segments& slots, std::uint32_t base) noexcept {
        Slot::before_cells();
        std::uint64_t first = 0;
        Slot* last = nullptr;
        std::uint32_t taken = 0;
        for (std::uint32_t batch = 0; batch < tuning::spill_batches; ++batch) {
            const std::uint32_t index = numbers::index_of(from.stack[taken], base);
            Slot& leader = slots.at(index);
            const std::uint32_t generation = next_generation(leader);
            if (generation == 0) {
                leader.retire(); // its push could not be told from an earlier one
                ++taken;
                continue;
            }
            leader.renew(generation);
            leader.set_link(first);
            pack_batch(leader, &from.stack[taken + 1], slots, base);
            if (last == nullptr) last = &leader;
            first = pack(index, orders::renews_leaders ? generation : 1);
            taken += batch_slots;
        }
        from.count -= taken;
        std::copy_n(from.stack.begin() + taken, from.count, from.stack.begin());
        if (last != nullptr) push(from.depot, first, *last);
    }

    // Takes a batch from a depot and puts its numbers on a stack with room. False if the depot is
    // empty.
    static bool refill(cache& into,
                       atomic<std::uint64_t>& depot,
                       Segments& slots,
                       std::uint32_t base) noexcept {
        const std::uint32_t index = pop(depot, slots);
        if (index == 0) return false;
        std::array<std::uint32_t, batch_slots> free;
        free[0] = index;
        unpack_batch(free, slots);
        // The leader last: it is on top, and its line is at hand.
        for (std::uint32_t at = batch_slots; at-- > 0;) make_ready(into, free[at], slots, base);
        return true;
    }

private:
    // The generation after the slot's present one; 0 if there is none.
    static std::uint32_t next_generation(const Slot& slot) noexcept {
        const std::uint32_t now = slot_word::generation(slot.word());
        if (now < numbers::generation_max) return now + 1;
        return orders::retires_slots ? 0 : 1;
    }

    static void
    make_ready(cache& into, std::uint32_t index, Segments& slots, std::uint32_t base) noexcept {
        Slot& slot = slots.at(index);
        const std::uint32_t generation = next_generation(slot);
        if (generation == 0) return slot.retire();
        into.stack[into.count++] = numbers::make(base, index, generation);
    }

    static void
    pack_batch(Slot& leader, const handle* number, Segments& slots, std::uint32_t base) noexcept {
        std::array<std::uint32_t, 4> branch{};
        for (std::uint32_t at = 0; at < branches; ++at) {
            branch[at] = numbers::index_of(*number++, base);
            std::array<std::uint32_t, leaves> leaf;
            for (auto& index : leaf) index = numbers::index_of(*number++, base);
            Slot& slot = slots.at(branch[at]);
            slot.storage().set_cells(pack(leaf[0], leaf[1]), pack(leaf[2], leaf[3]));
            slot.set_link(pack(leaf[4], leaf[5]));
        }
        leader.storage().set_cells(pack(branch[0], branch[1]), pack(branch[2], branch[3]));
    }

    // From the leader's index, free[0], finds all others.
    static void unpack_batch(std::array<std::uint32_t, batch_slots>& free,
                             Segments& slots) noexcept {
        if constexpr (branches > 0) {
            const value_bits named = slots.at(free[0]).storage().cells();
            const std::array<std::uint32_t, 4> branch{
                static_cast<std::uint32_t>(named.first),
                static_cast<std::uint32_t>(named.first >> 32U),
                static_cast<std::uint32_t>(named.second),
                static_cast<std::uint32_t>(named.second >> 32U)};
            for (std::uint32_t at = 0; at < branches; ++at) {
                LEND_PREFETCH_WRITE(&slots.at(branch[at]));
            }
            std::uint32_t found = 1;
            for (std::uint32_t at = 0; at < branches; ++at) {
                Slot& slot = slots.at(branch[at]);
                const value_bits cells = slot.storage().cells();
                for (const std::uint64_t two : {cells.first, cells.second, slot.link()}) {
                    for (const std::uint64_t one : {two, two >> 32U}) {
                        free[found] = static_cast<std::uint32_t>(one);
                        LEND_PREFETCH_WRITE(&slots.at(free[found]));
                        ++found;
                    }
                }
                free[found++] = branch[at];
            }
        }
    }

    // Puts a chain of batches onto a depot.
    static void push(atomic<std::uint64_t>& depot, std::uint64_t first, Slot& last) noexcept {
        // Relaxed: only a guess for the compare-exchange; what it names is not looked at.
        std::uint64_t head = depot.load(std::memory_order_relaxed);
        do {
            last.set_link(head);
            // (15) release-CAS synchronizes-with the acquire-load (16); relaxed on failure, which
            // only guesses anew.
        } while (!depot.compare_exchange_weak(
            head, first, orders::at(15, std::memory_order_release), std::memory_order_relaxed));
    }

    // The leader of a batch, which now belongs to the caller; 0 if there is none.
    static std::uint32_t pop(atomic<std::uint64_t>& depot, Segments& slots) noexcept {
        for (;;) {
            // (16) acquire-load synchronizes-with the release-CAS (15)
            // The batch is complete, its slots are the caller's. Exchanges in between are part of
            // the release sequence.
            std::uint64_t head = depot.load(orders::at(16, std::memory_order_acquire));
            if (head == 0) return 0;
            const auto index = static_cast<std::uint32_t>(head);
            const std::uint64_t next = slots.at(index).link();
            // Relaxed: each word is pushed once, so success means that the load (16) saw that
            // push; failure loads again.
            if (depot.compare_exchange_weak(head, next, std::memory_order_relaxed,
                                            std::memory_order_relaxed)) {
                return index;
            }
        }
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_TABLE_CACHE_HPP
