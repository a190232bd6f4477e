// SPDX-License-Identifier: MIT
/// @file
/// Model check of the hints where a number leads, read without a lock while others are noted. The
/// code is that of include/lend/com/slot_hints.hpp; each scenario must hold, and each mutant (one
/// order weakened) must be caught. The numbers are those of the comments there.

#include <lend/com/slot_hints.hpp>
#include <lend/platform.hpp>

#include <support/checker.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>

namespace {

namespace mc = lend_test::mc;
using mc::expect;
using order = std::memory_order;

enum class mutant : std::uint8_t {
    none,
    see_table,  // (1)
    new_table,  // (2)
    see_entry,  // (3)
    note_entry, // (4)
};

template <mutant M>
struct checked_platform;

template <mutant M>
struct hinted_slot {
    struct {
        typename checked_platform<M>::template atomic<std::uintptr_t> name{0};
    } place;
    mc::variable resource;
};

template <class T, mutant M>
class atomic : public mc::atomic<T> {
    using base = mc::atomic<T>;
    static constexpr bool is_entry = std::is_same_v<T, hinted_slot<M>*>;

    static constexpr order of(mutant table, mutant entry, order shipped) {
        return M == (is_entry ? entry : table) ? order::relaxed : shipped;
    }

public:
    using base::base;

    T load(order o) const noexcept {
        return base::load(o == order::acquire ? of(mutant::see_table, mutant::see_entry, o) : o);
    }
    void store(T value, order o) noexcept {
        base::store(value, o == order::release ? of(mutant::new_table, mutant::note_entry, o) : o);
    }
};

template <mutant M>
struct checked_platform {
    template <class T>
    using atomic = ::atomic<T, M>;
};

template <mutant M>
struct stage {
    lend::com::slot_hints<checked_platform<M>, hinted_slot<M>> hints;
    std::optional<hinted_slot<M>> first;
    std::optional<hinted_slot<M>> second;

    void make(std::optional<hinted_slot<M>>& where, std::uintptr_t name, std::size_t known) {
        where.emplace();
        where->resource.write(1);
        where->place.name.store(name, order::relaxed);
        hints.note(name, *where, known);
    }
    void look_for(std::uintptr_t name) {
        hinted_slot<M>* const found = hints.find(name);
        if (found != nullptr) expect(found->resource.read() == 1, "half made");
    }
};

// The first number makes the table.
template <mutant M>
void first_number(stage<M>& s) {
    mc::run({[&] { s.make(s.first, 1, 1); }, [&] { s.look_for(1); }});
}

// The second one finds a table, or a larger one is made for it.
template <mutant M>
void second_number(stage<M>& s, std::size_t known) {
    s.make(s.first, 1, 1);
    mc::run({[&] { s.make(s.second, 2, known); },
             [&] {
                 s.look_for(2);
                 s.look_for(1);
             }});
}
template <mutant M>
void second_number_in_the_table(stage<M>& s) {
    second_number(s, 2);
}
template <mutant M>
void second_number_in_a_larger_one(stage<M>& s) {
    second_number(s, 17);
}

template <mutant M>
bool explore(const char* name, void (*scenario)(stage<M>&)) {
    return mc::check(name,
                     {.preemptions = 2,
                      .executions = 20'000,
                      .random_executions = 1'000,
                      .searched_executions = 1'000},
                     [scenario] {
                         stage<M> s;
                         scenario(s);
                     });
}

} // namespace

int main() {
    using enum mutant;
    mc::verdict verdict;
    verdict.must_hold(explore<none>("the first number", &first_number));
    verdict.must_hold(explore<none>("a second number", &second_number_in_the_table));
    verdict.must_hold(explore<none>("a larger table", &second_number_in_a_larger_one));

    verdict.must_fail(explore<see_table>("(1) table load relaxed", &first_number));
    verdict.must_fail(explore<new_table>("(2) table store relaxed", &first_number));
    verdict.must_fail(explore<see_entry>("(3) entry load relaxed", &second_number_in_the_table));
    verdict.must_fail(explore<note_entry>("(4) entry store relaxed", &second_number_in_the_table));
    return verdict.exit_status();
}
