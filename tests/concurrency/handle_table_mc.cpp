// SPDX-License-Identifier: MIT
/// @file
/// Model check of the handle table as it ships: each scenario must hold with the shipped orders,
/// and each mutant (one order weakened, one step left out) must be caught by its scenario. The
/// numbers are those of the comments in include/lend/detail/table_*.hpp.

#include <lend/handle_table.hpp>

#include <support/checker.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <set>
#include <vector>

namespace {

namespace mc = lend_test::mc;
namespace hr = lend::hr;
using lend::detail::table_orders;
using mc::expect;

// ---- what is checked ---------------------------------------------------------------------------

template <int Access, std::memory_order To = std::memory_order_relaxed>
struct weakened : table_orders {
    static consteval std::memory_order at(int access, std::memory_order shipped) {
        return access == Access ? To : shipped;
    }
};
struct without_generations : table_orders {
    static constexpr bool compares_generations = false;
};
struct without_renewal : table_orders {
    static constexpr bool renews_leaders = false;
};
struct without_retirement : table_orders {
    static constexpr bool retires_slots = false;
};
struct without_second_look : table_orders {
    static constexpr bool reads_words_again = false;
};

struct without_last_search : table_orders {
    static constexpr bool searches_everywhere = false;
};

// Everything as small as it can be: a stack of one number, batches of one slot. A thread keeps two
// numbers for itself then, one at hand and one on the stack; the third that it frees is for all.
struct smallest : lend::detail::table_tuning {
    static constexpr std::uint32_t stack_numbers = 1;
    static constexpr std::uint32_t spill_batches = 1;
    static constexpr std::uint32_t batch_branches = 0;
    static constexpr std::uint32_t chunk_slots = 1;
    static constexpr std::uint32_t segment_slots_min = 4;
    static constexpr std::uint32_t segment_slots_max = 4;
    static constexpr std::uint32_t first_directory = 1;
    static constexpr std::uint32_t threads_per_page = 4;
};
// The smallest batch that has all three parts: leader, branch, leaves.
struct packed : smallest {
    static constexpr std::uint32_t stack_numbers = 8;
    static constexpr std::uint32_t batch_branches = 1;
    static constexpr std::uint32_t segment_slots_min = 16;
    static constexpr std::uint32_t segment_slots_max = 16;
};
// Two slots a segment, so that a test grows the table and its directory.
struct growing : smallest {
    static constexpr std::uint32_t segment_slots_min = 2;
    static constexpr std::uint32_t segment_slots_max = 2;
};
// One thread a page.
struct paged : smallest {
    static constexpr std::uint32_t threads_per_page = 1;
};

template <class Orders, class Tuning, unsigned GenerationBits = 32, std::uint32_t MaxThreads = 3>
struct checked_platform : lend::default_platform {
    static constexpr bool checks = true;
    static constexpr unsigned generation_bits = GenerationBits;
    static constexpr std::uint32_t max_threads = MaxThreads;
    template <class T>
    using atomic = mc::atomic<T>;
    using mutex = mc::mutex;
    using table_orders = Orders;
    using table_tuning = Tuning;

    static void fence(std::memory_order order) noexcept { mc::engine::instance().fence(order); }
    static std::uint32_t table_tag() noexcept { return 0; }
    // The body uses the first thread's cache, before the threads begin and after they end.
    static std::uint32_t thread_slot() noexcept {
        const auto t = mc::engine::instance().current();
        return t == mc::main_thread ? 0 : t;
    }
};

// What stands at each address, over all the objects that come and go there: two owners at a time,
// or a new one that does not know what the old one did, are a data race.
struct ground {
    mc::variable& at(const void* address) {
        for (auto& [known, what] : places) {
            if (known == address) return what;
        }
        expect(used < places.size(), "too many addresses");
        places[used].first = address;
        return places[used++].second;
    }
    std::array<std::pair<const void*, mc::variable>, 32> places;
    std::size_t used = 0;
    int destroyed = 0;
    mc::variable beside; // written by an eraser, read by destructors where a test asks for it
    bool reads_beside = false;
};

struct object {
    object(ground& g, int v) : below(g) { below.at(this).write(v); }
    object(const object&) = delete;
    object& operator=(const object&) = delete;
    ~object() {
        if (below.reads_beside) expect(below.beside.read() == 1, "the eraser came later");
        below.at(this).write(0);
        ++below.destroyed;
    }
    int value() const { return below.at(this).read(); }
    ground& below;
};

struct value {
    std::uint64_t first;
    std::uint64_t second;
};

template <class Orders, class Tuning = smallest, unsigned GenerationBits = 32>
using objects = lend::handle_table<object, checked_platform<Orders, Tuning, GenerationBits>>;
template <class Orders, class Tuning = smallest, unsigned GenerationBits = 32>
using values = lend::handle_table<value, checked_platform<Orders, Tuning, GenerationBits>>;
using number = std::uint64_t;

// Tables that tell their numbers apart.
struct tagged_platform : checked_platform<table_orders, smallest> {
    static std::uint32_t table_tag() noexcept {
        static std::uint32_t made = 0;
        return made++;
    }
};

// ---- scenarios ---------------------------------------------------------------------------------
//
// Each returns whether it held. `Orders` is what is shipped, or a mutant.

// Three threads erase one number; the winner uses the slot again.
template <class Orders>
bool erase_race(const char* name) {
    return mc::check(name, {.preemptions = 3, .threads = 3}, [] {
        ground g;
        objects<Orders> table;
        const number first = *table.emplace(g, 7);
        int winners = 0;
        number next = 0;
        const auto eraser = [&] {
            const lend::hresult answer = table.erase(
                first, [](object&& o) { expect(o.value() == 7, "another object was erased"); });
            if (answer == hr::s_ok) {
                ++winners;
                next = *table.emplace(g, 9);
            } else {
                expect(answer == hr::lend_e_stale, "a loser must see a stale number");
            }
        };
        mc::run({eraser, eraser, eraser});
        expect(winners == 1 && g.destroyed == 1, "exactly one winner");
        expect(next != first && table.contains(next), "the new number must be live");
        expect(table.find(next)->value() == 9, "the new object");
    });
}

// Two threads look, one erases; whoever destroys uses the slot again.
template <class Orders>
bool pins(const char* name) {
    return mc::check(name, {.preemptions = 2, .threads = 3}, [] {
        ground g;
        objects<Orders> table;
        const number first = *table.emplace(g, 7);
        std::optional<number> next;
        const auto looker = [&] {
            auto pin = table.find(first);
            if (!pin) return;
            expect(pin->value() == 7, "destroyed under a pin");
            pin.reset();
            if (g.destroyed == 1 && !next) {
                next = 0;
                next = *table.emplace(g, 9);
            }
        };
        mc::run({looker, looker, [&] {
                     expect(table.erase(first) == hr::s_ok, "the only eraser wins");
                     if (g.destroyed == 1 && !next) {
                         next = 0;
                         next = *table.emplace(g, 9);
                     }
                 }});
        expect(g.destroyed == 1, "destroyed exactly once");
        expect(!table.contains(first), "the number is over");
    });
}

// What an eraser did before erase comes before the destructor that a last pin runs.
template <class Orders>
bool deferred(const char* name) {
    return mc::check(name, {.preemptions = 3}, [] {
        ground g;
        g.reads_beside = true;
        {
            objects<Orders> table;
            const number first = *table.emplace(g, 7);
            mc::run({[&] { (void)table.find(first); },
                     [&] {
                         g.beside.write(1);
                         expect(table.erase(first) == hr::s_ok, "the only eraser wins");
                     }});
            expect(g.destroyed == 1, "destroyed exactly once");
        }
    });
}

// A number reaches another thread without synchronization. It may be refused; if it is accepted,
// the object is complete.
template <class Orders>
bool leaked_to_erase(const char* name) {
    return mc::check(name, {.preemptions = 3}, [] {
        ground g;
        objects<Orders> table;
        expect(table.erase(*table.emplace(g, 1)) == hr::s_ok, "so that there are slots");
        mc::atomic<number> box(0);
        mc::run({[&] { box.store(*table.emplace(g, 7), std::memory_order_relaxed); },
                 [&] {
                     (void)table.erase(box.load(std::memory_order_relaxed), [](object&& o) {
                         expect(o.value() == 7, "an incomplete object");
                     });
                 }});
    });
}
template <class Orders>
bool leaked_to_find(const char* name) {
    return mc::check(name, {.preemptions = 3}, [] {
        ground g;
        objects<Orders> table;
        expect(table.erase(*table.emplace(g, 1)) == hr::s_ok, "so that there are slots");
        mc::atomic<number> box(0);
        mc::run({[&] { box.store(*table.emplace(g, 7), std::memory_order_relaxed); },
                 [&] {
                     const auto pin = table.find(box.load(std::memory_order_relaxed));
                     if (pin) expect(pin->value() == 7, "an incomplete object");
                 }});
    });
}
template <class Orders>
bool leaked_to_read(const char* name) {
    return mc::check(name, {.preemptions = 3}, [] {
        values<Orders> table;
        expect(table.erase(*table.insert({1, 1})) == hr::s_ok, "so that there are slots");
        mc::atomic<number> box(0);
        mc::run({[&] {
                     box.store(*table.insert({7, 7}), std::memory_order_relaxed);
                 },
                 [&] {
                     const auto copy = table.read(box.load(std::memory_order_relaxed));
                     if (copy) expect(copy->first == 7 && copy->second == 7, "an incomplete value");
                 }});
    });
}

// A reader against an erase and the slot's next value.
template <class Orders>
bool read_race(const char* name) {
    return mc::check(name, {.preemptions = 3}, [] {
        values<Orders> table;
        const number first = *table.insert({7, 7});
        mc::run({[&] {
                     const auto copy = table.read(first);
                     if (copy) expect(copy->first == 7 && copy->second == 7, "a foreign value");
                 },
                 [&] {
                     expect(table.erase(first) == hr::s_ok, "the only eraser wins");
                     (void)table.insert({9, 9});
                 }});
    });
}

// A reader against a spill that writes indices where the value was. Then every slot comes back.
template <class Orders>
bool spill_race(const char* name, unsigned victim) {
    return mc::check(name, {.preemptions = 2}, [victim] {
        values<Orders, packed> table;
        std::array<number, 10> first{};
        for (auto& each : first) each = *table.insert({7, 7});
        mc::run({[&] {
                     const auto copy = table.read(first[victim]);
                     if (copy)
                         expect(copy->first == 7 && copy->second == 7, "indices, not a value");
                 },
                 [&] { expect(table.erase(first) == first.size(), "all end"); }});
        std::set<std::uint32_t> indices;
        for (unsigned i = 0; i < first.size(); ++i) {
            indices.insert(static_cast<std::uint32_t>(*table.insert({9, 9})));
        }
        // Two numbers stay with the other thread; in their place come new ones.
        expect(indices.size() == first.size() && *indices.rbegin() <= first.size() + 2,
               "a slot was lost or came back twice");
    });
}

// A thread steals the batch that another one spills at that moment.
template <class Orders>
bool steal_batch(const char* name) {
    return mc::check(name, {.preemptions = 2}, [] {
        ground g;
        objects<Orders, packed> table;
        std::vector<number> first;
        for (int i = 0; i < 10; ++i) first.push_back(*table.emplace(g, 7));
        mc::run({[&] { expect(table.erase(first) == first.size(), "all end"); },
                 [&] {
                     for (int i = 0; i < 2; ++i) (void)*table.emplace(g, 9);
                 }});
        while (table.approximate_size() < 13) (void)*table.emplace(g, 9);
        expect(g.destroyed == 10, "each destroyed once");
    });
}

// Two threads make and erase, through spills, steals and each other's slots.
template <class Orders>
void churn_body() {
    ground g;
    objects<Orders> table;
    std::set<number> seen;
    const auto churn = [&](int who) {
        const auto make = [&] {
            const number made = *table.emplace(g, who);
            expect(seen.insert(made).second, "a number was handed out twice");
            return made;
        };
        const auto end = [&](number which) {
            const auto answer = table.erase(
                which, [&](object&& o) { expect(o.value() == who, "somebody else's object"); });
            expect(answer == hr::s_ok, "its own number");
        };
        const number a = make();
        const number b = make();
        const number c = make();
        end(a);
        end(b);
        end(c);
        end(make());
    };
    mc::run({[&] { churn(1); }, [&] { churn(2); }});
    expect(g.destroyed == 8, "each destroyed once");
}
template <class Orders>
bool churn(const char* name, bool random) {
    return mc::check(
        name, {.preemptions = 2, .executions = random ? 60'000U : 250'000U, .random = random},
        &churn_body<Orders>);
}

// The shape of ABA: one thread pops from a depot while its owner pops two and gives one back.
template <class Orders>
bool aba(const char* name) {
    // The thread that pops needs to be stopped once; Relacy's search is too slow for more.
    constexpr int preemptions = mc::by_relacy ? 1 : 3;
    return mc::check(name, {.preemptions = preemptions, .executions = 250'000}, [] {
        ground g;
        objects<Orders> table;
        std::array<number, 4> first{};
        for (auto& each : first) each = *table.emplace(g, 7);
        for (const number each : first) expect(table.erase(each) == hr::s_ok, "ends");
        std::set<number> seen(first.begin(), first.end());
        const auto make = [&](int who) {
            const number made = *table.emplace(g, who);
            expect(seen.insert(made).second, "a number was handed out twice");
            return made;
        };
        mc::run({[&] {
                     const number kept = make(1);
                     const number a = make(1);
                     const number b = make(1);
                     const number c = make(1);
                     expect(table.erase(kept) == hr::s_ok, "ends");
                     expect(table.erase(b) == hr::s_ok, "ends");
                     expect(table.erase(c) == hr::s_ok, "ends");
                     expect(table.find(a)->value() == 1, "its own object");
                 },
                 [&] {
                     const number a = make(2);
                     (void)make(2);
                     expect(table.find(a)->value() == 2, "its own object");
                 }});
    });
}

// Generations run out on both sides.
template <class Orders>
bool retirement(const char* name) {
    return mc::check(name, {.preemptions = 1, .executions = 100'000}, [] {
        values<Orders, smallest, 2> table;
        std::set<number> seen;
        const auto churn = [&] {
            for (int i = 0; i < 5; ++i) {
                const number made = *table.insert({1, 1});
                expect(seen.insert(made).second, "a number was handed out twice");
                expect(table.erase(made) == hr::s_ok, "its own number");
            }
        };
        mc::run({churn, churn});
        for (const number each : seen) expect(table.erase(each) == hr::lend_e_stale, "over");
    });
}

// A number of an object that is over is tried while the slot is used again.
template <class Orders>
bool stale_number(const char* name) {
    return mc::check(name, {.preemptions = 3}, [] {
        ground g;
        objects<Orders> table;
        const number first = *table.emplace(g, 7);
        expect(table.erase(first) == hr::s_ok, "ends");
        mc::run({[&] { (void)*table.emplace(g, 9); },
                 [&] {
                     expect(table.erase(first) == hr::lend_e_stale, "over");
                     expect(!table.find(first), "over");
                 }});
        expect(g.destroyed == 1, "the second object lives");
    });
}

// A table grows while somebody tries numbers, forged ones of the new slots included.
template <class Orders>
bool growth(const char* name) {
    return mc::check(name, {.preemptions = 2}, [] {
        ground g;
        objects<Orders, growing> table;
        const number first = *table.emplace(g, 7);
        mc::run({[&] {
                     (void)*table.emplace(g, 8);
                     (void)*table.emplace(g, 9);
                 },
                 [&] {
                     expect(!table.contains((number{2} << 32U) | 3U), "forged");
                     const auto pin = table.find(first);
                     expect(pin && pin->value() == 7, "an old number while the table grows");
                 }});
        expect(table.approximate_size() == 3, "nothing is lost");
    });
}

// Threads make their caches and pages of caches, and look into each other's depots.
template <class Orders>
bool thread_directory(const char* name) {
    return mc::check(name, {.preemptions = 2, .executions = 250'000, .threads = 3}, [] {
        ground g;
        objects<Orders, paged> table;
        const auto churn = [&] {
            const number a = *table.emplace(g, 1);
            const number b = *table.emplace(g, 2);
            const number c = *table.emplace(g, 3);
            for (const number each : {a, b, c}) {
                expect(table.erase(each) == hr::s_ok, "its own numbers");
            }
            (void)*table.emplace(g, 4);
        };
        mc::run({[] {}, churn, churn});
        expect(table.approximate_size() == 2, "nothing is lost");
    });
}

// Threads beyond max_threads share one cache under a lock.
template <class Orders>
bool shared_cache(const char* name) {
    return mc::check(name, {.preemptions = 2, .executions = 250'000, .threads = 3}, [] {
        ground g;
        lend::handle_table<object, checked_platform<Orders, smallest, 32, 1>> table;
        const auto churn = [&] {
            const number a = *table.emplace(g, 1);
            const number b = *table.emplace(g, 2);
            expect(table.erase(a) == hr::s_ok && table.erase(b) == hr::s_ok, "its own numbers");
        };
        mc::run({churn, churn, churn});
        expect(g.destroyed == 6, "each destroyed once");
    });
}

// Each of two tables is tried with a number of the other.
template <class Platform>
bool foreign_number(const char* name) {
    return mc::check(name, {.preemptions = 2}, [] {
        ground g;
        lend::handle_table<object, Platform> table;
        lend::handle_table<object, Platform> other;
        const number mine = *table.emplace(g, 7);
        (void)*other.emplace(g, 8);
        mc::run({[&] { expect(other.erase(mine) == hr::e_invalidarg, "a foreign number"); },
                 [&] { expect(table.find(mine)->value() == 7, "its own number"); }});
    });
}

// The hint that a depot holds something is lost when its last batch is stolen at the moment of the
// next spill; when indices run out, the batch is found all the same.
template <class Orders>
struct few_indices : checked_platform<Orders, smallest> {
    static constexpr unsigned tag_bits = 29; // 7 numbers
};
template <class Orders>
bool lost_hint(const char* name) {
    return mc::check(name, {.preemptions = 2, .executions = 250'000, .threads = 3}, [] {
        lend::handle_table<value, few_indices<Orders>> table;
        mc::run({[] {},
                 [&] {
                     std::array<number, 4> mine{};
                     for (auto& each : mine) each = *table.insert({1, 1});
                     for (const number each : mine) (void)table.erase(each);
                 },
                 [&] {
                     for (int i = 0; i < 3; ++i) (void)*table.insert({2, 2});
                 }});
        unsigned reached = static_cast<unsigned>(table.approximate_size());
        while (table.insert({3, 3})) ++reached;
        // Two numbers may lie with the first thread.
        expect(reached >= 5, "a free slot cannot be reached");
    });
}

} // namespace

int main() {
    using shipped = table_orders;
    mc::verdict verdict;
    const auto holds = [&](bool held) { verdict.must_hold(held); };
    const auto killed = [&](bool held) { verdict.must_fail(held); };

    std::puts("as shipped:");
    holds(erase_race<shipped>("three erase one number"));
    holds(pins<shipped>("two look, one erases"));
    holds(deferred<shipped>("an eraser's writes reach the last pin's destructor"));
    holds(leaked_to_erase<shipped>("a leaked number is erased"));
    holds(leaked_to_find<shipped>("a leaked number is looked for"));
    holds(leaked_to_read<shipped>("a leaked number is read"));
    holds(read_race<shipped>("read against erase and insert"));
    holds(spill_race<shipped>("read against a spill that writes into the leader", 1));
    holds(spill_race<shipped>("read against a spill that writes into a branch", 2));
    holds(steal_batch<shipped>("a batch is stolen"));
    holds(churn<shipped>("two threads churn", false));
    holds(churn<shipped>("two threads churn", true));
    holds(aba<shipped>("the shape of ABA"));
    holds(retirement<shipped>("generations run out"));
    holds(stale_number<shipped>("a stale number while its slot is used again"));
    holds(growth<shipped>("the table grows under a reader"));
    holds(thread_directory<shipped>("threads make pages and caches, and steal"));
    holds(shared_cache<shipped>("three threads, one number: a lock"));

    holds(lost_hint<shipped>("the hint to a depot is lost"));
    holds(foreign_number<tagged_platform>("a number of another table"));

    std::puts("mutants, each to be killed:");
    constexpr auto release = std::memory_order_release;
    constexpr auto acquire = std::memory_order_acquire;
    killed(growth<weakened<1>>("(1) limit store relaxed"));
    killed(growth<weakened<2>>("(2) limit load relaxed"));
    killed(growth<weakened<3>>("(3) directory store relaxed"));
    killed(growth<weakened<4>>("(4) directory load relaxed"));
    killed(leaked_to_erase<weakened<5>>("(5) publish relaxed, erased"));
    killed(leaked_to_find<weakened<5>>("(5) publish relaxed, looked for"));
    killed(leaked_to_read<weakened<5>>("(5) publish relaxed, read"));
    killed(leaked_to_erase<weakened<6>>("(6) erase relaxed"));
    killed(pins<weakened<7>>("(7) second try of erase relaxed"));
    killed(deferred<weakened<8>>("(8) erase of a pinned object relaxed"));
    killed(leaked_to_find<weakened<9>>("(9) pin relaxed"));
    killed(pins<weakened<10>>("(10) unpin relaxed"));
    killed(pins<weakened<10, acquire>>("(10) unpin acquire only"));
    killed(pins<weakened<10, release>>("(10) unpin release only"));
    killed(leaked_to_read<weakened<11>>("(11) read's first load relaxed"));
    killed(read_race<weakened<12>>("(12) no fence before a value"));
    killed(spill_race<weakened<13>>("(13) no fence before indices", 2));
    killed(read_race<weakened<14>>("(14) no fence after a value"));
    killed(steal_batch<weakened<15>>("(15) push relaxed"));
    killed(churn<weakened<16>>("(16) pop relaxed", false));
    killed(thread_directory<weakened<17>>("(17) page store relaxed"));
    killed(thread_directory<weakened<18>>("(18) page load relaxed"));
    killed(thread_directory<weakened<19>>("(19) cache store relaxed"));
    killed(thread_directory<weakened<20>>("(20) cache load relaxed"));
    killed(stale_number<without_generations>("generations not compared"));
    killed(foreign_number<checked_platform<shipped, smallest>>("all tables with one tag"));
    killed(aba<without_renewal>("leaders not renewed"));
    killed(retirement<without_retirement>("slots not retired"));
    killed(lost_hint<without_last_search>("depots not searched at the end"));
    killed(read_race<without_second_look>("word not read again"));

    return verdict.exit_status();
}
